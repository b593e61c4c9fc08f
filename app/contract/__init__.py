"""The API's OpenAPI document, including the problems that each operation can answer."""

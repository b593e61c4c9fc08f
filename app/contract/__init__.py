"""What the API promises: its OpenAPI document, with the problems that each operation can answer."""

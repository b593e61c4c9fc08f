"""The public surface: names that packages export, commands with their options, the API's document."""

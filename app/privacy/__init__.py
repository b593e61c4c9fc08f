"""Personal data: how long it is kept, and what citizens may ask for about themselves."""

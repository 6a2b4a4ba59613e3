"""Pure functions on what people deploy: no I/O, no clock, no async."""

"""Pure: no I/O, no device, no wall clock."""

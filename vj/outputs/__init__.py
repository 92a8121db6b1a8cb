"""What goes out to the outside world, one output a file."""

"""What comes in from the outside world, one device a file."""

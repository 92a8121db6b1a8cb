"""What is told over the picture: the panel, keys, the splash."""

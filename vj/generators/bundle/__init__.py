"""A folder of graphs that can be played: read, checked, opened by name."""

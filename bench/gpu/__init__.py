"""The questions of a graphics card."""

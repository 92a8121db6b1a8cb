"""Pieces out of what Debian ships, with grids that were found and checked."""

"""A show for hours, with everything that can go wrong."""

"""A live show: its frames, its delays, its parts."""

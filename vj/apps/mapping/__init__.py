"""The mapping of a venue while a show runs: its file, and the hands that edit it."""

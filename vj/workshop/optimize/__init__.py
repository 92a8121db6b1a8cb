"""Which way a bundle runs best on this machine."""

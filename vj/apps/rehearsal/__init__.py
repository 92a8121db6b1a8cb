"""Stills of what has not been shown yet, made beside a running show without costing it a frame."""

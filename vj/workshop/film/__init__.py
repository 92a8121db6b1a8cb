"""A bundle made of a film."""

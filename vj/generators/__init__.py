"""A bundle on disk becomes pictures; one runtime a file."""

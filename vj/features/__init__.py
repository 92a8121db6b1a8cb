"""Hearing: one feature and its record a file."""

"""Pieces from recordings: stub while in work."""

PACKAGES = ()

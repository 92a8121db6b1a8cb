"""Breaks, builds, drops and phrases, scored on songs that are made for it."""

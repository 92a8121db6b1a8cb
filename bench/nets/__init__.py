"""Generators, imported, learnt and our own."""

"""Taste: features and parameters in, Controls out."""

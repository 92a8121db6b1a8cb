"""Shaders become bundles: compiled, drawn and measured. Needs OpenGL, but none of the workshop's libraries."""

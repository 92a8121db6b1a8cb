"""OpenGL 3.3 without a window: contexts that a thread may own, and the programs of a shader file."""

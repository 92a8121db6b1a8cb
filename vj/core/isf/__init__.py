"""Shaders as text: ISF 2 and Shadertoy read, and written anew as GLSL 3.30. No OpenGL; the door is `source`."""

"""The chain of shaders between a picture and the wall."""

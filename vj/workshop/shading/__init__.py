"""The arithmetic of `vj.workshop.graph` written as GLSL: which values belong to what, in which pass each is drawn."""

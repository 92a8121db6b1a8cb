"""Films: an encoder in a process of its own, and the way there."""

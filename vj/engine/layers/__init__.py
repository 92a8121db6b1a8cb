"""The two layers round the generator's picture: what is asked of them, and what lies where in each frame."""

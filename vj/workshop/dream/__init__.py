"""The bundle `dream`: a network that learns the worlds, and what is measured of it."""

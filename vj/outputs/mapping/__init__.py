"""The last pass of an output: the finished picture bent, cut, blended and masked to where the projector throws it."""

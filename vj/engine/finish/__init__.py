"""What becomes of a picture before it is shown: the mixer, the chain, what moves its faders."""

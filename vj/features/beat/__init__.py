"""Where the beat is: a network, a bar pointer, what is meant of all that fits, and who leads."""

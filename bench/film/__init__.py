"""Films: how fast, how far in time, by how many."""

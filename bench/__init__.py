"""What vj costs and how good it is, measured: a room a subject, results in `results`."""

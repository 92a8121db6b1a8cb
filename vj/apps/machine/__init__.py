"""What is plugged in here, and what is wrong: `vj devices`, `vj doctor`, `vj midi`."""

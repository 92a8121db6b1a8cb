"""`vj models`, `vj train` and `vj learn`: generators of one's own."""

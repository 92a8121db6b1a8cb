"""`vj replay`: a performance played again, and laid over: takes."""

"""`vj live`: the show on threads of its own, from the splash to the last frame."""

"""`vj analyze`: what is heard in a song, before it is played."""

"""A film in segments: made by one process after the other, or by a crew of many."""

"""The bundle `worlds`: a file a world, and what they are drawn with."""

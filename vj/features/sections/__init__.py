"""What a song is made of: bar lines, phrases, and whether the low end is there."""

"""When things happen: the lines of the music as they are shown, and what waits for the next of them."""

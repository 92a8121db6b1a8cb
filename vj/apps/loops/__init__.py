"""Films that go round without a seam, for other programs to play: `round` makes one's control, `film` the film."""

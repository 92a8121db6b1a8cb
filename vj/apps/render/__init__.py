"""A song or a performance becomes a film: `film` makes it, `commands` are what is typed."""

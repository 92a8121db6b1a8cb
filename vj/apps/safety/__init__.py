"""What flashes in a film: `film` looks through it, `report` tells, `commands` is what is typed."""

"""`python -m vj.workshop.loop`: see the room."""

from vj.workshop.loop import main

main()

"""What the surface in a browser is told of others than the desk: hands, stills of what comes next, what Link hears."""

import time

from vj.apps.live.parts import Parts, Surface


class Facing:
    """Carries between the surface and those who know, a few times a second and by the main thread only."""

    def __init__(self, surface: Surface, parts: Parts) -> None:
        self._surface, self._parts = surface, parts
        self._version = -1
        if parts.midi:
            surface.facts["midi"] = parts.midi.overview
        if (rehearsal := parts.rehearsal) is not None:
            surface.facts["next"] = lambda: rehearsal.next_name
        if (done := parts.done) is not None:
            surface.facts["done"] = lambda: done.line(time.perf_counter())

    def step(self) -> None:
        """What comes next is rehearsed while somebody watches, and shown when there is something new to see."""
        rehearsal = self._parts.rehearsal
        if rehearsal is None:
            return
        rehearsal.watched = bool(self._surface.attached)
        if rehearsal.version != self._version:
            self._version = rehearsal.version
            self._surface.next_picture(rehearsal.next_picture)

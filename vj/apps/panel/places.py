"""The inputs and displays that are plugged in, as choices of the desk; what is chosen there is gone to.

`/audio/device` and `/output/display` tell what is in use, and are never held against a cue.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from vj.core.errors import AudioError
from vj.core.params import Snapshot
from vj.devices.audio.link import devices
from vj.engine.desk import Desk

DEVICE = "/audio/device"
DISPLAY = "/output/display"
LOOK = "/audio/look"
#: Between two looks at what the system says of itself, which costs next to nothing.
GLANCE_S = 1.0
#: What changes on Linux when a sound card comes or goes.
CARDS = "/dev/snd"


class Ears(Protocol):
    """Where sound comes from, and can be told to come from."""

    @property
    def name(self) -> str: ...
    @property
    def turning(self) -> bool: ...
    def choose(self, label: str) -> None: ...


class Screen(Protocol):
    """Where the picture goes; `displays` are the names of all, and `on_display` that of its own."""

    @property
    def on_display(self) -> str: ...
    @property
    def displays(self) -> Sequence[str]: ...
    def choose_display(self, name: str) -> None: ...


class Places:
    """Keeps the choices of `desk` as they are. `ears` is None where a file is played. Main thread only."""

    def __init__(self, desk: Desk, ears: Ears | None, screen: Screen) -> None:
        self._desk, self._ears, self._screen = desk, ears, screen
        self._found: tuple[str, ...] = ()
        self._looking: threading.Thread | None = None
        self._glanced, self._cards = 0.0, -1.0
        self._told = {DEVICE: "", DISPLAY: ""}
        desk.firing[LOOK] = self.look
        for address in self._told:
            desk.holding[address] = lambda value, address=address: desk.settle({address: value})  # type: ignore[misc]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of all inputs, that in use among them."""
        name = self._ears.name if self._ears is not None else ""
        return self._found if not name or name in self._found else (name, *self._found)

    @property
    def displays(self) -> tuple[str, ...]:
        """Names of all displays."""
        return tuple(self._screen.displays)

    def look(self) -> None:
        """See which inputs there are, on a thread of its own: the sound system takes its time."""
        if self._ears is not None and (self._looking is None or not self._looking.is_alive()):
            self._looking = threading.Thread(target=self._list, name="inputs", daemon=True)
            self._looking.start()

    def publish(self, snapshot: Snapshot) -> None:
        """Go where the desk says, tell it where we are, and what else there is."""
        now = time.perf_counter()
        if now - self._glanced > GLANCE_S:
            self._glanced = now
            self._glance()
        ears = self._ears
        if ears is not None:
            self._follow(DEVICE, snapshot, "" if ears.turning else ears.name, ears.choose)
        self._follow(DISPLAY, snapshot, self._screen.on_display, self._screen.choose_display)

    def _follow(self, address: str, snapshot: Snapshot, place: str, go: Callable[[str], None]) -> None:
        """Go to what was asked for, if it was; else say that `place` is where we are, if that is known."""
        asked = str(snapshot[address])
        if asked != self._told[address] and asked:
            self._told[address] = asked
            if asked != place:
                go(asked)
        elif place and place != self._told[address]:
            self._told[address] = place
            self._offer(address, self._desk.table[address].choices, place)
            self._desk.settle({address: place})

    def _glance(self) -> None:
        """What can be seen without asking anybody."""
        cards = _cards()
        if cards != self._cards:
            self._cards = cards
            self.look()
        if self._ears is not None:
            self._offer(DEVICE, self.inputs, self._ears.name)
        self._offer(DISPLAY, self.displays, self._screen.on_display)

    def _offer(self, address: str, names: Sequence[str], place: str) -> None:
        """These are the choices, and `place` is one in any case."""
        choices = tuple(dict.fromkeys((*names, place)))  # without a place "" is one
        if choices != self._desk.table[address].choices:
            self._desk.table[address] = replace(self._desk.table[address], choices=choices)

    def _list(self) -> None:
        with suppress(AudioError):
            self._found = tuple(dict.fromkeys(device.label for device in devices() if device.inputs))


def _cards() -> float:
    """A number that is another once a sound card came or went, where that can be seen."""
    try:
        return os.stat(CARDS).st_mtime
    except OSError:
        return 0.0

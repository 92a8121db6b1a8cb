"""The list on the panel from which an input or a display is picked: arrows, Enter, Esc."""

import queue
from collections.abc import Collection
from dataclasses import replace

from vj.apps.panel.places import DEVICE, DISPLAY, Places
from vj.apps.panel.probe import Probe
from vj.core.params import Snapshot
from vj.core.types import Event
from vj.outputs.overlay.panel import HudState
from vj.outputs.overlay.picks import Picks

PICK = "/window/pick"
NOTHING = "none"
#: What can be picked -> the address that takes it, and the key that opens and closes the list.
KINDS = {"input": (DEVICE, "i"), "display": (DISPLAY, "m")}
#: Keys that only a list takes.
OWN = ("up", "down", "enter", "escape")
#: Seconds between two looks at which inputs there are while the list is open.
AGAIN = 3.0
#: Frames after its key within which a list is open, or will not be.
SOON = 2


class Picker:
    """Takes keys while a list is open, and says what the panel shows of it. Main thread only."""

    def __init__(self, places: Places, events: "queue.SimpleQueue[Event]") -> None:
        self._places, self._events = places, events
        self._probe = Probe()
        self._kind, self._on = NOTHING, ""
        self._at = ""
        self._looked = 0.0
        self._early: list[str] = []
        self._soon = 0

    @property
    def open(self) -> bool:
        """Whether there is a list."""
        return self._kind != NOTHING

    def key(self, key: str, mods: Collection[str] = ()) -> bool:
        """Whether `key` was for the list."""
        if mods:
            return False
        if not self.open:
            return self._follows(key)
        address, own = KINDS[self._kind]
        names = self._names
        if key in ("up", "down") and names:
            here = names.index(self._at) if self._at in names else -1
            self._at = names[(here + (1 if key == "down" else -1)) % len(names)]
        elif key == "enter":
            if self._at and self._at != self._on:
                self._events.put(Event(address, (self._at,), "key"))
            self._close()
        elif key in ("escape", own):
            self._close()
        else:
            return key in ("up", "down")
        return True

    def step(self, now: float, snapshot: Snapshot) -> None:
        """Between two frames, `now` in seconds."""
        kind = str(snapshot[PICK])
        self._on = str(snapshot[KINDS[kind][0]]) if kind in KINDS else ""
        self._soon = max(0, self._soon - 1)
        if kind != self._kind:
            self._kind, self._at, self._looked, self._soon = kind, self._on, 0.0, 0
            if self.open:
                for key in self._early:
                    self.key(key)
        if kind == "input":
            if now - self._looked > AGAIN:
                self._looked = now
                self._places.look()
            self._probe.listen(self._at if self._at != self._on else "")
        else:
            self._probe.listen("")

    def over(self, state: HudState) -> HudState:
        """`state` with the list, if there is one."""
        if not self.open:
            return state
        sound = self._kind == "input"
        mine = sound and self._at == self._on
        level = (state.input_db if mine else self._probe.db) if sound and self._at else None
        names = tuple(self._names)
        return replace(state, picks=Picks(self._kind, names, self._at, self._on, self._probe.problem), pick_db=level)

    def close(self) -> None:
        """Listen to nothing more."""
        self._probe.close()

    def _follows(self, key: str) -> bool:
        """Whether `key` is for a list whose own key was pressed within the same frame, and waits for it."""
        if key in (own for _, own in KINDS.values()):
            self._early, self._soon = [], SOON
            return False
        if not self._soon or key not in OWN:
            return False
        self._early.append(key)
        return True

    @property
    def _names(self) -> list[str]:
        return list(self._places.inputs if self._kind == "input" else self._places.displays)

    def _close(self) -> None:
        self._kind = NOTHING  # keys that follow at once are for the show again
        self._events.put(Event(PICK, (NOTHING,), "key"))

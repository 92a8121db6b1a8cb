"""A performance that is to be played again, and how."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vj.apps.assemble import Settings
from vj.apps.recorded import done_in, settings_of, sound_of
from vj.apps.replay.lanes import Moves
from vj.apps.replay.overdub import Mode
from vj.apps.replay.takes import RECORDED, script_of
from vj.engine.performance import LOG, Reading

#: The number of a tick that is the tempo as it was heard.
BPM = "tempo.bpm"
#: By so much it must change to be told.
CHANGED_BPM = 0.01


@dataclass(frozen=True)
class Read:
    """What is in the folder: settings, sound, all that was done in the take that was recorded; the tempo that was
    heard, (show time, BPM) wherever it changed; and from when on it is to be seen."""

    settings: Settings
    sound: Path
    recorded: Moves
    tempo: tuple[tuple[float, float], ...] = ()
    begins: float = 0.0


@dataclass
class Again:
    """What `vj replay` was asked to do: the folder, which take, from which second, in which mode, and round and round.

    `read` reads the folder, once, whichever thread asks first.
    """

    folder: Path
    take: int = RECORDED
    start: float = 0.0
    loop: bool = False
    mode: Mode = "latch"
    _read: Read | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self) -> Read:
        """What is in the folder; raises VjError if it is no performance, or none with sound."""
        with self._lock:
            if self._read is None:
                steps, tempo = Reading(self.folder / LOG), list[tuple[float, float]]()
                names = list(steps.header.get("heard", ()))
                place = names.index(BPM) if BPM in names else None
                done = tuple(done_in(_noting(steps, place, tempo)))
                settings, begins = settings_of(self.folder, steps.header), float(steps.header.get("from", 0.0))
                self._read = Read(settings, sound_of(self.folder), done, tuple(tempo), begins)
            return self._read

    def script(self, take: int) -> Moves:
        """What is done in that take. Raises VjError if there is none such."""
        return script_of(self.folder, take, self.read().recorded)


def _noting(
    steps: Iterable[dict[str, Any]], place: int | None, tempo: list[tuple[float, float]]
) -> Iterator[dict[str, Any]]:
    """The same steps; on the way the tempo is noted where it changes."""
    for step in steps:
        heard = step.get("heard") if place is not None and step["k"] == "tick" else None
        if (
            heard
            and place is not None
            and heard[place] > 0
            and (not tempo or abs(heard[place] - tempo[-1][1]) > CHANGED_BPM)
        ):
            tempo.append((float(step["t"]), float(heard[place])))
        yield step

"""A performance that is to be played again, and how."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from vj.apps.assemble import Settings
from vj.apps.recorded import read_recorded
from vj.apps.replay.lanes import Moves
from vj.apps.replay.overdub import Mode
from vj.apps.replay.takes import RECORDED, script_of


@dataclass(frozen=True)
class Read:
    """What is in the folder: settings, sound, and all that was done in the take that was recorded."""

    settings: Settings
    sound: Path
    recorded: Moves


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
        """What is in the folder; raises VjError if it is no performance."""
        with self._lock:
            if self._read is None:
                self._read = Read(*read_recorded(self.folder))
            return self._read

    def script(self, take: int) -> Moves:
        """What is done in that take. Raises VjError if there is none such."""
        return script_of(self.folder, take, self.read().recorded)

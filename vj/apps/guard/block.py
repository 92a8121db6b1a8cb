"""What a show and its guard share: a small file in memory, which outlives whichever of them is killed.

head       phase of the show, which start of it this is, its window, frames shown
pulses     one place for each thread: its name, how often it beat, how long it may be silent
marks      what this start has done on its way to its first picture, and when
journal    where the show stands, as JSON, in two places by turns: what is half written is never read
"""

import mmap
import os
import struct
import tempfile
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: Of a show: being opened, on, ending because somebody wants it to, over.
OPENING, ON, ENDING, OVER = range(4)
#: Room for a journal, which is some thousand.
JOURNAL_BYTES = 1 << 20
#: How many threads are told of.
MAX_THREADS = 40
#: How many steps of a start are told.
STEPS = 12
_HEAD = struct.Struct("<8sIIQQd")  # magic, start, phase, window, frames, when the last was shown
_PULSE = struct.Struct("<24sQdQ")  # name, beats, patience in seconds, native id of the thread
_BEAT = struct.Struct("<Qd")  # of a pulse: beats, patience in seconds
_MARK = struct.Struct("<16sd")  # name, when
_TURN = struct.Struct("<I")  # which part is whole
_PART = struct.Struct("<II")  # its length and checksum
_MAGIC = b"vjguard1"
_PULSES = 64
_MARKS = _PULSES + MAX_THREADS * _PULSE.size
_JOURNAL = _MARKS + STEPS * _MARK.size
_PARTS = _JOURNAL + 16
SIZE = _PARTS + 2 * JOURNAL_BYTES


@dataclass(frozen=True)
class Pulse:
    """One thread as it was last seen: `beats` so far, after `patience` seconds without one it hangs (0: never)."""

    name: str
    beats: int
    patience: float
    thread: int


class Block:
    """The file at `path`, mapped. Everything may be read and written by any process and thread at any time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SIZE)
        self._lock = threading.Lock()
        self._places: dict[str, int] = {}
        self._beats = [0] * MAX_THREADS

    @classmethod
    def make(cls) -> "Block":
        """A new one, for this user alone."""
        memory = Path("/dev/shm")
        folder = memory if os.access(memory, os.W_OK) else None
        number, name = tempfile.mkstemp(prefix="vj-guard-", dir=folder)
        os.truncate(number, SIZE)
        os.close(number)
        block = cls(Path(name))
        _HEAD.pack_into(block._map, 0, _MAGIC, 0, OPENING, 0, 0, 0.0)
        return block

    def remove(self) -> None:
        """Take the file away; whoever has it mapped keeps what it has."""
        self.path.unlink(missing_ok=True)

    def begin(self, start: int) -> None:
        """Start number `start` of the show is about to begin: nobody has beaten yet. The journal stays."""
        self._map[_PULSES:_JOURNAL] = bytes(_JOURNAL - _PULSES)
        _HEAD.pack_into(self._map, 0, _MAGIC, start, OPENING, 0, 0, 0.0)

    @property
    def start(self) -> int:
        """Which start of the show this is, from 0."""
        return int(_HEAD.unpack_from(self._map, 0)[1])

    @property
    def phase(self) -> int:
        """OPENING, ON, ENDING or OVER."""
        return int(_HEAD.unpack_from(self._map, 0)[2])

    @phase.setter
    def phase(self, phase: int) -> None:
        struct.pack_into("<I", self._map, 12, phase)

    @property
    def window(self) -> int:
        """What the window system calls the show's window; 0 for none."""
        return int(_HEAD.unpack_from(self._map, 0)[3])

    @window.setter
    def window(self, window: int) -> None:
        struct.pack_into("<Q", self._map, 16, window)

    @property
    def frames(self) -> int:
        """Frames with a picture that this start has shown."""
        return int(_HEAD.unpack_from(self._map, 0)[4])

    @property
    def shown(self) -> float:
        """When the last of them was, in seconds of the monotonic clock; 0 before the first."""
        return float(_HEAD.unpack_from(self._map, 0)[5])

    def show(self, frames: int, now: float) -> None:
        """So many frames were shown, the last one `now`."""
        struct.pack_into("<Qd", self._map, 24, frames, now)

    def beat(self, name: str, patience: float) -> None:
        """The thread that calls lives, and will beat again within `patience` seconds; 0 is whenever it likes."""
        place = self._places.get(name)
        if place is None:
            place = self._claim(name)
        self._beats[place] += 1
        _BEAT.pack_into(self._map, _PULSES + place * _PULSE.size + 24, self._beats[place], patience)

    def knows(self, name: str) -> bool:
        """Whether the thread of that name has beaten."""
        return name in self._places

    def rest(self, name: str) -> None:
        """The thread of that name has ended, or waits for somebody."""
        if name in self._places:
            self.beat(name, 0.0)

    def _claim(self, name: str) -> int:
        """A place for the thread of that name, which is the one that calls; who comes late shares the last."""
        with self._lock:
            place = self._places.setdefault(name, min(len(self._places), MAX_THREADS - 1))
            told = name.encode()[:24]
            _PULSE.pack_into(self._map, _PULSES + place * _PULSE.size, told, 0, 0.0, threading.get_native_id())
            return place

    def pulses(self) -> Iterator[Pulse]:
        """Those that have beaten in this start."""
        for place in range(MAX_THREADS):
            name, beats, patience, thread = _PULSE.unpack_from(self._map, _PULSES + place * _PULSE.size)
            if beats:
                yield Pulse(name.rstrip(b"\0").decode(errors="replace"), beats, patience, thread)

    def mark(self, name: str, now: float) -> None:
        """This start has got as far as `name`, at `now` in seconds of the monotonic clock."""
        with self._lock:
            for place in range(_MARKS, _JOURNAL, _MARK.size):
                if not self._map[place]:
                    _MARK.pack_into(self._map, place, name.encode()[:16], now)
                    return

    def marks(self) -> dict[str, float]:
        """How far it got, and when, in that order."""
        told = (_MARK.unpack_from(self._map, place) for place in range(_MARKS, _JOURNAL, _MARK.size))
        return {name.rstrip(b"\0").decode(errors="replace"): when for name, when in told if when}

    def write(self, text: bytes) -> bool:
        """Keep `text` as the journal; False where it is too long. It is there whole, or the one before is."""
        if len(text) > JOURNAL_BYTES - _PART.size:
            return False
        turn = (_TURN.unpack_from(self._map, _JOURNAL)[0] + 1) % 2
        at = _PARTS + turn * JOURNAL_BYTES
        self._map[at + _PART.size : at + _PART.size + len(text)] = text
        _PART.pack_into(self._map, at, len(text), zlib.crc32(text))
        _TURN.pack_into(self._map, _JOURNAL, turn)
        return True

    def read(self) -> bytes:
        """The newest journal that is whole; empty if there is none."""
        newest = _TURN.unpack_from(self._map, _JOURNAL)[0] % 2
        for turn in (newest, 1 - newest):
            at = _PARTS + turn * JOURNAL_BYTES
            length, check = _PART.unpack_from(self._map, at)
            text = self._map[at + _PART.size : at + _PART.size + min(length, JOURNAL_BYTES - _PART.size)]
            if length and zlib.crc32(text) == check:
                return text
        return b""

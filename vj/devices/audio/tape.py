"""A recorded sound that can be wound: `Tape` plays, stands, goes elsewhere and goes round between two marks.

with Tape("sound.wav", ring) as tape:
    tape.go(30.0)
    tape.at(time.perf_counter()).t
"""

import itertools
import queue
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vj.core.errors import AudioError
from vj.core.handoff import SampleRing
from vj.core.types import F32
from vj.devices.audio._decode import AudioFile
from vj.devices.audio._player import Player
from vj.devices.audio._speaker import BLOCK_FRAMES

#: What is decoded ahead.
AHEAD_BLOCKS = 128
#: So long before the end of a span its beginning is made ready.
READY_S = 2.0
#: Seconds for which it is believed to run on without having been heard.
FAR = 0.25


@dataclass(frozen=True)
class Place:
    """Second `t` of the tape, after jump number `jump` of all that were made: a round, or somewhere it was sent.

    `rolling` is False where it stands, `ended` once all of it was played.
    """

    t: float
    jump: int = 0
    rolling: bool = False
    ended: bool = False


class Tape(Player):
    """Plays a sound file at its own rate as FilePlayer does, into the default output and into `ring`, from anywhere.

    While it stands there is silence, and time goes on. `span` (in, out) in seconds is gone round in, sample by sample;
    None plays on to the end. Any thread may set `playing` and `span` and call `go`.
    """

    def __init__(self, path: Path, ring: SampleRing, audible: bool = True) -> None:
        looked = AudioFile(path, mono=False)
        rate = looked.native
        super().__init__(looked.at(rate), rate, ring, audible, "vj-tape")
        self.length = self.file.duration or 0.0
        self.playing = True
        self.span: tuple[float, float] | None = None
        self._jumps = itertools.count(1)
        self._wish: tuple[int, float] = (0, 0.0)
        self._ready: queue.Queue[tuple[int, F32, Place]] = queue.Queue(AHEAD_BLOCKS)
        self._pulled: deque[Place] = deque()
        self._stood = Place(0.0)
        self._last = (Place(0.0), 0.0)

    def go(self, t: float) -> Place:
        """Go on at second `t`; where that is, to be met again in `at` once it is heard."""
        place = Place(t, next(self._jumps))
        self._wish = (place.jump, t)
        self._stood = place
        return place

    def at(self, wall: float) -> Place:
        """Where it is at wall-clock second `wall`, by what is heard then."""
        place, stamp = self._last
        if not place.rolling:
            return place
        return Place(place.t + min(max(wall - stamp, 0.0), FAR), place.jump, True)

    @property
    def silent(self) -> bool:
        """True while it plays nothing but exact zeros."""
        return self.playing and self._quiet.silent

    def _feed(self) -> None:
        """Thread: decode ahead, from where it was last sent."""
        while not self._stop.is_set():
            wish, start = self._wish
            for block, place in self._sound(start, wish):
                while not self._stop.is_set() and self._wish[0] == wish:
                    with suppress(queue.Full):
                        self._ready.put((wish, block, place), timeout=0.05)
                        break
                self._speaker.fill()
                if self._stop.is_set() or self._wish[0] != wish:
                    break

    def _sound(self, start: float, jump: int) -> Iterator[tuple[F32, Place]]:
        """Blocks [BLOCK_FRAMES, 2] without end from second `start`, and where each of them ends."""
        rate = self.rate
        position = round(start * rate)
        reel, coming = _Reel(self.file, position), None
        while True:
            span = self.span
            edge = None if span is None else round(span[1] * rate)
            inside = span is not None and edge is not None and span[0] * rate <= position <= edge
            if inside and coming is None and edge is not None and edge - position < READY_S * rate:
                assert span is not None
                coming = _Reel(self.file, round(span[0] * rate))
            want = min(BLOCK_FRAMES, edge - position) if inside and edge is not None else BLOCK_FRAMES
            block = self._read(reel, want)
            position += len(block)
            if len(block) == BLOCK_FRAMES:
                yield block, Place(position / rate, jump, True)
                continue
            if span is None or not inside or round(span[0] * rate) >= position:
                last = Place(position / rate, jump, True)
                yield np.concatenate([block, np.zeros((BLOCK_FRAMES - len(block), 2), np.float32)]), last
                break
            again = round(span[0] * rate)
            reel = coming if coming is not None and coming.start == again else _Reel(self.file, again)
            coming, jump = None, next(self._jumps)
            rest = self._read(reel, BLOCK_FRAMES - len(block))
            position = again + len(rest)
            whole = np.concatenate([block, rest])
            whole = np.concatenate([whole, np.zeros((BLOCK_FRAMES - len(whole), 2), np.float32)])
            yield whole, Place(position / rate, jump, True)
        while True:
            yield np.zeros((BLOCK_FRAMES, 2), np.float32), Place(position / rate, jump, False, True)

    def _read(self, reel: "_Reel", count: int) -> F32:
        try:
            return reel.read(count)
        except AudioError as error:  # it begins behind the end, was deleted, or its decoder died
            if not self._stop.is_set() and reel.start < self.length * self.rate:
                self.problem = f"{self.file.path.name}: {error.what}; silence in its place"
            return np.zeros((0, 2), np.float32)

    def _pull(self) -> F32 | None:
        """The next block to be played: what was decoded before it was sent elsewhere is passed over."""
        if not self.playing:
            self._pulled.append(self._stood)
            return np.zeros((BLOCK_FRAMES, 2), np.float32)
        while True:
            try:
                wish, block, place = self._ready.get_nowait()
            except queue.Empty:
                return None
            if wish == self._wish[0]:
                self._pulled.append(place)
                self._stood = Place(place.t, place.jump, False, place.ended)
                return block

    def _heard(self, block: F32, stamp: float) -> None:
        place = self._pulled.popleft()
        mono = self._mono.step(block)
        self._quiet.step(len(mono), bool(mono.any()))
        self._ring.write(mono, stamp)
        self._ring.unclean = self.file.unclean
        self._last = (place, stamp)


class _Reel:
    """The file from sample `start` on."""

    def __init__(self, file: AudioFile, start: int) -> None:
        self.start = start
        self._file = file.begun(start / file.rate)
        self._first: F32 | None = None
        with suppress(AudioError):
            self._first = self._file.read(BLOCK_FRAMES)  # its decoder works from now on

    def read(self, count: int) -> F32:
        """The next `count` samples [n, 2], fewer at the end of the file. Raises AudioError."""
        first, self._first = self._first, None
        if first is None:
            return self._file.read(count)
        if count < len(first):
            self._first = first[count:]
            return first[:count]
        return np.concatenate([first, self._file.read(count - len(first))])

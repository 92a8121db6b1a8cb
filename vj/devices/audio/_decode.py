"""A sound file as samples: decoded as it is read, at one rate, exact to the sample, in a process of its own.

song = AudioFile("song.mp3", rate=48000, start=30.0)
for block in song.blocks(512):                 # mono [n]
for block in song.blocks(4096, channels=2):    # stereo [n, 2]; each call decodes from the start anew
"""

import math
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vj.core.errors import AudioError
from vj.core.types import F32
from vj.devices.audio._decode_wire import Decoders

#: Shorter by more seconds than this than the file's own word, and a warning says so.
_SHORT = 0.5


@dataclass(frozen=True)
class Pick:
    """What of a file is heard: sound track number `track` and its `channels`, both from 0.

    None for the track that is marked as default, or the first. Without channels all of them are mixed.
    """

    track: int | None = None
    channels: tuple[int, ...] = ()


@dataclass
class _Known:
    """What is known of a file by now; `length` is its own word for its seconds until it was decoded to its end."""

    native: int
    length: float | None
    guessed: bool
    channels: int
    track: int
    tracks: int
    note: str
    codec: str = ""
    layout: str = ""
    lead: int = 0


@dataclass(frozen=True)
class Taken:
    """What to know in order to take the sound over as it is: its track (from 0), FFmpeg's names of its codec and its
    channels, and the samples before the music that nothing in the file tells.

    `codec` is "" where it is not to be taken over.
    """

    track: int
    codec: str
    layout: str
    lead: int


class AudioFile:
    """One sound file at `rate` Hz, from second `start` to second `end`. Memory does not grow with its length.

    pick       which sound track and channels of it are heard
    warning    what was wrong with a file that could be read all the same, known once it has been read; else ""
    unclean    samples so far that were no numbers or far too loud, and had to be changed

    `mono` is the shape that `read` gives: [n], or [n, 2]. Mono is the mean of left and right. Everything is finite and
    within +-8. Raises AudioError for a file that cannot be heard, and where it has no sound at `start`.
    """

    def __init__(
        self,
        path: str | Path,
        rate: int = 48000,
        mono: bool = True,
        start: float = 0.0,
        end: float | None = None,
        pick: Pick | None = None,
    ) -> None:
        self.path = Path(path)
        self.rate = rate
        self.warning = ""
        self.unclean = 0
        self._channels = 1 if mono else 2
        self._start, self._end = start, None if end == math.inf else end
        self._pick = pick or Pick()
        self._decoders = Decoders()
        self._known = self._look()
        self._blocks: Iterator[F32] | None = None
        self._rest: F32 = self._empty(self._channels)

    @property
    def duration(self) -> float | None:
        """Seconds between start and end. A hint, and None where there is none, until it was decoded to its end once."""
        ends = [end for end in (self._end, self._known.length) if end]
        seconds = min(ends, default=0.0) - self._start
        return seconds if seconds > 0.0 else None

    @property
    def native(self) -> int:
        """Hz at which the file itself is sampled."""
        return self._known.native

    @property
    def channels(self) -> int:
        """How many of its channels come in stereo: 1 where there is but one, and left and right are the same."""
        return min(len(self._pick.channels) or self._known.channels, 2)

    @property
    def note(self) -> str:
        """What to know before it is heard: which of several sound tracks, and whether that one is silent; else ""."""
        return self._known.note

    @property
    def span(self) -> tuple[float, float | None]:
        """Seconds of the file at which it begins and ends, None for the file's own end."""
        return self._start, self._end

    @property
    def taken(self) -> Taken:
        """What is to be known of the sound as it lies in the file; of picked channels nothing can be taken over."""
        known = self._known
        return Taken(known.track, "" if self._pick.channels else known.codec, known.layout, known.lead)

    @property
    def heard(self) -> str:
        """The file's name, and which of its sound tracks if there are several."""
        known = self._known
        return self.path.name + (f" (track {known.track + 1} of {known.tracks})" if known.tracks > 1 else "")

    def read(self, count: int) -> F32:
        """The next `count` samples; fewer only where the file ends, and none after that."""
        if self._blocks is None:
            self._blocks = self.blocks(4096, self._channels)
        parts = [self._rest]
        have = len(self._rest)
        while have < count and (block := next(self._blocks, None)) is not None:
            parts.append(block)
            have += len(block)
        joined = np.concatenate(parts)
        self._rest = joined[count:]
        return joined[:count]

    def at(self, rate: int) -> "AudioFile":
        """The same file and span at another rate."""
        other = copy(self)
        other.rate = rate
        other.rewind()
        return other

    def begun(self, start: float) -> "AudioFile":
        """The same file from second `start` on, which is not looked at again."""
        other = copy(self)
        other._start = start
        other.rewind()
        return other

    def rewind(self) -> None:
        """Let `read` begin at the start again."""
        self._blocks = None
        self._rest = self._empty(self._channels)

    def stop(self) -> None:
        """End what is being decoded; who reads it gets an AudioError. May be called from another thread."""
        self._decoders.stop()

    def blocks(self, size: int = 4096, channels: int = 1) -> Iterator[F32]:
        """Blocks of `size` samples, [size] or [size, 2], the last one shorter; decodes from the start.

        Raises AudioError where the decoder dies on the way, and where the file ends before its start.
        """
        held: list[F32] = []
        have = 0
        for chunk in self._chunks(channels):
            held.append(chunk)
            have += len(chunk)
            if have >= size:
                joined = np.concatenate(held)
                whole = have // size * size
                yield from joined[:whole].reshape(-1, size, *joined.shape[1:])
                held, have = [joined[whole:]], have - whole
        if have:
            yield np.concatenate(held)

    def _look(self) -> _Known:
        """What the file is; raises AudioError unless at least one sample can be had from it."""
        if not 0 <= self._start < math.inf:
            raise AudioError(f"no song begins at {self._start:g} s", str(self.path), "0 is its beginning: --from 0")
        if self._end is not None and not self._start < self._end:
            raise AudioError(
                f"nothing lies between {self._start:g} s and {self._end:g} s", str(self.path), "choose a later --to"
            )
        (known,) = self._ask(do="look", start=self._start)
        assert isinstance(known, dict)
        return _Known(**known)

    def _ask(self, **question: Any) -> Iterator[F32 | dict[str, Any]]:
        pick, where = self._pick, str(self.path)
        if self.path.is_dir():
            raise AudioError("this is a folder, not a sound file", where, "name one file in it")
        if self.path.exists() and not self.path.is_file():
            raise AudioError("this is a pipe or a device, not a sound file", where, "save it to a file first")
        if not self.path.is_file():
            raise AudioError("there is no such sound file", where, "check the spelling and the folder")
        return self._decoders.answer(self.path, track=pick.track, pick=list(pick.channels), **question)

    def _chunks(self, channels: int) -> Iterator[F32]:
        """The span in pieces as they are decoded, [n] or [n, 2] at `self.rate`."""
        first = round(self._start * self.rate)
        last = None if self._end is None else round(self._end * self.rate)
        for part in self._ask(do="play", rate=self.rate, width=channels, first=first, last=last):
            if isinstance(part, dict):
                self._judge(**part)
            else:
                yield part if channels == 1 else part.reshape(-1, 2)

    def _judge(self, seconds: float | None, damaged: int, unclean: int, peak: float) -> None:
        """Take in what was noticed on the way; `seconds` the file lasts if it was decoded to its end."""
        self.unclean += unclean
        words = []
        if damaged:
            words.append(f"{damaged} damaged piece{'s' if damaged > 1 else ''} left out")
        if unclean:
            words.append(f"{unclean} sample{'s' if unclean > 1 else ''} without sense (no numbers, or far too loud)")
        if peak == 0.0:
            words.append("there is nothing but silence in it")
        if seconds is not None:
            known = self._known
            if known.length is not None and not known.guessed and seconds < known.length - _SHORT:
                words.append(f"it ends after {seconds:.1f} s of {known.length:.1f} s")
            known.length, known.guessed = seconds, False
        self.warning = f"{self.path.name}: {', '.join(words)}" if words else ""

    @staticmethod
    def _empty(channels: int) -> F32:
        return np.zeros(0 if channels == 1 else (0, 2), np.float32)

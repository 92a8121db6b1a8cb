"""Looks through a film, frame by frame, for what flashes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np

from vj.core.errors import VjError
from vj.core.flash.light import COLUMNS, PLACES, ROWS, grid, linear, luminance
from vj.core.flash.meter import AREA, FlashMeter, Reading
from vj.core.flash.stripes import striped
from vj.core.types import F64, U8

#: Stripes trouble once they stand for so many seconds.
STANDS_S = 0.5
#: What is looked for, as a report names it.
FLASHES = "flashes"
HELD = "flashes held too long"
RED = "red flashes"
STRIPES = "stripes"


@dataclass(frozen=True)
class Fault:
    """What is wrong from `start` to `end` seconds; the largest share of the picture, and pairs of flashes a second."""

    what: str
    start: float
    end: float
    share: float
    flashes: int


@dataclass
class Looked:
    """A film that was looked through: its frames at `times` in seconds, their mean light 0..1, and what was read."""

    path: Path
    times: list[float] = field(default_factory=list)
    light: list[float] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    stripes: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.times[-1] if self.times else 0.0

    def shares(self) -> dict[str, F64]:
        """[frames] the share of the picture that each fault has."""
        return {
            FLASHES: np.array([r.worst for r in self.readings]),
            HELD: np.array([r.held for r in self.readings]),
            RED: np.array([r.red for r in self.readings]),
            STRIPES: self._standing(),
        }

    def _standing(self) -> F64:
        """The share that has been striped for long enough."""
        times, shares = np.array(self.times), np.array(self.stripes)
        first = np.searchsorted(times, times - STANDS_S)
        stands = [shares[a : n + 1].min() if times[n] >= STANDS_S else 0.0 for n, a in enumerate(first)]
        return np.array(stands)

    def faults(self) -> list[Fault]:
        """What is beyond the rule, in order."""
        found = []
        for what, shares in self.shares().items():
            for start, end in _runs(shares > AREA):
                pairs = max(r.flashes for r in self.readings[start:end])
                most = float(shares[start:end].max())
                found.append(Fault(what, self.times[start], self.times[end - 1], most, pairs))
        return sorted(found, key=lambda fault: (fault.start, fault.what))


def look_through(path: Path, progress: Callable[[float, float | None], None] = lambda done, total: None) -> Looked:
    """What flashes in the film at `path`. `progress` is told the seconds done and, where known, those there are.

    Raises VjError for a file that is no film, or is broken before its first picture.
    """
    looked, meter = Looked(path), FlashMeter()
    for t, total, seen in _frames(path):
        light = grid(seen)
        looked.times.append(t)
        looked.readings.append(meter.step(t, light))
        looked.light.append(float(luminance(light).mean()))
        looked.stripes.append(striped(linear(seen)))
        progress(t, total)
    if not looked.times:
        raise VjError("there is no picture in it", str(path), "name a film, such as one of `vj render`")
    return looked


def _frames(path: Path) -> Iterator[tuple[float, float | None, U8]]:
    """Seconds, the film's length if it tells, and the places [72, 128, 3] of every picture; ends where it is broken."""
    try:
        with av.open(str(path)) as file:
            if not file.streams.video:
                raise VjError("there is no picture in it", str(path), "name a film, such as one of `vj render`")
            total = file.duration / av.time_base if file.duration else None
            first: float | None = None
            for n, frame in enumerate(file.decode(video=0)):
                small = frame.reformat(
                    width=COLUMNS * PLACES, height=ROWS * PLACES, format="rgb24", interpolation="AREA"
                )
                t = frame.time if frame.time is not None else n / 30.0
                first = t if first is None else first
                yield t - first, total, np.asarray(small.to_ndarray(), np.uint8)
    except av.FFmpegError as error:
        if isinstance(error, FileNotFoundError | PermissionError | av.InvalidDataError) or not path.is_file():
            raise VjError(f"this cannot be read as a film: {error.strerror}", str(path), "name a film") from error


def _runs(mask: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> list[tuple[int, int]]:
    """First and behind last of every run of True."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]

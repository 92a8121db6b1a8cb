"""Which fader was moved: found out from how the channels of all universes changed since learning began."""

from dataclasses import dataclass, field

import numpy as np

from vj.core.types import I64, U8
from vj.devices.dmx.fader import Channel, Protocol

#: A move is judged so long after its first change.
LISTEN_S = 0.5
#: Levels (0..255): a channel that changed by less only trembles.
MIN_CHANGE = 16
#: Levels by which the fine half of 16 bits leaps while the coarse half goes by MAX_COARSE_STEP at most at a time.
FINE_LEAP = 48
MAX_COARSE_STEP = 24


@dataclass
class _Heard:
    """A universe since learning began."""

    first: I64
    last: I64
    low: I64
    high: I64
    leap: I64 = field(default_factory=lambda: np.zeros(512, np.int64))


class Lesson:
    """Waits for a fader to be moved for `target`. For one thread."""

    def __init__(self) -> None:
        self.target = ""
        self._heard: dict[tuple[Protocol, int], _Heard] = {}
        self._since: float | None = None

    def point(self, target: str) -> None:
        """From now on a fader that moves is meant for that address; none for nothing."""
        self.target, self._since = target, None
        self._heard.clear()

    def hear(self, protocol: Protocol, universe: int, levels: U8, now: float) -> None:
        """The levels of a universe at second `now`."""
        if not self.target:
            return
        fresh = levels.astype(np.int64)
        heard = self._heard.get((protocol, universe))
        if heard is None:
            self._heard[protocol, universe] = _Heard(fresh, fresh, fresh, fresh)
            return
        heard.leap = np.maximum(heard.leap, np.abs(fresh - heard.last))
        heard.low, heard.high, heard.last = np.minimum(heard.low, fresh), np.maximum(heard.high, fresh), fresh
        if self._since is None and (heard.high - heard.low).max() >= MIN_CHANGE:
            self._since = now

    def judge(self, now: float) -> tuple[Channel, int] | None:
        """The channel that moved and its bits, once that is known; the lesson is over then."""
        if self._since is None or now - self._since < LISTEN_S:
            return None
        spans = {key: heard.high - heard.low for key, heard in self._heard.items()}
        (protocol, universe), span = max(spans.items(), key=lambda item: item[1].max())
        heard = self._heard[protocol, universe]
        place = int(span.argmax())
        bits = 8
        for coarse in (place - 1, place):  # the fine half goes from end to end all the time, so it is often the widest
            fine = coarse + 1
            if (
                coarse >= 0
                and fine < 512
                and span[coarse]
                and heard.leap[fine] >= FINE_LEAP
                and heard.leap[coarse] <= MAX_COARSE_STEP
            ):
                place, bits = coarse, 16
                break
        self.point("")
        return Channel(protocol, universe, place + 1), bits

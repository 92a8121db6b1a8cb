"""Raw samples in, Features out: conditions the input, keeps the rolling window, asks every feature on the shelf."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from vj.core import shelf
from vj.core.cheap.compiled import next_fast_len
from vj.core.params import Snapshot
from vj.core.sound.short import Short
from vj.core.types import F32, Features, Hop
from vj.engine.gain import Gain

#: Seconds between analyses and seconds analysed: 512 and 2048 samples at 48 kHz.
HOP_SECONDS = 512 / 48000
WINDOW_SECONDS = 2048 / 48000

F = TypeVar("F")


class Analyzer:
    """Hears everything, one hop at a time. `hop_length` and `window_length` are in samples.

    The same sound gives the same events at any sample rate because every length follows from seconds.
    """

    def __init__(
        self,
        rate: int,
        hop_seconds: float = HOP_SECONDS,
        window_seconds: float = WINDOW_SECONDS,
        features: Sequence[str] | None = None,
    ) -> None:
        self.rate = rate
        self.hop_length = round(rate * hop_seconds)
        # The next length that an FFT is quick at: 1882 samples, which 44.1 kHz would ask for, take four times as long.
        self.window_length = next_fast_len(max(round(rate * window_seconds), self.hop_length))
        chosen = shelf.names("features") if features is None else features
        kinds = _in_order([shelf.load("features", name) for name in chosen])
        self.stages: tuple[type, ...] = (Gain, *kinds)
        self._gain = Gain(rate, self.hop_length)
        self._short = Short(rate, self.hop_length)
        self._features = [(kind, kind(rate, self.hop_length, self.window_length)) for kind in kinds]
        self._plain = sum(not _concludes(kind) for kind in kinds)  # these come first and draw on no other
        self._snapshot: Snapshot | None = None
        self._window = np.zeros(self.window_length, np.float32)
        self._index = 0

    def feature(self, kind: type[F]) -> F:
        """The feature of that kind."""
        found: F = next(feature for each, feature in self._features if each is kind)
        return found

    def step(self, samples: F32, snapshot: Snapshot, stamp: float = 0.0) -> Features:
        """Features after `samples` [hop_length] float32 mono, as they came from the device.

        `stamp` is the wall-clock second at which the last sample arrived; it is passed on, never used.
        """
        if snapshot is not self._snapshot:  # several hops may share one
            self._snapshot = snapshot
            self._values: list[Any] = [snapshot.of(kind) for kind in self.stages]
        heard = self._gain.step(samples, self._values[0])
        # A new array each hop: records may hold on to views of it.
        self._window = np.concatenate([self._window[self.hop_length :], heard.samples])
        hop = Hop(
            samples=heard.samples,
            window=self._window,
            index=self._index,
            rate=self.rate,
            gain_db=heard.gain_db,
            open=heard.open,
            clipped=heard.clipped,
            short=self._short.step(heard.samples),
        )
        self._index += 1
        records: dict[type, Any] = {}
        for k, (_, feature) in enumerate(self._features):
            p = self._values[k + 1]
            record = feature.step(hop, p) if k < self._plain else feature.step(hop, p, records)
            records[type(record)] = record
        return Features(t=hop.t, dt=hop.dt, index=hop.index, records=records, stamp=stamp)

    def reset(self) -> None:
        """Back to the state after construction: hop 0, nothing heard."""
        self._gain.reset()
        self._short.reset()
        for _, feature in self._features:
            feature.reset()
        self._window = np.zeros(self.window_length, np.float32)
        self._index = 0


def _concludes(kind: type) -> bool:
    """Whether a feature draws on the records of the others."""
    return hasattr(kind, "needs")


def _in_order(kinds: Sequence[type[Any]]) -> list[type[Any]]:
    """`kinds`, each after those whose records it draws on."""
    makers = {kind.step.__annotations__.get("return"): kind for kind in kinds}

    def depth(kind: type[Any]) -> int:
        return max((1 + depth(makers[need]) for need in getattr(kind, "needs", ()) if need in makers), default=0)

    return sorted(kinds, key=lambda kind: (_concludes(kind), depth(kind)))

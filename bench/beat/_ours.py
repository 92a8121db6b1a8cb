"""Our own beat as a show displays it: the real analyzer, hop by hop, every parameter as it comes."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.beat._measures import Shown
from vj.core.beats import crossings
from vj.core.params import defaults
from vj.core.types import F32, Features
from vj.engine.analyzer import Analyzer
from vj.features.state import State
from vj.features.tempo import Tempo

#: Hz that a show hears at.
RATE = 48000
#: Whose steps are the beat alone.
BEAT = ("/tempo",)


def beat_of(f: Features) -> tuple[float, float, float]:
    """The running beat, the tempo in BPM, and how sure it is, 0..1."""
    tempo = f[Tempo]
    return tempo.beat + tempo.phase, tempo.bpm, tempo.confidence


def begins_bar(f: Features) -> bool:
    """Whether the beat that is on is the first of its bar."""
    return bool((f[Tempo].beat - f[State].downbeat) % 4 == 0)


def hear(samples: F32) -> tuple[Shown, dict[str, float]]:
    """What is shown of mono `samples` at RATE, and CPU seconds a second of sound: of all `hearing`, of the `beat`."""
    analyzer = Analyzer(RATE)
    snapshot, n = defaults(*analyzer.stages), analyzer.hop_length
    watch = Watch()
    for kind, feature in analyzer._features:
        if getattr(kind, "address", "") in BEAT:
            feature.step = watch.timed(feature.step)  # the one instance, for this piece
    rows, firsts, whole = [], [], 0.0
    for start in range(0, len(samples) - n + 1, n):
        hop = samples[start : start + n]
        before = time.thread_time()
        f = analyzer.step(hop, snapshot)
        whole += time.thread_time() - before
        rows.append((f.t, *beat_of(f)))
        firsts.append(begins_bar(f))
    t, at, bpm, sure = np.array(rows).T
    beats, which = crossings(t, at)
    seconds = len(samples) / RATE
    cost = {"hearing": whole / seconds, "beat": watch.spent / seconds}
    return Shown(beats, np.array(firsts)[which], t, at, bpm, sure), cost


class Watch:
    """Adds up the CPU seconds `spent` in what it times."""

    def __init__(self) -> None:
        self.spent = 0.0

    def timed(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """`step`, timed."""

        def stepped(*args: Any) -> Any:
            before = time.thread_time()
            try:
                return step(*args)
            finally:
                self.spent += time.thread_time() - before

        return stepped

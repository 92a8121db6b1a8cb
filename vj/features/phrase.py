"""Where in the phrase the music is: bars in groups of 4, 8 or 16, where bars are known."""

import math
from collections import deque
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from vj.core.sound.dsp import band_weights, log_edges
from vj.core.types import F32, F64, Hop
from vj.features._chroma import Chroma
from vj.features.beat.record import BARS_SURE, Tempo
from vj.features.sections.phrase_filter import PhraseFilter, Place
from vj.features.sections.phrases import PHRASE_SURE
from vj.features.sections.phrases import Phrase as Phrase

#: Bands that a bar is felt in.
BANDS = 8
LOW_HZ = 40.0
HIGH_HZ = 12000.0
#: By which one of them, or its attacks, differs as much as a whole harmony.
SAME_DB = 12.0
#: Bars that say how new bars usually sound.
USUAL_BARS = 24.0
#: The spread that their logarithms are thought to have at first.
FIRST_SPREAD = 0.5
#: Silence after which another song begins, as for the state.
NEW_SONG_S = 4.0
#: Bars that may pass unseen.
UNSEEN_BARS = 64
#: Power of nothing.
SILENCE_POWER = 1e-10
#: The part of a bar that must have been heard to judge it.
ENOUGH = 0.5
#: Added up together.
TOGETHER_HOPS = 16


class HearPhrase:
    """Compares every bar with the two before it in colour, attacks and harmony: what begins a phrase sounds new.

    How new each bar sounded is gathered as evidence for every length and place of the phrase, old evidence fading.
    While bars are not sure nothing is said, but they count on; where they are sure elsewhere, or of another metre, and
    after silence, it starts over.
    """

    address = "/feature/phrase"
    needs = (Tempo, Chroma)

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        self._weights = band_weights(log_edges(LOW_HZ, min(HIGH_HZ, 0.5 * rate), BANDS), window_length, rate)
        self._filter = PhraseFilter()
        self._sums = np.zeros(2 * BANDS + 12)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._filter.reset()
        self._metre, self._quiet = 0, 0.0
        self._line: int | None = None
        self._bars: deque[F64] = deque(maxlen=2)
        self._mean, self._spread, self._counted = 0.0, FIRST_SPREAD**2, 0
        self._before: F32 = np.zeros(BANDS, np.float32)
        self._waiting: list[tuple[F32, float, F32 | None]] = []
        self._begin()

    def _begin(self) -> None:
        """A bar begins: nothing of it is heard."""
        self._add()
        self._sums = np.zeros(2 * BANDS + 12)
        self._hops = self._all = 0
        self._place: Place | None = None
        self._sure = 0.0

    def step(self, hop: Hop, p: Self, heard: Mapping[type, Any]) -> Phrase:
        """The phrase after this hop."""
        tempo: Tempo | None = heard.get(Tempo)
        self._feel(hop, heard.get(Chroma))
        self._quiet = 0.0 if hop.open else self._quiet + hop.dt
        if self._quiet >= NEW_SONG_S:
            self._line = None
        if tempo is None:
            return Phrase()
        line, sure = tempo.beat - tempo.place, tempo.bar_confidence >= BARS_SURE
        bars, off = divmod(line - (line if self._line is None else self._line), tempo.metre)
        known = self._line is not None and tempo.metre == self._metre and not off and 0 <= bars <= UNSEEN_BARS
        if sure and not known:
            self._start(line, tempo.metre)
        elif known and bars:
            self._over(bars)
            self._line = line
        if sure and self._place is None:
            self._place = self._filter.place(PHRASE_SURE / tempo.bar_confidence)
            self._sure = self._place.sure * tempo.bar_confidence  # for the whole bar, so that nothing flickers
        place = self._place
        if not sure or place is None:
            return Phrase()
        left = (place.bars - place.bar) * tempo.metre - tempo.place - tempo.phase
        gone = 1.0 - left / (place.bars * tempo.metre) if self._sure >= PHRASE_SURE else 0.0
        return Phrase(place.bars, place.bar, left, gone, self._sure)

    def _start(self, line: int, metre: int) -> None:
        """Bars are new, or lie elsewhere: what was known of phrases is worth nothing."""
        self._filter.reset()
        self._bars.clear()
        self._line, self._metre = line, metre
        self._begin()

    def _feel(self, hop: Hop, chroma: Chroma | None) -> None:
        """Add this hop to what is felt of the bar."""
        self._all += 1
        if not hop.open:
            return
        self._hops += 1
        self._waiting.append((hop.power, hop.before_gain, None if chroma is None else chroma.values))
        if len(self._waiting) == TOGETHER_HOPS:
            self._add()

    def _add(self) -> None:
        """Add up what waits: nobody asks before the bar is over, and many at once cost little more than one."""
        if not self._waiting:
            return
        spectra, scales, harmonies = zip(*self._waiting, strict=True)
        self._waiting.clear()
        power = np.empty((len(spectra) + 1, BANDS), np.float32)
        power[0] = self._before
        np.dot(np.stack(spectra), self._weights, out=power[1:])
        power[1:] *= np.square(np.array(scales, np.float32))[:, None]
        self._sums[:BANDS] += power[1:].sum(axis=0)
        self._sums[BANDS : 2 * BANDS] += np.maximum(power[1:] - power[:-1], 0.0).sum(axis=0)
        for harmony in harmonies:
            if harmony is not None:
                self._sums[2 * BANDS :] += harmony
        self._before = power[-1]

    def _over(self, bars: int) -> None:
        """A bar is over, or several since the last look: judge it and begin the next."""
        self._add()
        if bars == 1 and self._hops >= ENOUGH * self._all:
            bar = _felt(self._sums / max(self._hops, 1))
            if len(self._bars) == 2:
                self._judge(float(np.linalg.norm(bar - 0.5 * (self._bars[0] + self._bars[1]))))
            self._bars.append(bar)
        else:
            self._bars.clear()
        for _ in range(bars):
            self._filter.turn()
        self._begin()

    def _judge(self, distance: float) -> None:
        """A bar that lies that far from those before it: how new that is against what is usual."""
        new = math.log(distance + 1e-3)
        self._counted += 1
        x = 1.0 / min(self._counted, USUAL_BARS)
        self._mean += (new - self._mean) * x
        away = new - self._mean
        self._spread += (away * away - self._spread) * min(x, 0.2)
        if self._counted > 1:
            self._filter.heard(min(max(away / math.sqrt(self._spread + 1e-3), -3.0), 3.0))


def _felt(means: F64) -> F64:
    """[28] levels and attacks of the bands in units of SAME_DB, and the harmony, from their means."""
    db = 10.0 * np.log10(means[: 2 * BANDS] + SILENCE_POWER) / SAME_DB
    chroma = means[2 * BANDS :]
    length = float(np.linalg.norm(chroma))
    harmony: F32 | F64 = chroma / length if length > 1e-9 else chroma
    return np.concatenate([db, harmony])

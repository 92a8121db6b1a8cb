"""The one tempo and phase that a whole recording keeps, and which of its pulses is the beat. None where in doubt.

The onset strength of the whole length has sharp lines at the pulses' rates if these never change: those are tried.
The first that a straight line through the attacks confirms from begin to end is the pulse. The beat is it, or its half
or double, where the drums show one of these as four on the floor or as kick and snare in turn, and no other.
"""

from dataclasses import dataclass

import numpy as np
from scipy.fft import rfft

from bench.beat.found._attacks import F64, RATE

#: Samples between two looks, and seconds.
HOP = 88
EVERY = HOP / RATE
SIZE = 512
LOWEST, HIGHEST = 66.0, 184.0
#: BPM in which each reason is one: outside, half or double would be as good.
BACKBEAT, FLOOR, PULSE = (70.0, 178.0), (95.0, 152.0), (95.0, 145.0)
#: How near to a whole number of beats a minute a machine keeps: who has set the tempo has counted it.
WHOLE = 0.03
#: BPM between two looks at the end, how many lines are tried.
FINE, TRIES = 0.002, 6
#: Seconds: how far an attack may lie from the grid to be drawn to it, how far parts of the song may be off.
NEAR, DRIFT = 0.02, 0.006
#: A drum's strength on its beat must be so many times that elsewhere, a kick's that under the snare, in most parts.
CLEAR, LOWER, MOST = 1.4, 1.2, 0.75
#: Places in two beats.
SIXTEENTHS = 8


@dataclass
class Fit:
    """Seconds of the first beat and between two; why it is believed; how far each eighth of the song is off [8]."""

    first: float
    period: float
    why: str
    drift: F64


def onsets(x: F64) -> tuple[F64, F64, F64]:
    """Onset strength every HOP samples: of all, of what is like a kick, of what is like a snare: x [n] mono."""
    window = np.hanning(SIZE).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(x, SIZE // 2), SIZE)[::HOP]
    edges = np.array([1, 3, 8, 18, 40, 90, 180])
    power = np.concatenate(
        [
            np.add.reduceat(np.abs(rfft(frames[k : k + 8192] * window, axis=1)) ** 2, edges, axis=1)
            for k in range(0, len(frames), 8192)
        ]
    )[:, :-1]
    loud = (power / (np.quantile(power, 0.95, axis=0) + 1e-9)) ** 0.3
    side = 4
    rise = np.zeros_like(loud)
    rise[side:-side] = np.maximum(0.0, loud[2 * side :] - loud[: -2 * side])
    return rise.sum(1), rise[:, 0], rise[:, 1] + rise[:, 3:].sum(1)


def fit(x: F64) -> Fit | None:
    """The beats of a recording [n] mono at 44.1 kHz."""
    every, low, mid = onsets(x)
    line = next((line for line in (drawn(every, 60 / bpm) for bpm in lines(every)) if line), None)
    return line and beat(low, mid, *line)


def beat(low: F64, mid: F64, phase: float, period: float, drift: F64) -> Fit | None:
    """The beat of a pulse that holds: itself, its half or its double, whichever alone the drums show."""
    found = [
        Fit((phase + shift * each / 4) % each, each, why, drift)
        for each in (period / 2, period, period * 2)
        for shift, why in levels(low, mid, phase % each, each)
    ]
    first = [one for one in found if one.why != "pulse"] or found
    return first[0] if len(first) == 1 else None


def lines(every: F64) -> list[float]:
    """Tempi in BPM whose pulse and its halves stand out of the spectrum of the onset strength."""
    slow = np.sqrt(every)
    slow = slow - np.convolve(slow, np.ones(500) / 500, "same")
    size = 1 << int(np.ceil(np.log2(len(slow) * 6)))
    spectrum = np.abs(np.fft.rfft(slow, size))
    rate = 1 / (EVERY * size)
    bins = np.arange(int(LOWEST / 60 / rate), int(HIGHEST / 60 / rate))
    score = sum(weight * spectrum[bins * h] for h, weight in ((1, 1.0), (2, 1.0), (4, 0.7)))
    picked: list[float] = []
    for k in np.argsort(-score):
        bpm = float(bins[k] * rate * 60)
        if all(abs(bpm / other - 1) > 0.01 for other in picked):
            picked.append(bpm)
        if len(picked) == TRIES:
            break
    return picked


def drawn(every: F64, period: float) -> tuple[float, float, F64] | None:
    """(phase in seconds, period, drift [8]) of the beat grid through the attacks; None if it does not hold."""
    period, phase = _fine(every, period)
    times = np.arange(phase, len(every) * EVERY - 0.1, period)
    span, strong = round(NEAR / EVERY), 0.5 * np.quantile(every, 0.98)
    at, late = [], []
    for number, t in enumerate(times):
        k = round(t / EVERY)
        near = every[max(0, k - span) : k + span + 1]
        if k >= span and len(near) == 2 * span + 1 and near.max() > strong:
            at.append(number)
            late.append((int(np.argmax(near)) - span) * EVERY)
    if len(at) < 0.4 * len(times):
        return None
    n, off = np.array(at, float), np.array(late)
    for _ in range(4):
        good = np.abs(off - np.polyval(np.polyfit(n, off, 1), n)) < NEAR
        slope, shift = np.polyfit(n[good], off[good], 1)
        good = np.abs(off - (slope * n + shift)) < 0.012
        if good.sum() < 0.6 * len(off):
            return None
        slope, shift = np.polyfit(n[good], off[good], 1)
    rest = off - (slope * n + shift)
    parts = np.minimum((n / (len(times)) * 8).astype(int), 7)
    drift = np.array([np.median(rest[parts == p]) if (parts == p).sum() >= 4 else np.nan for p in range(8)])
    if np.isnan(drift).sum() > 2 or np.nanmax(np.abs(drift)) > DRIFT:
        return None
    return phase + shift, period + slope, drift


def _fine(every: F64, period: float) -> tuple[float, float]:
    """(period, phase) near a period at which a grid of beats collects most, looked for in steps of FINE BPM."""
    power = np.convolve(np.sqrt(every), np.hanning(7), "same")
    at = np.arange(len(power)) * EVERY
    best = (-1.0, period, 0.0)
    for near in 60 / (60 / period + np.arange(-0.05, 0.05, FINE)):
        bins = int(near / 0.003)
        total = np.bincount((at / near % 1 * bins).astype(np.int64), power, bins)
        k = int(np.argmax(total))
        if total[k] > best[0]:
            best = (float(total[k]), near, (k + 0.5) / bins * near)
    return best[1], best[2]


def levels(low: F64, mid: F64, phase: float, period: float) -> list[tuple[int, str]]:
    """Sixteenths by which the beat is later than the phase, and why, for a period: none, one, or more in doubt."""
    length, bpm = len(low) * EVERY, 60 / period
    pairs = np.arange(phase, length - 2.2 * period, 2 * period)
    places = pairs[:, None] + np.arange(SIXTEENTHS)[None, :] * period / 4
    kick, snare = _strength(low, places), _strength(mid, places)
    played = kick.max(1) > 0.35 * np.quantile(kick.max(1), 0.8)
    if played.sum() < 24:
        return []
    kick, snare = kick[played], snare[played]
    found = []
    for shift in range(SIXTEENTHS):
        k, s = np.roll(kick, -shift, 1), np.roll(snare, -shift, 1)
        if BACKBEAT[0] < bpm < BACKBEAT[1] and _backbeat(k, s):
            found.append((shift, "backbeat"))
        elif shift < 4 and FLOOR[0] < bpm < FLOOR[1] and _floor(k):
            found.append((shift, "floor"))
        elif shift < 4 and PULSE[0] < bpm < PULSE[1] and abs(bpm - round(bpm)) < WHOLE and _pulse(k, s):
            found.append((shift, "pulse"))
    return found


def _strength(of: F64, places: F64) -> F64:
    """By how much the onset strength within 8 ms of each place is above what is usual there."""
    index = np.clip((places / EVERY).astype(int), 4, len(of) - 5)
    near = np.max([of[index + d] for d in range(-4, 5)], axis=0)
    anywhere = np.max([of[d : len(of) - 8 + d] for d in range(9)], axis=0)
    above: F64 = np.maximum(0.0, near - float(np.median(anywhere)))
    return above


def _backbeat(kick: F64, snare: F64) -> bool:
    """Snare on the second of two beats and nowhere else, kick on the first rather than on the second, throughout."""
    k, s = kick.mean(0), snare.mean(0)
    others = [p for p in range(SIXTEENTHS) if p != 4]
    turns = np.mean((_parts(kick)[:, 0] > _parts(kick)[:, 4]) & (_parts(snare)[:, 4] > _parts(snare)[:, others].max(1)))
    strongest = s[4] > CLEAR * s[others].max() and k[0] > LOWER * k[4]
    return bool(strongest and k[0] >= 0.9 * k.max() and turns > MOST)


def _floor(kick: F64) -> bool:
    """A kick on both beats and hardly one elsewhere, throughout."""
    k = kick.mean(0)
    others = [p for p in range(SIXTEENTHS) if p not in (0, 4)]
    parts = _parts(kick)
    alone = np.mean(np.minimum(parts[:, 0], parts[:, 4]) > parts[:, others].max(1))
    return bool(min(k[0], k[4]) > CLEAR * k[others].max() and alone > MOST)


def _pulse(kick: F64, snare: F64) -> bool:
    """What is struck is struck on both beats, much less between, hardly elsewhere; and so are the kicks."""
    both = kick / (kick.mean(0).max() + 1e-9) + snare / (snare.mean(0).max() + 1e-9)
    t, k, parts = both.mean(0), kick.mean(0), _parts(both)
    holds = np.mean(np.minimum(parts[:, 0], parts[:, 4]) > parts[:, [1, 2, 3, 5, 6, 7]].max(1))
    on, between, elsewhere = min(t[0], t[4]), max(t[2], t[6]), t[[1, 3, 5, 7]].max()
    low = k[[0, 4]].sum() / (k[[2, 6]].sum() + 1e-9)
    if on > 1.6 * between and on > 2.2 * elsewhere and low > 1.3 and holds > MOST:
        return True
    # a bass on every eighth hides the kick's places, not the snare's
    s, parts = snare.mean(0), _parts(snare)
    holds = np.mean(parts[:, [0, 4]].sum(1) > 1.3 * parts[:, [2, 6]].sum(1))
    clear = min(s[0], s[4]) > 1.6 * max(s[2], s[6]) and min(s[0], s[4]) > 2.5 * s[[1, 3, 5, 7]].max()
    return bool(clear and low > 1.05 and holds > MOST)


def _parts(of: F64) -> F64:
    """The mean of each four pairs of beats."""
    means: F64 = of[: len(of) // 4 * 4].reshape(-1, 4, SIXTEENTHS).mean(1)
    return means

"""How near beats that were heard are to the true ones: what a sheet draws, and a benchmark counts."""

import numpy as np

from vj.core.types import F64

#: A tempo is right within this part of it.
TEMPO_TOLERANCE = 0.04
#: A phase is right within this part of a beat, or within TOLERANCE_S if that is more.
PHASE_TOLERANCE = 0.15
TOLERANCE_S = 0.070
#: What a wrong tempo may be to the true one, by the name that it is told by.
RATIOS = {"half": 1 / 2, "2/3": 2 / 3, "3/4": 3 / 4, "4/3": 4 / 3, "3/2": 3 / 2, "double": 2.0}
#: Neighbouring intervals whose mean is the tempo at an instant.
TEMPO_INTERVALS = 5
#: One that differs from their median by this part of it does not count.
OUTLIER = 0.25


def tempo_at(beats: F64, t: F64) -> F64:
    """BPM at instants `t` by the intervals of `beats` about each, so that a beat left out does not make it slow.

    0 where there are fewer than three beats.
    """
    gaps = np.diff(beats)
    if len(gaps) < 2:
        return np.zeros(len(t))
    first = np.clip(np.arange(len(gaps)) - TEMPO_INTERVALS // 2, 0, max(len(gaps) - TEMPO_INTERVALS, 0))
    near = gaps[first[:, None] + np.arange(min(TEMPO_INTERVALS, len(gaps)))]
    usual = np.abs(near / np.median(near, axis=1, keepdims=True) - 1.0) < OUTLIER
    mean = (near * usual).sum(axis=1) / np.maximum(usual.sum(axis=1), 1)
    seconds: F64 = np.maximum(np.where(usual.any(axis=1), mean, gaps), 1e-6)
    here = np.clip(np.searchsorted(beats, t, side="right") - 1, 0, len(gaps) - 1)
    return np.asarray(60.0 / seconds[here])


def running(beats: F64, t: F64) -> F64:
    """The running beat at instants `t`, where a gap of about two intervals counts as two beats."""
    if len(beats) < 3:
        return np.zeros(len(t))
    steps = np.maximum(np.round(np.diff(beats) * tempo_at(beats, beats[:-1]) / 60.0), 1.0)
    at: F64 = np.interp(t, beats, np.concatenate([[0.0], np.cumsum(steps)]))
    return at


def kinds(ratio: F64, off: F64, bpm: F64) -> np.ndarray:
    """What each instant is, by its tempo's `ratio` to the true `bpm` and how many beats (any whole number) it is `off`.

    "right", "off-beat" (half a beat off), "off" (else), a name of RATIOS, or "lost".
    """
    allowed = np.maximum(PHASE_TOLERANCE, TOLERANCE_S * bpm / 60.0)
    same, far = np.abs(ratio - 1.0) <= TEMPO_TOLERANCE, np.abs((off + 0.5) % 1.0 - 0.5)
    kind = np.full(len(ratio), "lost", dtype="<U8")
    for name, part in RATIOS.items():
        kind[np.abs(ratio / part - 1.0) <= TEMPO_TOLERANCE] = name
    kind[same] = "off"
    kind[same & (far >= 0.5 - PHASE_TOLERANCE)] = "off-beat"
    kind[same & (far <= allowed)] = "right"
    return kind


def hits(true: F64, heard: F64, near: float = TOLERANCE_S) -> tuple[np.ndarray, np.ndarray]:
    """Which `true` beats were heard within `near` seconds, and which of those `heard` are true; each counts once.

    Both are in order of time. Of two that would do, the earlier is taken, which leaves most for the others.
    """
    was, good = np.zeros(len(true), bool), np.zeros(len(heard), bool)
    i = j = 0
    while i < len(true) and j < len(heard):
        if abs(true[i] - heard[j]) <= near:
            was[i] = good[j] = True
            i, j = i + 1, j + 1
        elif true[i] < heard[j]:
            i += 1
        else:
            j += 1
    return was, good


def crossings(t: F64, at: F64) -> tuple[F64, np.ndarray]:
    """Moments at which a running beat `at` [n] passes whole numbers, between instants `t` [n], and the instants after.

    Where it leaps by more than a beat only the last one counts: it is what is seen.
    """
    whole = np.floor(at)
    which = np.flatnonzero(np.diff(whole) > 0) + 1
    before = at[which - 1]
    moments: F64 = t[which - 1] + (whole[which] - before) / (at[which] - before) * (t[which] - t[which - 1])
    return moments, which

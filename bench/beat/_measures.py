"""How near the beats that were shown are to the true ones: mir_eval's measures, and what a performer would ask."""

from dataclasses import dataclass

import mir_eval
import numpy as np

from vj.core.beats import TEMPO_TOLERANCE, TOLERANCE_S, kinds, running, tempo_at
from vj.core.types import F64

#: Seconds between the instants that are judged, and seconds that a tracker gets to find its way.
STEP, WARM_UP = 0.05, 8.0
#: Seconds of right instants in a row that are a lock, and seconds of a window of tempo.
LOCK, WINDOW = 4.0, 8.0
#: Confidence that counts as sure.
SURE = 0.6


@dataclass(frozen=True)
class Shown:
    """What a tracker showed.

    beats, first         seconds of every beat, and whether it began a bar (None: it tells no bars)
    t, at, bpm, sure     instants, and then: the running beat, the tempo, and 0..1 how sure it was (None: it never says)
    """

    beats: F64
    first: np.ndarray | None = None
    t: F64 | None = None
    at: F64 | None = None
    bpm: F64 | None = None
    sure: F64 | None = None


@dataclass(frozen=True)
class Judged:
    """`t` instants with `right` and wrong ones, `kind` of each, `sure` where told, and `figures` of the piece."""

    t: F64
    right: np.ndarray
    kind: np.ndarray
    sure: F64 | None
    figures: dict[str, float | None]


def judge(beats: F64, places: np.ndarray, shown: Shown) -> Judged:
    """`shown` against true `beats` [n] in seconds and their `places` in the bar, between the first and the last."""
    half = 0.5 * float(np.median(np.diff(beats)))
    within = (shown.beats > beats[0] - half) & (shown.beats < beats[-1] + half)
    found = shown.beats[within]
    first = None if shown.first is None else found[shown.first[within]]
    figures: dict[str, float | None] = {}
    for name, start in (("", 0.0), ("_settled", WARM_UP)):
        true, heard = beats[beats >= start], found[found >= start]
        downs = beats[(places == 1) & (beats >= start)]
        f, cmlt, amlt, gain = scores(true, heard)
        figures |= {f"f{name}": f, f"cmlt{name}": cmlt, f"amlt{name}": amlt, f"gain{name}": gain}
        told = first is not None and bool((places == 1).any())
        figures[f"downbeat_f{name}"] = scores(downs, first[first >= start])[0] if told and first is not None else None
    t = np.arange(beats[0], beats[-1], STEP)
    bpm, at = tempo_at(beats, t), np.interp(t, beats, np.arange(len(beats)))
    heard_bpm, heard_at = _heard(shown, t)
    kind = kinds(heard_bpm / bpm, heard_at - at, bpm)
    right = kind == "right"
    figures |= tempi(beats, heard_bpm, t)
    late = t >= WARM_UP
    figures["right"] = float(right.mean())
    figures["right_settled"] = float(right[late].mean()) if late.any() else None
    figures["last_wrong_s"] = float(t[~right][-1]) if not right.all() else 0.0
    figures["lock_s"] = locked(t, right)
    sure = None if shown.sure is None or shown.t is None else np.interp(t, shown.t, shown.sure)
    return Judged(t, right, kind, sure, figures)


def scores(true: F64, heard: F64) -> tuple[float, float, float, float]:
    """mir_eval's F within 70 ms, CMLt, AMLt and information gain (0..1) of whole pieces; 0 where there is nothing."""
    if len(true) < 2 or len(heard) < 2:
        return 0.0, 0.0, 0.0, 0.0
    _, cmlt, _, amlt = mir_eval.beat.continuity(true, heard)
    f = mir_eval.beat.f_measure(true, heard, f_measure_threshold=TOLERANCE_S)
    return float(f), float(cmlt), float(amlt), float(mir_eval.beat.information_gain(true, heard))


def tempi(beats: F64, heard_bpm: F64, t: F64) -> dict[str, float | None]:
    """Whether the tempo is right by the median over windows of its ratio to the truth, exactly and octaves allowed."""
    ratios = []
    for start in np.arange(beats[0], max(beats[-1] - WINDOW, beats[0]) + 1e-9, WINDOW / 2):
        true = beats[(beats >= start) & (beats < start + WINDOW)]
        if len(true) < 3:
            continue
        bpm = float(np.median(heard_bpm[(t >= start) & (t < start + WINDOW)]))
        ratios.append(bpm * float(np.median(np.diff(true))) / 60.0)
    ratio = float(np.median(ratios)) if ratios else 0.0
    octave = any(abs(ratio / k - 1.0) <= TEMPO_TOLERANCE for k in (0.5, 1.0, 2.0))
    return {"tempo_ratio": ratio, "tempo": float(abs(ratio - 1.0) <= TEMPO_TOLERANCE), "tempo_octave": float(octave)}


def locked(t: F64, right: np.ndarray) -> float | None:
    """When the first LOCK seconds of right instants begin; None if they never do."""
    need, run = round(LOCK / STEP), 0
    for n, ok in enumerate(right):
        run = run + 1 if ok else 0
        if run >= need:
            return float(t[n - need + 1])
    return None


def calibration(pieces: list[Judged]) -> list[dict[str, float]]:
    """For every tenth of stated confidence: the part of time, what was stated on average, and what was right."""
    sure = np.concatenate([p.sure for p in pieces if p.sure is not None])
    right = np.concatenate([p.right for p in pieces if p.sure is not None])
    tenth = np.minimum((sure * 10).astype(int), 9)
    rows = []
    for k in range(10):
        here = tenth == k
        row = {"from": k / 10, "to": (k + 1) / 10, "time": round(float(here.mean()), 4)}
        if here.any():
            row |= {"stated": round(float(sure[here].mean()), 3), "right": round(float(right[here].mean()), 3)}
        rows.append(row)
    return rows


def worst_gap(rows: list[dict[str, float]]) -> float:
    """The most that stated and right differ by, in tenths that hold a hundredth of the time or more."""
    return round(max((abs(r["stated"] - r["right"]) for r in rows if r["time"] >= 0.01), default=0.0), 3)


def _heard(shown: Shown, t: F64) -> tuple[F64, F64]:
    """Tempo and running beat at instants `t`: as told, else read off the beats."""
    if shown.t is not None and shown.at is not None and shown.bpm is not None:
        return np.interp(t, shown.t, shown.bpm), np.interp(t, shown.t, shown.at)
    beats = shown.beats
    if len(beats) < 3:
        return np.zeros(len(t)), np.zeros(len(t))
    bpm = np.where((t >= beats[0]) & (t <= beats[-1] + 2.0 * np.median(np.diff(beats))), tempo_at(beats, t), 0.0)
    return bpm, running(beats, t)

"""Which rows of a module are its beats: from what its drums play. None where they leave a doubt.

A voice is a sample that always plays the same note. What it adds to the sound where it begins tells its kind. A beat
is believed when a low voice falls on it throughout (four on the floor), or a low one on the odd beats and another on
the even ones (the backbeat), or on the first and on the others of three (the waltz).
"""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from bench.beat.found._openmpt import RATE, Module

EDGES = (30, 130, 400, 1500, 5000, 9000, 16000)
SLOWEST, FASTEST = 70.0, 185.0
#: Below, a kick on every beat may as well be one on every other.
SLOWEST_FLOOR = 90.0
ROWS_A_BEAT = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 24, 32)
NAMES = {"kick": r"kick|bass ?dr|\bbd", "snare": r"snare|clap|\bsd", "hat": r"hat\b|hihat|\bhh"}
#: Share of a voice's hits that must fall where it is expected, share of the places that must have one.
PURE, FULL = 0.7, 0.6


@dataclass
class Voice:
    """A drum: rows it falls on (0 or 1) [rows], and the share of the six bands in its attack [6]."""

    name: str
    hits: NDArray[np.bool_]
    share: NDArray[np.float64]

    @property
    def kind(self) -> str:
        """kick, hat, or snare for all that is neither: what its name says, else what it sounds like."""
        for kind, words in NAMES.items():
            if re.search(words, self.name, re.IGNORECASE):
                return kind
        low, high = float(self.share[:2].sum()), float(self.share[3:].sum())
        if low >= 0.6 and high < 0.3 and low > 2 * high:
            return "kick"
        return "hat" if self.share[4:].sum() >= 0.5 and low < 0.2 else "snare"


@dataclass
class Beats:
    """Rows a beat, beats a bar (0: unknown), why it is believed, and the rows [n] that are beats with their place."""

    every: int
    metre: int
    why: str
    rows: NDArray[np.int64]
    places: NDArray[np.int64]
    score: float


def voices(module: Module) -> list[Voice]:
    """The drums of a module."""
    played: dict[int, list[tuple[int, int]]] = {}
    for at, row in enumerate(module.rows):
        for _, instrument, note in row.notes:
            played.setdefault(instrument, []).append((at, note))
    keys = sorted(played)
    hits = np.zeros((len(module.rows), len(keys)))
    for k, key in enumerate(keys):
        hits[[at for at, _ in played[key]], k] = 1.0
    gained = _gained(module)
    added = np.stack([nnls(hits, gained[:, b])[0] for b in range(gained.shape[1])], axis=1)
    loudest = added.sum(1).max() + 1e-9
    found = []
    for k, key in enumerate(keys):
        notes = Counter(note for _, note in played[key])
        same = notes.most_common(1)[0][1] / notes.total()
        if same >= 0.85 and notes.total() >= 8 and added[k].sum() > 0.04 * loudest:
            name = module.names[key] if key < len(module.names) else ""
            found.append(Voice(name, hits[:, k] > 0, added[k] / added[k].sum()))
    return found


def _gained(module: Module) -> NDArray[np.float64]:
    """Amplitude that each row's first 45 ms have over those before it, by band [rows, 6]."""
    x = module.samples.mean(1)
    size = 2048
    window, bins = np.hanning(size), np.fft.rfftfreq(size, 1 / RATE)
    x = np.concatenate([np.zeros(size, np.float32), x, np.zeros(size, np.float32)])
    starts = np.array([size + int(row.time * RATE) for row in module.rows])
    out = np.zeros((len(starts), len(EDGES) - 1))
    for k, at in enumerate(starts):
        after = np.abs(np.fft.rfft(x[at : at + size] * window)) ** 2
        before = np.abs(np.fft.rfft(x[at - size : at] * window)) ** 2
        for b, (low, high) in enumerate(pairwise(EDGES)):
            inside = (bins >= low) & (bins < high)
            out[k, b] = max(0.0, after[inside].sum() - before[inside].sum()) ** 0.5
    return out


def steady(module: Module) -> tuple[int, int]:
    """The longest run of rows [from, until) that begins with a pattern and keeps its tempo (a swing is one)."""
    rows = module.rows
    times = np.array([row.time for row in rows])
    wide = 16
    if len(times) < 4 * wide:
        return 0, 0
    period = (times[wide:] - times[:-wide]) / wide
    best, start = (0, 0), 0
    for k in range(1, len(period) + 1):
        if k == len(period) or abs(period[k] / np.median(period[start:k]) - 1) > 0.004:
            if k - start > best[1] - best[0]:
                best = (start, k)
            start = k
    start, end = best
    until = len(rows) - 1 if end == len(period) else end
    while start < until and not begins(module, start):
        start += 1
    return start, until


def begins(module: Module, k: int) -> bool:
    """Whether row k begins a pattern at its first row."""
    rows = module.rows
    return rows[k].row == 0 and (k == 0 or rows[k].order != rows[k - 1].order)


def beats(module: Module, drums: list[Voice], start: int, until: int) -> Beats | None:
    """The beats among rows [start, until), which keep their tempo."""
    times = np.array([row.time for row in module.rows])
    row = (times[until - 1] - times[start]) / (until - 1 - start)
    firsts = np.array([k - start for k in range(start, until) if begins(module, k)])
    turns = [k - start for k in range(start + 1, until) if module.rows[k].order != module.rows[k - 1].order]
    count = np.arange(until - start)
    found: list[Beats] = []
    for every in ROWS_A_BEAT:
        if not SLOWEST <= 60 / (row * every) <= FASTEST or np.any(firsts % every) or np.any(np.array(turns) % every):
            continue
        clips = [(v.kind, v.hits[start:until]) for v in drums if v.hits[start:until].sum() >= 8]
        for why, metre, score in _reasons(clips, count, every):
            if why == "floor" and 60 / (row * every) < SLOWEST_FLOOR:
                continue
            at = count[count % every == 0]
            whole = not np.any(np.array(turns) % (every * metre))
            places = at // every % metre + 1 if whole else np.zeros_like(at)
            found.append(Beats(every, metre, why, at + start, places, score))
    found.sort(key=lambda b: -b.score)
    if not found:
        return None
    rival = [b for b in found if b.every != found[0].every]
    # two levels that both hold: the one with a backbeat is counted; otherwise a doubt
    if rival and rival[0].score > 0.9 * found[0].score:
        return None
    return found[0]


def _reasons(clips: list[tuple[str, NDArray[np.bool_]]], count: NDArray[np.int64], every: int):  # type: ignore[no-untyped-def]
    """(why, metre, score) for each drum pattern that makes `every` rows a beat."""
    lows = [h for kind, h in clips if kind == "kick"]
    others = [h for kind, h in clips if kind == "snare"]
    # a song changes its kick from part to part
    together = [np.any(lows, axis=0)] if len(lows) > 1 else []
    for low in lows:
        pure, full = _falls(low, count % every == 0, every, count)
        if pure >= PURE and full >= 0.8 and pure * full >= 0.75:
            yield "floor", 4, 0.8 * pure * full
    for low in [*lows, *together]:
        for other in others:
            for metre, why in ((2, "backbeat"), (3, "waltz")):
                bar = count % (metre * every)
                on = _falls(low, bar == 0, metre * every, count)
                off = _falls(other, (bar % every == 0) & (bar > 0), metre * every, count)
                if on[1] >= FULL and on[0] >= 0.4 and off[0] >= PURE and off[1] >= FULL:
                    yield why, 4 if metre == 2 else 3, (on[1] * off[0] * off[1]) ** 0.5


def _falls(
    hits: NDArray[np.bool_], wanted: NDArray[np.bool_], span: int, count: NDArray[np.int64]
) -> tuple[float, float]:
    """Share of the hits at wanted rows, and share of the wanted rows hit in the bars in which it plays at all."""
    bars = count // span
    active = np.isin(bars, np.unique(bars[hits]))
    if len(np.unique(bars[hits])) < 0.25 * (bars[-1] + 1):
        return 0.0, 0.0
    return float((hits & wanted).sum() / hits.sum()), float((hits & wanted).sum() / max(1, (wanted & active).sum()))

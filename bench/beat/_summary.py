"""Tables of what was measured: the means of all pieces with how sure they are, and of every kind of piece."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.beat._measures import SURE, Judged
from bench.beat._pieces import Piece

#: Figures of a piece whose mean is told, and those whose median is: seconds, of which "never" is infinite.
MEANS = (
    *("f", "f_settled", "cmlt", "cmlt_settled", "amlt", "amlt_settled", "gain", "gain_settled"),
    *("downbeat_f", "downbeat_f_settled", "tempo", "tempo_octave", "right", "right_settled"),
)
MEDIANS = ("lock_s", "last_wrong_s")
#: What tables by kind of piece hold.
SHORT = ("f", "cmlt", "amlt", "downbeat_f", "tempo", "tempo_octave", "right", "lock_s", "last_wrong_s")
#: Draws of the bootstrap, and the ends of its interval.
DRAWS, ENDS = 2000, (2.5, 97.5)


@dataclass(frozen=True)
class Row:
    """A tracker on a piece: what came of it, and CPU seconds a second of sound."""

    piece: Piece
    judged: Judged
    cost: dict[str, float]


def tables(rows: Sequence[Row]) -> dict[str, Any]:
    """Everything about one tracker: `all` with 95 % intervals over pieces, then by tempo, genre, metre and source."""
    parts: dict[str, Callable[[Row], str]] = {
        "tempo": lambda row: row.piece.band,
        "genre": lambda row: row.piece.genre,
        "metre": lambda row: str(row.piece.metre),
        "source": lambda row: row.piece.source,
    }
    return {
        "all": overall(rows),
        "time": _shares([row.judged for row in rows]),
        "by": {name: _by(rows, key) for name, key in parts.items()},
    }


def overall(rows: Sequence[Row]) -> dict[str, Any]:
    """Every figure over all pieces with its 95 % interval: [value, low, high]."""
    told: dict[str, Any] = {"pieces": len(rows)}
    for name in (*MEANS, *MEDIANS):
        values = _values(rows, name)
        if len(values):
            told[name] = _interval(_middle(name, values), [_middle(name, values[d]) for d in _draws(len(values))])
    if all(row.judged.sure is not None for row in rows):
        told |= _sure(rows, _draws(len(rows)))
    for name in rows[0].cost:
        spent = np.array([row.cost[name] for row in rows])
        told[f"cpu_ms_per_s_{name}"] = round(1e3 * float(spent.mean()), 2)
    return told


def _draws(count: int) -> np.ndarray:
    """Numbers of pieces, drawn with replacement, a row a draw."""
    return np.random.default_rng(0).integers(0, count, (DRAWS, count))


def _sure(rows: Sequence[Row], draws: np.ndarray) -> dict[str, Any]:
    """How often it is sure, and right then, over all instants of all pieces."""
    masks = [(np.asarray(row.judged.sure) >= SURE, row.judged.right) for row in rows]
    sure = np.array([float(mask.sum()) for mask, _ in masks])
    both = np.array([float((mask & right).sum()) for mask, right in masks])
    count = np.array([float(len(row.judged.t)) for row in rows])
    drawn = both[draws].sum(1) / np.maximum(sure[draws].sum(1), 1.0)
    return {
        f"right_given_{SURE:g}": _interval(float(both.sum() / max(sure.sum(), 1.0)), drawn),
        f"time_at_{SURE:g}": round(float(sure.sum() / count.sum()), 3),
    }


def _by(rows: Sequence[Row], key: Callable[[Row], str]) -> dict[str, Any]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    told = {}
    for name in sorted(groups, key=_order):
        values = {figure: _values(groups[name], figure) for figure in SHORT}
        short = {figure: _rounded(_middle(figure, v)) for figure, v in values.items() if len(v)}
        told[name] = {"pieces": len(groups[name]), **short}
    return told


def _order(name: str) -> tuple[int, str]:
    """Tempi by number, words by letter."""
    head = name.partition("-")[0]
    return (int(head) if head.isdigit() else (0 if name.startswith("under") else 999), name)


def _values(rows: Sequence[Row], name: str) -> np.ndarray:
    """A figure of every piece that has it: not all trackers or pieces tell bars. A lock that never came is infinite."""
    found = [row.judged.figures.get(name) for row in rows]
    if name in MEDIANS:
        return np.array([np.inf if value is None else value for value in found])
    return np.array([value for value in found if value is not None])


def _middle(name: str, values: np.ndarray) -> float:
    # of two middle ones the greater: between a number and never there is no middle
    return float(np.sort(values)[len(values) // 2]) if name in MEDIANS else float(values.mean())


def _interval(value: float, drawn: Sequence[float] | np.ndarray) -> list[float | str]:
    low, high = np.percentile(drawn, ENDS, method="nearest")
    return [_rounded(value), _rounded(float(low)), _rounded(float(high))]


def _rounded(value: float) -> float | str:
    return round(value, 3) if np.isfinite(value) else "never"


def _shares(judged: Sequence[Judged]) -> dict[str, float]:
    """Part of all time that each kind of right and wrong has."""
    names, counts = np.unique(np.concatenate([j.kind for j in judged]), return_counts=True)
    order = np.argsort(-counts)
    return {str(names[k]): round(float(counts[k] / counts.sum()), 3) for k in order}


def material(pieces: Sequence[Piece], split: str, seconds: float) -> dict[str, Any]:
    """What was played."""
    counted: dict[str, dict[str, int]] = {"source": {}, "genre": {}, "metre": {}, "tempo": {}}
    for p in pieces:
        for name, word in (("source", p.source), ("genre", p.genre), ("metre", str(p.metre)), ("tempo", p.band)):
            counted[name][word] = counted[name].get(word, 0) + 1
    sorted_counts = {name: {k: counts[k] for k in sorted(counts, key=_order)} for name, counts in counted.items()}
    length = sum(float(p.beats[-1]) for p in pieces)
    many = {"split": split, "pieces": len(pieces), "seconds_of_each": seconds, "seconds": round(length)}
    return many | sorted_counts


def piece_row(piece: Piece, rows: dict[str, list[Row]]) -> dict[str, Any]:
    """One piece: what it is, and by tracker the part of time right, beat F and what the tempo was heard as."""
    told: dict[str, Any] = {"bpm": round(piece.bpm, 1), "metre": piece.metre, "genre": piece.genre}
    for name, of in rows.items():
        row = next((r for r in of if r.piece.name == piece.name), None)
        if row is not None:
            figures = row.judged.figures
            told[name] = [_rounded(float(figures[k] or 0.0)) for k in ("right", "f", "tempo_ratio")]
    return told


def compact(result: dict[str, Any]) -> str:
    """JSON with every list and object of plain values on a line of its own."""

    def joined(found: re.Match[str]) -> str:
        return found[0][0] + re.sub(r"\s*\n\s*", " ", found[0][1:-1]).strip() + found[0][-1]

    return re.sub(r"[\[{][^\[\]{}]*[\]}]", joined, json.dumps(result, indent=1))


def table(result: dict[str, Any]) -> str:
    """The main figures of every tracker, a line each."""
    names = ("tempo_octave", "tempo", "f", "cmlt", "amlt", "gain", "downbeat_f", "right", "lock_s", "last_wrong_s")
    lines = [" ".join([f"{'':14}", *(f"{name:>12}" for name in names), f"{'ms/s':>8}"])]
    for tracker, told in result["trackers"].items():
        figures = [told["all"].get(name, ["-"])[0] for name in names]
        words = [f"{tracker:14}", *(f"{f:>12}" for f in figures), f"{told['all']['cpu_ms_per_s_beat']:>8}"]
        lines.append(" ".join(words))
    lines += [f"{name}: missing" for name in result["missing"]]
    ours = result["trackers"]["vj"]
    lines.append(f"right given .6: {ours['all']['right_given_0.6']}, that is {ours['all']['time_at_0.6']} of the time")
    return "\n".join([*lines, f"time: {ours['time']}"])

"""The true beats of a song from a file, to be drawn beside those that are heard."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from vj.apps.sheet import Sheet
from vj.core.beats import TOLERANCE_S, crossings, hits, kinds, running, tempo_at
from vj.core.errors import VjError
from vj.core.types import F64

#: Colours of beats: heard where one is, not heard, heard where none is; and of the true tempo.
HIT = "#bae67e"
MISSED = "#ff3b5c"
WRONG = "#ffb454"
TRUE = "#9fb4d0"
#: Colours of what the heard beat is at an instant.
KINDS = {
    **{"right": "#3c7a4a", "off-beat": "#a8742a", "off": "#7a5a34", "lost": "#7a3040", "half": "#2f5d8a"},
    **{"double": "#6b4a8e", "2/3": "#8a3d55", "3/2": "#8a3d55", "3/4": "#2c6f7a", "4/3": "#2c6f7a"},
}
#: Names that a table's first line may give its columns.
TIME_NAMES = ("t", "time", "seconds", "s", "start", "beat_time", "time_s")
PLACE_NAMES = ("place", "beat", "position", "label")
#: Between two instants.
STEP_S = 0.05
#: How long something must last to be told.
MIN_TOLD_S = 0.5


@dataclass(frozen=True)
class TrueBeats:
    """`times` [n] in seconds, rising, and `places` [n] in the bar from 1; 0 where the file does not tell.

    `sections` are (time, name), where it tells of them.
    """

    times: F64
    places: np.ndarray
    sections: tuple[tuple[float, str], ...] = ()


def read_beats(path: Path) -> TrueBeats:
    """Beats from JSON (a list, or one called "beats", of seconds or [seconds, place]) or lines of text.

    A line begins with seconds and may end in the place in the bar (.beats, label tracks of an editor), or a first line
    names the columns (CSV). JSON may have "sections", too: [from, to, name] each. Raises VjError.
    """
    hint = "a line a beat: its seconds and, if known, its place in the bar"
    try:
        text = path.read_text(encoding="utf-8-sig")
        told = json.loads(text) if text.lstrip()[:1] in ("[", "{") else None
        rows = _from_lines(text) if told is None else _from_json(told)
        sections = _sections(told)
    except (OSError, ValueError, TypeError) as error:
        raise VjError("the beats cannot be read", str(path), f"{hint} ({error})") from error
    rows = sorted({row[0]: row for row in rows}.values())
    if len(rows) < 3 or not all(math.isfinite(t) for t, _ in rows):
        raise VjError("there are no beats in this file", str(path), hint)
    return TrueBeats(np.array([t for t, _ in rows]), np.array([place for _, place in rows]), sections)


def _from_json(told: Any) -> list[tuple[float, int]]:
    beats = told["beats"] if isinstance(told, dict) and "beats" in told else told
    if not isinstance(beats, list):
        raise ValueError('no list of "beats"')
    return [_row(beat if isinstance(beat, list) else [beat]) for beat in beats]


def _sections(told: Any) -> tuple[tuple[float, str], ...]:
    """When each section begins, and its name, if they are told so; what other programs mean by the word is left."""
    rows = told.get("sections") if isinstance(told, dict) else None
    rows = rows if isinstance(rows, list) else []
    plain = [row for row in rows if isinstance(row, list) and [type(x) in (int, float) for x in row] == [1, 1, 0]]
    return tuple((float(start), str(name)) for start, _, name in plain)


def _from_lines(text: str) -> list[tuple[float, int]]:
    rows: list[tuple[float, int]] = []
    time, place = 0, -1
    for line in text.splitlines():
        cells = [cell.strip().strip('"') for cell in re.split(r"[,;\s]+", line.strip())]
        names = [cell.lower() for cell in cells]
        if time < len(cells) and re.match(r"[+-]?\.?\d", cells[time]):
            rows.append(_row([cells[time], cells[place]] if -len(cells) <= place < len(cells) > 1 else [cells[time]]))
        elif not rows and any(name in names for name in TIME_NAMES):
            time = next(names.index(name) for name in TIME_NAMES if name in names)
            place = next((names.index(name) for name in PLACE_NAMES if name in names), len(cells))
    return rows


def _row(cells: Sequence[Any]) -> tuple[float, int]:
    """Seconds, and the place in the bar if the second of `cells` is a whole number from 1."""
    place = str(cells[1]).strip() if len(cells) > 1 else ""
    return float(cells[0]), int(float(place)) if re.fullmatch(r"\d{1,2}(\.0*)?", place) else 0


def heard_beats(columns: dict[str, F64]) -> tuple[F64, np.ndarray]:
    """Moments of the heard beats, and the rows just after."""
    return crossings(columns["t"], columns["beat"])


def tell_beats(true: TrueBeats, columns: dict[str, F64]) -> str:
    """How many of the true beats were heard, in a line."""
    heard, _ = heard_beats(columns)
    was, good = hits(true.times, heard)
    right = float((_kinds(true, columns)[1] == "right").mean())
    words = f"{int(was.sum())} of {len(was)} true beats heard within {1000 * TOLERANCE_S:.0f} ms"
    return f"beats: {words}, {int((~good).sum())} others; the beat is right {100 * right:.0f} % of the time"


def draw_beats(page: Sheet, true: TrueBeats, columns: dict[str, F64], bars: np.ndarray) -> None:
    """Three lanes: what the heard beat is, in words; true beats above heard ones; both tempi.

    `bars` tells which of the heard beats begin a bar; they and the true ones that do are longer, and end in a dot that
    tells whether the other side begins a bar there too.
    """
    heard, after = heard_beats(columns)
    was, good = hits(true.times, heard)
    downs = true.places == 1
    down_was, down_good = np.zeros(len(downs), bool), np.zeros(len(bars), bool)
    down_was[downs], down_good[bars] = hits(true.times[downs], heard[bars])
    if not downs.any():  # nothing is known of bars, so none is wrong
        down_good = good
    page.strip("the beat is", _moments(*_kinds(true, columns)), KINDS)
    above = (_coloured(was, MISSED), _dots(downs, down_was, MISSED))
    below = (_coloured(good, WRONG), _dots(bars, down_good, WRONG))
    high = np.where(bars, 1.0, 0.6) * np.clip(0.35 + columns["confidence"][after], 0.35, 1.0)
    page.against("true / heard", (true.times, np.where(downs, 1.0, 0.6), *above), (heard, high, *below), 92)
    t = columns["t"]
    known = tempo_at(true.times, t)
    fps = (len(t) - 1) / max(float(t[-1] - t[0]), 1e-9)
    most = 1.4 * max(float(known.max()), float(columns["bpm"].max()))  # room for the words
    page.lines("tempo", [("true", known, TRUE), ("heard", columns["bpm"], HIT)], fps, 72, "BPM", most)


def _coloured(good: np.ndarray, bad: str) -> list[str]:
    return [HIT if one else bad for one in good]


def _dots(there: np.ndarray, good: np.ndarray, bad: str) -> list[str]:
    """Colours of the dots of beats that begin a bar, "" for the others."""
    return [colour if one else "" for one, colour in zip(there, _coloured(good, bad), strict=True)]


def _kinds(true: TrueBeats, columns: dict[str, F64]) -> tuple[F64, np.ndarray]:
    """Instants between the first and the last true beat, and what the heard beat is then."""
    t = np.arange(true.times[0], true.times[-1], STEP_S)
    bpm, at = tempo_at(true.times, t), running(true.times, t)
    heard = np.interp(t, columns["t"], columns["beat"])
    ratio = np.interp(t, columns["t"], columns["bpm"]) / np.maximum(bpm, 1e-6)
    return t, kinds(ratio, heard - at, bpm)


def _moments(t: F64, kind: np.ndarray) -> list[tuple[float, str]]:
    """When each kind begins, without what lasts less than MIN_TOLD_S."""
    moments: list[tuple[float, str]] = []
    edges = [0, *(np.flatnonzero(kind[1:] != kind[:-1]) + 1).tolist(), len(kind)]
    for first, end in pairwise(edges):
        lasts = (end - first) * STEP_S >= MIN_TOLD_S
        if lasts and (not moments or moments[-1][1] != kind[first]):
            moments.append((float(t[first]), str(kind[first])))
    return moments

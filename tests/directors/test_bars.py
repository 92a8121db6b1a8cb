"""What keeps to bars: their metre, where they are counted from, and nothing by a new count alone."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from vj.core import shelf
from vj.core.params import defaults
from vj.core.types import Features, LatentSpec
from vj.engine.analyzer import Analyzer
from vj.features.bands import Bands
from vj.features.state import State
from vj.features.tempo import Tempo

SPEC = LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), 16, tuple(f"class {n}" for n in range(12)))
BPM, FPS = 120.0, 30.0


@cache
def silence() -> Features:
    analyzer = Analyzer(48000)
    return analyzer.step(np.zeros(analyzer.hop_length, np.float32), defaults(*analyzer.stages))


def told(beats: float, metre: int = 4, downbeat: int = 0, kick: bool = False) -> Features:
    """A groove of nothing at `beats`, whose bars somebody knows; with `kick`, one on each beat."""
    t, beat = beats * 60.0 / BPM, int(beats)
    records = dict(silence().records)
    records[Tempo] = Tempo(BPM, beats - beat, beat, 1.0, "auto", metre=metre, bar_confidence=1.0)
    records[State] = State("groove", 0.0, 1, 0.0, 0.5, 0, downbeat, metre)
    if kick:
        bass = replace(records[Bands].bass, count=beat + 1, last=beat * 60.0 / BPM, hits=0.8, accent=0.8)
        records[Bands] = replace(records[Bands], bass=bass)
    return replace(silence(), t=t, records=records)


def changes(name: str, values: dict[str, Any], bars: list[tuple[float, int, int]], until: float) -> list[float]:
    """Beats at which the director asks for another class; `bars` are (from beat, metre, downbeat)."""
    kind = shelf.load("directors", name)
    director = kind(SPEC, np.random.default_rng(0))
    found, before = [], None
    for n in range(int(until * FPS * 60.0 / BPM)):
        beats = n / FPS * BPM / 60.0
        _, metre, downbeat = [row for row in bars if row[0] <= beats][-1]
        given = {f"/director/{name}/{key}": value for key, value in values.items()}
        if name == "ganterpretations":
            given[f"/director/{name}/switch"] = int(beats >= 8.5)
        p = type(defaults(kind))({**defaults(kind).values, **given}).of(kind)
        mix = director.step(told(beats, metre, downbeat), 1.0 / FPS, p, 1.0).mix
        if before is not None and not np.array_equal(mix, before):
            found.append(beats)
        before = mix
    return found


@pytest.mark.parametrize(
    ("bars", "begun"),
    [
        ([(0.0, 4, 0)], [16.0, 32.0]),
        ([(0.0, 3, 1)], [1.0, 13.0, 25.0, 37.0]),
        ([(0.0, 4, 0), (10.0, 4, 6)], [22.0, 38.0]),
    ],
    ids=["four", "three", "counted anew"],
)
def test_a_phrase_turns_over_where_bars_say(bars: list[tuple[float, int, int]], begun: list[float]) -> None:
    assert changes("drift", {"phrase": 4}, bars, 40.0) == pytest.approx(begun, abs=0.1)


@pytest.mark.parametrize(("metre", "downbeat", "begun"), [(4, 0, 12.0), (4, 1, 9.0), (3, 1, 10.0), (7, 0, 14.0)])
def test_a_switch_waits_for_the_bar_that_is_heard(metre: int, downbeat: int, begun: float) -> None:
    values = {"automatic": False, "quantise": "bar", "story": "2,5,7"}
    found = changes("ganterpretations", values, [(0.0, metre, downbeat)], 18.0)
    assert found[0] == pytest.approx(begun, abs=0.15)


def test_a_switch_is_not_sooner_because_bars_are_counted_anew() -> None:
    values = {"automatic": False, "quantise": "bar", "story": "2,5,7"}
    found = changes("ganterpretations", values, [(0.0, 4, 0), (9.3, 4, 2)], 18.0)
    assert found[0] == pytest.approx(10.0, abs=0.15)


def test_the_first_beat_of_any_bar_is_the_strongest() -> None:
    """A waltz of kicks: the picture leans furthest on one, and equally on two and three."""
    kind = shelf.load("directors", "pulse")
    director, p = kind(SPEC, np.random.default_rng(1)), defaults(kind).of(kind)
    leans = np.zeros(24)
    for n in range(int(24 * FPS * 60.0 / BPM)):
        beats = n / FPS * BPM / 60.0
        pull = director.step(told(beats, 3, 1, kick=True), 1.0 / FPS, p, 1.0).pull
        leans[int(beats)] = max(leans[int(beats)], float(np.abs(pull).max()))
    ones, others = leans[13::3], np.concatenate([leans[14::3], leans[15::3]])
    assert ones.min() > 1.15 * others.max()

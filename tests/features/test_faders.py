"""Kicks, snares, hats and onsets go on when somebody turns the whole sound down or up, gain or no gain."""

import numpy as np
import pytest
from test_bands import beat

from vj.core.params import Snapshot, defaults
from vj.core.types import F32
from vj.engine.analyzer import Analyzer
from vj.features.bands import Bands
from vj.features.drums.fader import MEAN_TAU_S, Fader, Knob
from vj.features.onset import Onset

RATE = 48000
AT, SECONDS = 8.0, 18.0


def counts(sound: F32, agc: str) -> np.ndarray:
    """[hops, 4] kicks, snares, hits of the highs and onsets so far."""
    analyzer = Analyzer(RATE, features=["bands", "onset"])
    snapshot = Snapshot({**defaults(*analyzer.stages).values, "/audio/agc": agc})
    rows, n = [], analyzer.hop_length
    for i in range(0, len(sound) - n + 1, n):
        f = analyzer.step(sound[i : i + n], snapshot)
        rows.append((f[Bands].bass.count, f[Bands].snare.count, f[Bands].highs.count, f[Onset].count))
    return np.array(rows)


@pytest.mark.parametrize(
    ("db", "agc"), [*((db, agc) for db in (-30.0, 30.0) for agc in ("off", "slow", "fast")), (-18.0, "off")]
)
def test_two_seconds_after_a_fader_all_is_heard_as_before(db: float, agc: str) -> None:
    sound, _, _ = beat(SECONDS, volume=1.0 if db < 0 else 0.03)
    moved = sound.copy()
    moved[int(AT * RATE) :] *= np.float32(10 ** (db / 20))
    seen = [counts(x, agc) for x in (sound, moved)]
    soon = int((AT + 2.0) * RATE / 512)
    steady, after = (c[-1] - c[soon] for c in seen)
    assert (np.abs(after - steady) <= 1).all()
    assert (steady[:2] >= 6).all()


def test_a_gain_that_is_turned_is_no_news() -> None:
    sound, kicks, strikes = beat(12.0, volume=0.05)
    analyzer = Analyzer(RATE, features=["bands"])
    values, n = dict(defaults(*analyzer.stages).values), analyzer.hop_length
    for i in range(0, len(sound) - n + 1, n):
        values["/audio/gain"] = 24.0 if i > 4 * RATE and i < 8 * RATE else 0.0
        last = analyzer.step(sound[i : i + n], Snapshot(dict(values)))[Bands]
    assert last.bass.count == pytest.approx(len(kicks), abs=1)
    assert last.snare.count == pytest.approx(len(strikes), abs=1)


def test_a_stroke_in_quiet_is_no_fader_and_a_rest_between_two_neither() -> None:
    fader, every = Fader(), 256 / RATE
    turns = [fader.step(0.01 + 0.3 * float(np.exp(-((k * every) % 0.75) / 0.1))) for k in range(int(20 / every))]
    assert set(turns) == {1.0}
    assert fader.mean == pytest.approx(0.01 + 0.3 * 0.1 / 0.75, rel=0.3)


def test_a_fader_is_noticed_once_and_by_how_much() -> None:
    fader, every = Fader(), 256 / RATE
    for _ in range(int(2 * MEAN_TAU_S / every)):
        fader.step(0.3)
    turns = [t for t in (fader.step(0.003) for _ in range(int(4 / every))) if t != 1.0]
    assert len(turns) == 1
    assert fader.mean == pytest.approx(0.003, rel=0.02)
    turns = [t for t in (fader.step(0.3) for _ in range(int(4 / every))) if t != 1.0]
    assert len(turns) == 1
    assert fader.mean == pytest.approx(0.3, rel=0.02)


def test_small_steps_of_gain_add_up() -> None:
    knob, product = Knob(), 1.0
    for k in range(1000):
        product *= knob.step(0.02 * k)
    assert product == pytest.approx(10 ** (0.02 * 999 / 20), rel=0.01)

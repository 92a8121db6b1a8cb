"""Gate, gain and automatic gain, hop by hop."""

import math

import numpy as np
import pytest

from vj.core.params import Snapshot, Value, addresses, declared
from vj.core.sound.dsp import from_db, rms, to_db
from vj.core.types import F32
from vj.engine.gain import HOLD, TARGET_DB, Conditioned, Gain

RATE, HOP = 48000, 512


def values(**changed: Value) -> Snapshot:
    """Declared defaults with automatic gain off, and what is `changed`."""
    base: dict[str, Value] = {"agc": "off"}
    base.update(changed)
    return Snapshot({addresses(Gain)[n]: base.get(n, q.default) for n, q in declared(Gain).items()})


def run(sound: F32, stage: Gain | None = None, **changed: Value) -> list[Conditioned]:
    stage = stage or Gain(RATE, HOP)
    p = values(**changed).of(Gain)
    return [stage.step(sound[i : i + HOP], p) for i in range(0, len(sound) - HOP + 1, HOP)]


def tone(db: float, seconds: float, hz: float = 997.0) -> F32:
    """A sine of `db` dBFS RMS."""
    t = np.arange(int(seconds * RATE)) / RATE
    return (from_db(db) * math.sqrt(2) * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def test_gain_is_decibels() -> None:
    out = run(tone(-30, 0.5))
    louder = run(tone(-30, 0.5), gain=12.0)
    assert to_db(rms(louder[-1].samples)) - to_db(rms(out[-1].samples)) == pytest.approx(12.0, abs=0.01)
    assert louder[-1].gain_db == 12.0


def test_closed_gate_gives_exact_zeros() -> None:
    out = run(tone(-70, 1.0))
    assert not any(c.open for c in out)
    assert all(not c.samples.any() for c in out)


def test_gate_threshold_is_after_input_gain() -> None:
    assert run(tone(-70, 0.2), gain=20.0)[-1].open


def test_gate_closes_after_hold_and_not_within_hysteresis() -> None:
    sound = np.concatenate([tone(-30, 0.5), tone(-63, 2.0), tone(-80, 2.0)])
    opens = np.array([c.open for c in run(sound)])
    t = np.arange(len(opens)) * HOP / RATE
    assert opens[t < 2.4].all()
    closed = t[~opens][0]
    assert closed == pytest.approx(2.5 + HOLD, abs=0.05)


def test_opening_and_closing_do_not_click() -> None:
    sound = np.concatenate([np.zeros(RATE // 4, np.float32), tone(-20, 0.5, 100), tone(-75, 1.0, 100)])
    out = np.concatenate([c.samples for c in run(sound)])
    steepest = np.abs(np.diff(tone(-20, 0.1, 100))).max()
    assert np.abs(np.diff(out)).max() < 3 * steepest


@pytest.mark.parametrize(("mode", "seconds"), [("fast", 8.0), ("slow", 30.0)])
def test_automatic_gain_reaches_its_target(mode: str, seconds: float) -> None:
    out = run(tone(-40, seconds), agc=mode)
    assert to_db(rms(out[-1].samples)) == pytest.approx(TARGET_DB, abs=1.5)


def test_automatic_gain_rests_below_the_gate() -> None:
    gain = Gain(RATE, HOP)
    before = run(tone(-40, 5.0), gain, agc="fast")[-1].gain_db
    after = run(tone(-80, 20.0), gain, agc="fast")[-1].gain_db
    assert after == pytest.approx(before, abs=0.8)


def test_dc_is_taken_away() -> None:
    out = run(tone(-30, 4.0) + np.float32(0.3))
    assert abs(float(out[-1].samples.mean())) < 1e-3
    assert not run(np.full(4 * RATE, 0.3, np.float32))[-1].open


def test_clipping_is_seen_from_either_side() -> None:
    assert not run(tone(-12, 0.1))[-1].clipped
    assert run(np.clip(tone(3, 0.1), -1, 1))[-1].clipped
    assert run(tone(-12, 0.1), gain=20.0)[-1].clipped


def test_bad_samples_become_silence_and_do_no_lasting_harm() -> None:
    sound = tone(-20, 1.0)
    sound[5000:5600] = np.nan
    out = run(sound)
    assert all(np.isfinite(c.samples).all() for c in out)
    assert rms(out[-1].samples) == pytest.approx(from_db(-20), rel=0.02)

"""Bands: sines, kicks and snares at any volume, silence, accumulated time."""

import numpy as np
import pytest

from vj.core.params import defaults
from vj.core.types import F32
from vj.engine.analyzer import Analyzer
from vj.features.bands import Band, Bands

RATE = 48000


def listen(sound: F32) -> list[Bands]:
    analyzer = Analyzer(RATE, features=["bands"])
    snapshot, n = defaults(*analyzer.stages), analyzer.hop_length
    return [analyzer.step(sound[i : i + n], snapshot)[Bands] for i in range(0, len(sound) - n + 1, n)]


def of(bands: Bands, name: str) -> Band:
    band: Band = getattr(bands, name)
    return band


def kick() -> np.ndarray:
    t = np.arange(int(0.35 * RATE)) / RATE
    return np.asarray(0.7 * np.sin(2 * np.pi * np.cumsum(50 + 130 * np.exp(-t / 0.02)) / RATE) * np.exp(-t / 0.1))


def snare(rng: np.random.Generator) -> np.ndarray:
    t = np.arange(int(0.3 * RATE)) / RATE
    rattle = 0.3 * rng.standard_normal(len(t)) * np.exp(-t / 0.06)
    return np.asarray(rattle + 0.2 * np.sin(2 * np.pi * 230 * t) * np.exp(-t / 0.05))


def beat(seconds: float, snares: bool = True, volume: float = 1.0) -> tuple[F32, list[float], list[float]]:
    """Kick on 1 and 3, snare on 2 and 4 (or four on the floor) at 120 BPM, with the times of both."""
    rng = np.random.default_rng(11)
    sound = 3e-4 * rng.standard_normal(int(seconds * RATE))
    kicks, strikes = [], []
    for k in range(int((seconds - 0.6) / 0.5)):
        at = 0.2 + 0.5 * k
        hit = snare(rng) if snares and k % 2 else kick()
        (strikes if snares and k % 2 else kicks).append(at)
        i = int(at * RATE)
        sound[i : i + len(hit)] += hit
    return (volume * sound).astype(np.float32), kicks, strikes


@pytest.mark.parametrize(("hz", "name"), [(70.0, "bass"), (265.0, "snare"), (1500.0, "mids"), (9000.0, "highs")])
def test_a_sine_is_present_in_its_own_band_only(hz: float, name: str) -> None:
    t = np.arange(2 * RATE) / RATE
    noise = 5e-2 * np.random.default_rng(0).standard_normal(len(t))
    burst = np.where((t > 1.0) & (t < 1.2), 0.1 * np.sin(2 * np.pi * hz * t), 0.0)
    heard = listen((noise + burst).astype(np.float32))[105]
    levels = {n: of(heard, n).level for n in ("bass", "snare", "mids", "highs")}
    assert max(levels, key=lambda n: levels[n]) == name
    assert levels[name] > 1.4
    assert of(heard, name).count >= 1


@pytest.mark.parametrize("db", [0, -12, -24])
def test_kicks_and_snares_are_told_apart_at_any_volume(db: int) -> None:
    sound, kicks, strikes = beat(10.0, volume=10 ** (db / 20))
    last = listen(sound)[-1]
    assert last.bass.count == pytest.approx(len(kicks), abs=1)
    assert last.snare.count == pytest.approx(len(strikes), abs=1)


def test_four_on_the_floor_has_no_snares() -> None:
    sound, kicks, _ = beat(10.0, snares=False)
    last = listen(sound)[-1]
    assert last.bass.count == pytest.approx(len(kicks), abs=1)
    assert last.snare.count <= 1


def test_hits_jump_and_decay_and_are_timed() -> None:
    sound, kicks, _ = beat(6.0, snares=False)
    heard = listen(sound)
    hits = np.array([b.bass.hits for b in heard])
    t = (np.arange(len(hits)) + 1) * 512 / RATE
    for at in kicks[2:]:
        assert hits[(t > at) & (t < at + 0.06)].max() > 0.6
        assert hits[(t > at + 0.4) & (t < at + 0.49)].max() < 0.2
    assert 0 <= hits.min() <= hits.max() <= 1
    assert heard[-1].bass.last == pytest.approx(kicks[-1], abs=0.03)


def test_hats_alone_are_heard_where_kicks_were_all_that_there_was_above() -> None:
    """A click that stands out of nothing sets no height that hats, which are many, would have to reach."""
    rng = np.random.default_rng(5)
    sound = 1e-5 * rng.standard_normal(15 * RATE)
    t = np.arange(int(0.05 * RATE)) / RATE
    tick = np.diff(rng.standard_normal(len(t) + 1)) * np.exp(-t / 0.012)
    for at in np.arange(0.25, 7.7, 0.5):
        i = int(at * RATE)
        sound[i : i + int(0.35 * RATE)] += kick()
        sound[i : i + len(t)] += 0.1 * tick * np.exp(-t / 0.004)
    hats = np.arange(8.1, 14.8, 0.25)
    for at in hats:
        sound[int(at * RATE) : int(at * RATE) + len(t)] += 0.1 * tick
    heard = listen(sound.astype(np.float32))
    assert heard[-1].highs.count - heard[int(8.0 * RATE / 512)].highs.count >= len(hats) - 3


def test_levels_hover_round_one_and_time_runs_with_the_music() -> None:
    sound, _, _ = beat(20.0)
    heard = listen(sound)
    for name in ("bass", "snare", "mids", "highs"):
        levels = np.array([of(b, name).level for b in heard[len(heard) // 2 :]])
        assert levels.mean() == pytest.approx(1.0, abs=0.3)
        time = np.array([of(b, name).time for b in heard])
        assert (np.diff(time) >= 0).all()
        assert time[-1] == pytest.approx(20.0, rel=0.4)


def test_silence_is_zero_and_time_stands_still() -> None:
    sound, _, _ = beat(4.0)
    heard = listen(np.concatenate([sound, np.zeros(6 * RATE, np.float32)]))
    for name in ("bass", "snare", "mids", "highs"):
        assert of(heard[-1], name).level == 0.0
        assert of(heard[-1], name).hits == 0.0
        assert of(heard[-1], name).presence < 0.1
        assert of(heard[-1], name).time == of(heard[-100], name).time
        assert of(heard[-1], name).count == of(heard[-100], name).count


def test_presence_falls_in_a_break_and_returns() -> None:
    t = np.arange(12 * RATE) / RATE
    bass = 0.3 * np.sin(2 * np.pi * 60 * t) * ((t < 5) | (t > 9))
    pad = 0.1 * np.sin(2 * np.pi * 1000 * t)
    heard = listen((bass + pad).astype(np.float32))
    presence = np.array([b.bass.presence for b in heard])
    at = (np.arange(len(presence)) + 1) * 512 / RATE
    assert presence[np.searchsorted(at, 4.9)] > 0.8
    assert presence[np.searchsorted(at, 8.9)] < 0.2
    assert presence[-1] > 0.8

"""The director `pulse`, played with drums that are written down and not heard."""

import math

import numpy as np
import pytest

from vj.core.params import Snapshot, defaults
from vj.core.types import Controls, Features, LatentSpec
from vj.directors.pulse import LIMIT, Pulse
from vj.engine.walker import Walker
from vj.features.bands import DECAY, Band, Bands
from vj.features.level import Level
from vj.features.tempo import Tempo

THREE = LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), 64, ("ink",))
BPM = 120.0


def band(t: float, hits: tuple[float, ...], presence: float) -> Band:
    """A band struck at each of the times `hits`: an accent of 0.8 while the drum speaks, decaying from then on."""
    past = [hit for hit in hits if hit <= t]
    last = past[-1] if past else -1.0
    strength = 0.8 * math.exp(-max(t - last - 0.021, 0.0) / DECAY) if past else 0.0
    return Band(presence, strength, presence, presence * t, len(past), last)


def heard(
    t: float,
    kicks: tuple[float, ...] = (),
    snares: tuple[float, ...] = (),
    hats: tuple[float, ...] = (),
    presence: float = 1.0,
    sure: float = 1.0,
) -> Features:
    """What is known at `t` seconds; nothing at all sounds where `presence` is 0."""
    bands = Bands(band(t, kicks, presence), band(t, snares, presence), band(t, (), presence), band(t, hats, presence))
    level = Level(0.1 * presence, 0.1 * presence, -20.0, 0.0, presence > 0, False, presence)
    beats = t * BPM / 60.0
    tempo = Tempo(BPM, beats % 1.0, int(beats), sure, "auto")
    return Features(t, 0.01, int(t * 100), {Bands: bands, Level: level, Tempo: tempo})


def play(seconds: float, fps: float, spec: LatentSpec = THREE, **drums: tuple[float, ...]) -> list[Controls]:
    director = Pulse(spec, np.random.default_rng(1))
    p = defaults(Pulse).of(Pulse)
    return [director.step(heard(n / fps, **drums), 1.0 / fps, p, 1.0) for n in range(round(seconds * fps))]


def pulls(controls: list[Controls]) -> np.ndarray:
    return np.array([c.pull for c in controls])


def still_snapshot() -> Snapshot:
    """The desk with the walk itself switched off, so that all motion is the pulses'."""
    values = defaults(Pulse, Walker).values
    return Snapshot({**values, "/director/pulse/speed": 0.0})


def test_a_kick_moves_coarse_there_and_back() -> None:
    """Through the real walker: away from the walk by a fifth of a radian in 60 ms, home within half a second."""
    director, walker, snapshot = Pulse(THREE, np.random.default_rng(1)), Walker(THREE), still_snapshot()
    p = snapshot.of(Pulse)
    z = []
    for n in range(60):
        f = heard(n / 60, kicks=(0.1,))
        z.append(walker.step(1 / 60, director.step(f, 1 / 60, p, 1.0), snapshot).z / 8.0)
    away = np.linalg.norm(np.array(z) - z[0], axis=2)
    assert away[:6].max() < 1e-6
    assert away[:, 0].max() > 0.2
    assert 8 <= away[:, 0].argmax() <= 10  # struck at 100 ms, there 45 ms later
    assert away[40:, 0].max() < 0.02
    assert 0.0 < away[:, 1].max() < 0.6 * away[:, 0].max()
    assert away[:, 2].max() < 1e-6


def test_the_kick_is_the_same_gesture_every_time() -> None:
    controls = play(2.0, 60, kicks=(0.1, 1.1))
    first, second = controls[9].target, controls[69].target
    assert first is not None
    assert second is not None
    np.testing.assert_allclose(first[0] / np.linalg.norm(first[0]), second[0] / np.linalg.norm(second[0]), atol=1e-5)


def test_snares_go_to_one_side_and_to_the_other() -> None:
    controls = play(3.0, 60, snares=(0.1, 0.9, 1.7, 2.5))
    sides = []
    for hit in (0.1, 0.9, 1.7, 2.5):
        target = controls[round((hit + 0.05) * 60)].target
        assert target is not None
        sides.append(target[1] / np.linalg.norm(target[1]))
    assert sides[0] @ sides[2] > 0.99
    assert sides[1] @ sides[3] > 0.99
    assert abs(sides[0] @ sides[1]) < 0.6
    assert pulls(controls)[:, [0, 2]].max() < 1e-6


def test_hats_stir_only_the_texture() -> None:
    pull = pulls(play(2.0, 60, hats=tuple(np.arange(0.1, 2.0, 0.25))))
    assert pull[:, :2].max() < 1e-6
    assert pull[:, 2].max() > 0.03


@pytest.mark.parametrize("fps", [24.0, 144.0])
def test_it_moves_alike_at_any_frame_rate(fps: float) -> None:
    """At the instants that both frame rates share, the picture leans equally far and has walked equally far."""
    drums = {"kicks": (0.11, 0.61, 1.13), "snares": (0.37, 0.87), "hats": (0.2, 0.45, 0.7)}
    here, there = play(2.0, fps, **drums), play(2.0, 72.0, **drums)
    common = 24
    own, other = pulls(here)[:: round(fps / common)], pulls(there)[::3]
    np.testing.assert_allclose(own, other, atol=0.004)
    ways = [np.sum([c.motion for c in controls], axis=0) for controls in (here, there)]
    np.testing.assert_allclose(ways[0], ways[1], rtol=0.05)


def test_hits_are_not_lost_when_hops_are_skipped() -> None:
    """Ten looks a second, each at one hop of ten: every kick still pulls, and two in one step pull harder."""
    single = pulls(play(1.0, 10, kicks=(0.32,)))[:, 0]
    double = pulls(play(1.0, 10, kicks=(0.32, 0.38)))[:, 0]
    crowd = pulls(play(1.0, 10, kicks=tuple(np.linspace(0.31, 0.38, 30))))[:, 0]
    assert single[:4].max() == 0.0
    assert single.max() > 0.05
    assert single.max() < double.max() <= crowd.max() < LIMIT


def test_a_hit_of_long_ago_is_old_news() -> None:
    """Coming back from another director, whose time the counters ran on in, must not make a blow."""
    director, p = Pulse(THREE, np.random.default_rng(1)), defaults(Pulse).of(Pulse)
    director.step(heard(0.0), 1 / 60, p, 1.0)
    controls = [director.step(heard(20.0 + n / 60, kicks=(5.0, 9.0)), 1 / 60, p, 1.0) for n in range(10)]
    assert pulls(controls).max() == 0.0


def test_the_picture_never_leans_too_far() -> None:
    drums = tuple(np.arange(0.0, 2.0, 0.05))
    director = Pulse(LatentSpec(("all",), (1,), 64, ("only",)), np.random.default_rng(1))
    p = Snapshot({**defaults(Pulse).values, **{f"/director/pulse/{n}": 1.0 for n in ("kick", "snare", "hats")}}).of(
        Pulse
    )
    for n in range(120):
        c = director.step(heard(n / 60, kicks=drums, snares=drums, hats=drums), 1 / 60, p, 2.0)
        assert c.pull is not None
        assert c.pull.max() <= LIMIT


@pytest.mark.parametrize("groups", [1, 2, 3, 14])
def test_every_drum_is_seen_whatever_the_number_of_groups(groups: int) -> None:
    spec = LatentSpec(tuple(f"g{n}" for n in range(groups)), (1,) * groups, 16, ("only",))
    for drums in ({"kicks": (0.1,)}, {"snares": (0.1,)}, {"hats": (0.1,)}):
        assert pulls(play(0.5, 60, spec, **drums)).max() > 0.03


def test_silence_is_alive_but_calm() -> None:
    director, p = Pulse(THREE, np.random.default_rng(1)), defaults(Pulse).of(Pulse)
    quiet = [director.step(heard(n / 60, presence=0.0, sure=0.0), 1 / 60, p, 1.0) for n in range(120)]
    music = play(2.0, 60, kicks=(0.0, 0.5, 1.0, 1.5))
    silent, loud = (np.sum([c.motion for c in controls], axis=0) for controls in (quiet, music))
    assert (silent > 0.0).all()
    assert (silent < 0.5 * loud).all()
    assert pulls(quiet).max() == 0.0


def test_the_walk_surges_on_the_beat_only_while_the_tempo_is_sure() -> None:
    director, p = Pulse(THREE, np.random.default_rng(1)), defaults(Pulse).of(Pulse)
    for sure, contrast in ((1.0, True), (0.1, False)):
        speeds = np.array([director.step(heard(n / 60, sure=sure), 1 / 60, p, 1.0).motion[0] for n in range(300)])
        on, off = speeds[240::30].mean(), speeds[255::30].mean()
        assert (on > 1.5 * off) == contrast


def test_structure_rests_in_a_break_and_the_drop_gives_all() -> None:
    director, p = Pulse(THREE, np.random.default_rng(1)), defaults(Pulse).of(Pulse)
    kicks = (*np.arange(0.1, 4.0, 0.5), *np.arange(10.1, 32.0, 0.5))
    motion, pull = [], []
    for n in range(32 * 60):
        t = n / 60
        c = director.step(heard(t, kicks, presence=0.2 if 4.0 < t < 10.0 else 1.0), 1 / 60, p, 1.0)
        motion.append(c.motion)
        pull.append(c.pull)
    walk, lean = np.array(motion), np.array(pull)[:, 0]
    groove, rest = walk[2 * 60 : 4 * 60].mean(axis=0), walk[8 * 60 : 10 * 60].mean(axis=0)
    assert 0.0 < rest[0] < 0.15 * groove[0]
    assert rest[2] > 2.0 * rest[0]
    drop, before, after = lean[10 * 60 : 12 * 60].max(), lean[: 4 * 60].max(), lean[29 * 60 :].max()
    assert drop > 1.3 * before
    assert after == pytest.approx(before, rel=0.05)


def test_reset_forgets_everything() -> None:
    director, p = Pulse(THREE, np.random.default_rng(1)), defaults(Pulse).of(Pulse)
    runs = []
    for _ in range(2):
        director.reset()
        runs.append(pulls([director.step(heard(n / 60, kicks=(0.1, 0.6)), 1 / 60, p, 1.0) for n in range(60)]))
    np.testing.assert_array_equal(*runs)

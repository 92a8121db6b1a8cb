"""`amplitude` and `ladder`: loudness is seen, nothing flickers, the originals' numbers; tables of numbers are read."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from tests_tracks import RATE, heard, made, run, set_to, song, track

from vj.core.params import Values, defaults
from vj.core.types import F32, F64, U8, Latent, LatentSpec
from vj.directors.earlier import loudness
from vj.engine.walker import Walker
from vj.features.novelty import Novelty

SPEC = LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), 16, tuple(f"class {n}" for n in range(4)), ("tone",))
SONG = song(16.0)


def swelling(seconds: float = 12.0) -> F32:
    """A chord that swells and sinks."""
    t = np.arange(int(seconds * RATE)) / RATE
    swell = 0.5 - 0.5 * np.cos(2 * np.pi * t / 3.0)
    return (0.5 * swell * np.sin(2 * np.pi * 220 * t)).astype(np.float32)


def imagine(latents: Sequence[Latent]) -> U8:
    """A decoder whose brightness is a smooth function of z and class, as a film's is of its latent."""
    push = np.random.default_rng(9).standard_normal(3 * 16) / 7.0
    light = [
        np.tanh(float(latent.z.ravel() @ push) / 4 + 0.3 * (float(latent.mix @ np.arange(4.0)) - 1.5))
        for latent in latents
    ]
    return np.stack([np.full((4, 8, 3), int(127 + 120 * x), np.uint8) for x in light])


def rms_frames(sound: F32, fps: int) -> F64:
    step = RATE // fps
    return np.array(
        [np.sqrt(np.mean(sound[max(k - 1, 0) * step : k * step + 1] ** 2)) for k in range(len(sound) // step + 1)]
    )


def walked(director: object, sound: F32, p: Values, fps: int = 30) -> list[Latent]:
    walker, snapshot = Walker(SPEC), defaults(Walker)
    return [walker.step(1 / fps, c, snapshot) for c in run(director, heard(sound), p, fps)]


@pytest.mark.parametrize("surveyed", [True, False])
def test_amplitude_is_seen_on_its_line_and_the_rest_does_not_flicker(surveyed: bool) -> None:
    director = made("amplitude", SPEC)
    p = set_to(type(director), release=0.05, amount=1.0)
    if surveyed:
        director.survey(track(swelling(), RATE), p)
    z = np.array([latent.z for latent in walked(director, swelling(), p)], np.float64)
    on_line = np.einsum("ngz,gz->n", z, director._line) / 3
    level = rms_frames(swelling(), 30)[: len(z)]
    settled = slice(60, None)  # live, the gain has found the top by then
    assert np.corrcoef(on_line[settled], level[settled])[0, 1] > 0.9
    assert on_line.max() == pytest.approx(1.645, abs=0.15)  # percentiles 95 and 5 of a normal number
    assert on_line.min() == pytest.approx(-1.645, abs=0.15)
    rest = z - np.einsum("ngz,gz->ng", z, director._line)[..., None] * director._line
    steps = np.linalg.norm(np.diff(rest, axis=0), axis=2)
    assert steps.max() < 0.15 * np.linalg.norm(rest, axis=2).mean()


def test_amplitude_beats_the_original_by_its_correlation_with_the_picture() -> None:
    """The same decoder, the same sound: loudness against brightness of the picture."""
    level = rms_frames(swelling(), 30)
    seen = {}
    for exact in (True, False):
        director = made("amplitude", SPEC)
        p = set_to(type(director), exact=exact, release=0.05, speed=0.0, phrase=0)
        push = np.random.default_rng(9).standard_normal(3 * 16).reshape(3, 16)
        director._line = push / np.linalg.norm(push, axis=1, keepdims=True)
        director.survey(track(swelling(), RATE), p)
        light = [float(imagine([latent]).mean()) for latent in walked(director, swelling(), p)]
        seen[exact] = abs(np.corrcoef(light[10:], level[10 : len(light)])[0, 1])
    assert seen[False] > 0.8
    assert seen[True] < 0.4


def test_loudness_can_move_a_named_direction_instead() -> None:
    director = made("amplitude", SPEC)
    p = set_to(type(director), direction=1, release=0.05, amount=1.0)
    director.survey(track(swelling(), RATE), p)
    tone = np.array([latent.directions[0] for latent in walked(director, swelling(), p)])
    assert np.corrcoef(tone[5:], rms_frames(swelling(), 30)[5 : len(tone)])[0, 1] > 0.9
    assert tone.min() < -0.9
    assert tone.max() > 0.9


def test_exact_amplitude_is_noise_and_a_raw_sample() -> None:
    director = made("amplitude", SPEC)
    p = set_to(type(director), exact=True)
    sound = track(SONG, RATE)
    director.survey(sound, p)
    y = np.concatenate(list(sound.sound(22050))).astype(np.float64)
    expected = y[::736] / y[::736].max()
    np.testing.assert_allclose(director._samples, expected, atol=1e-12)
    controls = run(director, heard(SONG), p, 30.0)
    assert all(c.exact for c in controls)
    last = np.array([c.target[0, -1] for c in controls])
    np.testing.assert_allclose(last[:470], expected[:470].astype(np.float32))
    noise = np.array([c.target[0, :-1] for c in controls])
    assert abs(noise.std() - 1.0) < 0.05
    assert np.abs(np.corrcoef(noise[1:, 0], noise[:-1, 0])[0, 1]) < 0.15  # fresh in every frame


def test_the_app_reckons_as_it_did() -> None:
    y = np.random.default_rng(0).uniform(-0.3, 0.3, 4096 * 30).astype(np.float32)
    levels = loudness.app_levels(iter([y[:5000], y[5000:]]))
    loud = [int(np.ceil(1000 * np.mean(np.abs(y[4096 * k : 4096 * (k + 1)])))) for k in range(30)]
    assert levels[:19].tolist() == [-1.0] * 19
    assert levels[19:].tolist() == [round(sum(loud[k - 19 : k + 1]) / 20) for k in range(19, 30)]


@pytest.mark.parametrize("surveyed", [True, False])
def test_the_ladder_is_climbed_by_loudness_and_seen_as_brightness(surveyed: bool) -> None:
    director = made("ladder", SPEC)
    director.rehearse(imagine)
    rungs = director.chosen(12, 48)
    luma = [
        float(
            imagine([Latent(director._z[k] * 4, director._one(director._class[k]), 1, np.zeros(1, np.float32))]).mean()
        )
        for k in rungs
    ]
    assert (np.diff(luma) > -2).all()
    assert luma[-1] - luma[0] > 80
    p = set_to(type(director), reach=1.0, release=0.05, attack=0.02, rungs=12, classes=0)
    if surveyed:
        director.survey(track(swelling(), RATE), p)
    light = np.array([float(imagine([latent]).mean()) for latent in walked(director, swelling(), p)])
    level = rms_frames(swelling(), 30)[: len(light)]
    assert np.corrcoef(light[60:], level[60:])[0, 1] > 0.8
    loudest = light[60:][level[60:] > 0.95 * level.max()]
    assert loudest.mean() > np.quantile(light[60:], 0.75), "the top is the top, and does not wrap round"


def test_each_class_has_its_part_of_the_ladder() -> None:
    director = made("ladder", SPEC)
    director.rehearse(imagine)
    rungs = director.chosen(6, 2)
    kinds = [int(director._class[k]) for k in rungs]
    assert len(set(kinds)) == 2
    assert sum(a != b for a, b in pairwise(kinds)) <= 3
    assert (np.diff(director._luma[rungs]) >= 0).all()


def test_exact_ladder_is_late_and_wraps_round() -> None:
    director = made("ladder", SPEC)
    p = set_to(type(director), exact=True, rungs=12)
    director.survey(track(swelling(), RATE), p)
    places = [director._as_original(n / 30, 12) for n in range(300)]
    assert places[:50] == [0.0] * 50  # 20 blocks of 93 ms
    levels = director._levels
    block = int(6.0 * 44100 / 4096) - 1
    assert places[180] == pytest.approx(levels[block] % 56 / 5)


@pytest.mark.parametrize("name", ["amplitude", "ladder"])
def test_an_imported_column_takes_the_place_of_the_sound(name: str) -> None:
    """6 901 signed values, 30 a second, as the original's table has them."""
    table = np.sin(np.arange(480) / 480 * np.pi) * np.where(np.arange(480) % 2, 1, -1) * 0.6
    director = made(name, SPEC)
    director.survey(track(SONG, RATE, 30, {"Amplitude": table}), set_to(type(director)))
    np.testing.assert_allclose(director._loudness.values, np.abs(table) / np.abs(table).max())


def test_live_gain_finds_its_own_level_and_works_from_the_first_block() -> None:
    for scale in (0.02, 1.0):
        level = loudness.Heard()
        found = [level.step(f.t, f[Novelty], f.dt, 0.02, 0.1) for f in heard(swelling() * np.float32(scale))]
        assert max(found) > 0.9
        assert min(found[400:]) < 0.1
    first = loudness.Heard()
    features = heard(song(1.0))
    assert max(first.step(f.t, f[Novelty], f.dt, 0.02, 0.1) for f in features[:10]) > 0.3


def test_silence_is_zero() -> None:
    level = loudness.Heard()
    assert [level.step(f.t, f[Novelty], f.dt, 0.02, 0.1) for f in heard(np.zeros(RATE, np.float32))][-1] == 0.0
    assert loudness.survey(track(np.zeros(RATE, np.float32), RATE)).values.max() == 0.0
    assert loudness.survey(track(np.zeros(0, np.float32), RATE)).values.max() == 0.0

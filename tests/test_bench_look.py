"""The measures of looks, tested by physics: signals whose answer is known beforehand."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from bench.look._crisp import catmull_rom, detail_gain, edge
from bench.look._dance import (
    av_align,
    beat_alignment,
    beat_phase,
    dance,
    distance,
    null95,
    partial,
    peaks,
    pops,
    related,
)
from bench.look._flash import flashes
from bench.look._form import Boundaries, boundaries, by_beat, novelty, repetition, section, variety
from bench.look._picture import Film, Meter, oklab, pyramid
from bench.look._sound import fitted_beats, impulses, onset_strength, other_music
from bench.look.probe import BASS, HATS, TOTAL, answers, kick_times

FPS, SECONDS, BPM = 60, 60, 124.0
N = FPS * SECONDS
BEATS = np.arange(0.0, SECONDS, 60.0 / BPM)


def bumps(times, heights=None, tau=0.04):
    """A picture that changes at once at each time and less and less after it."""
    t = np.arange(N) / FPS
    d = np.zeros(N)
    for at, height in zip(times, np.ones(len(times)) if heights is None else heights, strict=True):
        d += height * np.where(t >= at, np.exp(-np.maximum(t - at, 0.0) / tau), 0.0)
    return d


def uneven(like, times_as_much, seed):
    """Motion that heeds no music and has so many times the change of `like` in all."""
    x = np.abs(gaussian_filter1d(np.random.default_rng(seed).standard_normal(N), 0.06 * FPS))
    return x * times_as_much * like.mean() / x.mean()


@pytest.fixture(scope="module")
def groove():
    """Kicks on the beat, something lighter between: (times, heights, onset strength, change)."""
    times = np.concatenate([BEATS, BEATS[:-1] + 30.0 / BPM])
    heights = np.concatenate([np.ones(len(BEATS)), np.full(len(BEATS) - 1, 0.32)])
    return times, heights, impulses(times, N, heights=heights), bumps(times, heights)


@pytest.mark.parametrize(("share", "expected"), [(0, 0.95), (1, 0.79), (3, 0.42), (6, 0.23)])
def test_dance_correlation_falls_with_motion_that_heeds_no_music(groove, share, expected):
    _, _, o, d = groove
    r = np.mean([dance(o, d + uneven(d, share, seed)).r for seed in range(6)])
    assert r == pytest.approx(expected, abs=0.04)


def test_even_motion_costs_no_correlation_but_beat_phase(groove):
    _, _, o, d = groove
    assert dance(o, d + 3 * d.mean()).r == pytest.approx(dance(o, d).r, abs=1e-9)
    assert beat_phase(d + d.mean(), BEATS).strength == pytest.approx(beat_phase(d, BEATS).strength / 2, rel=0.05)


@pytest.mark.parametrize(("share", "expected"), [(0, 0.49), (1, 0.26), (3, 0.12)])
def test_beat_phase_strength(groove, share, expected):
    _, _, _, d = groove
    strength = np.mean([beat_phase(d + uneven(d, share, seed), BEATS).strength for seed in range(6)])
    assert strength == pytest.approx(expected, abs=0.05)


def test_beat_phase_says_when_in_the_beat():
    late = beat_phase(bumps(BEATS + 0.1, tau=0.001), BEATS)
    assert late.phase_ms == pytest.approx(100.0, abs=1000 / FPS)
    assert late.strength > 0.98
    assert sum(late.bins) == pytest.approx(1.0)
    halves = beat_phase(bumps(np.arange(0, SECONDS, 30.0 / BPM), tau=0.001), BEATS)
    assert halves.strength < 0.1 < 0.9 < halves.twice


def test_a_quarter_of_the_hits_missed_costs_a_fifth():
    heard = np.random.default_rng(1).uniform(size=len(BEATS)) > 0.25
    assert dance(impulses(BEATS, N), bumps(BEATS[heard])).r == pytest.approx(0.76, abs=0.06)


def test_lag_is_found_at_any_place_between_two_frames():
    for late in (0.0, 0.008, 0.033, 0.05):
        found = dance(impulses(BEATS, N), impulses(BEATS + late, N))
        assert found.lag == pytest.approx(late, abs=0.5 / FPS + 1e-6)
        assert found.r > 0.95
    assert dance(impulses(BEATS, N), impulses(BEATS + 0.12, N)).r < 0.3


def test_music_of_another_tempo_scores_next_to_nothing(groove):
    _, _, o, d = groove
    tracks = [(bpm, {"total": bands["total"]}) for bpm, bands in other_music(N)]
    null, used = null95(d + uneven(d, 1, 0), BPM, tracks)
    assert used >= 20
    assert 0.01 < null < 0.13
    # the same music does not belong in its own null, whatever it is called
    assert null95(d, BPM, [(BPM * factor, {"total": o}) for factor in (0.5, 0.98, 1.0, 2.0)]) == (0.0, 0)
    assert null95(d, BPM, [(BPM * 1.4, {"total": o})])[0] == pytest.approx(dance(o, d).r)


def test_related_tempi():
    assert [related(120, other) for other in (121, 60, 243, 125, 90)] == [True, True, True, False, False]


def test_a_pop_is_found_and_a_hit_is_none():
    d = 0.004 + 0.001 * np.random.default_rng(0).uniform(size=N)
    d[1000] = 0.1
    assert pops(d, BEATS[BEATS > 20]) == pytest.approx(1000 / N)
    assert pops(d, np.array([1000 / FPS - 0.04])) == 0.0
    assert pops(d, np.array([1000 / FPS - 0.05 - 1e-9])) == 0.0  # three frames, however they are rounded
    assert pops(d, np.array([]), cues=(1000 / FPS,)) == 0.0
    assert pops(d[:900], BEATS) == 0.0
    # the tail of a hit is no pop, however calm it is between; twice as many frames out of nowhere count twice
    assert pops(0.001 + 0.1 * bumps(BEATS[::4]), BEATS) == 0.0
    d[1001] = 0.1
    assert pops(d, np.array([])) == pytest.approx(2000 / N)


def test_a_still_picture_with_one_faint_tick_has_no_pop():
    d = np.zeros(N)
    d[700] = 0.001
    assert pops(d, np.array([])) == 0.0


def test_each_scale_is_credited_to_the_band_that_moves_it():
    rng = np.random.default_rng(2)
    kicks, hats = BEATS, np.arange(0.0, SECONDS, 0.31)
    o = {"bass": impulses(kicks, N), "highs": impulses(hats, N)}
    coarse = 0.05 + bumps(kicks) + 0.02 * rng.uniform(size=N)
    found = partial(o, coarse)
    assert found["bass"] > 0.5 > 0.1 > abs(found["highs"])


def test_published_scores_reward_chance_as_their_pitfalls_say():
    rng = np.random.default_rng(3)
    chance = np.mean([beat_alignment(BEATS, rng.uniform(0, SECONDS, len(BEATS))) for _ in range(20)])
    assert chance == pytest.approx(0.24, abs=0.05)
    assert beat_alignment(BEATS, BEATS + rng.normal(0, 0.02, len(BEATS))) == pytest.approx(0.93, abs=0.03)
    assert beat_alignment(BEATS, BEATS + 0.04) == pytest.approx(0.726, abs=0.01)
    assert av_align(BEATS, BEATS + 0.01) == 1.0
    assert av_align(BEATS, BEATS + 0.1) == 0.0


def test_peaks_are_where_it_changes_most():
    assert distance(BEATS[2:-1], peaks(bumps(BEATS))).max() < 0.04


def screen(y, area=1.0):
    """[n, 36, 64] luminance `y` [n] on a part of the screen, grey elsewhere."""
    grid = np.full((len(y), 36, 64), 0.3, np.float32)
    grid[:, :, : round(64 * area)] = y[:, None, None]
    return grid


def square(hz, low, high, seconds=3.0):
    t = np.arange(round(seconds * FPS)) / FPS
    return np.where((t * hz) % 1.0 < 0.5, high, low).astype(np.float32)


def test_flashes_are_counted_in_pairs():
    assert flashes(screen(square(5, 0.1, 0.5))).worst == 5
    assert flashes(screen(square(2, 0.1, 0.5))).worst == 2
    assert flashes(screen(square(4.7, 0.1, 0.5))).worst > 3
    assert flashes(screen(square(10, 0.1, 0.5))).worst == 10
    fades = (0.3 + 0.2 * np.sin(2 * np.pi * 4 * np.arange(180) / FPS)).astype(np.float32)
    assert flashes(screen(fades)).worst == 4
    assert flashes(screen(square(5, 0.1, 0.5))).largest == 1.0


def test_what_is_no_flash():
    assert flashes(screen(square(5, 0.30, 0.39))).worst == 0  # under a tenth of full luminance
    assert flashes(screen(square(5, 0.82, 1.0))).worst == 0  # the darker state is bright
    assert flashes(screen(square(5, 0.1, 0.5), area=0.2)).worst == 0  # a small part of the screen
    assert flashes(screen(square(5, 0.1, 0.5), area=0.3)).worst == 5
    drift = np.linspace(0, 1, 180).astype(np.float32)
    assert flashes(screen(drift)).pairs == 0
    # cells that turn at random move, they do not flash
    moving = np.random.default_rng(0).uniform(size=(36, 64)) * 4
    t = np.arange(180)[:, None, None] / FPS
    for hz in (0.4, 3.0, 5.0):
        assert flashes((0.3 + 0.2 * np.sin(2 * np.pi * (hz * t + moving))).astype(np.float32)).worst == 0


def test_oklab_of_known_colours():
    lab = oklab(np.array([[1, 1, 1], [0, 0, 0], [1, 0, 0], [0.18, 0.18, 0.18]], np.float32))
    np.testing.assert_allclose(lab[0], [1, 0, 0], atol=1e-3)
    np.testing.assert_allclose(lab[1], 0, atol=1e-6)
    np.testing.assert_allclose(lab[2], [0.628, 0.225, 0.126], atol=1e-3)
    assert lab[3, 0] == pytest.approx(0.18 ** (1 / 3), abs=1e-3)


@pytest.mark.parametrize(("period", "level"), [(3, 0), (9, 1), (18, 2), (36, 3)])
def test_a_wave_is_found_in_the_level_of_its_scale(period, level):
    wave = np.sin(2 * np.pi * np.arange(256) / period).astype(np.float32)
    found = [float(np.abs(band).mean()) for band in pyramid(np.tile(wave, (144, 1)))]
    assert int(np.argmax(found)) == level
    assert pyramid(np.ones((144, 256), np.float32))[0] == pytest.approx(0.0, abs=1e-6)


def test_the_meter_measures_frames():
    meter = Meter()
    grey, white = np.full((144, 256, 3), 128, np.uint8), np.full((144, 256, 3), 255, np.uint8)
    for frame in (grey, grey, white):
        meter.add(frame)
    film = meter.film()
    assert film.d[:2].tolist() == [0.0, 0.0]
    assert film.d[2] == pytest.approx(1.0 - 0.5998, abs=2e-3)
    assert film.clipped.tolist() == [0, 0, 1]
    assert film.chroma.max() < 1e-3
    assert film.light.shape == (3, 36, 64)
    assert film.small.shape == (3, 18, 32, 3)
    assert len(film.cut(1)) == 2


def test_onset_strength_finds_clicks_and_their_band():
    rate, clicks = 48000, np.arange(0.5, 8.0, 0.5)
    t = np.arange(8 * rate) / rate
    rng = np.random.default_rng(0)
    low, high = 1e-4 * rng.standard_normal(len(t)), 1e-4 * rng.standard_normal(len(t))
    for at in clicks:
        since = np.maximum(t - at, 0.0)
        low += np.where(
            t >= at, np.sin(2 * np.pi * 60 * since) * np.exp(-since / 0.1) * np.minimum(since / 0.004, 1), 0
        )
        high += np.where(t >= at, rng.standard_normal(len(t)) * np.exp(-since / 0.03), 0)
    high -= gaussian_filter1d(high, 4)
    kicks, hats = onset_strength(low.astype(np.float32)), onset_strength(high.astype(np.float32))
    n = len(kicks["bass"])
    for o in (kicks["bass"], hats["highs"]):
        found = dance(impulses(clicks, n), o)
        assert found.r > 0.85
        assert abs(found.lag) <= 1 / FPS + 1e-6
    assert kicks["bass"].max() > 5 * kicks["highs"].max()
    assert hats["highs"].max() > 3 * hats["bass"].max()
    bpm, beats = fitted_beats(hats, (100, 140))
    assert bpm == pytest.approx(120, abs=0.2)
    assert distance(clicks, beats).max() < 0.02


def beatwise(plan, rng, size=40):
    """Images by beat: `plan` says which scene each beat shows, with a little noise."""
    scenes = rng.standard_normal((max(plan) + 1, size))
    return scenes[plan] + 0.2 * rng.standard_normal((len(plan), size))


def test_boundaries_are_where_the_picture_changes():
    rng = np.random.default_rng(4)
    images = beatwise([0] * 16 + [1] * 16 + [2] * 16 + [0] * 16, rng)
    curve = novelty(images)
    assert {int(k) for k in np.argsort(curve)[-3:]} == {16, 32, 48}
    assert boundaries(images, [16, 32, 48]) == Boundaries(1.0, 0.0)
    elsewhere = boundaries(images, [8, 40])
    assert (elsewhere.found, elsewhere.false) == (0.0, 6.0)
    even = boundaries(beatwise([0] * 64, rng), [16, 32, 48])
    assert even.found <= 1 / 3 or even.false > 0


def test_a_picture_that_comes_back_with_its_music_repeats():
    rng = np.random.default_rng(5)
    plan = [0, 1, 2, 3] * 4 + [4, 5, 6, 7] * 4 + [0, 1, 2, 3] * 4 + [6, 4, 2, 1] * 4
    sound, images = beatwise(plan, rng, 25), beatwise(plan, rng)
    assert repetition(sound, images) > 0.5
    foreign = beatwise(rng.integers(0, 8, 64).tolist(), rng, 25)
    assert abs(repetition(foreign, images)) < 0.15
    # slow drift is banded like any music, and no repetition
    drift = np.cumsum(rng.standard_normal((64, 40)), axis=0)
    assert repetition(drift, np.cumsum(rng.standard_normal((64, 40)), axis=0)) < 0.25


def test_sections_differ_by_octaves():
    d = np.concatenate([np.full(480, 0.002), np.full(480, 0.016)])
    calm, busy = (section(d, d, d, span, 2.0) for span in ((0, 8), (8, 16)))
    assert busy.octaves - calm.octaves == pytest.approx(3.0)
    assert calm.spread == pytest.approx(0.0, abs=1e-9)
    assert section(d, d, d, (0, 16), 2.0).spread == pytest.approx(1.5)


def test_variety_of_a_loop_and_of_chance():
    rng = np.random.default_rng(6)
    chance = [rng.standard_normal((120, 18, 32, 3)) for _ in range(3)]
    assert variety(chance[0], 60, chance[1:]) == pytest.approx(1.0, abs=0.05)
    loop = np.tile(chance[0][:30], (4, 1, 1, 1))
    assert variety(loop, 60, chance[1:]) == 0.0


def test_each_beat_has_the_mean_of_its_frames():
    x = np.repeat([1.0, 2.0, 4.0], 30)[:, None]
    assert by_beat(x, np.array([0.0, 0.5, 1.0, 1.5]))[:, 0].tolist() == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("pixels", [2.0, 3.0, 6.0])
def test_width_of_a_blurred_edge(pixels):
    x = np.arange(1920) - 959.7
    ramp = np.clip(0.5 + x / (pixels / 0.8), 0, 1)
    lightness = 0.2 + 0.6 * ramp
    frame = np.repeat(bytes_of(lightness)[None], 64, axis=0)
    found = edge(frame)
    assert found.width == pytest.approx(pixels, abs=0.35)
    assert found.overshoot < 0.01


def test_overshoot_of_an_edge():
    lightness = np.where(np.arange(1920) < 960, 0.3, 0.7)
    lightness[960:963] += 0.04
    found = edge(np.repeat(bytes_of(lightness)[None], 64, axis=0))
    assert found.overshoot == pytest.approx(0.1, abs=0.015)


def bytes_of(lightness):
    """Greys [n, 3] of OKLab lightness [n]."""
    y = lightness**3
    grey = np.where(y <= 0.0031308, 12.92 * y, 1.055 * np.maximum(y, 1e-9) ** (1 / 2.4) - 0.055)
    return np.repeat(np.round(255 * grey).astype(np.uint8)[:, None], 3, axis=1)


def test_detail_beyond_the_source():
    rng = np.random.default_rng(7)
    source = np.repeat(rng.integers(60, 200, (96, 172, 1)), 3, axis=2).astype(np.uint8)
    plain = catmull_rom(source, (860, 480))
    assert detail_gain(plain, source) == pytest.approx(1.0)
    fine = rng.integers(-20, 20, plain.shape[:2])[..., None]
    assert detail_gain(np.clip(plain + fine, 0, 255).astype(np.uint8), source) > 1.5
    assert detail_gain(np.full_like(plain, 99), source) == pytest.approx(0.0, abs=1e-6)


def probed(bass, hats, rest, late):
    """A film of the probe: coarse and fine change with bass and with hats, change in silence, kicks `late`."""
    n = round(TOTAL * FPS)
    t = np.arange(n) / FPS
    scales = np.full((n, 5), 1e-4)
    for first, last, (coarse, fine) in ((0, BASS, bass), (BASS, BASS + HATS, hats)):
        inside = (t >= first) & (t < last)
        scales[inside, 3:], scales[inside, :2] = coarse / 2, fine / 2
    d = 0.01 * impulses(kick_times() + late, n) + 0.001
    d[t >= BASS] = 0.01
    d[t >= BASS + HATS] = rest * d[round(2 * FPS) : round(BASS * FPS)].mean()
    flat = np.zeros(n)
    return Film(d, scales, np.zeros((n, 36, 64), np.float32), np.zeros((n, 18, 32, 3), np.float32), *[flat] * 6)


def test_what_the_probe_says():
    found = answers(probed(bass=(4.0, 1.0), hats=(1.0, 2.0), rest=0.1, late=0.05))
    assert found.kick.lag == pytest.approx(0.05, abs=1 / FPS)
    assert found.kick.r > 0.9
    assert found.stems == pytest.approx(8.0, rel=0.01)
    assert found.rest == pytest.approx(0.1, rel=0.01)

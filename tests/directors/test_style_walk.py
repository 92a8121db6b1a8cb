"""The style walk of hanhung: its steps in exact figures, its likeness as it is heard, bands alone and held."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import signal
from tests_tracks import RATE, heard, made, run, set_to, song, track

from vj.core.params import defaults
from vj.core.sphere import angles, unit
from vj.core.types import F64, Features, LatentSpec
from vj.directors.earlier import hanhung as original
from vj.directors.style_walk import SEED_RADIUS
from vj.engine.walker import Walker
from vj.features.embedding import Embedding

SPEC = LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), 512, ("ink", "neon", "moire"))
SMALL = LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), 16, ("ink", "neon", "moire"))
SONG = song(12.0)
FILTERS: dict[str, list[tuple[Any, float]]] = {
    "bass": [("low", 150)],
    "mids": [("low", 5000), ("high", 500)],
    "snare": [("low", 350), ("high", 200)],
}


def steps_again(y: F64, band: str, hop: int) -> F64:
    """filtfilt, RMS in centred frames of one hop, differences over the greatest."""
    for kind, hz in FILTERS[band]:
        b, a = signal.butter(5, hz / 11025, kind)
        y = signal.filtfilt(b, a, y)
    padded = np.pad(y, hop // 2, mode="reflect")
    count = 1 + (len(padded) - hop) // hop
    rms = np.array([np.sqrt(np.mean(padded[k * hop : (k + 1) * hop] ** 2)) for k in range(count)])
    return np.asarray(np.diff(rms) / np.diff(rms).max())


def test_the_steps_are_the_originals() -> None:
    there = track(SONG, RATE)
    rate, steps = original.steps_of(there, 150.0, 16)
    assert original.hop_of(150.0, 16) == 551
    assert rate == pytest.approx(40.0, rel=1e-3)
    assert original.hop_of(128.0, 16) == int(22050 * 60 / (128 * 16))
    y = np.concatenate(list(there.sound(22050))).astype(np.float64)
    for band in ("bass", "mids", "snare"):
        np.testing.assert_allclose(steps[band], steps_again(y, band, 551), atol=1e-6)


def test_exact_walks_go_length_times_rise_and_obey_the_map() -> None:
    for layout, bands in (("readme", ("bass", "mids", "snare")), ("style_yaml", ("bass", "snare", "mids"))):
        director = made("style_walk", SPEC)
        p = set_to(type(director), exact=True, map=layout)
        director.survey(track(SONG, RATE), p)
        _, steps = original.steps_of(track(SONG, RATE), 150.0, 16)
        lengths = {"bass": 10.0, "mids": 10.0, "snare": 3.0}
        rate = 22050 / 551
        z = [director._as_original(director._walk, k / rate + 1e-4, layout, lengths).target for k in range(200)]
        moved = np.linalg.norm(np.diff(np.array(z, np.float64), axis=0), axis=2)
        for g, band in enumerate(bands):
            np.testing.assert_allclose(moved[:, g], lengths[band] * np.abs(steps[band][:199]), atol=2e-4)
        np.testing.assert_array_equal(z[0][0], z[0][1])  # three walks from one place
        back = director._as_original(director._walk, 50 / rate + 1e-4, layout, lengths).target
        np.testing.assert_array_equal(back, z[50])


def test_exact_is_off_the_shell_and_slows_down_and_ours_does_not() -> None:
    """Five minutes of a loop: mean angular step of the last half minute against the first."""
    fps, beat = 8, 0.5
    rng = np.random.default_rng(0)
    steps = {band: np.tile(rng.uniform(-1, 1, 64), 200)[:12000] for band in original.BANDS}
    walk = original.Walk(steps, 40.0, np.random.default_rng(1), 512)
    lengths = {"bass": 10.0, "mids": 10.0, "snare": 3.0}
    z = np.array([walk.at(k / 4, lengths)["bass"] for k in range(1200)], np.float64)
    moved = angles(unit(z[1:]), unit(z[:-1]))
    assert moved[-120:].mean() < 0.5 * moved[:120].mean()
    assert np.linalg.norm(z[-1]) > 2 * np.linalg.norm(z[0])
    director, walker = made("style_walk", SMALL), Walker(SMALL)
    p = set_to(type(director), phrase=0)
    loop = heard(song(8.0))[-int(4 / (512 / RATE)) :]
    snapshot, path = defaults(Walker), []
    every = round(1 / fps / (512 / RATE))
    for n in range(300 * fps):
        f = loop[n * every % (len(loop) - every)]
        path.append(walker.step(1 / fps, director.step(f, 1 / fps, p, 1.0), snapshot).z)
    ours = unit(np.array(path, np.float64))
    speed = angles(ours[1:], ours[:-1]).mean(axis=1)
    assert speed[-30 * fps :].mean() == pytest.approx(speed[: 30 * fps].mean(), rel=0.1)
    np.testing.assert_allclose(np.linalg.norm(path[-1], axis=1), 4.0, rtol=0.01)
    assert beat


def test_steps_as_they_are_heard_obey_their_length() -> None:
    """At most one full step in each sixteenth of a beat, and hits move more than what lies between."""
    director = made("style_walk", SMALL)
    p = set_to(type(director), drive="steps", idle=0.0)
    controls = run(director, heard(SONG), p)
    stride = np.array([c.stride for c in controls])
    sixteenth = 60 / 120 / 16
    per_frame = 1 / 60 / sixteenth
    assert stride[:, 0].max() <= 10.0 / SEED_RADIUS * min(per_frame, 1.0) * 1.35
    assert stride[:, 2].max() <= 3.0 / SEED_RADIUS * min(per_frame, 1.0) * 1.35
    assert (stride > 0).any(axis=0).all()


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("values", [{"solo": "bass"}, {"freeze_snare": True, "freeze_mids": True}])
def test_a_band_alone_moves_its_group_alone(exact: bool, values: dict[str, object]) -> None:
    director = made("style_walk", SMALL)
    p = set_to(type(director), exact=exact, idle=0.0, **values)
    director.survey(track(SONG, RATE), p)
    controls = run(director, heard(SONG[: 4 * RATE]), p)
    if exact:
        moved = np.abs(np.diff(np.array([c.target for c in controls]), axis=0)).sum(axis=(0, 2))
    else:
        moved = np.array([c.stride for c in controls]).sum(axis=0)
    assert moved[0] > 0
    assert (moved[1:] == 0).all()


def sounded(vectors: F64, ranking: tuple[int, ...]) -> list[Features]:
    """The demonstration track as it is heard, but with these channels of timbre, a vector each other frame."""
    frames = heard(SONG[: 2 * RATE])
    records = [Embedding(v.astype(np.float32), ranking, n + 1) for n, v in enumerate(vectors)]
    return [
        replace(f, records={**f.records, Embedding: records[min(n // 2, len(records) - 1)]})
        for n, f in enumerate(frames)
    ]


def test_timbre_drives_the_layers_by_rank() -> None:
    """The channel that changes most moves the first layers, the next the next; the two that change least nothing."""
    steps = np.arange(60)[:, None]
    vectors = np.zeros((60, 16))
    vectors[:, 9] = (steps[:, 0] % 2) * 0.6  # first in rank: layers 0 to 3 are coarse
    vectors[:, 4] = (steps[:, 0] % 2) * 0.3
    vectors[:, 15] = (steps[:, 0] % 2) * 0.5  # not in the ranking at all
    ranking = (9, 0, 1, 2, 4, 5, 6, 7, 8, 3, 10, 11, 12, 13)
    director = made("style_walk", SMALL)
    p = set_to(type(director), drive="timbre", idle=0.0, bass=10.0, mids=10.0, snare=10.0)
    stride = np.array([c.stride for c in run(director, sounded(vectors, ranking), p)])[10:]
    expected = 10.0 / SEED_RADIUS * 12.0 / 60 * np.array([1.0 / 4, 0.5 / 4, 0.0])
    np.testing.assert_allclose(np.median(stride, axis=0), expected, rtol=0.02, atol=1e-6)
    director.reset()
    still = np.array([c.stride for c in run(director, sounded(np.ones((60, 16)), ranking), p)])
    assert not still[3:].any(), "what does not change moves nothing"

"""Songs made to teach and score the beat with: what is labelled is what sounds, and there is some of everything."""

import json
from collections import Counter

import numpy as np
import pytest

from bench.beat.songs import fonts
from bench.beat.songs._clock import LEAST, MOST
from bench.beat.songs._compose import compose
from bench.beat.songs._render import drum_times, render
from bench.beat.songs.check import check, energies, offset
from bench.beat.songs.make import one

SEED = 3


def numbered(kind):
    """The first song of a genre."""
    return next(i for i in range(2000) if compose(SEED, i, 12.0).kind == kind)


@pytest.mark.parametrize("kind", ["techno", "rock"])
def test_labels_are_where_the_sound_is(kind, tmp_path):
    index = numbered(kind)
    name = one(index, tmp_path, SEED, 20.0, [])
    found = {k: v for k, v in check(tmp_path / f"{name}.json").items() if v[1] > 1.0}
    assert found, "nothing in this song stands out"
    assert all(abs(ms) <= 5 for ms, _ in found.values()), found
    late = json.loads((tmp_path / f"{name}.json").read_text())
    late["beats"] = [[t + 0.02, place] for t, place in late["beats"]]
    late["drums"] = {drum: [t + 0.02 for t in times] for drum, times in late["drums"].items()}
    (tmp_path / f"{name}.json").write_text(json.dumps(late))
    moved = check(tmp_path / f"{name}.json")
    assert all(-25 <= moved[k][0] <= -15 for k in found), "labels that are 20 ms late would not be noticed"


def test_the_same_seed_makes_the_same_song():
    index = numbered("house")
    (first, truth), (again, same), (other, _) = (
        render(compose(seed, index, 4.0), seed, index, []) for seed in (SEED, SEED, SEED + 1)
    )
    assert np.array_equal(first, again)
    assert truth == same
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_a_series_has_some_of_everything():
    songs = [compose(SEED, i, 30.0) for i in range(250)]
    truths = []
    for song in songs:
        _, drums, vague = drum_times(song, np.random.default_rng(0))
        truth = song.truth(drums, vague)
        truths.append(truth)
        times, places = np.array(truth["beats"]).T
        assert times[0] >= 0
        assert times[-1] <= 30
        assert np.all(np.diff(times) > 60 / MOST * 0.97)
        assert np.all(np.diff(times) < 60 / LEAST * 1.03)
        assert np.array_equal(places, (places[0] - 1 + np.arange(len(places))) % truth["metre"] + 1)
        for begin, end, label in truth["sections"]:
            assert label in ("groove", "break", "build", "drop")
            if label == "break":
                assert not [t for t in drums["kick"] if begin + 0.05 < t < end - 0.05], song.name
    assert len({t["genre"] for t in truths}) >= 40
    assert {t["metre"] for t in truths} >= {2, 3, 4, 5, 6, 7}
    octaves = np.log2([t["bpm"] / 60 for t in truths])
    assert np.histogram(octaves, 6, (0, np.log2(3.5)))[0].min() > 250 / 6 / 2, "tempos are to be spread evenly"
    assert 0.3 < np.mean([t["beats"][0][1] == 1 for t in truths]) < 0.8
    splits = Counter(t["split"] for t in truths)
    assert splits["train"] > 150
    assert min(splits["valid"], splits["test"]) > 8


def test_sound_fonts_sound_when_they_are_told_to():
    installed = fonts.fonts()
    if not installed:
        pytest.skip("no libfluidsynth, or none of the sound fonts: apt-get install fluidsynth fluid-soundfont-gm")
    at = np.arange(0.5, 6.0, 0.4)
    for path in installed:
        parts = [
            (0, True, [(t, 36, 110) for t in at]),
            (0, True, [(t, 38, 110) for t in at]),
            (33, False, [e for t in at for e in ((t, 40, 100), (t + 0.2, 40, 0))]),
        ]
        first, again = (fonts.font(path).play(parts, 7.0) for _ in range(2))
        assert np.array_equal(first, again), path
        for sound in first:
            ms, rise = offset(energies(sound.astype(np.float64), fonts.RATE), at)
            assert rise > 1.0, path
            assert abs(ms) <= 5, path

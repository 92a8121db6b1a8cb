"""Chord: harmonies choose classes at bar lines, among those that are named, and a held chord changes nothing."""

import numpy as np
import pytest

from vj.core import shelf
from vj.core.params import defaults
from vj.core.types import LatentSpec
from vj.engine.analyzer import Analyzer
from vj.engine.walker import Walker

RATE = 48000
SPEC = LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), 16, tuple(f"class {n}" for n in range(12)))
C_MAJOR, F_SHARP_MAJOR = (261.63, 329.63, 392.0), (369.99, 466.16, 554.37)


def mixes(sound):
    """What `chord` asks for over `sound`, as (show time, mix, controls)."""
    analyzer = Analyzer(RATE)
    stages = analyzer.stages
    snapshot = defaults(*stages)
    chord = shelf.load("directors", "chord")(SPEC, np.random.default_rng(3))
    values = defaults(*stages, type(chord)).of(type(chord))
    hop, found = analyzer.hop_length, []
    for i in range(0, len(sound) - hop, hop):
        features = analyzer.step(sound[i : i + hop], snapshot)
        controls = chord.step(features, hop / RATE, values, 1.0)
        found.append((features.t, controls.mix, controls))
    return found


def chords(*notes_and_seconds):
    parts = []
    for notes, seconds in notes_and_seconds:
        t = np.arange(int(seconds * RATE)) / RATE
        parts.append(sum(np.sin(2 * np.pi * f * t) for f in notes) * 0.12)
    return np.concatenate(parts).astype(np.float32)


@pytest.fixture(scope="module")
def two_chords():
    return mixes(chords((C_MAJOR, 6.0), (F_SHARP_MAJOR, 6.0)))


def favourites(mix, count=3):
    """The pitch classes of the classes it likes best: class k has 7 k semitones above C."""
    return {int(k) * 7 % 12 for k in np.argsort(mix)[-count:]}


def test_each_chord_chooses_the_classes_of_its_own_notes(two_chords):
    before = next(mix for t, mix, _ in two_chords if t > 5.5)
    after = two_chords[-1][1]
    assert favourites(before) == {0, 4, 7}
    assert favourites(after) == {6, 10, 1}


def test_a_held_chord_changes_nothing(two_chords):
    held = [mix for t, mix, _ in two_chords if 4.5 < t < 5.9]
    assert all(np.array_equal(mix, held[0]) for mix in held)


def test_the_choice_stays_among_the_classes_that_are_named(two_chords):
    """Two of four are kept; a class that nobody named never comes."""
    controls = two_chords[-1][2]
    walker = Walker(SPEC)
    snapshot = defaults(Walker)
    values = {**snapshot.values, "/model/mix": ((0, 1.0), (1, 1.0), (6, 1.0), (10, 1.0)), "/model/morph": 0.0}
    latent = walker.step(0.02, controls, type(snapshot)(values, 0.0, 1, frozenset()), 120.0)
    chosen = set(np.flatnonzero(latent.mix))
    assert len(chosen) == 2
    assert chosen <= {0, 1, 6, 10}
    assert 6 in chosen  # 7 x 6 semitones above C is F sharp
    assert latent.mix.sum() == pytest.approx(1.0)

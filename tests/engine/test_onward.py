"""The beat on the wall: frames show the beat of the moment that they are seen in, not of the sound heard last."""

from dataclasses import replace

import numpy as np
import pytest

from vj.core.params import Snapshot, defaults
from vj.core.types import Features
from vj.engine.analyzer import Analyzer
from vj.engine.onward import Onward
from vj.features.tempo import Tempo

TEMPO = Tempo(bpm=120.0, phase=0.5, beat=7, confidence=1.0, source="tap", metre=4, place=3, next=(10.25, 10.75))


def heard(tempo: Tempo, t: float = 10.0) -> Features:
    return Features(t, 512 / 48000, 0, {Tempo: tempo})


def test_a_beat_is_carried_on_over_beats_and_bars() -> None:
    now = Onward().step(heard(TEMPO), 10.5)[Tempo]
    assert (now.beat, now.place) == (8, 0)
    assert now.phase == pytest.approx(0.5)
    assert now.next == pytest.approx((10.75, 11.25))
    assert Onward().step(heard(TEMPO), 10.0)[Tempo] == replace(TEMPO, phase=pytest.approx(0.5))  # type: ignore[arg-type]


def test_a_correction_makes_it_wait_and_never_flash_twice() -> None:
    onward = Onward()
    assert onward.step(heard(TEMPO), 10.27)[Tempo].beat == 8
    late = replace(TEMPO, next=(10.28, 10.78))
    assert onward.step(heard(late), 10.275)[Tempo].beat == 8
    assert onward.step(heard(late), 10.4)[Tempo].phase == pytest.approx(0.24)
    resynced = replace(TEMPO, beat=0, next=(10.75, 11.25))
    assert onward.step(heard(resynced), 10.5)[Tempo].beat == 0


@pytest.mark.parametrize("fps", [60.0, 30.0])
def test_the_first_frame_of_a_beat_is_the_one_nearest_to_it(fps: float) -> None:
    """Clicks, heard 30 ms after they sounded and shown by frames that stay for their whole period."""
    analyzer, bpm, late = Analyzer(48000, features=["tempo"]), 125.0, 0.03
    snapshot, n = defaults(*analyzer.stages), analyzer.hop_length
    sound = 1e-4 * np.random.default_rng(0).standard_normal(20 * 48000)
    since = np.arange(1200) / 48000
    for at in np.arange(0.2, 19.5, 60 / bpm):
        sound[round(at * 48000) :][:1200] += 0.6 * np.sin(2 * np.pi * 1500 * since) * np.exp(-since / 0.008)
    known = [
        analyzer.step(sound[i : i + n].astype(np.float32), Snapshot(snapshot.values))
        for i in range(0, len(sound) - n + 1, n)
    ]
    onward, shown, errors = Onward(), 0, []
    for swap in np.arange(1.0, 19.0, 1 / fps):
        features = known[int((swap - late) * 48000 / n) - 1]
        tempo = onward.step(features, swap + 0.5 / fps)[Tempo]
        if tempo.beat != shown and swap > 8.0:
            errors.append(((swap - 0.2) * bpm / 60 + 0.5) % 1.0 - 0.5)
        shown = tempo.beat
    off = np.abs(errors) * 60 / bpm
    assert len(off) > 20
    assert np.quantile(off, 0.95) < 0.5 / fps + 0.006

"""Our count of beats: behind a tracker that jitters, errs in its tempo, jumps or is not sure."""

import numpy as np
from numpy.typing import NDArray

from vj.features.beat.oscillator import Oscillator

DT, BPM = 512 / 48000, 128.0


def follow(
    phases: NDArray[np.floating], bpm: float = BPM, sure: float = 0.9, spread: float = 0.01
) -> NDArray[np.floating]:
    """The count after each hop of a tracker that tells `phases`."""
    oscillator, counts = Oscillator(), []
    for phase in phases:
        oscillator.follow(DT, bpm, float(phase) % 1.0, sure, spread)
        counts.append(oscillator.beats)
    assert (np.diff(counts) >= 0.0).all()
    return np.array(counts)


def beats(seconds: float, start: float = 0.0) -> NDArray[np.floating]:
    return start + (1 + np.arange(int(seconds / DT))) * DT * BPM / 60


def off(counts: NDArray[np.floating], truth: NDArray[np.floating]) -> NDArray[np.floating]:
    """Seconds of error by hop."""
    return ((counts - truth + 0.5) % 1.0 - 0.5) * 60 / BPM


def test_jitter_is_averaged_out() -> None:
    truth, luck = beats(30.0), np.random.default_rng(0)
    jitter = np.repeat(luck.normal(0.0, 0.005, len(truth) // 20 + 1), 20)[: len(truth)]  # five estimates a second
    late = off(follow(truth + jitter * BPM / 60), truth)[len(truth) // 4 :]
    assert abs(late.mean()) < 0.001
    assert late.std() < 0.0035


def test_a_tempo_that_is_told_wrong_does_not_move_a_phase_that_is_told_right() -> None:
    truth = beats(20.0)
    for bpm in (0.994 * BPM, 1.006 * BPM):
        assert np.abs(off(follow(truth, bpm), truth)[-500:]).max() < 0.001


def test_who_is_not_sure_is_not_followed() -> None:
    truth = beats(20.0, 0.3)
    assert abs(off(follow(truth, sure=0.0), truth)[-1]) > 0.1
    jitter = np.random.default_rng(1).normal(0.0, 0.01, len(truth))
    moved = [off(follow(truth + jitter, spread=spread), truth)[500:].std() for spread in (0.15, 0.01)]
    assert moved[0] < 0.8 * moved[1]


def test_another_beat_is_gone_to_within_about_one_and_a_slip_is_not() -> None:
    truth = beats(20.0)
    half, slip = len(truth) // 2, int(0.4 / DT)
    jump = truth + np.where(np.arange(len(truth)) < half, 0.0, 0.4)
    assert np.abs(off(follow(jump), jump)[half + int((0.7 + 1.5 * 60 / BPM) / DT) :]).max() < 0.01
    slipped = truth + 0.4 * ((np.arange(len(truth)) >= half) & (np.arange(len(truth)) < half + slip))
    late = np.abs(off(follow(slipped), truth))
    assert late[half : half + slip].max() < 0.12
    assert late[half + slip + int(2.0 / DT) :].max() < 0.02

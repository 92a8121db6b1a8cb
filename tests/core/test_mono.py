"""Mid or side, whichever is stronger: never silent for a swapped plug, never a click, the same in any blocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vj.core.sound.mono import TURN_S, Mono, present

RATE = 48000


def tone(hertz: float, seconds: float, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def stereo(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.stack([left, right], axis=1)


def level(sound: np.ndarray) -> float:
    return float(np.sqrt(np.square(sound, dtype=np.float64).mean()))


def test_stereo_in_phase_is_its_mean_to_the_bit() -> None:
    rng = np.random.default_rng(1)
    common, width = rng.uniform(-1, 1, (2, RATE)).astype(np.float32)
    sound = stereo(common + 0.5 * width, common - 0.5 * width)
    mono = Mono(RATE)
    assert np.array_equal(mono.step(sound), sound.mean(axis=1))
    assert not mono.inverted


@pytest.mark.parametrize("right", [-1.0, -0.5, -2.0])
def test_inverted_stereo_is_heard_at_its_full_level(right: float) -> None:
    left, mono = tone(110, 1.0), Mono(RATE)
    heard = mono.step(stereo(left, right * left))
    assert mono.inverted
    expected = (1 - right) / 2 * left
    assert np.abs(heard[RATE // 10 :] - expected[RATE // 10 :]).max() < 1e-6


def test_a_plug_swapped_in_the_middle_neither_clicks_nor_stays_silent() -> None:
    left, mono = tone(100, 6.0), Mono(RATE)
    sign = np.where(np.arange(len(left)) // RATE % 6 // 2 == 1, -1, 1).astype(np.float32)  # inverted from 2 to 4 s
    heard = mono.step(stereo(left, left * sign))
    for second in (0, 1, 3, 5):
        part = heard[second * RATE + RATE // 2 : (second + 1) * RATE]
        assert level(part) == pytest.approx(0.5 / 2**0.5, rel=0.01), f"in second {second}"
    changes = np.abs(np.diff(heard))
    assert changes.max() < 1.2 * 0.5 * 2 * np.pi * 100 / RATE + 0.5 / (TURN_S * RATE)
    assert not mono.inverted


def test_wide_music_and_one_sided_sound_stay_what_they_are() -> None:
    rng = np.random.default_rng(3)
    wide = (0.3 * rng.standard_normal((4 * RATE, 2))).astype(np.float32)
    one = stereo(tone(220, 2.0), np.zeros(2 * RATE, np.float32))
    for sound in (wide, one):
        assert np.array_equal(Mono(RATE).step(sound), sound.mean(axis=1))


def test_nothing_is_decided_by_what_cannot_be_heard() -> None:
    hiss = (1e-6 * np.random.default_rng(4).standard_normal(RATE)).astype(np.float32)
    mono = Mono(RATE)
    mono.step(stereo(hiss, -hiss))
    assert not mono.inverted


@given(
    st.lists(st.integers(1, 5000), min_size=1, max_size=30), st.integers(1, 5), st.sampled_from([8000, 44100, 48000])
)
def test_blocks_make_no_difference(sizes: list[int], channels: int, rate: int) -> None:
    rng = np.random.default_rng(sum(sizes))
    sound = rng.uniform(-1, 1, (sum(sizes), channels)).astype(np.float32)
    sound[: sum(sizes) // 2, 1::2] = -sound[: sum(sizes) // 2, :1]
    whole = Mono(rate).step(sound)
    mono = Mono(rate)
    pieces = [mono.step(piece) for piece in np.split(sound, np.cumsum(sizes)[:-1])]
    assert np.array_equal(np.concatenate(pieces), whole)
    mono.reset()
    assert np.array_equal(mono.step(sound), whole)


def test_one_channel_and_none_at_all() -> None:
    sound = tone(50, 0.1)
    assert np.array_equal(Mono(RATE).step(sound[:, None]), sound)
    assert Mono(RATE).step(np.zeros((0, 2), np.float32)).shape == (0,)


def test_channels_that_are_there() -> None:
    assert present(None, 1) == (0,)
    assert present(None, 6) == (0, 1)
    assert present((2, 3), 8) == (2, 3)
    assert present((1, 3), 2) == (1,)
    assert present((2, 3), 2) == (0, 1)

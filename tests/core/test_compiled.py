"""SciPy's compiled parts and designs of ours against SciPy itself: the same to the last bit."""

import numpy as np
import pytest
from scipy import fft, signal

from vj.core.cheap import compiled
from vj.core.sound import butterworth, dsp

NOISE = np.random.default_rng(5).standard_normal(9000)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(2048,), (3, 1024), (1882,), (735,)])
def test_transform(kind, shape):
    sound = NOISE[: np.prod(shape)].reshape(shape).astype(kind)
    ours, theirs = compiled.rfft(sound), fft.rfft(sound)
    assert ours.dtype == theirs.dtype
    assert np.array_equal(ours, theirs)
    assert np.array_equal(compiled.rfft(sound, 4096), fft.rfft(sound, 4096))


def test_lengths_that_are_quick():
    assert all(compiled.next_fast_len(n) == fft.next_fast_len(n, real=True) for n in range(1, 40000, 7))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_filter(kind):
    b, a = signal.butter(2, (200, 350), "bandpass", fs=48000)
    state = np.zeros(len(b) - 1)
    for block in NOISE.astype(kind).reshape(-1, 500):
        ours, theirs = compiled.lfilter(b, a, block, state), signal.lfilter(b, a, block, zi=state)
        assert all(map(np.array_equal, ours, theirs))
        state = ours[1]


@pytest.mark.parametrize("rate", [22050, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_designs(rate, order):
    for low, high in ((20, 150), (38, 120), (150, 2000), (2000, 8000)):
        for ours, theirs in (
            (butterworth.low_pass(order, high, rate), signal.butter(order, high, "lowpass", fs=rate)),
            (butterworth.high_pass(order, low, rate), signal.butter(order, low, "highpass", fs=rate)),
            (butterworth.band_pass(order, low, high, rate), signal.butter(order, (low, high), "bandpass", fs=rate)),
        ):
            assert np.array_equal(ours, np.stack(theirs))


def test_window():
    for n in (1023, 14994, 16320):
        assert np.array_equal(dsp.hann(n), signal.get_window("hann", n).astype(np.float32))

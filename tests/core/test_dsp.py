"""Physics of the signal processing."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from vj.core.interp import ease, follow
from vj.core.sound import dsp

RATE = 48000


def sine(hz: float, seconds: float = 0.5, rate: int = RATE) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate).astype(np.float32)


def test_decibels_of_known_amplitudes() -> None:
    assert dsp.to_db(1.0) == 0.0
    assert dsp.to_db(0.5) == pytest.approx(-6.02, abs=0.01)
    assert dsp.to_db(0.0) == dsp.FLOOR_DB
    assert dsp.from_db(dsp.to_db(0.3)) == pytest.approx(0.3)


def test_rms_of_a_sine_is_three_db_under_its_peak() -> None:
    assert dsp.rms(sine(1000)) == pytest.approx(math.sqrt(0.5), rel=1e-3)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize(("low", "high"), [(30.0, 150.0), (200.0, 350.0), (500.0, 5000.0), (5000.0, 1e9), (0.0, 150.0)])
def test_band_pass_is_three_db_down_at_its_edges(low: float, high: float, rate: int) -> None:
    numerator, denominator = dsp.band_pass(low, high, rate)
    for edge in (low, high):
        if 0 < edge < rate / 2:
            _, response = signal.freqz(numerator, denominator, [edge], fs=rate)
            assert 20 * math.log10(abs(response[0])) == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize(("low", "rate"), [(30, 48000), (200, 48000), (30, 192000)])
def test_filters_run_hop_by_hop_like_the_whole_in_sections(low: int, rate: int) -> None:
    noise = np.random.default_rng(1).standard_normal(65536)
    whole = signal.sosfilt(signal.butter(2, (low, 5 * low), "bandpass", fs=rate, output="sos"), noise)
    fraction = dsp.band_pass(low, 5 * low, rate)
    state = np.zeros(fraction.shape[1] - 1)
    parts = []
    for hop in np.split(noise, 128):
        out, state = dsp.run_filter(fraction, hop, state)
        parts.append(out)
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=0, atol=2e-5 * whole.std())


def test_band_weights_share_every_bin_between_neighbours() -> None:
    weights = dsp.band_weights(dsp.log_edges(40, 16000, 32), 2048, RATE)
    inside = weights.sum(axis=1)[3:680]
    np.testing.assert_allclose(inside, 1.0, atol=1e-5)
    assert (weights.sum(axis=0) > 0).all()


@pytest.mark.parametrize("hz", [50.0, 440.0, 5000.0])
def test_a_sine_lights_its_own_band(hz: float) -> None:
    edges = dsp.log_edges(40, 16000, 16)
    power = np.abs(np.fft.rfft(sine(hz, 1.0)[:8192] * np.hanning(8192))) ** 2 @ dsp.band_weights(edges, 8192, RATE)
    band = int(power.argmax())
    assert edges[band] <= hz <= edges[band + 1]


@pytest.mark.parametrize(("hz", "pitch"), [(440.0, 9), (261.63, 0), (1174.66, 2), (220.0, 9)])
def test_a_note_lights_its_pitch_class(hz: float, pitch: int) -> None:
    lines = np.abs(np.fft.rfft(sine(hz, 1.0)[:16384] * np.hanning(16384)))
    assert int((lines @ dsp.pitch_classes(16384, RATE, 100, 4000)).argmax()) == pitch


def test_asymmetric_window_sees_the_newest_samples() -> None:
    window = dsp.asymmetric_window(512, 32)
    assert len(window) == 512
    assert window.argmax() == pytest.approx(480, abs=2)
    assert window[0] < 0.01
    assert window[-1] < 0.01


def test_parabola_finds_the_top_between_samples() -> None:
    x = np.arange(10)
    assert dsp.parabolic_peak(-((x - 4.3) ** 2), 4) == pytest.approx(4.3)
    assert dsp.parabolic_peak(np.array([3.0, 2.0, 1.0]), 0) == 0.0


@given(st.floats(0.001, 0.1), st.floats(0.01, 2.0), st.integers(1, 20))
def test_following_does_not_depend_on_the_step(dt: float, tau: float, parts: int) -> None:
    once = follow(0.0, 1.0, dt, tau, tau)
    many = 0.0
    for _ in range(parts):
        many = follow(many, 1.0, dt / parts, tau, tau)
    assert many == pytest.approx(once, rel=1e-6)
    assert once == pytest.approx(ease(dt, tau))


def test_followers_rise_by_attack_and_fall_by_release() -> None:
    assert follow(0.0, 1.0, 0.1, 0.1, 9.0) == pytest.approx(1 - math.exp(-1))
    assert follow(1.0, 0.0, 0.1, 9.0, 0.1) == pytest.approx(math.exp(-1))
    assert follow(0.3, 1.0, 0.1, 0.0, 1.0) == 1.0

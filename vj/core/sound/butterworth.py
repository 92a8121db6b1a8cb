"""Butterworth filters by the bilinear transform, step by step as SciPy designs them, to the last bit."""

import numpy as np
from numpy.typing import NDArray

from vj.core.types import F64

C128 = NDArray[np.complex128]


def low_pass(order: int, hz: float, rate: int) -> F64:
    """[2, order + 1] numerator and denominator of a low-pass."""
    at = _warped(hz, rate)
    return _digital(np.zeros(0), at * _poles(order), at**order)


def high_pass(order: int, hz: float, rate: int) -> F64:
    """[2, order + 1] numerator and denominator of a high-pass."""
    poles = _poles(order)
    return _digital(np.zeros(order), _warped(hz, rate) / poles, 1.0 * np.real(1.0 / np.prod(-poles)))


def band_pass(order: int, low_hz: float, high_hz: float, rate: int) -> F64:
    """[2, 2 order + 1] numerator and denominator of a band-pass."""
    low, high = _warped(low_hz, rate), _warped(high_hz, rate)
    middle, width = float(np.sqrt(low * high)), float(high - low)
    poles = _poles(order) * width / 2
    root = np.sqrt(poles**2 - middle**2)
    return _digital(np.zeros(order), np.concatenate((poles + root, poles - root)), width**order)


def _warped(hz: float, rate: int) -> float:
    """The edge of the analogue filter that becomes one at `hz`."""
    return float(4.0 * np.tan(np.pi * np.float64(hz / (rate / 2)) / 2.0))


def _poles(order: int) -> C128:
    """Of the analogue low-pass of edge 1."""
    poles: C128 = -np.exp(1j * np.pi * np.arange(-order + 1, order, 2, dtype=np.float64) / (2 * order))
    return poles


def _digital(zeros: F64, poles: C128, gain: float) -> F64:
    """The filter of samples, and its two polynomials; zeros at infinity go to the highest frequency."""
    scale = gain * np.real(np.prod(4.0 - zeros) / np.prod(4.0 - poles))
    placed = np.concatenate(((4.0 + zeros) / (4.0 - zeros), -np.ones(len(poles) - len(zeros))))
    return np.stack([scale * np.real(_polynomial(placed)), np.real(_polynomial((4.0 + poles) / (4.0 - poles)))])


def _polynomial(roots: NDArray[np.inexact]) -> NDArray[np.inexact]:
    """Its coefficients, that of the highest power first."""
    made = np.ones(1, roots.dtype)
    for root in roots:
        made = np.convolve(made, np.array([1.0, -root]))
    return made

"""SciPy's compiled transform and filter, without the half second that the packages round them take to import.

What stands round them dispatches to other array libraries, too, which costs as much as a short transform does. Where
this SciPy lays its compiled parts elsewhere, its own functions do the same, bit for bit.
"""

from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]  # the floor's own types import this


def rfft(samples: NDArray[Any], length: int | None = None) -> NDArray[Any]:
    """[.., length // 2 + 1] complex, as precise as `samples` [.., n], which are prolonged by zeros to `length`."""
    if length is not None and length > samples.shape[-1]:
        longer = np.zeros((*samples.shape[:-1], length), samples.dtype)
        longer[..., : samples.shape[-1]] = samples
        samples = longer
    return _transformed(samples)


def lfilter(numerator: F64, denominator: F64, samples: NDArray[Any], state: NDArray[Any]) -> tuple[F64, F64]:
    """`samples` [n] through a filter of order > 0 from `state` on, and the state after it."""
    out, after = _filtered(numerator, denominator, samples, -1, state)
    return out, after


def next_fast_len(length: int) -> int:
    """The least length from `length` on that a real transform is quick at: of factors 2, 3 and 5 only."""
    while True:
        rest = length
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return length
        length += 1


def _part(place: str) -> ModuleType:
    """A compiled part of SciPy by its path without suffix. Raises ImportError."""
    scipy = find_spec("scipy")
    for root in (scipy.submodule_search_locations or ()) if scipy else ():
        for suffix in EXTENSION_SUFFIXES:
            file = Path(root, place + suffix)
            if file.is_file():
                loader = ExtensionFileLoader(Path(place).name, str(file))
                spec = spec_from_loader(loader.name, loader)
                assert spec is not None
                made = module_from_spec(spec)
                loader.exec_module(made)
                return made
    raise ImportError(f"scipy has no {place}")


_transformed: Callable[[NDArray[Any]], NDArray[Any]]
try:
    _r2c = _part("fft/_pocketfft/pypocketfft").r2c
    _filtered = _part("signal/_sigtools")._linear_filter

    def _transformed(samples: NDArray[Any]) -> NDArray[Any]:
        out: NDArray[Any] = _r2c(samples, (-1,), True, 0, None, 1)
        return out

    _transformed(np.zeros(8, np.float32))
    _filtered(np.ones(2), np.ones(2), np.zeros(4), -1, np.zeros(1))
except (ImportError, AttributeError, TypeError):
    from scipy import fft, signal

    _transformed, _filtered = fft.rfft, signal.lfilter

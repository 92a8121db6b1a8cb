"""Random numbers: as the generators of BigGAN want them, and such as can be asked for again."""

import numpy as np

from vj.core.types import F64

_WORD = (1 << 64) - 1


def truncated_normal(uniform: F64) -> F64:
    """Normal numbers within +-2, from `uniform` ones in 0..1: scipy.stats.truncnorm(-2, 2) without its cost."""
    from scipy.special import ndtr, ndtri  # takes long to import, and few want it

    low, high = ndtr(-2.0), ndtr(2.0)
    return np.asarray(ndtri(low + uniform * (high - low)), np.float64)


def lot(*numbers: int) -> float:
    """0..1, evenly: always the same for the same whole `numbers`, and unlike for any others (splitmix64)."""
    state = 0
    for number in numbers:
        state = (state + number * 0xD1342543DE82EF95 + 0x9E3779B97F4A7C15) & _WORD
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _WORD
        state ^= state >> 31
    return (state >> 11) / 2.0**53

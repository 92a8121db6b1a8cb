"""Random numbers as the generators of BigGAN want them."""

import numpy as np
from scipy.special import ndtr, ndtri

from vj.core.types import F64


def truncated_normal(uniform: F64) -> F64:
    """Normal numbers within +-2, from `uniform` ones in 0..1: scipy.stats.truncnorm(-2, 2) without its cost."""
    low, high = ndtr(-2.0), ndtr(2.0)
    return np.asarray(ndtri(low + uniform * (high - low)), np.float64)

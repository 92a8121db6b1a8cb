"""Samples that are no sound, being no number, infinite or absurdly large: what becomes of them, said in one place."""

import numpy as np

from vj.core.types import F32

#: The loudest that a sample may be, 8 times full scale (+18 dBFS): floating point sound may well pass 1.
LIMIT = 8.0


def clean(samples: F32, limit: float = LIMIT) -> F32:
    """`samples` with NaN and infinities replaced by 0 and the rest held within +-`limit`."""
    return cleaned(samples, limit)[0]


def cleaned(samples: F32, limit: float = LIMIT) -> tuple[F32, int]:
    """As `clean`, and how many samples had to be changed. Sound that is fine comes back itself, not a copy."""
    # Where all squares together are small, each is. Every comparison with NaN is false, and a NaN anywhere makes both
    # extremes NaN.
    if np.vdot(samples, samples) < 0.9 * limit * limit:
        return samples, 0
    if not samples.size or (samples.min() >= -limit and samples.max() <= limit):
        return samples, 0
    wrong = int(np.count_nonzero(~(np.abs(samples) <= limit)))
    finite: F32 = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(finite, -limit, limit).astype(np.float32), wrong

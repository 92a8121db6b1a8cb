"""Sound on the grid of a 24 bit converter, which FLAC keeps to the last bit; over full scale the grid goes on."""

import numpy as np
from numpy.typing import NDArray

from vj.core.types import F32

#: Steps from silence to full scale.
STEPS = 1 << 23
#: FFmpeg's names for a plain layout of 1 to 8 channels, the most that FLAC holds.
LAYOUTS = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")


def gridded(sound: F32) -> F32:
    """`sound`, every sample the nearest on the grid: no more than 6e-8 away, and not at all for what 24 bits hold."""
    grid: F32 = np.rint(sound * np.float32(STEPS)) * np.float32(1.0 / STEPS)
    return grid


def steps_of(sound: F32) -> NDArray[np.int32]:
    """`sound` in steps of the grid, cut off at full scale."""
    whole: NDArray[np.int32] = np.clip(np.rint(np.float64(sound) * STEPS), -STEPS, STEPS - 1).astype(np.int32)
    return whole


def sound_of(steps: NDArray[np.int32]) -> F32:
    """Sound of so many steps."""
    return np.asarray(steps * np.float32(1.0 / STEPS), np.float32)

"""The sizes that dream's data, networks and bundle share."""

from collections.abc import Sequence

import numpy as np

from vj.core.types import F32

#: The worlds that are learnt. A dozen or so is what a small network and a few hours of a CPU can hold apart; those with
#: hard, exact drawing (moire, city, woodcut) are better off in `worlds`.
LEARNT = (
    "ink",
    "mandala",
    "metal",
    "neon",
    "nebula",
    "glass",
    "aurora",
    "coral",
    "flame",
    "marble",
    "oil",
    "caustics",
    "silk",
    "smoke",
)
#: Form is dreamt at this size (height, width) and sharpened to `FULL`, the size of the bundle's pictures.
DREAMT = (48, 88)
SCALE = 4
FULL = (DREAMT[0] * SCALE, DREAMT[1] * SCALE)
#: Rows and columns of each level of the trunk, and its channels. Every size is the one before, doubled and cropped.
LEVELS = ((3, 6), (6, 11), (12, 22), (24, 44), (48, 88))
CHANNELS = (96, 96, 96, 64, 32)
#: Noise comes in at levels of this many rows or more: below, it would move structure.
NOISY_ROWS = 24
#: Numbers of z: the first FORM go through the mapper, the last PALETTE straight to the palette head.
Z = 16
FORM = 10
PALETTE = 6
#: Numbers of a mapped style.
STYLE = 64
#: Style layers: two a level, one for the sharpener, one for the palette.
LAYERS = 2 * len(LEVELS) + 2
GROUPS = {"coarse": (0, 4), "middle": (4, 8), "fine": (8, 12)}
#: z is bent into this range, so that no walk leaves what was trained.
REACH = 2.2


def layer_groups() -> list[int]:
    """The style group of each of the mapper's layers, all but the palette's."""
    spans = list(GROUPS.values())
    return [next(k for k, (start, stop) in enumerate(spans) if start <= layer < stop) for layer in range(LAYERS - 1)]


def bent(z: F32) -> F32:
    """`z` bent into REACH, as the mapper does."""
    return np.asarray(np.tanh(z / REACH) * REACH, np.float32)


def one_hot(labels: Sequence[int], classes: int) -> F32:
    """[N, C] all weight on each label."""
    return np.eye(classes, dtype=np.float32)[list(labels)]

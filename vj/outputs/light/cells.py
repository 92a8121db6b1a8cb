"""How few cells of light a picture is reduced to, and how where there is no OpenGL."""

import numpy as np

from vj.core.flash.light import linear
from vj.core.types import F32, U8

#: Cells across and down at most.
CELLS = (160, 90)


def gathered(image: U8) -> F32:
    """[rows, columns, 3] mean linear light of a picture [h, w, 3], in cells of as many whole pixels as it takes."""
    height, width = image.shape[:2]
    across, down = -(-width // CELLS[0]), -(-height // CELLS[1])
    cut = linear(image[: height // down * down, : width // across * across])
    cells = cut.reshape(height // down, down, width // across, across, 3)
    return np.asarray(cells.mean(axis=(1, 3), dtype=np.float32))

"""The edits of pictures that walks imitate: colour, luminance, zoom, shift, rotation.

    Jahanian, Chai and Isola, "On the 'steerability' of generative adversarial networks", ICLR 2020 (arXiv 1907.07171)

Every edit is a flow: an edit by a + b is one by a, then one by b. So its rate of change, seen on a picture, is all that
must be known to learn it. Amounts at 1 on the fader are the ends of the paper's training ranges where pictures allow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from vj.core.errors import VjError, nearest
from vj.core.types import F32


@dataclass(frozen=True)
class Edit:
    """One slider.

    kind    "colour" adds `amount` of the picture's range [-1, 1] to `channels`; the others move pixels
    amount  at 1 on the fader: of [-1, 1] for colour, ln of the factor for zoom, part of the side for shifts,
            radians for rotation
    """

    kind: Literal["colour", "zoom", "shift-x", "shift-y", "rotate"]
    amount: float
    channels: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def apply(self, images: F32, alpha: float) -> tuple[F32, F32]:
        """`images` [N, 3, H, W] edited by `alpha` of the fader, not clipped, and a mask [H, W] of 0 and 1."""
        if self.kind == "colour":
            step = np.array(self.channels, np.float32).reshape(1, 3, 1, 1) * np.float32(alpha * self.amount)
            return images + step, np.ones(images.shape[2:], np.float32)
        rows, columns, mask = self._seen(images.shape[2], images.shape[3], alpha)
        flat = images.reshape(-1, *images.shape[2:])
        moved = np.stack([map_coordinates(one, (rows, columns), order=1, mode="nearest") for one in flat])
        return moved.reshape(images.shape).astype(np.float32), mask

    def rate(self, image: F32) -> F32:
        """[3, H, W]: how `image` [3, H, W] changes a unit of the fader, at first; 0 where the border has no say."""
        if self.kind == "colour":
            edited, _ = self.apply(image[None], 1.0)
            return np.asarray(edited[0] - image, np.float32)
        ends = [self.apply(image[None], alpha) for alpha in (-_NEAR, _NEAR)]
        return np.asarray((ends[1][0] - ends[0][0])[0] * ends[0][1] * ends[1][1] / (2 * _NEAR), np.float32)

    def _seen(self, height: int, width: int, alpha: float) -> tuple[NDArray[np.float64], NDArray[np.float64], F32]:
        """Where each pixel of the edited picture lies in the old one, rows and columns, and whether it lies there."""
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
        y, x, moved = rows - (height - 1) / 2, columns - (width - 1) / 2, self.amount * alpha
        if self.kind == "zoom":
            y, x = y * np.exp(-moved), x * np.exp(-moved)
        elif self.kind == "rotate":
            y, x = y * np.cos(moved) - x * np.sin(moved), y * np.sin(moved) + x * np.cos(moved)
        elif self.kind == "shift-x":
            x = x - moved * width
        else:
            y = y - moved * height
        rows, columns = y + (height - 1) / 2, x + (width - 1) / 2
        inside = (rows >= 0) & (rows <= height - 1) & (columns >= 0) & (columns <= width - 1)
        return rows, columns, inside.astype(np.float32)


#: Part of the fader's way at which the rate of an edit is taken.
_NEAR = 0.05
EDITS: Mapping[str, Edit] = {
    "red": Edit("colour", 0.5, (1.0, 0.0, 0.0)),
    "green": Edit("colour", 0.5, (0.0, 1.0, 0.0)),
    "blue": Edit("colour", 0.5, (0.0, 0.0, 1.0)),
    "luminance": Edit("colour", 0.5, (1.0, 1.0, 1.0)),
    "zoom": Edit("zoom", float(np.log(2.0))),
    "shift-x": Edit("shift-x", 0.2),
    "shift-y": Edit("shift-y", 0.2),
    "rotate": Edit("rotate", float(np.pi / 4)),
}


def chosen(names: str) -> dict[str, Edit]:
    """The edits that `names`, with commas, asks for; raises VjError for one that nobody knows and for none."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in EDITS:
            raise VjError(f"{name!r} is no edit", "--edit", nearest(name, EDITS))
    if not wanted:
        raise VjError("no edit was named", "--edit", f"some of {', '.join(EDITS)}")
    return {name: EDITS[name] for name in wanted}

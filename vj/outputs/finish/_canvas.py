"""Where the finished picture goes and how much work it may be: the sizes of what is drawn on the way there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vj.core.types import F32
from vj.outputs.finish.fit import Placement

#: Least rows of the history on a canvas that has them.
ROWS = 180
#: A picture is doubled where what is shown of it is enlarged by at least so much; a larger one is sharp as it is.
ENLARGED = 1.35
#: Part of the window's side up to which nothing of the sharpening is left, ...
BLUNT = 0.36
#: ... and from which on all of it is.
KEEN = 0.5
#: Contrasts at which tones begin to be hard, and are.
HARD = (1.2, 1.5)


@dataclass(frozen=True)
class Canvas:
    """Where the finished picture goes, how much work it may be, what is asked for, its side as a `part` of the
    window's, and the sound that filters look at."""

    place: Placement
    full: bool
    values: Mapping[str, Mapping[str, Any]]
    part: float = 1.0
    heard: tuple[F32, F32] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.place.width, self.place.height

    def doubles(self, image: tuple[int, int]) -> bool:
        """Whether a picture of that size is small enough to be doubled before it is enlarged."""
        seen = image[1] * (self.place.bottom - self.place.top)
        return self.place.height >= ENLARGED * self.part * seen

    @property
    def keen(self) -> float:
        """How much of the sharpening is left: little on the smallest canvas, where it would show the texels."""
        return min(max((self.part - BLUNT) / (KEEN - BLUNT), 0.0), 1.0)

    @property
    def soft(self) -> float:
        """How much hard tones are rounded off: on the smallest canvas their edges are stairs of texels."""
        if self.full:
            return 0.0
        low, high = HARD
        contrast = self.values["grade"]["contrast"]
        return (1.0 - self.keen) * float(min(max((contrast - low) / (high - low), 0.0), 1.0))

    @property
    def inner(self) -> tuple[int, int]:
        """Size of coordinates, scene and history, which is never so small that trails and glow would blur."""
        if self.full:
            return self.size
        part = max(0.5, min(ROWS / self.size[1], 1.0))
        return plain((max(1, int(self.size[0] * part)), max(1, int(self.size[1] * part))))


def plain(size: tuple[int, int]) -> tuple[int, int]:
    """`size`, sides of powers of two a pixel shorter: a rasteriser on the processor compiles once for textures that
    have such sides, and once for others."""
    width, height = (side - 1 if side > 2 and power(side) else side for side in size)
    return width, height


def power(side: int) -> bool:
    """Whether it is a power of two."""
    return side & (side - 1) == 0

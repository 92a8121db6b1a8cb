"""How large a render has its pictures made."""

from dataclasses import dataclass

from vj.engine.detail import Size, sized
from vj.engine.show import Show

#: Pictures imagined at once at the most. More gain little on a CPU, and each is memory.
BATCH = 8
#: In all of them.
BATCH_PIXELS = 2**21


@dataclass(frozen=True)
class Drawing:
    """The generators of `show` draw for a film of size `film`, or at their own where that is None, in this `detail`."""

    show: Show
    film: Size | None
    detail: str

    def size(self, program: str, detail: str | None = None) -> Size:
        """Width and height of the pictures of `program`; of a `detail` other than ours if one is given."""
        generator = self.show.programs[program].generator
        return sized(generator.usual, self.film, detail or self.detail) if self.film else generator.usual

    @property
    def batch(self) -> int:
        """How many pictures are imagined at once."""
        most = max(width * height for width, height in map(self.size, self.show.programs))
        return max(1, min(BATCH, BATCH_PIXELS // most))

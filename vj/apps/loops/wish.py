"""What a loop shall be as a file: its size and format, how fine it is, what it says of itself."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from vj.apps.render.delivery import Delivery
from vj.engine.detail import HALF, Size
from vj.outputs.video.asked import Encoding, Labels
from vj.outputs.video.film import Film, open_film
from vj.outputs.video.formats import FORMATS, Choice, chosen

#: Quality: the encoder's constant rate factor.
CRF = 17
#: From one key frame to the next: with key frames only the encoder's beginning anew is no seam, and a clip can be
#: played backwards and from anywhere.
GOP_FRAMES = 1


@dataclass(frozen=True)
class Wish:
    """What a film shall be: its size, how fine its pictures are, its format, and what it says of itself."""

    size: Size
    detail: str = HALF
    delivery: Delivery = field(default_factory=Delivery)
    labels: Labels = field(default_factory=Labels)

    def open(self, path: Path, fps: Fraction) -> Film:
        """The film at `path`; raises OutputError."""
        asked = self.delivery
        encoding = Encoding(codec=asked.codec, crf=CRF, depth=asked.depth, alpha=asked.alpha, keys=GOP_FRAMES)
        return open_film(path, self.size, fps, None, encoding, form=asked.form, labels=self.labels)

    @property
    def suffix(self) -> str:
        """How files end; "" where a loop is a folder of pictures."""
        suffix = self.delivery.path(Path("loop")).suffix
        return "" if self._kind(suffix) == "sequence" else suffix

    def _kind(self, suffix: str) -> str:
        return next(form.kind for form in FORMATS.values() if suffix in form.suffixes)

    def aim(self, out: Path) -> tuple[Path, Path]:
        """What is written and moved to `out` when it is whole, and how the film in it is called."""
        if self.suffix:
            unfinished = out.with_name(f".{out.stem}.part{out.suffix}")
            return unfinished, unfinished
        unfinished = out.with_name(f".{out.name}.part")
        return unfinished, unfinished / f"{out.name}{self.delivery.path(Path('loop')).suffix}"

    @property
    def choice(self) -> Choice:
        """The format and codec; raises OutputError for what cannot be."""
        asked = self.delivery
        path = asked.path(Path("loop"))
        return chosen(path, asked.form, asked.codec, asked.depth, asked.alpha)

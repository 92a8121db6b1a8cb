"""What lies over, under or inside the generator's picture: one layer in one frame, and where on the canvas it lies.

A canvas is the whole of what is shown, of any size; places on it are parts of its width and height from the left top.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

#: Width and height in pixels.
Size = tuple[int, int]

BLENDS = ("normal", "add", "screen", "multiply", "difference", "mask")
#: Crisp over the finished picture; or, finished with it, over what the generator dreams or where that is dark.
PLANES = ("top", "over", "under")
#: contain: as large as fits; cover: fill, and cut; stretch: fill, and bend; own: as large as it is.
FITS = ("contain", "cover", "stretch", "own")
ANCHORS = (
    "centre", "top_left", "top", "top_right", "left", "right", "bottom_left", "bottom", "bottom_right",
)  # fmt: skip
ALIGNS = ("left", "centre", "right")

#: Suffixes of what stands still, and of what moves.
STILLS = frozenset((".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".svg", ".svgz", ".avif"))
CLIPS = frozenset((".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".gif", ".apng", ".ogv"))
FONTS = frozenset((".ttf", ".otf", ".ttc"))


def kind_of(suffix: str) -> str:
    """Which of `vj/sources` shows a file with that suffix: "image", "clip", or nothing."""
    suffix = suffix.lower()
    return "image" if suffix in STILLS else "clip" if suffix in CLIPS else ""


@dataclass(frozen=True)
class Lettering:
    """How words are set. Lengths are parts of the letters' height; colours are words of CSS or #rrggbb."""

    font: str = ""
    align: str = "centre"
    color: str = "#ffffff"
    outline: float = 0.0
    outline_color: str = "#000000"
    shadow: float = 0.0
    spacing: float = 0.0


@dataclass(frozen=True)
class Source:
    """What a layer shows: `kind` names a file of `vj/sources`, `name` which picture, words or device.

    `path` is where the file, or the font of words, lies on this machine: it is no part of what is shown.
    """

    kind: str
    name: str
    lettering: Lettering | None = None
    path: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class Layer:
    """One layer in one frame.

    plane, blend  of PLANES and BLENDS; `opacity` 0..1; `invert` turns a mask inside out
    x, y          where the `anchor` lies on the canvas, 0..1 from the left top
    scale         1 is as `fit` says; `turn` is in degrees, clockwise
    still         nothing of that is on its way, so that each pixel may be made to fit
    seconds       how far a clip has run at its own speed; `rounds` how often it went round with the beat, or None
    loop          it goes round; else it stands at its end
    """

    number: int
    source: Source
    plane: str = "top"
    blend: str = "normal"
    opacity: float = 1.0
    x: float = 0.5
    y: float = 0.5
    scale: float = 1.0
    turn: float = 0.0
    anchor: str = "centre"
    fit: str = "contain"
    invert: bool = False
    still: bool = True
    seconds: float = 0.0
    rounds: float | None = None
    loop: bool = True

    def extent(self, natural: tuple[float, float], canvas: Size) -> tuple[float, float]:
        """Width and height in pixels of the canvas of what is `natural` wide and high."""
        across, down = (max(side, 1e-6) for side in natural)
        if self.fit == "stretch":
            return canvas[0] * self.scale, canvas[1] * self.scale
        both = (canvas[0] / across, canvas[1] / down)
        by = self.scale * {"contain": min(both), "cover": max(both)}.get(self.fit, 1.0)
        return across * by, down * by

    def at(self, duration: float) -> float:
        """Where a clip of that many seconds stands, from 0 to before its end."""
        if duration <= 0.0:
            return 0.0
        part = self.seconds / duration if self.rounds is None else self.rounds
        part = part - math.floor(part) if self.loop else min(max(part, 0.0), 1.0)
        return min(part * duration, math.nextafter(duration, 0.0))


def anchored(anchor: str) -> tuple[float, float]:
    """Where in a layer its anchor lies, 0..1 from the left top."""
    across = 0.0 if "left" in anchor else 1.0 if "right" in anchor else 0.5
    return across, 0.0 if "top" in anchor else 1.0 if "bottom" in anchor else 0.5


def plain(layers: Sequence[Layer]) -> list[list[Any]]:
    """Layers as plain lists, which `layers_of` takes back."""
    return [
        [
            [s.kind, s.name, s.path, None if s.lettering is None else list(vars(s.lettering).values())],
            *[value for name, value in vars(layer).items() if name != "source"],
        ]
        for layer in layers
        for s in [layer.source]
    ]


def layers_of(told: Sequence[Sequence[Any]]) -> tuple[Layer, ...]:
    """The inverse of `plain`."""
    made = []
    for (kind, name, path, lettering), number, *rest in told:
        source = Source(kind, name, None if lettering is None else Lettering(*lettering), path)
        made.append(Layer(number, source, *rest))
    return tuple(made)


def between(a: Sequence[Layer], b: Sequence[Layer], x: float) -> tuple[Layer, ...]:
    """A share `x` of the way from `a` to `b`; what is in one of them only, or jumps, is as in `a`."""
    then = {layer.number: layer for layer in b}
    return tuple(_between(layer, then[layer.number], x) if layer.number in then else layer for layer in a)


def _between(a: Layer, b: Layer, x: float) -> Layer:
    if a.source != b.source or b.seconds < a.seconds or (a.rounds or 0.0) > (b.rounds or 0.0):
        return a
    mixed = {
        name: value + (vars(b)[name] - value) * x
        for name, value in vars(a).items()
        if isinstance(value, float) and isinstance(vars(b)[name], float)
    }
    return Layer(**{**vars(a), **mixed, "still": a.still and b.still})

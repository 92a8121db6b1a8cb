"""Words in a font of one's own: set sharp for the size they have on the wall, with outline and shadow."""

from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFilter, ImageFont

from vj.core.errors import MediaError
from vj.core.layers import Layer, Lettering, Size
from vj.core.shelf import share
from vj.core.types import F32, U8
from vj.sources.contract import Still, pixels_for

#: Height of letters, as a part of the canvas's, where words have their own size.
OWN = 0.2
#: Height of the letters by which lines are measured.
MEASURED_PX = 256.0
#: In letter heights: from one line to the next, ...
PITCH = 1.2
#: ... room round the words, ...
ROOM = 0.06
#: ... how far the shadow is soft, ...
SOFT = 0.09
#: ... and how far it lies below.
BELOW = 0.035
#: Lines that are set.
MOST_LINES = 24
#: The least height of letters that a font has.
LEAST_PX = 2.0
#: The font where none is named.
PLAIN = "Manrope-ExtraBold.ttf"


class Text:
    """The words of a layer's source."""

    def __init__(self, layer: Layer) -> None:
        source, self._style = layer.source, layer.source.lettering or Lettering()
        self._path = source.path or str(share("setlists") / "media" / "fonts" / PLAIN)
        readable = ("".join(c if c.isprintable() else " " for c in line) for line in source.name.splitlines())
        self._lines = list(islice(readable, MOST_LINES))
        self._ink, self._line_ink = (_color(word) for word in (self._style.color, self._style.outline_color))
        self._measured = self._laid(MEASURED_PX)
        self._drawn: tuple[Size, Still] | None = None

    def draw(self, layer: Layer, canvas: Size) -> Still:
        """Set for exactly as many pixels as they cover."""
        by = OWN * canvas[1] / MEASURED_PX
        natural = (self._measured.width * by, self._measured.height * by)
        # letters are never bent here: what stretches them is the wall
        wide, high = pixels_for(layer, natural, canvas)
        share = min(wide / self._measured.width, high / self._measured.height)
        wanted = (max(round(self._measured.width * share), 1), max(round(self._measured.height * share), 1))
        if self._drawn is None or self._drawn[0] != wanted:
            self._drawn = wanted, Still(self._pixels(wanted), natural, True)
        return replace(self._drawn[1], natural=natural)

    def _laid(self, height: float) -> "_Laid":
        """The lines, with letters of that many pixels."""
        try:
            font = ImageFont.truetype(self._path, max(height, LEAST_PX))
        except (OSError, ValueError) as error:
            raise MediaError(f"the font cannot be used: {error}", self._path, "a file .ttf or .otf") from error
        style = self._style
        tracking = style.spacing * height
        widths = [font.getlength(line) + tracking * max(len(line) - 1, 0) for line in self._lines]
        ascent, descent = font.getmetrics()
        capital = -font.getbbox("H", anchor="ls")[1]
        # Capitals stand in the middle, with as much room above for accents as there is below for tails.
        tail = max(descent, ascent - capital)
        shadow = (3 * SOFT + BELOW) * height if style.shadow > 0 else 0.0
        room = ROOM * height + style.outline * height + shadow
        wide = max(widths) + 2 * room
        high = capital + 2 * tail + (len(widths) - 1) * PITCH * height + 2 * room
        slack = {"left": 0.0, "centre": 0.5, "right": 1.0}[style.align]
        places = [
            (room + slack * (max(widths) - width), room + tail + capital + k * PITCH * height)
            for k, width in enumerate(widths)
        ]
        return _Laid(font, wide, high, places, tracking)

    def _pixels(self, size: Size) -> U8:
        """[h, w, 4] the words in a picture of that size."""
        laid = self._laid(MEASURED_PX * size[1] / self._measured.height)
        shift = (size[0] - laid.width) / 2, (size[1] - laid.height) / 2
        height, style = float(laid.font.size), self._style
        letters = self._mask(laid, size, shift, 0)
        stroke = round(style.outline * height)
        if style.outline > 0:
            stroke = max(stroke, 1)
        line = self._mask(laid, size, shift, stroke) if stroke else letters
        out = np.zeros((size[1], size[0], 4), np.float32)
        if style.shadow > 0:
            fallen = Image.fromarray(line).transform(size, Image.Transform.AFFINE, (1, 0, 0, 0, 1, -BELOW * height))
            soft = np.asarray(fallen.filter(ImageFilter.GaussianBlur(SOFT * height)), np.float32) / 255.0
            # a blurred letter is thin: the shadow is to be dark behind it, and as soft as before where it ends
            out[..., 3] = style.shadow * (1.0 - (1.0 - soft) ** 2.5)
        if stroke:
            _over(out, line, self._line_ink)
        _over(out, letters, self._ink)
        return np.asarray(np.rint(255.0 * out), np.uint8)

    def _mask(self, laid: "_Laid", size: Size, shift: tuple[float, float], stroke: int) -> U8:
        """[h, w] where there is ink."""
        picture = Image.new("L", size, 0)
        pen: Any = ImageDraw.Draw(picture)
        for line, (x, y) in zip(self._lines, laid.places, strict=True):
            at, y = x + shift[0], y + shift[1]
            if not laid.tracking:
                pen.text((at, y), line, 255, laid.font, anchor="ls", stroke_width=stroke)
                continue
            for k, letter in enumerate(line):
                left = at + laid.font.getlength(line[: k + 1]) - laid.font.getlength(letter) + k * laid.tracking
                pen.text((left, y), letter, 255, laid.font, anchor="ls", stroke_width=stroke)
        return np.asarray(picture, np.uint8)

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class _Laid:
    """Lines that are set: a box of that width and height, and in it where each begins on its line."""

    font: ImageFont.FreeTypeFont
    width: float
    height: float
    places: list[tuple[float, float]]
    tracking: float


def _color(word: str) -> tuple[float, float, float, float]:
    """0..1 each; raises MediaError."""
    try:
        red, green, blue, alpha = ImageColor.getcolor(word.strip(), "RGBA")  # type: ignore[misc]
    except ValueError as error:
        raise MediaError(f"{word!r} is no colour", "the text of a layer", "such as #ff3366, white or gold") from error
    return red / 255.0, green / 255.0, blue / 255.0, alpha / 255.0


def _over(out: F32, mask: U8, ink: tuple[float, float, float, float]) -> None:
    """Lay `ink` over `out` where the mask is."""
    cover = mask.astype(np.float32) * (ink[3] / 255.0)
    out *= (1.0 - cover)[..., None]
    out += cover[..., None] * np.array([*ink[:3], 1.0], np.float32)

"""A page of words and boxes at any scale: what the instrument panel and the splash are painted on. Pillow only."""

from functools import cache

from PIL import ImageDraw, ImageFont

Colour = tuple[int, int, int]
Face = ImageFont.FreeTypeFont | ImageFont.ImageFont

PAPER = (9, 11, 15, 220)
WORDS: Colour = (240, 238, 232)
QUIET: Colour = (158, 163, 172)
AMBER: Colour = (255, 190, 92)
ALARM: Colour = (255, 92, 84)
GREEN: Colour = (104, 214, 168)


class Page:
    """Draws at scale: coordinates and sizes are those of scale 1."""

    def __init__(self, draw: ImageDraw.ImageDraw, scale: float) -> None:
        self._draw = draw
        self._scale = scale

    def box(self, x: float, y: float, width: float, height: float, colour: tuple[int, ...], radius: float = 0) -> None:
        s = self._scale
        left, top = round(x * s), round(y * s)
        # Pillow counts the last pixel in; a hairline stays one pixel at any scale.
        corners = (left, top, max(left, round((x + width) * s) - 1), max(top, round((y + height) * s) - 1))
        self._draw.rounded_rectangle(corners, radius * s, colour)

    def text(self, x: float, y: float, words: str, size: int, colour: Colour, room: float = 0.0) -> float:
        """Begins at `x`, shortened to `room` if that is given; returns where it ends."""
        font = face(round(size * self._scale))
        if room:
            words = _cut(words, font, room * self._scale)
        self._draw.text((round(x * self._scale), round(y * self._scale)), words, (*colour, 255), font)
        return x + font.getlength(words) / self._scale

    def right(self, x: float, y: float, words: str, size: int, colour: Colour) -> float:
        """Ends at `x`; returns where it begins."""
        font = face(round(size * self._scale))
        left = x * self._scale - font.getlength(words)
        self._draw.text((round(left), round(y * self._scale)), words, (*colour, 255), font)
        return left / self._scale

    def number(self, x: float, y: float, digits: str, size: int, colour: Colour) -> None:
        """Ends at `x`; every digit is as wide as the widest, so that a changing number stands still."""
        font = face(round(size * self._scale))
        step, left = _pitch(round(size * self._scale)), x * self._scale
        for character in reversed(digits):
            own = font.getlength(character)
            width = step if character.isdigit() else own
            left -= width
            place = (round(left + (width - own) / 2), round(y * self._scale))
            self._draw.text(place, character, (*colour, 255), font)

    def badge(self, right: float, y: float, words: str) -> float:
        """A red label that ends at `right`; returns where it begins."""
        width = face(round(12 * self._scale)).getlength(words) / self._scale + 14
        self.box(right - width, y - 3, width, 20, (*ALARM, 255), radius=4)
        self.text(right - width + 7, y, words, 12, (20, 8, 8))
        return right - width


def wrapped(words: str, size: int, room: float) -> list[str]:
    """`words` in lines of at most `room` at `size`, all at scale 1; a word longer than a line is broken."""
    font, lines, line = face(size), [], ""
    for word in words.split():
        if line and font.getlength(f"{line} {word}") > room:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
        while font.getlength(line) > room and len(line) > 1:
            fits = next(n for n in range(len(line) - 1, 0, -1) if n == 1 or font.getlength(line[:n]) <= room)
            joint = max(line.rfind(mark, 0, fits) for mark in "/\\") + 1  # of a path, if it is far enough to the right
            fits = joint if joint > fits // 3 else fits
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line] if line else lines


@cache
def face(size: int) -> Face:
    """The face inside Pillow: no system has to have a font."""
    return ImageFont.load_default(max(size, 6))


@cache
def _pitch(size: int) -> float:
    return max(face(size).getlength(digit) for digit in "0123456789")


def _cut(words: str, font: Face, room: float) -> str:
    """`words` shortened to fit into `room` pixels."""
    if font.getlength(words) <= room:
        return words
    while words and font.getlength(words + "...") > room:
        words = words[:-1]
    return words.rstrip() + "..."

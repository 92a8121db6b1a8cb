"""Draws a song as lanes under each other on one dark sheet: waveform, curves, ticks, strips of words, a time axis."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vj.core.types import F32, F64

#: Everything is drawn this much larger and scaled down, for smooth lines.
_FINE = 2
#: Pixels: the sheet's width, its margins, and what lies between two lanes.
_WIDTH = 1680
_LEFT = 128
_RIGHT = 28
_TOP = 84
_BOTTOM = 46
_GAP = 10
#: Colours of what is drawn on it.
_GROUND = "#0d1016"
_LANE = "#141922"
_LINE = "#242c39"
_WORDS = "#d7dde8"
_FAINT = "#7d8796"
#: Colours of strips, by turns; and of lows, mids and highs in a waveform.
STRIP = ("#2f5d8a", "#6b4a8e", "#2c7a72", "#8a5a2f", "#8a3d55", "#4c6b2f")
_LOWS_MIDS_HIGHS = np.array([[255, 92, 72], [255, 206, 96], [96, 200, 255]], np.float64)

Colour = str
#: Times, lengths 0..1 and colours of ticks, and the colours of the dots at their ends, "" for none.
Ticks = tuple[F64, F64, Sequence[Colour], Sequence[Colour]]


class Sheet:
    """`seconds` of a song, drawn lane by lane from the top; `finish` gives the picture."""

    def __init__(self, title: str, subtitle: str, seconds: float) -> None:
        self._seconds = max(seconds, 1e-3)
        self._title, self._subtitle = title, subtitle
        self._lanes: list[Image.Image] = []
        self._heights: list[int] = []
        self._names: list[str] = []
        self._marks: tuple[float, ...] = ()

    def x(self, t: float | F64) -> F64:
        """Column of show time `t` within a lane, in fine pixels."""
        return np.asarray(t) / self._seconds * (_WIDTH - _LEFT - _RIGHT) * _FINE

    def mark(self, times: Sequence[float]) -> None:
        """Moments that are drawn through all lanes as thin lines."""
        self._marks = tuple(times)

    def waveform(self, low: F32, high: F32, colours: F64, dt: float) -> None:
        """The extremes of the sound every `dt` seconds, coloured by what it is made of."""
        lane, _ = self._lane("sound", 132)
        width, height = lane.size
        pixels = np.asarray(lane).copy()
        first = (np.arange(width + 1) / width * self._seconds / dt).astype(int).clip(0, len(low) - 1)
        top = max(float(np.abs(high).max()), float(np.abs(low).max()), 1e-4)
        weight = colours / np.maximum(np.quantile(colours, 0.98, axis=0), 1e-9)
        rows = np.arange(height)
        for x in range(width):
            span = slice(first[x], max(first[x + 1], first[x] + 1))
            up = (0.5 - 0.47 * float(high[span].max()) / top) * height
            down = (0.5 - 0.47 * float(low[span].min()) / top) * height
            mix = weight[span].mean(axis=0) ** 1.5
            colour = mix @ _LOWS_MIDS_HIGHS / max(float(mix.sum()), 1e-9)
            inside = (rows >= up - 1) & (rows <= down + 1)
            pixels[inside, x] = colour
        self._lanes[-1] = Image.fromarray(pixels)

    def area(
        self, name: str, values: F64, rate: float, colour: Colour, height: int = 46, hits: tuple[F64, F64] | None = None
    ) -> None:
        """A curve of `rate` values a second as an area up to its own most, and `hits`: times, and weights 0..1."""
        lane, draw = self._lane(name, height)
        points = self._curve(values, rate, max(float(np.max(values, initial=0.0)), 1e-9))
        base = lane.size[1]
        if points:
            draw.polygon([(points[0][0], base), *points, (points[-1][0], base)], fill=_shade(colour))
            draw.line(points, fill=colour, width=_FINE, joint="curve")
        for x, weight in zip(*((self.x(hits[0]), hits[1]) if hits else ((), ())), strict=True):
            draw.line([(x, 0), (x, base)], fill=_shade(colour, 7))
            size = (2.5 + 3.5 * float(weight)) * _FINE
            draw.ellipse([x - size / 2, 8 * _FINE - size / 2, x + size / 2, 8 * _FINE + size / 2], fill="#ffffff")

    def lines(
        self, name: str, curves: Sequence[tuple[str, F64, Colour]], rate: float, height: int, unit: str, top: float = 0
    ) -> None:
        """Several curves of `rate` values a second over each other, on one scale up to `top`, or what few exceed."""
        lane, draw = self._lane(name, height)
        usual = max((float(np.quantile(values, 0.99)) for _, values, _ in curves if len(values)), default=0.0)
        top = top or 1.3 * usual or 1.0  # room for the words
        for _, values, colour in curves:
            draw.line(self._curve(values, rate, top), fill=colour, width=_FINE, joint="curve")
        x = 12.0
        for word, _, colour in curves:
            draw.text((x, 8), word, fill=colour, font=_font(12))
            x += draw.textlength(word, font=_font(12)) + 24
        words = f"{top:.2g} {unit}" if top < 100 else f"{top:.0f} {unit}"
        draw.text((lane.size[0] - draw.textlength(words, font=_font(11)) - 12, 8), words, fill=_FAINT, font=_font(11))

    def ticks(self, name: str, times: F64, weights: F64, colour: Colour, height: int = 30) -> None:
        """Moments as ticks from the bottom, as high as `weights` 0..1."""
        lane, draw = self._lane(name, height)
        base = lane.size[1] - 1
        for x, weight in zip(self.x(times), weights, strict=True):
            draw.line([(x, base), (x, base - weight * (base - 6))], fill=colour, width=_FINE)

    def against(self, name: str, above: Ticks, below: Ticks, height: int) -> None:
        """Two rows of moments that belong together, the first from the top and the other from the bottom."""
        lane, draw = self._lane(name, height)
        base, middle = lane.size[1] - 1, lane.size[1] / 2
        for (times, weights, colours, dots), edge, way in ((above, 0, 1), (below, base, -1)):
            for x, weight, colour, dot in zip(self.x(times), weights, colours, dots, strict=True):
                end = edge + way * float(weight) * (middle - 5 * _FINE)
                draw.line([(x, edge), (x, end)], fill=colour, width=_FINE + 1)
                if dot:
                    draw.ellipse([x - 2.5 * _FINE, end - 2.5 * _FINE, x + 2.5 * _FINE, end + 2.5 * _FINE], fill=dot)
        draw.line([(0, middle), (lane.size[0], middle)], fill=_LINE)

    def strip(self, name: str, moments: Sequence[tuple[float, str]], colours: dict[str, Colour] | None = None) -> None:
        """What is on from each moment to the next, in words on colour."""
        lane, draw = self._lane(name, 26)
        kinds = list(dict.fromkeys(word for _, word in moments))
        ends = [t for t, _ in moments[1:]] + [self._seconds]
        for (start, word), end in zip(moments, ends, strict=True):
            left, right = float(self.x(start)), float(self.x(end))
            fill = (colours or {}).get(word, STRIP[kinds.index(word) % len(STRIP)])
            draw.rounded_rectangle([left + 1, 2, max(right - 2, left + 2), lane.size[1] - 3], 8, fill=fill)
            if draw.textlength(word, font=_font(12)) + 16 < right - left:
                draw.text((left + 10, lane.size[1] / 2), word, fill="#ffffff", font=_font(12), anchor="lm")

    def finish(self) -> Image.Image:
        """The whole sheet."""
        height = _TOP + sum(h + _GAP for h in self._heights) + _BOTTOM
        sheet = Image.new("RGB", (_WIDTH * _FINE, height * _FINE), _GROUND)
        draw = ImageDraw.Draw(sheet, "RGBA")
        draw.text((28 * _FINE, 20 * _FINE), self._title, fill=_WORDS, font=_font(22))
        draw.text((28 * _FINE, 52 * _FINE), self._subtitle, fill=_FAINT, font=_font(13))
        y = _TOP
        for lane, h, name in zip(self._lanes, self._heights, self._names, strict=True):
            sheet.paste(lane, (_LEFT * _FINE, y * _FINE))
            place = ((_LEFT - 14) * _FINE, (y + h / 2) * _FINE)
            draw.text(place, name, fill=_FAINT, font=_font(13), anchor="rm")
            y += h + _GAP
        self._draw_axis(draw, y)
        for x in self.x(np.array(self._marks)) if self._marks else ():
            draw.line([(_LEFT * _FINE + x, _TOP * _FINE), (_LEFT * _FINE + x, (y - _GAP) * _FINE)], fill="#ffffff60")
        return sheet.resize((_WIDTH, height), Image.Resampling.LANCZOS)

    def _lane(self, name: str, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        lane = Image.new("RGB", ((_WIDTH - _LEFT - _RIGHT) * _FINE, height * _FINE), _LANE)
        self._lanes.append(lane)
        self._heights.append(height)
        self._names.append(name)
        draw = ImageDraw.Draw(lane)
        for t in self._grid():
            draw.line([(float(self.x(t)), 0), (float(self.x(t)), lane.size[1])], fill=_LINE)
        return lane, draw

    def _curve(self, values: F64, rate: float, top: float) -> list[tuple[float, float]]:
        """Points of a curve in the newest lane: the most of each column, or lines where values are few."""
        width, height = self._lanes[-1].size
        columns = np.arange(0, width, _FINE)
        first = (columns / width * self._seconds * rate).astype(int).clip(0, max(len(values) - 1, 0))
        if not len(values):
            return []
        if len(values) < len(columns):
            most = np.interp(columns / width * self._seconds * rate, np.arange(len(values)), values).tolist()
        else:
            last = np.append(first[1:], len(values))
            most = [float(values[a : max(b, a + 1)].max()) for a, b in zip(first, last, strict=True)]
        ends = float(self.x(len(values) / rate))
        base = height - _FINE
        room = base - 6 * _FINE
        heights = (base - min(max(value / top, 0.0), 1.0) * room for value in most)
        return [(float(x), y) for x, y in zip(columns, heights, strict=True) if x <= ends]

    def _grid(self) -> F64:
        """Times of the lines: at most a dozen or so, on round numbers."""
        steps = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800)
        step = next((s for s in steps if self._seconds / s <= 16), 3600)
        return np.arange(0.0, self._seconds + 1e-9, step)

    def _draw_axis(self, draw: ImageDraw.ImageDraw, y: int) -> None:
        for t in self._grid():
            words = f"{int(t) // 60}:{int(t) % 60:02d}" + (f".{int(t * 10) % 10}" if t % 1 else "")
            place = (_LEFT * _FINE + float(self.x(t)), (y + 4) * _FINE)
            draw.text(place, words, fill=_FAINT, font=_font(12), anchor="ma")


def _shade(colour: Colour, part: int = 5) -> tuple[int, int, int]:
    """`colour` on the ground of a lane, `part` sixteenths of it."""
    r, g, b = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return (15 + r * part // 16, 19 + g * part // 16, 26 + b * part // 16)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size * _FINE)

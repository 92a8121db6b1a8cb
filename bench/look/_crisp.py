"""How sharp the finished picture is at full size: an edge sent through the chain, and detail above the source's own."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from bench.look._picture import linear, luminance, oklab
from vj.core.types import F64, U8

FULL = (1920, 1080)
#: sRGB bytes on both sides of the edge.
DARK, LIGHT = 40, 200


@dataclass(frozen=True)
class Edge:
    """Pixels from 10 to 90 percent, and how far the brighter side overshoots, as a part of the step."""

    width: float
    overshoot: float


def edge_picture(size: tuple[int, int]) -> U8:
    """[height, width, 3] dark on the left, light on the right, of the source's `size` (width, height)."""
    image = np.full((size[1], size[0], 3), DARK, np.uint8)
    image[:, size[0] // 2 :] = LIGHT
    return image


def edge(frame: U8, reach: int = 40) -> Edge:
    """Of a frame with one upright edge near its middle; the median of its rows. `reach` is where it is flat again."""
    lightness = oklab(linear(frame[:: max(len(frame) // 64, 1)]))[..., 0].astype(np.float64)
    found = [_edge(row, reach) for row in lightness]
    good = np.array([(e.width, e.overshoot) for e in found if e is not None])
    if not len(good):
        return Edge(float("nan"), float("nan"))
    return Edge(*(float(x) for x in np.median(good, axis=0)))


def _edge(row: F64, reach: int) -> Edge | None:
    slope = np.diff(row)
    third = len(row) // 3
    middle = third + int(np.argmax(slope[third : 2 * third]))
    low = float(np.median(row[middle - reach : middle - reach // 2]))
    high = float(np.median(row[middle + reach // 2 : middle + reach]))
    step = high - low
    if step < 0.02:
        return None
    part = (row[middle - reach : middle + reach] - low) / step
    ten = _crossing(part, 0.1, reach)
    ninety = _crossing(part, 0.9, reach)
    return Edge(ninety - ten, max(float(part.max()) - 1.0, 0.0))


def _crossing(part: F64, level: float, middle: int) -> float:
    """Where a rising edge passes `level`, between two pixels; searched from the middle outwards."""
    k = middle
    while k > 0 and part[k] > level:
        k -= 1
    while k < len(part) - 2 and part[k + 1] < level:
        k += 1
    rise = part[k + 1] - part[k]
    return k + float((level - part[k]) / rise) if rise > 1e-9 else float(k)


def above_nyquist(frame: U8, source_height: int) -> float:
    """Energy of luminance in a frame above the highest frequency that its source could hold."""
    y = luminance(linear(frame)).astype(np.float64)
    y = (y - y.mean()) * np.hanning(y.shape[0])[:, None] * np.hanning(y.shape[1])
    power = np.abs(np.fft.rfft2(y)) ** 2
    fy, fx = np.fft.fftfreq(y.shape[0])[:, None], np.fft.rfftfreq(y.shape[1])
    return float(power[np.hypot(fx, fy) > 0.5 * source_height / y.shape[0]].sum())


def catmull_rom(image: U8, size: tuple[int, int]) -> U8:
    """`image` enlarged to cover `size` (width, height) by Catmull-Rom, and nothing else."""
    height, width = image.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    seen = size[0] / scale, size[1] / scale
    left, top = (width - seen[0]) / 2, (height - seen[1]) / 2
    box = (left, top, left + seen[0], top + seen[1])
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC, box))


def detail_gain(frame: U8, source: U8) -> float:
    """Energy above the source's Nyquist frequency in the finished frame over that of plain Catmull-Rom."""
    plain = above_nyquist(catmull_rom(source, (frame.shape[1], frame.shape[0])), source.shape[0])
    return above_nyquist(frame, source.shape[0]) / max(plain, 1e-12)

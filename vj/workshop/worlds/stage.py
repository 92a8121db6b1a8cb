"""What every world stands on: coordinates, style numbers, noise look-ups and smooth fields, as graph values.

Picture coordinates: y from -1 (bottom) to 1 (top), x to the same scale, 0 in the middle. Smooth fields are made on a
coarse grid of `ROWS` rows and drawn out to full size by cubic B-splines: two small matrix products a field instead of
a sine or a look-up for every pixel, twice differentiable, with an exact gradient, and alike at any resolution.

Of a large picture a band of rows can be drawn alone, the same to the last bits as it is in the whole: the input `rows`
says which one. What a world looks up far from where it stands it asks of a `wide` stage, which is the whole picture.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Self

import numpy as np

from vj.workshop.graph import Graph, Operand, Value
from vj.workshop.worlds._noise import CELLS, SIDE, texture
from vj.workshop.worlds._sums import Bumps, Waves, looked_up

#: Style numbers of a layer.
Z = 16
#: Layer and number of each style number that is used, each read from one layer: number k of a group from layer k // 4.
#: The last layer holds the palette's six alone, so what it is told never reaches the form.
PLACES = [(4 * group + k // 4, k) for group in range(3) for k in range(Z)][:-4] + [(11, k) for k in range(Z - 6, Z)]
#: Waves of the swells: wavelength and seed, for coarse, middle and fine.
SWELLS = ((2.9, 31), (1.35, 32), (0.62, 33))
#: Spline cells between the bottom and the top of the picture.
ROWS = 32
#: Spans of texture channels that a look-up may ask for.
_SPANS = ((0, 4), (0, 2), (1, 4), (2, 4), (3, 4))
#: The spline reaches one knot beyond the picture on one side and two on the other.
_EXTRA = 3


@dataclass(frozen=True, eq=False)
class Plane:
    """A pair of coordinate fields [N or 1, 1, H, W]."""

    x: Value
    y: Value

    def shift(self, dx: Operand, dy: Operand) -> "Plane":
        """The plane moved by (dx, dy)."""
        return Plane(self.x + dx, self.y + dy)

    def scale(self, k: Operand) -> "Plane":
        """The plane with features 1/k as large."""
        return Plane(self.x * k, self.y * k)

    def turn(self, angle: Value) -> "Plane":
        """The plane turned by `angle` radians."""
        g = angle.graph
        c, s = g.cos(angle), g.sin(angle)
        return Plane(self.x * c - self.y * s, self.x * s + self.y * c)


class Stage:
    """Values shared by all worlds of one graph.

    fine      Plane of pixel centres        knots    Plane of spline knots
    aspect    width / height                pixel    height of a pixel, 2 / H
    rows      H, of the whole picture
    whole     H too, also on a `wide` stage, whose own rows may be fewer; `alone`: no band of it is drawn but all
    c, m, f   lists of numbers [N, 1, 1, 1], about -2.2 to 2.2: 16 of the coarse style, 16 middle, 12 fine
    palette   the 6 numbers of the last layer
    slow, quick, flutter   a pair of fields on the knots that all numbers of c, m or f shape together, deviation 1
    """

    def __init__(self, g: Graph, styles: Value, noise: Value) -> None:
        self.g = g
        whole = g.op("Cast", g.constant(texture()[None], np.float16), to=1)
        self._textures = {span: whole if span == (0, 4) else g.take(whole, 1, *span) for span in _SPANS}
        drawn, width = (self._side(noise, axis) for axis in (2, 3))
        band = g.optional("rows", [2], np.zeros(2, np.float32))  # the first row, and all there are; 0 of what is drawn
        first, whole = (g.reshape(g.take(band, 0, k, k + 1)) for k in (0, 1))
        self.rows = self.whole = g.op("Max", whole, drawn)
        self.alone = g.op("Equal", self.rows, drawn)
        self.aspect = width / self.rows
        self.pixel = 2.0 / self.rows
        self.fine = Plane(
            self._ramp(width, -1, self.pixel, -self.aspect),
            self._ramp(drawn, -2, -self.pixel, g.constant(1.0), first + 0.5),
        )
        step = self._step = 2.0 / ROWS
        columns = g.op("Ceil", self.aspect * float(ROWS) + float(_EXTRA))
        self.knots = Plane(
            self._ramp(columns, -1, g.constant(step), -self.aspect - step, offset=0.0),
            self._ramp(g.constant(float(ROWS + _EXTRA)), -2, g.constant(step), g.constant(-1.0 - step), offset=0.0),
        )
        self._draw_out()
        self.c, self.m, self.f, self.palette = self._numbers(styles)
        groups = (self.c, self.m, self.f)
        self.slow, self.quick, self.flutter = (
            self._swell(numbers, *how) for numbers, how in zip(groups, SWELLS, strict=True)
        )

    def wide(self, most: int) -> Self:
        """The stage of the whole picture with `most` rows, or with its own where it has fewer."""
        g, made = self.g, copy(self)
        made.rows = g.op("Min", self.rows, float(most))
        made.pixel = 2.0 / made.rows
        columns = g.op("Ceil", self.aspect * made.rows - 0.01)
        made.fine = Plane(
            self._ramp(columns, -1, self.aspect * 2.0 / columns, -self.aspect),
            self._ramp(made.rows, -2, -made.pixel, g.constant(1.0)),
        )
        made._draw_out()
        return made

    def _draw_out(self) -> None:
        """The matrices from knots to pixels."""
        self._across, self._across_slope = self._spline(self.fine.x, self.knots.x, -1, self._step)
        self._up, self._up_slope = self._spline(self.fine.y, self.knots.y, -2, self._step)

    def smooth(self, field: Value) -> Value:
        """[N, K, knots] -> [N, K, H, W]."""
        return self._up @ (field @ self._across)

    def gradient(self, field: Value) -> tuple[Value, Value]:
        """d/dx and d/dy of `smooth(field)`, exactly."""
        return self._up @ (field @ self._across_slope), self._up_slope @ (field @ self._across)

    def noise(self, at: Plane, first: int = 0, end: int = 4) -> list[Value]:
        """Channels first to end - 1 of the texture at `at`, where one unit is one lattice cell.

        0 and 1 are smooth, 2 is rough, 3 ridges. A look-up at full size is the dearest thing a world can do, and every
        channel costs, so ask for few.
        """
        g = self.g
        grid = g.concat([g.op("Unsqueeze", self._wrapped(v), g.constant([4], np.int64)) for v in (at.x, at.y)], 4)
        source = self._textures[first, end]
        sampled = g.op("GridSample", source, self._tall(grid), mode="bilinear", padding_mode="zeros", align_corners=0)
        shape = g.op("Shape", grid)
        sides = g.concat([g.constant([end - first], np.int64), g.take(shape, 0, 0, 1), g.take(shape, 0, 2, 4)], 0)
        channels = g.op("Reshape", sampled, sides)
        one = g.constant([1], np.int64)
        picked = (g.op("Gather", channels, g.constant(k, np.int64), axis=0) for k in range(end - first))
        return [g.op("Unsqueeze", channel, one) for channel in picked]

    def table(self, rows: np.ndarray, number: Value) -> list[Value]:
        """The columns of the rows of a table at whole numbers, which wrap."""
        return looked_up(self.g, rows, number)

    def waves(self, waves: Waves, at: Plane, rate: float, numbers: Sequence[Value]) -> tuple[Value, Value, Value]:
        """Their sum at `at`, deviation 1, and its slopes over `rate`; 22 numbers, the wavelength is 2 pi / rate."""
        return waves.summed(at.x, at.y, rate, numbers)

    def bumps(self, x: Value, y: Value, pull: float, size: Value | None = None) -> Bumps:
        """Gaussians about many places."""
        return Bumps((self.fine.x, self.fine.y), x, y, pull, size)

    def longer(self) -> tuple[Value, Value]:
        """The coordinates of one pixel more at either end, for slopes are taken over three."""
        return self._longer(self.fine.x, 3, self.pixel), self._longer(self.fine.y, 2, -self.pixel)

    def _longer(self, ramp: Value, axis: int, step: Value) -> Value:
        g = self.g
        return g.concat([g.take(ramp, axis, 0, 1) - step, ramp, g.take(ramp, axis, -1, 10**6) + step], axis)

    def _swell(self, numbers: Sequence[Value], wavelength: float, seed: int) -> tuple[Value, Value]:
        """Two sums of plane waves, one wave a number: moving through the numbers reshapes them without sliding.

        A wave is sin(x + phase) cos(y) + cos(x + phase) sin(y), so no sine need be worked out for every knot.
        """
        g, count = self.g, len(numbers)
        kx, ky, phase = (np.tile(v, 2) for v in swell(count, wavelength, seed))
        ahead = np.repeat([0.0, np.pi / 2], count)
        across = g.sin(self.knots.x * kx.reshape(1, 1, -1, 1) + (phase + ahead).reshape(1, 1, -1, 1))
        up = g.sin(self.knots.y * ky.reshape(1, 1, 1, -1) + ahead[::-1].reshape(1, 1, 1, -1))
        half, size = count // 2, (2 / count) ** 0.5
        mirrored = [*numbers[half:], *(number * -1.0 for number in numbers[:half])]
        weights = [g.concat([*some, *some], 2) * size for some in (numbers, mirrored)]
        first, second = (up @ (across * of_each) for of_each in weights)
        return first, second

    def _tall(self, grid: Value) -> Value:
        """[N, 1, h, w, 2] -> [1, N h, w, 2]: one texture serves the whole batch."""
        g = self.g
        shape = g.op("Shape", grid)
        sides = [
            g.constant([1], np.int64),
            g.constant([-1], np.int64),
            g.take(shape, 0, 3, 4),
            g.constant([2], np.int64),
        ]
        return g.op("Reshape", grid, g.concat(sides, 0))

    def _wrapped(self, v: Value) -> Value:
        """Lattice units to the sampler's -1..1, repeating.

        The runtime has a fast path, four times faster, for zeros outside and corners not aligned only; the texture's
        repeated last row and column make that safe.
        """
        turns = v * (1.0 / CELLS)
        scale = 2.0 * SIDE / (SIDE + 1)
        return (turns - self.g.floor(turns)) * scale + (1.0 / (SIDE + 1) - 1.0)

    def _side(self, noise: Value, axis: int) -> Value:
        side = self.g.op("Gather", self.g.op("Shape", noise), self.g.constant(axis, np.int64), axis=0)
        return self.g.op("Cast", side, to=1)

    def _ramp(self, count: Value, axis: int, step: Value, start: Value, offset: Operand = 0.5) -> Value:
        """start + (k + offset) * step for k < count, along `axis` of a [1, 1, h, w] field."""
        g = self.g
        ramp = g.op("Range", 0.0, count, 1.0)
        shape = (1, 1, 1, -1) if axis == -1 else (1, 1, -1, 1)
        return g.reshape((ramp + offset) * step + start, *shape)

    def _spline(self, pixels: Value, knots: Value, axis: int, step: float) -> tuple[Value, Value]:
        """Matrices that turn knots into pixels and into the slope there: [knots, W] across, [H, knots] up."""
        g = self.g
        if axis == -1:
            u = (g.reshape(pixels, 1, -1) - g.reshape(knots, -1, 1)) * (1.0 / step)
        else:
            u = (g.reshape(pixels, -1, 1) - g.reshape(knots, 1, -1)) * (1.0 / step)
        far = g.abs(u)
        wide, tight = g.relu(2.0 - far), g.relu(1.0 - far)
        value = (wide * wide * wide - tight * tight * tight * 4.0) * (1 / 6)
        slope = g.op("Sign", u) * (tight * tight * 2.0 - wide * wide * 0.5) * (1.0 / step)
        return value, slope

    def _numbers(self, styles: Value) -> tuple[list[Value], list[Value], list[Value], list[Value]]:
        """Coarse, middle, fine and palette numbers."""
        g = self.g
        flat = g.reshape(g.take(styles, 2, 0, Z), 0, -1)
        picked = g.op("Gather", flat, g.constant([layer * Z + k for layer, k in PLACES], np.int64), axis=1)
        numbers = g.ops("Split", len(PLACES), g.reshape(picked, 0, 0, 1, 1), axis=1)
        return shared_out(numbers)


def shared_out(numbers: list[Value]) -> tuple[list[Value], list[Value], list[Value], list[Value]]:
    """The numbers at PLACES as coarse, middle, fine and palette."""
    return numbers[:Z], numbers[Z : 2 * Z], numbers[2 * Z : -6], numbers[-6:]


def swell(count: int, wavelength: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Radians to a unit in x and in y, and phase, of each of the waves of a swell."""
    random = np.random.Generator(np.random.PCG64(seed))
    angle = np.pi * (np.arange(count) + random.random(count)) / count
    rate = 2 * np.pi / wavelength * (0.7 + 0.6 * random.random(count))
    return rate * np.cos(angle), rate * np.sin(angle), 6.3 * random.random(count)

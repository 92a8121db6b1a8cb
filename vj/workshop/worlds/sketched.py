"""The stage of worlds that are written as GLSL: the same means, as expressions of a `Sketch`."""

from collections.abc import Sequence
from copy import copy
from typing import Self, cast

import numpy as np

from vj.workshop.graph import Value
from vj.workshop.shading.sketch import KNOT, PIXEL, RIM, Bump, Sketch
from vj.workshop.worlds._sums import FAINTEST, Bumps, Waves
from vj.workshop.worlds.stage import PLACES, SWELLS, Plane, Stage, shared_out, swell


class Sketched(Stage):
    """A stage whose numbers, coordinates and sizes are what GLSL calls them."""

    def __init__(self, g: Sketch) -> None:
        self.g = self._sketch = g
        self._where = PIXEL
        self.rows = self.whole = g.leaf("size.y", "number")
        self.alone = g.constant(1.0)
        self.aspect, self.pixel = g.leaf("aspect", "number"), g.leaf("pixel", "number")
        self.fine, self.knots = self._plane(PIXEL), self._plane(KNOT)
        self.c, self.m, self.f, self.palette = shared_out([g.leaf(f"style[{k}]", "number") for k in range(len(PLACES))])
        groups = (self.c, self.m, self.f)
        self.slow, self.quick, self.flutter = (
            self._swell(numbers, *how) for numbers, how in zip(groups, SWELLS, strict=True)
        )

    def wide(self, most: int) -> Self:
        made = copy(self)
        made._where = f"wide {most}"
        made.rows = self._sketch.leaf(f"min(size.y, {most}.0)", "number")
        made.pixel = self._sketch.leaf(f"(2.0 / min(size.y, {most}.0))", "number")
        made.fine = self._plane(made._where)
        return made

    def smooth(self, field: Value) -> Value:
        return self._sketch.add("smooth", (field,), self._where)

    def gradient(self, field: Value) -> tuple[Value, Value]:
        x, y = (self._sketch.add(kind, (field,), self._where) for kind in ("slope_x", "slope_y"))
        return x, y

    def noise(self, at: Plane, first: int = 0, end: int = 4) -> list[Value]:
        found = self._sketch.add("noise", (at.x, at.y), self._sketch.joined((at.x, at.y)), 4)
        return [self._sketch.take(found, 1, k, k + 1) for k in range(first, end)]

    def table(self, rows: np.ndarray, number: Value) -> list[Value]:
        g, count = self._sketch, len(rows)
        table = np.asarray(rows, np.float32).reshape(count, -1)
        wrapped = number - g.floor(number * (1 / count)) * float(count)
        found = g.add("table", (wrapped,), g.joined((number,)), table.shape[1], table)
        return [g.take(found, 1, k, k + 1) for k in range(table.shape[1])]

    def waves(self, waves: Waves, at: Plane, rate: float, numbers: Sequence[Value]) -> tuple[Value, Value, Value]:
        g = self._sketch
        row = g.row(numbers)
        kx, ky, phases = waves.x.reshape(-1), waves.y.reshape(-1), waves.phase.reshape(-1)
        total, dx, dy = (at.x * 0.0 for _ in range(3))
        for k, moves in enumerate(waves.moves):
            moved = g.weighed(row, moves) + phases[k]
            angle = at.x * (kx[k] * rate) + at.y * (ky[k] * rate) + moved
            wave, slope = g.sin(angle) * waves.size, g.cos(angle) * waves.size
            total, dx, dy = total + wave, dx + slope * kx[k], dy + slope * ky[k]
        return total, dx, dy

    def bumps(self, x: Value, y: Value, pull: float, size: Value | None = None) -> Bumps:
        return cast(Bumps, _Summed(self._sketch, x, y, pull, size))

    def longer(self) -> tuple[Value, Value]:
        rim = self._plane(RIM)
        return rim.x, rim.y

    def _plane(self, where: str) -> Plane:
        return Plane(self._sketch.leaf("at.x", where), self._sketch.leaf("at.y", where))

    def _swell(self, numbers: Sequence[Value], wavelength: float, seed: int) -> tuple[Value, Value]:
        g, count = self.g, len(numbers)
        waves = [
            g.sin(self.knots.x * kx + self.knots.y * ky + phase)
            for kx, ky, phase in zip(*swell(count, wavelength, seed), strict=True)
        ]
        half, size = count // 2, (2 / count) ** 0.5
        mirrored = [*numbers[half:], *(number * -1.0 for number in numbers[:half])]
        first, second = self.knots.x * 0.0, self.knots.x * 0.0
        for wave, a, b in zip(waves, numbers, mirrored, strict=True):
            first, second = first + wave * (a * size), second + wave * (b * size)
        return first, second


class _Summed:
    """Gaussians about many places: see `Bumps`."""

    def __init__(self, g: Sketch, x: Value, y: Value, pull: float, size: Value | None) -> None:
        self._g, self._pull = g, pull
        self._parts = [x, y] if size is None else [x, y, size]
        self._sized = size is not None

    def sum(self, weights: Value | None = None) -> Value:
        data = Bump(self._pull, FAINTEST, self._sized, weights is not None)
        return self._g.add("bumps", [*self._parts, *([] if weights is None else [weights])], PIXEL, 1, data)

    def squared(self) -> Value:
        return self._g.add("bumps", self._parts, PIXEL, 1, Bump(self._pull, FAINTEST, self._sized, squared=True))

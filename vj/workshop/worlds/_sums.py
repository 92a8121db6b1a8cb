"""Sums over many things at once, which a processor has in a few matrix products and a card in a loop for each pixel."""

from collections.abc import Sequence

import numpy as np

from vj.workshop.graph import Graph, Value


class Waves:
    """`count` plane waves of one wavelength from every side, whose phases follow style numbers.

    reach   radians by which a number moves a phase, of the first and the second half of the numbers given
    x, y    direction of each, [1, count, 1, 1], as is its `phase`; `moves` [count, 22] is what each number does to it
    size    what the sum is to be multiplied with, that it has deviation 1
    """

    def __init__(self, count: int, seed: int, reach: tuple[float, float]) -> None:
        random = np.random.Generator(np.random.PCG64(seed))
        angle = np.pi * (np.arange(count) + 0.6 * random.random(count)) / count
        self.size = (2 / count) ** 0.5
        shape = (1, count, 1, 1)
        self.x, self.y = np.cos(angle).reshape(shape), np.sin(angle).reshape(shape)
        self.phase = 6.3 * random.random(shape)
        self.moves = random.standard_normal((count, 22)) * np.repeat(reach, 11)

    def summed(self, x: Value, y: Value, rate: float, numbers: Sequence[Value]) -> tuple[Value, Value, Value]:
        """The sum at (x, y), and its slopes over `rate`."""
        g = x.graph
        moved = g.reshape(self.moves @ g.reshape(g.concat(numbers, 1), 0, -1, 1), 0, -1, 1, 1)
        angle = x * (self.x * rate) + y * (self.y * rate) + moved + self.phase
        cosine = g.cos(angle)
        sums = (g.sin(angle), cosine * self.x, cosine * self.y)
        total, dx, dy = (g.sum(wave, 1) * self.size for wave in sums)
        return total, dx, dy


class Bumps:
    """Gaussians exp(-pull distance^2) about the places x, y [N, K, 1], of radius 1 / `size` each where that is given.

    A Gaussian is a product of one in x and one in y, so every sum over them is a single matrix product, however many
    there are. None is so small that a product of two leaves the normal floats, which is slow.
    """

    def __init__(self, fine: tuple[Value, Value], x: Value, y: Value, pull: float, size: Value | None = None) -> None:
        self._g = x.graph
        self._pull, self._size = pull, size
        self._across, self._up = self._of(fine[0], x), self._of(fine[1], y)
        self._up = self._g.op("Transpose", self._up, perm=[0, 2, 1])

    def sum(self, weights: Value | None = None) -> Value:
        """[N, 1, H, W] of all of them, or of each times its weight [N, K, 1]."""
        return self._field(self._up @ (self._across if weights is None else self._across * weights))

    def squared(self) -> Value:
        """The sum of their squares."""
        return self._field((self._up * self._up) @ (self._across * self._across))

    def _of(self, ramp: Value, middles: Value) -> Value:
        distance = self._g.reshape(ramp, 1, 1, -1) - middles
        scaled = distance if self._size is None else distance * self._size
        return self._g.exp(self._g.op("Max", scaled * scaled * -self._pull, FAINTEST))

    def _field(self, rows: Value) -> Value:
        """[N, H, W] -> [N, 1, H, W]."""
        return self._g.op("Unsqueeze", rows, self._g.constant([1], np.int64))


#: The logarithm of the smallest factor of a bump.
FAINTEST = -40.0


def looked_up(g: Graph, table: np.ndarray, number: Value) -> list[Value]:
    """The columns [N, 1, H, W] of the rows of `table` [n] or [n, columns] at whole numbers, which wrap."""
    count = len(table)
    index = g.op("Cast", number - g.floor(number * (1 / count)) * float(count), to=7)
    found = g.op("Gather", g.constant(table), index, axis=0)
    if table.ndim == 1:
        return [found]
    columns = range(table.shape[1])
    return [g.op("Squeeze", g.take(found, 4, k, k + 1), g.constant([4], np.int64)) for k in columns]

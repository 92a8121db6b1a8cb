"""From a small picture of linear light to levels: the mean of what each light sees, and the slots that say it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vj.core.dmx.rig import SLOTS, Cell, Rig
from vj.core.types import F32, F64

#: Places that a leaning band is looked at in, each way.
PLACES = 4
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


class Zones:
    """What the lights of a rig see. Boxes are averaged exactly, by a table of sums; leaning bands in 4 x 4 places."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        corners = np.array([_four(cell) for cell in cells], np.float64).reshape(-1, 4, 2)
        self._low, self._high = corners.min(axis=1).clip(0.0, 1.0), corners.max(axis=1).clip(0.0, 1.0)
        span = np.abs(corners - corners[:, :1])
        self._leans = np.flatnonzero(
            ~((span < 1e-6) | (np.abs(span - span.max(axis=1, keepdims=True)) < 1e-6)).all((1, 2))
        )
        at = (np.arange(PLACES) + 0.5) / PLACES
        u, v = (each.reshape(-1, 1) for each in np.meshgrid(at, at))
        one, two, three, four = (corners[self._leans, k][:, None] for k in range(4))
        self._places = one * (1 - u) * (1 - v) + two * u * (1 - v) + three * u * v + four * (1 - u) * v

    def seen(self, light: F32) -> F64:
        """[N, 3] the mean linear light of each, of a picture [height, width, 3], top row first."""
        height, width = light.shape[:2]
        sums = np.zeros((height + 1, width + 1, 3))
        np.cumsum(np.cumsum(light, axis=0, dtype=np.float64), axis=1, out=sums[1:, 1:])
        scale = np.array([width, height])
        # at least a whole pixel, so that what is outside or thin sees what is next to it
        low = np.minimum(self._low * scale, scale - 1.0)
        high = np.maximum(self._high * scale, low + 1.0)
        total = _at(sums, high[:, 0], high[:, 1]) - _at(sums, low[:, 0], high[:, 1])
        total += _at(sums, low[:, 0], low[:, 1]) - _at(sums, high[:, 0], low[:, 1])
        mean = total / np.prod(high - low, axis=1, keepdims=True)
        if len(self._leans):
            x = np.clip((self._places[..., 0] * width).astype(np.intp), 0, width - 1)
            y = np.clip((self._places[..., 1] * height).astype(np.intp), 0, height - 1)
            mean[self._leans] = light[y, x].mean(axis=1)
        return np.asarray(np.clip(mean, 0.0, 1.0), np.float64)


def _four(cell: Cell) -> list[tuple[float, float]]:
    return [*cell.corners]


def _at(sums: F64, x: F64, y: F64) -> F64:
    """[N, 3] the sum of all that is above and left of (x, y), which may lie between pixels."""
    left, top = np.minimum(x.astype(np.intp), sums.shape[1] - 2), np.minimum(y.astype(np.intp), sums.shape[0] - 2)
    fx, fy = (x - left)[:, None], (y - top)[:, None]
    upper = sums[top, left] * (1 - fx) + sums[top, left + 1] * fx
    lower = sums[top + 1, left] * (1 - fx) + sums[top + 1, left + 1] * fx
    return np.asarray(upper * (1 - fy) + lower * fy)


class Levels:
    """Lays the light of a rig's cells into slots: `frame` gives the bytes of each universe by its number."""

    def __init__(self, rig: Rig) -> None:
        self._cells = rig.cells
        self._index = {universe.number: k for k, universe in enumerate(rig.universes)}
        self._numbers = tuple(self._index)
        self._slots: dict[tuple[str, bool], tuple[NDArray[np.intp], NDArray[np.intp]]] = {}
        for key in {letter for cell in rig.cells for letter in cell.order}:
            where = [
                (n, self._index[cell.universe] * SLOTS + cell.slot + k)
                for n, cell in enumerate(rig.cells)
                for k, letter in enumerate(cell.order)
                if letter == key
            ]
            cells, slots = np.array(where, np.intp).T
            self._slots[key.lower(), key.isupper()] = cells, slots
        self._white = np.array(["w" in cell.order for cell in rig.cells], bool)
        self._dims = np.array(["d" in cell.order and set("rgb") & set(cell.order) != set() for cell in rig.cells], bool)
        self._gamma = np.array([cell.gamma for cell in rig.cells])[:, None]
        self._level = np.array([cell.level for cell in rig.cells])[:, None]

    def frame(self, light: F64, master: float = 1.0) -> dict[int, bytes]:
        """Bytes of each universe for linear `light` [N, 3] of the cells, dimmed to `master` 0..1."""
        out = np.zeros(len(self._numbers) * SLOTS, np.uint8)
        if len(self._cells):
            light = np.clip(light * self._level * min(max(master, 0.0), 1.0), 0.0, 1.0)
            for letter, parts in self._parts(light).items():
                coarse = self._slots.get((letter, False))
                if coarse is None:
                    continue
                fine = self._slots.get((letter, True))
                level = np.clip(parts, 0.0, 1.0)
                wide = np.zeros(len(self._cells), bool)
                if fine is not None:
                    wide[fine[0]] = True
                    out[fine[1]] = np.rint(level[fine[0]] * 65535).astype(np.uint16) & 0xFF
                eight = np.rint(level * 255).astype(np.uint8)
                high = (np.rint(level * 65535).astype(np.uint32) >> 8).astype(np.uint8)
                out[coarse[1]] = np.where(wide, high, eight)[coarse[0]]
        return {number: out[k * SLOTS : (k + 1) * SLOTS].tobytes() for k, number in enumerate(self._numbers)}

    def _parts(self, light: F64) -> dict[str, F64]:
        """[N] the level 0..1 of each letter."""
        white = np.where(self._white, light.min(axis=1), 0.0)[:, None]
        colours = light - white
        # a dimmer beside colours has the brightness, and they have what they are of it
        peak = np.maximum(light.max(axis=1), 1e-9)[:, None]
        colours, white = (np.where(self._dims[:, None], part / peak, part) for part in (colours, white))
        dimmer = np.where(self._dims[:, None], light.max(axis=1)[:, None], (light @ _LUMINANCE)[:, None])
        colours, white, dimmer = (np.clip(part, 0, 1) ** (1.0 / self._gamma) for part in (colours, white, dimmer))
        full = np.ones(len(light))
        return {
            "r": colours[:, 0], "g": colours[:, 1], "b": colours[:, 2], "w": white[:, 0], "d": dimmer[:, 0],
            "0": 0.0 * full, "f": full,
        }  # fmt: skip

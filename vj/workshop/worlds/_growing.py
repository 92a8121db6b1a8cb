"""How worlds grow into each other: each claims most of the pixels where it is brightest."""

from collections.abc import Callable

import numpy as np

from vj.workshop.graph import Value
from vj.workshop.worlds.palette import Fields
from vj.workshop.worlds.stage import Stage

#: How strongly a world's lights claim a pixel in a morph: 0 would be a plain mean, 9 nearly the brightest alone.
_CONTRAST = 3.0


def claimed(stage: Stage, draw: Callable[[Stage], Fields], share: Value) -> Value:
    """v, t, e and 1 of a world, times how much of each pixel it claims; of several worlds they are added.

    A world claims most where it is brightest, so a morph lets one grow out of the lights of the other, through its
    shadows, where a plain mean would show two ghosts.
    """
    g = stage.g
    fields = draw(stage)
    stack = g.concat([fields.v, fields.t, fields.e], 1) * share
    return g.concat([stack, g.abs(share) + fields.v * 0.0], 1) * _claim(fields)


def grown(total: Value) -> Fields:
    """The fields of what all worlds claimed. A negative weight carves its world out of the others."""
    g = total.graph
    v, t, e, presence = (g.take(total, 1, j, j + 1) for j in range(4))
    return _shared(Fields(v, t, e), presence)


def together(worlds: Fields, shares: Value) -> Fields:
    """The same of the fields [N, K, H, W] of `worlds` that are there, whose shares are [N, K, 1, 1].

    One alone claims all of itself, so nothing need be shared out.
    """
    g = shares.graph

    def alone() -> list[Value]:
        return [g.abs(worlds.v), worlds.t * g.op("Sign", shares), g.abs(worlds.e)]

    def several() -> list[Value]:
        claim = _claim(worlds)
        part = claim * shares
        sums = (g.sum(part * field, 1) for field in (worlds.v, worlds.t, worlds.e))
        fields = _shared(Fields(*sums), g.sum(claim * g.abs(shares), 1))
        return [fields.v, fields.t, fields.e]

    count = g.take(g.op("Shape", shares), 0, 1, 2)
    return Fields(*g.choices(g.op("Equal", count, g.constant([1], np.int64)), alone, several))


def _claim(fields: Fields) -> Value:
    """How much of each pixel a world claims."""
    g = fields.v.graph
    return g.exp(g.op("Min", fields.v + fields.e * 0.5, 1.5) * _CONTRAST)


def _shared(sums: Fields, presence: Value) -> Fields:
    g = presence.graph
    scale = g.op("Reciprocal", presence)
    return Fields(g.abs(sums.v) * scale, sums.t * scale, g.abs(sums.e) * scale)

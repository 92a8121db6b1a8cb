"""How worlds grow into each other: each claims most of the pixels where it is brightest."""

from collections.abc import Callable

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
    claim = g.exp(g.op("Min", fields.v + fields.e * 0.5, 1.5) * _CONTRAST)
    part = claim * share
    return g.concat([fields.v * part, fields.t * part, fields.e * part, claim * g.abs(share)], 1)


def grown(total: Value) -> Fields:
    """The fields of what all worlds claimed. A negative weight carves its world out of the others."""
    g = total.graph
    v, t, e, presence = (g.take(total, 1, j, j + 1) for j in range(4))
    scale = g.op("Reciprocal", presence)
    return Fields(g.abs(v) * scale, t * scale, g.abs(e) * scale)

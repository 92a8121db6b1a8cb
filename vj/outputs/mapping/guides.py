"""What is shown over an output while its mapping is edited, and where its lines lie. No OpenGL."""

from dataclasses import dataclass, field

import numpy as np

from vj.core.mapping.mesh import Mesh
from vj.core.mapping.moves import Part
from vj.core.mapping.output import Mapping
from vj.core.mapping.plane import Point, applied
from vj.core.types import F64

#: Pieces that a curved line of the mesh is drawn in.
PIECES = 24


@dataclass(frozen=True)
class Guides:
    """The part of a mapping that is held, the handle `chosen` of it, and `words` for the operator."""

    part: Part = "corners"
    chosen: int = 0
    words: str = ""
    mapping: Mapping = field(default_factory=Mapping)


def lines(guides: Guides) -> list[F64]:
    """[N, 2] each: the lines to draw, in 0..1 of the output."""
    mapping, part = guides.mapping, guides.part
    matrix = mapping.matrix
    if part == "slice":
        return [_closed(mapping.slice.corners)]
    if part == "masks":
        return [_closed(mask.points) for mask in mapping.masks]
    edge = [_closed(mapping.corners)]
    if part == "corners":
        return edge
    if part == "blend":
        left, right, top, bottom = mapping.blend.widths
        ends = [((left, 0.0), (left, 1.0)), ((1 - right, 0.0), (1 - right, 1.0))]
        ends += [((0.0, top), (1.0, top)), ((0.0, 1 - bottom), (1.0, 1 - bottom))]
        return edge + [applied(matrix, np.array(end)) for end in ends]
    mesh = mapping.mesh or Mesh.regular(3, 3)
    fine = np.linspace(0.0, 1.0, PIECES + 1)
    along = mesh.place(fine, np.linspace(0.0, 1.0, mesh.rows))
    down = mesh.place(np.linspace(0.0, 1.0, mesh.columns), fine)
    return [applied(matrix, along[k]) for k in range(mesh.rows)] + [
        applied(matrix, down[:, k]) for k in range(mesh.columns)
    ]


def _closed(points: tuple[Point, ...]) -> F64:
    return np.array([*points, points[0]], np.float64)

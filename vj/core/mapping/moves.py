"""What can be taken hold of in a mapping, and what becomes of it when that is moved: the same for mouse, keys, OSC."""

import math
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from vj.core.errors import ControlError, nearest
from vj.core.mapping.mesh import Mesh
from vj.core.mapping.output import FLIPS, MASK_POINTS, MASKS, TURNS, Mapping, Mask, Slice
from vj.core.mapping.plane import Point, applied, convex, cornered, inverse, moved
from vj.core.mapping.venue import REACH

#: Corners of the output; points of the mesh; inner ends of the blends; corners of masks; corners of the slice.
Part = Literal["corners", "mesh", "blend", "masks", "slice"]
PARTS: tuple[Part, ...] = get_args(Part)
_SIDES = ("left", "right", "top", "bottom")
_NEAR = 0.05
#: A new mesh, and a new mask, in 0..1 of the output.
_FRESH_MESH = (3, 3)
_FRESH_MASK = ((0.35, 0.35), (0.65, 0.35), (0.65, 0.65), (0.35, 0.65))


def part_of(word: str) -> Part:
    """The part called `word`; raises ControlError."""
    found = next((part for part in PARTS if part == word.lower()), None)
    if found is None:
        raise ControlError(f"{word!r} is no part of a mapping", hint=nearest(word, PARTS))
    return found


def handles(mapping: Mapping, part: Part) -> tuple[Point, ...]:
    """The points of a part that can be moved, in 0..1 of the output; those of a slice in 0..1 of the picture."""
    if part == "corners":
        return mapping.corners
    if part == "slice":
        return mapping.slice.corners
    if part == "masks":
        return tuple(point for mask in mapping.masks for point in mask.points)
    inner = _ends(mapping) if part == "blend" else _nodes(mapping)
    found = applied(mapping.matrix, np.array(inner, np.float64))
    return tuple((x, y) for x, y in found.tolist())


def drag(mapping: Mapping, part: Part, index: int, to: Point) -> Mapping:
    """The mapping with handle number `index` of a part at `to`, or as near as it may; as it was where it may not."""
    x, y = (min(max(v, -REACH), 1.0 + REACH) if math.isfinite(v) else 0.5 for v in to)
    if not 0 <= index < len(handles(mapping, part)):
        return mapping
    if part == "corners":
        corners = list(mapping.corners)
        corners[index] = (x, y)
        return replace(mapping, corners=cornered(corners)) if convex(corners) else mapping
    if part == "slice":
        return replace(mapping, slice=_sliced(mapping.slice, index, (x, y)))
    if part == "masks":
        return replace(mapping, masks=_masked(mapping.masks, index, (x, y)))
    inner = moved(inverse(mapping.matrix), (x, y))
    if part == "mesh":
        return replace(mapping, mesh=(mapping.mesh or Mesh.regular(*_FRESH_MESH)).with_point(index, inner))
    way = (inner[0], 1.0 - inner[0], inner[1], 1.0 - inner[1])[index]
    return replace(mapping, blend=replace(mapping.blend, **{_SIDES[index]: min(max(way, 0.0), 1.0)}))


def near(mapping: Mapping, part: Part, to: Point, reach: Point = (_NEAR, _NEAR)) -> int | None:
    """The handle that is nearest to `to`, within `reach` each way; None if none is."""
    apart = [math.hypot((x - to[0]) / reach[0], (y - to[1]) / reach[1]) for x, y in handles(mapping, part)]
    best = min(range(len(apart)), key=apart.__getitem__, default=None)
    return best if best is not None and apart[best] <= 1.0 else None


def turned(mapping: Mapping) -> Mapping:
    """A quarter turn further, clockwise."""
    return replace(mapping, turn=TURNS[(TURNS.index(mapping.turn) + 1) % len(TURNS)])


def flipped(mapping: Mapping) -> Mapping:
    """The next way of flipping."""
    return replace(mapping, flip=FLIPS[(FLIPS.index(mapping.flip) + 1) % len(FLIPS)])


def rotated(mapping: Mapping, degrees: float, aspect: float) -> Mapping:
    """The corners turned about their middle by `degrees` clockwise, on an output `aspect` times as wide as high."""
    cx, cy = sum(x for x, _ in mapping.corners) / 4, sum(y for _, y in mapping.corners) / 4
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def rolled(point: Point) -> Point:
        x, y = (point[0] - cx) * aspect, point[1] - cy
        return cx + (cos * x - sin * y) / aspect, cy + sin * x + cos * y

    corners = cornered([rolled(point) for point in mapping.corners])
    inside = all(-REACH <= v <= 1.0 + REACH for point in corners for v in point)
    return replace(mapping, corners=corners) if inside else mapping


def meshed(mapping: Mapping, columns: int, rows: int) -> Mapping:
    """The mapping with a mesh of so many points each way, bent as it is; fewer than two take the mesh away."""
    if min(columns, rows) < 2:
        return replace(mapping, mesh=None)
    before = mapping.mesh or Mesh.regular(*_FRESH_MESH)
    return replace(mapping, mesh=before.of_size(columns, rows))


def with_mask(mapping: Mapping) -> Mapping:
    """The mapping with one more mask in the middle, if it may have one more."""
    return replace(mapping, masks=(*mapping.masks, Mask(_FRESH_MASK))[:MASKS])


def without_mask(mapping: Mapping, index: int) -> Mapping:
    """The mapping without the mask that handle number `index` belongs to."""
    found = _mask_of(mapping.masks, index)
    if found is None:
        return mapping
    return replace(mapping, masks=tuple(mask for k, mask in enumerate(mapping.masks) if k != found[0]))


def with_mask_point(mapping: Mapping, index: int) -> Mapping:
    """The mask with one more point, half-way from handle number `index` to the next."""
    found = _mask_of(mapping.masks, index)
    if found is None or len(mapping.masks[found[0]].points) >= MASK_POINTS:
        return mapping
    number, k = found
    points = mapping.masks[number].points
    (ax, ay), (bx, by) = points[k], points[(k + 1) % len(points)]
    fresh = replace(mapping.masks[number], points=(*points[: k + 1], ((ax + bx) / 2, (ay + by) / 2), *points[k + 1 :]))
    return replace(mapping, masks=(*mapping.masks[:number], fresh, *mapping.masks[number + 1 :]))


def mask_altered(mapping: Mapping, index: int, feather: float | None = None, shows: bool | None = None) -> Mapping:
    """The mapping where the mask that handle number `index` belongs to has another feather, or shows its inside."""
    found = _mask_of(mapping.masks, index)
    if found is None:
        return mapping
    mask = mapping.masks[found[0]]
    soft = mask.feather if feather is None else min(max(feather, 0.0), 1.0)
    fresh = Mask(mask.points, soft, mask.shows if shows is None else shows)
    return replace(mapping, masks=(*mapping.masks[: found[0]], fresh, *mapping.masks[found[0] + 1 :]))


def reset(mapping: Mapping, part: Part) -> Mapping:
    """The mapping with a part as it is by default."""
    plain = Mapping()
    if part == "mesh":
        mesh = mapping.mesh
        return replace(mapping, mesh=Mesh.regular(mesh.columns, mesh.rows, mesh.smooth) if mesh else None)
    if part == "slice":
        return replace(mapping, slice=plain.slice, turn=plain.turn, flip=plain.flip)
    if part == "corners":
        return replace(mapping, corners=plain.corners)
    return replace(mapping, masks=()) if part == "masks" else replace(mapping, blend=plain.blend)


def _nodes(mapping: Mapping) -> tuple[Point, ...]:
    mesh = mapping.mesh or Mesh.regular(*_FRESH_MESH)
    return tuple(point for row in mesh.points for point in row)


def _ends(mapping: Mapping) -> tuple[Point, ...]:
    left, right, top, bottom = mapping.blend.widths
    return (left, 0.5), (1.0 - right, 0.5), (0.5, top), (0.5, 1.0 - bottom)


def _sliced(part: Slice, index: int, to: Point) -> Slice:
    """A slice with one corner elsewhere, the opposite one where it is."""
    x, y = (min(max(v, 0.0), 1.0) for v in to)
    fixed = part.corners[(index + 2) % 4]
    left, right = (min(x, fixed[0] - 0.01), fixed[0]) if index in (0, 3) else (fixed[0], max(x, fixed[0] + 0.01))
    top, bottom = (min(y, fixed[1] - 0.01), fixed[1]) if index in (0, 1) else (fixed[1], max(y, fixed[1] + 0.01))
    return Slice(left, top, right - left, bottom - top).kept()


def _mask_of(masks: tuple[Mask, ...], index: int) -> tuple[int, int] | None:
    """(mask, point of it) that handle number `index` is."""
    for number, mask in enumerate(masks):
        if 0 <= index < len(mask.points):
            return number, index
        index -= len(mask.points)
    return None


def _masked(masks: tuple[Mask, ...], index: int, to: Point) -> tuple[Mask, ...]:
    found = _mask_of(masks, index)
    if found is None:
        return masks
    number, k = found
    points = masks[number].points
    fresh = replace(masks[number], points=(*points[:k], to, *points[k + 1 :]))
    return (*masks[:number], fresh, *masks[number + 1 :])

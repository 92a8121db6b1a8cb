"""ONNX operators that move numbers about, as torch functions: see `_ops`."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vj.generators.torch._node import Node, Op

#: Numbers of ONNX element types.
DTYPES = {
    1: torch.float32,
    2: torch.uint8,
    3: torch.int8,
    5: torch.int16,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    10: torch.float16,
    11: torch.float64,
    16: torch.bfloat16,
}


def _cast(node: Node, x: Tensor) -> Tensor:
    kind = node.get("to", 1)
    if kind not in DTYPES:
        raise node.refused(f"element type {kind}")
    return x.to(DTYPES[kind])


def _reshape(node: Node, x: Tensor, shape: list[int]) -> Tensor:
    kept = shape if node.get("allowzero", 0) else [x.shape[k] if n == 0 else n for k, n in enumerate(shape)]
    return x.reshape(kept)


def axes_of(node: Node, axes: list[int] | None) -> list[int] | None:
    """From the operand, or the attribute of older opsets."""
    found = node.get("axes", None) if axes is None else axes
    return None if found is None else list(found)


def _unsqueeze(node: Node, x: Tensor, axes: list[int] | None = None) -> Tensor:
    found = axes_of(node, axes) or []
    rank = x.dim() + len(found)
    sides = list(x.shape)
    for axis in sorted(axis % rank for axis in found):
        sides.insert(axis, 1)
    return x.reshape(sides)


def _squeeze(node: Node, x: Tensor, axes: list[int] | None = None) -> Tensor:
    found = axes_of(node, axes)
    return x.squeeze() if found is None else x.squeeze(tuple(found))


def _slice(
    node: Node,
    x: Tensor,
    starts: list[int] | None = None,
    ends: list[int] | None = None,
    axes: list[int] | None = None,
    steps: list[int] | None = None,
) -> Tensor:
    starts, ends = starts or node.get("starts", []), ends or node.get("ends", [])
    axes = axes_of(node, axes) or list(range(len(starts)))
    for start, end, axis, step in zip(starts, ends, axes, steps or [1] * len(starts), strict=True):
        if step > 0:
            x = x[(slice(None),) * (axis % x.dim()) + (slice(start, end, step),)]
        else:
            rows = range(x.shape[axis])[start:end:step]  # backwards, from the first to the last of these
            low, high = (rows[-1], rows[0]) if rows else (0, -1)
            back = x.narrow(axis, low, high - low + 1).flip(axis)
            x = back[(slice(None),) * (axis % x.dim()) + (slice(None, None, -step),)]
    return x


def _gather(node: Node, x: Tensor, index: Tensor) -> Tensor:
    axis = node.get("axis", 0) % x.dim()
    if index.numel() == 1 and x.device.type == "cpu":  # a view, and no search
        return x.narrow(axis, int(index) % x.shape[axis], 1).reshape(
            (*x.shape[:axis], *index.shape, *x.shape[axis + 1 :])
        )
    flat = torch.where(index < 0, index + x.shape[axis], index).reshape(-1)
    return x.index_select(axis, flat).reshape((*x.shape[:axis], *index.shape, *x.shape[axis + 1 :]))


def concat(node: Node, *xs: Tensor) -> Tensor:
    return torch.cat(xs, node.get("axis", 0))


def _split(node: Node, x: Tensor, sizes: list[int] | None = None) -> tuple[Tensor, ...]:
    axis = node.get("axis", 0)
    sizes = sizes or node.get("split", None)
    side = x.shape[axis]
    if not sizes:
        each = -(-side // node.outputs)
        sizes = [min(each, side - start) for start in range(0, side, each)]
    starts = [sum(sizes[:k]) for k in range(len(sizes))]
    return tuple(x.narrow(axis, start, size) for start, size in zip(starts, sizes, strict=True))


def _expand(node: Node, x: Tensor, shape: list[int]) -> Tensor:
    return x.expand(np.broadcast_shapes(tuple(x.shape), tuple(shape)))


def _transpose(node: Node, x: Tensor) -> Tensor:
    return x.permute(node.get("perm", list(range(x.dim()))[::-1]))


def _flatten(node: Node, x: Tensor) -> Tensor:
    axis = node.get("axis", 1)
    first = 1
    for side in x.shape[: axis if axis >= 0 else axis + x.dim()]:
        first *= side
    return x.reshape(first, -1)


def _range(node: Node, start: list[Any], end: list[Any], step: list[Any]) -> Tensor:
    return torch.arange(start[0], end[0], step[0])


def _filled(node: Node, shape: list[int]) -> Tensor:
    value = node.get("value", torch.zeros(1))
    return torch.full(shape, value.item(), dtype=value.dtype)


def _tile(node: Node, x: Tensor, counts: list[int]) -> Tensor:
    return x.repeat(counts)


def _pad(
    node: Node,
    x: Tensor,
    pads: list[int] | None = None,
    value: list[float] | None = None,
    axes: list[int] | None = None,
) -> Tensor:
    pads = pads or node.get("pads", [])
    mode = node.get("mode", "constant")
    known = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}
    if mode not in known:
        raise node.refused(f"mode {mode!r}")
    half = len(pads) // 2
    ends = {axis % x.dim(): (pads[k], pads[half + k]) for k, axis in enumerate(axes or range(half))}
    sides = [end for axis in reversed(range(x.dim())) for end in ends.get(axis, (0, 0))]
    if mode == "constant":
        return F.pad(x, sides, value=value[0] if value else node.get("value", 0.0))
    while len(sides) > 2 and sides[-2:] == [0, 0]:
        sides = sides[:-2]
    return F.pad(x, sides, mode=known[mode])


def _shuffled(node: Node, x: Tensor) -> Tensor:
    """DepthToSpace; CRD is what torch calls pixel shuffle."""
    side = node.get("blocksize", 1)
    if node.get("mode", "DCR") == "CRD":
        return F.pixel_shuffle(x, side)
    n, c, h, w = x.shape
    if x.is_contiguous(memory_format=torch.channels_last):  # whole rows of channels move
        rows = x.permute(0, 2, 3, 1).reshape(n, h, w, side, side, c // side**2).permute(0, 1, 3, 2, 4, 5)
        return rows.reshape(n, h * side, w * side, c // side**2).permute(0, 3, 1, 2)
    parts = x.reshape(n, side, side, c // side**2, h, w).permute(0, 3, 4, 1, 5, 2)
    return parts.reshape(n, c // side**2, h * side, w * side)


def _unshuffled(node: Node, x: Tensor) -> Tensor:
    """SpaceToDepth."""
    side = node.get("blocksize", 1)
    n, c, h, w = x.shape
    parts = x.reshape(n, c, h // side, side, w // side, side).permute(0, 3, 5, 1, 2, 4)
    return parts.reshape(n, c * side**2, h // side, w // side)


#: As they come.
MOVES: dict[str, Op] = {
    "Identity": lambda node, x: x,
    "Dropout": lambda node, x, *rest: x,
    "Cast": _cast,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Slice": _slice,
    "Split": _split,
    "Gather": _gather,
    "Expand": _expand,
    "Transpose": _transpose,
    "Tile": _tile,
    "Pad": _pad,
    "Range": _range,
    "ConstantOfShape": _filled,
    "DepthToSpace": _shuffled,
    "SpaceToDepth": _unshuffled,
}
#: Operands that are no tensors but say how: by operator, their places.
MOVES_HOST: dict[str, tuple[int, ...]] = {
    "Reshape": (1,),
    "Unsqueeze": (1,),
    "Squeeze": (1,),
    "Slice": (1, 2, 3, 4),
    "Split": (1,),
    "Expand": (1,),
    "Tile": (1,),
    "Pad": (1, 2, 3),
    "Range": (0, 1, 2),
    "ConstantOfShape": (0,),
}

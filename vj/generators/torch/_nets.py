"""The ONNX operators that networks are made of, as torch functions: see `_ops`."""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vj.generators.torch._node import Node, Op

_CONVOLUTIONS: Any = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_TRANSPOSED: Any = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def ends(node: Node, rank: int) -> tuple[list[int], list[int]]:
    """Padding before and after, by axis."""
    if node.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise node.refused(f"auto_pad {node.get('auto_pad', '')}")
    pads = list(node.get("pads", [0] * (2 * rank)))
    return pads[:rank], pads[rank:]


def _conv(node: Node, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    rank = x.dim() - 2
    before, after = ends(node, rank)
    if before != after:
        x = F.pad(x, [end for pair in zip(reversed(before), reversed(after), strict=True) for end in pair])
        before = [0] * rank
    strides, dilations = (list(node.get(name, [1] * rank)) for name in ("strides", "dilations"))
    made: Tensor = _CONVOLUTIONS[rank](x, weight, bias, strides, before, dilations, node.get("group", 1))
    return made


def no_shape(node: Node) -> None:
    """Raises BundleError where a transposed convolution says its sides itself."""
    if "output_shape" in node.attributes:
        raise node.refused("it asks for an output shape")


def _conv_transpose(node: Node, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    rank = x.dim() - 2
    before, after = ends(node, rank)
    no_shape(node)
    strides, dilations = (list(node.get(name, [1] * rank)) for name in ("strides", "dilations"))
    more = list(node.get("output_padding", [0] * rank))
    both = [min(pair) for pair in zip(before, after, strict=True)]
    made: Tensor = _TRANSPOSED[rank](x, weight, bias, strides, both, more, node.get("group", 1), dilations)
    for axis, (first, last, cut) in enumerate(zip(before, after, both, strict=True)):
        made = made.narrow(axis + 2, first - cut, made.shape[axis + 2] - (first - cut) - (last - cut))
    return made


def _product(node: Node, a: Tensor, b: Tensor) -> Tensor:
    """a b; where b is a transposed view it stays one: to write it out can take longer than the product."""
    if a.dim() == b.dim() > 2 and not b.is_contiguous() and b.mT.is_contiguous():
        return (b.mT @ a.mT).mT
    return a @ b


def _gemm(node: Node, a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
    a = a.T if node.get("transA", 0) else a
    b = b.T if node.get("transB", 0) else b
    alpha, beta = float(node.get("alpha", 1.0)), float(node.get("beta", 1.0))
    if c is not None:
        return torch.addmm(c, a, b, beta=beta, alpha=alpha)
    return (a @ b) * alpha


def _max_pool(node: Node, x: Tensor) -> Tensor:
    rank = x.dim() - 2
    before, after = ends(node, rank)
    if before != after or rank != 2 or node.outputs > 1:
        raise node.refused("its sides differ")
    sides, strides = (list(node.get(name, [1] * rank)) for name in ("kernel_shape", "strides"))
    return F.max_pool2d(
        x, sides, strides, before, list(node.get("dilations", [1] * rank)), bool(node.get("ceil_mode", 0))
    )


def _mean_pool(node: Node, x: Tensor) -> Tensor:
    before, after = ends(node, x.dim() - 2)
    if before != after or x.dim() != 4:
        raise node.refused("its sides differ")
    sides, strides = (list(node.get(name, [1, 1])) for name in ("kernel_shape", "strides"))
    return F.avg_pool2d(
        x, sides, strides, before, bool(node.get("ceil_mode", 0)), bool(node.get("count_include_pad", 0))
    )


def _softmax(node: Node, x: Tensor) -> Tensor:
    if node.opset >= 13:
        return x.softmax(node.get("axis", -1))
    flat = x.flatten(node.get("axis", 1) % x.dim()) if x.dim() > 1 else x
    return flat.softmax(-1).reshape(x.shape)


def _batch_norm(node: Node, x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    if node.get("training_mode", 0):
        raise node.refused("it is in training mode")
    return F.batch_norm(x, mean, variance, scale, shift, eps=node.get("epsilon", 1e-5))


def _instance_norm(node: Node, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    return F.instance_norm(x, weight=scale, bias=shift, eps=node.get("epsilon", 1e-5))


def _layer_norm(node: Node, x: Tensor, scale: Tensor, shift: Tensor | None = None) -> Tensor:
    sides = list(x.shape[node.get("axis", -1) % x.dim() :])
    shift = None if shift is None else shift.expand(sides)
    return F.layer_norm(x, sides, scale.expand(sides), shift, node.get("epsilon", 1e-5))


def _resize(node: Node, x: Tensor, *how: list[Any] | None) -> Tensor:
    """Resize of opsets 10 to 21 (roi, scales, sizes after the first), and Upsample, which it replaced."""
    scales, sizes = (how[0], None) if len(how) == 1 else ((*how, None, None)[1], (*how, None, None)[2])
    axes = list(node.get("axes", range(x.dim())))
    if sizes:
        wanted = dict(zip(axes, sizes, strict=True))
        factors = [wanted.get(k, x.shape[k]) / x.shape[k] for k in range(x.dim())]
    else:
        given = dict(zip(axes, scales or node.get("scales", []), strict=True))
        factors = [float(given.get(k, 1.0)) for k in range(x.dim())]
    if (
        factors[:2] != [1.0, 1.0]
        or node.get("antialias", 0)
        or node.get("keep_aspect_ratio_policy", "stretch") != "stretch"
    ):
        raise node.refused("it does more than change the sides of pictures")
    usual = "asymmetric" if node.kind == "Upsample" or node.opset < 11 else "half_pixel"
    where = node.get("coordinate_transformation_mode", usual)
    side = [int(wanted.get(k, x.shape[k])) for k in range(2, x.dim())] if sizes else None
    return _interpolated(node, x, factors[2:], side, where)


def _interpolated(node: Node, x: Tensor, factors: list[float], side: list[int] | None, where: str) -> Tensor:
    mode = node.get("mode", "nearest")
    to: dict[str, Any] = {"size": side} if side else {"scale_factor": factors, "recompute_scale_factor": False}
    if mode == "nearest":
        floor = where == "asymmetric" and (node.get("nearest_mode", "floor") == "floor" or node.opset < 11)
        whole = all(factor >= 1 and factor == int(factor) for factor in factors)
        if floor or (whole and where.endswith("half_pixel") and "round" in node.get("nearest_mode", "round")):
            return F.interpolate(x, **to, mode="nearest")
    smooth = mode == "linear" or (mode == "cubic" and node.get("cubic_coeff_a", -0.75) == -0.75)
    if smooth and where in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        kind = {1: "linear", 2: "bilinear", 3: "trilinear"}[x.dim() - 2] if mode == "linear" else "bicubic"
        return F.interpolate(x, **to, mode=kind, align_corners=where == "align_corners")
    raise node.refused(f"{mode} by {where}")


def _sampled(node: Node, x: Tensor, grid: Tensor) -> Tensor:
    modes = {
        "bilinear": "bilinear",
        "linear": "bilinear",
        "nearest": "nearest",
        "bicubic": "bicubic",
        "cubic": "bicubic",
    }
    how = modes[node.get("mode", "bilinear")]
    return F.grid_sample(x, grid, how, node.get("padding_mode", "zeros"), bool(node.get("align_corners", 0)))


#: Their pictures and kernels may be narrow.
NARROW: dict[str, Op] = {"Conv": _conv, "ConvTranspose": _conv_transpose}
#: Narrow where what comes in is.
PRODUCTS: dict[str, Op] = {"MatMul": _product, "Gemm": _gemm}
#: Statistics, and places in a picture: always in single precision.
EXACT: dict[str, Op] = {
    "InstanceNormalization": _instance_norm,
    "LayerNormalization": _layer_norm,
    "GridSample": _sampled,
}
#: As they come.
REST: dict[str, Op] = {
    "BatchNormalization": _batch_norm,  # a scale and an offset by now: torch keeps them in single precision itself
    "MaxPool": _max_pool,
    "AveragePool": _mean_pool,
    "GlobalAveragePool": lambda node, x: x.mean(tuple(range(2, x.dim())), keepdim=True),
    "Softmax": _softmax,
    "Resize": _resize,
    "Upsample": _resize,
}
#: See `_moves`.
NETS_HOST = {"Resize": (1, 2, 3), "Upsample": (1,)}

"""Writes a generator of lucidrains/stylegan2-pytorch as the two graphs of a bundle.

    mapper       z, psi             -> w, as far from the mean w as psi says
    synthesizer  styles [N, L, W]   -> image

What differs from StyleGAN2: no equalised rate, a style of 0 scales by 1, pictures grow by bilinear interpolation, the
picture is blurred as it grows, one style serves a whole block, one noise all layers. It draws in 0..1.
"""

import numpy as np

from vj.core.types import F32
from vj.workshop.graph import Graph, Value
from vj.workshop.lucidrains.plan import EPSILON, SLOPE, Plan


def mapper(plan: Plan) -> Graph:
    """z [N, Z] brought to length 1, psi [N] -> w [N, Z]; the mean w is that of many z."""
    g = Graph()
    x = g.input("z", ["batch", plan.z])
    x = x / g.op("Max", g.sqrt(g.sum(x * x, 1)), np.float32(1e-12))
    for k in range(plan.depth):
        weight, bias = (plan.tensors[f"mapping.{2 * k}.{part}"] * np.float32(plan.rate) for part in ("weight", "bias"))
        x = g.op("LeakyRelu", g.op("Gemm", x, weight, bias, transB=1), alpha=SLOPE)
    mean, psi = plan.styles().mean(0), g.reshape(g.input("psi", ["batch"]), -1, 1)
    g.output("w", (x - mean) * psi + mean, ["batch", plan.z])
    return g


def synthesizer(plan: Plan) -> Graph:
    """styles [N, L, W] -> image [N, 3, side, side], about -1..1 but not limited to it; alpha is left out."""
    g, t = Graph(), plan.tensors
    styles = g.input("styles", ["batch", plan.blocks, plan.z])
    noise = np.ascontiguousarray(plan.noise.T)  # the original turns it, rows for columns
    first = g.constant(t["initial_block"])
    x = g.op("Conv", first, t["initial_conv.weight"], t["initial_conv.bias"], pads=[1] * 4)
    image: Value | None = None
    for k in range(plan.blocks):
        at, side = f"blocks.{k}", 4 << k
        style = g.reshape(g.take(styles, 1, k, k + 1), -1, plan.z)
        x = _larger(x) if k else x
        for number in (1, 2):
            x = _styled(x, style, plan, f"{at}.conv{number}", f"{at}.to_style{number}")
            weight, bias = (t[f"{at}.to_noise{number}.{part}"].reshape(1, -1, 1, 1) for part in ("weight", "bias"))
            x = x + g.constant(noise[None, None, :side, :side]) * weight + bias
            x = g.op("LeakyRelu", x, alpha=SLOPE)
        kernel = t[f"{at}.to_rgb.conv.weight"][:3]
        said = g.op("Conv", x * _spread(_style(style, plan, f"{at}.to_rgb.to_style")), kernel)
        image = said if image is None else image + said
        if k + 1 < plan.blocks:
            image = _blurred(_larger(image), t[f"{at}.to_rgb.upsample.1.f"])
    assert image is not None
    g.output("image", image * 2.0 - 1.0, ["batch", 3, plan.side, plan.side])
    return g


def _styled(x: Value, style: Value, plan: Plan, name: str, styled_by: str) -> Value:
    """conv(x s) / |s W|."""
    g, kernel = x.graph, plan.tensors[f"{name}.weight"]
    s = _style(style, plan, styled_by)
    size = (s * s) @ np.ascontiguousarray((kernel * kernel).sum((2, 3)).T) + EPSILON
    return g.op("Conv", x * _spread(s), kernel, pads=[1] * 4) / _spread(g.sqrt(size))


def _style(style: Value, plan: Plan, name: str) -> Value:
    """What a style scales channels by: its weights and 1."""
    return style.graph.op("Gemm", style, plan.tensors[f"{name}.weight"], plan.tensors[f"{name}.bias"] + 1, transB=1)


def _larger(x: Value) -> Value:
    """Twice as large, bilinear."""
    how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    return x.graph.op("Resize", x, None, x.graph.constant([1, 1, 2, 2]), **how)


def _blurred(image: Value, taps: F32) -> Value:
    """Each of three channels filtered; edges are mirrored."""
    g = image.graph
    kernel = np.outer(taps, taps) / np.abs(np.outer(taps, taps)).sum()
    each = np.broadcast_to(kernel, (3, 1, 3, 3)).astype(np.float32)
    mirrored = g.op("Pad", image, g.constant([0, 0, 1, 1, 0, 0, 1, 1], np.int64), mode="reflect")
    return g.op("Conv", mirrored, each, group=3)


def _spread(x: Value) -> Value:
    """[N, K] -> [N, K, 1, 1]."""
    return x.graph.op("Unsqueeze", x, x.graph.constant([2, 3], np.int64))

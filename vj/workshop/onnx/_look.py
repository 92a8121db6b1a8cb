"""Looks at what a foreign network makes of known inputs, and holds what was put around it against that."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from vj.core.errors import BundleError
from vj.core.types import F32
from vj.workshop.onnx import _wrap
from vj.workshop.onnx._decoder import layout, noise_name
from vj.workshop.onnx._ports import Port, Ports
from vj.workshop.onnx._trial import trial

Arrays = Mapping[str, NDArray[Any]]
#: How far a wrapped network may be from its own, of the whole range: single precision, and half.
_TOLERANCE = 1e-3
_TOLERANCE_HALF = 2e-2


@dataclass(frozen=True)
class Looks:
    """`raw` [K, ...] outputs for `z` [K, *z_shape] and class numbers `labels` [K], psi 1 and the noise of `noises`;
    `shorter` [K, ...] for half of z, none where that was not asked for."""

    z: F32
    labels: NDArray[np.int64]
    raw: F32
    shorter: F32


def look(network: onnx.ModelProto, ports: Ports, z: F32, name: str, halved: bool = False) -> Looks:
    """What `network` gives for z [K, *z_shape], and `halved` for half of it too.

    Raises BundleError for no numbers, and for others at each run.
    """
    labels = np.arange(len(z)) % max(ports.classes, 1)
    every = [z, z * np.float32(0.5)] if halved else [z]
    feeds = [_raw_feed(ports, row, int(label)) for rows in every for row, label in zip(rows, labels, strict=True)]
    results = trial(network, [*feeds, feeds[0]], name)
    outputs = [result[ports.image.name] for result in results]
    if any(o.shape != outputs[0].shape or o.ndim < 2 or o.shape[0] != 1 for o in outputs):
        raise BundleError(
            f"{name} gives {list(outputs[0].shape)} for one z", name, "export it for one z, or a free batch"
        )
    raw = np.concatenate(outputs[:-1]).astype(np.float32)
    if not np.isfinite(raw).all():
        share = 100.0 * float(np.mean(~np.isfinite(raw)))
        raise BundleError(f"{name} gives numbers that are none (NaN or infinite, {share:.0f} %)", name, _NAN)
    if not np.array_equal(outputs[-1], outputs[0]):
        raise BundleError(f"{name} gives another result each time for the same z", name, "export it in evaluation mode")
    return Looks(z, labels, raw[: len(z)], raw[len(z) :])


_NAN = "export it in float32 and in evaluation mode; does it give a picture where it was trained?"


def noises(ports: Ports) -> dict[str, F32]:
    """Noise that `look` feeds, by the names that a bundle has for it."""
    draws = [
        np.random.default_rng(k).standard_normal((1, *(p.fixed or ())), np.float32) for k, p in enumerate(ports.noises)
    ]
    return {noise_name(k): draw for k, draw in enumerate(draws)}


def settled(
    network: onnx.ModelProto,
    free: onnx.ModelProto,
    build: Callable[[onnx.ModelProto], onnx.ModelProto],
    feeds: Sequence[Arrays],
    expected: F32,
    name: str,
) -> onnx.ModelProto:
    """The first way to put graphs around `network` that gives `expected` [K, ...] for each of K feeds and all at once.

    `free` is the same network with its batch freed, which may have gone wrong; then one picture is made after the
    other. Raises BundleError when neither does.
    """
    ways: list[Callable[[], onnx.ModelProto]] = [lambda: build(free), lambda: _wrap.repeated(build(network))]
    shared = [key for key in feeds[0] if key.startswith("noise")]
    batch = {key: feeds[0][key] if key in shared else np.concatenate([f[key] for f in feeds]) for key in feeds[0]}
    near = _TOLERANCE_HALF if _has_half(network) else _TOLERANCE
    reason = ""
    for way in ways:
        try:
            model = way()
            *single, together = [next(iter(r.values())) for r in trial(model, [*feeds, batch], name)]
        except (BundleError, ValueError, onnx.checker.ValidationError) as error:
            reason = str(getattr(error, "what", error)).split("\n")[0]
            continue
        if together.shape == expected.shape and all(s.shape == expected[:1].shape for s in single):
            apart = max(np.abs(together - expected).max(), np.abs(np.concatenate(single) - expected).max())
            if apart <= near * max(1.0, float(np.abs(expected).max())):
                return model
            reason = f"its pictures are {apart:.2g} away from those of the file"
        else:
            reason = f"it gives {list(together.shape)} for a batch, not {list(expected.shape)}"
    raise BundleError(
        f"{name} cannot be made a bundle: {reason}", name, "export it with a free batch and without tricks"
    )


def shown(raw: F32, span: tuple[float, float]) -> F32:
    """Raw pictures as [K, 3, H, W] in [-1, 1], for `span` of black and white."""
    height, width, channels, first = layout(raw.shape)
    planes = raw if first else np.moveaxis(raw, 3, 1)
    planes = planes.reshape(len(raw), channels, height, width)[:, : channels - (channels in (2, 4))]
    scaled = (planes.astype(np.float64) - span[0]) / (span[1] - span[0]) * 2.0 - 1.0
    return np.broadcast_to(scaled, (len(raw), 3, height, width)).astype(np.float32)


def last_operator(network: onnx.ModelProto, port: Port) -> str:
    """The operator that made the numbers of `port`, before they were moved or cast."""
    makers = {output: node for node in network.graph.node for output in node.output}
    name = port.name
    for _ in range(8):
        node = makers.get(name)
        if node is None or node.op_type not in ("Identity", "Cast", "Transpose", "Reshape", "Squeeze", "Unsqueeze"):
            return str(node.op_type) if node else ""
        name = node.input[0]
    return ""


def _raw_feed(ports: Ports, z: F32, label: int) -> dict[str, NDArray[Any]]:
    """Feeds of the network as it is, for one z."""
    feeds: dict[str, NDArray[Any]] = {ports.z.name: z[None]}
    if ports.label:
        one = np.array(label) if ports.by_number else np.eye(ports.classes)[label]
        feeds[ports.label.name] = one.reshape([1] * (len(ports.label.shape) - one.ndim) + list(one.shape))
    if ports.psi:
        feeds[ports.psi.name] = np.ones([1] * len(ports.psi.shape))
    for port, draw in zip(ports.noises, noises(ports).values(), strict=True):
        feeds[port.name] = draw
    for port in ports.empty:
        feeds[port.name] = np.zeros((1, 0))
    every = [port for port in (ports.z, ports.label, ports.psi, *ports.noises, *ports.empty) if port]
    return {port.name: feeds[port.name].astype(helper.tensor_dtype_to_np_dtype(port.kind)) for port in every}


def _has_half(network: onnx.ModelProto) -> bool:
    return any(tensor.data_type == TensorProto.FLOAT16 for tensor in network.graph.initializer)

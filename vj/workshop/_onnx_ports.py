"""Which input of a foreign decoder is z, which the class, which psi, which noise, and which output the picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import onnx
from onnx import TensorProto

from vj.core.errors import BundleError

Sides = tuple[int | str, ...]

_FLOATS = frozenset({TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE})
_INTEGERS = frozenset({TensorProto.INT64, TensorProto.INT32})
_PICTURES = _FLOATS | {TensorProto.UINT8}
_Z = (
    "z",
    "latent",
    "latents",
    "latent_vector",
    "latent_sample",
    "x",
    "input",
    "inputs",
    "noise",
    "style",
    "styles",
    "w",
)
_CLASS = ("class", "classes", "class_vector", "class_label", "label", "labels", "y", "c", "cond", "onehot", "one_hot")
_PSI = ("psi", "truncation", "truncation_psi", "trunc")
_IMAGE = ("image", "images", "img", "picture", "output", "sample", "out")
#: Most numbers that z may have: a latent of 4 x 64 x 64 has 16384.
MAX_Z = 1 << 16


@dataclass(frozen=True)
class Port:
    """An input or output: `kind` is ONNX's element type, `shape` has numbers, and names of free sizes ("" if none)."""

    name: str
    kind: int
    shape: Sides

    @property
    def fixed(self) -> tuple[int, ...] | None:
        """The sides after the batch, or None where one of them is free."""
        sides = tuple(side for side in self.shape[1:] if isinstance(side, int) and side > 0)
        return sides if len(sides) == len(self.shape) - 1 else None


@dataclass(frozen=True)
class Ports:
    """What is fed and what comes out. `z_shape` are the sides of one z; `classes` 0 without a class input."""

    z: Port
    z_shape: tuple[int, ...]
    label: Port | None
    classes: int
    psi: Port | None
    noises: tuple[Port, ...]
    image: Port

    @property
    def by_number(self) -> bool:
        """Whether the class is asked for by its number, not by weights."""
        return self.label is not None and self.label.kind in _INTEGERS


def find_ports(
    model: onnx.ModelProto, file: str, z: int | None = None, classes: int | None = None, mapping: bool = False
) -> Ports:
    """The ports of `model`; `z` and `classes` say sizes that the graph leaves free. Raises BundleError.

    A mapping network gives w [N, W] or [N, L, W] in place of a picture.
    """
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [_port(value) for value in model.graph.input if value.name not in constants]
    label = _named(inputs, _CLASS, _FLOATS | _INTEGERS) or next((p for p in inputs if p.kind in _INTEGERS), None)
    psi = _named(inputs, _PSI, _FLOATS)
    rest = [p for p in inputs if p not in (label, psi)]
    latent, z_shape = _latent(rest, file, z)
    if isinstance(latent.shape[0], int) and latent.shape[0] not in (0, 1):
        what = f"{file} is fixed to batches of {latent.shape[0]}"
        raise BundleError(what, file, "export it for one picture, or with a free batch")
    noises = tuple(p for p in rest if p is not latent)
    for port in noises:
        if port.kind not in _FLOATS or "noise" not in port.name.lower() or port.fixed is None or len(port.shape) < 2:
            what = f"{file} has an input {port.name!r} {list(port.shape)} that nothing feeds"
            hint = (
                "z, one class input, psi and noise of a fixed size can be fed; export it with the others as constants"
            )
            raise BundleError(what, file, hint)
    count = _classes(model, label, file, classes) if label else 0
    return Ports(latent, z_shape, label, count, psi, noises, (_mapped if mapping else _image)(model, file))


def _port(value: onnx.ValueInfoProto) -> Port:
    sort = value.type.tensor_type
    sides = [side.dim_value if side.HasField("dim_value") else side.dim_param for side in sort.shape.dim]
    return Port(value.name, sort.elem_type, tuple(sides))


def _named(ports: Sequence[Port], names: Sequence[str], kinds: frozenset[int]) -> Port | None:
    """The port with one of `names`, the likeliest first."""
    found = {port.name.lower().split(".")[-1].strip("_"): port for port in ports if port.kind in kinds}
    return next((found[name] for name in names if name in found), None)


def _latent(ports: Sequence[Port], file: str, z: int | None) -> tuple[Port, tuple[int, ...]]:
    """z: by its name, else the only input that is left, else the one of the size asked for."""
    floats = [port for port in ports if port.kind in _FLOATS and len(port.shape) >= 2]
    sized = [port for port in floats if z is not None and port.fixed and _product(port.fixed) == z]
    pick = _named(sized or floats, _Z, _FLOATS) or next(iter(sized or floats), None)
    if pick is None:
        what = f"{file} has no input that could be z: {', '.join(f'{p.name} {list(p.shape)}' for p in ports) or 'none'}"
        raise BundleError(what, file, "a decoder takes z [N, Z] of float numbers")
    sides = pick.fixed
    if sides is None and z is not None and len(pick.shape) == 2:
        sides = (z,)
    if sides is None:
        what = f"the size of {pick.name!r} {list(pick.shape)} is left free by {file}"
        raise BundleError(what, file, "say it with --z, or export it with a fixed size")
    count = _product(sides)
    if z is not None and count != z:
        raise BundleError(
            f"{pick.name!r} of {file} has {count} numbers, not {z}", file, f"leave out --z, or say {count}"
        )
    if not 1 <= count <= MAX_Z:
        raise BundleError(f"a z of {count} numbers is absurd; at most {MAX_Z} make sense", file, "is it a decoder?")
    return pick, sides


def _classes(model: onnx.ModelProto, label: Port, file: str, asked: int | None) -> int:
    """How many classes: from the sides of the input, or the rows of the table that the number looks up."""
    found = label.fixed[0] if label.kind in _FLOATS and label.fixed and len(label.fixed) == 1 else None
    if label.kind in _INTEGERS:
        rows = {t.name: t.dims[0] for t in model.graph.initializer if t.dims}
        looked = [n.input[0] for n in model.graph.node if n.op_type == "Gather" and n.input[1] == label.name]
        found = next((rows[name] for name in looked if name in rows), None)
    if found is not None and asked is not None and found != asked:
        raise BundleError(f"{label.name!r} of {file} has {found} classes, not {asked}", file, "correct --classes")
    count = found or asked
    if not count or not 1 <= count <= 100_000:
        what = f"{file} does not say how many classes {label.name!r} {list(label.shape)} has"
        raise BundleError(what, file, "say it with --classes: a number, names with commas, or a file of names")
    return int(count)


def _image(model: onnx.ModelProto, file: str) -> Port:
    outputs = [_port(value) for value in model.graph.output]
    pictures = [p for p in outputs if p.kind in _PICTURES and len(p.shape) in (3, 4)]
    unsaid = [p for p in outputs if p.kind in _PICTURES and not p.shape]
    pick = _named(pictures or unsaid, _IMAGE, frozenset(_PICTURES)) or next(iter(pictures or unsaid), None)
    if pick is None:
        told = ", ".join(f"{p.name} {list(p.shape)}" for p in outputs) or "none"
        hint = "a decoder gives pictures [N, 3, height, width] or [N, height, width, 3]"
        raise BundleError(f"{file} has no output that is a picture: {told}", file, hint)
    return pick


def _mapped(model: onnx.ModelProto, file: str) -> Port:
    outputs = [_port(value) for value in model.graph.output]
    pick = _named(outputs, ("w", "ws", "styles"), _FLOATS) or next((p for p in outputs if p.kind in _FLOATS), None)
    if pick is None:
        raise BundleError(f"{file} has no output that could be w", file, "a mapping gives w [N, W] or [N, L, W]")
    return pick


def _product(sides: Sequence[int]) -> int:
    count = 1
    for side in sides:
        count *= side
    return count

"""Which input of a foreign decoder is z, which the class, which psi, which noise, and which output the picture."""

import math
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
#: Sides of a field of latents where neither the graph nor the user says them: pictures of 256 pixels as a rule.
_SPOTS = (32, 32)
#: What the user says of z.
Asked = tuple[int, ...] | None


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
    """What is fed and what comes out. `z_shape` are the sides of one z; `classes` 0 without a class input.

    `empty` are inputs of no numbers, such as the class of a network without classes. `note` is a sentence on what was
    taken for granted.
    """

    z: Port
    z_shape: tuple[int, ...]
    label: Port | None
    classes: int
    psi: Port | None
    noises: tuple[Port, ...]
    image: Port
    empty: tuple[Port, ...] = ()
    note: str = ""

    @property
    def by_number(self) -> bool:
        """Whether the class is asked for by its number, not by weights."""
        return self.label is not None and self.label.kind in _INTEGERS


def find_ports(
    model: onnx.ModelProto, file: str, z: Asked = None, classes: int | None = None, mapping: bool = False
) -> Ports:
    """The ports of `model`; `z` and `classes` say sizes that the graph leaves free. Raises BundleError.

    `z` is the number of its numbers, of its channels, or all of its sides: (4,) and (4, 32, 32) may be the same.

    A mapping network gives w [N, W] or [N, L, W] in place of a picture.
    """
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [_port(value) for value in model.graph.input if value.name not in constants]
    empty = tuple(p for p in inputs if 0 in p.shape[1:]) if len(inputs) > 1 else ()
    inputs = [p for p in inputs if p not in empty]
    label = _named(inputs, _CLASS, _FLOATS | _INTEGERS) or _unnamed_label(inputs, classes)
    psi = _named(inputs, _PSI, _FLOATS)
    rest = [p for p in inputs if p not in (label, psi)]
    latent, z_shape, note = _latent(rest, file, z)
    noises = tuple(p for p in rest if p is not latent)
    for port in noises:
        if port.kind not in _FLOATS or "noise" not in port.name.lower() or port.fixed is None or len(port.shape) < 2:
            what = f"{file} has an input {port.name!r} {list(port.shape)} that nothing feeds"
            hint = (
                "z, one class input, psi and noise of a fixed size can be fed; export it with the others as constants"
            )
            raise BundleError(what, file, hint)
    count = _classes(model, label, file, classes) if label else 0
    shown = (_mapped if mapping else _image)(model, file)
    return Ports(latent, z_shape, label, count, psi, noises, shown, empty, note)


def fixed_batch(model: onnx.ModelProto) -> int:
    """Pictures that `model` makes at once and can make no other number of; 1 where it makes one, or any number."""
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [_port(value) for value in model.graph.input if value.name not in constants]
    named = _named(inputs, _Z, _FLOATS) or next((p for p in inputs if p.kind in _FLOATS and len(p.shape) >= 2), None)
    first = named.shape[0] if named and named.shape else 1
    return first if isinstance(first, int) and first > 1 else 1


def _port(value: onnx.ValueInfoProto) -> Port:
    sort = value.type.tensor_type
    sides = [side.dim_value if side.HasField("dim_value") else side.dim_param for side in sort.shape.dim]
    return Port(value.name, sort.elem_type, tuple(sides))


def _named(ports: Sequence[Port], names: Sequence[str], kinds: frozenset[int]) -> Port | None:
    """The port with one of `names`, the likeliest first."""
    found = {port.name.lower().split(".")[-1].strip("_"): port for port in ports if port.kind in kinds}
    return next((found[name] for name in names if name in found), None)


def _unnamed_label(ports: Sequence[Port], classes: int | None) -> Port | None:
    """The class input by its type, or by its size where the user says how many classes there are."""
    by_number = next((p for p in ports if p.kind in _INTEGERS), None)
    if by_number or classes is None or len(ports) < 2:
        return by_number
    wide = [p for p in ports if p.kind in _FLOATS and p.fixed == (classes,) and p is not _named(ports, _Z, _FLOATS)]
    return wide[-1] if wide else None


def _latent(ports: Sequence[Port], file: str, z: Asked) -> tuple[Port, tuple[int, ...], str]:
    """z: by its name, else the only input that is left, else the one of the size asked for; its sides, and a note."""
    floats = [port for port in ports if port.kind in _FLOATS and len(port.shape) >= 2]
    sized = [port for port in floats if z and port.fixed and _product(port.fixed) == _product(z)]
    pick = _named(sized or floats, _Z, _FLOATS) or next(iter(sized or floats), None)
    if pick is None:
        what = f"{file} has no input that could be z: {', '.join(f'{p.name} {list(p.shape)}' for p in ports) or 'none'}"
        raise BundleError(what, file, "a decoder takes z [N, Z] of float numbers")
    sides, note = (pick.fixed, "") if pick.fixed else _free_sides(pick, z)
    if sides is None:
        what = f"the size of {pick.name!r} {list(pick.shape)} is left free by {file}"
        such = (
            "" if len(pick.shape) == 2 else ", such as --z " + "x".join(map(str, (4, *_SPOTS)[: len(pick.shape) - 1]))
        )
        raise BundleError(what, file, f"say it with --z{such}, or export it with a fixed size")
    count = _product(sides)
    if z and not note and count != _product(z):
        told = "x".join(map(str, z))
        raise BundleError(
            f"{pick.name!r} of {file} has {count} numbers, not {told}", file, f"leave out --z, or say {count}"
        )
    if not 1 <= count <= MAX_Z:
        raise BundleError(f"a z of {count} numbers is absurd; at most {MAX_Z} make sense", file, "is it a decoder?")
    return pick, sides, note


def _free_sides(port: Port, z: Asked) -> tuple[tuple[int, ...] | None, str]:
    """The sides of a z that the graph leaves free, from what the user says of it; None where that does not do."""
    sides = port.shape[1:]
    if not z:
        return None, ""
    if len(z) == len(sides):
        fits = all(asked == side for asked, side in zip(z, sides, strict=True) if isinstance(side, int) and side > 0)
        return (z if fits else None), ""
    if len(z) != 1 or len(sides) != 3:
        return None, ""
    channels = sides[0] if isinstance(sides[0], int) and sides[0] > 0 else z[0]
    if z[0] == channels:  # a field of latents, as autoencoders of pictures have
        told = "x".join(map(str, (channels, *_SPOTS)))
        return (channels, *_SPOTS), f"z is taken as {told}, for the file leaves its sides free; --z says another size"
    side = math.isqrt(z[0] // channels)
    return ((channels, side, side) if channels * side * side == z[0] else None), ""


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
        if any(p.kind in _FLOATS and len(p.shape) in (2, 3) for p in outputs):
            hint += "; a mapping gives w: put its synthesis beside it, and import the folder"
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

"""What a checkpoint of BigGAN-deep holds: its sizes, and its weights with spectral norm folded in.

Names are those of the package pytorch-pretrained-biggan. Source: Brock, Donahue and Simonyan, "Large Scale GAN Training
for High Fidelity Natural Image Synthesis", 2019.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vj.core.errors import CheckpointError
from vj.core.types import F32

Tensors = Mapping[str, NDArray[Any]]
#: The side of the first feature map in pixels.
FIRST = 4
#: Width of the largest picture.
_LARGEST = 2048
#: What the package adds to a variance where config.json does not say.
_EPS = 1e-4
_AGAIN = "give the folder with config.json and pytorch_model.bin as the package keeps it"


@dataclass(frozen=True)
class Block:
    """A residual block: its `place` in generator.layers, channels in and out, and whether it doubles the picture."""

    place: int
    inputs: int
    outputs: int
    doubles: bool

    @property
    def channels(self) -> tuple[int, int, int, int]:
        """Channels of its four norms."""
        middle = self.inputs // 4
        return self.inputs, middle, middle, middle

    @property
    def kept(self) -> int:
        """How many of its channels go round it."""
        return self.inputs if self.inputs == self.outputs else self.inputs // 2


@dataclass(frozen=True)
class Shape:
    """Sizes of a network.

    z          length of z; a style is twice as long, z and the embedding of the class
    blocks     the residual blocks, each with a style layer of its own; layer 0 is that of the first feature map
    attention  place of self-attention in generator.layers, right before a block; None where there is none
    knots      truncations at which the statistics of every norm are known, evenly from 0 to 1
    """

    z: int
    classes: int
    blocks: tuple[Block, ...]
    attention: int | None
    knots: int
    eps: float

    @property
    def layers(self) -> int:
        """Style layers L."""
        return 1 + len(self.blocks)

    @property
    def side(self) -> int:
        """Pixels along a side of the picture."""
        return FIRST << sum(block.doubles for block in self.blocks)


def shape_of(arguments: Mapping[str, Any], tensors: Tensors) -> Shape:
    """The sizes, from `tensors`; `arguments` is config.json, {} for a state dict without one.

    Whether a block doubles cannot be seen in its weights: without `layers` in `arguments` every second one does, as in
    the 128, 256 and 512 px networks. Raises CheckpointError.
    """
    places = {int(m[1]) for name in tensors if (m := re.match(r"generator\.layers\.(\d{1,3})\.", name))}
    attention = [place for place in places if f"generator.layers.{place}.gamma" in tensors]
    kept = sorted(places.difference(attention))
    if not kept or len(attention) > 1 or not {place + 1 for place in attention} <= set(kept):
        raise CheckpointError(
            "this is no generator of BigGAN-deep: its blocks are not what they should be", hint=_AGAIN
        )
    z, classes = _sides(tensors, "embeddings.weight", 2)
    knots, _ = _sides(tensors, "generator.bn.running_means", 2)
    doublings = zip(kept, _doublings(arguments, len(kept)), strict=True)
    blocks = tuple(_block(place, doubles, tensors) for place, doubles in doublings)
    eps = arguments.get("eps", _EPS)
    shape = Shape(z, classes, blocks, attention[0] if attention else None, knots, eps)
    _check(shape, arguments)
    return shape


def _check(shape: Shape, arguments: Mapping[str, Any]) -> None:
    """Raise CheckpointError where sizes do not go together."""
    said = arguments.get("output_dim", shape.side)
    if said != shape.side:
        raise CheckpointError(f"config.json says {said!r} pixels, but its layers make {shape.side}", hint=_AGAIN)
    if not isinstance(shape.eps, float) or not 0.0 < shape.eps < 1.0:
        raise CheckpointError(f"eps in config.json is {shape.eps!r}, not a small number", hint=_AGAIN)
    following = [*(block.inputs for block in shape.blocks[1:]), shape.blocks[-1].outputs]
    for block, taken in zip(shape.blocks, following, strict=True):
        if block.outputs != taken or block.outputs not in (block.inputs, block.inputs // 2) or block.inputs % 4:
            sizes = f"{block.inputs} to {block.outputs} channels, the next takes {taken}"
            raise CheckpointError(f"generator.layers.{block.place} leads from {sizes}", hint=_AGAIN)
    if shape.side > _LARGEST:
        raise CheckpointError(f"its layers lead to pictures of {shape.side} pixels", hint=_AGAIN)
    if shape.knots < 2:
        raise CheckpointError("the norms hold statistics of one truncation only", hint=_AGAIN)


def _doublings(arguments: Mapping[str, Any], count: int) -> list[bool]:
    """Which blocks double."""
    layers = arguments.get("layers")
    if layers is None:
        return [k % 2 == 1 for k in range(count)]
    if not isinstance(layers, list | tuple) or len(layers) != count:
        raise CheckpointError(f"config.json does not list the {count} layers that there are weights of", hint=_AGAIN)
    if not all(isinstance(layer, list | tuple) and layer and isinstance(layer[0], bool) for layer in layers):
        raise CheckpointError("a layer in config.json does not begin with true or false", hint=_AGAIN)
    return [layer[0] for layer in layers]


def _block(place: int, doubles: bool, tensors: Tensors) -> Block:
    name = f"generator.layers.{place}"
    inputs, outputs = _sides(tensors, f"{name}.bn_0.running_means", 2)[1], _sides(tensors, f"{name}.conv_3.bias", 1)[0]
    return Block(place, inputs, outputs, doubles)


def _sides(tensors: Tensors, name: str, dims: int) -> tuple[int, ...]:
    """The shape of a tensor that must have so many sides."""
    if name not in tensors or tensors[name].ndim != dims:
        raise CheckpointError(f"this is no generator of BigGAN-deep: {name} is missing or misshapen", hint=_AGAIN)
    return tensors[name].shape


def folded(tensors: Tensors, shape: Shape) -> dict[str, F32]:
    """Every weight of the network by name, spectral norm divided out, and only those three of the last convolution's
    channels that become red, green and blue.

    Raises CheckpointError for a tensor that is missing, misshapen or not finite.
    """
    weights = {name: _weight(tensors, name, sides) for name, sides in _expected(shape).items()}
    for name in ("generator.conv_to_rgb.weight", "generator.conv_to_rgb.bias"):
        weights[name] = np.ascontiguousarray(weights[name][:3])
    return weights


def _weight(tensors: Tensors, name: str, sides: tuple[int, ...]) -> F32:
    raw = tensors.get(name, tensors.get(f"{name}_orig"))
    if raw is None or raw.shape != sides:
        found = "missing" if raw is None else f"{list(raw.shape)}, not {list(sides)}"
        raise CheckpointError(f"{name} is {found}", hint=_AGAIN)
    weight = np.asarray(raw, np.float32)
    if name not in tensors:
        weight = weight / np.float32(_largest(weight.reshape(sides[0], -1), tensors, name))
    if not np.isfinite(weight).all() or (name.endswith("running_vars") and weight.min() < 0):
        raise CheckpointError(f"{name} holds numbers that no trained network has", hint=_AGAIN)
    return weight


def _largest(matrix: F32, tensors: Tensors, name: str) -> float:
    """The largest singular value as the checkpoint knows it: u W v with the vectors it keeps.

    They are taken as they are: another step of power iteration would change the picture. Files of the days when only
    u was kept get the v that belongs to it.
    """
    u, v = (np.asarray(tensors.get(f"{name}_{which}", ()), np.float64) for which in "uv")
    if u.shape == matrix.shape[:1] and f"{name}_v" not in tensors:
        v = u @ matrix.astype(np.float64)
        v = v / max(float(np.linalg.norm(v)), 1e-12)
    if u.shape != matrix.shape[:1] or v.shape != matrix.shape[1:]:
        raise CheckpointError(f"{name} comes without the two vectors of its spectral norm", hint=_AGAIN)
    with np.errstate(all="ignore"):
        sigma = float(u @ (matrix.astype(np.float64) @ v))
    if not np.isfinite(sigma) or abs(sigma) < 1e-12:
        raise CheckpointError(f"the spectral norm of {name} is {sigma:.3g}: it was never trained", hint=_AGAIN)
    return sigma


def _expected(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Every weight and its shape."""
    style, first, last = 2 * shape.z, shape.blocks[0].inputs, shape.blocks[-1].outputs
    sides: dict[str, tuple[int, ...]] = {
        "embeddings.weight": (shape.z, shape.classes),
        "generator.gen_z.weight": (FIRST * FIRST * first, style),
        "generator.gen_z.bias": (FIRST * FIRST * first,),
        "generator.bn.weight": (last,),
        "generator.bn.bias": (last,),
        "generator.bn.running_means": (shape.knots, last),
        "generator.bn.running_vars": (shape.knots, last),
        "generator.conv_to_rgb.weight": (last, last, 3, 3),
        "generator.conv_to_rgb.bias": (last,),
    }
    for block in shape.blocks:
        sides |= _block_sides(shape, block)
        if block.place - 1 == shape.attention:
            sides |= _attention_sides(shape.attention, block.inputs)
    return sides


def _block_sides(shape: Shape, block: Block) -> dict[str, tuple[int, ...]]:
    name, style = f"generator.layers.{block.place}", 2 * shape.z
    sides: dict[str, tuple[int, ...]] = {}
    for k, channels in enumerate(block.channels):
        made = block.outputs if k == 3 else block.channels[1]
        kernel = 3 if k in (1, 2) else 1
        sides |= {f"{name}.bn_{k}.running_{what}": (shape.knots, channels) for what in ("means", "vars")}
        sides |= {f"{name}.bn_{k}.{what}.weight": (channels, style) for what in ("scale", "offset")}
        sides |= {f"{name}.conv_{k}.weight": (made, channels, kernel, kernel), f"{name}.conv_{k}.bias": (made,)}
    return sides


def attention_sides(channels: int) -> dict[str, tuple[int, int]]:
    """Channels out of and into each convolution of self-attention."""
    narrow, half = channels // 8, channels // 2
    return {"theta": (narrow, channels), "phi": (narrow, channels), "g": (half, channels), "o_conv": (channels, half)}


def _attention_sides(place: int, channels: int) -> dict[str, tuple[int, ...]]:
    name = f"generator.layers.{place}"
    sides: dict[str, tuple[int, ...]] = {f"{name}.gamma": (1,)}
    return sides | {f"{name}.snconv1x1_{part}.weight": (*k, 1, 1) for part, k in attention_sides(channels).items()}

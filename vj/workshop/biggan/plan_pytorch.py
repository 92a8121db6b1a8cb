"""What a BigGAN of ajbrock's BigGAN-PyTorch is made of, read from its tensors and checked before it is built.

Tensors have the names of BigGAN.py and BigGANdeep.py: `blocks.0.0.conv1.weight`. Here every matrix takes the whole w,
z and then the embedding of the class: where z is split among the blocks (`hier`), the others' columns are zeros. So a
block's style is a w like any other.

Source: Brock, Donahue and Simonyan, "Large Scale GAN Training for High Fidelity Natural Image Synthesis", 2019;
BigGAN.py, BigGANdeep.py and layers.py of the repository.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vj.core.errors import CheckpointError
from vj.core.types import F32
from vj.workshop.biggan.spectral_pytorch import folded
from vj.workshop.biggan.weights import attention_sides
from vj.workshop.checkpoint.reader import Checkpoint

#: Pixels along a side.
_LARGEST = 4096
#: What is added to a variance where the arguments are silent, and always after the last block.
_EPS = 1e-5
_HINT = "give G_ema.pth (or G.pth) as BigGAN-PyTorch saves it; export its variants as ONNX, and import that"
#: Tensors that training counts with and nobody needs to draw.
_COUNTED = re.compile(r"(^|\.)(u\d+|sv\d+|num_batches_tracked|_tmp_running_(mean|var)|_running_iter)$")
_ATTENTION = {"theta": "theta", "phi": "phi", "g": "g", "o": "o_conv"}


@dataclass(frozen=True)
class Block:
    """A residual block: its place, channels in and out, whether it doubles the picture and self-attention follows."""

    place: int
    inputs: int
    outputs: int
    doubles: bool
    attention: bool

    @property
    def name(self) -> str:
        """What the names of its tensors begin with."""
        return f"blocks.{self.place}.0"


@dataclass(frozen=True)
class Plan:
    """A generator.

    z, classes  sizes of z and of the class weights
    w           size of a style: z and the embedding of the class
    deep        blocks have four convolutions, not two
    first       side of the first map, and its channels
    blocks      each has a style layer of its own; layer 0 is that of the first map
    colours     channels of the picture: 3, or 1 for grey
    weights     float32, spectral norm divided out: kernels by their names; for each norm `NORM.scale` and
                `NORM.offset` [C, W], `NORM.mean` and `NORM.deviation` [C]; "embedding" [classes, W - Z]
    """

    z: int
    classes: int
    w: int
    deep: bool
    first: tuple[int, int]
    blocks: tuple[Block, ...]
    colours: int
    weights: Mapping[str, F32]

    @property
    def layers(self) -> int:
        """Style layers L."""
        return 1 + len(self.blocks)

    @property
    def side(self) -> int:
        """Pixels along a side of the picture."""
        return self.first[0] << sum(block.doubles for block in self.blocks)


def plan(checkpoint: Checkpoint) -> Plan:
    """Read and check a checkpoint of family "biggan-pytorch"; raises CheckpointError with what does not fit."""
    return _Reader(checkpoint).plan()


class _Reader:
    """Takes one tensor after the other, so that none is left over."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._where: Path = checkpoint.source
        self._arguments = checkpoint.arguments
        self._left = dict(checkpoint.tensors)
        self._weights: dict[str, F32] = {}
        self._shared = "shared.weight" in self._left
        self._z = self._embedding = self._chunk = 0

    def plan(self) -> Plan:
        """The whole generator."""
        deep = "blocks.0.0.conv4.weight" in self._left
        blocks = self._blocks(deep)
        first = self._sizes(deep, blocks)
        for block in blocks:
            self._block(block, deep)
        colours = self._last(blocks[-1].outputs)
        left = sorted(name for name in self._left if not _COUNTED.search(name))
        if left:
            raise self._odd(f"it has parts that BigGAN has not: {', '.join(left[:3])}")
        classes = len(self._weights["embedding"])
        w = self._z + self._embedding
        made = Plan(self._z, classes, w, deep, first, blocks, colours, self._weights)
        if made.side > _LARGEST:
            raise self._odd(f"its layers lead to pictures of {made.side} pixels")
        return made

    def _blocks(self, deep: bool) -> tuple[Block, ...]:
        places = sorted({int(m[1]) for n in self._left if (m := re.match(r"blocks\.(\d{1,3})\.0\.", n))})
        if places != list(range(len(places))) or not places:
            raise self._odd(f"of its blocks only {places or 'none'} are there")
        last = "conv4" if deep else "conv2"
        sides = [
            (self._shape(f"blocks.{k}.0.conv1.weight", 4)[1], self._shape(f"blocks.{k}.0.{last}.weight", 4)[0])
            for k in places
        ]
        for k, (_, outs) in enumerate(sides[:-1]):
            if outs != sides[k + 1][0]:
                raise self._odd(f"block {k} makes {outs} channels, and the next one takes {sides[k + 1][0]}")
        depth = self._depth(sides) if deep else 0
        blocks = []
        for k, (ins, outs) in enumerate(sides):
            doubles = k % depth == depth - 1 if deep else f"blocks.{k}.0.conv_sc.weight" in self._left
            blocks.append(Block(k, ins, outs, doubles, f"blocks.{k}.1.gamma" in self._left))
        return tuple(blocks)

    def _depth(self, sides: list[tuple[int, int]]) -> int:
        """Blocks before each doubling of BigGAN-deep: as told, else 2 as its code has, if channels allow."""
        told = self._arguments.get("G_depth")
        changes = [k for k, (ins, outs) in enumerate(sides) if ins != outs]
        for depth in (told,) if isinstance(told, int) else (2, 1, 3, 4):
            if depth > 0 and len(sides) % depth == 0 and all(k % depth == depth - 1 for k in changes):
                return int(depth)
        raise self._odd(f"its {len(sides)} blocks are not so many to each size")

    def _sizes(self, deep: bool, blocks: tuple[Block, ...]) -> tuple[int, int]:
        """Find the sizes of z and w; read the embedding and the first layer. Side and channels of the first map."""
        conditioned = self._shape("blocks.0.0.bn1.gain.weight", 2)
        if self._shared:
            self._weights["embedding"] = self._take("shared.weight", self._shape("shared.weight", 2))
            width = self._weights["embedding"].shape[1]
        else:  # every norm has a row a class
            width = conditioned[0]
            if deep:
                raise self._odd("BigGAN-deep without an embedding of its classes is not read")
            self._weights["embedding"] = np.eye(width, dtype=np.float32)
        outs, ins = self._shape("linear.weight", 2)
        self._embedding = width
        self._chunk = conditioned[1] - width if self._shared else 0
        self._z = self._chunk if deep else ins * (len(blocks) + 1 if self._chunk else 1)
        fits = ins == conditioned[1] if deep else self._chunk in (0, ins)
        side = round((outs / blocks[0].inputs) ** 0.5)
        if self._z < 1 or self._chunk < 0 or not fits or side * side * blocks[0].inputs != outs:
            raise self._odd(f"its first layer is {outs} x {ins}, its first norm takes {conditioned[1]}")
        self._weights["linear.weight"] = self._wide(self._take("linear.weight", (outs, ins)), 0, deep)
        self._weights["linear.bias"] = self._take("linear.bias", (outs,))
        return side, blocks[0].inputs

    def _wide(self, matrix: F32, layer: int, deep: bool) -> F32:
        """[K, W]: a matrix [K, ...] of the part of z, of the embedding or of both that a layer knows."""
        wide = np.zeros((len(matrix), self._z + self._embedding), np.float32)
        if deep:
            return matrix
        if layer == 0:
            wide[:, : matrix.shape[1]] = matrix
            return wide
        wide[:, self._z :] = matrix[:, : self._embedding]
        wide[:, layer * self._chunk : (layer + 1) * self._chunk] = matrix[:, self._embedding :]
        return wide

    def _block(self, block: Block, deep: bool) -> None:
        name, ins, outs = block.name, block.inputs, block.outputs
        middle = ins // 4 if deep else outs
        if deep and (ins % 4 or outs > ins):
            raise self._odd(f"{name} leads from {ins} to {outs} channels")
        takes = (ins, middle, middle, middle) if deep else (ins, outs)
        makes = (middle, middle, middle, outs) if deep else (outs, outs)
        for k, (into, out) in enumerate(zip(takes, makes, strict=True), 1):
            self._norm(f"{name}.bn{k}", into, block.place + 1, deep)
            self._conv(f"{name}.conv{k}", out, into, 1 if deep and k in (1, 4) else 3)
        if not deep and f"{name}.conv_sc.weight" in self._left:
            self._conv(f"{name}.conv_sc", outs, ins, 1)
        elif not deep and ins != outs:
            raise self._odd(f"{name}.conv_sc.weight is missing")
        if block.attention:
            at = f"blocks.{block.place}.1"
            several = self._left[f"{at}.gamma"].shape
            self._weights[f"{at}.gamma"] = self._take(f"{at}.gamma", several if several == (1,) else ()).reshape(1)
            for theirs, part in _ATTENTION.items():
                shape = (*attention_sides(outs)[part], 1, 1)
                self._weights[f"{at}.snconv1x1_{part}.weight"] = self._take(f"{at}.{theirs}.weight", shape)

    def _conv(self, name: str, outs: int, ins: int, kernel: int) -> None:
        self._weights[f"{name}.weight"] = self._take(f"{name}.weight", (outs, ins, kernel, kernel))
        self._weights[f"{name}.bias"] = self._take(f"{name}.bias", (outs,))

    def _norm(self, name: str, channels: int, layer: int, deep: bool) -> None:
        """A norm whose scale and offset come from a style; without an embedding they are rows of a table a class."""
        classes = len(self._weights["embedding"])
        for theirs, ours in (("gain", "scale"), ("bias", "offset")):
            shape = (channels, self._embedding + self._chunk) if self._shared else (classes, channels)
            matrix = self._take(f"{name}.{theirs}.weight", shape)
            self._weights[f"{name}.{ours}"] = self._wide(matrix if self._shared else matrix.T, layer, deep)
        self._statistics(name, channels, self._eps())

    def _statistics(self, name: str, channels: int, eps: float) -> None:
        """Mean and deviation of a norm, wherever the kind of norm that training chose keeps them."""
        for at, mean, variance in (
            (name, "stored_mean", "stored_var"),
            (f"{name}.bn", "stored_mean", "stored_var"),
            (f"{name}.bn", "running_mean", "running_var"),
        ):
            if f"{at}.{mean}" in self._left:
                count = np.asarray(self._left.pop(f"{at}.accumulation_counter", 1.0), np.float32).reshape(-1)
                many = max(float(count[0]), 1.0)  # standing statistics are sums
                self._weights[f"{name}.mean"] = self._take(f"{at}.{mean}", (channels,)) / np.float32(many)
                spread = self._take(f"{at}.{variance}", (channels,)) / np.float32(many) + np.float32(eps)
                if spread.min() <= 0:
                    raise self._odd(f"{at}.{variance} holds numbers that no trained network has")
                self._weights[f"{name}.deviation"] = np.sqrt(spread)
                return
        raise self._odd(f"{name} keeps no statistics: only batch norm is read")

    def _last(self, channels: int) -> int:
        """The last norm and the convolution to colours, of whose channels the first three are seen; how many."""
        for theirs, ours in (("gain", "scale"), ("bias", "offset")):
            self._weights[f"output_layer.0.{ours}"] = self._take(f"output_layer.0.{theirs}", (channels,))
        self._statistics("output_layer.0", channels, _EPS)
        outs, _, kernel, _ = self._shape("output_layer.2.weight", 4)
        colours = 1 if outs == 1 else 3
        if outs == 2 or kernel % 2 == 0:
            raise self._odd(f"its pictures have {outs} channels, of a kernel of {kernel}")
        for part, shape in (("weight", (outs, channels, kernel, kernel)), ("bias", (outs,))):
            self._weights[f"output_layer.2.{part}"] = self._take(f"output_layer.2.{part}", shape)[:colours]
        return colours

    def _eps(self) -> float:
        said = self._arguments.get("BN_eps", _EPS)
        if isinstance(said, bool) or not isinstance(said, int | float) or not 0.0 < said < 1.0:
            raise self._odd(f"BN_eps is {said!r}, not a small number")
        return float(said)

    def _take(self, name: str, shape: tuple[int, ...]) -> F32:
        """A tensor that must have that shape, its spectral norm divided out; nobody takes it again."""
        found = folded(self._left, name)
        if found is None or found.shape != shape:
            has = "is missing" if found is None else f"has shape {list(found.shape)}"
            raise self._odd(f"{name} {has}; {list(shape)} is needed")
        if not np.isfinite(found).all():
            raise self._odd(f"{name} holds numbers that are not finite")
        for part in (name, f"{name}_orig", f"{name}_u", f"{name}_v"):
            self._left.pop(part, None)
        return found

    def _shape(self, name: str, sides: int) -> tuple[int, ...]:
        """The shape of a tensor that must have so many sides."""
        found = self._left.get(name, self._left.get(f"{name}_orig"))
        if found is None or found.ndim != sides or 0 in found.shape:
            has = "is missing" if found is None else f"has shape {list(found.shape)}, not {sides} sides"
            raise self._odd(f"{name} {has}")
        return found.shape

    def _odd(self, what: str) -> CheckpointError:
        return CheckpointError(f"not a BigGAN that can be played: {what}", str(self._where), _HINT)

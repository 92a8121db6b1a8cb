"""What an R3GAN generator is made of, read from its tensors and checked before it is built.

Tensors have the names of R3GAN/Networks.py, without the `.Layer` that its later versions put into the names of
convolutions: `MainLayers.1.Layers.2.LinearLayer2.weight`.

Source: Huang, Gokaslan, Kuleshov and Tompkin, "The GAN is dead; long live the GAN! A Modern Baseline GAN", 2024.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from vj.core.errors import CheckpointError
from vj.core.types import F32
from vj.workshop.checkpoint import whole
from vj.workshop.checkpoint.reader import Checkpoint

#: Slope of the bend, which has no gain; taps of the low-pass filter where a file lacks it; pixels along a side.
SLOPE = 0.2
_FILTER = (1.0, 3.0, 3.0, 1.0)
_LARGEST = 4096
_LAST = "AggregationLayer.weight"
_BASIS = "MainLayers.0.Layers.0"
_HINT = "give an R3GAN snapshot as its training wrote it; export its variants as ONNX, and import that"


@dataclass(frozen=True)
class Plan:
    """A generator.

    tensors     float32, by name
    z, classes  sizes of z and of the class weights; 0 classes for an unconditional one
    w           size of a style: z, then the embedding of the class
    first       height and width of the basis, which the style weighs
    blocks      residual blocks of each stage; from the second on a stage doubles the picture first
    colours     channels of the picture: 3, or 1 for grey
    """

    tensors: Mapping[str, F32]
    z: int
    classes: int
    w: int
    first: tuple[int, int]
    blocks: tuple[int, ...]
    colours: int

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.first[0] << (len(self.blocks) - 1)

    @property
    def width(self) -> int:
        """Pixels from side to side."""
        return self.first[1] << (len(self.blocks) - 1)

    def stage(self, number: int) -> Iterator[str]:
        """What the names of the residual blocks of a stage begin with."""
        return (f"MainLayers.{number}.Layers.{k}" for k in range(1, self.blocks[number] + 1))

    def fir(self, number: int) -> F32:
        """[T, T] low-pass filter of sum 1 of the doubling before a stage."""
        known = self.tensors.get(f"MainLayers.{number}.Layers.0.Resampler.Kernel")
        taps = np.asarray(_FILTER, np.float32)
        return np.outer(taps, taps) / np.float32(taps.sum() ** 2) if known is None else known


def plan(checkpoint: Checkpoint) -> Plan:
    """Read and check a checkpoint of family "r3gan"; raises CheckpointError with what does not fit."""
    where = checkpoint.source
    tensors = {name.replace(".Layer.", "."): np.asarray(v, np.float32) for name, v in checkpoint.tensors.items()}
    found = [m for m in map(re.compile(r"MainLayers\.(\d{1,2})\.Layers\.(\d{1,3})\..+").fullmatch, tensors) if m]
    stages = sorted({int(m[1]) for m in found})
    if stages != list(range(len(stages))) or not stages:
        raise _odd(f"of its stages only {stages or 'none'} are there", where)
    blocks = tuple(max(int(m[2]) for m in found if int(m[1]) == stage) for stage in stages)
    classes, embedding = 0, 0
    if "EmbeddingLayer.weight" in tensors:
        embedding, classes = _shape(tensors, "EmbeddingLayer.weight", 2, where)
    _, w = _shape(tensors, f"{_BASIS}.LinearLayer.weight", 2, where)
    _, *first = _shape(tensors, f"{_BASIS}.Basis", 3, where)
    colours = _shape(tensors, _LAST, 4, where)[0]
    made = Plan(tensors, w - embedding, classes, w, (first[0], first[1]), blocks, colours)
    _check(made, where)
    return made


def _check(made: Plan, where: Path) -> None:
    """Every tensor is there, has its shape and is finite; there is none that we would leave out."""
    if made.z < 1:
        raise _odd("it takes no z, so there is nowhere to walk", where)
    if made.colours not in (1, 3):
        raise _odd(f"its pictures have {made.colours} channels, not 3 or 1", where)
    if min(made.first) < 1 or max(made.height, made.width) > _LARGEST:
        raise _odd(f"its pictures are {made.width} x {made.height}, of {_LARGEST} at most", where)
    whole.check(made.tensors, _expected(made, where), "R3GAN", partial(_odd, where=where))


def _expected(made: Plan, where: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of every tensor that is needed."""
    channels = _shape(made.tensors, f"{_BASIS}.Basis", 3, where)[0]
    yield f"{_BASIS}.Basis", (channels, *made.first)
    yield f"{_BASIS}.LinearLayer.weight", (channels, made.w)
    if made.classes:
        yield "EmbeddingLayer.weight", (made.w - made.z, made.classes)
    for number in range(len(made.blocks)):
        at = f"MainLayers.{number}.Layers.0"
        if number and f"{at}.LinearLayer.weight" in made.tensors:
            outs = _shape(made.tensors, f"{at}.LinearLayer.weight", 4, where)[0]
            yield f"{at}.LinearLayer.weight", (outs, channels, 1, 1)
            channels = outs
        if number and f"{at}.Resampler.Kernel" in made.tensors:
            taps = _shape(made.tensors, f"{at}.Resampler.Kernel", 2, where)[0]
            if taps % 2 or not 2 <= taps <= 32:
                raise _odd(f"{at}.Resampler.Kernel has {taps} taps", where)
            yield f"{at}.Resampler.Kernel", (taps, taps)
        for block in made.stage(number):
            yield from _block(made, block, channels, where)
    yield _LAST, (made.colours, channels, 1, 1)


def _block(made: Plan, name: str, channels: int, where: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    wide = _shape(made.tensors, f"{name}.LinearLayer1.weight", 4, where)[0]
    _, each, side, _ = _shape(made.tensors, f"{name}.LinearLayer2.weight", 4, where)
    if each < 1 or wide % max(each, 1) or side % 2 == 0:
        raise _odd(f"{name} has groups of {each} of its {wide} channels, and kernels of {side} x {side}", where)
    yield f"{name}.LinearLayer1.weight", (wide, channels, 1, 1)
    yield f"{name}.LinearLayer2.weight", (wide, each, side, side)
    yield f"{name}.LinearLayer3.weight", (channels, wide, 1, 1)
    yield f"{name}.NonLinearity1.Bias", (wide,)
    yield f"{name}.NonLinearity2.Bias", (wide,)


def _shape(tensors: Mapping[str, F32], name: str, sides: int, where: Path) -> tuple[int, ...]:
    """The shape of a tensor that must have so many sides."""
    return whole.shape(tensors, name, sides, partial(_odd, where=where))


def _odd(what: str, where: Path) -> CheckpointError:
    return CheckpointError(f"not an R3GAN that can be played: {what}", str(where), _HINT)

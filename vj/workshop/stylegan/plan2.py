"""What a StyleGAN2 generator is made of, read from its tensors, and checked before anything is built.

Tensors have the names of the official PyTorch code: `mapping.fc0.weight`, `synthesis.b8.conv0.affine.weight`. Sizes
come from the tensors; only what no tensor tells (rate, clamp, architecture) is taken from the arguments.
Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020); "Training Generative Adversarial Networks
with Limited Data" (2020).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from vj.core.errors import CheckpointError
from vj.core.types import F32
from vj.workshop.checkpoint import whole
from vj.workshop.checkpoint.reader import Checkpoint

SLOPE = 0.2
GAIN = 2.0**0.5
EPSILON = 1e-8
#: What the official code takes where the arguments are silent: rate of the mapping network, and clamp since StyleGAN3.
_RATE = 0.01
_CLAMP = 256.0
_SIZES = (4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)
_LONGEST = 32  # taps of a low-pass filter
_LARGEST = 4096  # pixels along a side
_FILTER = (1.0, 3.0, 3.0, 1.0)


@dataclass(frozen=True)
class Plan:
    """A StyleGAN2 generator.

    tensors       float32, by official name
    z, c, w       sizes of z, of the label (0: unconditional) and of w
    depth, rate   layers of the mapping network, and the learning rate multiplier that scales them
    size, colours the last block's name, which is the side of square pictures; channels of the picture: 3, or 1 for grey
    architecture  "skip", "orig" or "resnet"
    clamp         convolutions are kept within -clamp..clamp, None for no limit
    start         height and width of the constant that is grown: (4, 4), or any other for pictures that are not square
    """

    tensors: Mapping[str, F32]
    z: int
    c: int
    w: int
    depth: int
    rate: float
    size: int
    colours: int
    architecture: str
    clamp: float | None
    start: tuple[int, int] = (4, 4)

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.shape(self.size)[0]

    @property
    def width(self) -> int:
        """Pixels from side to side."""
        return self.shape(self.size)[1]

    def shape(self, size: int) -> tuple[int, int]:
        """Height and width of the pictures in the block of that name; the first is 4."""
        return self.start[0] * size // 4, self.start[1] * size // 4

    @property
    def sizes(self) -> tuple[int, ...]:
        """Names of the blocks: 4, 8, .. size."""
        return tuple(2**k for k in range(2, self.size.bit_length()))

    @property
    def layers(self) -> int:
        """L: two style layers a block."""
        return 2 * len(self.sizes)

    @property
    def convolutions(self) -> dict[str, int]:
        """Block and layer ("b8.conv0") -> the style layer it reads, in order of size."""
        return {f"b{size}.conv{k}": 2 * b - 1 + k for b, size in enumerate(self.sizes) for k in (0, 1) if 2 * b + k}

    def colour_layer(self, size: int) -> int | None:
        """The style layer that the block's `torgb` reads; None where the block has none."""
        has = self.architecture == "skip" or size == self.size
        return 2 * self.sizes.index(size) + 1 if has else None

    def fir(self, name: str) -> F32:
        """[T, T] low-pass filter of a layer or block, with sum 1."""
        known = self.tensors.get(f"synthesis.{name}.resample_filter")
        taps = np.asarray(_FILTER, np.float32) / np.float32(sum(_FILTER)) if known is None else known
        return np.outer(taps, taps).astype(np.float32) if taps.ndim == 1 else taps

    def noise(self, name: str) -> tuple[F32, float] | None:
        """[height, width] constant noise of a layer and its strength; None where it has none."""
        constant = self.tensors.get(f"synthesis.{name}.noise_const")
        return None if constant is None else (constant, float(self.tensors[f"synthesis.{name}.noise_strength"]))


def plan(checkpoint: Checkpoint) -> Plan:
    """Read and check a checkpoint of family "stylegan2"; raises CheckpointError with what does not fit."""
    tensors = _numbered({name: np.asarray(value, np.float32) for name, value in checkpoint.tensors.items()})
    where = checkpoint.source
    found = (re.fullmatch(r"synthesis\.b(\d{1,6})\.conv1\.weight", name) for name in tensors)
    sizes = sorted(int(match[1]) for match in found if match)
    if not sizes or sizes != list(_SIZES[: len(sizes)]):
        raise _odd(f"it has blocks of sizes {sizes or 'none'}, not 4, 8, 16 and so on to {_SIZES[-1]} at most", where)
    depth = sum(bool(re.fullmatch(r"mapping\.fc\d+\.weight", name)) for name in tensors)
    last, first = (_shape(tensors, f"mapping.fc{k}.weight", 2, where) for k in (depth - 1, 0))
    embedding = _shape(tensors, "mapping.embed.weight", 2, where) if "mapping.embed.weight" in tensors else (0, 0)
    mapping, synthesis = (_table(checkpoint.arguments, f"{part}_kwargs") for part in ("mapping", "synthesis"))
    nested = "synthesis_kwargs" in checkpoint.arguments  # StyleGAN2-ADA nests what StyleGAN3's code keeps flat
    synthesis = synthesis if nested else checkpoint.arguments
    clamp = synthesis.get("conv_clamp", None if nested else _CLAMP)
    made = Plan(
        tensors=tensors,
        z=first[1] - embedding[0],
        c=embedding[1],
        w=last[0],
        depth=depth,
        rate=_number("lr_multiplier", mapping.get("lr_multiplier", _RATE), where),
        size=sizes[-1],
        colours=_shape(tensors, f"synthesis.b{sizes[-1]}.torgb.weight", 4, where)[0],
        architecture=_architecture(synthesis, tensors),
        clamp=None if clamp is None else _number("conv_clamp", clamp, where),
        start=_start(tensors),
    )
    _check(made, (synthesis, mapping), where)
    return made


def _numbered(tensors: Mapping[str, F32]) -> Mapping[str, F32]:
    """The tensors with blocks named b4, b8, .. where some fork names them after its pictures: b3, b6."""
    const = next(
        (match for match in map(re.compile(r"synthesis\.b(\d{1,4})\.const").fullmatch, tensors) if match), None
    )
    first = int(const[1]) if const else 4
    if first in (0, 4):
        return tensors
    named = {f"b{first << k}": f"b{size}" for k, size in enumerate(_SIZES)}
    block = re.compile(r"(synthesis\.)(b\d{1,6})(\..*)")
    found = {name: block.fullmatch(name) for name in tensors}
    return {m[1] + named.get(m[2], m[2]) + m[3] if (m := found[name]) else name: v for name, v in tensors.items()}


def _start(tensors: Mapping[str, F32]) -> tuple[int, int]:
    """Height and width of the constant; a file without one is refused elsewhere."""
    const = tensors.get("synthesis.b4.const")
    return (const.shape[1], const.shape[2]) if const is not None and const.ndim == 3 else (4, 4)


def margins(side: int, taps: int) -> tuple[int, int]:
    """Samples to add before and after a transposed convolution of `side`, so that filtering doubles the size."""
    return side // 2 + (taps + 1) // 2 - (side - 1), side // 2 + (taps - 2) // 2 - (side - 2)


def _architecture(synthesis: Mapping[str, Any], tensors: Mapping[str, F32]) -> str:
    """As told, or as the tensors look."""
    if "synthesis.b8.skip.weight" in tensors:
        return "resnet"
    return str(synthesis.get("architecture", "skip" if "synthesis.b4.torgb.weight" in tensors else "orig"))


def _check(made: Plan, arguments: tuple[Mapping[str, Any], ...], where: Path) -> None:
    """Every tensor is there, has its shape and is finite; there is none that we would leave out."""
    if made.z < 1:
        raise _odd("its mapping network takes no z, so there is nowhere to walk", where)
    if min(made.start) < 1 or max(made.height, made.width) > _LARGEST:
        raise _odd(f"its pictures are {made.width} x {made.height}, of {_LARGEST} at most", where)
    if made.colours not in (1, 3):
        raise _odd(f"its pictures have {made.colours} channels, not 3 or 1", where)
    if {str(some.get("activation", "lrelu")) for some in arguments} != {"lrelu"}:
        raise _odd("its activation is not lrelu", where)
    side = _shape(made.tensors, "synthesis.b4.conv1.weight", 4, where)[-1]
    for name in (*made.convolutions, *(f"b{size}" for size in made.sizes)):
        fir = made.fir(name)
        square = fir.ndim == 2 and fir.shape[0] == fir.shape[1] and np.isfinite(fir).all()
        if not square or not 2 <= len(fir) <= _LONGEST or side % 2 == 0 or min(margins(side, len(fir))) < 0:
            raise _odd(f"{name} has a low-pass filter of {list(fir.shape)} and kernels of {side} x {side}", where)
    whole.check(made.tensors, _expected(made, where), "StyleGAN2", partial(_odd, where=where), ".resample_filter")


def _expected(made: Plan, where: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of every tensor that is needed."""
    features = made.z
    if made.c:
        width = _shape(made.tensors, "mapping.embed.weight", 2, where)[0]
        features += width
        yield from _linear("mapping.embed", made.c, width)
    for k in range(made.depth):
        outs = _shape(made.tensors, f"mapping.fc{k}.weight", 2, where)[0]
        yield from _linear(f"mapping.fc{k}", features, outs)
        features = outs
    if "mapping.w_avg" in made.tensors:
        yield "mapping.w_avg", (made.w,)
    shapes = {size: _shape(made.tensors, f"synthesis.b{size}.conv1.weight", 4, where) for size in made.sizes}
    channels, side = {size: shape[0] for size, shape in shapes.items()}, shapes[4][-1]
    yield "synthesis.b4.const", (channels[4], *made.start)
    for name in made.convolutions:
        size = int(name[1 : name.index(".")])
        ins, outs = channels[size // 2 if name.endswith("conv0") else size], channels[size]
        yield f"synthesis.{name}.weight", (outs, ins, side, side)
        yield f"synthesis.{name}.bias", (outs,)
        yield from _linear(f"synthesis.{name}.affine", made.w, ins)
        if f"synthesis.{name}.noise_const" in made.tensors:
            yield f"synthesis.{name}.noise_const", made.shape(size)
            yield f"synthesis.{name}.noise_strength", ()
        if made.architecture == "resnet" and name.endswith("conv0"):
            yield f"synthesis.b{size}.skip.weight", (outs, ins, 1, 1)
    for size in made.sizes:
        if made.colour_layer(size) is not None:
            yield f"synthesis.b{size}.torgb.weight", (made.colours, channels[size], 1, 1)
            yield f"synthesis.b{size}.torgb.bias", (made.colours,)
            yield from _linear(f"synthesis.b{size}.torgb.affine", made.w, channels[size])


def _linear(name: str, ins: int, outs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (outs, ins)
    yield f"{name}.bias", (outs,)


def _shape(tensors: Mapping[str, F32], name: str, sides: int, where: Path) -> tuple[int, ...]:
    """The shape of a tensor that must have so many sides."""
    return whole.shape(tensors, name, sides, partial(_odd, where=where))


def _table(arguments: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = arguments.get(name, {})
    return found if isinstance(found, Mapping) else {}


def _number(name: str, value: Any, where: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value < 1e9:
        raise _odd(f"{name} is {value!r}, not a number above 0", where)
    return float(value)


def _odd(what: str, where: Path) -> CheckpointError:
    return CheckpointError(f"not a StyleGAN2 generator that can be played: {what}", str(where), _WHOLE)


_WHOLE = "give the whole snapshot as its training wrote it"

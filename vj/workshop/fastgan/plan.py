"""What a FastGAN generator is made of, read from its tensors and checked before it is built.

Tensors have the names of FastGAN's models.py: `feat_8.1.weight_orig`, `se_64.main.1.weight_orig`; Projected GAN's are
the same below `synthesis.`, and where it knows classes `feat_8.conv1.weight_orig`. Every convolution is divided by its
spectral norm, as torch keeps it.

Sources: Liu et al., "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis", 2021;
Sauer et al., "Projected GANs Converge Faster", 2021.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vj.core.errors import CheckpointError
from vj.core.types import F32
from vj.workshop.biggan.spectral_pytorch import folded
from vj.workshop.checkpoint import whole
from vj.workshop.checkpoint.reader import Checkpoint

#: Side of the first picture.
FIRST_PX = 4
#: Side of the last picture, at the least and at the most.
_LEAST_PX = 128
_MOST_PX = 1024
#: Side of a picture -> that of the smaller one which says how much of each of its channels is let through.
SKIPS: Mapping[int, int] = {64: 4, 128: 8, 256: 16, 512: 32}
#: torch keeps a spectral norm under these names, before 2.0 and since.
_NORMS = (("weight_orig", "weight_u", "weight_v"), ("original", "0._u", "0._v"))
_NEW = "parametrizations.weight."
_SPARE = "num_batches_tracked"
_HINT = "give the file as FastGAN's or Projected GAN's training wrote it; export variants as ONNX, and import that"
Raw = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Plan:
    """A generator.

    tensors    float32 by name; weights are divided by their spectral norm
    z, classes sizes of z and of the class weights; 0 classes for an unconditional one
    sides      pixels along a side of each picture on the way, from 8 to the finished one
    colours    channels of the picture: 3, or 1 for grey
    projected  whether it is Projected GAN's: z is brought to its sphere first, and the picture is as it comes
    """

    tensors: Mapping[str, F32]
    z: int
    classes: int
    sides: tuple[int, ...]
    colours: int
    projected: bool

    @property
    def side(self) -> int:
        """Pixels along a side of the finished picture."""
        return self.sides[-1]

    def convolutions(self, side: int) -> tuple["Convolution", ...]:
        """The one or two convolutions that make the picture of `side` pixels."""
        at = f"feat_{side}"
        if self.classes:
            if f"{at}.conv.weight" in self.tensors:
                return (Convolution(f"{at}.conv", f"{at}.bn", None),)
            return tuple(Convolution(f"{at}.conv{k}", f"{at}.bn{k}", f"{at}.noise.weight") for k in (1, 2))
        if f"{at}.5.weight" in self.tensors:
            return tuple(Convolution(f"{at}.{k}", f"{at}.{k + 2}", f"{at}.{k + 1}.weight") for k in (1, 5))
        return (Convolution(f"{at}.1", f"{at}.2", None),)


@dataclass(frozen=True)
class Convolution:
    """A convolution, the normalisation after it, and the strength of the noise that comes between, if any does."""

    name: str
    norm: str
    noise: str | None


def plan(checkpoint: Checkpoint) -> Plan:
    """Read and check a checkpoint of family "fastgan"; raises CheckpointError with what does not fit."""
    where = checkpoint.source
    odd = partial(_odd, where=where)
    try:
        tensors = _divided(checkpoint.tensors)
    except CheckpointError as error:
        raise odd(error.what) from None
    found = sorted(int(m[1]) for m in map(re.compile(r"feat_(\d{1,4})\..*weight").fullmatch, tensors) if m)
    last = whole.shape(tensors, "to_big.weight", 4, odd)
    sides = tuple(2**k for k in range(3, 11) if 2**k <= max(found, default=0))
    if tuple(sorted(set(found))) != sides or not _LEAST_PX <= sides[-1] <= _MOST_PX:
        raise odd(f"it makes pictures of {sorted(set(found)) or 'no'} pixels a side on its way")
    sides = _shown(tensors, sides, last[1])
    classes = whole.shape(tensors, "embed.weight", 2, odd)[0] if "embed.weight" in tensors else 0
    z = whole.shape(tensors, "init.init.0.weight", 4, odd)[0]
    made = Plan(tensors, z, classes, sides, last[0], "to_128.weight" not in tensors)
    if made.colours not in (1, 3):
        raise odd(f"its pictures have {made.colours} channels, not 3 or 1")
    used = {name: array for name, array in tensors.items() if not _beyond(name, made)}
    whole.check(used, _expected(made, where), "FastGAN", odd, spare=_SPARE)
    return made


def _shown(tensors: Mapping[str, F32], sides: tuple[int, ...], channels: int) -> tuple[int, ...]:
    """`sides` as far as the finished picture: some keep 256 pixels that a picture of 128 does not use."""
    fits = [s for s in sides if s >= _LEAST_PX and _channels(tensors, s) == channels]
    return tuple(side for side in sides if side <= (max(fits) if fits else sides[-1]))


def _channels(tensors: Mapping[str, F32], side: int) -> int:
    kernels = [t for name, t in tensors.items() if name.startswith(f"feat_{side}.") and t.ndim == 4]
    return len(kernels[-1]) // 2 if kernels else 0


def _beyond(name: str, made: Plan) -> bool:
    """Whether a tensor is of a picture larger than the finished one, or of the small one beside it for training."""
    found = re.match(r"(?:feat|se)_(\d+)\.", name)
    return name.startswith("to_128.") or (found is not None and int(found[1]) > made.side)


def _divided(raw: Raw) -> dict[str, F32]:
    """Every tensor, weights divided by their spectral norms, which are left out.

    A transposed convolution has its outputs second, and its norm is that of the outputs.
    """
    plain: dict[str, NDArray[Any]] = {}
    for name, value in raw.items():
        owner, new, part = name.partition(_NEW)
        at = _NORMS[1].index(part) if new and part in _NORMS[1] else None
        plain[name if at is None else owner + _NORMS[0][at]] = np.asarray(value)
    divided = {}
    for name, value in plain.items():
        if name.endswith((".weight_u", ".weight_v")):
            continue
        if not name.endswith(".weight_orig"):
            divided[name] = np.asarray(value, np.float32)
            continue
        own = name.removesuffix("_orig")
        swapped = own == "init.init.0.weight" and value.ndim == 4
        turned = value.swapaxes(0, 1) if swapped else value
        vectors = {f"{own}{end}": plain[f"{own}{end}"] for end in ("_u", "_v") if f"{own}{end}" in plain}
        weight = folded({name: turned, **vectors}, own)
        assert weight is not None
        divided[own] = np.ascontiguousarray(weight.swapaxes(0, 1)) if swapped else weight
    return divided


def _expected(made: Plan, where: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of every tensor that is needed."""
    odd = partial(_odd, where=where)
    t = made.tensors
    first = whole.shape(t, "init.init.0.weight", 4, odd)[1]
    yield "init.init.0.weight", (made.z, first, FIRST_PX, FIRST_PX)
    yield from _norm("init.init.1", first)
    channels = {FIRST_PX: first // 2}
    if made.classes:
        yield "embed.weight", (made.classes, made.z)
    for side in made.sides:
        ins = channels[side // 2]
        for convolution in made.convolutions(side):
            outs = whole.shape(t, f"{convolution.name}.weight", 4, odd)[0]
            yield f"{convolution.name}.weight", (outs, ins, 3, 3)
            if convolution.noise:
                yield convolution.noise, (1,)
            yield from _norm(convolution.norm, outs, made.z if made.classes else 0)
            if outs % 2 or not outs:
                raise odd(f"{convolution.name} gives {outs} channels, of which half open the others")
            ins = outs // 2
        channels[side] = ins
        if side in SKIPS:
            yield f"se_{side}.main.1.weight", (ins, channels[SKIPS[side]], 4, 4)
            yield f"se_{side}.main.3.weight", (ins, ins, 1, 1)
    yield "to_big.weight", (made.colours, channels[made.side], 3, 3)
    if "to_big.bias" in t:
        yield "to_big.bias", (made.colours,)


def _norm(name: str, channels: int, embedding: int = 0) -> Iterator[tuple[str, tuple[int, ...]]]:
    if not embedding:
        yield from ((f"{name}.{part}", (channels,)) for part in ("weight", "bias", "running_mean", "running_var"))
        return
    for part in ("gain", "bias"):
        yield f"{name}.{part}.weight", (channels, embedding)
        yield f"{name}.{part}.bias", (channels,)
    yield from ((f"{name}.{part}", (channels,)) for part in ("stored_mean", "stored_var"))


def _odd(what: str, where: Path) -> CheckpointError:
    return CheckpointError(f"not a FastGAN that can be played: {what}", str(where), _HINT)

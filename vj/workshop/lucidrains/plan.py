"""What a generator of lucidrains/stylegan2-pytorch is made of, read from its tensors and checked before it is built.

Its files hold everything that trained: S and G, their means SE and GE, and D. Tensors keep their names behind those:
`mapping` for S, `blocks.0.conv1.weight` of G. What no tensor tells, the mapping network's rate, is in the
`.config.json` that training keeps beside them; without it, it is that of the command line, 0.1. Files of before 1.0,
which have no first convolution and no blur, were trained as other networks.
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
from vj.workshop.checkpoint.strangers import EXPORT

SLOPE = 0.2
EPSILON = 1e-8
_RATE = 0.1
_LARGEST = 4096
_DRAWN = 4096
_SEED = 0


@dataclass(frozen=True)
class Plan:
    """A generator.

    tensors      float32, by name
    z            size of z and of w
    depth, rate  layers of the mapping network, and what scales them
    blocks       each has a style of its own; the first is 4 x 4, every other doubles
    alpha        whether the pictures have a fourth channel, which is left out
    """

    tensors: Mapping[str, F32]
    z: int
    depth: int
    rate: float
    blocks: int
    alpha: bool

    @property
    def side(self) -> int:
        """Pixels along a side of the picture."""
        return 4 << (self.blocks - 1)

    @property
    def noise(self) -> F32:
        """[side, side] uniform noise, always the same, which every layer sees the first corner of."""
        return np.random.default_rng(_SEED).random((self.side, self.side), np.float32)

    def mapped(self, z: F32) -> F32:
        """z [N, Z] -> w [N, Z]."""
        x = z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)
        for k in range(self.depth):
            x = (x @ self.tensors[f"mapping.{2 * k}.weight"].T + self.tensors[f"mapping.{2 * k}.bias"]) * self.rate
            x = np.maximum(x, x * SLOPE)
        return np.asarray(x, np.float32)

    def styles(self) -> F32:
        """[_DRAWN, Z] w of random z."""
        return self.mapped(np.random.default_rng(_SEED).standard_normal((_DRAWN, self.z), np.float32))


def plan(checkpoint: Checkpoint) -> Plan:
    """Read and check a checkpoint of family "lucidrains"; raises CheckpointError with what does not fit."""
    where, tensors = checkpoint.source, _of_the_mean(checkpoint)
    if "initial_block" not in tensors:
        raise _odd("it starts from no constant, but from its style (--no-const)", where)
    if "initial_conv.weight" not in tensors or not any(name.endswith(".upsample.1.f") for name in tensors):
        raise _odd("it is of before version 1.0, which trained another network", where)
    if any(name.startswith("attns.") for name in tensors):
        raise _odd("it has layers of attention (--attn-layers)", where)
    blocks = len({m[1] for m in map(re.compile(r"blocks\.(\d{1,2})\..+").fullmatch, tensors) if m})
    depth = len({m[1] for m in map(re.compile(r"mapping\.(\d{1,2})\.weight").fullmatch, tensors) if m})
    _, z = _shape(tensors, "mapping.0.weight", 2, where)
    colours = _shape(tensors, "blocks.0.to_rgb.conv.weight", 4, where)[0]
    rate = checkpoint.arguments.get("lr_mlp", _RATE)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0.0 < rate < 1e6:
        raise _odd(f"lr_mlp is {rate!r}, not a number above 0", where)
    made = Plan(tensors, z, depth, float(rate), blocks, colours == 4)
    if colours not in (3, 4):
        raise _odd(f"its pictures have {colours} channels, not 3 or 4", where)
    if made.side > _LARGEST:
        raise _odd(f"its pictures are {made.side} pixels wide, of {_LARGEST} at most", where)
    _check(made, where)
    return made


def _of_the_mean(checkpoint: Checkpoint) -> dict[str, F32]:
    """The tensors of the mean generator and its mapping network, or of those that train where there is no mean."""
    held = checkpoint.tensors
    of = next((of for of in ("E", "") if any(n.startswith(f"G{of}.") for n in held)), "")
    mapping = f"S{of}.net." if any(n.startswith(f"S{of}.net.") for n in held) else "S.net."
    tensors = {n.removeprefix(f"G{of}."): np.asarray(v, np.float32) for n, v in held.items() if n.startswith(f"G{of}.")}
    return tensors | {
        n.replace(mapping, "mapping.", 1): np.asarray(v, np.float32) for n, v in held.items() if n.startswith(mapping)
    }


def _check(made: Plan, where: Path) -> None:
    """Every tensor is there, has its shape and is finite; there is none that we would leave out."""
    whole.check(made.tensors, _expected(made, where), "lucidrains' StyleGAN2", partial(_odd, where=where))


def _expected(made: Plan, where: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of every tensor that is needed."""
    for k in range(made.depth):
        yield from _linear(f"mapping.{2 * k}", made.z, made.z)
    channels = _shape(made.tensors, "initial_block", 4, where)[1]
    yield "initial_block", (1, channels, 4, 4)
    yield "initial_conv.weight", (channels, channels, 3, 3)
    yield "initial_conv.bias", (channels,)
    for k in range(made.blocks):
        at = f"blocks.{k}"
        outs = _shape(made.tensors, f"{at}.conv2.weight", 4, where)[0]
        for number, ins in ((1, channels), (2, outs)):
            yield from _linear(f"{at}.to_style{number}", made.z, ins)
            yield from _linear(f"{at}.to_noise{number}", 1, outs)
            yield f"{at}.conv{number}.weight", (outs, ins, 3, 3)
        yield from _linear(f"{at}.to_rgb.to_style", made.z, outs)
        yield f"{at}.to_rgb.conv.weight", (4 if made.alpha else 3, outs, 1, 1)
        if k + 1 < made.blocks:
            yield f"{at}.to_rgb.upsample.1.f", (3,)
        channels = outs


def _linear(name: str, ins: int, outs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (outs, ins)
    yield f"{name}.bias", (outs,)


def _shape(tensors: Mapping[str, F32], name: str, sides: int, where: Path) -> tuple[int, ...]:
    """The shape of a tensor that must have so many sides."""
    return whole.shape(tensors, name, sides, partial(_odd, where=where))


def _odd(what: str, where: Path) -> CheckpointError:
    return CheckpointError(f"not a stylegan2-pytorch of lucidrains that can be played: {what}", str(where), EXPORT)

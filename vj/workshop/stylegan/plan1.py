"""What a StyleGAN generator of 2019 is made of, read from its TensorFlow variables and checked before it is built.

Variables keep their names: `mapping/Dense0/weight`, `synthesis/8x8/Conv0_up/StyleMod/weight`. Karras, Laine and Aila,
"A Style-Based Generator Architecture for Generative Adversarial Networks" (2019); training/networks_stylegan.py.
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

_SIZES = (4, 8, 16, 32, 64, 128, 256, 512, 1024)
#: Arguments that would make another network, and what they are in all that NVIDIA published.
_USUAL: Mapping[str, Any] = {
    "use_styles": True,
    "use_noise": True,
    "use_pixel_norm": False,
    "use_instance_norm": True,
    "use_wscale": True,
    "const_input_layer": True,
    "normalize_latents": True,
    "nonlinearity": "lrelu",
    "mapping_nonlinearity": "lrelu",
}
#: Where the arguments are silent: the mapping network's learning rate multiplier, and the width of pictures from which
#: on doubling and convolution were trained as one.
_RATE = 0.01
_FUSED_PX = 128
#: Not weights of the full picture: how far it has grown, and colours of smaller ones.
_LEFT = re.compile(r"lod|synthesis/lod|synthesis/ToRGB_lod[1-9]\d*/.+")
_HINT = "give an official StyleGAN .pkl; its variants are other networks"


@dataclass(frozen=True)
class Plan:
    """A StyleGAN generator.

    tensors  float32, by TensorFlow's names
    z, c, w  sizes of z, of the label (0: unconditional) and of w
    depth    layers of the mapping network, whose weights were learnt at `rate`
    size     width and height of the picture
    fused    from which width on the kernels of doublings lie the other way round
    colours  channels of the picture: 3, or 1 for grey
    blur     taps of the filter after each doubling, of sum 1; () for none
    """

    tensors: Mapping[str, F32]
    z: int
    c: int
    w: int
    depth: int
    rate: float
    size: int
    fused: int
    colours: int
    blur: tuple[float, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Widths of the blocks."""
        return _SIZES[: _SIZES.index(self.size) + 1]

    @property
    def stages(self) -> tuple[str, ...]:
        """Scope of every style layer in order, the constant first."""
        grown = (f"synthesis/{s}x{s}/{part}" for s in self.sizes[1:] for part in ("Conv0_up", "Conv1"))
        return ("synthesis/4x4/Const", "synthesis/4x4/Conv", *grown)


def plan(checkpoint: Checkpoint) -> Plan:
    """Read and check a checkpoint of family "stylegan1"; raises CheckpointError with what does not fit."""
    tensors = {n: np.asarray(v, np.float32) for n, v in checkpoint.tensors.items() if not _LEFT.fullmatch(n)}
    kwargs, where = checkpoint.arguments, checkpoint.source
    for name, usual in _USUAL.items():
        if str(kwargs.get(name, usual)) != str(usual):
            raise _odd(f"{name} is {kwargs[name]!r}, where only {usual!r} is read", where)
    sizes = sorted({int(m[1]) for n in tensors if (m := re.match(r"synthesis/(\d{1,5})x\1/", n))})
    if sizes != list(_SIZES[: len(sizes)]) or len(sizes) < 2:
        raise _odd(f"it has blocks of sizes {sizes or 'none'}, not 4, 8, 16 and so on", where)
    depth = sum(bool(re.fullmatch(r"mapping/Dense\d+/weight", n)) for n in tensors)
    first, last = (_shape(tensors, f"mapping/Dense{k}/weight", 2, where) for k in (0, depth - 1))
    label = "mapping/LabelConcat/weight"
    classes, beside = _shape(tensors, label, 2, where) if label in tensors else (0, 0)
    made = Plan(
        tensors=tensors,
        z=first[0] - beside,
        c=classes,
        w=last[1],
        depth=depth,
        rate=_rate(kwargs, where),
        size=sizes[-1],
        fused={"True": 0, "False": 2 * _SIZES[-1]}.get(str(kwargs.get("fused_scale")), _FUSED_PX),
        colours=_shape(tensors, "synthesis/ToRGB_lod0/weight", 4, where)[3],
        blur=_blur(kwargs.get("blur_filter", (1, 2, 1)), where),
    )
    _check(made, where)
    return made


def _check(made: Plan, where: Path) -> None:
    """Every tensor is there, has its shape and is finite; there is none that we would leave out."""
    if made.colours not in (1, 3):
        raise _odd(f"its pictures have {made.colours} channels, not 3 or 1", where)
    whole.check(made.tensors, _expected(made, where), "StyleGAN", partial(_odd, where=where))


def _expected(made: Plan, where: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of every tensor that is needed."""
    yield "dlatent_avg", (made.w,)
    if made.c:
        yield "mapping/LabelConcat/weight", (made.c, made.z)
    into = made.z * (2 if made.c else 1)
    for k in range(made.depth):
        out = _shape(made.tensors, f"mapping/Dense{k}/weight", 2, where)[1]
        yield f"mapping/Dense{k}/weight", (into, out)
        yield f"mapping/Dense{k}/bias", (out,)
        into = out
    channels = _shape(made.tensors, "synthesis/4x4/Const/const", 4, where)[1]
    yield "synthesis/4x4/Const/const", (1, channels, 4, 4)
    for number, stage in enumerate(made.stages):
        side = made.sizes[number // 2]
        if number:
            out = _shape(made.tensors, f"{stage}/weight", 4, where)[3]
            yield f"{stage}/weight", (3, 3, channels, out)
            channels = out
        yield f"{stage}/bias", (channels,)
        yield f"{stage}/Noise/weight", (channels,)
        yield f"{stage}/StyleMod/weight", (made.w, 2 * channels)
        yield f"{stage}/StyleMod/bias", (2 * channels,)
        yield f"synthesis/noise{number}", (1, 1, side, side)
    yield "synthesis/ToRGB_lod0/weight", (1, 1, channels, made.colours)
    yield "synthesis/ToRGB_lod0/bias", (made.colours,)


def _rate(kwargs: Mapping[str, Any], where: Path) -> float:
    rate = kwargs.get("mapping_lrmul", _RATE)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0.0 < rate < 1e9:
        raise _odd(f"mapping_lrmul is {rate!r}, not a number above 0", where)
    return float(rate)


def _blur(said: Any, where: Path) -> tuple[float, ...]:
    """The filter's taps; an odd number of them, so that it stays in place."""
    if not said:
        return ()
    numbers = said if isinstance(said, list | tuple) else [said]
    if not all(isinstance(n, int | float) for n in numbers) or len(numbers) % 2 == 0 or not sum(numbers):
        raise _odd(f"blur_filter is {said!r}, no filter of an odd number of taps", where)
    return tuple(float(n) / sum(numbers) for n in numbers)


def _shape(tensors: Mapping[str, F32], name: str, sides: int, where: Path) -> tuple[int, ...]:
    """The shape of a tensor that must have so many sides."""
    return whole.shape(tensors, name, sides, partial(_odd, where=where))


def _odd(what: str, where: Path) -> CheckpointError:
    return CheckpointError(f"not a StyleGAN generator that can be played: {what}", str(where), _HINT)

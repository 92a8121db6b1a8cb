"""The StyleGAN2 of rosinality/stylegan2-pytorch, by the official names.

Its `g_ema` is the same network under other names. What differs in more than name: kernels have a first side of 1, those
with demodulation are scaled by 1 / sqrt(inputs) before it, and low-pass filters are kept four times as large.
"""

import re
from dataclasses import replace

import numpy as np

from vj.core.errors import CheckpointError
from vj.core.types import F32
from vj.workshop._checkpoint import Checkpoint

#: Parts of a layer: theirs, official.
_PARTS = {
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "conv.blur.kernel": "resample_filter",
    "upsample.kernel": "resample_filter",
    "activate.bias": "bias",
    "bias": "bias",
    "noise.weight": "noise_strength",
    "conv.weight": "weight",
}
#: Width of the largest picture.
_LARGEST = 2048
_WHOLE = {"latent_avg": "mapping.w_avg", "input.input": "synthesis.b4.const"}


def official(checkpoint: Checkpoint) -> Checkpoint:
    """The same generator as family "stylegan2". Noise that a file of the early days lacks is drawn, always the same.

    Raises CheckpointError for a tensor that belongs nowhere.
    """
    tensors: dict[str, F32] = {}
    for name, value in checkpoint.tensors.items():
        renamed = _renamed(name)
        if renamed is None:
            raise CheckpointError(f"rosinality's StyleGAN2 has no {name}", str(checkpoint.source), _HINT)
        tensors[renamed] = _remade(renamed, np.asarray(value, np.float32))
    rng = np.random.default_rng(0)
    for name in sorted(tensors):
        if name.endswith(".noise_strength"):
            size = int(name.split(".")[1][1:])
            if size > _LARGEST:
                raise CheckpointError(f"its layers lead to pictures of {size} pixels", str(checkpoint.source), _HINT)
            drawn = rng.standard_normal((size, size), np.float32)
            tensors.setdefault(name.replace("strength", "const"), drawn)
    arguments = {"synthesis_kwargs": {"conv_clamp": None, "architecture": "skip"}}
    return replace(checkpoint, family="stylegan2", arguments=arguments, tensors=tensors)


def _renamed(name: str) -> str | None:
    """The official name of a tensor."""
    if name in _WHOLE:
        return _WHOLE[name]
    if found := re.fullmatch(r"style\.(\d{1,2})\.(weight|bias)", name):  # style.0 has no weights
        return f"mapping.fc{int(found[1]) - 1}.{found[2]}"
    if found := re.fullmatch(r"noises\.noise_(\d{1,2})", name):
        return f"synthesis.{convolution(int(found[1]))}.noise_const"
    found = re.fullmatch(r"(conv1|to_rgb1|convs\.\d{1,2}|to_rgbs\.\d{1,2})\.(.+)", name)
    return f"synthesis.{_layer(found[1])}.{_PARTS[found[2]]}" if found and found[2] in _PARTS else None


_HINT = "give a checkpoint of the plain stylegan2-pytorch; its variants are other networks"


def _layer(theirs: str) -> str:
    """ "convs.3" -> "b16.conv1", "to_rgbs.0" -> "b8.torgb"."""
    kind, _, number = theirs.partition(".")
    if kind in ("conv1", "convs"):
        return convolution(int(number) + 1 if number else 0)
    return f"b{2 ** (int(number) + 3) if number else 4}.torgb"


def convolution(number: int) -> str:
    """Name of a styled convolution, numbered over all sizes from 4 x 4, which has only one."""
    return f"b{2 ** ((number + 1) // 2 + 2)}.conv{(number + 1) % 2}"


def _remade(renamed: str, value: F32) -> F32:
    """A tensor as the official network has it."""
    if renamed.endswith(".resample_filter"):
        return np.asarray(value / 4.0, np.float32)
    if value.ndim == 5:
        scale = 1.0 if ".torgb." in renamed else float(np.prod(value.shape[2:])) ** -0.5
        return np.asarray(value[0] * scale, np.float32)
    if renamed.endswith(".noise_const"):
        return value.reshape(value.shape[-2:])
    if renamed.endswith(".noise_strength"):
        return value.reshape(())
    if renamed.endswith(".const"):
        return value.reshape(value.shape[-3:])
    return value if ".affine." in renamed or ".fc" in renamed else value.reshape(-1)

"""The StyleGAN2 of rosinality/stylegan2-pytorch, and BasicSR's, by the official names.

`g_ema` and `params_ema` are the same network under other names. What differs in more than name: kernels have a first
side of 1, those with demodulation are scaled by 1 / sqrt(inputs) before it, and low-pass filters, which BasicSR does
not keep, are four times as large.
"""

import re
from dataclasses import replace

import numpy as np

from vj.core.errors import CheckpointError
from vj.core.types import F32
from vj.workshop.checkpoint.reader import Checkpoint

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
#: BasicSR's name -> rosinality's. Its `weight` of a styled convolution itself is the strength of its noise.
_BASICSR = (
    (r"style_mlp\.", "style."),
    (r"constant_input\.weight", "input.input"),
    (r"style_(conv1|convs\.\d{1,2})\.weight", r"\1.noise.weight"),
    (r"style_(conv1|convs\.\d{1,2})\.bias", r"\1.no bias"),
    (r"style_conv", "conv"),
    (r"noises\.noise(\d)", r"noises.noise_\1"),
)


def official(checkpoint: Checkpoint) -> Checkpoint:
    """The same generator as family "stylegan2". Noise that a file of the early days lacks is drawn, always the same.

    Raises CheckpointError for a tensor that belongs nowhere.
    """
    tensors: dict[str, F32] = {}
    whose = "BasicSR" if checkpoint.family == "basicsr" else "rosinality"
    for name, value in checkpoint.tensors.items():
        renamed = _renamed(_usual(name) if checkpoint.family == "basicsr" else name)
        if renamed is None:
            raise CheckpointError(f"{whose}'s StyleGAN2 has no {name}", str(checkpoint.source), _HINT)
        tensors[renamed] = _remade(renamed, np.asarray(value, np.float32))
    rng = np.random.default_rng(0)
    const = tensors.get("synthesis.b4.const")
    height, width = const.shape[-2:] if const is not None and const.ndim == 3 else (4, 4)
    for name in sorted(tensors):
        if name.endswith(".noise_strength"):
            size = int(name.split(".")[1][1:])
            if max(size, height * size // 4, width * size // 4) > _LARGEST:
                raise CheckpointError(f"its layers lead to pictures of {size} pixels", str(checkpoint.source), _HINT)
            if name.replace("strength", "const") not in tensors:
                drawn = rng.standard_normal((height * size // 4, width * size // 4), np.float32)
                tensors[name.replace("strength", "const")] = drawn
    arguments = {"synthesis_kwargs": {"conv_clamp": None, "architecture": "skip"}}
    return replace(checkpoint, family="stylegan2", arguments=arguments, tensors=tensors)


def _usual(name: str) -> str:
    """BasicSR's name of a tensor as rosinality has it."""
    for theirs, usual in _BASICSR:
        if re.match(theirs, name):
            name = re.sub(rf"^{theirs}", usual, name)
            break
    return re.sub(r"\.modulated_conv\.", ".conv.", name)


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


_HINT = "give a checkpoint of the plain network; its variants are others: export those as ONNX, and import that"


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
    if renamed == "mapping.w_avg" and value.ndim == 2:  # one a layer, all alike, as encoders keep it
        return np.asarray(value.mean(0), np.float32)
    return value if ".affine." in renamed or ".fc" in renamed else value.reshape(-1)

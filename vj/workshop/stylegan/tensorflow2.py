"""The StyleGAN2 of TensorFlow, official and -ADA, by the names of the official PyTorch code.

It is the same network. What differs in more than name: kernels are [k, k, in, out] and, where the picture doubles, the
other way round; those with demodulation are scaled by 1 / sqrt(inputs) before it; a style's 1 is not in its bias.
Names and layout: training/networks_stylegan2.py of the two repositories.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from vj.core.errors import CheckpointError
from vj.core.types import F32
from vj.workshop.checkpoint.reader import Checkpoint
from vj.workshop.stylegan.rosinality2 import convolution

FAMILY = "stylegan2-tf"
_WHOLE = {"dlatent_avg": "mapping.w_avg", "synthesis/4x4/Const/const": "synthesis.b4.const"}
#: Not weights: how far the picture has grown, and colours of smaller pictures.
_LEFT = re.compile(r"lod|synthesis/lod|synthesis/ToRGB_lod[1-9]\d*/.+")
_LAYERS = {"Conv": "conv1", "Conv0_up": "conv0", "Conv1": "conv1", "ToRGB": "torgb", "Skip": "skip"}
_PARTS = {
    "weight": "weight",
    "bias": "bias",
    "mod_weight": "affine.weight",
    "mod_bias": "affine.bias",
    "noise_strength": "noise_strength",
}
_HINT = "give an official StyleGAN2 or StyleGAN2-ADA .pkl; its variants are other networks"


def official(checkpoint: Checkpoint) -> Checkpoint:
    """The same generator as family "stylegan2"; raises CheckpointError for a tensor that belongs nowhere."""
    where, kwargs = str(checkpoint.source), checkpoint.arguments
    if "mapping/LabelConcat/weight" in checkpoint.tensors:
        what = "it puts class labels beside z without an embedding, as StyleGAN2 did before -ADA; that is not read"
        raise CheckpointError(what, where, "give one without classes, or one that StyleGAN2-ADA trained")
    if not kwargs.get("normalize_latents", True):
        raise CheckpointError("it was trained on z that is not normalised; that is not read", where, _HINT)
    held = _squared(checkpoint.tensors)
    largest = max((int(m[1]) for n in held if (m := re.match(r"synthesis/(\d{1,5})x", n))), default=4)
    tensors: dict[str, F32] = {}
    for name, value in held.items():
        if _LEFT.fullmatch(name):
            continue
        renamed = _renamed(name.replace("ToRGB_lod0", f"{largest}x{largest}/ToRGB"))
        if renamed is None:
            raise CheckpointError(f"StyleGAN2 has no {name}", where, _HINT)
        tensors[renamed] = _remade(renamed, np.asarray(value, np.float32), where)
    taps = _filter(kwargs, where)
    if taps is not None:
        owners = {name.rpartition(".")[0] for name in tensors if re.search(r"\.conv0\.weight$", name)}
        owners |= {owner.rpartition(".")[0] for owner in owners}
        tensors |= {f"{owner}.resample_filter": taps for owner in owners}
    arguments = {
        "mapping_kwargs": _said(kwargs, lr_multiplier="mapping_lrmul", activation="mapping_nonlinearity"),
        "synthesis_kwargs": {"conv_clamp": None} | _said(kwargs, conv_clamp="conv_clamp", activation="nonlinearity"),
    }
    return replace(checkpoint, family="stylegan2", arguments=arguments, tensors=tensors)


def _squared(tensors: Mapping[str, Any]) -> Mapping[str, Any]:
    """The tensors with blocks named 4x4, 8x8, .. where some fork names them after its pictures: 5x3, 10x6."""
    block = re.compile(r"synthesis/((\d{1,5})x\d{1,5})/(.+)")
    found = {name: block.fullmatch(name) for name in tensors}
    sides = {m[1]: int(m[2]) for m in found.values() if m}
    if set(sides) == {f"{4 << k}x{4 << k}" for k in range(len(sides))}:
        return tensors
    named = {side: f"{4 << k}x{4 << k}" for k, side in enumerate(sorted(sides, key=lambda side: sides[side]))}
    return {f"synthesis/{named[m[1]]}/{m[3]}" if (m := found[name]) else name: v for name, v in tensors.items()}


def _renamed(name: str) -> str | None:
    """The official name of a tensor."""
    if name in _WHOLE:
        return _WHOLE[name]
    if found := re.fullmatch(r"mapping/Dense(\d{1,2})/(weight|bias)", name):
        return f"mapping.fc{found[1]}.{found[2]}"
    if found := re.fullmatch(r"mapping/LabelEmbed/(weight|bias)", name):
        return f"mapping.embed.{found[1]}"
    if found := re.fullmatch(r"synthesis/noise(\d{1,2})", name):
        return f"synthesis.{convolution(int(found[1]))}.noise_const"
    found = re.fullmatch(r"synthesis/(\d{1,5})x\1/(\w+)/(\w+)", name)
    if found and found[2] in _LAYERS and found[3] in _PARTS:
        return f"synthesis.b{found[1]}.{_LAYERS[found[2]]}.{_PARTS[found[3]]}"
    return None


def _remade(renamed: str, value: F32, where: str) -> F32:
    """A tensor as the official network has it."""
    layer, _, part = renamed.rpartition(".")
    sides = {"const": 4, "noise_const": 4}.get(part)
    sides = sides or (4 if renamed.startswith("synthesis") and part == "weight" and ".affine" not in layer else None)
    if sides and value.ndim != sides:
        raise CheckpointError(f"{renamed} has shape {list(value.shape)}, not {sides} sides", where, _HINT)
    if part == "const":
        return np.asarray(value[0], np.float32)
    if part == "noise_const":
        return np.asarray(value[0, 0], np.float32)
    if value.ndim == 4:
        flipped = value[::-1, ::-1] if layer.endswith((".conv0", ".skip")) else value
        demodulated = ".conv" in layer
        scale = float(np.prod(value.shape[:3])) ** -0.5 if demodulated else 1.0
        return np.ascontiguousarray(flipped.transpose(3, 2, 0, 1) * np.float32(scale))
    if part == "weight":
        return np.ascontiguousarray(value.T)
    return value + np.float32(1.0) if renamed.endswith(".affine.bias") else value


def _filter(kwargs: Mapping[str, Any], where: str) -> F32 | None:
    """[T, T] low-pass filter of sum 1 that the arguments name; None where they are silent."""
    said = kwargs.get("resample_kernel")
    if said is None:
        return None
    try:
        taps = np.asarray(said, np.float32)
    except (TypeError, ValueError):
        taps = np.zeros(0, np.float32)
    taps = np.outer(taps, taps) if taps.ndim == 1 else taps
    if taps.ndim != 2 or not np.isfinite(taps).all() or not taps.sum():
        raise CheckpointError(f"resample_kernel is {said!r}, no filter", where, _HINT)
    return np.asarray(taps / taps.sum(), np.float32)


def _said(kwargs: Mapping[str, Any], **names: str) -> dict[str, Any]:
    """Our name -> what the arguments say under theirs, where they say anything."""
    return {ours: kwargs[theirs] for ours, theirs in names.items() if kwargs.get(theirs) is not None}

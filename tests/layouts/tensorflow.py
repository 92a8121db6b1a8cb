"""Writes pickles as the official StyleGAN and StyleGAN2 did: three TensorFlow networks, each a list of named arrays."""

import pickle
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]


class Network:
    """A network whose state is its name, arguments, variables and components."""

    def __init__(self, name: str, kwargs: Mapping[str, Any], variables: Arrays, **components: "Network") -> None:
        self._state = {
            "version": 3,
            "name": name,
            "static_kwargs": dict(kwargs),
            "components": components,
            "build_module_src": "raise SystemExit('the source in a checkpoint was run')\n",
            "build_func_name": "G_style",
            "variables": list(variables.items()),
        }

    def __getstate__(self) -> dict[str, Any]:
        return self._state

    def __setstate__(self, state: dict[str, Any]) -> None:
        raise AssertionError("a checkpoint was rebuilt by its own means")


def write_networks(path: Path, kwargs: Mapping[str, Any], own: Arrays, mapping: Arrays, synthesis: Arrays) -> Path:
    """The official (G, D, Gs) tuple; Gs holds what is given."""
    shown = Network(
        "Gs", kwargs, own, mapping=Network("G_mapping", {}, mapping), synthesis=Network("G_synthesis", {}, synthesis)
    )
    names = ("dnnlib", "dnnlib.tflib", "dnnlib.tflib.network")
    made = {name: types.ModuleType(name) for name in names}
    made[names[-1]].Network = Network  # type: ignore[attr-defined]
    home, Network.__module__ = Network.__module__, names[-1]
    sys.modules.update(made)
    try:
        path.write_bytes(pickle.dumps((Network("G", {}, {}), Network("D", {}, {}), shown), pickle.HIGHEST_PROTOCOL))
    finally:
        Network.__module__ = home
        for name in names:
            sys.modules.pop(name, None)
    return path


def stylegan2(
    size: int = 16,
    channels: int = 6,
    classes: int = 0,
    architecture: str = "skip",
    z: int = 10,
    w: int = 8,
    seed: int = 0,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Variables of Gs, of its mapping and of its synthesis, as StyleGAN2 (with classes: StyleGAN2-ADA) names them."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int, size: float = 1.0) -> npt.NDArray[Any]:
        return np.asarray(rng.standard_normal(shape) * size, np.float32)

    own = {"lod": np.float32(0), "dlatent_avg": normal(w, size=0.2)}
    mapping: dict[str, Any] = {}
    if classes:
        mapping |= {"LabelEmbed/weight": normal(classes, w), "LabelEmbed/bias": normal(w, size=0.2)}
    for k in range(3):
        into = (z + (w if classes else 0)) if k == 0 else w
        mapping |= {f"Dense{k}/weight": normal(into, w, size=100), f"Dense{k}/bias": normal(w, size=20)}
    synthesis: dict[str, Any] = {"lod": np.float32(0), "4x4/Const/const": normal(1, channels, 4, 4)}
    sides = [2**k for k in range(2, size.bit_length())]
    for k in range(2 * len(sides) - 1):
        side = sides[(k + 1) // 2]
        synthesis[f"noise{k}"] = normal(1, 1, side, side)
        layer = "Conv" if k == 0 else "Conv0_up" if k % 2 else "Conv1"
        at = f"{side}x{side}/{layer}"
        synthesis |= {f"{at}/weight": normal(3, 3, channels, channels), f"{at}/bias": normal(channels, size=0.3)}
        synthesis |= {f"{at}/mod_weight": normal(w, channels), f"{at}/mod_bias": normal(channels, size=0.2)}
        synthesis[f"{at}/noise_strength"] = np.float32(0.2 + 0.05 * k)  # a session hands out numbers
    for lod, side in enumerate(reversed(sides)):
        if architecture == "resnet" and side > 4:
            synthesis[f"{side}x{side}/Skip/weight"] = normal(1, 1, channels, channels)
        if architecture == "skip" or side == size or architecture == "grown":
            at = f"ToRGB_lod{lod}" if architecture == "grown" else f"{side}x{side}/ToRGB"
            synthesis |= {f"{at}/weight": normal(1, 1, channels, 3), f"{at}/bias": normal(3, size=0.1)}
            synthesis |= {f"{at}/mod_weight": normal(w, channels), f"{at}/mod_bias": normal(channels, size=0.2)}
    return own, mapping, synthesis


def stylegan1(
    size: int = 16, channels: int = 6, classes: int = 0, z: int = 10, w: int = 8, seed: int = 0, colours: int = 3
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Variables of Gs, of its mapping and of its synthesis, as StyleGAN of 2019 names them."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int, size: float = 1.0) -> npt.NDArray[Any]:
        return np.asarray(rng.standard_normal(shape) * size, np.float32)

    mapping: dict[str, Any] = {"LabelConcat/weight": normal(classes, z)} if classes else {}
    for k in range(3):
        into = z * (2 if classes else 1) if k == 0 else w
        mapping |= {f"Dense{k}/weight": normal(into, w, size=100), f"Dense{k}/bias": normal(w, size=20)}
    synthesis: dict[str, Any] = {"lod": np.float32(0), "4x4/Const/const": normal(1, channels, 4, 4)}
    sides = [2**k for k in range(2, size.bit_length())]
    for k in range(2 * len(sides)):
        side = sides[k // 2]
        layer = ("Const", "Conv")[k] if k < 2 else ("Conv0_up", "Conv1")[k % 2]
        at = f"{side}x{side}/{layer}"
        if k:
            synthesis[f"{at}/weight"] = normal(3, 3, channels, channels)
        synthesis |= {f"{at}/bias": normal(channels, size=0.3), f"{at}/Noise/weight": normal(channels, size=0.2)}
        synthesis[f"{at}/StyleMod/weight"] = normal(w, 2 * channels, size=0.5)
        synthesis[f"{at}/StyleMod/bias"] = normal(2 * channels, size=0.3)
        synthesis[f"noise{k}"] = normal(1, 1, side, side)
    for lod in range(len(sides)):
        synthesis[f"ToRGB_lod{lod}/weight"] = normal(1, 1, channels, colours)
        synthesis[f"ToRGB_lod{lod}/bias"] = normal(colours, size=0.1)
    return {"lod": np.float32(0), "dlatent_avg": normal(w, size=0.2)}, mapping, synthesis

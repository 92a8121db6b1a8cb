"""StyleGAN3's arguments and tensors by their official names, random and small, brought to sane magnitudes."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import torch

from vj.core.types import F32
from vj.workshop.stylegan.net3 import Styled, network
from vj.workshop.stylegan.plan3 import plan

#: (samples a side, channels as the published 1024 px files have them) of L0 to L14: as their names spell them.
T_1024 = [(36, 512)] * 2 + [(52, 512)] * 2 + [(84, 512), (148, 512), (148, 512), (276, 323), (276, 203), (532, 128)]
T_1024 += [(1044, 81), (1044, 51), (1044, 32), (1024, 32), (1024, 3)]
#: Samples a side by the rules of the paper at 64 and 128 px.
SIDES_64 = [36, 36, 36, 36, 52, 52, 52, 52, 84, 84, 84, 84, 84, 64, 64]
SIDES_128 = [36, 36, 36, 52, 52, 52, 84, 84, 84, 148, 148, 148, 148, 128, 128]


def random_network(config: str, sides: list[int] = SIDES_64, seed: int = 0, **sizes: int) -> dict[str, Any]:
    """`arguments` and `tensors` of config "t" or "r"; sizes: z, w, classes, most (channels), least."""
    arguments, tensors = _made(config, tuple(sides), seed, **sizes)
    return {"arguments": dict(arguments), "tensors": dict(tensors)}


@cache
def _made(config: str, sides: tuple[int, ...], seed: int, **sizes: int) -> tuple[Mapping[str, Any], Mapping[str, F32]]:
    z, w, classes = sizes.get("z", 12), sizes.get("w", 10), sizes.get("classes", 0)
    channels = np.rint(np.geomspace(sizes.get("most", 24), sizes.get("least", 5), len(sides))).astype(int).tolist()
    channels[-1] = sizes.get("colours", 3)
    tensors = random_tensors(
        np.random.default_rng(seed), config, list(zip(sides, channels, strict=True)), z, w, classes
    )
    arguments = {
        "z_dim": z,
        "c_dim": classes,
        "w_dim": w,
        "img_resolution": sides[-1],
        "img_channels": channels[-1],
        "mapping_kwargs": {"num_layers": 2},
        "conv_kernel": 3 if config == "t" else 1,
        "use_radial_filters": config == "r",
        "magnitude_ema_beta": 0.999,
    }
    return arguments, settled(arguments, tensors)


def random_tensors(
    rng: np.random.Generator, config: str, layers: list[tuple[int, int]], z: int, w: int, classes: int
) -> dict[str, F32]:
    """All parameters and buffers but the filters."""

    def normal(*shape: int) -> F32:
        return np.asarray(rng.standard_normal(shape), np.float32)

    first = layers[0][1]
    tensors = {"mapping.w_avg": normal(w) * 0.3}
    if classes:
        tensors |= {"mapping.embed.weight": normal(w, classes), "mapping.embed.bias": normal(w) * 0.1}
    for k, into in enumerate((z + (w if classes else 0), w)):
        tensors |= {f"mapping.fc{k}.weight": normal(w, into) * 100, f"mapping.fc{k}.bias": normal(w) * 10}
    at = "synthesis.input"
    freqs = normal(first, 2)
    radii = np.linalg.norm(freqs, axis=1, keepdims=True)
    tensors |= {f"{at}.freqs": freqs / (radii * np.exp(radii**2 / 4)) * 2, f"{at}.phases": rng.random(first) - 0.5}
    tensors |= {f"{at}.weight": normal(first, first), f"{at}.transform": np.eye(3)}
    tensors |= {f"{at}.affine.weight": normal(4, w) * 0.2, f"{at}.affine.bias": np.array([1.0, 0.1, 0.05, 0.0])}
    into = first
    for k, (side, out) in enumerate(layers):
        at, kernel = f"synthesis.L{k}_{side}_{out}", 3 if config == "t" and k < len(layers) - 1 else 1
        tensors |= {f"{at}.weight": normal(out, into, kernel, kernel), f"{at}.bias": normal(out) * 0.2}
        tensors |= {f"{at}.affine.weight": normal(into, w), f"{at}.affine.bias": 1 + normal(into) * 0.1}
        tensors[f"{at}.magnitude_ema"] = np.array(1.0)
        into = out
    return {name: np.asarray(array, np.float32) for name, array in tensors.items()}


def settled(arguments: dict[str, Any], tensors: dict[str, F32]) -> dict[str, F32]:
    """`tensors` with every layer's input magnitude measured, as training does."""
    planned = plan(arguments, tensors)
    made = network(planned)

    def measure(layer: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        layer.get_buffer("magnitude_ema").fill_(inputs[0].square().mean())

    for module in made.modules():
        if isinstance(module, Styled):
            module.register_forward_pre_hook(measure)
    made.synthesis(torch.randn(2, planned.styles, planned.w, generator=torch.Generator().manual_seed(1)))
    found = made.state_dict()
    return {n: found[n].numpy() if n.endswith("magnitude_ema") else array for n, array in tensors.items()}

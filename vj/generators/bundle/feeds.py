"""What every runtime of bundles has in common: which inputs networks may have, and what they are fed for latents."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vj.core.errors import BundleError
from vj.core.types import F32, Latent, LatentSpec
from vj.generators.bundle.manifest import Bundle

#: Draws of noise that are kept at the most.
_MOST_DRAWS = 8
#: Numbers in them at the most.
_MOST_NUMBERS = 2**22
#: Pictures of more pixels are drawn in bands of rows of at most about so many on a processor, whose caches hold what a
#: band needs: so memory stays the same whatever the picture's size.
BAND_PIXELS = 2**18
#: The same on a card.
CARD_BAND_PIXELS = 2**22
#: The input by which a graph is told its band: the first row, and the rows of the whole picture.
ROWS = "rows"
#: Inputs of a network by name: sides as numbers, or names of free ones.
Inputs = Mapping[str, Sequence[Any]]
_CONTRACT = "mapper: z, mix, psi -> w; synthesizer: styles, psi, noise -> image"
_NATIVE = "play it at its native size, or correct resolution in bundle.toml"


def mapper_feeds(latents: Sequence[Latent], groups: int) -> dict[str, F32]:
    """z [N G, Z], mix [N G, C] and psi [N G], a row for each style group of each latent."""
    return {
        "z": np.concatenate([latent.z for latent in latents]).astype(np.float32, copy=False),
        "mix": np.repeat(np.array([latent.mix for latent in latents], np.float32), groups, axis=0),
        "psi": np.repeat(np.array([latent.psi for latent in latents], np.float32), groups),
    }


def asked(inputs: Inputs, feeds: Mapping[str, F32]) -> dict[str, F32]:
    """Those of `feeds` that a network has an input for."""
    return {name: array for name, array in feeds.items() if name in inputs}


def middle(spec: LatentSpec) -> Latent:
    """A latent of the first class, for warming up. It is not the origin, where some networks divide by zero."""
    z = np.random.default_rng(0).standard_normal((len(spec.groups), spec.z_dim), np.float32)
    mix = np.eye(1, len(spec.classes), dtype=np.float32)[0]
    return Latent(z, mix, 1.0, np.zeros(len(spec.directions), np.float32))


class Noise:
    """Standard normals for every input that begins with "noise", by noise seed; the last few draws are kept."""

    def __init__(self) -> None:
        self._drawn: dict[tuple[tuple[int, ...], tuple[int, int]], dict[str, F32]] = {}

    def drawn(self, inputs: Inputs, latents: Sequence[Latent], size: tuple[int, int]) -> dict[str, F32]:
        """[draws, ...] for each input; one draw for all latents when their seeds agree. Free sides follow `size`."""
        seeds = tuple(latent.noise_seed for latent in latents)
        seeds = seeds[:1] if len(set(seeds)) == 1 else seeds
        key = seeds, size
        noise = self._drawn.pop(key, None)
        if noise is None:
            free: dict[str | int, int] = {"width": size[0], "height": size[1]}
            noise = {}
            for name, shape in inputs.items():
                if name.startswith("noise"):
                    sides = [int(free.get(side) or side) for side in shape[1:]]
                    noise[name] = np.stack([np.random.default_rng(s).standard_normal(sides, np.float32) for s in seeds])
            self._forget(sum(array.size for array in noise.values()))
        self._drawn[key] = noise
        return noise

    def _forget(self, coming: int) -> None:
        """Make room for a draw of so many numbers: the oldest go."""
        sizes = [sum(array.size for array in draw.values()) for draw in self._drawn.values()]
        while self._drawn and (len(self._drawn) >= _MOST_DRAWS or sum(sizes) + coming > _MOST_NUMBERS):
            del self._drawn[next(iter(self._drawn))]
            sizes.pop(0)

    def clear(self) -> None:
        """Let go of all draws."""
        self._drawn.clear()


def is_free(inputs: Inputs) -> bool:
    """Whether pictures can be of any size: the graph names the sides of its noise instead of numbering them."""
    sides = {side for name, shape in inputs.items() if name.startswith("noise") for side in shape}
    return {"width", "height"} <= sides


def bands(size: tuple[int, int], most: int = BAND_PIXELS) -> list[tuple[int, int]]:
    """First row and row past the last of each band of about `most` pixels of a picture of `size` (width, height)."""
    width, height = size
    count = -(-width * height // most)
    rows = -(-height // min(count, height))
    return [(top, min(top + rows, height)) for top in range(0, height, rows)]


def check(bundle: Bundle, mapper: Inputs, synthesizer: Inputs) -> None:
    """Raise BundleError unless both networks have the inputs of the contract, and no others."""
    _check(bundle.folder / "mapper.onnx", mapper, {"z": ("N", bundle.spec.z_dim)}, ("mix", "psi"))
    styles = ("N", bundle.shapes["layers"], bundle.shapes["w"])
    _check(bundle.folder / "synthesizer.onnx", synthesizer, {"styles": styles}, ("psi", "noise"))


def check_picture(file: Path, shape: Sequence[int], size: tuple[int, int]) -> None:
    """Raise BundleError unless [N, 3, height, width] is what was asked for."""
    if tuple(shape[1:]) != (3, size[1], size[0]):
        got = f"{shape[-1]}x{shape[-2]}"
        raise BundleError(f"{file.name} makes {got} pictures, not {size[0]}x{size[1]}", str(file), _NATIVE)


def _check(file: Path, inputs: Inputs, needed: Mapping[str, tuple[Any, ...]], known: tuple[str, ...]) -> None:
    for name, shape in needed.items():
        found = inputs.get(name)
        if found is None:
            raise BundleError(f"{file.name} has no input {name!r}, only {sorted(inputs)}", str(file), _CONTRACT)
        fits = len(found) == len(shape) and all(
            not isinstance(a, int) or not isinstance(b, int) or a == b for a, b in zip(found, shape, strict=True)
        )
        if not fits:
            raise BundleError(
                f"{name!r} of {file.name} has shape {list(found)}, but bundle.toml asks for {list(shape)}",
                str(file),
                "correct shapes in bundle.toml, or export the network again",
            )
    for name in inputs:
        if name not in needed and not name.startswith(known):
            raise BundleError(f"{file.name} has an input {name!r} that nothing feeds", str(file), _CONTRACT)

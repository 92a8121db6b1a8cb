"""Directions that somebody else found, from a file: InterFaceGAN's boundaries, GANSpace's components, a learnt walk.

Each array of the file is one direction or several, told by its sides:

    [W], [1, W]         one, for all layers
    [L, W], [1, L, W]   one, each layer having its own
    [D, W], [D, 1, W]   D, for all layers
    [D, L, W]           D, each layer having its own

W are the numbers of a style, or of z where a style is z and something after it (BigGAN). Files are .npy, .npz,
.safetensors, what `torch.save` writes, and the `.data-00000-of-00001` of a TensorFlow checkpoint that holds one
variable: its bytes are the numbers of that variable.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from vj.core.errors import BundleError, CheckpointError
from vj.core.types import F32
from vj.core.written import path_of
from vj.generators.bundle.manifest import Bundle
from vj.workshop.checkpoint.reader import read_checkpoint
from vj.workshop.walks.probe import Probe

#: Styles on which the length of a direction is measured.
_DRAWN = 512
#: What a file may have.
_MOST_BYTES = 1 << 30
#: Directions that one bundle may have.
_MOST_DIRECTIONS = 512
_TENSORFLOW = (".data-00000-of-00001",)
_SIDES = "a direction is [W], [L, W] or [D, L, W], W being the numbers of a style"


def directions(source: Path, bundle: Bundle, group: str | None = None, reach: float = 3.0) -> dict[str, F32]:
    """Name -> [L, W] that 1 on the fader adds to the styles of `bundle`, for every direction in the file.

    A direction goes `reach` deviations of the styles along it, 0 keeps the length that it has; `group` is the style
    group that it moves, all layers without one. Raises BundleError for a file that cannot be read, holds other sizes,
    numbers that are none, or nothing.
    """
    file = path_of(source)
    layers, width = bundle.shapes["layers"], bundle.shapes["w"]
    if group is not None and group not in bundle.groups:
        raise BundleError(f"{group!r} is no style group of {bundle.name}", "--group", f"one of {list(bundle.groups)}")
    first, end = bundle.groups[group] if group else (0, layers)
    found: dict[str, F32] = {}
    for name, array in _arrays(file).items():
        steps = _steps(array, layers, (width, bundle.shapes["z"]), f"{name} of {file.name}")
        for number, step in enumerate(steps, 1):
            kept = np.zeros((layers, width), np.float32)
            kept[first:end, : step.shape[1]] = step[first:end]
            if not kept.any():
                raise BundleError(f"a direction of {name} is zero", str(file), "leave it out of the file")
            found[name if len(steps) == 1 else f"{name} {number}"] = kept
    if not 0 < len(found) <= _MOST_DIRECTIONS:
        raise BundleError(
            f"the file holds {len(found)} directions", str(file), f"1 to {_MOST_DIRECTIONS} of them can be imported"
        )
    return _reaching(found, bundle, reach) if reach else found


def _steps(array: NDArray[Any], layers: int, widths: tuple[int, int], what: str) -> F32:
    """[D, L, W or Z] of an array of any of the shapes above."""
    if array.dtype.kind not in "fiu" or not array.size:
        raise BundleError(f"{what} holds {array.dtype} of shape {list(array.shape)}", what, _SIDES)
    numbers = array.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise BundleError(f"{what} holds numbers that are none (NaN or infinite)", what, "look for a sound copy")
    if numbers.ndim == 1 and numbers.size not in widths:  # bytes of a variable whose sides nobody told
        width = next((w for w in widths if numbers.size % w == 0), 0)
        numbers = numbers.reshape(-1, width) if width else numbers
    width = numbers.shape[-1]
    if width not in widths or not 1 <= numbers.ndim <= 3:
        told = f"{widths[0]} numbers" if widths[0] == widths[1] else f"{widths[0]} or {widths[1]} numbers"
        raise BundleError(f"{what} has sides {list(array.shape)}, but a style has {told}", what, _SIDES)
    if numbers.ndim == 1:
        numbers = numbers[None]
    if numbers.ndim == 2 and len(numbers) == layers > 1:
        numbers = numbers[None]
    elif numbers.ndim == 2:
        numbers = numbers[:, None]
    if numbers.shape[1] not in (1, layers):
        raise BundleError(f"{what} is for {numbers.shape[1]} layers, not {layers}", what, "is it of this generator?")
    return np.broadcast_to(numbers, (len(numbers), layers, width))


def _reaching(found: Mapping[str, F32], bundle: Bundle, reach: float) -> dict[str, F32]:
    """The same, each so long that it goes `reach` deviations of the styles along it."""
    probe, rng = Probe(bundle), np.random.default_rng(0)
    labels = rng.integers(0, len(bundle.classes), _DRAWN)
    styles = np.concatenate([probe.styles(rng, int(label), 1) for label in labels]).reshape(_DRAWN, -1)
    scaled = {}
    for name, step in found.items():
        unit = step / np.linalg.norm(step)
        deviation = float((styles @ unit.reshape(-1)).std())
        scaled[name] = (unit * np.float32(reach * deviation)).astype(np.float32) if deviation > 0 else step
    return scaled


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    """Every array of a file by name; one without a name is called as the file."""
    if not file.is_file():
        raise BundleError("there is no such file", str(file), "give a file of directions")
    if file.stat().st_size > _MOST_BYTES:
        raise BundleError("the file is too large for directions", str(file), "give the directions, not the generator")
    try:
        if file.suffix == ".npy":
            return {file.stem: np.load(file, allow_pickle=False)}
        if file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as held:
                return {name: held[name] for name in held.files}
        if file.suffix == ".safetensors":
            return dict(safetensors.numpy.load_file(file))
        if file.name.endswith(_TENSORFLOW):
            return {file.name.removesuffix(_TENSORFLOW[0]): np.frombuffer(file.read_bytes(), "<f4")}
        return dict(read_checkpoint(file).tensors)
    except (ValueError, OSError, EOFError, safetensors.SafetensorError) as error:
        reason = str(error).strip().split("\n")[0]
        raise BundleError(f"the file of directions cannot be read: {reason}", str(file), _FILES) from error
    except CheckpointError as error:
        raise BundleError(f"the file of directions cannot be read: {error.what}", str(file), _FILES) from error


_FILES = "give .npy, .npz, .safetensors, .pt, or the .data file of a TensorFlow checkpoint"

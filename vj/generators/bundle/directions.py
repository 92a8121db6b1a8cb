"""Named directions of a bundle: what a fader adds to the styles of a picture.

`directions.safetensors` holds one tensor [L, W] a name; bundle.toml lists the names in order. The file format is
eight bytes of header length (little endian), a JSON header, then the numbers (Hugging Face safetensors, public spec).
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from vj.core.errors import BundleError
from vj.core.types import F32
from vj.generators.bundle.manifest import DIRECTIONS, Bundle

_DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2")}


def read_directions(bundle: Bundle) -> F32:
    """[D, L, W]: what one unit of each of the bundle's directions adds to the styles; raises BundleError."""
    shape = (bundle.shapes["layers"], bundle.shapes["w"])
    if not bundle.directions:
        return np.zeros((0, *shape), np.float32)
    file = bundle.folder / DIRECTIONS
    if not file.is_file():
        raise BundleError(f"bundle.toml names directions, but there is no {DIRECTIONS}", str(bundle.folder), _AGAIN)
    try:
        tensors = _tensors(file)
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{DIRECTIONS} is damaged: {error}", str(file), _AGAIN) from error
    for name in bundle.directions:
        found = tensors[name].shape if name in tensors else None
        if found != shape:
            has = "is not in it" if found is None else f"has shape {list(found)}"
            raise BundleError(f"direction {name!r} {has}; {list(shape)} is needed", str(file), _AGAIN)
    return np.stack([tensors[name] for name in bundle.directions])


_AGAIN = "copy the bundle again, or correct directions in bundle.toml"


def _tensors(file: Path) -> dict[str, F32]:
    """Every tensor of a safetensors file as float32."""
    content = file.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8:start])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, end = entry["data_offsets"]
            numbers = np.frombuffer(content[start + first : start + end], _DTYPES[entry["dtype"]])
            tensors[name] = numbers.reshape(entry["shape"]).astype(np.float32)
    return tensors

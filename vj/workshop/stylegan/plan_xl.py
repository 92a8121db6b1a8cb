"""What a StyleGAN-XL checkpoint is made of: a StyleGAN3 whose last layers were cut off and grown anew, again and again.

Sauer et al., "StyleGAN-XL: Scaling StyleGAN to Large Diverse Datasets", 2022. Sizes and rates follow no one rule any
more, since every stage began its own where the one before was cut; they are read from the names of the layers and from
the lengths of the filters that a checkpoint keeps. A class is known by what another network saw in its pictures, is as
wide as z, and has a mean w of its own.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from vj.core.errors import CheckpointError
from vj.core.types import F32
from vj.workshop.stylegan.plan3 import HINT, Layer, Plan, assembled, known_of, named, number, padded, shape_of

FAMILY = "stylegan-xl"
EMBED = "mapping.embed.weight"
PROJECT = "mapping.embed_proj."
#: Sides and raising factors beyond which nobody trained one.
_LARGEST_PX = 4096
_MOST_FACTOR = 32


def is_xl(names: Mapping[str, Any]) -> bool:
    """Whether these tensors of a StyleGAN3 are a StyleGAN-XL's: it embeds classes without a bias."""
    return EMBED in names and "mapping.embed.bias" not in names


def plan(arguments: Mapping[str, Any], tensors: Mapping[str, Any]) -> Plan:
    """As `plan3.plan`; raises CheckpointError for what does not fit."""
    known = known_of(arguments)
    arrays = {name: np.asarray(value, np.float32) for name, value in tensors.items()}
    margin = int(number(known, "margin_size", 10, 0, 99))
    found = named(arrays)
    size = found[0][2]
    rate = size - 2 * margin
    if rate < 2 or rate & (rate - 1) or found[-1][2] > _LARGEST_PX:
        raise CheckpointError(f"its layers go from {size} to {found[-1][2]} samples a side", hint=HINT)
    reach = int(number(known, "filter_size", 6, 1, 32))
    layers, now = list[Layer](), rate
    for k, name, side in found:
        layer = _layer(name, (size, side), reach, arrays, k == len(found) - 1)
        now = now * layer.up // layer.down
        if side != now + (2 * margin if k < len(found) - 2 else 0):
            raise CheckpointError(f"{name} should hold {now} samples a picture by its filters", hint=HINT)
        layers.append(layer)
        size = side
    if any(one.channels[1] != other.channels[0] for one, other in pairwise(layers)):
        raise CheckpointError("its layers do not follow from one another", hint=HINT)
    classes, seen = 0, 0
    if f"{PROJECT}weight" in arrays:
        classes, seen = shape_of(arrays, "mapping.w_avg", 2)[0], shape_of(arrays, EMBED, 2)[1]
        arrays[EMBED] = arrays[EMBED][:classes]  # those of ImageNet, of which it may know fewer
    else:
        del arrays[EMBED]  # is there, and never looked at
    cutoff = number(known, "first_cutoff", 2)
    return assembled(arguments, arrays, tuple(layers), (rate, cutoff), (classes, seen))


def _layer(name: str, size: tuple[int, int], reach: int, arrays: Mapping[str, F32], rgb: bool) -> Layer:
    """A layer by its filters: they have `reach` taps for each sample of the lower rate."""
    out, into, kernel, _ = shape_of(arrays, f"synthesis.{name}.weight", 4)
    filters, factors = [], []
    for part in ("up_filter", "down_filter"):
        taps = arrays.get(f"synthesis.{name}.{part}")
        if taps is None and not rgb:
            raise CheckpointError(f"synthesis.{name}.{part} is missing; it says how the layer samples", hint=HINT)
        taps = np.ones(1, np.float32) if taps is None else np.atleast_1d(taps)
        factor, rest = divmod(len(taps), reach) if taps.size > 1 else (1, 0)
        square = taps.ndim <= 2 and len(set(taps.shape)) == 1 and np.isfinite(taps).all()
        if rest or not square or not 1 <= factor <= _MOST_FACTOR:
            raise CheckpointError(f"synthesis.{name}.{part} has shape {list(taps.shape)}; {reach} a step", hint=HINT)
        filters.append(taps)
        factors.append(factor)
    up, down = factors
    pads = padded(size, kernel, (up, down), (len(filters[0]), len(filters[1])))
    return Layer(name, (into, out), kernel, size, up, down, pads, filters[0], filters[1], rgb)

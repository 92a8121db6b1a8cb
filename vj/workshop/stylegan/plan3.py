"""What a StyleGAN3 checkpoint is made of: every layer's sizes, rates and filters, by the rules of the paper.

Karras et al., "Alias-Free Generative Adversarial Networks", 2021. Shapes are read from the tensors, the rest from the
arguments the network was built with (their defaults are the published ones), so that a file of bare tensors can be
planned too. Frequencies are cycles per picture, rates samples per picture.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.signal import firwin, kaiser_atten, kaiser_beta
from scipy.special import j1

from vj.core.errors import CheckpointError
from vj.core.types import F32, F64

_LAYER = re.compile(r"synthesis\.(L(\d{1,2})_(\d{1,4})_(\d{1,5}))\.weight")
_HINT = "import the file as the official StyleGAN3 code wrote it"
#: Beginning of names that only StyleGAN-XL's mapping network has.
_XL = "mapping.embed_proj."


@dataclass(frozen=True)
class Layer:
    """One synthesis layer: modulated convolution, up by `up`, leaky bend, down by `down`.

    channels   (in, out)
    size       (in, out) samples a side, margins and all
    pads       (before, after) samples that the raised signal grows by, or loses where negative
    up_filter  [taps]; down_filter [taps] or, where it is radial, [taps, taps]; both sum to 1
    rgb        the last layer: no demodulation, no bend
    """

    name: str
    channels: tuple[int, int]
    kernel: int
    size: tuple[int, int]
    up: int
    down: int
    pads: tuple[int, int]
    up_filter: F32
    down_filter: F32
    rgb: bool


@dataclass(frozen=True)
class Plan:
    """The whole generator.

    z, w, classes  sizes of the mapper's sides; 0 classes for an unconditional one
    depth          fully connected layers of the mapper
    rate           learning rate factor of the mapper, which scales its stored weights
    input_size     samples a side of the Fourier features, margins and all
    input_rate     samples per picture there; `bandwidth` what its features are limited to
    clamp          largest magnitude after a bend; infinite where there is none
    scale          factor of the finished picture
    """

    z: int
    w: int
    classes: int
    depth: int
    rate: float
    input_size: int
    input_rate: float
    bandwidth: float
    layers: tuple[Layer, ...]
    clamp: float
    scale: float
    tensors: Mapping[str, F32]

    @property
    def styles(self) -> int:
        """L: the input and every layer have one."""
        return len(self.layers) + 1

    @property
    def resolution(self) -> int:
        """Pixels a side."""
        return self.layers[-1].size[1]


@dataclass(frozen=True)
class Rates:
    """Cutoff, half of the transition, sampling rate and size of every layer's output."""

    cutoff: F64
    half_width: F64
    rate: F64
    size: F64


def plan(arguments: Mapping[str, Any], tensors: Mapping[str, Any]) -> Plan:
    """Read the plan of G_ema from its `arguments` and `tensors`; raises CheckpointError for what does not fit."""
    known = {**arguments, **_table(arguments, "synthesis_kwargs")}
    arrays = {name: np.asarray(value, np.float32) for name, value in tensors.items()}
    if any(name.startswith(_XL) for name in arrays):
        raise CheckpointError("this is StyleGAN-XL, whose layers are not StyleGAN3's: it is not read", hint=_HINT)
    found = sorted((int(m[2]), m[1], int(m[3])) for m in map(_LAYER.fullmatch, arrays) if m)
    if [k for k, *_ in found] != list(range(len(found))) or len(found) < 4:
        raise CheckpointError(
            f"of the synthesis layers L0, L1, ... only {[n for _, n, _ in found]} are there", hint=_HINT
        )
    rates = rates_of(known, len(found) - 1, found[-1][2])
    layers = tuple(_layer(k, name, known, rates, arrays) for k, name, _ in found)
    for layer, (*_, size) in zip(layers, found, strict=True):
        if layer.size[1] != size:
            raise CheckpointError(f"{layer.name} should be {layer.size[1]} samples a side by its arguments", hint=_HINT)
    rate = _number(_table(arguments, "mapping_kwargs"), "lr_multiplier", 0.01)
    depth = sum(re.fullmatch(r"mapping\.fc\d+\.weight", name) is not None for name in arrays)
    w = _shape(arrays, "synthesis.input.affine.weight", 2)[1]
    classes = _shape(arrays, "mapping.embed.weight", 2)[1] if "mapping.embed.weight" in arrays else 0
    planned = Plan(
        z=_shape(arrays, "mapping.fc0.weight", 2)[1] - (w if classes else 0),
        w=w,
        classes=classes,
        depth=depth,
        rate=rate,
        input_size=layers[0].size[0],
        input_rate=float(rates.rate[0]),
        bandwidth=float(rates.cutoff[0]),
        layers=layers,
        clamp=math.inf if known.get("conv_clamp", 256) is None else _number(known, "conv_clamp", 256),
        scale=_number(known, "output_scale", 0.25),
        tensors=arrays,
    )
    return replace(planned, tensors={name: arrays[name] for name in _checked(planned)})


def lowpass(taps: int, cutoff: float, width: float, rate: float, radial: bool = False) -> F32:
    """A Kaiser-windowed low-pass filter of sum 1: [taps], or [taps, taps] of a disc's (jinc) where `radial`.

    cutoff and transition `width` in the unit of `rate`; appendix C of the paper.
    """
    if taps == 1:
        return np.ones(1, np.float32)
    if cutoff >= rate / 2:
        raise CheckpointError(f"a filter cuts off at {cutoff:g} of {rate:g} samples a picture", hint=_HINT)
    if not radial:
        return np.asarray(firwin(taps, cutoff, width=width, fs=rate), np.float32)
    x = (np.arange(taps) - (taps - 1) / 2) / rate
    r = np.hypot(x[:, None], x[None, :])
    r = np.where(r == 0, 1e-9, r)
    window = np.kaiser(taps, kaiser_beta(kaiser_atten(taps, width / (rate / 2))))
    f = j1(2 * np.pi * cutoff * r) / (np.pi * r) * np.outer(window, window)
    return np.asarray(f / f.sum(), np.float32)


def rates_of(known: Mapping[str, Any], last: int, resolution: int) -> Rates:
    """Section 3.2: cutoffs and stop bands grow geometrically, but for the critically sampled last layers."""
    critical = _critical(known, last)
    first, first_stop = _number(known, "first_cutoff", 2), _number(known, "first_stopband", 2**2.1)
    end = resolution / 2
    end_stop = end * _number(known, "last_stopband_rel", 2**0.3)
    part = np.minimum(np.arange(last + 1) / (last - critical), 1)
    cutoff = first * (end / first) ** part
    stop = first_stop * (end_stop / first_stop) ** part
    rate = np.exp2(np.ceil(np.log2(np.minimum(stop * 2, resolution))))
    size = rate + 2 * int(_number(known, "margin_size", 10, 0, 99))
    size[-2:] = resolution
    half_width = np.maximum(stop, rate / 2) - cutoff
    if min(half_width) <= 0 or max(cutoff) > end or min(rate) < 2:
        raise CheckpointError("its cutoffs and stop bands leave no room for filters", hint=_HINT)
    return Rates(cutoff, half_width, rate, size)


def _layer(k: int, name: str, known: Mapping[str, Any], rates: Rates, arrays: Mapping[str, F32]) -> Layer:
    """Appendix B: what layer `k` does to the signal that the layer before it left."""
    last, before = len(rates.rate) - 1, max(k - 1, 0)
    rgb, critical = k == last, k >= last - _critical(known, last)
    out, into, kernel, _ = _shape(arrays, f"synthesis.{name}.weight", 4)
    raised = max(rates.rate[before], rates.rate[k]) * (1 if rgb else int(_number(known, "lrelu_upsampling", 2, 1, 8)))
    up, down = round(raised / rates.rate[before]), round(raised / rates.rate[k])
    reach = int(_number(known, "filter_size", 6, 1, 32))
    taps = [reach * factor if factor > 1 and not rgb else 1 for factor in (up, down)]
    radial = bool(known.get("use_radial_filters", kernel == 1)) and not critical
    lift = arrays.get(f"synthesis.{name}.up_filter")
    if lift is None:
        lift = lowpass(taps[0], rates.cutoff[before], rates.half_width[before] * 2, raised)
    drop = arrays.get(f"synthesis.{name}.down_filter")
    if drop is None:
        drop = lowpass(taps[1], rates.cutoff[k], rates.half_width[k] * 2, raised, radial)
    size = int(rates.size[before]), int(rates.size[k])
    grown = (size[1] - 1) * down + 1 - (size[0] + kernel - 1) * up + len(lift) + len(drop) - 2
    first = (grown + up) // 2
    pads = first, grown - first
    return Layer(name, (into, out), kernel, size, up, down, pads, lift, drop, rgb)


def _critical(known: Mapping[str, Any], last: int) -> int:
    """How many of the last layers keep all that their samples can hold."""
    count = int(_number(known, "num_critical", 2, 0, 99))
    if count >= last:
        raise CheckpointError(f"num_critical is {count}, but there are {last + 1} layers", hint=_HINT)
    return count


def _number(known: Mapping[str, Any], name: str, usual: float, least: float = 1e-9, most: float = 1e6) -> float:
    """An argument that must be a number within bounds."""
    value = known.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise CheckpointError(f"{name} is {value!r}, not a number of {least:g} to {most:g}", hint=_HINT)
    return float(value)


def _table(arguments: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = arguments.get(name)
    return found if isinstance(found, Mapping) else {}


def _shape(arrays: Mapping[str, F32], name: str, sides: int) -> tuple[int, ...]:
    if name not in arrays:
        raise CheckpointError(f"the checkpoint has no tensor {name}", hint=_HINT)
    if arrays[name].ndim != sides:
        raise CheckpointError(f"{name} has shape {list(arrays[name].shape)}; {sides} sides are needed", hint=_HINT)
    return arrays[name].shape


def _checked(planned: Plan) -> list[str]:
    """Names of all weights, which are there and of their size; one layer's channels are the next one's."""
    w, first = planned.w, planned.layers[0].channels[0]
    expected: dict[str, tuple[int, ...]] = {"mapping.w_avg": (w,), "synthesis.input.weight": (first, first)}
    expected |= {"synthesis.input.affine.weight": (4, w), "synthesis.input.affine.bias": (4,)}
    expected |= {"synthesis.input.freqs": (first, 2), "synthesis.input.phases": (first,)}
    expected |= {"synthesis.input.transform": (3, 3)}
    if planned.classes:
        expected |= {"mapping.embed.weight": (w, planned.classes), "mapping.embed.bias": (w,)}
    for k in range(planned.depth):
        into = w if k else planned.z + (w if planned.classes else 0)
        expected |= {f"mapping.fc{k}.weight": (w, into), f"mapping.fc{k}.bias": (w,)}
    into = first
    for layer in planned.layers:
        at, (_, out), side = f"synthesis.{layer.name}", layer.channels, layer.kernel
        expected |= {f"{at}.weight": (out, into, side, side), f"{at}.bias": (out,), f"{at}.magnitude_ema": ()}
        expected |= {f"{at}.affine.weight": (into, w), f"{at}.affine.bias": (into,)}
        into = out
    for name, shape in expected.items():
        found = planned.tensors[name].shape if name in planned.tensors else None
        if found != shape:
            has = "is missing" if found is None else f"has shape {list(found)}"
            raise CheckpointError(f"{name} {has}; {list(shape)} is needed", hint=_HINT)
        if not np.isfinite(planned.tensors[name]).all():
            raise CheckpointError(f"{name} holds numbers that are not finite", hint=_HINT)
    strange = sorted(n for n in planned.tensors if n not in expected and not n.endswith(("up_filter", "down_filter")))
    if strange:
        raise CheckpointError(f"it has parts that StyleGAN3 has not: {', '.join(strange[:3])}", hint=_HINT)
    return list(expected)

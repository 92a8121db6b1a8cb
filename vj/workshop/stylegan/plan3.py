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
HINT = "import the file as the official StyleGAN3 code wrote it"


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
    seen           numbers by which StyleGAN-XL knows a class before it is embedded; 0 for StyleGAN3
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
    seen: int
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
    def embedded(self) -> int:
        """Numbers that a class becomes beside z; 0 where there are none."""
        return (self.z if self.seen else self.w) if self.classes else 0

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
    known = known_of(arguments)
    arrays = {name: np.asarray(value, np.float32) for name, value in tensors.items()}
    found = named(arrays)
    rates = rates_of(known, len(found) - 1, found[-1][2])
    layers = tuple(_layer(k, name, known, rates, arrays) for k, name, _ in found)
    for layer, (*_, size) in zip(layers, found, strict=True):
        if layer.size[1] != size:
            raise CheckpointError(f"{layer.name} should be {layer.size[1]} samples a side by its arguments", hint=HINT)
    classes = shape_of(arrays, "mapping.embed.weight", 2)[1] if "mapping.embed.weight" in arrays else 0
    return assembled(arguments, arrays, layers, (float(rates.rate[0]), float(rates.cutoff[0])), (classes, 0))


def known_of(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the synthesis network was built with."""
    return {**arguments, **_table(arguments, "synthesis_kwargs")}


def named(arrays: Mapping[str, F32]) -> list[tuple[int, str, int]]:
    """Number, name and samples a side of every synthesis layer, in their order; raises CheckpointError."""
    found = sorted((int(m[2]), m[1], int(m[3])) for m in map(_LAYER.fullmatch, arrays) if m)
    if [k for k, *_ in found] != list(range(len(found))) or len(found) < 4:
        raise CheckpointError(
            f"of the synthesis layers L0, L1, ... only {[n for _, n, _ in found]} are there", hint=HINT
        )
    return found


def assembled(
    arguments: Mapping[str, Any],
    arrays: Mapping[str, F32],
    layers: tuple[Layer, ...],
    features: tuple[float, float],
    labels: tuple[int, int],
) -> Plan:
    """The plan of `layers`, once all weights are found to be there; raises CheckpointError.

    features  rate and bandwidth of the Fourier features
    labels    classes, and the numbers by which they are known, as in Plan
    """
    known, (classes, seen) = known_of(arguments), labels
    depth = sum(re.fullmatch(r"mapping\.fc\d+\.weight", name) is not None for name in arrays)
    w, into = shape_of(arrays, "synthesis.input.affine.weight", 2)[1], shape_of(arrays, "mapping.fc0.weight", 2)[1]
    planned = Plan(
        z=into // 2 if seen else into - (w if classes else 0),
        w=w,
        classes=classes,
        seen=seen,
        depth=depth,
        rate=number(_table(arguments, "mapping_kwargs"), "lr_multiplier", 0.01),
        input_size=layers[0].size[0],
        input_rate=features[0],
        bandwidth=features[1],
        layers=layers,
        clamp=math.inf if known.get("conv_clamp", 256) is None else number(known, "conv_clamp", 256),
        scale=number(known, "output_scale", 0.25),
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
        raise CheckpointError(f"a filter cuts off at {cutoff:g} of {rate:g} samples a picture", hint=HINT)
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
    first, first_stop = number(known, "first_cutoff", 2), number(known, "first_stopband", 2**2.1)
    end = resolution / 2
    end_stop = end * number(known, "last_stopband_rel", 2**0.3)
    part = np.minimum(np.arange(last + 1) / (last - critical), 1)
    cutoff = first * (end / first) ** part
    stop = first_stop * (end_stop / first_stop) ** part
    rate = np.exp2(np.ceil(np.log2(np.minimum(stop * 2, resolution))))
    size = rate + 2 * int(number(known, "margin_size", 10, 0, 99))
    size[-2:] = resolution
    half_width = np.maximum(stop, rate / 2) - cutoff
    if min(half_width) <= 0 or max(cutoff) > end or min(rate) < 2:
        raise CheckpointError("its cutoffs and stop bands leave no room for filters", hint=HINT)
    return Rates(cutoff, half_width, rate, size)


def _layer(k: int, name: str, known: Mapping[str, Any], rates: Rates, arrays: Mapping[str, F32]) -> Layer:
    """Appendix B: what layer `k` does to the signal that the layer before it left."""
    last, before = len(rates.rate) - 1, max(k - 1, 0)
    rgb, critical = k == last, k >= last - _critical(known, last)
    out, into, kernel, _ = shape_of(arrays, f"synthesis.{name}.weight", 4)
    raised = max(rates.rate[before], rates.rate[k]) * (1 if rgb else int(number(known, "lrelu_upsampling", 2, 1, 8)))
    up, down = round(raised / rates.rate[before]), round(raised / rates.rate[k])
    reach = int(number(known, "filter_size", 6, 1, 32))
    taps = [reach * factor if factor > 1 and not rgb else 1 for factor in (up, down)]
    radial = bool(known.get("use_radial_filters", kernel == 1)) and not critical
    lift = arrays.get(f"synthesis.{name}.up_filter")
    if lift is None:
        lift = lowpass(taps[0], rates.cutoff[before], rates.half_width[before] * 2, raised)
    drop = arrays.get(f"synthesis.{name}.down_filter")
    if drop is None:
        drop = lowpass(taps[1], rates.cutoff[k], rates.half_width[k] * 2, raised, radial)
    size = int(rates.size[before]), int(rates.size[k])
    pads = padded(size, kernel, (up, down), (len(lift), len(drop)))
    return Layer(name, (into, out), kernel, size, up, down, pads, lift, drop, rgb)


def padded(size: tuple[int, int], kernel: int, factors: tuple[int, int], taps: tuple[int, int]) -> tuple[int, int]:
    """What the raised signal grows by before and after, so that a layer's samples end in the middle of `size`."""
    (before, after), (up, down) = size, factors
    grown = (after - 1) * down + 1 - (before + kernel - 1) * up + sum(taps) - 2
    first = (grown + up) // 2
    return first, grown - first


def _critical(known: Mapping[str, Any], last: int) -> int:
    """How many of the last layers keep all that their samples can hold."""
    count = int(number(known, "num_critical", 2, 0, 99))
    if count >= last:
        raise CheckpointError(f"num_critical is {count}, but there are {last + 1} layers", hint=HINT)
    return count


def number(known: Mapping[str, Any], name: str, usual: float, least: float = 1e-9, most: float = 1e6) -> float:
    """An argument that must be a number within bounds."""
    value = known.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise CheckpointError(f"{name} is {value!r}, not a number of {least:g} to {most:g}", hint=HINT)
    return float(value)


def _table(arguments: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = arguments.get(name)
    return found if isinstance(found, Mapping) else {}


def shape_of(arrays: Mapping[str, F32], name: str, sides: int) -> tuple[int, ...]:
    if name not in arrays:
        raise CheckpointError(f"the checkpoint has no tensor {name}", hint=HINT)
    if arrays[name].ndim != sides:
        raise CheckpointError(f"{name} has shape {list(arrays[name].shape)}; {sides} sides are needed", hint=HINT)
    return arrays[name].shape


def _checked(planned: Plan) -> list[str]:
    """Names of all weights, which are there and of their size; one layer's channels are the next one's."""
    w, first = planned.w, planned.layers[0].channels[0]
    means = (planned.classes, w) if planned.seen else (w,)
    expected: dict[str, tuple[int, ...]] = {"mapping.w_avg": means, "synthesis.input.weight": (first, first)}
    expected |= {"synthesis.input.affine.weight": (4, w), "synthesis.input.affine.bias": (4,)}
    expected |= {"synthesis.input.freqs": (first, 2), "synthesis.input.phases": (first,)}
    expected |= {"synthesis.input.transform": (3, 3)}
    if planned.seen:
        at, z = "mapping.embed_proj", planned.z
        expected |= {"mapping.embed.weight": (planned.classes, planned.seen)}
        expected |= {f"{at}.weight": (z, planned.seen), f"{at}.bias": (z,)}
    elif planned.classes:
        expected |= {"mapping.embed.weight": (w, planned.classes), "mapping.embed.bias": (w,)}
    for k in range(planned.depth):
        into = w if k else planned.z + planned.embedded
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
            raise CheckpointError(f"{name} {has}; {list(shape)} is needed", hint=HINT)
        if not np.isfinite(planned.tensors[name]).all():
            raise CheckpointError(f"{name} holds numbers that are not finite", hint=HINT)
    strange = sorted(n for n in planned.tensors if n not in expected and not n.endswith(("up_filter", "down_filter")))
    if strange:
        raise CheckpointError(f"it has parts that StyleGAN3 has not: {', '.join(strange[:3])}", hint=HINT)
    return list(expected)

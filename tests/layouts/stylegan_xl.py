"""A small StyleGAN-XL by its paper: random tensors by their official names, and a reference that draws them.

A stem of 16 pixels, and twice a head that was put in place of the critically sampled layers: 32, then 64 pixels. The
reference knows nothing of ours: one picture at a time, numbers in float64, filters by scipy's upfirdn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import firwin, upfirdn

from vj.core.types import F32, F64

Z, W, SEEN, MARGIN = 6, 10, 14, 10
#: Pixels a side of each stage, layers of each besides the last one, channels.
STAGES, COUNTS, CHANNELS = (16, 32, 64), (5, 4, 4), 8


@dataclass
class Layer:
    """What the reference does, and what it keeps of it for the next stage."""

    name: str
    size: tuple[int, int]
    up: int
    down: int
    up_filter: F64
    down_filter: F64
    rgb: bool
    cutoff: float
    stop: float
    rate: float


@cache
def layers() -> tuple[Layer, ...]:
    """Those that are left when all stages are trained."""
    kept: list[Layer] = []
    for side, count in zip(STAGES, COUNTS, strict=True):
        kept = kept[:-3]  # two that are critically sampled, and the one to colours
        first, stop, rate = (kept[-1].cutoff, kept[-1].stop, kept[-1].rate) if kept else (2.0, 2**2.1, None)
        part = np.minimum(np.arange(count + 1) / (count - 2), 1)
        cutoffs, stops = first * (side / 2 / first) ** part, stop * (side / 2 * 2**0.3 / stop) ** part
        rates = 2 ** np.ceil(np.log2(np.minimum(stops * 2, side)))
        rates[0] = rate or rates[0]
        halves = np.maximum(stops, rates / 2) - cutoffs
        sizes = [*(int(r) + 2 * MARGIN for r in rates[:-2]), side, side]
        for k in range(count + 1):
            before, rgb = max(k - 1, 0), k == count
            raised = max(rates[before], rates[k]) * (1 if rgb else 2)
            up, down = int(raised / rates[before]), int(raised / rates[k])
            lift = np.ones(1) if rgb else firwin(6 * up, cutoffs[before], width=2 * halves[before], fs=raised)
            drop = np.ones(1) if rgb else firwin(6 * down, cutoffs[k], width=2 * halves[k], fs=raised)
            name = f"L{len(kept)}_{sizes[k]}_{3 if rgb else CHANNELS}"
            size = sizes[before], sizes[k]
            kept.append(Layer(name, size, up, down, lift, drop, rgb, cutoffs[k], halves[k] + cutoffs[k], rates[k]))
    return tuple(kept)


def tensors(classes: int = 3, known: int = 5, seed: int = 0) -> dict[str, F32]:
    """All that a checkpoint holds; of `known` embeddings it uses `classes`, or none where these are 0."""
    return dict(_tensors(classes, known, seed))


@cache
def _tensors(classes: int, known: int, seed: int) -> Mapping[str, F32]:
    rng = np.random.default_rng(seed)
    normal = rng.standard_normal
    found: dict[str, F64] = {"mapping.embed.weight": normal((known, SEEN)), "mapping.w_avg": normal(W) * 0.3}
    if classes:
        found |= {"mapping.embed_proj.weight": normal((Z, SEEN)), "mapping.embed_proj.bias": normal(Z) * 0.2}
        found["mapping.w_avg"] = normal((classes, W)) * 0.3
    for k, into in enumerate((2 * Z if classes else Z, W)):
        found |= {f"mapping.fc{k}.weight": normal((W, into)) * 100, f"mapping.fc{k}.bias": normal(W) * 10}
    freqs = normal((CHANNELS, 2))
    freqs *= 2 / np.maximum(np.linalg.norm(freqs, axis=1, keepdims=True), 1)
    at = "synthesis.input"
    found |= {f"{at}.weight": normal((CHANNELS, CHANNELS)), f"{at}.freqs": freqs, f"{at}.transform": np.eye(3)}
    found |= {f"{at}.phases": rng.random(CHANNELS) - 0.5, f"{at}.affine.weight": normal((4, W)) * 0.2}
    found[f"{at}.affine.bias"] = np.array([1.0, 0.1, 0.05, 0.0])
    for layer in layers():
        at, out, side = f"synthesis.{layer.name}", 3 if layer.rgb else CHANNELS, 1 if layer.rgb else 3
        found |= {f"{at}.weight": normal((out, CHANNELS, side, side)), f"{at}.bias": normal(out) * 0.2}
        found |= {f"{at}.affine.weight": normal((CHANNELS, W)), f"{at}.affine.bias": 1 + normal(CHANNELS) * 0.1}
        found[f"{at}.magnitude_ema"] = np.array(1.0)
        if not layer.rgb:
            found |= {f"{at}.up_filter": layer.up_filter, f"{at}.down_filter": layer.down_filter}
    several = [mapped(found, normal(Z), 0 if classes else None, 1.0) for _ in range(3)]
    drawn(found, several[0], found)  # as training does: every layer's input is measured
    loud = np.std([drawn(found, w) for w in several]) / 0.4
    for part in ("weight", "bias"):
        found[f"synthesis.{layers()[-1].name}.{part}"] /= loud
    return {name: np.asarray(array, np.float32) for name, array in found.items()}


def mapped(known: Mapping[str, F32 | F64], z: F64, label: int | None, psi: float) -> F64:
    """[W] of one z [Z] and one class."""
    x, mean = _unit(z), known["mapping.w_avg"]
    if label is not None:
        seen = known["mapping.embed_proj.weight"] @ known["mapping.embed.weight"][label] / SEEN**0.5
        x = np.concatenate([x, _unit(_bent(seen + known["mapping.embed_proj.bias"]))])
        mean = mean[label]
    for k in range(2):
        weight, bias = known[f"mapping.fc{k}.weight"], known[f"mapping.fc{k}.bias"]
        x = _bent(0.01 * (weight @ x / len(x) ** 0.5 + bias))
    return np.asarray(psi * x + (1 - psi) * mean, np.float64)


def drawn(known: Mapping[str, F32 | F64], w: F64, measured: dict[str, F64] | None = None) -> F64:
    """[3, H, W] the picture of w; magnitudes of what comes into layers are put into `measured`."""
    x = _features(known, w)
    for layer in layers():
        at = f"synthesis.{layer.name}"
        if measured is not None:
            measured[f"{at}.magnitude_ema"] = np.array(np.mean(x**2))
        s = known[f"{at}.affine.weight"] @ w / W**0.5 + known[f"{at}.affine.bias"]
        kernel = np.asarray(known[f"{at}.weight"], np.float64)
        if layer.rgb:
            kernel = kernel * (s / CHANNELS**0.5)[:, None, None]
        else:
            kernel = kernel / np.sqrt(np.mean(kernel**2, (1, 2, 3), keepdims=True))
            kernel = kernel * (s / np.sqrt(np.mean(s**2)))[:, None, None]
            kernel /= np.sqrt(np.sum(kernel**2, (1, 2, 3), keepdims=True) + 1e-8)
        kernel = kernel / np.sqrt(known[f"{at}.magnitude_ema"])
        side = kernel.shape[-1]
        seen = sliding_window_view(np.pad(x, ((0, 0), (side - 1,) * 2, (side - 1,) * 2)), (side, side), (1, 2))
        x = np.einsum("chwij,ocij->ohw", seen, kernel, optimize=True) + np.asarray(known[f"{at}.bias"])[:, None, None]
        total = (layer.size[1] - 1) * layer.down + 1 - (layer.size[0] + side - 1) * layer.up
        total += len(layer.up_filter) + len(layer.down_filter) - 2
        low = (total + layer.up) // 2
        for axis in (1, 2):
            x = _raised(x, axis, layer, (low, total - low))
        if not layer.rgb:
            x = _bent(x)
        x = np.clip(x, -256, 256)
        for axis in (1, 2):
            x = _lowered(x, axis, layer)
    return np.asarray(x * 0.25, np.float64)


def _features(known: Mapping[str, F32 | F64], w: F64) -> F64:
    """[C, size, size] waves on a plane that is turned and shifted."""
    at, size, rate, band = "synthesis.input", layers()[0].size[0], layers()[0].rate, 2.0
    t = known[f"{at}.affine.weight"] @ w / W**0.5 + known[f"{at}.affine.bias"]
    c, s, right, down = t / np.hypot(t[0], t[1])
    turn = np.array([[c, -s], [s, c]])
    freqs = np.asarray(known[f"{at}.freqs"], np.float64)
    phases = known[f"{at}.phases"] - freqs @ (turn @ np.array([right, down]))
    freqs = freqs @ turn
    loud = np.clip(1 - (np.linalg.norm(freqs, axis=1) - band) / (rate / 2 - band), 0, 1)
    place = (np.arange(size) + 0.5 - size / 2) / rate
    waves = freqs[:, 0, None, None] * place + freqs[:, 1, None, None] * place[:, None] + phases[:, None, None]
    waves = np.sin(2 * np.pi * waves) * loud[:, None, None]
    return np.asarray(np.tensordot(known[f"{at}.weight"], waves, 1) / CHANNELS**0.5, np.float64)


def _raised(x: F64, axis: int, layer: Layer, pads: tuple[int, int]) -> F64:
    """Zeros between, `pads` around, filtered; what lies beyond the signal is nothing."""
    taps, count = len(layer.up_filter), x.shape[axis] * layer.up + sum(pads) - len(layer.up_filter) + 1
    whole = upfirdn(layer.up_filter * layer.up, x, layer.up, axis=axis)
    wanted = np.arange(count) + taps - 1 - pads[0]
    inside = (wanted >= 0) & (wanted < whole.shape[axis])
    found = np.take(whole, np.clip(wanted, 0, whole.shape[axis] - 1), axis)
    return np.asarray(found * inside.reshape([-1 if k == axis else 1 for k in range(3)]), np.float64)


def _lowered(x: F64, axis: int, layer: Layer) -> F64:
    """Filtered where the filter finds numbers only, and every so many of them kept."""
    seen = sliding_window_view(x, len(layer.down_filter), axis) @ layer.down_filter[::-1]
    return np.asarray(np.take(seen, range(0, seen.shape[axis], layer.down), axis), np.float64)


def _unit(x: F64) -> F64:
    return np.asarray(x / np.sqrt(np.mean(np.square(x)) + 1e-8), np.float64)


def _bent(x: F64) -> F64:
    return np.asarray(np.where(x > 0, x, 0.2 * x) * 2**0.5, np.float64)

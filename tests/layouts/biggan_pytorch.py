"""Random generators in the layout of ajbrock's BigGAN-PyTorch, and what such a network computes, layer by layer.

Written from the paper and the shapes and names of the code's state dicts: `blocks.0.0.bn1.gain.weight`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

Array = npt.NDArray[Any]


def random(
    channels: tuple[tuple[int, int], ...],
    deep: bool = False,
    hier: bool = True,
    shared: bool = True,
    z: int = 12,
    embedding: int = 5,
    classes: int = 4,
    attention: int | None = None,
    norms: str = "stored",
    spectral: bool = True,
    colours: int = 3,
    seed: int = 0,
) -> dict[str, Array]:
    """The state dict of a generator with blocks of these channels (in, out); `z` counts all its parts.

    norms   "stored", "mybn" (standing statistics, which are sums) or "sync", as training may choose them
    """
    rng = np.random.default_rng(seed)
    tensors: dict[str, Array] = {}

    def normal(*shape: int, size: float = 1.0) -> Array:
        return np.asarray(rng.standard_normal(shape) * size, np.float32)

    def weight(name: str, *shape: int, bias: bool = True, size: float = 1.0) -> None:
        tensors[f"{name}.weight"] = normal(*shape, size=size / np.sqrt(np.prod(shape[1:])))
        if bias:
            tensors[f"{name}.bias"] = normal(shape[0], size=0.3)
        if spectral:
            tensors.update({f"{name}.u0": normal(1, shape[0]), f"{name}.sv0": np.ones(1, np.float32)})

    def statistics(name: str, count: int) -> None:
        mean, variance = normal(count, size=0.3), rng.uniform(0.5, 1.5, count).astype(np.float32)
        if norms == "mybn":
            tensors[f"{name}.bn.stored_mean"], tensors[f"{name}.bn.stored_var"] = mean * 16, variance * 16
            tensors[f"{name}.bn.accumulation_counter"] = np.full(1, 16, np.float32)
        elif norms == "sync":
            tensors[f"{name}.bn.running_mean"], tensors[f"{name}.bn.running_var"] = mean, variance
            tensors[f"{name}.bn.num_batches_tracked"] = np.array(7)
        else:
            tensors[f"{name}.stored_mean"], tensors[f"{name}.stored_var"] = mean, variance

    def norm(name: str, count: int) -> None:
        for part in ("gain", "bias"):
            if shared:
                weight(f"{name}.{part}", count, style, bias=False, size=2.0)
            else:
                tensors[f"{name}.{part}.weight"] = normal(classes, count)
        statistics(name, count)

    chunk = z if deep else z // (len(channels) + 1) if hier else 0
    style = embedding + chunk
    if shared:
        tensors["shared.weight"] = normal(classes, embedding)
    weight("linear", channels[0][0] * 16, style if deep else chunk or z)
    for k, (ins, outs) in enumerate(channels):
        at, middle = f"blocks.{k}.0", ins // 4 if deep else outs
        if deep:
            sides = ((middle, ins, 1), (middle, middle, 3), (middle, middle, 3), (outs, middle, 1))
        else:
            sides = ((outs, ins, 3), (outs, outs, 3))
        for n, (out, into, kernel) in enumerate(sides, 1):
            weight(f"{at}.conv{n}", out, into, kernel, kernel)
            norm(f"{at}.bn{n}", into)
        if not deep:
            weight(f"{at}.conv_sc", outs, ins, 1, 1)
        if attention == k:
            at = f"blocks.{k}.1"
            tensors[f"{at}.gamma"] = np.array(0.7, np.float32)
            for part, (out, into) in {
                "theta": (outs // 8, outs),
                "phi": (outs // 8, outs),
                "g": (outs // 2, outs),
                "o": (outs, outs // 2),
            }.items():
                weight(f"{at}.{part}", out, into, 1, 1, bias=False)
    last = channels[-1][1]
    tensors |= {"output_layer.0.gain": 1 + normal(last, size=0.2), "output_layer.0.bias": normal(last, size=0.2)}
    statistics("output_layer.0", last)
    weight("output_layer.2", 16 if deep else colours, last, 3, 3)
    return tensors


def original(tensors: dict[str, Array], z: Array, mix: Array, deep: bool, hier: bool, depth: int = 2) -> Array:
    """Pictures [N, 3 or 1, side, side] of z [N, Z] and class weights [N, C], in double precision."""
    t = {name: torch.tensor(value, dtype=torch.float64) for name, value in tensors.items()}
    shared = "shared.weight" in t
    latent, labels = torch.tensor(z, dtype=torch.float64), torch.tensor(mix, dtype=torch.float64)
    y = labels @ t["shared.weight"] if shared else labels

    def weight(name: str) -> Tensor:
        """One step of power iteration from u0, as in evaluation too."""
        w = t[f"{name}.weight"]
        if f"{name}.u0" not in t:
            return w
        matrix = w.flatten(1)
        v = functional.normalize(t[f"{name}.u0"] @ matrix)
        u = functional.normalize(v @ matrix.T)
        return w / (v @ matrix.T @ u.T).squeeze()

    def statistics(name: str) -> tuple[Tensor, Tensor]:
        at = name if f"{name}.stored_mean" in t else f"{name}.bn"
        kind = "stored" if f"{at}.stored_mean" in t else "running"
        count = t.get(f"{at}.accumulation_counter", torch.ones(1))
        return t[f"{at}.{kind}_mean"] / count, t[f"{at}.{kind}_var"] / count

    def norm(name: str, x: Tensor, style: Tensor) -> Tensor:
        mean, variance = statistics(name)
        if shared:
            gain, bias = (functional.linear(style, weight(f"{name}.{part}")) for part in ("gain", "bias"))
        else:
            gain, bias = (style @ t[f"{name}.{part}.weight"] for part in ("gain", "bias"))
        x = functional.batch_norm(x, mean, variance, None, None, False, 0.1, 1e-5)
        return torch.relu(x * (1 + gain)[:, :, None, None] + bias[:, :, None, None])

    def conv(name: str, x: Tensor) -> Tensor:
        w = weight(name)
        return functional.conv2d(x, w, t.get(f"{name}.bias"), padding=w.shape[-1] // 2)

    def attend(at: str, x: Tensor) -> Tensor:
        n, c, height, width = x.shape
        theta = conv(f"{at}.theta", x).view(n, c // 8, -1)
        phi = functional.max_pool2d(conv(f"{at}.phi", x), 2).view(n, c // 8, -1)
        g = functional.max_pool2d(conv(f"{at}.g", x), 2).view(n, c // 2, -1)
        beta = torch.softmax(torch.einsum("ncq,nck->nqk", theta, phi), -1)
        seen = torch.einsum("nck,nqk->ncq", g, beta).reshape(n, c // 2, height, width)
        return x + t[f"{at}.gamma"] * conv(f"{at}.o", seen)

    count = sum(f"blocks.{k}.0.conv1.weight" in t for k in range(99))
    parts = latent.chunk(count + 1, 1) if hier and not deep else ()
    whole = torch.cat([latent, y], 1)
    start = whole if deep else parts[0] if parts else latent
    x = functional.linear(start, weight("linear"), t["linear.bias"]).view(len(z), -1, 4, 4)
    for k in range(count):
        at, past = f"blocks.{k}.0", x
        style = whole if deep else torch.cat([y, parts[k + 1]], 1) if parts else y
        if deep:
            x = conv(f"{at}.conv1", norm(f"{at}.bn1", x, style))
            x = norm(f"{at}.bn2", x, style)
            past = past[:, : len(t[f"{at}.conv4.bias"])]
            if k % depth == depth - 1:
                x, past = functional.interpolate(x, scale_factor=2), functional.interpolate(past, scale_factor=2)
            x = conv(f"{at}.conv3", norm(f"{at}.bn3", conv(f"{at}.conv2", x), style))
            x = conv(f"{at}.conv4", norm(f"{at}.bn4", x, style)) + past
        else:
            x = functional.interpolate(norm(f"{at}.bn1", x, style), scale_factor=2)
            x = conv(f"{at}.conv2", norm(f"{at}.bn2", conv(f"{at}.conv1", x), style))
            x = x + conv(f"{at}.conv_sc", functional.interpolate(past, scale_factor=2))
        if f"blocks.{k}.1.gamma" in t:
            x = attend(f"blocks.{k}.1", x)
    mean, variance = statistics("output_layer.0")
    gain, bias = t["output_layer.0.gain"], t["output_layer.0.bias"]
    x = torch.relu(functional.batch_norm(x, mean, variance, gain, bias, False, 0.1, 1e-5))
    return np.asarray(torch.tanh(conv("output_layer.2", x)[:, :3]).numpy(), np.float32)

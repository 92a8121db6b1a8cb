"""Random FastGAN generators with torch's own layers, by the names of its state dicts and of Projected GAN's.

Written from the papers and from the names and shapes of state dicts: `feat_8.5.weight_orig`, `se_64.main.3.weight_u`.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations, spectral_norm

SHARES = {4: 16.0, 8: 8.0, 16: 4.0, 32: 2.0, 64: 2.0, 128: 1.0, 256: 0.5, 512: 0.25, 1024: 0.125}
SKIPS = {64: 4, 128: 8, 256: 16, 512: 32}
TWICE = (8, 32, 128, 512)


class Noise(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(1) * 0.2)


class ByClass(nn.Module):
    """A normalisation whose gain and bias are the class's."""

    def __init__(self, channels: int, z: int, norm: Callable[..., Any]) -> None:
        super().__init__()
        self.gain, self.bias = norm(nn.Linear(z, channels)), norm(nn.Linear(z, channels))
        self.register_buffer("stored_mean", torch.randn(channels) * 0.1)
        self.register_buffer("stored_var", torch.rand(channels) + 0.5)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        x = functional.batch_norm(x, self.stored_mean, self.stored_var, eps=1e-5)  # type: ignore[arg-type]
        return x * (1 + self.gain(y))[:, :, None, None] + self.bias(y)[:, :, None, None]


def halved(x: Tensor) -> Tensor:
    return functional.glu(x, dim=1)


class Generator(nn.Module):
    """FastGAN's; Projected GAN's where `projected`, which may know `classes`."""

    def __init__(
        self,
        side: int = 128,
        width: int = 8,
        z: int = 12,
        projected: bool = False,
        classes: int = 0,
        colours: int = 3,
        modern: bool = False,
        gain: float = 2.0,
    ) -> None:
        super().__init__()
        norm: Callable[..., Any] = parametrizations.spectral_norm if modern else spectral_norm
        self.side, self.projected, self.classes = side, projected, classes
        of = {s: int(share * width) for s, share in SHARES.items()}

        def conv(ins: int, outs: int, size: int = 3, bias: bool = False) -> nn.Module:
            made: nn.Module = norm(nn.Conv2d(ins, outs, size, padding=size // 2 if size == 3 else 0, bias=bias))
            return made

        first = norm(nn.ConvTranspose2d(z, 2 * of[4], 4, bias=False))
        self.init = nn.ModuleDict({"init": nn.Sequential(first, nn.BatchNorm2d(2 * of[4]))})
        for s in (s for s in SHARES if 4 < s <= max(side, 256 if projected else 128)):
            ins, outs = of[s // 2], of[s]
            if classes:
                block: nn.Module = nn.Module()
                names = ("1", "2") if s in TWICE else ("",)
                for k, name in enumerate(names):
                    block.add_module(f"conv{name}", conv(outs if k else ins, 2 * outs))
                    block.add_module(f"bn{name}", ByClass(2 * outs, z, norm))
                if s in TWICE:
                    block.add_module("noise", Noise())
            elif s in TWICE:
                block = nn.Sequential(
                    *(nn.Identity(), conv(ins, 2 * outs), Noise(), nn.BatchNorm2d(2 * outs), nn.Identity()),
                    *(conv(outs, 2 * outs), Noise(), nn.BatchNorm2d(2 * outs)),
                )
            else:
                block = nn.Sequential(nn.Identity(), conv(ins, 2 * outs), nn.BatchNorm2d(2 * outs))
            self.add_module(f"feat_{s}", block)
            if s in SKIPS:
                parts = (nn.Identity(), conv(of[SKIPS[s]], outs, 4), nn.Identity(), conv(outs, outs, 1))
                self.add_module(f"se_{s}", nn.ModuleDict({"main": nn.Sequential(*parts)}))
        if not projected:
            self.to_128 = conv(of[128], colours, 1)
        self.to_big = conv(of[side], colours, bias=projected)
        if classes:
            self.embed = nn.Embedding(classes, z)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.75 * gain, 1.25 * gain)
                nn.init.normal_(module.bias, 0, 0.2)
                nn.init.normal_(module.running_mean, 0, 0.1)  # type: ignore[arg-type]
                nn.init.uniform_(module.running_var, 0.5, 1.5)  # type: ignore[arg-type]

    def _block(self, s: int, x: Tensor, y: Tensor | None, noises: list[Tensor]) -> Tensor:
        block = self.get_submodule(f"feat_{s}")
        x = functional.interpolate(x, scale_factor=2, mode="nearest")
        if y is not None:
            for name in ("1", "2") if s in TWICE else ("",):
                x = block.get_submodule(f"conv{name}")(x)
                if s in TWICE:
                    x = x + block.get_parameter("noise.weight") * noises.pop(0)
                x = halved(block.get_submodule(f"bn{name}")(x, y))
            return x
        for layer in block.children():
            x = x + layer.weight * noises.pop(0) if isinstance(layer, Noise) else layer(x)
            x = halved(x) if isinstance(layer, nn.BatchNorm2d) else x
        return x

    def forward(self, z: Tensor, noises: list[Tensor], mix: Tensor | None = None) -> Tensor:
        """z [N, Z], one draw [N or 1, 1, s, s] for each noise, class weights [N, C] -> [N, colours, side, side]."""
        noises, y = list(noises), None if mix is None else mix @ self.embed.weight
        if self.projected:
            z = z / (z.square().mean(1, keepdim=True) + 1e-8).sqrt()
        x = halved(self.init["init"](z[:, :, None, None]))  # type: ignore[index]
        seen = {4: x}
        for s in (s for s in SHARES if 4 < s <= self.side):
            x = self._block(s, x, y, noises)
            if s in SKIPS:
                main = self.get_submodule(f"se_{s}.main")
                gate = main[1](functional.adaptive_avg_pool2d(seen[SKIPS[s]], 4))  # type: ignore[index]
                x = x * main[3](functional.silu(gate)).sigmoid()  # type: ignore[index]
            seen[s] = x
        x = self.to_big(x)
        return x.tanh() if self.side == 1024 and not self.projected else x


def random(seed: int = 0, steps: int = 3, **how: Any) -> Generator:
    """A generator whose spectral norms have settled over some `steps` of training."""
    torch.manual_seed(seed)
    made = Generator(**how)
    for module in made.modules():
        hooks = getattr(module, "_forward_pre_hooks", {})
        for _ in range(steps):
            for hook in hooks.values():
                hook(module, None)
    return made.eval()

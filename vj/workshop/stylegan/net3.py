"""StyleGAN3's generator in torch, as plain as its paper: what the exported graphs are compared with.

Karras et al., "Alias-Free Generative Adversarial Networks", 2021. Modules carry the names of the public checkpoints, so
`tensors` of a plan are loaded by name.
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812  its usual name
from torch import Tensor, nn

from vj.workshop.stylegan.plan3 import Layer, Plan

_SLOPE = 0.2
_GAIN = 2.0**0.5


def network(plan: Plan) -> "Generator":
    """The generator of `plan` with its weights, ready to be asked."""
    made = Generator(plan)
    filters = {name: value for name, value in made.state_dict().items() if name.endswith("_filter")}
    made.load_state_dict({**{name: torch.tensor(array) for name, array in plan.tensors.items()}, **filters})
    return made.eval().requires_grad_(False)


class Generator(nn.Module):
    """z, class weights and psi to w; w of every layer to pictures."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.mapping = Mapping(plan)
        self.synthesis = Synthesis(plan)


class Mapping(nn.Module):
    """z [N, Z], class weights [N, C], psi [N] -> w [N, W]."""

    w_avg: Tensor

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.depth, self.rate = plan.depth, plan.rate
        self.embed: nn.Module | None = Linear(plan.classes, plan.w) if plan.classes else None
        self.embed_proj = Linear(plan.seen, plan.z) if plan.seen else None
        if plan.seen:
            self.embed = nn.Embedding(plan.classes, plan.seen)
        into = plan.z + plan.embedded
        for k in range(plan.depth):
            self.add_module(f"fc{k}", Linear(plan.w if k else into, plan.w, plan.rate))
        self.register_buffer("w_avg", torch.zeros((plan.classes, plan.w) if plan.seen else plan.w))

    def forward(self, z: Tensor, mix: Tensor, psi: Tensor) -> Tensor:
        x, mean = _unit(z), self.w_avg
        if self.embed_proj is not None:  # StyleGAN-XL
            assert isinstance(self.embed, nn.Embedding)
            shares = mix / mix.abs().sum(1, keepdim=True).clamp(min=1e-9)
            known = F.leaky_relu(self.embed_proj(shares @ self.embed.weight), _SLOPE) * _GAIN
            x, mean = torch.cat([x, _unit(known)], 1), shares @ self.w_avg
        elif self.embed is not None:
            x = torch.cat([x, _unit(self.embed(mix))], 1)
        for k in range(self.depth):
            x = F.leaky_relu(self.get_submodule(f"fc{k}")(x), _SLOPE) * _GAIN
        return mean + (x - mean) * psi[:, None]


class Synthesis(nn.Module):
    """styles [N, L, W] and where the picture goes [N, 4] -> pictures [N, 3, height, width] around [-1, 1]."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.scale = plan.scale
        self.names = [layer.name for layer in plan.layers]
        self.input = Input(plan)
        for layer in plan.layers:
            self.add_module(layer.name, Styled(layer, plan.w, plan.clamp))

    def forward(self, styles: Tensor, place: Tensor | None = None) -> Tensor:
        x: Tensor = self.input(styles[:, 0], place)
        for k, name in enumerate(self.names):
            x = self.get_submodule(name)(x, styles[:, k + 1])
        return x * self.scale


class Input(nn.Module):
    """Fourier features of a plane that the style turns and shifts; section 3.2 and appendix B.

    `place` [N, 4] moves the finished picture: right and down in picture widths, turned clockwise in radians about its
    middle, enlarged in octaves.
    """

    freqs: Tensor
    phases: Tensor
    transform: Tensor

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        channels = plan.layers[0].channels[0]
        self.size, self.rate, self.bandwidth = plan.input_size, plan.input_rate, plan.bandwidth
        self.weight = nn.Parameter(torch.zeros(channels, channels))
        self.affine = Linear(plan.w, 4)
        self.register_buffer("freqs", torch.zeros(channels, 2))
        self.register_buffer("phases", torch.zeros(channels))
        self.register_buffer("transform", torch.eye(3))

    def forward(self, style: Tensor, place: Tensor | None = None) -> Tensor:
        t = self.affine(style)
        c, s, x, y = (t / t[:, :2].norm(dim=1, keepdim=True)).unbind(1)
        one, none = torch.ones_like(c), torch.zeros_like(c)
        turn = _matrices([[c, -s, none], [s, c, none], [none, none, one]])
        shift = _matrices([[one, none, -x], [none, one, -y], [none, none, one]])
        plane = turn @ shift @ self.transform
        if place is not None:
            plane = plane @ placed(place)
        freqs = self.freqs @ plane[:, :2, :2]
        phases = self.phases + (self.freqs @ plane[:, :2, 2:])[..., 0]
        fading = (freqs.norm(dim=2) - self.bandwidth) / (self.rate / 2 - self.bandwidth)
        at = (torch.arange(self.size, device=t.device) + 0.5 - self.size / 2) / self.rate
        down, right = torch.meshgrid(at, at, indexing="ij")
        angle = torch.einsum("hwk,nck->nchw", torch.stack([right, down], 2), freqs) + phases[..., None, None]
        features = torch.sin(2 * math.pi * angle) * (1 - fading).clamp(0, 1)[..., None, None]
        return torch.einsum("oc,nchw->nohw", self.weight / math.sqrt(len(self.weight)), features)


class Styled(nn.Module):
    """Modulated convolution, then the bend at a raised rate between two low-pass filters; sections 3.1 and 3.2."""

    magnitude_ema: Tensor
    up_filter: Tensor
    down_filter: Tensor

    def __init__(self, layer: Layer, w: int, clamp: float) -> None:
        super().__init__()
        self.layer, self.clamp = layer, clamp
        into, out = layer.channels
        self.weight = nn.Parameter(torch.zeros(out, into, layer.kernel, layer.kernel))
        self.bias = nn.Parameter(torch.zeros(out))
        self.affine = Linear(w, into)
        self.register_buffer("magnitude_ema", torch.ones([]))
        self.register_buffer("up_filter", torch.tensor(layer.up_filter))
        self.register_buffer("down_filter", torch.tensor(layer.down_filter))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        layer = self.layer
        s = self.affine(style)
        weight: Tensor = self.weight
        if layer.rgb:
            s = s / math.sqrt(weight[0].numel())
        else:
            weight = weight * weight.square().mean((1, 2, 3), keepdim=True).rsqrt()
            s = s * s.square().mean(1, keepdim=True).rsqrt()
        kernels = weight * s[:, None, :, None, None]
        if not layer.rgb:
            kernels = kernels * (kernels.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        kernels = kernels * self.magnitude_ema.rsqrt()
        n, _, height, width = x.shape
        x = F.conv2d(x.reshape(1, -1, height, width), kernels.flatten(0, 1), padding=layer.kernel - 1, groups=n)
        x = x.reshape(n, -1, *x.shape[2:]) + self.bias[:, None, None]
        x = raised(x, layer.up, layer.pads, self.up_filter * layer.up ** self.up_filter.dim())
        if not layer.rgb:
            x = F.leaky_relu(x, _SLOPE) * _GAIN
        return filtered(x.clamp(-self.clamp, self.clamp), self.down_filter)[:, :, :: layer.down, :: layer.down]


class Linear(nn.Module):
    """x W^T + b with the equalised learning rate of the family."""

    def __init__(self, into: int, out: int, rate: float = 1.0) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(out, into)), nn.Parameter(torch.zeros(out))
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * (self.rate / math.sqrt(self.weight.shape[1])), self.bias * self.rate)


def placed(place: Tensor) -> Tensor:
    """[N, 4] right, down, turn, octaves -> [N, 3, 3] from a point of the picture to the point that is shown there."""
    x, y, turn, octaves = place.unbind(1)
    c, s = torch.cos(turn) * torch.exp2(-octaves), torch.sin(turn) * torch.exp2(-octaves)
    none, one = torch.zeros_like(c), torch.ones_like(c)
    return _matrices([[c, s, -c * x - s * y], [-s, c, s * x - c * y], [none, none, one]])


def raised(x: Tensor, up: int, pads: tuple[int, int], kernel: Tensor) -> Tensor:
    """Zeros between the samples, `pads` around (or cropped where negative), filtered."""
    n, channels, height, width = x.shape
    spread = x.new_zeros(n, channels, height, up, width, up)
    spread[:, :, :, 0, :, 0] = x
    return filtered(F.pad(spread.reshape(n, channels, height * up, width * up), (*pads, *pads)), kernel)


def filtered(x: Tensor, kernel: Tensor) -> Tensor:
    """Every channel convolved with one symmetric kernel [K, K], or [K] on each axis; no padding."""
    if kernel.dim() == 1:
        return filtered(filtered(x, kernel[None]), kernel[:, None])
    return F.conv2d(x, kernel.expand(x.shape[1], 1, *kernel.shape), groups=x.shape[1])


def _unit(x: Tensor) -> Tensor:
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def _matrices(rows: list[list[Tensor]]) -> Tensor:
    return torch.stack([torch.stack(row, 1) for row in rows], 1)

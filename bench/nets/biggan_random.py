"""Networks of the package pytorch-pretrained-biggan with random weights that behave like trained ones."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from pytorch_pretrained_biggan import BigGAN, BigGANConfig

#: Channels from block to block in the three published networks, in units of channel_width.
CHANNELS = {
    128: (16, 16, 16, 16, 8, 8, 4, 4, 2, 2, 1),
    256: (16, 16, 16, 16, 8, 8, 8, 8, 4, 4, 2, 2, 1),
    512: (16, 16, 16, 16, 8, 8, 8, 8, 4, 4, 2, 2, 1, 1, 1),
}


#: Root of the mean square of a picture's three channels before the last bend, as trained networks have it.
SWING = 0.6


def published(side: int, channel_width: int = 128) -> dict[str, Any]:
    """The config of the network of `side` pixels: every second block doubles."""
    layers = [[bool(k % 2), *ends] for k, ends in enumerate(pairwise(CHANNELS[side]))]
    return {"output_dim": side, "layers": layers, "channel_width": channel_width}


def settled(config: Mapping[str, Any], seed: int = 0) -> Any:
    """The package's network in eval mode.

    Fresh from its constructor it gives NaN: the vectors of spectral norm must be iterated and the last norm's scale
    set. And where the statistics of all truncations are alike, truncation would do nothing.
    """
    torch.manual_seed(seed)
    network = BigGAN(BigGANConfig.from_dict(config)).requires_grad_(False)
    last = network.generator.bn
    last.weight.copy_(1 + 0.2 * torch.randn_like(last.weight))
    last.bias.copy_(0.2 * torch.randn_like(last.bias))
    for name, tensor in network.state_dict().items():
        if name.endswith("gamma"):
            tensor.fill_(0.7)
        if name.endswith("running_means"):
            tensor.copy_(0.3 * torch.randn(tensor.shape[1]) + 0.1 * torch.randn_like(tensor))
        if name.endswith("running_vars"):
            tensor.copy_(0.5 + torch.rand(tensor.shape[1]) + 0.1 * torch.rand_like(tensor))
    for module in network.modules():
        for hook in module._forward_pre_hooks.values():
            for _ in range(2):
                setattr(module, hook.name, hook.compute_weight(module, do_power_iteration=True))
    return network.eval()


def calibrated(config: Mapping[str, Any], seed: int = 0, batch: int = 8) -> Any:
    """`settled`, its norms having the statistics of their own activations at five truncations, as those of a trained
    network do, and pictures as bright as such a network's.

    Each norm is measured on what comes out of those before it, which are then as they will be.
    """
    network, rng = settled(config, seed), torch.Generator().manual_seed(seed)
    norms = [module for module in network.modules() if hasattr(module, "running_means")]
    knots = len(norms[0].running_means)
    measured: dict[Any, list[torch.Tensor]] = {norm: [] for norm in norms}

    def measure(norm: Any, given: tuple[Any, ...]) -> None:
        variance, mean = torch.var_mean(given[0], (0, 2, 3))
        norm.running_means[:], norm.running_vars[:] = mean, variance
        measured[norm].append(torch.stack([mean, variance]))

    hooks = [norm.register_forward_pre_hook(measure) for norm in norms]
    swings: list[float] = []
    last = network.generator
    hooks.append(last.conv_to_rgb.register_forward_hook(lambda _, given, made: swings.append(float(made[:, :3].std()))))
    places = torch.linspace(0, 1, 5)
    for part in places.tolist():
        z = part * torch.randn(batch, network.config.z_dim, generator=rng).clamp(-2, 2)
        mix = torch.eye(network.config.num_classes)[torch.randint(network.config.num_classes, (batch,), generator=rng)]
        with torch.inference_mode():
            network(z, mix, 1.0)
    for hook in hooks:
        hook.remove()
    share = torch.linspace(0, len(places) - 1, knots)
    low = share.long().clamp(max=len(places) - 2)
    for norm, found in measured.items():
        table = torch.stack(found)
        mixed = torch.lerp(table[low], table[low + 1], (share - low)[:, None, None])
        norm.running_means.copy_(mixed[:, 0])
        norm.running_vars.copy_(mixed[:, 1])
    for tensor in (last.bn.weight, last.bn.bias):  # the convolution after it is divided by its own norm
        tensor.mul_(SWING / swings[-1])
    return network

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

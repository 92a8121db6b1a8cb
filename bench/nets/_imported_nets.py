"""Checkpoints with random weights as their own programs write them, and those programs' networks to hold against.

`make(net, folder)` writes a checkpoint, or for "exported" the ONNX file that torch makes of one; `eager(path)` gives
the network that torch runs as it is: the package's for BigGAN, a reference of ours that is as quick as the usual code
for StyleGAN, whose own may not be kept here.

The weights are random and calibrated by what they themselves do, since tame ones flatter every narrow precision: norms
and magnitudes have the statistics of their own activations, and pictures swing as those of trained networks do.
"""

import json
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from layouts import stylegan2, stylegan3
from layouts.nvidia import write_snapshot

from bench.nets._eager2 import Synthesis
from bench.nets.biggan_random import SWING, calibrated, published
from vj.core.types import F32
from vj.workshop.checkpoint.reader import Checkpoint, read_checkpoint
from vj.workshop.importers import stylegan2 as importer2
from vj.workshop.stylegan.net2 import Mapper, Synthesizer
from vj.workshop.stylegan.net3 import network
from vj.workshop.stylegan.plan2 import Plan
from vj.workshop.stylegan.plan3 import plan, rates_of

#: What a synthesizer is fed, to a picture [1, 3, H, W].
Draw = Callable[[Mapping[str, F32]], F32]
_WIDEST = 512
_SNAPSHOT = "network-snapshot-025000.pkl"


@dataclass(frozen=True)
class Net:
    """A network: its family, the side of its picture, and how wide it is: channel_width or channel_base."""

    family: str
    side: int
    width: int


NETS: Mapping[str, Net] = {
    "BigGAN-deep-128": Net("biggan", 128, 128),
    "StyleGAN2-64": Net("stylegan2", 64, 32768),
    "StyleGAN2-256, config-f": Net("stylegan2", 256, 32768),
    "StyleGAN3-t-64": Net("stylegan3", 64, 32768),
    "StyleGAN2-64 as ONNX": Net("exported", 64, 32768),
}
#: The same, so small that all is over in a minute.
QUICK: Mapping[str, Net] = {
    "BigGAN-deep-128, narrow": Net("biggan", 128, 8),
    "StyleGAN2-64, channel base 512": Net("stylegan2", 64, 512),
    "StyleGAN3-t-64, channel base 256": Net("stylegan3", 64, 256),
    "StyleGAN2-64 as ONNX, channel base 512": Net("exported", 64, 512),
}


def make(net: Net, folder: Path) -> Path:
    """Write the checkpoint of `net` into `folder`, and say where it is."""
    if net.family == "biggan":
        return _biggan(net, folder / "biggan")
    tensors, arguments = _stylegan3(net) if net.family == "stylegan3" else _stylegan2(net)
    path = write_snapshot(folder / _SNAPSHOT, arguments, tensors)
    return _exported(path) if net.family == "exported" else path


def eager(path: Path) -> Draw:
    """The network of a checkpoint, in torch as its users run it: float32, nothing folded."""
    if path.suffix == ".onnx":
        return _whole(path)
    checkpoint = read_checkpoint(path)
    if checkpoint.family == "biggan":
        return _package(path, checkpoint.arguments)
    return _reference(checkpoint)


def _biggan(net: Net, folder: Path) -> Path:
    """A folder as pytorch-pretrained-biggan keeps it."""
    folder.mkdir()
    config = published(net.side, net.width)
    torch.save(calibrated(config).state_dict(), folder / "pytorch_model.bin")
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def _stylegan2(net: Net) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """As StyleGAN2-ADA has it: two channels for four times the pixels."""
    channels = {2**k: min(net.width // 2**k, _WIDEST) for k in range(2, net.side.bit_length())}
    tensors = stylegan2.official(net.side, channels, sides=(512, 512), depth=8)
    arguments = {"mapping_kwargs": {"num_layers": 8}, "synthesis_kwargs": {"channel_base": net.width}}
    draw = _reference(Checkpoint("stylegan2", arguments, tensors, Path()))
    styles = np.random.default_rng(0).standard_normal((1, 2 * len(channels), 512)).astype(np.float32)
    loud = draw({"styles": styles}).std() / SWING  # random pictures go far beyond those of a trained network
    quiet = {n: t / loud for n, t in tensors.items() if ".torgb." in n and ".affine." not in n}
    return {**tensors, **quiet}, arguments


def _stylegan3(net: Net) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Config t by the rules of its paper; magnitudes measured as training does."""
    rates = rates_of({}, 14, net.side)
    channels = np.rint(np.minimum(net.width / 2 / rates.cutoff, _WIDEST)).astype(int)
    channels[-1] = 3
    layers = list(zip(rates.size.astype(int).tolist(), channels.tolist(), strict=True))
    tensors = stylegan3.random_tensors(np.random.default_rng(0), "t", layers, 512, 512, 0)
    arguments = {"conv_kernel": 3, "channel_base": net.width, "mapping_kwargs": {"num_layers": 2}}
    return stylegan3.settled(arguments, tensors), arguments


class _Whole(nn.Module):
    """z [N, Z] -> picture, as the original's generator is called; `synthesis` draws styles [N, L, W]."""

    def __init__(self, plan: Plan, synthesis: Any) -> None:
        super().__init__()
        self.mapping, self.synthesis, self._layers = Mapper(plan), synthesis, 2 * len(plan.sizes)

    def forward(self, z: Tensor) -> Tensor:
        w = self.mapping(z, z[:, :1], torch.ones(len(z)))
        image: Tensor = self.synthesis(w[:, None].expand(-1, self._layers, -1))
        return image


def _exported(snapshot: Path) -> Path:
    """What torch's exporter makes of a StyleGAN2, beside its snapshot."""
    plan = importer2.planned(read_checkpoint(snapshot))
    path, net = snapshot.with_suffix(".onnx"), _Whole(plan, Synthesizer(plan)).eval().requires_grad_(False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, (torch.randn(1, plan.z),), path, input_names=["z"], verbose=False)
    return path


def _whole(path: Path) -> Draw:
    plan = importer2.planned(read_checkpoint(path.with_name(_SNAPSHOT)))
    made = _Whole(plan, Synthesis(plan))

    def draw(feeds: Mapping[str, F32]) -> F32:
        with torch.inference_mode():
            picture: F32 = made(torch.from_numpy(feeds["styles"][:, 0].copy())).numpy()
        return picture

    return draw


def _package(folder: Path, config: Mapping[str, Any]) -> Draw:
    from pytorch_pretrained_biggan import BigGAN, BigGANConfig

    made = BigGAN(BigGANConfig.from_dict(config)).requires_grad_(False).eval()
    made.load_state_dict(torch.load(folder / "pytorch_model.bin", weights_only=True))

    def draw(feeds: Mapping[str, F32]) -> F32:
        with torch.inference_mode():
            picture: F32 = made.generator(torch.from_numpy(feeds["styles"][:, 0]), float(feeds["psi"][0])).numpy()
        return picture

    return draw


def _reference(checkpoint: Checkpoint) -> Draw:
    if checkpoint.family == "stylegan2":
        made: Any = Synthesis(importer2.planned(checkpoint))
        width = None
    else:
        planned = plan(checkpoint.arguments, checkpoint.tensors)
        made, width = network(planned).synthesis, planned.w

    def draw(feeds: Mapping[str, F32]) -> F32:
        with torch.inference_mode():
            picture: F32 = made(torch.from_numpy(feeds["styles"][..., :width])).numpy()
        return picture

    return draw

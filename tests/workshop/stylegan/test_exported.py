"""A whole StyleGAN2 as torch exports it unless told otherwise: imported, drawn and played in a show."""

import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from layouts import stylegan2 as made
from torch import Tensor, nn

from vj.core.types import F32
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.verify import findings, sample
from vj.workshop.checkpoint.reader import Checkpoint
from vj.workshop.onnx import importer
from vj.workshop.stylegan.net2 import Mapper, Synthesizer
from vj.workshop.stylegan.plan2 import plan

Z = 24


class Whole(nn.Module):
    """z [N, Z] -> picture, no truncation, as the original's generator is called."""

    def __init__(self) -> None:
        super().__init__()
        tensors = {name: np.asarray(tensor, np.float32) for name, tensor in made.official(16, depth=2).items()}
        planned = plan(Checkpoint("stylegan2", {}, tensors, Path()))
        self.mapping, self.synthesis, self.layers = Mapper(planned), Synthesizer(planned), 2 * len(planned.sizes)

    def forward(self, z: Tensor) -> Tensor:
        w = self.mapping(z, z[:, :1], torch.ones(len(z)))
        image: Tensor = self.synthesis(w[:, None].expand(-1, self.layers, -1))
        return image


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Path]:
    """The network, and the bundle made of what torch wrote."""
    folder = tmp_path_factory.mktemp("exported")
    net = Whole().eval().requires_grad_(False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, (torch.randn(1, Z),), folder / "sg2.onnx", input_names=["z"], verbose=False)
    importer.bundle(folder / "sg2.onnx", folder / "sg2", "sg2")
    return net, folder / "sg2"


def shown(image: Tensor) -> F32:
    return np.asarray((image * 127.5 + 128.0).clamp(0, 255).permute(0, 2, 3, 1).numpy())


def test_it_draws_what_torch_draws(exported: tuple[nn.Module, Path]) -> None:
    net, folder = exported
    generator = open_generator(str(folder), threads=1)
    latents = [sample(generator.spec, seed) for seed in range(3)]
    z = torch.from_numpy(np.stack([latent.z[0] for latent in latents]).astype(np.float32))
    found = generator.generate(latents)
    with torch.inference_mode():
        expected = shown(net(z))
    assert found.std() > 20
    assert np.abs(found.astype(float) - np.floor(expected)).max() <= 1
    assert not [finding for finding in findings(folder) if finding.fault]


def test_the_origin_is_a_picture(exported: tuple[nn.Module, Path]) -> None:
    """Where psi is nothing, where the exported normalisation is 0 / 0."""
    generator = open_generator(str(exported[1]), threads=1)
    latent = sample(generator.spec, 1)
    still = type(latent)(latent.z * 0, latent.mix, 0.0, latent.directions)
    with np.errstate(all="raise"):
        assert generator.generate([still]).std() > 10


@pytest.mark.realtime
def test_it_is_played(exported: tuple[nn.Module, Path], tmp_path: Path) -> None:
    """A show of its own, without a window: pictures were made by this bundle, and none failed."""
    report = tmp_path / "report.json"
    words = ["live", "--bundle", str(exported[1]), "--headless", "--duration", "2", "--no-guard", "--no-midi"]
    words += ["--no-web", "--osc-port", "0", "--size", "320x180", "--report", str(report)]
    command = [sys.executable, "-m", "vj.apps.cli", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(report.read_text())
    assert told["errors"] == 0
    assert told["generated_fps"] > 1

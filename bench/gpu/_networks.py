"""Networks with random weights of the published shapes, as bundles, and what a device can do at most."""

import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from layouts import stylegan2 as layout2  # noqa: E402
from layouts import stylegan3 as layout3  # noqa: E402

from vj.core.shelf import share  # noqa: E402
from vj.generators.bundle import optimized  # noqa: E402
from vj.generators.bundle.manifest import Bundle, read_bundle  # noqa: E402
from vj.generators.bundle.optimized import HALF  # noqa: E402
from vj.workshop.biggan.net import loaded  # noqa: E402
from vj.workshop.checkpoint.reader import Checkpoint  # noqa: E402
from vj.workshop.graph import Graph  # noqa: E402
from vj.workshop.importers import biggan as importer  # noqa: E402
from vj.workshop.manifest import Facts, sha256, usual_groups, write_manifest  # noqa: E402
from vj.workshop.stylegan import graph2, graph3  # noqa: E402
from vj.workshop.stylegan.net2 import Synthesizer  # noqa: E402
from vj.workshop.stylegan.net3 import network  # noqa: E402
from vj.workshop.stylegan.plan2 import plan as plan2  # noqa: E402
from vj.workshop.stylegan.plan3 import plan as plan3  # noqa: E402
from vj.workshop.stylegan.plan3 import rates_of  # noqa: E402

#: A bundle and the same network in plain torch: (styles [N, L, W], psi [N]) -> [N, 3, h, w]; None where there is none.
Made = tuple[Bundle, Callable[..., Any] | None]
Maker = Callable[[Path], Made]


def stylegan2(size: int, base: int) -> Maker:
    """config-f is base 32768; 16384 has half the channels."""

    def make(folder: Path) -> Made:
        channels = {2**k: min(512, base >> k) for k in range(2, size.bit_length())}
        tensors = layout2.official(size, channels, sides=(512, 512), depth=8)
        made = plan2(Checkpoint("stylegan2", {"synthesis_kwargs": {"conv_clamp": 256}}, tensors, Path("random.pkl")))
        graphs = graph2.mapper(made), graph2.synthesizer(made)
        half = graph2.synthesizer(made, half=True)
        found = _written(folder, graphs, half, (made.z, made.w, made.layers), size)
        reference = Synthesizer(made).eval().requires_grad_(False)
        return found, _Styled(reference, False)

    return make


def stylegan3(size: int, base: int) -> Maker:
    """config t; the published 256 px network has base 16384."""

    def make(folder: Path) -> Made:
        rates = rates_of({}, 14, size)
        sides = [int(side) for side in rates.size]
        channels = [min(round(base / 2 / cut), 512) for cut in rates.cutoff[:-1]] + [3]
        arguments = {
            "z_dim": 512,
            "c_dim": 0,
            "w_dim": 512,
            "img_resolution": size,
            "img_channels": 3,
            "mapping_kwargs": {"num_layers": 2},
            "conv_kernel": 3,
            "use_radial_filters": False,
        }
        layers = list(zip(sides, channels, strict=True))
        tensors = layout3.random_tensors(np.random.default_rng(0), "t", layers, 512, 512, 0)
        made = plan3(arguments, layout3.settled(arguments, tensors))
        graphs = graph3.mapper(made), graph3.synthesizer(made, clamped=False)
        half = graph3.synthesizer(made, clamped=True, half=True)
        found = _written(folder, graphs, half, (made.z, made.w + 4, made.styles), size)
        return found, _Placed(network(made).synthesis, made.w)

    return make


def biggan(side: int) -> Maker:
    """BigGAN-deep as published; needs pytorch-pretrained-biggan."""

    def make(folder: Path) -> Made:
        from bench.nets.biggan_random import published, settled

        config = published(side)
        tensors = {name: value.numpy() for name, value in settled(config).state_dict().items()}
        importer.bundle(Checkpoint("biggan", config, tensors, folder), folder, "random")
        return read_bundle(folder, verify=False), _Styled(loaded(tensors, config), True)

    return make


def shipped(name: str) -> Maker:
    """A bundle of ours."""
    return lambda folder: (read_bundle(share("models") / name, verify=False), None)


def _written(folder: Path, graphs: tuple[Graph, Graph], half: Graph, shape: tuple[int, int, int], size: int) -> Bundle:
    """A bundle without statistics: nobody walks through it."""
    folder.mkdir(parents=True)
    for graph, name in zip((*graphs, half), ("mapper.onnx", "synthesizer.onnx", HALF), strict=True):
        graph.save(folder / name)
    (folder / "classes.txt").write_text("all\n", encoding="utf-8")
    shapes = dict(zip(("z", "w", "layers"), shape, strict=True))
    facts = Facts("bench", "random", (size, size), (), {**shapes, "classes": 1}, usual_groups(shape[2]))
    write_manifest(folder, facts)
    return read_bundle(folder, verify=False)


class _Styled:
    """A network in plain torch that takes styles, and psi where it needs it."""

    def __init__(self, module: Any, takes_psi: bool) -> None:
        self.module, self._takes_psi = module, takes_psi

    def __call__(self, styles: Any, psi: Any) -> Any:
        return self.module(styles, psi) if self._takes_psi else self.module(styles)


class _Placed:
    """StyleGAN3, whose styles end in where the picture goes."""

    def __init__(self, module: Any, width: int) -> None:
        self.module, self._width = module, width

    def __call__(self, styles: Any, psi: Any) -> Any:
        return self.module(styles[..., : self._width], styles[:, 0, self._width :])


def networks(small: bool) -> Mapping[str, Maker]:
    """What is measured, by name."""
    if small:
        return {"SG2 64 small": stylegan2(64, 512), "SG3-t 64 small": stylegan3(64, 256), "dream": shipped("dream")}
    return {
        **{f"SG2-f {size}": stylegan2(size, 32768) for size in (256, 512, 1024)},
        **{f"SG2 half {size}": stylegan2(size, 16384) for size in (256, 512, 1024)},
        "SG3-t 256": stylegan3(256, 16384),
        **{f"BigGAN-deep {side}": biggan(side) for side in (128, 256, 512)},
        "worlds": shipped("worlds"),
        "dream": shipped("dream"),
    }


def chosen(bundle: Bundle) -> None:
    """Let the bundle be opened by torch as a CUDA graph, as `vj models optimize` would have it."""
    entry = {
        **optimized.key(bundle, optimized.TORCH_CUDA),
        "provider": optimized.TORCH_CUDA,
        "file": HALF,
        "sha256": sha256(bundle.folder / HALF),
        "threads": 1,
        "level": "all",
        "precision": "fp16",
        "ms": 1.0,
        "psnr_db": 50.0,
    }
    optimized.sidecar(bundle).write_text(tomlkit.dumps({"choice": [entry]}), encoding="utf-8")


def device() -> str:
    """ "cuda" where torch has one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def ceiling(small: bool) -> dict[str, float]:
    """The roofline: the matrix rate in TFLOP/s by precision, and the copy rate in GB/s, read and written."""
    where, side = device(), 256 if small else 8192
    found = {}
    for name, dtype in (("fp16", torch.float16), ("bf16", torch.bfloat16), ("fp32", torch.float32)):
        if where == "cpu" and name == "fp16":
            continue
        a, b = (torch.randn(side, side, device=where, dtype=dtype) for _ in range(2))
        found[f"tflops_{name}"] = round(2 * side**3 / _least(partial(torch.matmul, a, b)) / 1e12, 3)
    source = torch.empty((8 if small else 1024) << 20, dtype=torch.uint8, device=where)
    target = torch.empty_like(source)
    found["copy_gb_s"] = round(2 * source.numel() / _least(lambda: target.copy_(source)) / 1e9, 2)
    return found


def _least(call: Callable[[], Any]) -> float:
    """Seconds of the fastest of some calls."""
    taken = []
    for _ in range(12):
        began = time.perf_counter()
        call()
        if device() == "cuda":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - began)
    return min(taken)

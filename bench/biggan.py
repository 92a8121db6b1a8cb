"""BigGAN-deep on the CPU, each way it can be run: python bench/biggan.py [--side 128] [--runs 12] [--out F.json]

With random weights, batch 1, a new style for every picture. Every way is measured in turn, several times over, so
that a busy machine is busy for all; medians are kept, and the least. `psnr` is against the package in fp32, in dB of
a picture in [-1, 1]. Needs the extra `workshop` with pytorch-pretrained-biggan.
"""

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _biggan_random import published, settled
from _machine import arguments, machine, write
from torch import nn

from vj.core.types import F32
from vj.generators._session import Session
from vj.generators._torch_player import synthesizer
from vj.workshop import import_biggan
from vj.workshop._biggan_net import loaded
from vj.workshop._checkpoint import Checkpoint

#: Calls before the measured ones of a turn.
WARM = 2
PSI = 0.5
#: w [256] to a picture [1, 3, side, side].
Way = Callable[[F32], F32]


def of_package(network: Any, dtype: torch.dtype = torch.float32) -> Way:
    """The package's own network, as its users run it."""

    def draw(w: F32) -> F32:
        with torch.inference_mode():
            picture: F32 = network.generator(torch.from_numpy(w[None]).to(dtype), PSI).float().numpy()
        return picture

    return draw


def of_reference(network: nn.Module, layers: int, dtype: torch.dtype = torch.float32) -> Way:
    """Our own network in torch: spectral norm folded, three channels at the end instead of all."""

    def draw(w: F32) -> F32:
        styles = torch.from_numpy(w).to(dtype).expand(1, layers, -1)
        with torch.inference_mode():
            picture: F32 = network(styles, torch.tensor([PSI])).float().numpy()
        return picture

    return draw


def of_bundle(run: Callable[[dict[str, F32]], F32], layers: int) -> Way:
    """The synthesizer of the bundle, which `run` runs."""

    def draw(w: F32) -> F32:
        styles = np.ascontiguousarray(np.broadcast_to(w, (1, layers, len(w))))
        return run({"styles": styles, "psi": np.array([PSI], np.float32)})

    return draw


@contextmanager
def ways(side: int) -> Iterator[tuple[dict[str, Callable[[int], Way]], dict[str, float]]]:
    """Each way as a function of threads, and how long a bundle took to make and to open, in seconds."""
    config = published(side)
    package = settled(config)
    tensors = {name: value.numpy() for name, value in package.state_dict().items()}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        marks = [time.perf_counter()]
        import_biggan.bundle(Checkpoint("biggan", config, tensors, folder), folder / "b", "random")
        marks.append(time.perf_counter())
        file = folder / "b" / "synthesizer.onnx"
        sessions = {n: Session(file, "CPUExecutionProvider", n) for n in (1, 2)}
        marks.append(time.perf_counter())
        runs = {(p, n): synthesizer(file, p, n) for p in ("fp32", "bf16") for n in (1, 2)}
        reference = loaded(tensors, config)
        layers = reference.shape.layers
        narrow: nn.Module = loaded(tensors, config).to(torch.bfloat16)
        narrow = narrow.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        yield (
            {
                "package, torch eager fp32": torched(of_package(package)),
                "reference, torch eager fp32": torched(of_reference(reference, layers)),
                "reference, torch bf16 channels-last": torched(of_reference(narrow, layers, torch.bfloat16)),
                "bundle, ONNX Runtime fp32": lambda threads: of_bundle(sessions[threads].run, layers),
                "bundle, our torch fp32": lambda threads: of_bundle(runs["fp32", threads], layers),
                "bundle, our torch bf16": lambda threads: of_bundle(runs["bf16", threads], layers),
            },
            {"make": round(marks[1] - marks[0], 2), "open": round((marks[2] - marks[1]) / 2, 2)},
        )


def torched(way: Way) -> Callable[[int], Way]:
    """A way in torch as a function of threads."""

    def threaded(threads: int) -> Way:
        torch.set_num_threads(threads)
        return way

    return threaded


def psnr(picture: F32, truth: F32) -> float:
    """In dB, the range being 2."""
    return round(float(10 * np.log10(4 / max(float(np.square(picture - truth).mean()), 1e-15))), 1)


def rows(side: int, turns: int, runs: int) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """A row for each way and number of threads, and the seconds from weights to a bundle that is open."""
    rng = np.random.default_rng(0)
    styles = rng.standard_normal((WARM + runs, 256)).astype(np.float32)
    with ways(side) as (known, ready):
        taken: dict[tuple[str, int], list[float]] = {(name, n): [] for name in known for n in (1, 2)}
        quality: dict[str, float] = {}
        truth = known["package, torch eager fp32"](2)(styles[0])
        for _ in range(turns):
            for (name, threads), seconds in taken.items():
                way = known[name](threads)
                quality[name] = psnr(way(styles[0]), truth)
                for k, style in enumerate(styles):
                    start = time.perf_counter()
                    way(style)
                    if k >= WARM:
                        seconds.append(time.perf_counter() - start)
    base = np.median(taken["package, torch eager fp32", 2])
    found = [
        {
            "way": name,
            "threads": threads,
            "ms": {"p50": round(float(np.median(s)) * 1e3, 1), "least": round(min(s) * 1e3, 1)},
            "times faster than eager": round(float(base / np.median(s)), 2),
            "psnr": quality[name],
        }
        for (name, threads), s in taken.items()
    ]
    return found, ready


def main() -> None:
    """Measure, print and write."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--side", type=int, choices=(128, 256, 512), default=128)
    parser.add_argument("--runs", type=int, default=12, help="pictures a turn")
    parser.add_argument("--turns", type=int, default=3, help="turns of every way")
    options = parser.parse_args()
    found, ready = rows(options.side, options.turns, options.runs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report = {
        "machine": machine(),
        "torch": torch.__version__,
        "unit": "milliseconds a picture, batch 1; eager is the package on two threads",
        "side": options.side,
        "ready_seconds": ready,
        "peak_mib_of_all_together": round(peak),
        "rows": found,
    }
    write(report, options.out)


if __name__ == "__main__":
    main()

"""The bundle `worlds` on every provider this machine has: milliseconds a picture, and how far from the CPU's picture.

python bench/gpu/providers.py [--out bench/results/gpu-providers.json] [--small]

`--small` keeps to one size, for machines without a GPU. Opening is timed too: TensorRT builds its engine then, unless
it has been kept from an earlier time.
"""

import time
from typing import Any

import numpy as np
import onnxruntime

from bench._machine import arguments, machine, write
from vj.core.types import Latent
from vj.generators.bundle.manifest import find_bundle, read_bundle
from vj.generators.onnx import Onnx
from vj.generators.providers import CPU, candidates

SIZES = ((344, 192), (640, 360), (1280, 720), (1920, 1080))


def walk(generator: Onnx, count: int) -> list[Latent]:
    """A walk of every style group through every class in turn."""
    spec = generator.spec
    here, there = np.random.default_rng(0).standard_normal((2, len(spec.groups), spec.z_dim), np.float32)
    eye = np.eye(len(spec.classes), dtype=np.float32)
    directions = np.zeros(len(spec.directions), np.float32)
    return [
        Latent(np.cos(0.05 * k) * here + np.sin(0.05 * k) * there, eye[k % len(eye)], 0.8, directions)
        for k in range(count)
    ]


def figures(provider: str, size: tuple[int, int], runs: int) -> dict[str, Any]:
    """Figures of one provider at one size, or why it did not run."""
    began = time.perf_counter()
    generator = Onnx(read_bundle(find_bundle("worlds")), size, [provider], threads=1)
    generator.warm_up()
    opened = time.perf_counter() - began
    if generator.tried[-1].provider != provider:
        return {"not used because": next(a.reason for a in generator.tried if a.provider == provider)}
    latents = walk(generator, runs)
    pictures, ms = [], []
    for latent in latents:
        began = time.perf_counter()
        pictures.append(generator.generate([latent])[0])
        ms.append((time.perf_counter() - began) * 1000)
    generator.close()
    reference = Onnx(read_bundle(find_bundle("worlds")), size, [CPU], threads=1)
    apart = [
        np.abs(reference.generate([z])[0].astype(int) - p).max() for z, p in zip(latents[:14], pictures, strict=False)
    ]
    reference.close()
    return {
        "open_s": round(opened, 2),
        "ms_p50": round(float(np.percentile(ms, 50)), 3),
        "ms_p99": round(float(np.percentile(ms, 99)), 3),
        "levels_from_cpu_max": int(max(apart)),
    }


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--small", action="store_true", help="one size, few runs")
    args = parser.parse_args()
    sizes, runs = (SIZES[:1], 28) if args.small else (SIZES, 280)
    result: dict[str, Any] = {"what": "worlds by provider", **machine(), "build": onnxruntime.__version__, "rows": []}
    for provider in candidates():
        for size in sizes:
            result["rows"].append({"provider": provider, "size": list(size), **figures(provider, size, runs)})
    write(result, args.out)


if __name__ == "__main__":
    main()

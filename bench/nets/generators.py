"""How long a picture takes: each world and each blend, on one thread and two, at four sizes, alone and in batches.

python bench/nets/generators.py [-o bench/results/generators.json] [--runs 60] [--earlier FOLDER]

With --earlier a bundle of before is measured beside, such as `worlds` when it had fourteen classes:
git archive be0b5af models/worlds | tar x --one-top-level=out/earlier; ... --earlier out/earlier/models/worlds
"""

import argparse
import datetime
import json
import os
import platform
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from vj.core.types import F32, Latent
from vj.generators.bundle.opening import open_generator
from vj.generators.contract import Generator

SIZES = ((344, 192), (256, 256), (480, 270), (512, 512))
SIZES_DREAMT = ((352, 192),)  # a trained bundle has one size
SPEED = 0.05  # radians of walk from one picture to the next, so that nothing can be cached


def latents(generator: Generator, mix: F32, count: int) -> Iterator[Latent]:
    """An endless walk of every style group at once."""
    spec = generator.spec
    here, there = np.random.default_rng(0).standard_normal((2, len(spec.groups), spec.z_dim), np.float32)
    for k in range(count):
        angle = np.float32(SPEED * k)
        yield Latent(np.cos(angle) * here + np.sin(angle) * there, mix, 0.8, np.zeros(0, np.float32))


def measured(generator: Generator, mix: F32, batch: int, runs: int) -> dict[str, float]:
    """Milliseconds per picture: p50, p99 and least of `runs` calls."""
    walk = list(latents(generator, mix, batch * (runs + 3)))
    seconds = []
    for k in range(0, len(walk), batch):
        start = time.perf_counter()
        generator.generate(walk[k : k + batch])
        seconds.append(time.perf_counter() - start)
    per_picture = np.array(seconds[3:]) * 1e3 / batch
    return {
        "p50": round(float(np.percentile(per_picture, 50)), 2),
        "p99": round(float(np.percentile(per_picture, 99)), 2),
        "least": round(float(per_picture.min()), 2),
    }


def mixes(classes: Sequence[str]) -> dict[str, F32]:
    """Every class, neighbouring pairs, and three at once."""
    eye = np.eye(len(classes), dtype=np.float32)
    pairs = {f"{a}+{classes[(k + 1) % len(eye)]}": eye[k] + eye[(k + 1) % len(eye)] for k, a in enumerate(classes)}
    three = {"+".join(classes[:3]): eye[:3].sum(0)} if len(classes) > 3 else {}
    return {name: eye[k] for k, name in enumerate(classes)} | (pairs if len(classes) > 2 else {}) | three


def rows(runs: int, earlier: Path | None) -> Iterator[dict[str, Any]]:
    """One row a measurement."""
    before = ((str(earlier), SIZES[:2]),) if earlier else ()
    for name, sizes in (("worlds", SIZES), *before, ("dream", SIZES_DREAMT), ("testcard", SIZES)):
        for size in sizes:
            for threads in (1,) if name == "testcard" else (1, 2):
                options = {} if name == "testcard" else {"threads": threads}
                generator = open_generator(name, size, **options)
                for label, mix in mixes(generator.spec.classes).items():
                    if size != sizes[0] and "+" in label:
                        continue
                    for batch in (1, 8) if size == sizes[0] and "+" not in label else (1,):
                        shown = "earlier" if name == str(earlier) else name
                        key = {"generator": shown, "size": f"{size[0]}x{size[1]}", "threads": threads}
                        found = measured(generator, mix, batch, max(runs // batch, 8))
                        yield {**key, "mix": label, "batch": batch, "ms": found}
                generator.close()


def cpu() -> str:
    """The processor's name as the kernel tells it."""
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.processor()


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parents[1] / "results" / "generators.json")
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--earlier", type=Path, help="folder of a bundle to measure beside")
    options = parser.parse_args()
    found = []
    load = [round(n, 2) for n in os.getloadavg()]  # timings taken beside other work are too high: see `least`
    for row in rows(options.runs, options.earlier):
        found.append(row)
        ms = row["ms"]
        place = f"{row['generator']} {row['size']} {row['threads']} thread, batch {row['batch']}: {row['mix']}"
        print(f"{place:<60} p50 {ms['p50']:6.2f}  p99 {ms['p99']:6.2f}  least {ms['least']:6.2f} ms", flush=True)
    report = {
        "date": datetime.date.today().isoformat(),
        "cpu": cpu(),
        "python": platform.python_version(),
        "onnxruntime": onnxruntime.__version__,
        "numpy": np.__version__,
        "load_before": load,
        "unit": "milliseconds a picture, mapper and conversion to bytes included",
        "rows": found,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()

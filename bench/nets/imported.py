"""Imported networks on the CPU: torch as it is against every way that `vj models optimize` tries, in one run.

python bench/nets/imported.py [--out bench/results/imported.json] [--quick] [--rounds 40] [--net NAME]

Random weights that are calibrated by their own activations, batch 1, another style for every picture, written as
checkpoints of the original programs and imported as a user does. All ways of a network take turns picture by picture,
so that a busy machine is busy for all alike: a few rounds of all, then more of those that matter, then these beside a
process that spins. Each network has a process of its own; what one way needs of memory and how long it takes from its
file to its first picture is found in one more process each. Needs the extra `workshop` with pytorch-pretrained-biggan.

way        "torch eager" is the package's network for BigGAN and, for StyleGAN, a reference that is as quick as the
           usual code, in float32
eager_same milliseconds of torch eager on as many threads, divided by the way's own: 2 is twice as fast
eager_best the same against torch eager on whatever number of threads is best for it
psnr_db    of the worst of four pictures, clipped to [-1, 1], against the package or reference; the range is 2
share      arithmetic of a picture, as the reference does it, over what the machine's matrix rate in float32 and in
           bfloat16 on as many threads would do in the time: more than 1 where arithmetic was saved
optimize   what `vj models optimize` picked beside a show, with what it measured there
"""

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write
from bench.nets._matrix_rates import arithmetic, machine_rates, shares
from vj.core.errors import BundleError
from vj.core.types import F32
from vj.generators import providers
from vj.generators.bundle.manifest import Bundle, read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.verify import sample
from vj.workshop.import_checkpoint import bundle
from vj.workshop.onnx.importer import Asked
from vj.workshop.optimize import measure as optimize
from vj.workshop.optimize.ways import Way, layered, opened, styles, ways

Feeds = Mapping[str, F32]
Run = Callable[[Feeds], F32]
#: What a way raises that cannot be run here.
_REFUSED: tuple[type[Exception], ...] = (*providers.ERRORS, BundleError)
#: Pictures compared, and turns before those that count.
_PICTURES, _WARM = 4, 2
#: Rounds of all ways, ways that are then timed more, seconds for that, and as many beside a process that spins.
_FIRST, _KEPT, _SECONDS = 3, 5, 25.0
#: Likeness that is asked for.
_LEAST_DB = 45.0
#: Seconds before each picture: threads of the way before spin for a while, and would take a core from this one.
_REST = 0.02


def main() -> None:
    """Measure every network in a process of its own, print and write."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--quick", action="store_true", help="tiny networks and few pictures: does it run?")
    parser.add_argument("--rounds", type=int, default=40, help="pictures a way")
    parser.add_argument("--net", action="append", default=[], help="only this one; may be given several times")
    parser.add_argument("--child", help="measure this one here, and print it as JSON")
    options = parser.parse_args()
    from bench.nets._imported_nets import NETS, QUICK

    nets = QUICK if options.quick else NETS
    rounds = 3 if options.quick else options.rounds
    if options.child:
        print(json.dumps(measured(options.child, nets[options.child], rounds)))
        return
    import torch

    found: dict[str, Any] = {"machine": machine(), "torch": torch.__version__, "rounds": rounds, "networks": {}}
    for name in options.net or nets:
        print(name, file=sys.stderr, flush=True)
        command = [sys.executable, __file__, "--child", name, "--rounds", str(rounds)]
        done = subprocess.run(
            [*command, "--quick"] if options.quick else command, stdout=subprocess.PIPE, text=True, check=True
        )
        found["networks"][name] = json.loads(done.stdout.splitlines()[-1])
    write(found, options.out)


def measured(name: str, net: Any, rounds: int) -> dict[str, Any]:
    """All there is to say of one network."""
    from bench.nets._imported_nets import eager, make

    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="vj-imported-") as place:
        folder = Path(place)
        path = make(net, folder)
        with context.Pool(1) as pool:
            ready = pool.apply(imported, (str(path), str(folder / "bundle"), name))
        found = read_bundle(folder / "bundle")
        feeds = [even(feed) for feed in styles(found, _PICTURES)]
        candidates = ways(found) + layered(found, _LEAST_DB)
        truth = eager(path)
        all_rows = timed(candidates, truth, feeds, _FIRST)
        kept = shortlist(all_rows, candidates)
        rows = timed(kept, truth, feeds, rounds)
        best = chosen(rows, kept)
        for row in rows:
            if row["way"] in (best, kept[0].label):
                row |= _alone(context, next(way for way in kept if way.label == row["way"]), feeds[0])
        with spinning():
            beside = timed(kept, truth, feeds, rounds)
        picked = _picked(found, kept)
        work = arithmetic(truth, feeds[0])
    known = {row["way"] for row in rows}
    rows += [row for row in all_rows if row["way"] not in known]
    rates = machine_rates()
    for row in rows:
        row |= shares(row, work, rates)
    return {
        "import": ready,
        "gflop": round(work / 1e9, 2),
        "rates_gflops": rates,
        "ways": rows,
        "chosen": best,
        "chosen_times_eager": next(row["eager_best"] for row in rows if row["way"] == best),
        "beside_one_process": beside,
        "chosen_beside": chosen(beside, kept),
        "chosen_beside_p99_ms": next(row["ms"]["p99"] for row in beside if row["way"] == chosen(beside, kept)),
        "optimize": picked,
    }


def shortlist(rows: Sequence[Mapping[str, Any]], candidates: Sequence[Way]) -> list[Way]:
    """The usual way, and the quickest that look the same, in the order of `candidates`."""
    known = {row["way"]: row for row in rows if row.get("psnr_db", 0.0) >= _LEAST_DB}
    quick = sorted(known, key=lambda label: known[label]["ms"]["p50"])[:_KEPT]
    return [way for k, way in enumerate(candidates) if k == 0 or way.label in quick]


@contextmanager
def spinning() -> Iterator[None]:
    """While this lasts, one other process keeps a core busy."""
    child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        child.kill()
        child.wait()


def _picked(found: Bundle, kept: Sequence[Way]) -> dict[str, Any]:
    """What `vj models optimize` would keep of these, beside a show."""
    best = optimize.ranked(optimize.measured(found, kept, lambda step, part: None, 8))[0]
    return {
        "way": best.way.label,
        "ms": round(best.ms, 2),
        "late_ms": round(best.late_ms, 2),
        "psnr_db": round(best.psnr_db, 1),
        "beside_a_show": not best.alone,
    }


def imported(path: str, folder: str, name: str) -> dict[str, Any]:
    """From a checkpoint to the first picture, as `vj models import` and `vj live` do it, in a process of its own."""
    marks = [time.perf_counter()]
    bundle(path, Path(folder), "random", Asked(half=True), lambda step, part=None: None)
    marks.append(time.perf_counter())
    with closing(open_generator(folder, threads=1)) as generator:
        marks.append(time.perf_counter())
        generator.generate([sample(generator.spec, 0)])
        marks.append(time.perf_counter())
    size = sum(file.stat().st_size for file in ([*Path(path).iterdir()] if Path(path).is_dir() else [Path(path)]))
    spans = dict(zip(("bundle_s", "open_s", "first_picture_s"), np.diff(marks).round(2).tolist(), strict=True))
    return {"checkpoint_mb": round(size / 1e6, 1), **spans, "ready_s": round(marks[-1] - marks[0], 2), **_peak()}


def even(feeds: Feeds) -> Feeds:
    """The same style in all layers: the package's BigGAN knows nothing else."""
    given = dict(feeds)
    given["styles"] = np.ascontiguousarray(np.broadcast_to(given["styles"][:, :1], given["styles"].shape))
    return given


def _alone(context: Any, way: Way, feeds: Feeds) -> dict[str, Any]:
    with context.Pool(1) as pool:
        found: dict[str, Any] = pool.apply(first_picture, (way, feeds))
    return found


def first_picture(way: Way, feeds: Feeds) -> dict[str, Any]:
    """Seconds from a way's file to its first picture, and the most memory held; run in a process of its own."""
    before = _peak()["peak_mib"]
    start = time.perf_counter()
    try:
        run = opened(way)
        marks = [time.perf_counter() - start]
        run(feeds)
    except _REFUSED:
        return {}
    marks.append(time.perf_counter() - start)
    spans = {"open_s": round(marks[0], 2), "first_picture_s": round(marks[1], 2)}
    return {**spans, **_peak(), "peak_mib_before": before}


def _peak() -> dict[str, int]:
    """Most memory that this program held; Linux's usual figure would count the one that started it, too."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
        return {"peak_mib": int(lines["VmHWM"].split()[0]) >> 10}
    unit = 1024 if sys.platform != "darwin" else 1 << 20
    return {"peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)}


def timed(candidates: Sequence[Way], eager: Run, feeds: Sequence[Feeds], rounds: int) -> list[dict[str, Any]]:
    """A row for torch eager on each number of threads, and one for each way; they take turns picture by picture."""
    import torch

    runs: dict[str, tuple[int, Run]] = {}
    for threads in (1, 2) if (os.cpu_count() or 1) > 1 else (1,):
        runs[f"torch eager fp32, {threads} thread{'s' * (threads > 1)}"] = threads, eager
    eagers, rows, pictures = list(runs), [], {}
    for way in candidates:
        try:
            runs[way.label] = way.threads, opened(way)
            pictures[way.label] = np.concatenate([runs[way.label][1](feed) for feed in feeds])
        except _REFUSED as error:
            runs.pop(way.label, None)
            rows.append({"way": way.label, "reason": str(error).strip().splitlines()[0]})
    truth = np.concatenate([eager(feed) for feed in feeds])
    taken: dict[str, list[float]] = {label: [] for label in runs}
    end = time.perf_counter() + _SECONDS
    for number in range(_WARM + rounds):
        if number >= _WARM + _FIRST and time.perf_counter() > end:
            break
        for label, (threads, run) in runs.items():
            torch.set_num_threads(threads)
            time.sleep(_REST)
            start = time.perf_counter()
            run(feeds[number % len(feeds)])
            taken[label].append(1e3 * (time.perf_counter() - start))
    ms = {label: np.array(values[_WARM:]) for label, values in taken.items()}
    middle = {label: float(np.median(values)) for label, values in ms.items()}
    bases = {runs[label][0]: middle[label] for label in eagers}
    for label, (threads, _) in runs.items():
        late = float(np.percentile(ms[label], 99))
        row: dict[str, Any] = {"way": label, "threads": threads}
        row["ms"] = {"p50": round(middle[label], 2), "p99": round(late, 2), "least": round(float(ms[label].min()), 2)}
        row["eager_same"] = round(bases.get(threads, min(bases.values())) / middle[label], 2)
        row["eager_best"] = round(min(bases.values()) / middle[label], 2)
        if label in pictures:
            row["psnr_db"] = round(optimize.worst_psnr_db(pictures[label], truth), 2)
        rows.append(row)
    return rows


def chosen(rows: Sequence[Mapping[str, Any]], candidates: Sequence[Way]) -> str:
    """The way that `vj models optimize` would take, by these measurements."""
    known = {row["way"]: row for row in rows if "ms" in row and "psnr_db" in row}
    measured = [
        optimize.Row(way, known[way.label]["ms"]["p50"], known[way.label]["ms"]["p99"], known[way.label]["psnr_db"])
        for way in candidates
        if way.label in known
    ]
    return optimize.ranked(measured)[0].way.label


if __name__ == "__main__":
    main()

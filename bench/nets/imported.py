"""Imported networks on the CPU: torch as it is against every way that `vj models optimize` tries, in one run.

python bench/nets/imported.py [--out bench/results/imported.json] [--quick] [--rounds 40] [--net NAME]

Random weights that are calibrated by their own activations, batch 1, another style for every picture, written as
checkpoints of the original programs, or exported as ONNX, and imported as a user does. One way is open at a time and
takes turns with torch eager, so that a busy machine is busy for both; slow ways have a few turns, those that matter
more, and these again beside a process that spins. Each network has a process of its own; what one way needs of memory
and how long it takes from its file to its first picture is found in one more process each. With --net the networks
named are put into what --out holds already; each says when and at which commit it was taken. Needs the extra
`workshop` with pytorch-pretrained-biggan.

way        "torch eager" is the package's network for BigGAN and, for StyleGAN, a reference that is as quick as the
           usual code, in float32
eager_best milliseconds of torch eager, between the way's own, on whatever number of threads is best for it, divided by
           the way's: 2 is twice as fast
eager_same the same against torch eager on as many threads, from how it does by itself
psnr_db    of the worst of four pictures, clipped to [-1, 1], against the package or reference; the range is 2
share      arithmetic of a picture, as the reference does it, over what the machine's matrix rate in float32 and in
           bfloat16 on as many threads would do in the time: more than 1 where arithmetic was saved
optimize   what `vj models optimize` picked of the best beside a show, with what it measured there, and all that it
           chose from
"""

import gc
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from bench._machine import arguments, machine, write
from bench.nets._imported_turns import LEAST_DB, REFUSED, Feeds, Turns
from bench.nets._matrix_rates import arithmetic, machine_rates, shares
from vj.generators.bundle.manifest import Bundle, read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.verify import sample
from vj.workshop.import_checkpoint import bundle
from vj.workshop.onnx.importer import Asked
from vj.workshop.optimize import measure as optimize
from vj.workshop.optimize.ways import Way, layered, opened, styles, ways

#: Pictures compared, and ways that are judged beside others, besides the usual one.
_PICTURES, _KEPT = 4, 3
#: What a show asks of torch before it is imported: see `vj.generators.torch`.
_AS_PLAYED = {"OMP_WAIT_POLICY": "passive"}


def main() -> None:
    """Measure every network in a process of its own, print and write."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--quick", action="store_true", help="tiny networks and few pictures: does it run?")
    parser.add_argument("--rounds", type=int, default=40, help="pictures a way")
    parser.add_argument("--net", action="append", default=[], help="only this one, put into --out")
    parser.add_argument("--child", help="measure this one here, and print it as JSON")
    options = parser.parse_args()
    from bench.nets._imported_nets import NETS, QUICK

    nets = QUICK if options.quick else NETS
    rounds = 3 if options.quick else options.rounds
    if options.child:
        print(json.dumps(measured(options.child, nets[options.child], rounds)))
        return
    import torch

    kept: dict[str, Any] = {"machine": machine(), "torch": torch.__version__, "rounds": rounds, "networks": {}}
    if options.net and options.out and options.out.exists():
        kept = json.loads(options.out.read_text(encoding="utf-8"))
    for name in [_known(name, nets, parser.error) for name in options.net] or nets:
        taken = {"machine": machine(), "torch": torch.__version__, "rounds": rounds}
        command = [sys.executable, __file__, "--child", name, "--rounds", str(rounds)]
        if options.quick:
            command.append("--quick")
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=_AS_PLAYED | os.environ)
        kept["networks"][name] = taken | json.loads(done.stdout.splitlines()[-1])
    write(kept, options.out)


def _known(asked: str, nets: Iterable[str], refuse: Callable[[str], NoReturn]) -> str:
    """The network that is meant, however it is spelled."""
    plain = [name for name in nets if name.casefold() == asked.casefold()]
    return plain[0] if plain else refuse(f"there is no {asked}, but {'; '.join(nets)}")


def measured(name: str, net: Any, rounds: int) -> dict[str, Any]:
    """All there is to say of one network."""
    from bench.nets._imported_nets import eager, make

    context = multiprocessing.get_context("spawn")
    say = _Steps(name)
    with tempfile.TemporaryDirectory(prefix="vj-imported-") as place:
        folder = Path(place)
        path = make(net, folder)
        say("made")
        with context.Pool(1) as pool:
            ready = pool.apply(imported, (str(path), str(folder / "bundle"), name))
        say("imported")
        found = read_bundle(folder / "bundle")
        feeds = [even(feed) for feed in styles(found, _PICTURES)]
        candidates = ways(found)
        try:
            candidates += layered(found, LEAST_DB)
            say("chose layer by layer")
        except TimeoutError as error:
            say(str(error))
        truth = eager(path)
        work = arithmetic(truth, feeds[0])
        rows = _rows(Turns(truth, feeds, rounds), candidates, say)
        kept = shortlist(rows, candidates)
        best = chosen(rows, kept)
        with spinning():
            beside = _rows(Turns(truth, feeds, rounds), kept, say)
        del truth
        gc.collect()
        for row in rows:
            if row["way"] in (best, kept[0].label):
                row |= _alone(context, next(way for way in kept if way.label == row["way"]), feeds[0])
        picked = _picked(found, kept)
        say("optimised")
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
        "seconds": round(say.since),
        **_peak(),
    }


class _Steps:
    """Tells which step took how long: whoever waits may want to know."""

    def __init__(self, name: str) -> None:
        self._name, self._began = name, time.monotonic()

    @property
    def since(self) -> float:
        """Seconds so far."""
        return time.monotonic() - self._began

    def __call__(self, step: str) -> None:
        print(f"{self._name}: {self.since:5.0f} s, {_peak()['peak_mib']} MiB: {step}", file=sys.stderr, flush=True)


def _rows(turns: Turns, candidates: Sequence[Way], say: Callable[[str], None]) -> list[dict[str, Any]]:
    rows = turns.alone()
    for way in candidates:
        rows.append(turns.row(way))
        say(way.label)
    return rows


def shortlist(rows: Sequence[Mapping[str, Any]], candidates: Sequence[Way]) -> list[Way]:
    """The usual way, and the quickest that look the same, in the order of `candidates`."""
    known = {row["way"]: row for row in rows if row.get("psnr_db", 0.0) >= LEAST_DB}
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
    ranked = optimize.ranked(optimize.measured(found, kept, lambda step, part: None, 8))
    told = [
        {
            "way": row.way.label,
            "ms": round(row.ms, 2),
            "late_ms": round(row.late_ms, 2),
            "psnr_db": round(row.psnr_db, 1),
        }
        for row in ranked
    ]
    return {**told[0], "beside_a_show": not ranked[0].alone, "of": told[1:]}


def imported(path: str, folder: str, name: str) -> dict[str, Any]:
    """From a checkpoint to the first picture, as `vj models import` and `vj live` do it, in a process of its own."""
    marks = [time.perf_counter()]
    bundle(path, Path(folder), "random", Asked(half=not path.endswith(".onnx")), lambda step, part=None: None)
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
    except REFUSED:
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

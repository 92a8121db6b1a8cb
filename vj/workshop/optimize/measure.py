"""Finds the fastest way to run a bundle's synthesizer on this machine that still looks the same, by timing them all.

On the CPU: one thread and two, ONNX Runtime's levels of graph optimisation, half precision where the bundle has it,
torch in single precision, in bfloat16 and with each layer as is best for it (see `layers`), and OpenVINO where it is
installed. On a device: every
provider that works, TensorRT in single and half precision, whose engines and timings are built here, ahead of the show,
and kept (see `providers.engine_cache`), and torch as a CUDA graph.

They are judged as they will be played: beside the hearing and the finish of a show, see `company`. Each is opened by
itself to see how its pictures look, and let go of. Then each has a duel with the best so far: the two take turns, one
picture each, so that whatever else the machine does hits both alike, and no more than two are ever in memory. All times
are told as of the first turn of all, by what the best so far took in each. What counts is half the median and half the
latest of a hundred: a show is as smooth as its late pictures.
"""

import gc
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit

from vj.core.errors import BundleError
from vj.core.types import F32
from vj.core.written import parse_toml
from vj.generators import providers
from vj.generators.bundle import optimized
from vj.generators.bundle.manifest import Bundle
from vj.generators.providers import openvino
from vj.workshop.manifest import sha256
from vj.workshop.optimize.company import company
from vj.workshop.optimize.ways import Feeds, Run, Way, layered, opened, styles, ways

#: Worst picture against single precision.
LEAST_PSNR_DB = 45.0
#: What two threads must win where they are judged on a machine that does nothing else: they suffer from any other load.
CLEARLY = 0.7
#: What anything but the usual way must win, or it is not worth being different.
PLAINLY = 0.95
#: Pictures that are compared.
_PICTURES = 4
#: Rounds of a duel.
_ROUNDS = 25
#: Time for all duels, after which they end early.
_DUELS_S = 60.0
#: What may be gone when the bundle is next played.
_EXTRAS = (optimized.TORCH_CPU, optimized.TORCH_CUDA, openvino.NAME)
Tick = Callable[[str, float], None]
#: What a way raises that cannot be gone.
_FAILURES: tuple[type[Exception], ...] = (*providers.ERRORS, BundleError)


@dataclass(frozen=True)
class Row:
    """A way to run the synthesizer, and what was measured; `reason` says why it cannot be, if it cannot.

    `ms` is the median of a picture, `late_ms` the 99th of a hundred; `alone` that nothing else ran.
    """

    way: Way
    ms: float = float("inf")
    late_ms: float = float("inf")
    psnr_db: float = 0.0
    reason: str = ""
    least_psnr_db: float = LEAST_PSNR_DB
    alone: bool = False

    @property
    def good(self) -> bool:
        """Whether its pictures are near enough."""
        return not self.reason and self.psnr_db >= self.least_psnr_db

    @property
    def score(self) -> float:
        """Milliseconds, more where a win must be clear."""
        ms = (self.ms + self.late_ms) / 2.0
        if self.alone and self.way.threads > 1:
            ms /= CLEARLY
        return ms if self.way.usual else ms / PLAINLY


def optimize(
    bundle: Bundle,
    tick: Tick = lambda step, part: None,
    rounds: int = _ROUNDS,
    least_psnr_db: float = LEAST_PSNR_DB,
) -> list[Row]:
    """Measure, write the best into `optimized.toml`, and give all rows, the best first; raises BundleError.

    `tick` is told each step and the part that is done, 0..1. What is less than `least_psnr_db` like single precision is
    never chosen.
    """
    tick("preparing", 0.0)
    candidates = ways(bundle)
    refused: list[Row] = []
    if any(way.provider == optimized.TORCH_CPU for way in candidates):
        try:
            candidates += layered(bundle, least_psnr_db, lambda part: tick("choosing layer by layer", 0.3 * part))
        except TimeoutError as error:
            unknown = Way("torch layer by layer", candidates[0].file, optimized.TORCH_CPU, precision="layers")
            refused.append(Row(unknown, reason=str(error)))
    rows = measured(bundle, candidates, tick, rounds)
    best = ranked([replace(row, least_psnr_db=least_psnr_db) for row in (*rows, *refused)])
    if not best[0].good:
        raise BundleError("the synthesizer does not run", str(bundle.folder), f"vj models verify {bundle.name}")
    _write(bundle, best)
    tick("done", 1.0)
    return best


def ranked(rows: Sequence[Row]) -> list[Row]:
    """The best first: those that look the same, by their score."""
    return sorted(rows, key=lambda row: (not row.good, row.score))


def measured(bundle: Bundle, candidates: Sequence[Way], tick: Tick, rounds: int) -> list[Row]:
    """A row for each of `candidates`, the first of which is the reference."""
    feeds = styles(bundle, _PICTURES)
    gc.freeze()  # each way is looked for when it is let go of, not all else that there is: that takes a second at times
    try:
        rows = _looked_at(candidates, feeds, tick)
        return _in_duels(rows, feeds, tick, rounds)
    finally:
        gc.unfreeze()


def _in_duels(rows: list[Row], feeds: Sequence[Feeds], tick: Tick, rounds: int) -> list[Row]:
    """`rows` with the times of those that run."""
    running = [k for k, row in enumerate(rows) if not row.reason]
    best = -1
    best_run: Run | None = None
    with company() as beside:
        for number, k in enumerate(running):
            tick(f"timing {rows[k].way.label}", 0.5 + 0.5 * number / len(running))
            try:
                run = opened(rows[k].way)
            except _FAILURES as error:
                rows[k] = replace(rows[k], reason=_first_line(error))
                continue
            duel = [(k, run)] if best_run is None else [(best, best_run), (k, run)]
            spent = {each: _spent(ms) for each, ms in _timed(duel, feeds, rounds, _DUELS_S / len(running)).items()}
            scale = 1.0 if best_run is None else (rows[best].ms + rows[best].late_ms) / sum(spent[best])
            rows[k] = replace(rows[k], ms=scale * spent[k][0], late_ms=scale * spent[k][1], alone=not beside)
            if best_run is None or rows[k].score < rows[best].score:
                best, best_run = k, run
            del run, duel
            gc.collect()  # what was let go of is in no memory when the next one is opened
    return rows


def _looked_at(candidates: Sequence[Way], feeds: Sequence[Feeds], tick: Tick) -> list[Row]:
    """A row for each of `candidates`: whether it runs, and how much like the first its pictures are."""
    reference: F32 | None = None
    rows: list[Row] = []
    for k, way in enumerate(candidates):
        tick(f"opening {way.label}", 0.3 + 0.2 * k / len(candidates))
        try:
            run = opened(way)
            images = np.concatenate([run(feed) for feed in feeds])
        except _FAILURES as error:
            rows.append(Row(way, reason=_first_line(error)))
            continue
        reference = images if reference is None else reference
        rows.append(Row(way, psnr_db=worst_psnr_db(images, reference)))
        del run
        gc.collect()
    return rows


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]


def _spent(times: Sequence[float]) -> tuple[float, float]:
    """The median of `times` and the 99th of a hundred."""
    median, late = (float(ms) for ms in np.percentile(times, (50, 99)))
    return median, late


def worst_psnr_db(images: F32, reference: F32) -> float:
    """Peak signal to noise of the worst picture [N, 3, H, W] in dB, as shown: clipped to [-1, 1]; 99 if equal."""
    apart = np.clip(images, -1, 1).astype(np.float64) - np.clip(reference, -1, 1)
    mean = np.max(np.mean(apart * apart, axis=(1, 2, 3)))
    if not np.isfinite(mean):
        return 0.0
    return float(min(10.0 * np.log10(4.0 / mean), 99.0)) if mean else 99.0


def _timed(
    sessions: Sequence[tuple[int, Run]], feeds: Sequence[Feeds], rounds: int, seconds: float
) -> dict[int, list[float]]:
    """Row -> ms of each of its pictures; every session has its turn in every round, for so many `seconds` or thrice."""
    taken: dict[int, list[float]] = {k: [] for k, _ in sessions}
    for _, run in sessions:
        run(feeds[0])  # the first one is slower
    end = time.perf_counter() + seconds
    for number in range(rounds):
        for k, run in sessions:
            began = time.perf_counter()
            run(feeds[number % len(feeds)])
            taken[k].append(1000.0 * (time.perf_counter() - began))
        if number >= 2 and time.perf_counter() > end:
            break
    return {k: values for k, values in taken.items() if values}


def _write(bundle: Bundle, rows: Sequence[Row]) -> None:
    """Put the best of `rows` into the sidecar in place of what it had for this machine.

    Where that is an extra's, the best of what is always there follows.
    """
    file = optimized.sidecar(bundle)
    kept = [rows[0]]
    if rows[0].way.provider in _EXTRAS:
        kept += [row for row in rows if row.good and row.way.provider not in _EXTRAS][:1]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        entries = [_entry(bundle, row) for row in kept]
        text = tomlkit.dumps({"choice": [*(old for old in _entries(file) if not _here(bundle, old)), *entries]})
        fresh = file.with_suffix(".new")
        fresh.write_text(f"# Written by: vj models optimize\n{text}", encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        raise BundleError(f"the choice cannot be kept: {error.strerror}", str(file), "who owns the folder?") from error


def _entry(bundle: Bundle, row: Row) -> dict[str, Any]:
    """What the sidecar says of a row."""
    way = row.way
    return {
        **optimized.key(bundle, way.provider),
        "runtime": optimized.runtime(way.provider),
        "provider": way.provider,
        "file": way.file.name,
        "sha256": sha256(way.file),
        "threads": way.threads,
        "level": way.level,
        "precision": way.precision,
        "captured": way.captured,
        "ms": round(row.ms, 3),
        "late_ms": round(row.late_ms, 3),
        "psnr_db": round(row.psnr_db, 1),
    }


def _here(bundle: Bundle, entry: dict[str, Any]) -> bool:
    """Whether an entry of the sidecar is of this machine, and so replaced."""
    return all(
        entry.get(name) == value for name, value in optimized.key(bundle, str(entry.get("provider", ""))).items()
    )


def _entries(file: Path) -> list[dict[str, Any]]:
    try:
        found = parse_toml(file.read_text(encoding="utf-8")).get("choice", [])
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return []
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []

"""Pieces from tracker modules: every file of a package that is one, or an archive with some inside."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from bench.beat.found._openmpt import MARKS, inside, render
from bench.beat.found._pieces import LONGEST, Found, Maker, Song, aligned, chance
from bench.beat.found._rows import beats, begins, steady, voices

#: Packages of Debian whose games play modules.
PACKAGES = (
    "tecnoballz-data", "heroes-sound-tracks", "powermanga-data", "rafkill-data", "criticalmass-data",
    "pekka-kana-2-data", "ironseed-data", "freedroid-data", "solarwolf", "tuxtype-data", "ri-li-data",
    "pingus-data", "biniax2-data", "bomberclone-data", "open-invaders-data", "gl-117-data", "jumpnbump",
)  # fmt: skip
NAMES = re.compile(r"\.(mod|xm|s3m|it|stm|mptm|zik|dat)$", re.IGNORECASE)
SECONDS = 240.0


def songs(package: str, folder: Path) -> Iterator[tuple[str, Maker]]:
    """(name, what makes its song) of each module below the folder."""
    for path in sorted(p for p in folder.rglob("*") if NAMES.search(p.name) and p.is_file() and not p.is_symlink()):
        data = path.read_bytes()
        whole = any(data[behind : behind + len(mark)] == mark for mark, behind in MARKS)
        for k, part in enumerate([data] if whole or not path.name.endswith(".dat") else inside(data)):
            name = f"module-{package}-{path.stem.lower()}" + (f"-{k}" if k else "")
            yield name, partial(song, part, name, package)


def song(data: bytes, name: str, package: str) -> Found | None:
    """A module's song with its best minute and a half, None where its beats are in doubt."""
    module = render(data, SECONDS)
    if module is None:
        return None
    start, until = steady(module)
    if until - start < 64:
        return None
    found = beats(module, voices(module), start, until)
    if found is None:
        return None
    times = np.array([row.time for row in module.rows])
    made = Song(name, "module", "tracker", package, module.samples, times[found.rows], found.places, found.metre)
    made.why = f"{found.why}, {found.every} rows a beat"
    if not aligned(made):
        return None
    first, last = times[start], times[until - 1]
    starts = [times[k] for k in range(start, until) if begins(module, k) and times[k] + LONGEST <= last] or [first]
    at = starts[int(chance(name, "start") * len(starts))]
    # not on a beat: a tracker that takes each start for one would look better than it is
    at = max(first, at - 2 * chance(name, "lead"))
    return made, at, min(last, at + LONGEST)

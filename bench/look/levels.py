"""What each level of the governor's ladder does to each look on a wall, and what it costs.

python bench/look/levels.py [--out bench/results/levels.json] [--look NAME] [--sheet FILE.jpg]

Every look is played over the drop of the bundled loop on every level, through the whole chain at 1280x720 on the
processor, and compared with itself on the top level: what the measures mean stands in `_level_seen.py`. A level may be
late by as much as the generator rests. The sheet has some looks side by side on every level.
"""

import argparse
import itertools
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write
from bench.look._level_film import FPS, film, late
from bench.look._level_seen import LIMITS, Difference, difference, mean, seen
from vj.apps.demo import look_names
from vj.core.types import U8
from vj.engine.governor import LADDER
from vj.workshop import loop
from vj.workshop.contact import contact_sheet

#: From and to in the loop, whose drop begins at 22.5 s; drawn from, and compared at, counted from there.
SPAN, DRAWN, AT = (20.5, 23.65), 1.5, (2.6, 3.0)
#: When the level changes from the first to the last at once, to look for a jump.
CHANGED = 2.5
SHOWN = ("plumage", "neon_loom", "ink_press", "night_reef", "mercury")


def compared(whole: list[U8], level: list[U8], rung: int) -> Difference:
    """The mean difference of a look's moments; of the delays that the level may have, the likeliest is taken."""
    found = []
    for t in AT:
        n = round((t - DRAWN) * FPS)
        lags = range(late(rung) + 1)
        each = [difference(whole[n - lag - 1 : n - lag + 1], level[n - 1 : n + 1]) for lag in lags]
        found.append(min(each, key=lambda d: d.colour))
    return mean(found)


def jump(whole: list[U8], changed: list[U8]) -> tuple[float, float]:
    """The largest change from one frame to the next about the change of level, and the largest in the same film."""
    first = round((CHANGED - DRAWN) * FPS)

    def steps(film: list[U8], a: int, b: int) -> list[float]:
        views = [seen([image]) for image in film[a:b]]
        return [float(np.sqrt(((y - x) ** 2).sum(-1)).mean()) for x, y in itertools.pairwise(views)]

    return max(steps(changed, first - 1, first + 18)), max(steps(whole, first - 18, first + 18))


def rounded(found: Difference) -> dict[str, float]:
    """As it is written down."""
    return {name: round(value, 4 if name in ("colour", "tone", "form") else 2) for name, value in asdict(found).items()}


def main() -> None:
    """Measure all and write it down."""
    parser: argparse.ArgumentParser = arguments(__doc__ or "")
    parser.add_argument("--look", help="only this one")
    parser.add_argument("--sheet", type=Path, help="write pictures side by side")
    options = parser.parse_args()
    song = loop.cached()
    result: dict[str, Any] = {"what": "levels of the governor on a wall of 1280x720", **machine()}
    result["levels"] = [rung.words for rung in LADDER]
    result["limits"] = {k: v for k, v in asdict(LIMITS).items() if np.isfinite(v)}
    pictures: list[U8] = []
    labels: list[str] = []
    worst = [Difference(0, 0, 0, 0, -9)] * len(LADDER)
    for look in (options.look,) if options.look else look_names():
        began = time.perf_counter()
        whole = film(look, 0, song, SPAN, DRAWN)
        rows = {}
        for rung in range(1, len(LADDER)):
            level = film(look, rung, song, SPAN, DRAWN)
            found = compared(whole, level, rung)
            worst[rung] = Difference(
                *(max(a, b) for a, b in zip(asdict(worst[rung]).values(), asdict(found).values(), strict=True))
            )
            rows[LADDER[rung].words] = rounded(found)
            if look in SHOWN and options.sheet:
                if rung == 1:
                    pictures.append(whole[round((AT[1] - DRAWN) * FPS)])
                    labels.append(f"{look}: everything")
                pictures.append(level[round((AT[1] - DRAWN) * FPS)])
                labels.append(LADDER[rung].words)
        changed = film(look, len(LADDER) - 1, song, SPAN, DRAWN, since=CHANGED)
        at_change, usual = jump(whole, changed)
        result[look] = {
            **rows,
            "change from first to last": round(at_change, 4),
            "largest change besides": round(usual, 4),
        }
        print(look, f"{time.perf_counter() - began:.0f} s", result[look], flush=True)
    result["worst"] = {LADDER[k].words: rounded(worst[k]) for k in range(1, len(LADDER))}
    write(result, options.out)
    if options.sheet and pictures:
        contact_sheet(pictures, len(LADDER), labels, 260).save(options.sheet, quality=82, optimize=True)


if __name__ == "__main__":
    main()

"""What a commit takes and what an earlier one did, in turns: python bench/film/ratio.py --base COMMIT [--out F.json]

Both builds run the same programs, one after the other and each first as often as the other, so that whatever else the
machine does hits both alike, after one run each that does not count. What is stated is the ratio of now to base, pair
by pair: median, least and most. Wall time is what a user waits for; processor time, of all processes together, is what
other programs move least.

python bench/film/ratio.py --base 06e3e78 --measure "render 720p30" --pairs 5
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench._builds import REPOSITORY, checkout
from bench._machine import arguments, machine, write
from bench.film._programs import COLOURS, COMMAND, FINISH, HEARING, LIVE, RENDER, START, WORLDS
from bench.film.render import song

sys.path.insert(0, str(REPOSITORY / "tests"))

from servers.xvfb import xvfb


@dataclass(frozen=True)
class Measure:
    """A program that prints figures, and what it is given; SONG and FILM are put in here.

    `screen`: it has windows. `fresh`: every run begins with empty caches, but for what Python compiled.
    """

    program: str
    given: tuple[str, ...] = ()
    screen: bool = False
    fresh: bool = False


MEASURES = {
    "cold start, warm caches": Measure(START, ("SONG",), screen=True),
    "cold start, empty caches": Measure(START, ("SONG",), screen=True, fresh=True),
    "live 720p, target 60": Measure(LIVE, ("SONG", "20"), screen=True),
    "software finish 720p": Measure(FINISH),
    "render 720p30": Measure(RENDER, ("SONG", "FILM", "worlds", "30", "1280", "720", "20")),
    "render 1080p60": Measure(RENDER, ("SONG", "FILM", "worlds", "60", "1920", "1080", "10")),
    "RGB to YUV 720p": Measure(COLOURS),
    "hearing": Measure(HEARING, ("SONG",)),
    "worlds": Measure(WORLDS),
    "vj osc list": Measure(COMMAND, ("osc", "list")),
    "vj looks": Measure(COMMAND, ("looks",)),
    "vj devices": Measure(COMMAND, ("devices",), screen=True),
}


def run(build: Path, measure: Measure, folder: Path) -> dict[str, float]:
    """Figures of one run in `build`, whose caches are its own."""
    places = {"SONG": str(song()), "FILM": str(folder / "film.mp4")}
    words = [places.get(word, word) for word in measure.given]
    own = folder / f"{build.name}-caches"
    with tempfile.TemporaryDirectory() as empty:
        cache = empty if measure.fresh else str(own)
        environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPATH": str(build),
            "PYTHONPYCACHEPREFIX": str(own / "python"),
            "XDG_CACHE_HOME": cache,
            "MESA_SHADER_CACHE_DIR": cache,
        }
        done = subprocess.run(
            [sys.executable, "-c", measure.program, *words],
            cwd=build,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compared(builds: list[Path], measure: Measure, pairs: int, folder: Path) -> dict[str, Any]:
    """Every figure of both builds, and its ratio."""
    runs: list[list[dict[str, float]]] = [[], []]
    loads = []
    for build in builds:  # what is kept from run to run is there from now on
        run(build, measure, folder)
    for k in range(pairs):
        loads.append(round(os.getloadavg()[0], 2))
        for i in (0, 1) if k % 2 == 0 else (1, 0):
            runs[i].append(run(builds[i], measure, folder))
            print("base" if i == 0 else "now", {k: round(v, 2) for k, v in runs[i][-1].items()}, file=sys.stderr)
    found: dict[str, Any] = {"pairs": pairs, "load": loads}
    for name in runs[0][0]:
        base, now = ([figures[name] for figures in side] for side in runs)
        found[name] = {
            "base": round(statistics.median(base), 2),
            "now": round(statistics.median(now), 2),
            "ratio": spread([b / a for a, b in zip(base, now, strict=True)]),
        }
    return found


def spread(ratios: list[float]) -> dict[str, float]:
    """Median, and the least and most."""
    return {
        "median": round(statistics.median(ratios), 3),
        "least": round(min(ratios), 3),
        "most": round(max(ratios), 3),
    }


def main() -> int:
    """Measure, print and keep the result."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--base", required=True, help="the commit to compare with")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--measure", action="append", choices=list(MEASURES), help="only this one; may be repeated")
    parser.add_argument("--seconds", type=float, help="cut films and shows to so many: on a machine that others use")
    given = parser.parse_args()
    result: dict[str, Any] = {
        "measured": machine(),
        "base": given.base,
        "song": song().name,
        "seconds": given.seconds,
        "measures": {},
    }
    with checkout(given.base) as base, tempfile.TemporaryDirectory() as folder:
        for name in given.measure or MEASURES:
            measure = MEASURES[name]
            if given.seconds and measure.program in (RENDER, LIVE):
                measure = replace(measure, given=(*measure.given[:-1], str(given.seconds)))
            with xvfb(1920, 1080) if measure.screen else nullcontext():
                result["measures"][name] = compared([base, REPOSITORY], measure, given.pairs, Path(folder))
    write(result, given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())

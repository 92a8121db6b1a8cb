"""What an earlier commit takes and what this one does, in turns: `python bench/ratio.py --base COMMIT [--out F.json]`

Both builds run the same programs, one after the other and each first as often as the other, so that whatever else the
machine does hits both alike. What is stated is the ratio of now to base, pair by pair: median and quartiles. Wall time
is what a user waits for; processor time, of all processes together, is what other programs move least.

python bench/ratio.py --base 06e3e78 --measure "render 720p30" --pairs 5
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from _builds import REPOSITORY, checkout
from _machine import arguments, machine, write
from render import song

#: Renders `sys.argv[1:]`, song, film, bundle, fps, size and seconds; what it says are figures by name.
RENDER = """
import json, resource, sys, time
from fractions import Fraction
from pathlib import Path
from vj.apps.assemble import Settings
try:
    from vj.apps.render.film import render
except ModuleNotFoundError:  # before renders had a room
    from vj.apps.render import render
song, out, bundle, fps, width, height, stop = sys.argv[1:]
began = time.perf_counter()
size, span = (int(width), int(height)), (0.0, float(stop))
done = render(Path(song), Path(out), Settings(bundle=bundle), Fraction(fps), size, span)
wall = time.perf_counter() - began
mine, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({
    "ms_a_frame": 1e3 * wall / done.frames,
    "cpu_ms_a_frame": 1e3 * sum(t.ru_utime + t.ru_stime for t in (mine, children)) / done.frames,
    "cpu_ms_a_frame_encoder": 1e3 * (children.ru_utime + children.ru_stime) / done.frames,
    "peak_mb": mine.ru_maxrss / 1024,
    "peak_mb_encoder": children.ru_maxrss / 1024,
    "file_mb": Path(out).stat().st_size / 1e6,
}))
"""
#: A command that only prints.
COMMAND = """
import json, subprocess, sys, time
began = time.perf_counter()
subprocess.run([sys.executable, "-m", "vj.apps.cli", *sys.argv[1:]], check=True, stdout=subprocess.DEVNULL)
print(json.dumps({"seconds": time.perf_counter() - began}))
"""


@dataclass(frozen=True)
class Measure:
    """A program that prints figures, less being better, and what it is given; SONG and FILM are put in here."""

    program: str
    given: tuple[str, ...]


MEASURES = {
    "render 720p30": Measure(RENDER, ("SONG", "FILM", "worlds", "30", "1280", "720", "20")),
    "render 1080p60": Measure(RENDER, ("SONG", "FILM", "worlds", "60", "1920", "1080", "10")),
    "vj osc list": Measure(COMMAND, ("osc", "list")),
}


def run(build: Path, measure: Measure, folder: Path) -> dict[str, float]:
    """Figures of one run in `build`."""
    places = {"SONG": str(song()), "FILM": str(folder / "film.mp4")}
    words = [places.get(word, word) for word in measure.given]
    environment = {**os.environ, "PYTHONPATH": str(build)}
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
    parser.add_argument("--seconds", type=float, help="cut films to so many: on a machine that others use")
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
            if given.seconds and measure.program == RENDER:
                measure = replace(measure, given=(*measure.given[:-1], str(given.seconds)))
            result["measures"][name] = compared([base, REPOSITORY], measure, given.pairs, Path(folder))
    write(result, given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())

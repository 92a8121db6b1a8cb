"""How long the audience waits: from the command to the first thing on the wall, and to the first picture.

python bench/show/start.py [--out bench/results/start.json] [--runs 3] [--look NAME] [--source FOLDER]

Every run is `vj live` in a process of its own, in a real window (Xvfb), with nothing plugged in: on a quiet machine,
and beside a program that keeps one processor busy. With --source the show of another checkout is measured.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench._machine import arguments, machine, write

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from servers.xvfb import xvfb  # noqa: E402
from tests_songs import kicks  # noqa: E402

FIGURES = ("splash_s", "first_frame_s")


@contextmanager
def busy(wanted: bool) -> Iterator[None]:
    """Another program that keeps one processor busy, if wanted."""
    if not wanted:
        yield
        return
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as neighbour:
        try:
            yield
        finally:
            neighbour.kill()


def start(source: Path, song: Path, *options: str) -> dict[str, float]:
    """Seconds of one start: `wall_s` those from the command to the show's end, less the seconds it was to last."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "vj.apps.cli", "live", "--input", str(song), "--no-midi", "--osc-port", "7481"]
        command += ["--duration", "1", "--report", str(report), *options]
        began = time.perf_counter()
        environment = {**os.environ, "PYTHONPATH": str(source)}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment, cwd=source)
        wall = time.perf_counter() - began - 1.0
        figures: dict[str, Any] = json.loads(report.read_text())
        return {name: figures[name] for name in FIGURES if figures.get(name) is not None} | {"wall_s": wall}


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--look", help="wear this look; without it whatever is worn by itself")
    parser.add_argument("--source", type=Path, default=ROOT, help="the checkout to measure")
    args = parser.parse_args()
    result: dict[str, Any] = {"what": "vj live, from the command to the first picture", **machine(), "runs": {}}
    with tempfile.TemporaryDirectory() as folder, xvfb(1920, 1080):
        song = kicks(Path(folder) / "song.wav", 5.0)
        for name, neighbour in (("quiet", False), ("one processor busy", True)):
            with busy(neighbour):
                look = ("--look", args.look) if args.look else ()
                runs = [start(args.source.resolve(), song, *look) for _ in range(args.runs)]
            result["runs"][name] = {
                key: {"median": round(statistics.median(values), 2), "all": [round(value, 2) for value in values]}
                for key in runs[0]
                if (values := [run[key] for run in runs])
            }
            print(name, result["runs"][name], flush=True)
    write(result, args.out)


if __name__ == "__main__":
    main()

"""Whether finished pictures are what they were at an earlier commit, and what they take: look by look, in turns.

python bench/look/finished.py --base COMMIT [--out FILE.json] [--sheet FILE.png] [--look NAME ...]

Every shipped look is played with two bundles; some runs of frames are kept as they are before the finish, and both
builds draw the very same ones with the software tier at 720p. Grain is left out: it is noise, and hides what differs.
Told are the least dB of each look's frames, and processor milliseconds of a frame, all threads together.
"""

import json
import pickle
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench._builds import REPOSITORY, Child, checkout
from bench._machine import arguments, machine, write
from bench.film.render import song
from bench.look.rendered import Look, Still, played, shipped
from vj.core.types import U8, Frame

BUNDLES = ("worlds", "currents")
FPS, SIZE = 30, (1280, 720)
#: Frames at which runs begin, and of how many; the last of each run are compared.
RUNS, LENGTH, LAST = (45, 105), 8, 3
#: From where in the song a look is played.
START = 40.0

#: Draws the frames of a file `sys.argv[1]`, a look a line; answers with milliseconds and leaves pictures in a file.
PROGRAM = """
import json, pickle, sys, time
import numpy as np
from vj.outputs.offscreen import Offscreen
runs_of = pickle.load(open(sys.argv[1], "rb"))
with Offscreen((int(sys.argv[2]), int(sys.argv[3]))) as out:
    for line in sys.stdin:
        name, last, path = line.split()
        spent, kept = [], []
        for frames in runs_of[name]:
            out.forget()
            for n, frame in enumerate(frames):
                out._context.finish()
                began = time.process_time()
                out._picture.show(frame, out._target, out.size, out._way)
                out._context.finish()
                spent.append(1e3 * (time.process_time() - began))
                if n >= len(frames) - int(last):
                    raw = np.frombuffer(out._target.read(components=3, alignment=1), np.uint8)
                    kept.append(raw.reshape(out.size[1], out.size[0], 3)[::-1])
        np.save(path, np.stack(kept))
        print(json.dumps(sorted(spent)[len(spent) // 4]), flush=True)
"""


class Taken(Still):
    """Takes frames instead of drawing them."""

    def draw(self, frame: Frame) -> U8:
        """As Still, without a picture."""
        self._drawn += 1
        if any(first < self._drawn <= first + LENGTH for first in RUNS):
            finish = frame.finish
            assert finish is not None
            values = {**finish.values, "finish": {**finish.values.get("finish", {}), "grain": 0.0}}
            self.kept.append(
                replace(frame, image=frame.image.copy(), finish=replace(finish, values=values, tier="software"))
            )
        return np.zeros((*self.size[::-1], 3), np.uint8)


def runs(look: Look, bundle: str) -> list[list[Frame]]:
    """Frames of a look as they come to the finish."""
    span = (START, START + (RUNS[-1] + LENGTH + 1) / FPS)
    kept = played(look, song(), span, bundle, fps=FPS, screen=Taken).kept
    return [kept[k : k + LENGTH] for k in range(0, len(kept), LENGTH)]


def decibels(a: U8, b: U8) -> float:
    """How near two pictures are; 99 where they are the same."""
    apart = float(np.mean((a.astype(np.float64) - b) ** 2))
    return min(99.0, 10 * float(np.log10(255**2 / max(apart, 1e-9))))


def compared(frames: Path, names: list[str], base: Path, sheet: Path | None) -> dict[str, Any]:
    """Every look of both builds."""
    found: dict[str, Any] = {}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        builds = (base, REPOSITORY)
        children = [Child(build, PROGRAM, str(frames), *map(str, SIZE)) for build in builds]
        for name in names:
            files = [Path(folder, f"{k}.npy") for k in range(2)]
            for _ in range(2):  # the first time compiles
                spent = [
                    json.loads(child.ask(f"{name} {LAST} {file}")) for child, file in zip(children, files, strict=True)
                ]
            before, now = (np.load(file) for file in files)
            nearness = [decibels(a, b) for a, b in zip(before, now, strict=True)]
            found[name] = {"dB": round(min(nearness), 1), "base_ms": round(spent[0], 2), "now_ms": round(spent[1], 2)}
            found[name]["ratio"] = round(spent[1] / spent[0], 3)
            print(name, found[name], flush=True)
            worst = int(np.argmin(nearness))
            rows.append(np.concatenate([before[worst], now[worst]], 1)[::2, ::2])
        for child in children:
            child.end()
    if sheet is not None:
        Image.fromarray(np.concatenate(rows)).save(sheet)
    return found


def main() -> None:
    """Play, draw, compare and keep the result."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--base", required=True, help="the commit to compare with")
    parser.add_argument("--look", nargs="*", help="only these")
    parser.add_argument("--sheet", type=Path, help="the worst frame of each look, before and now side by side")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, checkout(given.base) as base:
        wanted = [look for look in shipped() if not given.look or look.name in given.look]
        taken = {f"{bundle}/{look.name}": runs(look, bundle) for bundle in BUNDLES for look in wanted}
        file = Path(folder, "frames.pickle")
        file.write_bytes(pickle.dumps(taken))
        looks = compared(file, list(taken), base, given.sheet)
    result: dict[str, Any] = {"measured": machine(), "base": given.base, "song": song().name, "looks": looks}
    result["least dB"] = min(look["dB"] for look in looks.values())
    result["median ratio"] = round(statistics.median(look["ratio"] for look in looks.values()), 3)
    print("least dB", result["least dB"], "median ratio", result["median ratio"])
    write(result, given.out)


if __name__ == "__main__":
    main()

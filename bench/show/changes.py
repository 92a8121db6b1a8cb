"""How long frames take when a look comes on for the first time, and what is compiled while the show is on.

python bench/show/changes.py [--base COMMIT] [--out bench/results/changes.json]

Each look of the shelf in turn, and again on a canvas of half the side, as the governor has it, in a window under Xvfb
whose driver has compiled nothing yet: its cache is empty; with pictures of 344x192, and of 256x256 as networks have
them: a rasteriser on the processor compiles once for textures whose sides are powers of two, and once for others.
`first_ms` is the first frame with a picture, for which the splash stands. `over_ms` is what frames took over their
look's median, where that is more than half a frame of 30 a second. An earlier commit and this one, one after the other.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench._builds import REPOSITORY, checkout
from bench._machine import arguments, machine, write

#: Before anything was done about it.
BASE = "4b86701d"
SIZES = ("344x192", "256x256")
BUDGETS = {"worst_ms": 150.0}
PROGRAM = r"""
import json, statistics, sys, time
from pathlib import Path

sys.path.insert(0, "tests")
from servers.xvfb import xvfb
from tests_songs import kicks
from vj.apps.assemble import Settings, assemble
from vj.apps.recorded import GOVERNOR
from vj.core.types import Event
from vj.devices.audio.file import AudioFile
from vj.engine.governor import RUNG
from vj.engine.show import bpm
from vj.outputs.finish.shader import Shader
from vj.outputs.finish.viewport import Viewport
from vj.outputs.window import Window

RATE, FPS, FRAMES, SLOW_MS = 48000, 30, 60, 1000 / 60
size, folder = tuple(map(int, sys.argv[1].split("x"))), Path(sys.argv[2])
compiled, before = [], Shader._compiled


def noted(self, source, key):
    compiled.append(f"{self.path.stem} {key[0]} {' '.join(sorted(key[1]))}".strip())
    return before(self, source, key)


Shader._compiled = noted
show, desk = assemble(Settings(threads=1, size=size), RATE)
song = folder / "song.wav"
kicks(song, 60.0)
sound, hop = AudioFile(song, RATE).read(60 * RATE), show.analyzer.hop_length
told = {"looks": {}, "compiled": []}
with xvfb(1280, 800), Window(size=(1280, 720)) as window:
    began = time.perf_counter()
    for _ in window.prepare():
        pass
    window._context.finish()
    told |= {"prepared_s": round(time.perf_counter() - began, 2), "programs": len(compiled)}
    compiled.clear()
    snapshot, features = show.open(desk)
    t, heard, first = 0.0, 0, True
    window.write(show.composite(t, None, snapshot, features))  # as a show begins
    looks = sorted(path.stem for path in Path("setlists/looks").glob("*.toml"))
    for rung, look in [*((0, look) for look in looks), *((2, look) for look in looks)]:
        desk.apply(Event(RUNG, (rung,), GOVERNOR))
        desk.apply(Event("/look", (look,), "bench"))
        ms = []
        for _ in range(FRAMES):
            t += 1 / FPS
            snapshot = desk.tick(t, features, bpm(features))
            while heard * hop < t * RATE:
                at = heard * hop % (len(sound) - hop)
                features = show.analyze(sound[at : at + hop], snapshot)
                heard += 1
            latent = show.direct(t, features, snapshot)
            image = show.imagine([latent], str(snapshot["/model/select"]))[0]
            picture = show.picture(image, latent, t, snapshot, features)
            window.follow(snapshot.of(Viewport))
            window.poll()
            began = time.perf_counter()
            window.write(show.composite(t, picture, snapshot, features))
            window.swap()
            window._context.finish()
            ms.append(1000 * (time.perf_counter() - began))
        if first:  # the splash stands until it is there
            told["first_ms"], ms[0], first = round(ms[0], 1), statistics.median(ms), False
        told["looks"].setdefault(look, []).append({"median_ms": round(statistics.median(ms), 1), "ms": ms})
        told["compiled"] += compiled
        compiled.clear()
show.close()
over = []
for look, times in told["looks"].items():
    for one in times:
        ms, usual = one.pop("ms"), one["median_ms"]
        one["worst_ms"] = round(max(ms), 1)
        over += [took - usual for took in ms if took > usual + SLOW_MS]
worst = max(one["worst_ms"] for times in told["looks"].values() for one in times)
told |= {"over_ms": round(sum(over)), "over": len(over), "worst_ms": worst}
print(json.dumps(told))
"""


def measured(build: Path, size: str) -> dict[str, Any]:
    """One build with pictures of that size."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(build), "OMP_NUM_THREADS": "1", "MESA_SHADER_CACHE_DIR": folder}
        command = [sys.executable, "-c", PROGRAM, size, folder]
        done = subprocess.run(command, cwd=build, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(
        build.name, size, {name: value for name, value in told.items() if name not in ("looks", "compiled")}, flush=True
    )
    return told


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--base", default=BASE, help="the earlier commit")
    asked = parser.parse_args()
    result = {"what": "frames at which a look comes on", **machine(), "budgets": BUDGETS, "base": asked.base}
    with checkout(asked.base) as base:
        for size in SIZES:
            result[size] = {"before": measured(base, size), "now": measured(REPOSITORY, size)}
    write(result, asked.out)


if __name__ == "__main__":
    main()

"""How what is asked for costs more the more of it there is: curves, and their exponents.

python bench/film/growth.py [--out bench/results/growth.json] [--minutes 1 4 16 60]

A render by its seconds of sound (processor time and memory), the finish by the pixels of the canvas and of the picture,
a desk's tick by the number of modulations, the opening of a set by its bundles. An exponent is the slope of the
logarithms: 1 is linear, 0 is flat.
"""

import json
import os
import subprocess
import sys
import tempfile
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench._builds import REPOSITORY
from bench._machine import arguments, machine, write
from bench.film._programs import RENDER

#: One frame of the finish at `sys.argv[1:]`: width and height of the canvas, and of the picture.
FINISH = """
import json, sys, time
import numpy as np
from vj.core.types import Finish, Frame
from vj.outputs.offscreen import Offscreen
w, h, pw, ph = map(int, sys.argv[1:])
image, spent = np.random.default_rng(1).integers(0, 256, (ph, pw, 3), np.uint8), []
with Offscreen((w, h)) as out:
    for n in range(9):
        began = time.process_time()
        frame = Frame(image.copy(), n / 30, n, finish=Finish({}, 1, tier="software"))
        out._picture.show(frame, out._target, out.size, out._way)
        out._context.finish()
        spent.append(time.process_time() - began)
print(json.dumps({"cpu_ms": 1e3 * min(spent[2:])}))
"""
#: A desk's tick with `sys.argv[1]` parameters that hands hold.
DESK = """
import json, sys, time
from vj.apps.assemble import Settings, assemble
from vj.core.types import Event
show, desk = assemble(Settings(bundle="testcard"), 48000)
snapshot, silence = show.open(desk)
held = [a for a, p in desk.table.items() if p.kind == "float" and a.startswith(("/fx", "/latent", "/director"))]
for address in held[: int(sys.argv[1])]:
    param = desk.table[address]
    desk.apply(Event(address, (0.5 * (param.lo + param.hi),), "hand"))
spent = []
for k in range(9):
    began = time.process_time()
    for n in range(50):
        desk.tick((50 * k + n) / 60, silence, None)
    spent.append(time.process_time() - began)
print(json.dumps({"cpu_us": 1e6 * min(spent[2:]) / 50}))
"""


def asked(program: str, *given: object) -> dict[str, float]:
    """The figures of a program."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", program, *map(str, given)]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def curve(runs: Mapping[float, Mapping[str, float]]) -> dict[str, Any]:
    """Every figure along the runs, and the exponent it grows with."""
    places = np.array(list(runs), float)
    found: dict[str, Any] = {"at": list(runs)}
    for name in next(iter(runs.values())):
        values = np.array([run[name] for run in runs.values()])
        slope = np.polyfit(np.log(places), np.log(np.maximum(values, 1e-9)), 1)[0]
        found[name] = {"values": [round(float(v), 3) for v in values], "exponent": round(float(slope), 2)}
    return found


def hum(path: Path, seconds: float) -> Path:
    """A sound file of so many seconds: a slow beat over a chord."""
    rate = 24000
    t = np.arange(rate) / rate
    second = 0.2 * np.sin(2 * np.pi * 220 * t) + 0.6 * np.sin(2 * np.pi * 60 * t) * np.exp(-8 * (t % 0.5))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        part = (second * 20000).astype(np.int16).tobytes()
        for _ in range(int(seconds)):
            file.writeframes(part)
    return path


def rendered(minutes: float, folder: Path) -> dict[str, float]:
    """A render so long, small and without a generator that costs: what grows is ours."""
    song = hum(folder / "hum.wav", 60 * minutes)
    told = asked(RENDER, song, folder / "film.mp4", "testcard", 10, 160, 90, 60 * minutes)
    frames = 600 * minutes
    return {
        "cpu_s": told["cpu_ms_a_frame"] * frames / 1e3,
        "peak_mb": told["peak_mb"],
        "peak_mb_encoder": told["peak_mb_encoder"],
    }


def main() -> None:
    """Measure all and write it down."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 4, 16, 60], help="lengths of the renders")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = {
            "measured": machine(),
            "render, by minutes of sound": curve({m: rendered(m, Path(folder)) for m in given.minutes}),
            "finish, by pixels of the canvas": curve(
                {16 * n * 9 * n: asked(FINISH, 16 * n, 9 * n, 344, 192) for n in (40, 60, 80, 120)}
            ),
            "finish at 720p, by pixels of the picture": curve(
                {16 * n * 9 * n: asked(FINISH, 1280, 720, 16 * n, 9 * n) for n in (10, 20, 40)}
            ),
            "a tick of the desk, by parameters that are held": curve({n: asked(DESK, n) for n in (1, 10, 40, 120)}),
        }
    write(result, given.out)


if __name__ == "__main__":
    main()

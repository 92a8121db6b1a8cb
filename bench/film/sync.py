"""Sound and picture of a film to its end: flashes that a hand made against clicks in the sound, and memory.

python bench/film/sync.py [--out bench/results/sync.json] [--minutes 10] [--fps 24 25 30000/1001 30 50 60 120]

A performance is made of a click every two seconds, and of a hand that opens a blackout at that very moment. It is
rendered at each rate by a process of its own; then every flash is looked for in the film's frames, and every click in
its sound. Rates that are not asked for stay in the result as they were.
"""

import json
import subprocess
import sys
import tempfile
import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from bench._machine import arguments, machine, write
from vj.apps.assemble import Settings
from vj.apps.recorded import Script
from vj.apps.render.film import render
from vj.core.types import Event

RATE, SIZE = 48000, (64, 36)
#: Seconds between clicks, of a click, and of a flash; the first click comes after FIRST seconds.
GAP, CLICK, FLASH, FIRST = 2.0, 0.02, 0.25, 1.0
RATES = ("24", "25", "30000/1001", "30", "50", "60", "120")


def clicks(seconds: float) -> NDArray[np.float64]:
    """When they sound; not on frames of any rate, but for one in 7."""
    count = int((seconds - FIRST - FLASH) // GAP) + 1
    return np.asarray(FIRST + GAP * np.arange(count) + np.arange(count) % 7 * 0.0137)


def sound(path: Path, seconds: float) -> Path:
    """A WAV of clicks of 1 kHz."""
    t = np.arange(int(seconds * RATE)) / RATE
    out = np.zeros(len(t), np.float32)
    for at in clicks(seconds):
        span = slice(round(at * RATE), round((at + CLICK) * RATE))
        out[span] = 0.8 * np.sin(2 * np.pi * 1000 * (t[span] - at))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((out * 32767).astype("<i2").tobytes())
    return path


def hands(seconds: float) -> Script:
    """A picture that is dark but for a flash at each click."""

    def dark(t: float, on: bool) -> tuple[float, Event]:
        return float(t), Event("/master/blackout", (on,), "midi:hand")

    plain = (0.0, Event("/fx/on", (False,), "start"))
    flashes = [dark(at + after, on) for at in clicks(seconds) for after, on in ((0.0, False), (FLASH, True))]
    return (plain, dark(0.0, True), *flashes)


def filmed(folder: Path, seconds: float, fps: Fraction) -> tuple[Path, list[tuple[float, float]]]:
    """The film, and how many MiB the process had in memory after so many of its seconds."""
    film = folder / "film.mp4"
    memory: list[tuple[float, float]] = []

    def held(done: float, total: float | None) -> None:
        if done >= len(memory) * seconds / 20:
            pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
            memory.append((done, pages * 4096 / 2**20))

    song, settings = sound(folder / "clicks.wav", seconds), Settings(bundle="testcard", size=SIZE)
    render(song, film, settings, fps, SIZE, progress=held, script=hands(seconds), performed=True)
    return film, memory


def apart(film: Path, seconds: float) -> NDArray[np.float64]:
    """[clicks] seconds from each click as it is heard in the film to the first frame of its flash."""
    with av.open(str(film)) as opened:
        seen = [(f.time or 0.0, float(f.to_ndarray(format="gray").mean())) for f in opened.decode(video=0)]
    times, light = (np.array(part) for part in zip(*seen, strict=True))
    with av.open(str(film)) as opened:
        parts = [np.abs(frame.to_ndarray()).max(0) for frame in opened.decode(audio=0)]
    heard = np.concatenate(parts)
    lit = light > 0.5 * np.percentile(light, 99)
    flashes = times[1:][lit[1:] & ~lit[:-1]]
    onsets = []
    for at in clicks(seconds):
        first = round((at - 0.3) * RATE)
        window = heard[first : round((at + 0.3) * RATE)]
        onsets.append((first + int(np.argmax(window > 0.4 * window.max()))) / RATE)
    if len(flashes) != len(onsets):
        raise SystemExit(f"{len(onsets)} clicks, but {len(flashes)} flashes at {flashes[:5]}")
    return np.asarray(flashes - np.array(onsets))


def measured(seconds: float, fps: Fraction) -> dict[str, Any]:
    """One film."""
    with tempfile.TemporaryDirectory() as folder:
        film, memory = filmed(Path(folder), seconds, fps)
        gaps = 1000 * apart(film, seconds)
    first, last = gaps[: len(gaps) // 10 or 1], gaps[-(len(gaps) // 10 or 1) :]
    return {
        "seconds": seconds,
        "frame_ms": round(1000 / float(fps), 2),
        "clicks": len(gaps),
        "flash_after_click_ms": {"least": round(gaps.min(), 2), "most": round(gaps.max(), 2)},
        "mean_ms": {"first_tenth": round(first.mean(), 2), "last_tenth": round(last.mean(), 2)},
        "memory_mib": {"after_a_tenth": round(memory[len(memory) // 10][1], 1), "end": round(memory[-1][1], 1)},
    }


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--fps", nargs="+", default=list(RATES))
    parser.add_argument("--one", help="measure this rate here and print it")
    asked = parser.parse_args()
    seconds = 60.0 * asked.minutes
    if asked.one:
        print(json.dumps(measured(seconds, Fraction(asked.one))))
        return
    known = json.loads(asked.out.read_text(encoding="utf-8"))["rates"] if asked.out and asked.out.exists() else {}
    for fps in asked.fps:
        command = [sys.executable, __file__, "--one", fps, "--minutes", str(asked.minutes)]
        known[fps] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        # Each takes long: what is measured stays, whatever becomes of the next.
        write({"machine": machine(), "rates": {fps: known[fps] for fps in RATES if fps in known}}, asked.out)


if __name__ == "__main__":
    main()

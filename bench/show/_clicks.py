"""Plays kick clicks to the JACK server of the environment and says when: one wall-clock second a line on stdout.

python bench/show/_clicks.py COUNT SECONDS_BETWEEN
"""

import sys
import time
from queue import SimpleQueue

import numpy as np
import sounddevice as sd
from numpy.typing import NDArray

RATE = 48000


def kick() -> NDArray[np.float32]:
    """A kick of 0.12 s that begins with its full attack."""
    t = np.arange(int(0.12 * RATE)) / RATE
    body = np.sin(2 * np.pi * (55 * t + 2.5 * (1 - np.exp(-t * 40)))) * np.exp(-t * 25)
    click = np.random.default_rng(0).standard_normal(len(t)) * np.exp(-t * 400) * 0.3
    return ((body + click) * 0.6).astype(np.float32)


def main(count: int, gap: float) -> None:
    """Play `count` kicks, `gap` seconds apart."""
    sound, period = kick(), int(gap * RATE)
    position = 0
    began: SimpleQueue[float] = SimpleQueue()

    def play(out: NDArray[np.float32], frames: int, when: object, status: object) -> None:
        nonlocal position
        place = (np.arange(position, position + frames)) % period
        out[:, 0] = np.where(place < len(sound), sound[np.minimum(place, len(sound) - 1)], 0.0)
        first = np.flatnonzero(place == 0)
        if len(first):
            # the block is heard by whoever is wired to it in this same period: its start is now
            began.put(time.perf_counter() + int(first[0]) / RATE)
        position += frames

    host = next(n for n, api in enumerate(sd.query_hostapis()) if "JACK" in api["name"])
    device = sd.query_hostapis(host)["default_output_device"]
    with sd.OutputStream(samplerate=RATE, blocksize=256, channels=1, device=device, callback=play):
        print("ready", flush=True)
        for _ in range(count):
            print(began.get(), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))

"""What a show does beside its generator: the hearing in real time, and finished pictures, in a process of its own.

As a program: python -m vj.workshop.optimize.company, which ends when its standard input does.
"""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np

#: Pictures a second that are finished.
_FPS = 30.0
#: Their size.
_SIZE = (1280, 720)
#: Rows, columns and colours of the generator's.
_DREAMT = (192, 344, 3)
_RATE_HZ = 48000
#: How long the first picture is waited for.
_READY_S = 30.0


@contextlib.contextmanager
def company() -> Iterator[bool]:
    """While this lasts, a show is on beside; False where none could be begun, and the machine is left alone."""
    here = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    child = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": here},
    )
    try:
        late = threading.Timer(_READY_S, child.kill)
        late.start()
        assert child.stdout is not None
        ready = bool(child.stdout.readline())
        late.cancel()
        yield ready
    finally:
        child.kill()
        child.communicate()


def main() -> None:
    """Hear and draw until nobody holds the other end."""
    threading.Thread(target=_hear, daemon=True).start()
    threading.Thread(target=_draw, daemon=True).start()
    sys.stdin.read()


def _hear() -> None:
    """Every hop when it is due: noise, and a beat in it."""
    from vj.core.params import defaults
    from vj.engine.analyzer import Analyzer

    analyzer = Analyzer(_RATE_HZ)
    snapshot, hop = defaults(*analyzer.stages), analyzer.hop_length
    t = np.arange(_RATE_HZ, dtype=np.float32) / _RATE_HZ
    beat = np.sin(2 * np.pi * 55 * t) * np.exp(-8 * (t % 0.5))
    sound = (0.5 * beat + 0.05 * np.random.default_rng(0).standard_normal(_RATE_HZ)).astype(np.float32)
    for number in _paced(_RATE_HZ / hop):
        at = number * hop % (_RATE_HZ - hop)
        analyzer.step(sound[at : at + hop], snapshot)


def _draw() -> None:
    """A new picture at each frame, finished as usual."""
    from vj.core.types import Finish, Frame
    from vj.outputs.offscreen import Offscreen

    image = np.random.default_rng(0).integers(0, 255, _DREAMT, np.uint8)
    with Offscreen(_SIZE) as offscreen:
        for number in _paced(_FPS):
            offscreen.write(Frame(image.copy(), number / _FPS, number, finish=Finish({}, 2, tier="software")))
            if number == 1:
                sys.stdout.write("drawing\n")
                sys.stdout.flush()


def _paced(rate: float) -> Iterator[int]:
    """0, 1, 2 ... when each is due; what is late is not made up for."""
    began, number = time.perf_counter(), 0
    while True:
        yield number
        number += 1
        left = began + number / rate - time.perf_counter()
        if left > 0:
            time.sleep(left)
        else:
            began -= left


if __name__ == "__main__":
    main()

"""A show that shows one colour, as the guard's wall sees one."""

import subprocess
import sys

from vj.apps.guard.block import Block

RED, BLUE = (200, 40, 30), (30, 60, 220)
#: In the place of a window or on a whole screen; veiled until it has a picture.
_PAINTER = """
import sys, time
from pathlib import Path
import numpy as np
from vj.apps.guard.block import Block
from vj.core.types import Frame
from vj.outputs.window import Window
block, colour, fullscreen = Block(Path(sys.argv[1])), tuple(map(int, sys.argv[2].split())), sys.argv[3] == "full"
place = (60, 40, 320, 180)
with Window(None, (320, 180), fullscreen, place=place, veiled=True) as window:
    block.window = window.native
    image = np.full((18, 32, 3), colour, np.uint8)
    for index in range(10**9):
        if index == 3:
            window.lift()
        window.write(Frame(image, 0.0, index, True))
        window.swap()
        window.poll()
        block.show(index, time.monotonic())
        time.sleep(0.02)
"""


def painter(block: Block, colour: tuple[int, int, int], how: str) -> "subprocess.Popen[bytes]":
    """Begin one: `how` is "window" or "full"."""
    return subprocess.Popen([sys.executable, "-c", _PAINTER, str(block.path), " ".join(map(str, colour)), how])

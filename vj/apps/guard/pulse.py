"""The show's side of its guard: threads say that they live. Without a guard nothing happens.

from vj.apps.guard import pulse
pulse.beat("hearing", 1.0)      # again within a second, or the show is begun again
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from vj.apps.guard.block import ENDING, Block

#: Names the shared block to the show and to what is held ready for it.
VARIABLE = "VJ_GUARD"
#: How long a thread that shows, hears or dreams may be silent.
PATIENCE_S = 1.0
#: ... while it waits for window system and driver, which may be slow where a display sleeps.
SWAP_S = 3.0
#: ... while a show is opened.
OPENS_S = 20.0
#: Names of pulses: of the thread that shows, and of the end.
MAIN = "main"
LEAVING = "leaving"

_block: Block | None = None


def attach() -> Block | None:
    """The block of the guard over this process, if there is one."""
    global _block
    if _block is None and (path := os.environ.get(VARIABLE)):
        with suppress(OSError, ValueError):  # the guard has just gone
            _block = Block(Path(path))
    return _block


def attached(block: Block) -> None:
    """This process is the show, under a guard that it came from."""
    global _block
    _block = block


def block() -> Block | None:
    """The block of this show, where it has one."""
    return _block


def beat(name: str = MAIN, patience: float = PATIENCE_S) -> None:
    """The thread that calls lives, and will beat again within `patience` seconds; 0 is whenever it likes."""
    if _block is not None:
        _block.beat(name, patience)


def mark(name: str) -> None:
    """This start has got as far as `name`, on its way to its first picture."""
    if _block is not None:
        _block.mark(name, time.monotonic())


def still(name: str) -> None:
    """The thread of that name, if it is one that beats, waits for somebody who is watched by itself."""
    if _block is not None and _block.knows(name):
        _block.beat(name, PATIENCE_S)


def rest(name: str) -> None:
    """The thread of that name need not beat any more."""
    if _block is not None:
        _block.rest(name)


def refused() -> None:
    """The show cannot begin as it was asked for; one that is begun again must, and is tried again."""
    if _block is not None and _block.start == 0:
        _block.phase = ENDING


def leaving() -> None:
    """The show ends, and what it must finish before gets on: a guard that waits for its end waits on."""
    beat(LEAVING, 0.0)


def ending() -> None:
    """The show ends because somebody wants it to."""
    if _block is not None:
        _block.phase = ENDING

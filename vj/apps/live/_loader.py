"""Loads bundles beside a running show, on a thread of its own, and says on the main thread what came of it."""

import ctypes
import os
import queue
import sys
import threading
import time
from dataclasses import dataclass

import numpy as np

from vj.apps.worker import Worker
from vj.core.errors import BundleError, VjError
from vj.core.handoff import Mailbox
from vj.core.types import Latent
from vj.engine.rack import Program, Rack

#: Pictures of two latents must be this far apart somewhere, of 255, or the bundle shows nothing.
LEAST_CHANGE = 2
#: A thread that loads gives way to those that play; only Linux knows the niceness of a thread.
NICENESS = 10


@dataclass(frozen=True)
class Arrival:
    """The bundle `name` is loaded, warm and tried, a picture taking `ms`; or it cannot be, and `why`."""

    name: str
    why: str = ""
    ms: float = 0.0


class Loader(Worker):
    """Opens what is wanted and not in the rack, one after the other; what fails is not tried again while it is wanted.

    `arrivals` holds what came of each. `at_work` is the name of the bundle that is being loaded, or nothing.
    """

    limit = 0.0  # what a card builds for itself takes minutes; `at_work` tells of it

    def __init__(self, rack: Rack) -> None:
        super().__init__("loading")
        self._rack = rack
        self._failed: set[str] = set()
        self._polite = False
        self._closed = 0
        self.wanted: Mailbox[tuple[str, ...]] = Mailbox()
        self.arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        self.at_work = ""

    def step(self) -> None:
        """Load the most urgent of what is missing, or wait until something is wanted."""
        wanted = self.wanted.latest or ()
        self._failed &= set(wanted)
        missing = next((name for name in wanted if name not in self._rack and name not in self._failed), None)
        if missing is None:
            self._tidy()
            self.wanted.get(timeout=0.1)
            return
        self._give_way()
        self.at_work = missing
        try:
            ms = tried(self._rack.load(missing))
        except Exception as error:  # noqa: BLE001  whatever is wrong with a bundle, the one that plays goes on
            self._rack.release(missing)
            self._failed.add(missing)
            why = error.what if isinstance(error, VjError) else str(error) or type(error).__name__
            self.arrivals.put(Arrival(missing, why))
        else:
            self.arrivals.put(Arrival(missing, ms=ms))
        finally:
            self.at_work = ""

    def _tidy(self) -> None:
        """Give the memory of what was closed back to the system, which glibc else keeps for itself."""
        closed, self._closed = self._closed, self._rack.closed
        if closed != self._closed and sys.platform == "linux":
            trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
            if trim is not None:
                trim(0)

    def _give_way(self) -> None:
        if not self._polite and sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        self._polite = True


def tried(program: Program) -> float:
    """Milliseconds of a picture of `program`; raises BundleError if two latents make the same one."""
    spec, generator = program.generator.spec, program.generator
    rng = np.random.default_rng(0)
    mix = np.eye(1, len(spec.classes), dtype=np.float32)[0]
    directions = np.zeros(len(spec.directions), np.float32)
    began, pictures = time.perf_counter(), []
    for _ in range(2):
        z = rng.standard_normal((len(spec.groups), spec.z_dim), np.float32)
        pictures.append(generator.generate([Latent(z, mix, min(1.0, spec.psi[1]), directions)])[0])
    ms = (time.perf_counter() - began) * 500.0
    if int(np.abs(pictures[1].astype(np.int16) - pictures[0]).max()) < LEAST_CHANGE:
        raise BundleError("it always makes the same picture", program.name, f"vj models verify {program.name}")
    return ms

"""Opens a generator: what takes longest before a show, and so may be begun ahead of all that it does not need."""

import os
import time
from concurrent.futures import Executor, Future

from vj.apps.guard import pulse
from vj.apps.guard.apart import Apart, can_be_apart
from vj.generators.bundle.manifest import RUNTIME
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.settled import settled
from vj.generators.contract import Generator

#: What is open already, by all that says how.
_ready: dict[tuple[str, tuple[int, int] | None, int | None], Generator] = {}


def keep_ready(name: str, threads: int | None = None) -> None:
    """Open the generator called `name` for whoever asks for it first, and give way to others. Raises VjError."""
    _ready[name, None, threads] = opened(name, None, threads, modest=True)


def opened(
    name: str, size: tuple[int, int] | None = None, threads: int | None = None, modest: bool = False
) -> Generator:
    """The generator called `name`, warm; one that is `modest` gives way to others until it is. Raises VjError."""
    if (ready := _ready.pop((name, size, threads), None)) is not None:
        return ready
    # With a clock the generator times one thread against two, for which it loads twice: of two processors the
    # other one is busy anyway with pictures that go to the screen or the film.
    timed, runtime = (os.cpu_count() or 1) > 2, os.environ.get(RUNTIME) or None
    if pulse.attach() is not None and can_be_apart():
        return Apart(name, size, threads, timed, runtime, modest)
    clock = time.perf_counter if timed else None
    generator = open_generator(name, size, runtime=runtime, race=time.perf_counter, threads=threads, clock=clock)
    generator.warm_up()
    settled()
    return generator


class Ahead:
    """A generator that is being opened before it is sure to be wanted; `close` it if nobody took it."""

    def __init__(self, pool: Executor, name: str, threads: int | None) -> None:
        self._key = (name, None, threads)
        self._coming: Future[Generator] | None = pool.submit(opened, name, None, threads)

    def take(self, name: str, size: tuple[int, int] | None, threads: int | None) -> Generator:
        """What `opened` gives, without waiting for all of it if this is the one. Raises VjError."""
        coming = self._coming
        if coming is None or (name, size, threads) != self._key:
            return opened(name, size, threads)
        self._coming = None
        return coming.result()

    def close(self) -> None:
        """Let go of what was not taken."""
        if self._coming is not None and self._coming.exception() is None:
            self._coming.result().close()
        self._coming = None

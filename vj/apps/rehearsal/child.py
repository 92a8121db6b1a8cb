"""The process that makes stills: the last to be served by the machine, and gone as soon as its parent is.

    down   ("still", name, wish, path or None)   ("go", rest to work, or 0)
    up     ("ready",)   ("still", name, picture or None if it was written to its path)   ("failed", name, why)

Each message is a packed list behind its length. What comes without a path is wanted at once: the others wait for it.
"""

import os
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from vj.apps.rehearsal.wish import of_plain
from vj.core.packed import pack, unpack
from vj.core.threads import niceness

if TYPE_CHECKING:
    from vj.apps.rehearsal.still import Stills

LENGTH = struct.Struct(">I")
#: What the child is started with: one thread to draw, one to reckon, and none of the show's card.
ENVIRONMENT = {"LP_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
#: Seconds that it rests at a time, at most.
LONGEST = 0.5
#: Files that are kept; the oldest go.
KEPT = 600


class HurryError(Exception):
    """Something more urgent is to be done first."""


class Orders:
    """What is to be done, as it was read from `source` by a thread of its own; when that ends, all ends."""

    def __init__(self, source: IO[bytes]) -> None:
        self._going = threading.Event()
        self._news = threading.Condition()
        self._patient: deque[tuple[str, Any, Path]] = deque()
        self._urgent: tuple[str, Any, None] | None = None
        self._worked, self._rest = time.perf_counter(), 1.0
        self._at_work_on: Path | None = None
        threading.Thread(target=self._read, args=(source,), daemon=True).start()

    def next(self) -> tuple[str, Any, Path | None]:
        """The most urgent order, waited for."""
        with self._news:
            self._news.wait_for(lambda: self._urgent or self._patient)
            if self._urgent is not None:
                order: tuple[str, Any, Path | None] = self._urgent
                self._urgent = None
            else:
                order = self._patient.popleft()
        self._at_work_on = order[2]
        return order

    def again(self, name: str, wish: Any, path: Path) -> None:
        """What was left for something more urgent is to be done after all."""
        self._patient.appendleft((name, wish, path))

    def wait(self) -> None:
        """Between two steps of work: rest, and while the show needs all there is, rest on. Raises HurryError."""
        time.sleep(min(self._rest * (time.perf_counter() - self._worked), LONGEST))
        self._going.wait()
        self._worked = time.perf_counter()
        if self._urgent is not None and self._at_work_on is not None:
            raise HurryError

    def _read(self, source: IO[bytes]) -> None:
        while (message := received(source)) is not None:
            if message[0] == "go":
                self._rest = message[1] or self._rest
                (self._going.set if message[1] else self._going.clear)()
                continue
            _, name, plain, path = message
            wish = of_plain(plain)
            with self._news:
                if path is None:
                    self._urgent = (name, wish, None)
                else:
                    self._patient.append((name, wish, Path(path)))
                self._news.notify()
        os._exit(0)


def received(source: IO[bytes]) -> tuple[Any, ...] | None:
    """The next message of our own other half, over a pipe that nobody else holds; None at the end."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    body = source.read(size)
    return tuple(unpack(body)) if len(body) == size else None


def sent(sink: IO[bytes], *message: Any) -> None:
    """Send a message; raises OSError where nobody is left to read it."""
    body = pack(message, 0)
    sink.write(LENGTH.pack(len(body)) + body)
    sink.flush()


def environment() -> dict[str, str]:
    """What the child is to be started in."""
    return {**os.environ, **ENVIRONMENT}


def give_way() -> None:
    """Have this process run only when nothing else wants to."""
    niceness.give_way(19)
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def write(path: Path, jpeg: bytes) -> None:
    """The whole file or none."""
    part = path.with_suffix(f".{os.getpid()}")
    part.write_bytes(jpeg)
    part.replace(path)


def tidy(folder: Path, kept: int = KEPT) -> None:
    """Delete the oldest stills beyond `kept`, and what was left half written long ago."""
    files = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[kept:]:
        path.unlink(missing_ok=True)


def serve(orders: Orders, stills: "Stills", say: Callable[..., None]) -> None:
    """Do order after order, for ever."""
    from vj.apps.rehearsal.still import jpeg

    while True:
        name, wish, path = orders.next()
        try:
            picture = stills.picture(wish)
            if path is not None:
                write(path, jpeg(picture))
        except HurryError:
            assert path is not None
            orders.again(name, wish, path)
        except Exception as error:  # noqa: BLE001  one picture that cannot be made is no reason to make no other
            say("failed", name, str(error) or type(error).__name__)
        else:
            say("still", name, picture if path is None else None)


def main() -> None:
    """python -m vj.apps.rehearsal.child FOLDER"""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no message
    give_way()
    orders = Orders(sys.stdin.buffer)
    from vj.apps.rehearsal.still import Stills

    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    tidy(folder)
    stills = Stills(orders.wait)
    sent(sink, "ready")
    serve(orders, stills, lambda *message: sent(sink, *message))


if __name__ == "__main__":
    main()

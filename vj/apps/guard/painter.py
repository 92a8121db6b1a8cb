"""The process of a generator that is apart: `python -m vj.apps.guard.painter`, or a copy of one that has imported what
that takes. It ends when its pipe does.

What goes over the pipes is the length of a text of plain values, the length of the pixels after it, and both.
"""

import ctypes
import os
import signal
import struct
import sys
import threading
import time
import traceback
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import IO, Any

import numpy as np

from vj.apps.guard.processes import Forked
from vj.core.packed import pack, unpack

#: What a pipe holds, where the system lets it.
PIPE_BYTES = 1 << 20
#: Of who opens a generator that is not wanted yet, where there are no more processors than FEW_CPUS.
NICENESS = 10
FEW_CPUS = 2
#: What the system calls a copy; whose command is that of who was copied.
NAME = "guard.painter"
#: prctl(2)
_SET_NAME = 15
_LENGTHS = struct.Struct("<QQ")


def write(pipe: IO[bytes], said: dict[str, Any], pixels: bytes | memoryview = b"") -> None:
    """Say something; raises OSError where nobody is there."""
    text = pack(said, 0)
    pipe.write(_LENGTHS.pack(len(text), len(pixels)))
    pipe.write(text)
    pipe.write(pixels)
    pipe.flush()


def read(pipe: IO[bytes]) -> tuple[dict[str, Any], bytearray] | None:
    """What the other one says; None where it is gone."""
    head = pipe.read(_LENGTHS.size)
    if len(head) < _LENGTHS.size:
        return None
    count, more = _LENGTHS.unpack(head)
    text, pixels = pipe.read(count), bytearray(more)
    got = pipe.readinto(pixels) if more else 0  # type: ignore[attr-defined]
    return (unpack(text), pixels) if len(text) == count and got == more else None


@dataclass
class Painter:
    """One that was copied: its process, what it reads from and what it answers on."""

    process: Forked
    stdin: IO[bytes]
    stdout: IO[bytes]

    @property
    def pid(self) -> int:
        """Of its process."""
        return self.process.pid

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self.process.poll()

    def kill(self) -> None:
        """End it."""
        self.process.kill()

    def wait(self) -> int:
        """Until it is over; its exit code."""
        return self.process.wait()


def copied() -> Painter:
    """One that has all modules that this process has, for which there must be no other thread yet."""
    said, say = os.pipe()
    hear, answer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _be_one(said, answer)
        except BaseException:  # noqa: BLE001  nothing of who was copied goes on here
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(said)
    os.close(answer)
    return Painter(Forked(pid), os.fdopen(say, "wb"), os.fdopen(hear, "rb"))


def _be_one(said: int, answer: int) -> None:
    os.setsid()  # out of reach of a Ctrl-C meant for the show
    os.dup2(said, 0)
    os.dup2(answer, 1)
    for each in map(int, os.listdir("/proc/self/fd")):  # whoever waits for the end of one must not wait for us
        if each > 2:
            with suppress(OSError):
                os.close(each)
    sys.stdin = os.fdopen(0, closefd=False)
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_NAME, NAME.encode(), 0, 0, 0)
    main()


def main() -> None:
    """Open what is asked for first, and draw."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    with suppress(OSError, AttributeError):  # a picture at once
        import fcntl

        fcntl.fcntl(answers, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    first = read(sys.stdin.buffer)
    if first is None:
        os._exit(0)
    from vj.core.errors import VjError

    try:
        generator = _modestly(first[0]) if first[0]["modest"] else _open(first[0])
    except VjError as error:
        write(answers, {"error": [error.what, error.where, error.hint]})
        os._exit(1)
    write(
        answers,
        {
            "spec": asdict(generator.spec),
            "usual": list(generator.usual),
            "free": bool(generator.free),
            "provider": generator.provider,
            "remembers": getattr(generator, "remembers", None),
        },
    )
    while (asked := read(sys.stdin.buffer)) is not None:
        try:
            pictures = _draw(generator, asked[0])
            said: dict[str, Any] = {"shape": list(pictures.shape), "size": list(generator.size)}
            write(answers, said, np.ascontiguousarray(pictures).reshape(-1).data)
        except BrokenPipeError:
            break
        except Exception as error:  # noqa: BLE001  the show is told, and holds its last picture
            what = [error.what, error.where, error.hint] if isinstance(error, VjError) else [str(error), "", ""]
            write(answers, {"error": what})
    os._exit(0)


def _modestly(asked: dict[str, Any]) -> Any:
    """The same by a thread that gives way to others. On two processors pictures are drawn by whoever asks for
    them: with more of them the runtime has threads of its own, and those would give way for ever."""
    if (os.cpu_count() or 1) > FEW_CPUS:
        return _open(asked)
    coming: Future[Any] = Future()

    def run() -> None:
        with suppress(AttributeError, OSError):  # of this thread alone, where the system has such
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        try:
            coming.set_result(_open(asked))
        except BaseException as error:  # noqa: BLE001  whoever waits is told
            coming.set_exception(error)

    threading.Thread(target=run, name="opening").start()
    return coming.result()


def _open(asked: dict[str, Any]) -> Any:
    from vj.generators.bundle.opening import open_generator

    size = tuple(asked["size"]) if asked["size"] else None
    clock = time.perf_counter if asked["timed"] else None
    how = {"runtime": asked["runtime"], "race": time.perf_counter, "threads": asked["threads"], "clock": clock}
    generator = open_generator(asked["name"], size, **how)
    generator.warm_up()
    return generator


def _draw(generator: Any, asked: dict[str, Any]) -> Any:
    from vj.core.types import Latent, Moment

    generator.resize(tuple(asked["size"]))
    parts = ("z", "mix", "psi", "directions", "seeds", "cuts")
    rows = zip(*(asked[part] for part in parts), strict=True)
    latents = [Latent(z, mix, psi, moved, seed, cut=cut) for z, mix, psi, moved, seed, cut in rows]
    for n, moment in enumerate(asked["moments"]):
        latents[n] = replace(latents[n], moment=None if moment is None else Moment(*moment))
    return generator.generate(latents)


if __name__ == "__main__":
    main()

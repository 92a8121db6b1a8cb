"""Who makes the segments: a crew of hands, each in a process of its own, here or, in `cluster`, elsewhere."""

import itertools
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from vj.apps.render.crew.blobs import Blob, Store, sha_of
from vj.apps.render.crew.code import code
from vj.apps.render.crew.pipe import heard, say
from vj.apps.render.crew.tasks import Job, Task, Word
from vj.apps.render.hand import Hand
from vj.core.errors import VjError

#: How often a hand that died is replaced, all of them together for each hand there is.
REPLACED = 3


class Processes:
    """A crew of `count` processes on this machine."""

    where = "this machine"

    def __init__(self, count: int) -> None:
        self._count = count
        self._numbers = itertools.count()
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._listeners: dict[int, threading.Thread] = {}
        self._said: queue.Queue[Word] = queue.Queue()
        self._left = REPLACED * count
        self._job: Job | None = None
        self._closed = False

    @property
    def hands(self) -> Sequence[int]:
        return tuple(self._children)

    def pid(self, hand: int) -> int:
        """The process that a hand is."""
        return self._children[hand].pid

    def begin(self, job: Job) -> None:
        self._job = job
        for _ in range(self._count):
            self._hire()

    def _hire(self) -> None:
        number, package = next(self._numbers), Path(__file__).resolve().parents[3]
        paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
        child = subprocess.Popen(
            [sys.executable, "-m", "vj.apps.render.workers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=os.name == "posix",  # a Ctrl-C is for the head, which then lets them go
        )
        self._children[number] = child
        self._send(number, self._job)
        self._listeners[number] = threading.Thread(target=self._listen, args=(number, child), daemon=True)
        self._listeners[number].start()

    def share(self, path: Path) -> Blob:
        return Blob(sha_of(path), path)

    def forget(self, blob: Blob) -> None:
        pass

    def make(self, hand: int, task: Task) -> None:
        self._send(hand, ("make", task))

    def tell(self, hand: int, end: str) -> None:
        self._send(hand, ("tell", end))

    def next(self, timeout: float) -> Word | None:
        try:
            word = self._said.get(timeout=timeout)
        except queue.Empty:
            return None
        if word[1] == "lost":
            self._end(word[0])
            if self._left > 0 and not self._closed:
                self._left -= 1
                self._hire()
        return word

    def close(self) -> None:
        self._closed = True
        for child in self._children.values():
            child.kill()
        for hand in self.hands:
            self._end(hand)

    def _end(self, hand: int) -> None:
        """Let nothing be left of a hand; its listener reads no more once it is dead."""
        child = self._children.pop(hand, None)
        if child is None:
            return
        child.kill()
        child.wait()
        self._listeners.pop(hand).join()
        for pipe in (child.stdin, child.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]

    def _send(self, hand: int, what: Any) -> None:
        """Tell a hand; of one that is gone its listener will know."""
        child = self._children.get(hand)
        if child is not None and child.stdin is not None:
            with suppress(OSError, ValueError):
                say(child.stdin, what)  # type: ignore[arg-type]

    def _listen(self, hand: int, child: "subprocess.Popen[bytes]") -> None:
        """Thread: what a hand says, and that it is gone."""
        assert child.stdout is not None
        with suppress(EOFError, OSError, ValueError, VjError):
            while True:
                word, what = heard(child.stdout)  # type: ignore[arg-type]
                self._said.put((hand, word, what))
        code = child.poll()
        self._said.put((hand, "lost", "its process ended" + (f" ({code})" if code is not None else "")))


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """A hand's process: a Job, then what there is to do, until nobody says anything any more."""

    def tell(word: str, what: Any) -> None:
        say(stdout, (word, what))

    try:
        hand = Hand(heard(stdin), Store(lambda where: where), code())
        tell("ready", hand.about)
        while True:
            verb, what = heard(stdin)
            if verb == "make":
                tell("made", hand.make(what, lambda frames: tell("moved", frames)))
            else:
                tell("history", hand.history(what))
    except VjError as error:
        tell("failed", (error.what, error.where, error.hint))
    except (EOFError, BrokenPipeError):
        pass


def main() -> int:
    """Program: be a hand. What libraries print must not get between what is said."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())

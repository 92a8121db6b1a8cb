"""The child process of one output: takes pictures from shared slots and sound from its standard input, sends both."""

import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from vj.core import shelf
from vj.core.errors import OutputError, VjError
from vj.core.install import missing
from vj.core.threads.niceness import give_way
from vj.outputs.sending.far import Far
from vj.outputs.sending.kinds import KINDS, SHELF
from vj.outputs.sending.slots import Shared
from vj.outputs.sending.talk import HEADER, ImpossibleError, Task

Message = tuple[bytes, tuple[int, int, int, int], bytes]


def far(task: Task) -> Far:
    """What `task` sends to; raises VjError, and ImportError where a library is missing."""
    return cast(Far, shelf.load(SHELF, KINDS[task.asked.kind].module)(task))


def _listen(stdin: BinaryIO, inbox: "queue.Queue[Message]") -> None:
    """Thread: read messages into `inbox`, so that the pipe is never full."""
    while True:
        head = stdin.read(HEADER.size)
        kind, *numbers = HEADER.unpack(head) if len(head) == HEADER.size else (b"E", 0, 0, 0, 0)
        first, stamp, height, width = numbers
        body = stdin.read(first) if kind == b"A" else b""
        inbox.put((kind, (first, stamp, height, width), body))
        if kind == b"E":
            return


def run(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Do one task from its first message to its last."""
    task = Task.parse(stdin.readline())
    shared = Shared.open(Path(task.slots), task.capacity)
    end = far(task)
    _say(stdout, f"ready {end.told}")
    inbox: queue.Queue[Message] = queue.Queue()
    threading.Thread(target=_listen, args=(stdin, inbox), daemon=True).start()
    try:
        while True:
            shared.count("beat")
            shared.say("eyes", end.watched)
            try:
                kind, (slot, stamp, height, width), body = inbox.get(timeout=end.patience)
            except queue.Empty:
                end.idle()
                continue
            if kind == b"E":
                return
            if kind == b"A":
                end.sound(np.frombuffer(body, np.float32), stamp / 1e6)
                shared.count("heard")
            elif _stale(inbox):
                shared.back(slot)
                shared.count("late")
            else:
                end.picture(shared.view(slot, height, width), stamp / 1e6)
                shared.back(slot)
                shared.count("sent")
    finally:
        end.close()


def _stale(inbox: "queue.Queue[Message]") -> bool:
    """Whether a newer picture waits already."""
    with inbox.mutex:
        return any(message[0] == b"F" for message in inbox.queue)


def _say(stdout: BinaryIO, line: str) -> None:
    """Tell the parent; when it is gone nobody needs to know."""
    try:
        stdout.write(" ".join(line.splitlines()).encode() + b"\n")
        stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())  # Python would try once more at its end


def main() -> int:
    """Program: do one task; what fails is told to the parent in one line."""
    give_way()
    try:
        run(sys.stdin.buffer, sys.stdout.buffer)
    except Exception as error:  # noqa: BLE001  whatever it is, the parent tells it and begins anew
        told = error if isinstance(error, VjError) else None
        if isinstance(error, ModuleNotFoundError):
            told = missing(error)
        told = told or OutputError(str(error).splitlines()[0] if str(error) else type(error).__name__)
        final = isinstance(error, ImpossibleError | ModuleNotFoundError)
        _say(sys.stdout.buffer, "error " + json.dumps([told.what, told.where, told.hint, final]))
        os._exit(1)  # what is left open would be flushed on the way out, to somebody who is gone
    return 0


if __name__ == "__main__":
    sys.exit(main())

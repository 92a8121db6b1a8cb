"""The child process of a film: takes pictures from shared slots and sound from its standard input, writes the file.

It speaks to its parent in two directions. In: one line of JSON (the `Job`), then messages headed by `HEADER`:
`F` a frame (slot, frame number, height, width), `A` sound and `C` a chapter as JSON (number of bytes that follow), `E`
the end. End of file without `E` means that the parent is gone; the file is finished all the same. Out, one line each:
`ready JSON` (encoder, what becomes of the sound, whether it needs none sent, notes), `free SLOT`, `note JSON`,
`error JSON` (what, where, hint), `done FRAMES`.
"""

import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np

from vj.core.errors import OutputError
from vj.core.threads.niceness import give_way
from vj.outputs.video.formats import FORMATS
from vj.outputs.video.job import HEADER, Job
from vj.outputs.video.ring import SharedSlots
from vj.outputs.video.writer import Writer

Message = tuple[bytes, tuple[int, int, int, int], bytes]


def writer_for(job: Job) -> Writer:
    """What writes the format of `job`; raises OutputError and FFmpeg's errors where it cannot be begun."""
    kind = FORMATS[job.format].kind
    if kind == "container":
        from vj.outputs.video.movie import Movie

        return Movie(job)
    if kind == "sequence":
        from vj.outputs.video.sequence import Sequence

        return Sequence(job)
    from vj.outputs.video.animation import animation

    return animation(job)


def _listen(stdin: BinaryIO, inbox: "queue.Queue[Message]") -> None:
    """Thread: read messages into `inbox`, so that a slow encoder does not stop its parent's next small message."""
    while True:
        head = stdin.read(HEADER.size)
        kind, *numbers = HEADER.unpack(head) if len(head) == HEADER.size else (b"E", 0, 0, 0, 0)
        slot, number, height, width = numbers
        body = stdin.read(slot) if kind in (b"A", b"C") else b""
        inbox.put((kind, (slot, number, height, width), body))
        if kind == b"E":
            return


def run(stdin: BinaryIO, stdout: BinaryIO, begun: list[Writer]) -> None:
    """Do one job from first to last message; who writes is put into `begun`."""
    job = Job.parse(stdin.readline())
    slots = SharedSlots(Path(job.slots), job.capacity, job.count)
    slots.unlink()
    writer = writer_for(job)
    begun.append(writer)
    _say(stdout, "ready " + json.dumps([writer.codec, writer.sounds, writer.copied, writer.notes]))
    told = len(writer.notes)
    inbox: queue.Queue[Message] = queue.Queue(256)
    threading.Thread(target=_listen, args=(stdin, inbox), daemon=True).start()
    while True:
        kind, (slot, number, height, width), body = inbox.get()
        if kind == b"E":
            break
        if kind == b"A":
            writer.sound(np.frombuffer(body, np.float32).reshape(-1, job.channels))
        elif kind == b"C":
            writer.chapter(*json.loads(body))
        else:
            writer.picture(slots.view(slot, height, width, job.deep), number)
            _say(stdout, f"free {slot}")
    writer.close()
    for note in writer.notes[told:]:
        _say(stdout, "note " + json.dumps(note))
    _say(stdout, f"done {writer.frames}")


def _say(stdout: BinaryIO, line: str) -> None:
    """Tell the parent; when it is gone nobody needs to know."""
    try:
        stdout.write(line.encode() + b"\n")
        stdout.flush()
    except BrokenPipeError:
        # Keep Python from trying once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())


def main() -> int:
    """Program: run one job; report a failure to the parent as one line."""
    give_way()
    begun: list[Writer] = []
    try:
        run(sys.stdin.buffer, sys.stdout.buffer, begun)
    except (OutputError, av.FFmpegError, OSError, ValueError) as error:
        if isinstance(error, OutputError):
            told = [error.what, error.where, error.hint]
        else:
            told = [str(error).splitlines()[0], "", ""]
        for writer in begun:
            writer.rescue()
        _say(sys.stdout.buffer, "error " + json.dumps(told))
        # Containers flush themselves once more on the way out and would only fail again.
        os._exit(1)
    return 0


if __name__ == "__main__":
    sys.exit(main())

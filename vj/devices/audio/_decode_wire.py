"""The parent's end of the decoders: child processes that turn sound files into samples, kept for the next question."""

import contextlib
import json
import os
import struct
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vj.core.errors import AudioError
from vj.core.types import F32

#: Before each record of a child: S for samples or J for JSON, and the number of bytes that follow.
RECORD = struct.Struct("<cI")
#: Bytes that a child may be ahead of its reader, where the system lets us choose: 2.7 s of stereo.
AHEAD = 1 << 20
_MODULE = "vj.devices.audio._decode_child"


class Decoder:
    """One child process, which answers one question at a time."""

    def __init__(self) -> None:
        package = Path(__file__).resolve().parents[3]
        paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._sink, self._source = self._process.stdin, self._process.stdout
        #: Whether the last question was answered to its end, be it by what is wrong.
        self.answered = False
        with contextlib.suppress(ImportError, AttributeError, OSError):  # Linux only
            import fcntl

            fcntl.fcntl(self._source.fileno(), fcntl.F_SETPIPE_SZ, AHEAD)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def ask(self, path: Path, **question: Any) -> Iterator[F32 | dict[str, Any]]:
        """The answer, piece by piece: samples [n] and at the end what is known.

        Raises AudioError where the file cannot be heard, and where the decoder dies on it.
        """
        self.answered = False
        with contextlib.suppress(OSError, ValueError):  # it has died; that shows when nothing comes back
            self._sink.write(json.dumps({**question, "path": os.path.abspath(path)}).encode() + b"\n")
            self._sink.flush()
        while True:
            head = self._source.read(RECORD.size)
            kind, size = RECORD.unpack(head) if len(head) == RECORD.size else (b"", 0)
            data = self._source.read(size)
            if not kind or len(data) < size:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(1.0)  # its own end says more than ours
                self.kill()
                raise _death(self._process.returncode, str(path))
            if kind == b"S":
                yield np.frombuffer(data, np.float32)
                continue
            known = json.loads(data)
            self.answered = True
            if "error" in known:
                raise AudioError(known["error"], str(path), known["hint"])
            yield known
            return

    def kill(self) -> None:
        """End it at once; harmless when called twice, and from another thread than the one that waits for an answer."""
        self._process.kill()
        self._process.wait()

    def release(self) -> None:
        """End it and close the pipes, once nobody reads from them."""
        self.kill()
        for pipe in (self._sink, self._source):
            with contextlib.suppress(OSError):
                pipe.close()


class Decoders:
    """As many decoders as there are readers at a time; one that is done waits for the next question."""

    def __init__(self) -> None:
        self._idle: list[Decoder] = []
        self._busy: list[Decoder] = []
        weakref.finalize(self, _end, self._idle, self._busy)

    def answer(self, path: Path, **question: Any) -> Iterator[F32 | dict[str, Any]]:
        """What `Decoder.ask` gives. A reader that stops in the middle ends the decoder."""
        decoder = self._take()
        try:
            yield from decoder.ask(path, **question)
        finally:
            if decoder in self._busy:  # else everything is being ended
                self._busy.remove(decoder)
            if decoder.answered and not self._idle:
                self._idle.append(decoder)
            else:
                decoder.release()

    @property
    def pids(self) -> list[int]:
        """Of the processes that are decoding now."""
        return [decoder.pid for decoder in self._busy]

    def stop(self) -> None:
        """End what is being decoded, so that its reader does not wait any longer."""
        for decoder in [*self._busy]:
            decoder.kill()

    def _take(self) -> Decoder:
        try:
            decoder = self._idle.pop()
            if not decoder.alive:
                decoder.release()
                decoder = Decoder()
        except IndexError:
            decoder = Decoder()
        self._busy.append(decoder)
        return decoder


def _death(code: int, path: str) -> AudioError:
    """What the end of a decoder means that left with exit code `code`: less than 0 for a signal."""
    if code > 0:
        return AudioError("the decoder of sound files does not start", path, f"what it says: python -m {_MODULE}")
    hint = "convert it to wav or flac with another program, and use that"
    return AudioError("the decoder died in the middle of this file", path, hint)


def _end(*decoders: list[Decoder]) -> None:
    for some in decoders:
        while some:
            some.pop().release()

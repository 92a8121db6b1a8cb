"""The drawing process seen from here: started, asked, and done away with when it does not answer."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vj.core.errors import BundleError
from vj.core.types import F32, U8
from vj.generators.shader._pixels import Shared

#: Time that compiling may take for each file, and drawing it a first time.
LOADING_S = 10.0
#: Seconds that any picture may take.
PATIENCE_S = 1.5
#: Seconds that it may take besides for a million pixels.
MEGAPIXEL_S = 20.0
#: The least room for pictures that is made.
_LEAST = 3 * 640 * 360


class TooLongError(BundleError):
    """A file draws without end; `file` is its number, -1 where nobody knows."""

    def __init__(self, file: int, what: str = "the shader takes too long") -> None:
        super().__init__(what, "", "fewer steps in its loops; it is tried again once it changes")
        self.file = file


class Process:
    """One drawing process for the files of a bundle. Raises BundleError; TooLongError where it had to be ended."""

    def __init__(self, files: Sequence[Path], transition: Path | None) -> None:
        self._shared: Shared | None = None
        self._drawing = -1
        self._process = _spawn()
        try:
            load = {"load": list(map(str, files)), "transition": transition and str(transition)}
            told = self._ask({**load, "patience": LOADING_S * (1 + len(files)), "each": LOADING_S})
        except Exception:
            self.close()
            raise
        self.renderer: str = told["renderer"]
        self.remembers: list[bool] = told["remembers"]

    def draw(self, request: dict[str, Any], size: tuple[int, int], heard: tuple[F32, F32]) -> U8:
        """[height, width, 3] the picture that `request` describes, as `child` says."""
        if self._shared is None or 3 * size[0] * size[1] > self._shared.capacity:
            self._shared = Shared.create(max(_LEAST, 3 * size[0] * size[1]))
            try:
                self._ask({"share": str(self._shared.path), "capacity": self._shared.capacity})
            finally:
                self._shared.unlink()
        self._shared.tell(*heard)
        patience = (PATIENCE_S + MEGAPIXEL_S * size[0] * size[1] / 1e6) * request["times"]
        self._drawing = max(request["draw"], key=lambda part: part[1])[0]
        self._ask({**request, "size": size, "patience": patience})
        return np.array(self._shared.pixels(size)[::-1])

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        # where a process can set itself a time it does; it is up even while its driver draws
        watch = None if hasattr(os, "fork") else threading.Timer(request.get("patience", LOADING_S), self._process.kill)
        if watch:
            watch.start()
        at = self._drawing
        try:
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
            while line := stdout.readline():
                answer: dict[str, Any] = json.loads(line)
                if "at" in answer:
                    at = answer["at"]
                    continue
                if "error" in answer:
                    raise BundleError(*answer["error"])
                return answer
        except BrokenPipeError:
            pass
        finally:
            if watch:
                watch.cancel()
        over = getattr(signal, "SIGALRM", signal.SIGTERM)
        raise (
            TooLongError(at)
            if self._process.wait() in (-over, 1)
            else TooLongError(at, "the driver falls over the shader")
        )

    @property
    def over(self) -> bool:
        """Whether it had to be ended."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End it. Harmless when called twice."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue


def _spawn() -> "subprocess.Popen[bytes]":
    package = Path(__file__).resolve().parents[3]
    paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-m", "vj.generators.shader.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        start_new_session=os.name == "posix",
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )

"""The process that draws a bundle of shaders: it is somebody else's code, and may never come to an end.

It speaks with its parent in lines of JSON, one answer to each request; sound comes and pictures go through `Shared`.

    {"load": [paths], "transition": path or null, "patience": s,
     "each": s}                                                  -> {"renderer": name, "remembers": [bool]}
    {"share": path, "capacity": bytes}                             -> {}
    {"draw": [parts], "size": [w, h], "clock": [...], "number": n, "times": n,
     "fresh": bool, "patience": s} -> {}

Any may be answered with {"error": [what, where, hint]}. What takes longer than its patience ends the process, whatever
it is in the middle of; `at` before an answer says which file that was.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

from vj.core.errors import BundleError, VjError
from vj.generators.gl.context import standalone
from vj.generators.shader import sound
from vj.generators.shader._pixels import Shared
from vj.generators.shader.blending import Blending, Part
from vj.generators.shader.playing import Clock

#: Size of the picture that is drawn of each file once it is compiled.
_TRIAL = (16, 16)
NO_GL = "no OpenGL 3.3 to draw shaders with"
_GL_HINT = "install Mesa (libegl1 libgl1-mesa-dri) or the card's driver"


class Drawing:
    """Answers requests."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._context = standalone()
        if self._context is None:
            raise BundleError(NO_GL, "moderngl", _GL_HINT)
        self._blending: Blending | None = None
        self._shared: Shared | None = None

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What is to be said to a request; raises VjError."""
        if "load" in asked:
            return self._load(asked)
        if "share" in asked:
            self._shared = Shared(Path(asked["share"]), asked["capacity"])
            self._shared.unlink()
            return {}
        self._draw(asked)
        return {}

    def _load(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Compile all, and draw each once: some drivers translate a shader when it is first drawn with."""
        assert self._context is not None
        transition = asked["transition"]
        self._blending = Blending(self._context, [Path(p) for p in asked["load"]], transition and Path(transition))
        for number in range(len(asked["load"])):
            self._say({"at": number})
            _hurry(asked["each"])
            parts = [Part(number, 1.0, {})]
            self._blending.draw(parts, _TRIAL, Clock(), sound.sample(), number).target.read()
        self._blending.reset()
        files = self._blending.files
        return {
            "renderer": str(self._context.info["GL_RENDERER"]),
            "remembers": [one.remembers for one in files],
        }

    def _draw(self, asked: dict[str, Any]) -> None:
        assert self._blending is not None
        assert self._shared is not None
        parts = [Part(*part) for part in asked["draw"]]
        size = (int(asked["size"][0]), int(asked["size"][1]))
        t, dt, *date = asked["clock"]
        if asked["times"] != 1 or asked["fresh"]:
            self._blending.reset()
        for k in range(asked["times"]):
            clock = Clock(t + k * dt, dt, (date[0], date[1], date[2], date[3]))
            drawn = self._blending.draw(parts, size, clock, self._shared.heard, asked["number"] + k)
        drawn.target.read_into(self._shared.pixels(size), components=3, alignment=1)

    def _say(self, answer: dict[str, Any]) -> None:
        self._out.write(json.dumps(answer).encode() + b"\n")
        self._out.flush()

    def serve(self, requests: BinaryIO) -> None:
        """Answer until the parent is gone."""
        for line in requests:
            asked = json.loads(line)
            _hurry(asked.get("patience", 0.0))
            try:
                answer = self.answer(asked)
            except VjError as error:
                answer = {"error": [error.what, error.where, error.hint]}
            except Exception as error:  # noqa: BLE001  a driver raises what it likes, and the next shader may be good
                answer = {"error": [f"the shader does not draw: {error}", "", ""]}
            _hurry(0.0)
            self._say(answer)


def _hurry(seconds: float) -> None:
    """End this process in so many seconds, or not at all: nothing else stops a driver that draws without end."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def main() -> int:
    """Program: draw until standard input ends."""
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a driver prints is no answer
    try:
        drawing = Drawing(out)
    except VjError as error:
        out.write(json.dumps({"error": [error.what, error.where, error.hint]}).encode() + b"\n")
        return 1
    drawing.serve(sys.stdin.buffer)
    return 0


if __name__ == "__main__":
    sys.exit(main())

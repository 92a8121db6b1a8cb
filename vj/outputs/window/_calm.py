"""Keeps what a window is about to show from flashing: looks at what was drawn, small, and draws over it if it must.

The look is at the very frame that is to be seen, so it waits for it to be drawn. Where neither that frame nor the next
could be one change too many, whatever they are, nobody waits: it is looked at when it was shown.
"""

import time

import moderngl
import numpy as np

from vj.core.flash.light import COLUMNS, PLACES, ROWS
from vj.core.shelf import share
from vj.core.types import U8, Frame
from vj.engine.finish.hold import Hold
from vj.engine.finish.limiter import Limiter
from vj.outputs.blits import Calls
from vj.outputs.finish.enlarge import behind, texture
from vj.outputs.finish.shader import Shader
from vj.outputs.scaling import Blit

_SEEN = (COLUMNS * PLACES, ROWS * PLACES)
_CORNER = (18, 10)


class Calm:
    """Has what is drawn for one window judged by `limiter`, and does what that says."""

    def __init__(self, context: moderngl.Context, limiter: Limiter) -> None:
        self.limiter = limiter
        self._context = context
        self._blit, self._calls = Blit(context), Calls()
        self._small = context.framebuffer(context.renderbuffer(_SEEN, 4))
        self._hold = Shader(context, share("shaders") / "hold.fs")
        self._cells = context.texture((COLUMNS, ROWS), 2, dtype="f4")
        self._cells.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self._cells.repeat_x = self._cells.repeat_y = False
        self._kept: dict[str, moderngl.Framebuffer] = {}
        self._shown: tuple[float, str] | None = None

    def prepare(self, canvas: moderngl.Framebuffer, size: tuple[int, int]) -> None:
        """Compile what holds a frame of `size` back, into a corner of `canvas`."""
        kept = behind(self._keep("asked", canvas, size))
        self._cells.write(bytes(8 * COLUMNS * ROWS))
        canvas.use()
        canvas.viewport = (0, 0, *_CORNER)
        self._hold.draw(kept, _CORNER, 0, last=kept, cells=self._cells, part=1.0)

    def settle(self) -> None:
        """Take the frame that was shown without a look; to be called before the next one is drawn: a card answers in
        order, and would draw that first."""
        if self._shown is not None and self.limiter.owed:
            t, flash = self._shown
            self.limiter.take(t, self._read(), flash)
        self._shown = None

    def watch(self, frame: Frame, canvas: moderngl.Framebuffer, size: tuple[int, int]) -> float:
        """Look at what was drawn of `frame` into `canvas` of `size`, and hold it back if that is asked for. Returns for
        how many seconds it was waited for."""
        if frame.flash == "off":
            self.limiter.rest()
            return 0.0
        if self.limiter.trusts(frame.t):
            self._blit(canvas, size, self._small)
            self._shown = frame.t, frame.flash
            return 0.0
        began = time.perf_counter()
        seen = self._look(canvas, size)
        waited = time.perf_counter() - began
        hold = self.limiter.judge(frame.t, seen, frame.flash)
        if hold is not None:
            seen = self._held(frame.t, hold, canvas, size)
        self.limiter.take(frame.t, seen, frame.flash)
        if self.limiter.near:  # the next frame may need it
            self._keep("last", canvas, size)
        return waited

    def _look(self, canvas: moderngl.Framebuffer, size: tuple[int, int]) -> U8:
        """[72, 128, 3] what is in `canvas`, top row first: the pixels that `places` would choose."""
        self._blit(canvas, size, self._small)
        self._calls.finish()  # moderngl would hold the interpreter meanwhile
        return self._read()

    def _read(self) -> U8:
        raw = np.frombuffer(self._small.read(components=4), np.uint8).reshape(_SEEN[1], _SEEN[0], 4)
        return np.ascontiguousarray(raw[::-1, :, :3])

    def _held(self, t: float, hold: Hold, canvas: moderngl.Framebuffer, size: tuple[int, int]) -> U8:
        """Draw what was drawn anew, held back; returns what is seen then."""
        asked = behind(self._keep("asked", canvas, size))
        last = behind(self._kept.get("last") or self._kept["asked"])
        self._cells.write(np.stack([hold.gain, hold.share], axis=-1).astype(np.float32).tobytes())
        for each in hold.nearer():
            canvas.use()
            canvas.viewport = (0, 0, *size)
            self._hold.draw(asked, size, 0, last=last, cells=self._cells, part=each.part)
            seen = self._look(canvas, size)
            if self.limiter.passes(t, seen):
                break
        return seen

    def _keep(self, name: str, canvas: moderngl.Framebuffer, size: tuple[int, int]) -> moderngl.Framebuffer:
        """A copy of what is in `canvas`."""
        kept = self._kept.get(name)
        if kept is None or kept.size != size:
            if kept is not None:
                behind(kept).release()
                kept.release()
            kept = self._kept[name] = self._context.framebuffer([texture(self._context, size, 4)])
        self._blit(canvas, size, kept)
        return kept

    def release(self) -> None:
        """Give all GL objects back."""
        for kept in self._kept.values():
            behind(kept).release()
            kept.release()
        self._kept = {}
        self._hold.release()
        self._cells.release()
        self._small.release()

"""Finished pictures for other windows: textures that their contexts share, of which each takes the newest."""

import threading
from dataclasses import dataclass, field

import moderngl

from vj.outputs.blits import Calls


@dataclass
class Slot:
    """A picture of `size` behind a framebuffer; `holders` look at it. `fence` is passed when it is drawn."""

    frame: moderngl.Framebuffer
    image: moderngl.Texture
    size: tuple[int, int]
    fence: int = 0
    holders: set[str] = field(default_factory=set)


class Reel:
    """`offer` is called by the thread that draws, which never waits; `take` and `give` by those of other windows."""

    def __init__(self, context: moderngl.Context, calls: Calls, takers: int) -> None:
        self._context, self._calls, self._takers = context, calls, takers
        self._slots: list[Slot] = []
        self._newest: Slot | None = None
        self._changed = threading.Condition()
        self.number = self.dropped = 0

    def offer(self, source: int, size: tuple[int, int]) -> None:
        """Copy what is in framebuffer `source`, of `size`; nothing if all that there is room for is being looked at."""
        slot = self._free(size)
        if slot is None:
            self.dropped += 1
            return
        self._calls.blit(source, (0, 0, *size), slot.frame.glo, size)
        if slot.fence:
            self._calls.forget(slot.fence)
        slot.fence = self._calls.fence()
        self._calls.flush()
        if self._context.fbo is not None:
            self._context.fbo.use()
        with self._changed:
            self._newest, self.number = slot, self.number + 1
            self._changed.notify_all()

    def _free(self, size: tuple[int, int]) -> Slot | None:
        with self._changed:
            idle = [slot for slot in self._slots if not slot.holders and slot is not self._newest]
        for slot in idle:
            if slot.size == size:
                return slot
            self._slots.remove(slot)
            self._drop(slot)
        if len(self._slots) > self._takers + 1:
            return None
        image = self._context.texture(size, 4)
        image.repeat_x = image.repeat_y = False
        slot = Slot(self._context.framebuffer([image]), image, size)
        self._slots.append(slot)
        return slot

    def take(self, name: str, last: int, seconds: float) -> tuple[Slot | None, int]:
        """The newest picture and its number, held by `name` until it is given back; None if there is none after `last`
        within so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.number != last, seconds)
            if self.number == last or self._newest is None:
                return None, last
            self._newest.holders.add(name)
            return self._newest, self.number

    def give(self, name: str, slot: Slot) -> None:
        """It is no longer looked at."""
        with self._changed:
            slot.holders.discard(name)

    def _drop(self, slot: Slot) -> None:
        if slot.fence:
            self._calls.forget(slot.fence)
        slot.frame.release()
        slot.image.release()

    def release(self) -> None:
        """Give the GL objects back; nobody may take any more."""
        for slot in self._slots:
            self._drop(slot)
        self._slots, self._newest = [], None

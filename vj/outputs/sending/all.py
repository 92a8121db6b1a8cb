"""All outputs of a show: their switches among the parameters, and one hand-over of each finished frame to all."""

import time
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import moderngl

from vj.core.params import AnyParam, Param
from vj.core.types import F32
from vj.outputs.blits import Calls
from vj.outputs.sending.asked import Asked, each_once, hidden
from vj.outputs.sending.kinds import KINDS
from vj.outputs.sending.parts import box
from vj.outputs.sending.readback import Readback
from vj.outputs.sending.sender import ROOM_PX, Sender

#: Seconds that all of them together have to end.
_PATIENCE = 3.0


def switch(name: str) -> str:
    """The address that switches an output on and off."""
    return f"/output/{name}/on"


def standing(name: str) -> str:
    """The address that tells how it stands."""
    return f"/output/{name}/state"


def parameters(outputs: Iterable[Asked]) -> dict[str, AnyParam]:
    """Address -> Param of the switches and states of `outputs`."""
    table: dict[str, AnyParam] = {}
    for asked in outputs:
        what = f"{KINDS[asked.kind].title} {hidden(asked.target)}"
        table[switch(asked.name)] = Param(asked.on, doc=f"Send the picture: {what}.")
        table[standing(asked.name)] = Param("", kind="text", doc=f"How {what} stands: told, not to be set.")
    return table


class Feed:
    """One output's way from the framebuffer; `see` on the thread of the context, after a frame was drawn."""

    def __init__(self, context: moderngl.Context, calls: Calls, sender: Sender) -> None:
        asked = sender.asked
        self._sender, self._readback = sender, Readback(context, calls, ROOM_PX)
        self._every = not asked.fps and not KINDS[asked.kind].fps
        self._rate = asked.rate
        self._first: float | None = None
        self._place = -1

    def see(self, source: int, size: tuple[int, int], t: float, wanted: bool) -> None:
        """Framebuffer `source` holds the finished picture of `size` and show time `t`."""
        sender = self._sender
        area = box(sender.asked.part, size)
        sender.want(wanted, (area[2], area[3]))
        live = sender.live
        if live is None or sender.state != "on":
            return
        self._readback.most = live.shared.capacity // 4
        placed: list[tuple[int, int]] = []

        def place(height: int, width: int) -> Any:
            placed[:] = [(height, width)]
            return live.place(height, width)

        while (stamp := self._readback.come(place)) is not None:
            live.post(*placed[0], stamp)
        if self._due(t) and not self._readback.full and self._readback.ask(source, area, sender.asked.size, t, place):
            live.post(*placed[0], t)

    def _due(self, t: float) -> bool:
        """Whether a picture of show time `t` is to go out."""
        if self._every:
            return True
        if self._first is None or t < self._first:
            self._first, self._place = t, -1
        place = round((t - self._first) * self._rate)
        due = place > self._place or place < self._place - self._rate
        self._place = place if due else self._place
        return due

    def release(self) -> None:
        """Give the GL objects back."""
        self._readback.release()


class Outputs:
    """The outputs of a show. `news` are lines for the operator, each told once; `sound` is the rate of what is heard.

    `follow` and `see` are called by the thread that draws, `hear` by the one that hears.
    """

    def __init__(self, outputs: Sequence[Asked], sound: int) -> None:
        self.news: list[str] = []
        self.senders = tuple(Sender(asked, sound, self.news) for asked in each_once(outputs))
        self._feeds: list[tuple[Feed, Sender]] = []
        self._wanted: dict[str, bool] = {sender.asked.name: sender.asked.on for sender in self.senders}
        self._context: moderngl.Context | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def follow(self, wanted: Mapping[str, bool]) -> None:
        """Which of them are to be on, by name."""
        self._wanted = {**self._wanted, **wanted}

    def see(self, context: moderngl.Context, source: int, size: tuple[int, int], t: float) -> None:
        """Framebuffer `source` of `context`, which is current, holds the finished picture of show time `t`."""
        if not self._feeds and self.senders:
            self._context, calls = context, Calls()
            self._feeds = [(Feed(context, calls, sender), sender) for sender in self.senders]
        for feed, sender in self._feeds:
            feed.see(source, size, t, self._wanted[sender.asked.name])

    def hear(self, samples: F32, t: float) -> None:
        """[n] mono samples, the first of show time `t`."""
        for sender in self.senders:
            sender.hear(samples, t)

    @property
    def states(self) -> Mapping[str, str]:
        """Address -> how each output stands, for whoever steers."""
        return {standing(sender.asked.name): sender.state for sender in self.senders}

    def facts(self) -> list[dict[str, Any]]:
        """Each output as plain JSON."""
        return [
            {
                "name": sender.asked.name, "kind": sender.asked.kind, "told": sender.told or sender.asked.title,
                "state": sender.state, "trouble": sender.trouble, "sent": sender.sent, "dropped": sender.dropped,
                "restarts": sender.restarts, "watched": sender.watched,
            }
            for sender in self.senders
        ]  # fmt: skip

    def let_go(self) -> None:
        """Give the GL objects back while the context is still there."""
        for feed, _ in self._feeds:
            feed.release()
        self._feeds = []

    def close(self) -> None:
        """End all of them. May be called twice."""
        for sender in self.senders:
            sender.close()
        end = time.monotonic() + _PATIENCE
        for sender in self.senders:
            sender.join(max(end - time.monotonic(), 0.05))

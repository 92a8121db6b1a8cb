"""All that the finished picture of a show goes to besides the first window."""

import queue
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import moderngl

from vj.core.mapping.output import Mapping as Mapped
from vj.core.params import Snapshot
from vj.core.types import F32, Event
from vj.outputs.mapping.guides import Guides
from vj.outputs.sending.all import Outputs, standing, switch
from vj.outputs.sending.asked import Asked

if TYPE_CHECKING:  # a machine without a screen may lack GLFW's libraries
    from vj.outputs.window.panes import Panes

WINDOW = "window"


class Editor(Protocol):
    """Who knows how outputs are mapped."""

    others: dict[str, tuple[int, int]]

    def shown(self, output: str) -> Mapped: ...
    def guides(self, output: str) -> Guides | None: ...
    def mouse(self, what: str, x: float, y: float, output: str) -> bool: ...
    def sliced(self, output: str, mapping: Mapped) -> None: ...


class Elsewhere:
    """Outputs and more windows, in one. `follow` and `see` are for the thread that draws, `hear` for that which hears.

    `sound` is the rate of what is heard. How each stands is told to `events` where it changes.
    """

    def __init__(
        self,
        outputs: Sequence[Asked],
        sound: int,
        events: "queue.SimpleQueue[Event]",
        panes: "Panes | None" = None,
        editor: Editor | None = None,
    ) -> None:
        self._outputs = Outputs([asked for asked in outputs if asked.kind != WINDOW], sound)
        self._names = tuple(asked.name for asked in outputs)
        self._events, self._panes, self._editor = events, panes, editor
        self._wanted = {asked.name: asked.on for asked in outputs}
        self._told: dict[str, str] = {}
        self._passed = [0, 0]
        if panes is not None and editor is not None:
            for pane in panes.panes:
                editor.sliced(pane.asked.name, pane.mapping)
                pane.hands.on_mouse = partial(_point, editor, pane.asked.name)
        if panes is None:
            for asked in outputs:
                if asked.kind == WINDOW:
                    self._outputs.news.append(f"{asked.name}: a show without a window has no other one")

    def follow(self, snapshot: Snapshot) -> None:
        """Take over the switches and mappings; once a frame."""
        self._wanted = {name: bool(snapshot[switch(name)]) for name in self._names}
        self._outputs.follow(self._wanted)
        if self._panes is not None:
            self._panes.follow(self._wanted)
            for pane in self._panes.panes if self._editor else ():
                assert self._editor is not None
                self._editor.others[pane.asked.name] = pane.size
                pane.mapping = self._editor.shown(pane.asked.name)
                pane.guides = self._editor.guides(pane.asked.name)
        for address, state in self.states.items():
            if self._told.get(address, "") != state:
                self._told[address] = state
                self._events.put(Event(address, (state,), "output"))

    def see(self, context: moderngl.Context, source: int, size: tuple[int, int], t: float) -> None:
        """Framebuffer `source` of `context`, which is current, holds the finished picture of show time `t`."""
        self._outputs.see(context, source, size, t)
        if self._panes is not None:
            self._panes.see(context, source, size)

    def hear(self, samples: F32, t: float) -> None:
        """[n] mono samples, the first of show time `t`."""
        self._outputs.hear(samples, t)

    @property
    def states(self) -> Mapping[str, str]:
        """Address -> how each stands."""
        panes = self._panes.panes if self._panes is not None else ()
        return {**self._outputs.states, **{standing(pane.asked.name): pane.state for pane in panes}}

    @property
    def on(self) -> bool:
        """Whether the picture goes anywhere."""
        return "on" in self.states.values()

    @property
    def missing(self) -> list[str]:
        """The names of those that are wanted and have ended."""
        states = self.states
        ended = (name for name, on in self._wanted.items() if on)
        return [name for name in ended if states.get(standing(name), "").startswith(("again", "failed", "cannot"))]

    def news(self) -> list[str]:
        """What is new for the operator since this was asked last."""
        lists = (self._outputs.news, self._panes.news if self._panes is not None else [])
        fresh = [line for told, passed in zip(lists, self._passed, strict=True) for line in told[passed:]]
        self._passed = [len(told) for told in lists]
        return fresh

    def facts(self) -> list[dict[str, Any]]:
        """Each of them as plain JSON."""
        panes = self._panes.panes if self._panes is not None else ()
        return self._outputs.facts() + [
            {
                "name": pane.asked.name, "kind": WINDOW, "told": f"window, {pane.size[0]}x{pane.size[1]}",
                "state": pane.state, "trouble": "", "sent": pane.shown, "dropped": 0, "restarts": pane.errors,
                "watched": -1,
            }
            for pane in panes
        ]  # fmt: skip

    def close(self) -> None:
        """End all of them; by the thread that draws, while its context is there. May be called twice."""
        with suppress(moderngl.Error):
            self._outputs.let_go()
        if self._panes is not None:
            self._panes.close()
        self._outputs.close()


def _point(editor: Editor, name: str, what: str, x: float, y: float) -> None:
    """The mouse in the window of that name."""
    editor.mouse(what, x, y, name)

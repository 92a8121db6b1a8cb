"""What is open for the layers: live each on a thread of its own, which hands over its newest picture; else at once.

No picture is waited for in a show: a layer shows what it had until the next is there, and where that cannot be had it
stays as it was.
"""

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from vj.core import shelf
from vj.core.errors import MediaError
from vj.core.handoff import Mailbox
from vj.core.layers import Layer, Size
from vj.core.threads.side import Side
from vj.sources.contract import Source, Still

#: Notices that are kept for whoever asks late.
NOTICES = 8
#: A source which nobody asks stays open for so long.
IDLE_S = 4.0
#: A thread may take so long to end.
ENDING_S = 1.0
#: Opening a source and drawing it may take so long; then another thread does what is asked for next.
SLOW_S = 15.0
#: What only a show has: there is nothing of it in a render.
LIVE = ("camera", "ndi")


def opened(layer: Layer) -> Source:
    """The source of a layer; raises MediaError."""
    if layer.source.kind in ("image", "clip") and not layer.source.path:
        hint = "put it into a media folder, or beside the setlist in `media`"
        raise MediaError("there is no such picture or clip", layer.source.name, hint)
    made: Source = shelf.load("sources", layer.source.kind)(layer)
    return made


def drawn(source: Source, layer: Layer, canvas: Size) -> Still:
    """What the source draws; raises MediaError whatever its library stumbles over."""
    try:
        return source.draw(layer, canvas)
    except (MediaError, MemoryError):
        raise
    except Exception as error:
        raise MediaError(f"it cannot be shown: {error}", layer.source.name, "use another file") from error


class Pool:
    """Pictures for the layers of frames, one frame after the other. `notices` are what went wrong, in short.

    `live`: sources are opened and drawn by threads; else `picture` does it and raises MediaError.
    """

    def __init__(self, live: bool) -> None:
        self._live = live
        self.notices: list[str] = []
        self._workers: dict[int, _Worker] = {}
        self._open: dict[int, tuple[Any, Source]] = {}

    def pictures(self, layers: Sequence[tuple[Layer, Size]]) -> Mapping[int, Still]:
        """By number of layer what is there to be seen of each, on a canvas of that many pixels."""
        if not layers and self.idle:
            return {}
        return self._newest(layers) if self._live else self._exact(layers)

    @property
    def idle(self) -> bool:
        """Whether nothing is open."""
        return not self._workers and not self._open

    def _newest(self, layers: Sequence[tuple[Layer, Size]]) -> dict[int, Still]:
        out: dict[int, Still] = {}
        asked = {layer.number for layer, _ in layers}
        for layer, canvas in layers:
            worker = self._workers.get(layer.number)
            if worker is None or worker.ended:
                worker = self._workers[layer.number] = _Worker(layer.number)
            still = worker.newest(layer, canvas)
            if still is not None:
                out[layer.number] = still
            self.notices += worker.told()
        for number in [number for number in self._workers if number not in asked]:
            self._workers[number].rest()
            if self._workers[number].ended:
                del self._workers[number]
        return out

    def _exact(self, layers: Sequence[tuple[Layer, Size]]) -> dict[int, Still]:
        out = {}
        for layer, canvas in layers:
            if layer.source.kind in LIVE:
                self._say(f"layer {layer.number}: no {layer.source.kind} in a render")
                continue
            known = self._open.get(layer.number)
            if known is None or known[0] != layer.source:
                self._let_go(layer.number)
                known = self._open[layer.number] = layer.source, opened(layer)
            out[layer.number] = drawn(known[1], layer, canvas)
        for number in [number for number in self._open if number not in out]:
            self._let_go(number)
        return out

    def _let_go(self, number: int) -> None:
        if (known := self._open.pop(number, None)) is not None:
            known[1].close()

    def _say(self, notice: str) -> None:
        if notice not in self.notices:
            self.notices.append(notice)

    def close(self) -> None:
        """Let go of everything."""
        for number in list(self._open):
            self._let_go(number)
        for worker in self._workers.values():
            worker.end()
        self._workers = {}


@dataclass(frozen=True)
class _Done:
    """A picture, for which source it is, and how often that layer was dark when it was asked for."""

    still: Still
    source: Any
    turn: int


class _Worker:
    """The thread of one layer."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._asked: Mailbox[tuple[Layer, Size, int]] = Mailbox()
        self._done: Mailbox[_Done] = Mailbox()
        self._trouble: Mailbox[tuple[int, str]] = Mailbox()
        self._closing = threading.Event()
        self._turn, self._lit = 0, False
        self._thread = Side(f"layer {number}", self._run, SLOW_S)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether it has let go of all, for nobody asked."""
        return not self._thread.is_alive()

    def newest(self, layer: Layer, canvas: Size) -> Still | None:
        """Ask for the picture of `layer`; what there is of it, or of what it showed before, since it was last dark."""
        self._lit = True
        self._asked.put((layer, canvas, self._turn))
        done = self._done.latest
        return done.still if done is not None and done.turn == self._turn else None

    def rest(self) -> None:
        """The layer is dark in this frame: what it shows next begins anew."""
        if self._lit:
            self._lit, self._turn = False, self._turn + 1

    def told(self) -> list[str]:
        """What went wrong since the last call."""
        trouble = self._trouble.get()
        return [trouble[1]] if trouble is not None else []

    def end(self) -> None:
        self._closing.set()
        self._thread.join(ENDING_S)  # a camera that hangs may keep it: it is a daemon

    def _run(self) -> None:
        """Thread: draw what is asked for, always the newest; what fails is told once, and tried again when asked for
        anew or, of a device, after a while."""
        source: Source | None = None
        now: Any = None
        failed: Any = None
        while self._thread.turn() and not self._closing.is_set():
            asked = self._asked.get(timeout=IDLE_S)
            if asked is None:
                break
            layer, canvas, turn = asked
            if layer.source == failed and layer.source.kind not in LIVE:
                continue
            try:
                if source is None or now != layer.source:
                    fresh = opened(layer)
                    still = drawn(fresh, layer, canvas)
                    if source is not None:
                        source.close()
                    source, now = fresh, layer.source
                else:
                    still = drawn(source, layer, canvas)
                failed = None
                self._done.put(_Done(still, now, turn))
            except Exception as error:  # noqa: BLE001  whatever it is, the show goes on and the layer stays as it was
                if failed != layer.source:
                    self._trouble.put((turn, _line(self._number, layer, error)))
                failed = layer.source
                if layer.source.kind in LIVE:
                    if source is not None and now == layer.source:
                        source.close()
                        source = now = None
                    self._closing.wait(1.0)
        if source is not None:
            with suppress(Exception):
                source.close()


def _line(number: int, layer: Layer, error: Exception) -> str:
    """What went wrong, in one line with all three parts."""
    if not isinstance(error, MediaError):
        error = MediaError(f"it cannot be shown: {error}", layer.source.name)
    hint = f"; {error.hint}" if error.hint else ""
    return f"layer {number}: {error.what} ({layer.source.name or error.where}){hint}"

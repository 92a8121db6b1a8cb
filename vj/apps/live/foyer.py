"""Before the curtain rises: a splash says what was found and what is awaited, while everything is opened elsewhere."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Protocol

from vj.apps.guard import pulse
from vj.core.types import Event
from vj.devices.keys import key_events
from vj.outputs.overlay.splash import SplashState

#: Of the keys, those that help somebody who sees the program for the first time.
KEYS = (
    ("H", "instruments"),
    ("F1", "all keys"),
    ("F", "fullscreen"),
    ("B", "blackout"),
    ("1 .. 0", "class"),
    ("R", "another walk"),
    ("T", "tap tempo"),
    ("Ctrl Q", "quit"),
)
#: What is told about, in this order.
SOUND = "sound"
PICTURE = "picture"
SURFACE = "surface"
OSC = "OSC"
HANDS = "hands"
NO_HANDS = "no MIDI controller; plug one in at any time"
#: Between two drawings of the splash.
PERIOD_S = 1 / 30
#: The part of the time that drawing may take; the rest is for those who load.
SHARE = 0.12
#: How much of the line the loading is, the rest being what the window does meanwhile.
LOADING_SHARE = 0.85


class House(Protocol):
    """The window, or its stand-in, before the show."""

    @property
    def closing(self) -> bool: ...
    def splash(self, state: SplashState) -> None: ...
    def prepare(self, picture: tuple[int, int] | None = None) -> Iterator[None]: ...
    def poll(self) -> None: ...
    def set_fullscreen(self, on: bool) -> None: ...


class Foyer:
    """Keeps what is known so far; `wait` shows it until everything is there. `tell` and `know` are for any thread.

    fullscreen  whether the display is to be filled when the show begins
    space       what the space bar will do
    later       events of the keys pressed meanwhile
    more        lines about OSC for the terminal only
    picture     width and height of the first pictures, once they are known
    """

    def __init__(self, fullscreen: bool = False) -> None:
        self._lock = threading.Lock()
        self._facts: dict[str, tuple[str, bool]] = dict.fromkeys((SOUND, PICTURE, SURFACE, OSC, HANDS), ("", False))
        self._awaited, self._part, self._steps = "opening", 0.05, 0
        self._heavy = False
        self._quit = False
        self.fullscreen = self._filled = fullscreen
        self.space = "hold the picture"
        self.later: list[Event] = []
        self.more: list[str] = []
        self.picture: tuple[int, int] | None = None

    def know(self, name: str, text: str, urgent: bool = False) -> None:
        """One of the facts is known."""
        with self._lock:
            self._facts[name] = (text, urgent)

    def known(self, name: str) -> str:
        """What is known of a fact."""
        return self._facts[name][0]

    def tell(self, text: str, part: float) -> None:
        """What is loaded next, after which `part` of all (0..1) is done."""
        self._awaited, self._part, self._heavy = text, part, True

    def key(self, key: str, mods: frozenset[str]) -> None:
        """A key before the show: to quit and to fill the screen at once, the panels when it begins."""
        for event in key_events(key, mods):
            if event.address == "/show/quit":
                self._quit = True
            elif event.address == "/window/fullscreen":
                self.fullscreen = not self.fullscreen
            elif event.address in ("/window/hud", "/window/help"):
                self.later.append(event)

    @property
    def state(self) -> SplashState:
        """What the splash says now."""
        with self._lock:
            facts = tuple((name, text, urgent) for name, (text, urgent) in self._facts.items())
        part = LOADING_SHARE * self._part + (1.0 - LOADING_SHARE) * min(self._steps / 16, 1.0)
        keys = (*KEYS[:3], ("Space", self.space), *KEYS[3:])
        return SplashState(facts, keys, self._awaited, part)

    @property
    def lines(self) -> list[str]:
        """The same for a terminal."""
        state = self.state
        said = []
        for name, text, _ in state.facts:
            said += [f"  {name:9}{text}"] if text else []
            said += [f"  {'':9}{text}" for text in self.more] if name == OSC else []
        return [*said, f"  {'keys':9}" + "  ".join(f"[{key}] {deed}" for key, deed in state.keys)]

    def wait(self, house: House, *coming: "Future[Any]") -> bool:
        """Show the splash until all that is `coming` is there; False if the performer left. Raises what they raise.

        Shaders are compiled on the way, but not before the loading has left the interpreter: neither would get on.
        """
        steps, due, expected = house.prepare(), 0.0, self.picture
        while True:
            house.poll()
            pulse.beat(patience=pulse.OPENS_S)
            if self._quit or house.closing:
                return False
            if self.fullscreen != self._filled:
                self._filled = self.fullscreen
                house.set_fullscreen(self._filled)
            awaited = [each for each in coming if not each.done()]
            for each in set(coming) - set(awaited):
                each.result()
            began = time.perf_counter()
            if began >= due:
                house.splash(self.state)
                due = began + max(PERIOD_S, (time.perf_counter() - began) / SHARE)
            if (self._heavy or not awaited) and next(steps, self) is not self:
                self._steps += 1
                self._awaited = self._awaited if awaited else "preparing the picture"
            elif self.picture != expected:
                expected = self.picture
                steps = house.prepare(expected)
            elif not awaited:
                return True
            else:
                wait(awaited, max(due - time.perf_counter(), 0.0), FIRST_COMPLETED)

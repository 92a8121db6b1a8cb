"""What hands may ask of a desk."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, overload

from vj.core.params import AnyParam, Param, T
from vj.core.types import Cue, Duration, Event, Modulation, Value
from vj.engine.availability import Availability
from vj.engine.cues.looks import Looks
from vj.engine.cues.macros import Macros
from vj.engine.cues.presets import Presets
from vj.engine.cues.setlist import Setlist
from vj.engine.hands.registry import Memory, Part


@dataclass(frozen=True)
class Change:
    """Something that is to be written: the `kind` of file ("preset", "look", "setlist", or "new" for a setlist that is
    to have a file of its own), which one, and what it holds now; None where it is to be no more. Files are written by
    whoever takes changes from the desk, never by it."""

    kind: str
    name: str
    content: Any


class Kept(Protocol):
    """What hands may ask of the presets at a desk."""

    presets: Presets

    def fade(self) -> Duration:
        """The time in which presets are recalled."""


class Deck(Protocol):
    """A desk, as hands see it."""

    table: dict[str, AnyParam]
    availability: Availability
    taste: Looks
    macros: Macros
    setlist: Setlist
    deeds: dict[str, Callable[[Event], None]]
    firing: dict[str, Callable[[], None]]
    holding: dict[str, Callable[[Value], None]]
    ticking: list[Callable[[float], None]]
    topics: dict[str, Callable[[], Any]]
    memories: dict[str, Memory]
    parts: dict[str, Part]
    changes: "deque[Change]"

    @property
    def presets(self) -> "Kept": ...

    @property
    def time(self) -> float:
        """Show time of the last tick."""

    @property
    def cue(self) -> Cue | None: ...
    @property
    def cued(self) -> Sequence[str]: ...
    @property
    def cast(self) -> Sequence[str]:
        """The classes of the bundle that is wished for."""

    @property
    def modulations(self) -> tuple[Modulation, ...]:
        """Those of the cue or look that is on."""

    @overload
    def current(self, address: Param[T]) -> T: ...
    @overload
    def current(self, address: str) -> Value: ...
    def current(self, address: AnyParam | str) -> Value:
        """The value asked for of a parameter, by declaration or address, before smoothing and modulation."""

    def meant(self, address: str) -> Value:
        """The same, but for what a recall in its fade has set only until it is there."""

    def lay(self, values: Mapping[str, Value]) -> None:
        """These are the values under what is held."""

    def settle(self, values: Mapping[str, Value]) -> None:
        """These are the values, and nobody holds them."""

    def go(self, cue: Cue, cut: bool = False, whole: bool = False) -> None:
        """Take the values of `cue`, and its modulations, in its fade; the morph pad lets go."""

    def go_to(self, cue: Cue, cut: bool = False, whole: bool = False) -> None:
        """The same on behalf of the morph pad."""

    def follow(self, modulations: Sequence[Modulation], cued: "Sequence[str] | Mapping[str, Value]") -> None:
        """What moves parameters from now on, and which addresses cue or look speak of."""

    def say(self, notice: str) -> None: ...

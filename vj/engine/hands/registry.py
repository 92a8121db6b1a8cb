"""What others add to a desk, by name, and what it says: deeds, topics, memories, notices."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from vj.core.errors import ControlError, VjError
from vj.core.params import AnyParam
from vj.core.types import Event, Value
from vj.engine.addresses import arguments

#: Notices that are kept for whoever asks a little late.
_REMEMBERED = 8
#: Letters of a notice.
LONGEST = 240


@dataclass(frozen=True)
class Memory:
    """A part of what a show remembers when it is begun again: `tell` makes plain JSON of it, `remember` takes that back
    and raises ControlError where it makes no sense any more."""

    tell: Callable[[], Any]
    remember: Callable[[Any], None]


@dataclass(frozen=True)
class Part:
    """A part of the desk's state besides values that an edit may change: how to read it, an immutable object, and how
    to put it back."""

    get: Callable[[], Any]
    put: Callable[[Any], None]


class Registry:
    """What a desk can do and tell beyond holding values. Whoever adds to it registers by name.

    deeds      done when their address is called, with the arguments that it declares; raise ControlError for nonsense
    firing     done when the trigger at an address fires, after it is counted
    holding    done in place of holding the value that was asked for at an address
    ticking    done before each tick, at its show time
    topics     what surfaces show
    memories   what is kept for a show that is begun again
    parts      what else an edit may change, for undo

    A bad event is refused, counted in `refused` and told in `notice`; nothing is lost. `told` counts notices, for the
    same words may be new ones.
    """

    def __init__(self) -> None:
        self.deeds: dict[str, Callable[[Event], None]] = {}
        self.firing: dict[str, Callable[[], None]] = {}
        self.holding: dict[str, Callable[[Value], None]] = {}
        self.ticking: list[Callable[[float], None]] = []
        self.topics: dict[str, Callable[[], Any]] = {}
        self.memories: dict[str, Memory] = {}
        self.parts: dict[str, Part] = {}
        self.refused = self.told = 0
        self.notice = ""
        self._said: deque[str] = deque(maxlen=_REMEMBERED)

    def notices(self, since: int) -> list[str]:
        """What was told after the first `since` notices, the oldest first; of very many only the last."""
        new = min(self.told - since, len(self._said))
        return list(self._said)[len(self._said) - new :]

    def say(self, notice: str) -> None:
        """Tell the performer something, in one line that can be read: what others sent may be in it."""
        notice = "".join(letter if letter.isprintable() else " " for letter in notice[:LONGEST])
        self.notice = notice
        self.told += 1
        self._said.append(notice)

    def refuse(self, address: str, error: VjError) -> None:
        """Count and tell what could not be done."""
        self.refused += 1
        hint = f" ({error.hint})" if error.hint else ""
        self.say(f"{address}: {error.what}{hint}")

    def overview(self) -> dict[str, Any]:
        """Everything a surface shows besides values, by topic, as plain JSON."""
        return {name: topic() for name, topic in self.topics.items()}

    def memory(self) -> dict[str, Any]:
        """What a show begun again with `remember` goes on from, as plain JSON."""
        return {name: memory.tell() for name, memory in self.memories.items()}

    def remember(self, memory: Mapping[str, Any]) -> None:
        """Go on from what `memory` told; what makes no sense any more is told and left out."""
        for name in (name for name in self.memories if name in memory):
            try:
                self.memories[name].remember(memory[name])
            except (VjError, AttributeError, LookupError, TypeError, ValueError) as error:
                self.say(f"what was left of {name} cannot be taken up: {error}")

    def do(self, event: Event, param: AnyParam) -> None:
        """Have the deed `param` done by whoever can; raises ControlError."""
        if event.address not in self.deeds:
            raise ControlError("nobody here can do that", hint="it is for a show on stage: vj live")
        self.deeds[event.address](replace(event, args=arguments(param, event.args)))

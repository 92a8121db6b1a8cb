"""Classes and looks by hand: one, several, by their pads, and what of them stays on under another bundle."""

from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, Protocol

from vj.core.types import Mix, Value
from vj.engine import pads
from vj.engine.addresses import class_index, resolve_mix


class _Desk(Protocol):
    """What is asked of a desk here."""

    @property
    def cast(self) -> Sequence[str]: ...
    @property
    def looks(self) -> Sequence[str]: ...
    def current(self, address: str) -> Value: ...
    def say(self, notice: str) -> None: ...


def hold_mix(desk: _Desk, held: MutableMapping[str, Value], address: str, args: Sequence[Any]) -> None:
    """One class or a mix, as `args` name them, is held."""
    if address == "/model/class":
        held["/model/class"] = index = class_index(args[0] if args else 0, desk.cast)
        held["/model/mix"] = ((index, 1.0),)
    else:
        held["/model/mix"] = mix = resolve_mix(args, desk.cast)
        held["/model/class"] = max(mix, key=lambda pair: pair[1])[0]


def press(
    desk: _Desk, held: MutableMapping[str, Value], address: str, number: int, choose: Callable[[str, Value], None]
) -> None:
    """A pad is struck, or the page of a row turned by `number`."""
    row = pads.ROWS[address]
    names = desk.looks if row == "/look" else desk.cast
    first, count = int(desk.current(f"{row}/first")), len(names)  # type: ignore[arg-type]
    if not count:
        desk.say("there are no looks")
    elif address.endswith("/page"):
        held[f"{row}/first"] = first = pads.turned(first, number, count)
        kind = "look" if row == "/look" else "class"
        desk.say(f"the first key is {kind} {first + 1} of {count}: {names[first]}")
    elif row == "/model":
        hold_mix(desk, held, "/model/class", ((first + number) % count,))
    else:
        choose("/look", names[(first + number) % count])


def recast(
    held: MutableMapping[str, Value], mix: Value, translate: Callable[[Mix, str, str], Mix], before: str, after: str
) -> None:
    """The performer wished for the bundle `after`: the classes of `mix` that it has too stay on."""
    if isinstance(mix, tuple) and mix and after != before:
        held["/model/mix"] = translate(mix, before, after)

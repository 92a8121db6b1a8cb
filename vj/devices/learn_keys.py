"""Keys while MIDI learn is on: what a key would do is what is to be bound."""

from collections.abc import Sequence

from vj.core.types import Event

#: What keys go on doing: leaving, looking, quitting.
STAYS = ("/window/learn", "/window/hud", "/window/help", "/window/fullscreen", "/window/next", "/show/quit")
_LEAVE = (Event("/window/learn", (False,), "key"),)
_UNBIND = (Event("/midi/unbind", (), "key"),)


def while_learning(key: str, means: Sequence[Event]) -> tuple[Event, ...]:
    """What `key`, which `means` these events otherwise, asks for: a parameter, or sending it that number."""
    if key == "escape":
        return _LEAVE
    if key in ("delete", "backspace"):
        return _UNBIND
    return tuple(event if event.address in STAYS else _pointed(event) for event in means)


def _pointed(event: Event) -> Event:
    args = event.args if len(event.args) == 1 and not isinstance(event.args[0], str) else ()
    return Event("/midi/learn", (event.address, *(f"{arg:g}" for arg in args if not isinstance(arg, str))), "key")

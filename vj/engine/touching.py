"""Whose hand it was, and whether a touch only says what is meant while something is learnt."""

from vj.core.params import AnyParam
from vj.core.types import Event

#: Programs and cues have no hands.
PERSONS = ("key", "web", "midi", "osc")
#: What has a range, and so can be moved.
KINDS = ("float", "int", "toggle")
#: What does what it says whatever is being learnt: lights and picture on and off.
_ALWAYS = ("/master/blackout", "/master/freeze")


def person(event: Event) -> bool:
    """Whether somebody did it with a hand."""
    return event.source.split(":")[0] in PERSONS


def means(event: Event, param: AnyParam | None) -> bool:
    """Whether `event` may name the parameter `param` by touching it. The keyboard always does what its keys say."""
    touched = person(event) and event.source != "key" and event.address not in _ALWAYS
    return touched and param is not None and param.kind in KINDS

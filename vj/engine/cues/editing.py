"""Changes to a setlist, on its document: what comes out is another document, and the old one is as it was."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vj.core.errors import ControlError, nearest
from vj.engine.cues.numbering import between, numbers_of

Document = Mapping[str, Any]
#: A setlist that grows on stage has no more cues.
MOST = 999
#: What of a cue says how it looks; the rest is its own whatever it shows.
PICTURE = ("look", "preset", "whole", "bundle", "director", "classes", "seed", "set", "modulate")


def counted(document: Document) -> dict[str, Any]:
    """`document` with the number of each cue written down."""
    entries = document.get("cue", [])
    numbers = numbers_of(Path("the setlist"), entries)
    return {**document, "cue": [{**e, "number": number} for e, number in zip(entries, numbers, strict=True)]}


def added(document: Document, after: str | None, entry: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """With `entry` as a cue after the one numbered `after`, at the end for None; and the number it got."""
    cues = counted(document)["cue"]
    place = len(cues) if after is None else _place(cues, after) + 1
    numbers = [str(cue["number"]) for cue in cues]
    number = between(_at(numbers, place - 1), _at(numbers, place), set(numbers))
    return {**document, "cue": [*cues[:place], {"number": number, **entry}, *cues[place:]]}, number


def updated(document: Document, number: str, picture: Mapping[str, Any]) -> dict[str, Any]:
    """With cue `number` showing `picture` instead."""
    return _changed(document, number, lambda cue: {**{k: v for k, v in cue.items() if k not in PICTURE}, **picture})


def told(document: Document, number: str, key: str, value: Any) -> dict[str, Any]:
    """With `key` of cue `number` saying `value`, or nothing for ""."""

    def change(cue: dict[str, Any]) -> dict[str, Any]:
        rest = {k: v for k, v in cue.items() if k != key or value != ""}
        return {**rest, key: value} if value != "" else rest

    return _changed(document, number, change)


def moved(document: Document, number: str, place: int) -> dict[str, Any]:
    """With cue `number` at `place`, from 1, and numbered so that numbers still rise."""
    cues = list(counted(document)["cue"])
    cue = cues.pop(_place(cues, number))
    at = min(max(place - 1, 0), len(cues))
    numbers = [str(other["number"]) for other in cues]
    new = between(_at(numbers, at - 1), _at(numbers, at), set(numbers))
    return {**document, "cue": [*cues[:at], {**cue, "number": new}, *cues[at:]]}


def removed(document: Document, number: str) -> dict[str, Any]:
    """Without cue `number`; raises ControlError for the last there is."""
    cues = counted(document)["cue"]
    place = _place(cues, number)
    if len(cues) == 1:
        raise ControlError("it is the last cue", hint="a setlist has at least one: change it instead")
    return {**document, "cue": [*cues[:place], *cues[place + 1 :]]}


def _changed(document: Document, number: str, change: Any) -> dict[str, Any]:
    cues = list(counted(document)["cue"])
    place = _place(cues, number)
    cues[place] = change(cues[place])
    return {**document, "cue": cues}


def _at(numbers: list[str], place: int) -> str | None:
    return numbers[place] if 0 <= place < len(numbers) else None


def _place(cues: list[dict[str, Any]], number: str) -> int:
    """Where cue `number`, or of that name, stands; raises ControlError."""
    for place, cue in enumerate(cues):
        if str(cue["number"]) == number or str(cue.get("name", "")).casefold() == number.casefold() != "":
            return place
    raise ControlError(f"no cue {number!r}", hint=nearest(number, [str(cue["number"]) for cue in cues]))

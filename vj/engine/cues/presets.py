"""A preset is what is on, in one small file: a look, and what of the values that make the picture differs from it.

    name = "Drop"
    look = "neon_loom"                      none for none
    bundle = "worlds"
    walk = 2                                the walk of the seed, or the second other one that was asked for
    classes = { ink = 0.7, aurora = 0.3 }   where they are not the look's; {} leaves them to the director
    set = { "/latent/psi" = 0.9 }           whatever else is not as the look has it

It lies at `bank1/03.toml` in a folder of presets: sixteen slots a bank. What makes no picture (sound, tempo, window,
master level, blackout) is in no preset, so that recalling one never turns the lights off.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vj.core.errors import ControlError, SetlistError, nearest
from vj.core.params import AnyParam
from vj.core.types import Cue, Duration, Value
from vj.engine.addresses import resolve_mix
from vj.engine.cues.looks import NONE, Looks
from vj.engine.cues.reading import Reader, class_pairs, parsed, read_text

#: Banks there can be.
BANKS = 64
#: Slots in each.
SLOTS = 16
#: No fade at all.
CUT = Duration()
#: Bank and slot, both from 1.
Slot = tuple[int, int]

_KEYS = {"name", "look", "bundle", "walk", "classes", "set"}
#: What makes no picture, or only while it is on its way.
_OUTSIDE = re.compile(
    "/(audio|auto|cue|desk|feature|link|look|macro|midi|output|preset|preview|quality|safety|show|status|tempo|window)(/|$)"
    "|/master/(blackout|freeze|level|quantise)|/mod/learn"
    "|/model/(select|class|mix|next|pad|first|page)$"
)


@dataclass(frozen=True)
class Preset:
    """One preset as stored. `classes` are name and weight by turns, None for the look's own; `walk` counts the times
    that another walk was asked for."""

    name: str = ""
    look: str = NONE
    bundle: str = ""
    classes: tuple[Any, ...] | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    walk: int = 0


Presets = Mapping[Slot, Preset]


def makes_picture(address: str, param: AnyParam) -> bool:
    """Whether the value at `address` belongs in a preset; look, bundle, classes and walk have keys of their own."""
    return param.kind not in ("trigger", "deed", "clock", "class", "mix") and not _OUTSIDE.match(address)


def plain(look: str, table: Mapping[str, AnyParam], looks: Looks, classes: Sequence[str]) -> Cue:
    """The look and nothing else, with every value that makes the picture; raises ControlError if there is none."""
    worn = looks.cue(look, classes)
    values = {address: param.default for address, param in table.items() if makes_picture(address, param)}
    said = {address: value for address, value in worn.values.items() if address in values}
    mix = worn.values.get("/model/mix", ())
    return Cue("", worn.name, {**values, **said, "/look": look, "/model/mix": mix}, modulations=worn.modulations)


def whole(
    preset: Preset, table: Mapping[str, AnyParam], looks: Looks, classes: Sequence[str], fade: Duration = CUT
) -> Cue:
    """`preset` as a cue for its bundle, whose classes are given. Raises ControlError for a look that is gone."""
    worn = plain(preset.look, table, looks, classes)
    values: dict[str, Value] = {**worn.values, **preset.values, "/model/select": preset.bundle}
    if preset.classes is not None:
        values["/model/mix"] = resolve_mix(preset.classes, classes) if preset.classes else ()
    values["/latent/reseed"] = preset.walk
    return Cue("", preset.name, values, fade, modulations=worn.modulations)


def slot_of(words: str) -> Slot | None:
    """The slot that "3", "1/3" or "bank1/03" names, bank 0 where none is said; None if it is no such words."""
    match = re.fullmatch(r"(?:(?:bank)?(\d{1,2})/)?(\d{1,2})", words.strip().lower())
    if match is None or not 1 <= int(match[2]) <= SLOTS or not (match[1] is None or 1 <= int(match[1]) <= BANKS):
        return None
    return int(match[1] or 0), int(match[2])


def path_in(slot: Slot) -> Path:
    """Where the preset lies in a folder of presets."""
    return Path(f"bank{slot[0]}") / f"{slot[1]:02d}.toml"


class PresetReader:
    """Reads presets against the parameter table, the looks and the classes of each bundle."""

    def __init__(self, table: Mapping[str, AnyParam], looks: Looks, classes_of: Callable[[str], Sequence[str]]) -> None:
        self._table = table
        self._looks = looks
        self._classes_of = classes_of

    def folder(self, folder: Path) -> tuple[dict[Slot, Preset], list[SetlistError]]:
        """All presets in `folder`, and what is wrong with the others: one that is broken costs none but itself."""
        found: dict[Slot, Preset] = {}
        broken: list[SetlistError] = []
        for path in sorted(folder.glob("*/*.toml")):
            try:
                slot = slot_of(f"{path.parent.name}/{path.stem}") if path.parent.name.startswith("bank") else None
                if slot is None or slot in found:
                    hint = f"bank1/01.toml to bank{BANKS}/{SLOTS}.toml, each once"
                    raise SetlistError("this is the place of no preset", str(path), hint)
                found[slot] = self.text(read_text(path, "preset"), path)
            except SetlistError as error:
                broken.append(error)
        return found, broken

    def text(self, text: str, path: Path) -> Preset:
        """The preset written in `text`, which lies at `path`; raises SetlistError that names file and key."""
        document, reader, where = parsed(text, path), Reader(path, self._table), "the preset"
        reader.check_keys(document, _KEYS, where)
        bundle = reader.told(where, "bundle", document)
        classes = reader.at(where, "bundle", lambda: self._classes_of(bundle))
        look = reader.words(document, "look", NONE)
        walk = document.get("walk", 0)
        if isinstance(walk, bool) or not isinstance(walk, int) or walk < 0:
            raise SetlistError(f"walk is {walk!r}", str(path), "a whole number from 0")
        preset = Preset(
            name=reader.words(document, "name"),
            look=look,
            bundle=bundle,
            classes=reader.at(where, "classes", lambda: _classes(document)),
            values={a: reader.value(where, "set", a, v) for a, v in reader.section(where, "set", document).items()},
            walk=walk,
        )
        for address in preset.values:
            if not makes_picture(address, self._table[address]):
                raise SetlistError(f"{address} is in no preset", f"{path}, set", "it makes no picture: leave it out")
        reader.at(where, "look", lambda: whole(preset, self._table, self._looks, classes))
        return preset


def _classes(document: Mapping[str, Any]) -> tuple[Any, ...] | None:
    if "classes" not in document:
        return None
    pairs = class_pairs(document["classes"]) if document["classes"] != {} else []
    if not all(isinstance(name, str) for name in pairs[::2]):
        raise ControlError("classes go by name", hint="classes = { ink = 0.7 }: see `vj classes`")
    return tuple(pairs)


def by_name(presets: Presets, name: str) -> Slot:
    """The slot of the first preset called `name`, in any case; raises ControlError."""
    for slot in sorted(presets):
        if presets[slot].name.casefold() == name.casefold():
            return slot
    known = [preset.name for preset in presets.values() if preset.name]
    raise ControlError(f"no preset {name!r}", hint=nearest(name, known) if known else "store one first: /preset/store")


def find(presets: Presets, words: str, bank: int = 1) -> Slot:
    """The slot that `words` mean, a number, bank and number, or a name; raises ControlError if nothing is there."""
    slot = slot_of(words)
    slot = by_name(presets, words) if slot is None else (slot[0] or bank, slot[1])
    if slot not in presets:
        raise ControlError(f"preset {slot[1]} of bank {slot[0]} is empty", hint="store what is on: /preset/store")
    return slot

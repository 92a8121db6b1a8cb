"""The effects of the finishing chain as parameters: whatever a shader's header declares can be faded, cued and played.

A file of `shaders/` with "Finish" among its CATEGORIES belongs to the chain. Of its INPUTS a float with MIN and MAX, a
bool, and a long with VALUES and LABELS or with MIN and MAX is a Param at `/fx/<file>/<NAME>`, explained by its LABEL;
UNIT and CURVE are taken over, SMOOTH is in seconds. All other inputs are the host's to set. FOLLOW binds an input to
what is heard: `{"from": "bands.bass.hits", "amount": 0.25, "attack": 0.01, "release": 0.25}`.

Filters of anybody come after: see `found`. All their inputs are parameters, a colour's and a point's parts each, as
`tint_red` or `centre_x`; beside them `place` says where in the chain a filter stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from vj.core.errors import ControlError, OutputError
from vj.core.isf.source import Source
from vj.core.params import AnyParam, Param, addresses
from vj.core.shelf import share
from vj.core.types import Modulation, Value
from vj.engine.finish.asked import asked_of
from vj.engine.finish.found import PLACES, Found, shelf

CATEGORY = "Finish"
ROOT = "/fx"
#: Seconds in which a fader of the chain settles, unless its shader says otherwise.
SMOOTH = 0.15
_CURVES = ("linear", "log", "square")


@dataclass(frozen=True)
class Effect:
    """One shader of the chain, of `ours` or anybody's filter. `stage` declares its parameters under `/fx/<name>`;
    `words` are the numbers behind the labels of a choice, by input; `bindings` what its header binds to sound."""

    name: str
    stage: type
    words: Mapping[str, Mapping[str, int]]
    bindings: tuple[Modulation, ...]
    source: Source
    ours: bool = True

    def number(self, key: str, value: Value) -> float | int | bool:
        """What the shader's input `key` is to hold when the parameter has `value`."""
        if isinstance(value, str):
            return self.words[key][value]
        return value if isinstance(value, bool | int | float) else 0.0


@cache
def effects(folder: Path | None = None) -> tuple[Effect, ...]:
    """The effects whose shaders lie in `folder`, those of this installation by default; raises OutputError."""
    sources = [Source.read(path) for path in sorted((folder or share("shaders")).glob("*.fs"))]
    return tuple(_effect(source) for source in sources if CATEGORY in source.categories)


def filters() -> tuple[Effect, ...]:
    """Anybody's filters, but for those named as an effect of ours.

    Once made one stays the same, whatever becomes of its file: nobody's desk has parameters that come and go.
    """
    taken = {effect.name for effect in effects()}
    found = [one for one in shelf().filters if one.name not in taken]
    for one in found:
        if (one.source.path, one.place) not in _made:
            _made[one.source.path, one.place] = _filter(one)
    return tuple(_made[one.source.path, one.place] for one in found)


_made: dict[tuple[Path, str], Effect] = {}


def _filter(found: Found) -> Effect:
    """A filter, all of whose inputs can be faded."""
    asked, words = asked_of(found.source)
    place = Param(found.place, choices=PLACES, doc="Where in the chain the filter stands.")
    params = {**asked, "place": place}
    words["place"] = {name: number for number, name in enumerate(PLACES)}
    doc = f"Parameters of the filter {found.name}."
    stage = type(found.name.title(), (), {"__doc__": doc, "address": f"{ROOT}/{found.name}", **params})
    try:
        bindings = _bindings(found.source, stage)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):  # another host's, perhaps
        bindings = ()
    return Effect(found.name, stage, words, bindings, found.source, ours=False)


def _effect(source: Source) -> Effect:
    name = source.path.stem
    params: dict[str, AnyParam] = {}
    words: dict[str, Mapping[str, int]] = {}
    for entry in source.inputs:
        try:
            param = _param(entry)
            if param is not None and param.kind == "choice":
                words[entry["NAME"]] = dict(zip(param.choices, entry["VALUES"], strict=True))
        except (KeyError, TypeError, ValueError, OverflowError, ControlError) as error:
            what = f"input {entry.get('NAME')!r} makes no parameter: {error}"
            raise OutputError(what, f"{source.path}:1", "give it DEFAULT, MIN and MAX, or VALUES and LABELS") from error
        if param is not None:
            params[entry["NAME"]] = param
    stage = type(
        name.title(), (), {"__doc__": f"Parameters of the effect {name}.", "address": f"{ROOT}/{name}", **params}
    )
    try:
        bindings = _bindings(source, stage)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        what = f"a FOLLOW binds nothing: {type(error).__name__} {error}"
        raise OutputError(what, f"{source.path}:1", 'FOLLOW is {"from": "bands.bass", "amount": 0.2}') from error
    return Effect(name, stage, words, bindings, source)


def _bindings(source: Source, stage: type) -> tuple[Modulation, ...]:
    """What a header binds to sound."""
    where = addresses(stage)
    return tuple(_binding(e["FOLLOW"], where[e["NAME"]]) for e in source.inputs if "FOLLOW" in e and e["NAME"] in where)


def _param(entry: Mapping[str, Any]) -> AnyParam | None:
    """The parameter that an input is, or None if it is the host's."""
    kind, doc = entry["TYPE"], f"{entry.get('LABEL', entry['NAME'])}."  # a LABEL, unlike a doc, has no full stop
    if kind == "bool" and "DEFAULT" in entry:
        return Param(bool(entry["DEFAULT"]), doc=doc)
    if kind == "long" and "VALUES" in entry:
        labels, values = tuple(map(str, entry.get("LABELS", entry["VALUES"]))), list(entry["VALUES"])
        return Param(labels[values.index(entry.get("DEFAULT", values[0]))], choices=labels, doc=doc)
    if kind not in ("float", "long") or "MIN" not in entry or "MAX" not in entry:
        return None
    lo, hi, curve = float(entry["MIN"]), float(entry["MAX"]), entry.get("CURVE", "linear")
    if curve not in _CURVES:
        raise ValueError(f"CURVE {curve!r} is none of {', '.join(_CURVES)}")
    unit = str(entry.get("UNIT", ""))
    if kind == "long":
        return Param(int(entry["DEFAULT"]), lo, hi, unit=unit, doc=doc)
    smooth = float(entry.get("SMOOTH", SMOOTH))
    return Param(float(entry["DEFAULT"]), lo, hi, unit=unit, curve=curve, doc=doc, smooth=smooth)


def _binding(follow: Mapping[str, Any], address: str) -> Modulation:
    times = (float(follow.get("attack", 0.01)), float(follow.get("release", 0.25)))
    return Modulation(str(follow["from"]), address, float(follow["amount"]), *times)


def is_effect(address: str) -> bool:
    """Whether a parameter belongs to an effect of the chain, such as "/fx/bloom/gain"."""
    return address.startswith(f"{ROOT}/") and address.count("/") > 2


def stages(chain: Sequence[Effect]) -> tuple[type, ...]:
    """The classes that declare the parameters of a chain."""
    return tuple(effect.stage for effect in chain)

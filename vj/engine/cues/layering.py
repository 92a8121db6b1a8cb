"""The layers of a cue: `[cue.layer.1]` says all of a layer, what it does not say is as if nobody had touched it."""

from collections.abc import Mapping
from typing import Any

from vj.core.errors import SetlistError
from vj.core.params import addresses, declared
from vj.core.types import Value
from vj.engine.cues.reading import Reader
from vj.engine.layers.asking import NUMBERS, SOURCES, STAGES

_DONE = ("trigger", "deed")


def layers_of(reader: Reader, where: str, entry: Mapping[str, Any]) -> dict[str, Value]:
    """The values of the layers that a cue tells of. What is named is shown: a file, words, a camera or NDI.

    Raises SetlistError.
    """
    values: dict[str, Value] = {}
    told = reader.section(where, "layer", entry)
    for number in told:
        if number not in map(str, NUMBERS):
            hint = f"[cue.layer.{NUMBERS[0]}] or [cue.layer.{NUMBERS[-1]}]"
            raise SetlistError(f"there is no layer {number!r}", f"{reader.path}, {where}, layer", hint)
        stage, said = STAGES[int(number) - 1], reader.section(f"{where}, layer", number, told)
        ours = {key: at for key, at in addresses(stage).items() if declared(stage)[key].kind not in _DONE}
        reader.check_keys(said, set(ours), f"{where}, layer {number}")
        named = [source for source in SOURCES if source in said]
        source = {"source": named[0]} if named and "source" not in said else {}
        values |= {at: declared(stage)[key].default for key, at in ours.items()}
        for key, value in {**source, **said}.items():
            values[ours[key]] = reader.value(where, f"layer {number} {key}", ours[key], value)
    return values

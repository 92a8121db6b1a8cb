"""Keys and pads: a page of the bundle's classes and a page of the looks, and which of them is on.

A row of classes or looks may be longer than there are keys, so `/model/first` and `/look/first` say what lies on the
first key, `.../page` turns on by as many as a device has, and `.../pad` takes the n-th of the page. What is asked for
beyond the end begins again at the beginning, as numbers of classes do. Lamps look at `/model/pad` and `/look/pad`.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vj.core.params import Snapshot
from vj.core.types import F32, Mix, Value
from vj.engine.walker import Walker

#: Address -> the row it belongs to, by the address that all of the row begin with.
ROWS = {f"{row}/{deed}": row for row in ("/model", "/look") for deed in ("pad", "page")}
#: The pad of what is on no pad.
NOWHERE = -1


def turned(first: int, by: int, count: int) -> int:
    """The first of the page `by` further in a row of `count`; after the last page comes the first, and back."""
    if 0 <= first + by < count:
        return first + by
    return (count - 1) // -by * -by if by < 0 and first == 0 else 0


def place(index: int, first: int, count: int) -> int:
    """The pad that number `index` of a row of `count` lies on."""
    return (index - first) % count if index >= 0 and count else NOWHERE


def heaviest(mix: Mix) -> int:
    """The class that weighs most: without any, the first."""
    return max(mix, key=lambda pair: pair[1])[0] if mix else 0


def light(values: dict[str, Value], classes: int, looks: Sequence[str]) -> None:
    """Say in `values` which class is on, of so many, and on which pads it and the look lie."""
    mix = values["/model/mix"]
    index = heaviest(mix) if isinstance(mix, tuple) else 0
    if "/model/pad" in values:
        values["/model/class"] = index
        values["/model/pad"] = place(index, _int(values["/model/first"]), classes)
    if "/look/pad" in values:
        number = looks.index(str(values["/look"])) if values["/look"] in looks else NOWHERE
        values["/look/pad"] = place(number, _int(values["/look/first"]), len(looks))


def seen(snapshot: Snapshot, weights: F32) -> Snapshot:
    """`snapshot` as lamps are to show it: where cue and performer leave the class to the director, or to several, that
    of most `weights` [C] on the wall."""
    mix, index = snapshot[Walker.mix], int(np.argmax(weights))
    if (isinstance(mix, tuple) and len(mix) == 1) or index == snapshot["/model/class"]:
        return snapshot
    pad = place(index, _int(snapshot["/model/first"]), len(weights))
    return replace(snapshot, values={**snapshot.values, "/model/class": index, "/model/pad": pad})


def page(first: int, names: Sequence[str], width: int) -> list[str]:
    """What lies on `width` keys, from the `first` of a row on."""
    return [names[(first + n) % len(names)] for n in range(min(width, len(names)))]


def _int(value: Value) -> int:
    return value if isinstance(value, int) else 0

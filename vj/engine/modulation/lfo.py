"""Four slow waves that keep to the beat: what is counted is beats since a bar began, so bars line up."""

import math
from collections.abc import Callable, Mapping

from vj.core.luck import lot
from vj.core.params import Param
from vj.core.types import Value
from vj.engine.sources import LFOS

COUNT = len(LFOS)
ROOT = "/lfo"
#: How long a period may be.
SHORTEST_BEATS = 0.125
LONGEST_BEATS = 256.0


def _noise(x: float, number: int) -> float:
    period = math.floor(x)
    x -= period
    a, b = lot(number, period), lot(number, period + 1)
    return a + (b - a) * x * x * (3.0 - 2.0 * x)


#: Shape -> height 0..1 after so many periods, of LFO so and so.
_SHAPES: Mapping[str, Callable[[float, int], float]] = {
    "sine": lambda x, n: 0.5 + 0.5 * math.sin(2.0 * math.pi * x),
    "triangle": lambda x, n: 1.0 - abs(2.0 * (x % 1.0) - 1.0),
    "saw": lambda x, n: x % 1.0,
    "square": lambda x, n: 1.0 if x % 1.0 < 0.5 else 0.0,
    "random": lambda x, n: lot(n, math.floor(x)),
    "noise": _noise,
}
SHAPES = tuple(_SHAPES)


def wave(shape: str, periods: float, number: int) -> float:
    """0..1: the height of `shape` after so many `periods`. What has luck in it is reproducible, and each LFO's own."""
    return _SHAPES[shape](periods, number)


def read(number: int, values: Mapping[str, Value], beats: float) -> float:
    """-0.5..0.5: where LFO `number` stands, as `values` set it, `beats` after a bar began; 0 while it is off."""
    where = f"{ROOT}/{number}"
    if not values[f"{where}/on"]:
        return 0.0
    periods = beats / float(values[f"{where}/beats"]) + float(values[f"{where}/phase"])  # type: ignore[arg-type]
    return wave(str(values[f"{where}/shape"]), periods + 1e-9, number) - 0.5


def _stage(number: int) -> type:
    return type(
        f"Lfo{number}",
        (),
        {
            "__doc__": f"LFO {number}.",
            "address": f"{ROOT}/{number}",
            "beats": Param(4.0, SHORTEST_BEATS, LONGEST_BEATS, unit="beats", curve="log", doc="Length of a period."),
            "shape": Param(
                "sine",
                choices=SHAPES,
                doc="Its shape: `random` is another level each period, `noise` glides between such.",
            ),
            "phase": Param(0.0, doc="How much of a period it is ahead; a period begins with a bar."),
            "on": Param(True, doc="Off it rests in its middle."),
        },
    )


STAGES = tuple(_stage(n) for n in range(1, COUNT + 1))

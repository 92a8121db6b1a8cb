"""Endless encoders: the ways in which they say their steps, and how to tell them from knobs and faders.

relative     right 1, 2, 3 ...   left 127, 126 ... (two's complement) or 65, 66 ... (the sign is bit 6)
signed       right 1, 2, 3 ...   left 65, 66 ... however fast: V-Pots of Mackie's protocol
relative64   right 65, 66 ...    left 63, 62 ...: from a centre of 64
"""

import itertools
from collections import deque
from collections.abc import Sequence
from typing import Literal

Guess = Literal["absolute", "turn", ""]

#: The most that one message of an encoder says.
FAST_STEPS = 24
#: The most that one says of slow turning.
SLOW_STEPS = 3
#: Values next to each other that are this far apart are two ways of turning, or two places of a finger on a strip.
LEAP = 40
#: Values in a row that a knob is judged by.
WINDOW = 8


def steps(kind: str, level: int) -> int:
    """Steps to the right that `level` 0..127 means to an encoder of that kind."""
    if kind == "relative64":
        return level - 64
    if kind == "relative" and level >= 96:
        return level - 128
    return -(level - 64) if level >= 64 else level


def _distance(value: int) -> int:
    """Steps that `value` means at least, in whichever way it is said."""
    return min(value, abs(value - 64), 128 - value) if value else 64


def leaps(values: Sequence[int]) -> bool:
    """Whether some value in a row leaps from a slow step one way to a slow one the other, as no knob does."""
    return any(
        abs(a - b) >= LEAP and max(_distance(a), _distance(b)) <= SLOW_STEPS for a, b in itertools.pairwise(values)
    )


def repeats(values: Sequence[int]) -> bool:
    """Whether a slow step comes twice in a row; a knob says only what is new."""
    return any(a == b and _distance(a) <= SLOW_STEPS for a, b in itertools.pairwise(values))


def guess(values: Sequence[int]) -> tuple[Guess, bool]:
    """(what sends these values in a row, whether that is sure): "absolute", "turn" for an encoder, "" for who knows."""
    if any(not 0 < _distance(value) <= FAST_STEPS for value in values):
        wound = len(values) > 2 and 0 not in values and leaps(values)  # an encoder turned very fast, to and fro
        return ("turn" if wound else "absolute"), True
    pairs = list(itertools.pairwise(values))
    again = [a == b for a, b in pairs]
    if repeats(values) or any(map(all, itertools.pairwise(again))):
        return "turn", True
    path = [value for i, value in enumerate(values) if not i or value != values[i - 1]]
    ways = {a < b for a, b in itertools.pairwise(path)}
    if len(ways) == 1 and len(path) > 2 and max(path) - min(path) > 40:
        return "absolute", True
    if any(abs(a - b) >= LEAP and max(_distance(a), _distance(b)) <= 8 for a, b in pairs):
        return "turn", True
    distances = [_distance(value) for value in values]
    slow = min(distances, default=64) <= 2
    if len(ways) != 1:  # to and fro, or nothing yet
        ends = max(distances, default=64) <= 15 and not any(32 < value < 96 for value in values)
        return ("turn", True) if len(pairs) > 1 and (slow or ends) else ("absolute" if len(pairs) > 2 else "", False)
    if len(pairs) >= 3 and all(abs(a - b) == 1 for a, b in pairs):
        return "absolute", True
    if distances[0] <= 2:
        return "turn", False  # an encoder that is turned faster and faster, or a fader pushed up from its end
    return "absolute", len(pairs) >= 4


def way(values: Sequence[int]) -> tuple[str, bool]:
    """(kind of the encoder that sends these values, whether that is sure)."""
    low = any(0 < value <= FAST_STEPS for value in values)
    under, over = any(64 - FAST_STEPS <= v < 64 for v in values), any(64 < v <= 64 + FAST_STEPS for v in values)
    high = any(value >= 128 - FAST_STEPS for value in values)
    if under and not low and not high:
        return "relative64", True
    if high and not under and not over:
        return "relative", True
    if low and not under and not high:
        return ("signed", True) if over else ("relative", False)
    return "encoder", False


class Sense:
    """Finds out by itself what one control is: an encoder and of which way, or, if `absolute`, no encoder at all.

    It is ignored until that is sure: a click that is taken for a position throws a value across its range.
    """

    def __init__(self, absolute: bool) -> None:
        self._knows: Guess = "" if absolute else "turn"
        self._absolute = absolute
        self._kind = ""
        self._recent: deque[int] = deque(maxlen=WINDOW)

    def take(self, level: int) -> int | Literal["absolute"]:
        """The steps that `level` means, 0 where nobody knows; "absolute" where it is a position."""
        self._recent.append(level)
        if self._absolute:
            self._judge()
        if self._knows == "absolute":
            return "absolute"
        if self._knows != "turn":
            # a first position is only heard: soft takeover waits for a second one before it moves anything
            return "absolute" if len(self._recent) == 1 else 0
        kind, sure = way([level])
        if sure or kind == "relative":
            self._kind = kind
        wild = self._absolute and not 0 < _distance(level) <= FAST_STEPS
        return steps(self._kind, level) if self._kind and not wild else 0

    def _judge(self) -> None:
        recent = list(self._recent)
        if self._knows == "absolute":
            # three equal values inside the range, to and fro across it, or one leap from a slowest step one way to a
            # slowest the other are no knob's
            last = recent[-3:]
            same = len(set(last)) == 1 and last[0] != 127
            across = all(abs(a - b) >= LEAP for a, b in itertools.pairwise(last))
            if leaps(last[-2:]) or (len(last) == 3 and (same or across) and guess(last) == ("turn", True)):
                self._knows, self._kind = "turn", ""
        elif self._knows == "turn":
            if len(recent) > 1 and all(not 0 < _distance(value) <= FAST_STEPS for value in recent[-2:]):
                self._knows = "absolute"
        else:
            found, sure = guess(recent)
            if sure and (len(recent) > 1 or found == "absolute"):
                self._knows = found

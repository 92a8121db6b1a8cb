"""What differs between two takes: per parameter, when, and from what to what. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vj.apps.replay.lanes import RELEASE, Moves, lane, of_the_house
from vj.core.errors import VjError
from vj.core.params import AnyParam
from vj.core.types import Event
from vj.engine.addresses import asked

#: Differences of one parameter that lie no further apart than this many seconds are one.
APART_S = 2.0
#: Steps of a small picture of a value on its way.
STEPS = "▁▂▃▄▅▆▇█"
#: Where nobody holds it, and cue or look say what it is.
FREE = "·"


@dataclass(frozen=True)
class Difference:
    """One parameter that is moved otherwise: the `spans` (from, to) in which it is, in seconds, and the moves in these
    of the one take and the other."""

    lane: str
    spans: tuple[tuple[float, float], ...]
    ours: Moves
    theirs: Moves


def compare(ours: Moves, theirs: Moves) -> list[Difference]:
    """What differs between two scripts, in the order in which it begins to."""
    a, b = _by_lane(ours), _by_lane(theirs)
    found: list[Difference] = []
    for name in {**a, **b}:
        one, other = a.get(name, ()), b.get(name, ())
        times = _otherwise(one, other)
        if times and not of_the_house(name):
            found.append(Difference(name, spans := _spans(times), _within(one, spans), _within(other, spans)))
    return sorted(found, key=lambda each: each.spans)


def way(moves: Moves, name: str, param: AnyParam | None, length: float, width: int) -> str:
    """A small picture of what a hand holds in the lane `name` over `length` seconds, in `width` letters.

    What has no range is told by a mark where it is done.
    """
    own = [(t, event) for t, event in moves if lane(event) == name]
    if param is None or param.kind not in ("float", "int", "toggle"):
        marks = {min(int(t / max(length, 1e-9) * width), width - 1) for t, _ in own}
        return "".join("|" if place in marks else FREE for place in range(width))
    letters, held, done = [], None, 0
    for place in range(width):
        until = (place + 1) * length / width
        while done < len(own) and own[done][0] < until:
            held = _after(own[done][1], param, held)
            done += 1
        letters.append(FREE if held is None else STEPS[min(int(held * len(STEPS)), len(STEPS) - 1)])
    return "".join(letters)


def said(moves: Moves, param: AnyParam | None) -> str:
    """`moves` of one parameter in a few words: how many, and from where to where."""
    if not moves:
        return "nothing"
    count = f"{len(moves)} move{'s' if len(moves) > 1 else ''}"
    if len(moves) == 1 and moves[0][1].address != RELEASE:
        return " ".join(map(_word, moves[0][1].args)) or "once"
    values = [x for x in _values((event for _, event in moves), param) if x is not None]
    if not values or param is None:
        return "let go of" if all(event.address == RELEASE for _, event in moves) else count
    low, high = (param.scale(x) for x in (min(values), max(values)))
    return f"{count}, {_word(low)}" + (f" .. {_word(high)}" if high != low else "")


def _by_lane(moves: Moves) -> Mapping[str, Moves]:
    found: dict[str, list[tuple[float, Event]]] = {}
    for t, event in moves:
        found.setdefault(lane(event), []).append((t, event))
    return {name: tuple(own) for name, own in found.items()}


def _otherwise(one: Moves, other: Moves) -> list[float]:
    """When either does what the other does not, ascending."""
    a, b = (Counter((t, event.address, event.args, event.scaled) for t, event in moves) for moves in (one, other))
    return sorted(key[0] for key in ((a - b) + (b - a)).elements())


def _spans(times: Sequence[float]) -> tuple[tuple[float, float], ...]:
    spans = [(times[0], times[0])]
    for t in times[1:]:
        if t - spans[-1][1] > APART_S:
            spans.append((t, t))
        else:
            spans[-1] = (spans[-1][0], t)
    return tuple(spans)


def _within(moves: Moves, spans: Iterable[tuple[float, float]]) -> Moves:
    kept = tuple(spans)
    return tuple((t, event) for t, event in moves if any(first <= t <= last for first, last in kept))


def _values(events: Iterable[Event], param: AnyParam | None) -> Iterable[float | None]:
    held: float | None = None
    for event in events:
        held = _after(event, param, held) if param is not None else None
        yield held


def _after(event: Event, param: AnyParam, held: float | None) -> float | None:
    """Where in its range (0..1) a hand holds it after `event`; None where nobody does."""
    if event.address == RELEASE:
        return None
    try:
        if event.scaled:
            return min(max(float(event.args[0]), 0.0), 1.0) if event.args else 1.0
        now = param.default if held is None else param.scale(held)
        return param.unscale(asked(param, event.args, now))
    except (VjError, TypeError, ValueError):
        return held


def _word(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)

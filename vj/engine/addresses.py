"""What comes over the wire becomes a value: liberal in what it takes, strict in what it lets through."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from vj.core.errors import ControlError, nearest
from vj.core.params import AnyParam, Param
from vj.core.types import Clock, Event, Mix, Value

#: What a clock may say of its tempo.
SLOWEST_BPM = 20.0
FASTEST_BPM = 999.0
#: The most beats of its bars.
MOST_METRE = 16


def coerce(param: AnyParam, args: Sequence[Any]) -> Value:
    """The value that OSC, MIDI or TOML arguments mean to `param`, clamped.

    Takes f, i, d, T, F, N, I and s; numbers may come as words and booleans as numbers. Raises ControlError.
    """
    if not args:
        return True if param.kind == "toggle" else param.clamp(param.default)
    value = args[0]
    if param.kind in ("float", "int"):
        return param.clamp(value)
    if param.kind == "toggle":
        words: dict[Any, bool] = {"on": True, "true": True, "off": False, "false": False, None: True}
        known = words.get(value.lower() if isinstance(value, str) else value if value is None else "")
        return known if known is not None else param.clamp(value)
    if param.kind == "choice":
        if isinstance(value, str):
            lower = {choice.lower(): choice for choice in param.choices}
            return param.clamp(lower.get(value.lower(), value))
        index = int(param_number(value))
        return param.choices[min(max(index, 0), len(param.choices) - 1)]
    if param.kind == "text":
        return f"{value:g}" if isinstance(value, float) else str(value)
    raise ControlError(f"a {param.kind} takes no plain value")


def asked(param: AnyParam, args: Sequence[Any], now: Value) -> Value:
    """`coerce`, but for what asks for a change of the value of `now`: "toggle", or "+", "-", "*" and a number."""
    if args and args[0] == "toggle" and param.kind == "toggle":
        return not now
    if len(args) == 2 and args[0] in ("+", "-", "*", "a") and param.kind in ("float", "int"):
        amount, base = param_number(args[1]), float(now)  # type: ignore[arg-type]
        return param.clamp({"+": base + amount, "-": base - amount, "*": base * amount, "a": amount}[str(args[0])])
    return coerce(param, args)


def param_number(value: Any) -> float:
    """`value` as a finite number, by the rules of every other number."""
    return float(Param(0.0, -1e9, 1e9).clamp(value))


def class_index(value: Any, classes: Sequence[str]) -> int:
    """The number of a class given by number (any number wraps round) or by name in any case; raises ControlError."""
    if isinstance(value, str):
        names = [name.lower() for name in classes]
        if value.lower() in names:
            return names.index(value.lower())
        if not value.lstrip("-").isdigit():
            raise ControlError(f"no class {value!r} in this bundle", hint=nearest(value.lower(), names))
    return int(param_number(value)) % len(classes)


def resolve_mix(args: Sequence[Any], classes: Sequence[str]) -> Mix:
    """`name weight name weight ...` as class numbers and weights. Weights are any real numbers up to +-100."""
    if not args or len(args) % 2:
        raise ControlError("a mix is pairs of class and weight", hint="such as: ink 0.7 aurora 0.3")
    weight = Param(0.0, -100.0, 100.0)
    return tuple((class_index(args[i], classes), float(weight.clamp(args[i + 1]))) for i in range(0, len(args), 2))


def read_clock(args: Sequence[Any], before: Clock) -> Clock:
    """The clock of another machine after it said `bpm beat metre peers`, all but the first at will, or nothing: lost.

    A word in place of the beat is none. A tempo of 0 lets it go. Its time `t` is for the caller to fill in. Raises
    ControlError.
    """
    if not args:
        return replace(before, lost=before.bpm > 0.0)
    bpm = param_number(args[0])
    if bpm <= 0.0:
        return Clock()
    beat = None if len(args) < 2 or isinstance(args[1], str) else param_number(args[1])
    metre, peers = (round(param_number(arg)) for arg in (*args[2:4], *(4, 0)[len(args[2:4]) :]))
    return Clock(
        min(max(bpm, SLOWEST_BPM), FASTEST_BPM), beat, metre=min(max(metre, 1), MOST_METRE), peers=max(peers, 0)
    )


def arguments(param: AnyParam, args: Sequence[Any]) -> tuple[str | float | int, ...]:
    """`args` as the deed `param` declares them, as many as were given; what comes after them is not looked at.

    Where none is needed, one number is a button: at 0.5 and above it is pressed. Raises ControlError.
    """
    tags = [(tag, optional == "?") for tag, optional in re.findall(r"([sfi])(\??)", param.args)]
    button = all(optional for _, optional in tags) and tags[:1] in ([], [("s", True)])
    if button and args and not isinstance(args[0], str):
        args = ()
    if len(args) < len(tags) and not tags[len(args)][1]:
        raise ControlError(f"it takes {len(tags)} arguments: {param.args}", hint=param.doc)
    return tuple(_argument(tag, value) for (tag, _), value in zip(tags, args, strict=False))


def released(param: AnyParam, args: Sequence[Any]) -> bool:
    """Whether `args` are those of a button that was let go, which is told to a trigger or deed as well as the press."""
    words = param.kind == "deed" and not re.match(r"s\?|$", param.args)
    return not words and bool(args) and isinstance(args[0], int | float) and args[0] < 0.5


def _argument(tag: str, value: Any) -> str | float | int:
    if tag == "s":
        return f"{value:g}" if isinstance(value, float) else str(value)
    number = param_number(value)
    return number if tag == "f" else round(number)


def carried(event: Event, param: AnyParam | None, now: float) -> Event:
    """`event` as it is at wall-clock second `now`: what another machine's clock said when it came is older by then."""
    told, more = event.args[:2], event.args[2:]
    if param is None or param.kind != "clock" or len(told) < 2 or not event.stamp:
        return event
    if isinstance(told[0], str) or isinstance(told[1], str):
        return event
    return replace(event, args=(told[0], told[1] + max(now - event.stamp, 0.0) * told[0] / 60.0, *more))

"""Numbers of cues: those that were given, the others counted on, and room for one between two."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from vj.core.errors import SetlistError


def numbers_of(path: Path, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """The cues' numbers: those given, and for the others the next whole one that is free. Raises SetlistError."""
    given, taken = [entry.get("number") for entry in entries], set[float | str]()
    for place, number in enumerate(given, 1):
        if number is None:
            continue
        if isinstance(number, bool) or not isinstance(number, str | int | float) or not _countable(number):
            raise SetlistError(f"{number!r} is no cue number", f"{path}, [[cue]] {place}", 'such as "1" or "1.5"')
        if _as_number(number) in taken:
            raise SetlistError(f"cue number {str(number)!r} is used twice", str(path), "give each cue its own number")
        taken.add(_as_number(number))
    last, numbers = 0, []
    for number in given:
        if number is None:
            last += 1
            while last in taken:
                last += 1
            taken.add(last)
        elif isinstance(key := _as_number(number), float):
            last = math.floor(key)
        numbers.append(str(last if number is None else number))
    return numbers


def _countable(number: Any) -> bool:
    """Whether a cue may have it: any word, and any number that there is."""
    return bool(number.strip()) if isinstance(number, str) else math.isfinite(number)


@lru_cache(4096)  # of a thousand cues all are asked for whenever one is added
def _as_number(number: Any) -> float | str:
    """A cue's number to count on from, or as it stands if it is a word."""
    try:
        return float(number) if math.isfinite(float(number)) else str(number)
    except ValueError:
        return str(number)


def between(before: str | None, after: str | None, taken: set[str]) -> str:
    """A number that is not `taken` for a cue after `before` and before `after`; None is no cue.

    Whole where there is room for it, else as few digits as do.
    """
    low, high = (_as_number(each) if each is not None else None for each in (before, after))
    start = low if isinstance(low, float) else 0.0
    if isinstance(high, float) and high > start:
        step = 1.0
        while True:
            for n in range(1, 10 if step < 1.0 else 2):
                number = f"{math.floor(start / step + 1e-9) * step + n * step:.6g}"
                if start < float(number) < high and number not in taken:
                    return number
            step /= 10.0
            if step < 1e-5:
                break
    last = math.floor(start) + 1
    while str(last) in taken:
        last += 1
    return str(last)

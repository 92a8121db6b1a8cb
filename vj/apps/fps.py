"""Frame rates as people write them."""

import math
from fractions import Fraction

from vj.core.errors import VjError


def frame_rate(text: str, where: str, least: int, most: int) -> Fraction:
    """Frames a second, exactly: 29.97 is 30000/1001, and 23.976, 23.98, 59.94, 119.88 ... are what they stand for too.

    Raises VjError for what is no rate from `least` to `most`; `where` is the option that said it.
    """
    try:
        rate = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise VjError(f"{text!r} is no frame rate", where, "write it like 30, 59.94 or 30000/1001") from None
    if not least <= round(rate) <= most:
        raise VjError(f"{text} frames a second is out of range", where, f"choose {least} to {most}")
    whole, decimals = math.ceil(rate), len(text.strip().partition(".")[2])
    if decimals >= 2 and (whole % 24 == 0 or whole % 30 == 0):
        meant, unit = Fraction(1000 * whole, 1001), 10**decimals
        if rate * unit in (round(meant * unit), math.floor(meant * unit)):
            return meant
    return rate.limit_denominator(1001)

"""Movement in time as pure functions: followers, exact for any time step."""

import math


def ease(dt: float, tau: float) -> float:
    """Fraction of the way that a one-pole follower of time constant `tau` seconds goes in `dt` seconds."""
    return 1.0 if tau <= 0.0 else -math.expm1(-dt / tau)


def follow(value: float, target: float, dt: float, attack: float, release: float) -> float:
    """`value` after `dt` seconds on its way to `target`; time constants in seconds, attack when it rises."""
    return value + (target - value) * ease(dt, attack if target > value else release)


def shortest(phase: float) -> float:
    """`phase` in turns or beats as a signed distance to the nearest whole one, -0.5..0.5."""
    return phase - math.floor(phase + 0.5)

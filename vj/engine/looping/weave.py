"""Two rounds become one that closes: the second gives way to the first, so that the end leads to the beginning.

What repeats in both stays as it is; what went on, slow drifts and the like, is led back within the round.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from vj.core.curves import smoothstep
from vj.core.types import F32, Finish, Latent
from vj.engine.finish.finisher import GRAINS_HZ, MOST_TICKS, NEVER_S, RINGS_S, TICKS_HZ
from vj.engine.looping.span import Span

#: What adds up for ever and is led there and back: value -> what it is a whole turn of, if of anything.
TURNING: Mapping[tuple[str, str], float | None] = {
    ("coords", "turned"): 2.0 * math.pi,
    ("coords", "flow"): None,
    ("history", "wander"): None,
}
RING = ("coords", "ring_age")
#: Rings need so many seconds to themselves in a loop, for each to have died away when it is over.
LONE = 4.0

Number = float | int | bool
Values = dict[str, dict[str, Number]]


def share(place: int, frames: int) -> float:
    """0..1: how much of the first round there is at frame `place` of a round of `frames`."""
    return smoothstep(place / frames)


def woven_latents(first: Sequence[Latent], second: Sequence[Latent]) -> list[Latent]:
    """One round that closes, of two that follow each other."""
    pairs = zip(second, first, strict=True)
    return [between(late, early, share(n, len(first))) for n, (late, early) in enumerate(pairs)]


def between(a: Latent, b: Latent, x: float) -> Latent:
    """A share `x` of the way from `a` to `b`: on the sphere, not through it."""
    if x <= 0.0:
        return a
    mix = np.asarray(a.mix + (b.mix - a.mix) * np.float32(x), np.float32)
    directions = np.asarray(a.directions + (b.directions - a.directions) * np.float32(x), np.float32)
    return replace(a, z=_on_the_way(a.z, b.z, x), mix=mix, psi=a.psi + (b.psi - a.psi) * x, directions=directions)


def _on_the_way(a: F32, b: F32, x: float) -> F32:
    """[G, Z] as long as a and b are, by length and direction apart; equal ones stay as they are to the bit."""
    if np.array_equal(a, b):
        return a
    middle = a + (b - a) * np.float32(x)
    lengths = [np.linalg.norm(z, axis=1, keepdims=True) for z in (a, b, middle)]
    wanted = lengths[0] + (lengths[1] - lengths[0]) * x
    return np.asarray(middle * (wanted / np.maximum(lengths[2], 1e-9)), np.float32)


def woven_finishes(first: Sequence[Finish], second: Sequence[Finish], span: Span) -> list[Finish]:
    """One round of finishes that closes, of two that follow each other, `span` being that of each."""
    frames = len(first)
    rings = _rings(first, second, span)
    ways = {key: _led_back(key, second, turn) for key, turn in TURNING.items()}
    woven = []
    for n, (early, late) in enumerate(zip(first, second, strict=True)):
        x = share(n, frames)
        values = {name: _woven(late.values[name], early.values[name], x) for name in late.values}
        for (name, key), way in ways.items():
            if key in values.get(name, {}):
                values[name][key] = way[n]
        if RING[1] in values.get(RING[0], {}):
            values[RING[0]][RING[1]] = rings[n]
        if "grain_frame" in values.get("finish", {}):
            values["finish"]["grain_frame"] = math.floor(span.time(n) * GRAINS_HZ + 1e-6)
        level = late.level + (early.level - late.level) * x
        woven.append(replace(late, values=values, ticks=_ticks(n, span), level=level))
    return woven


def _woven(late: Mapping[str, Number], early: Mapping[str, Number], x: float) -> dict[str, Number]:
    """Numbers between; what has steps is that of the second round."""
    return {
        key: value + (early[key] - value) * x if isinstance(value, float) and value != early[key] else value
        for key, value in late.items()
    }


def _ticks(place: int, span: Span) -> int:
    """Ticks of the history between the frame before and this one, the last being the one before the first."""
    place = place or span.frames
    now, before = (math.floor(60 * n / span.fps) for n in (place, place - 1))
    return min(round((now - before) * TICKS_HZ / 60.0), MOST_TICKS)


def _led_back(where: tuple[str, str], finishes: Sequence[Finish], turn: float | None) -> list[float]:
    """What grew over a round, closed: by whole turns if it went far enough for one, else there and back again."""
    name, key = where
    went = np.array([float(finish.values.get(name, {}).get(key, 0.0)) for finish in finishes])
    steps = np.diff(went, append=went[-1] + (went[-1] - went[-2]) if len(went) > 1 else went[-1])
    far = float(steps.sum())
    if abs(far) < 1e-9:
        return [float(went[0])] * len(went)
    gone = (np.cumsum(steps) - steps) / far
    turns = round(far / turn) if turn else 0
    if turn and turns:
        return [float(x) for x in turns * turn * gone]
    # The swing goes as far in a round as it would have gone onwards.
    return [float(x) for x in went[0] + 0.25 * far * np.sin(2.0 * np.pi * gone)]


def _rings(first: Sequence[Finish], second: Sequence[Finish], span: Span) -> list[float]:
    """[frames] the age of the newest shock ring, if rings of this round are born again in the next."""
    length, frames = float(span.seconds), len(second)
    born: list[float] = []
    if length >= LONE:
        for finishes in (second, first):
            for n, finish in enumerate(finishes):
                age = float(finish.values.get(RING[0], {}).get(RING[1], NEVER_S))
                if age >= NEVER_S:
                    continue
                at = (span.time(n) - age) % length
                gaps = [min((at - other) % length, (other - at) % length) for other in born]
                if all(gap >= RINGS_S for gap in gaps):
                    born.append(at)
    ages = [min(((span.time(n) - at) % length for at in born), default=NEVER_S) for n in range(frames)]
    return [age if age < RINGS_S else NEVER_S for age in ages]

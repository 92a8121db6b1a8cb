"""Moving on the unit sphere, where a generator's z lives (a Gaussian z of Z numbers lies near radius sqrt(Z))."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vj.core.types import F32, F64


def unit(v: F64) -> F64:
    """`v` [..., Z] scaled to length 1; a zero vector becomes the first axis."""
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    safe = np.where(length > 1e-12, v, np.eye(1, v.shape[-1])[0])
    return np.asarray(safe / np.maximum(np.linalg.norm(safe, axis=-1, keepdims=True), 1e-12))


def angle(a: F64, b: F64) -> float:
    """Radians 0..pi between unit vectors [Z], exact for tiny angles too (Kahan's formula)."""
    return float(angles(a, b))


def angles(a: F64, b: F64) -> F64:
    """[...] radians 0..pi between unit vectors [..., Z]."""
    less, more = a - b, a + b
    return np.asarray(2.0 * np.arctan2(np.sqrt((less * less).sum(-1)), np.sqrt((more * more).sum(-1))))


def towards(a: F64, b: F64, radians: float | F64) -> F64:
    """The points `radians` [...] along the great circle from unit vectors `a` [..., Z] to `b`, or `b` if nearer."""
    whole = angles(a, b)
    return _turned(a, b, np.minimum(radians, whole), whole)


def slerp(a: F64, b: F64, x: float | F64) -> F64:
    """The unit vectors [..., Z] a share `x` [...] in 0..1 of the way from `a` to `b` along the great circle."""
    whole = angles(a, b)
    return _turned(a, b, whole * np.clip(x, 0.0, 1.0), whole)


def _turned(a: F64, b: F64, radians: F64, whole: F64) -> F64:
    """`a` turned by `radians` of the `whole` angle towards `b`; exactly `b` where that is all of it."""
    tangent = b - (a * b).sum(-1)[..., None] * a
    length = np.sqrt((tangent * tangent).sum(-1))
    if np.any((length < 1e-9) & (whole > 1.0)):  # opposite points: any way round is as short, so take a fixed one
        other = np.roll(a, 1, axis=-1)
        other = other - (a * other).sum(-1)[..., None] * a
        tangent = np.where(((length < 1e-9) & (whole > 1.0))[..., None], other, tangent)
        length = np.sqrt((tangent * tangent).sum(-1))
    tangent = tangent / np.maximum(length, 1e-300)[..., None]
    point = np.cos(radians)[..., None] * a + np.sin(radians)[..., None] * tangent
    point = point / np.sqrt((point * point).sum(-1))[..., None]
    return np.asarray(np.where((radians >= whole)[..., None], b, point))


#: Energies of the circles of a loop that go round once, twice and three times: a big arc with detail on it.
_ENERGY = np.array([0.7, 0.2, 0.1])
#: Radians by which a loop's second circle turns towards a fresh plane in one revolution: the same, but developed.
DEVELOP = 0.35


@dataclass(frozen=True)
class Loops:
    """Closed walks on the unit sphere, one for each of G groups, whose norm and speed are exactly constant.

        at(x) = cos(r) p + sin(r) sum_k c_k (a_k cos 2 pi k x + b_k sin 2 pi k x),  k = 1, 2, 3

    p and all a_k, b_k are orthonormal and sum c_k^2 = 1; `x` counts revolutions. The radius r comes from the length
    that the loop is asked to have. With each revolution the circle k = 2 turns by DEVELOP towards a fresh plane, which
    costs neither norm nor evenness; it is a function of `x` alone, so it is the same at any frame rate. Spaces of few
    dimensions have fewer circles, and no middle p below three.

    `frames` [G, 9, Z] are p, a_1, b_1, a_2, b_2, a_3, b_3 and the fresh plane, zeros where there is no room.
    """

    frames: F64
    circles: int

    @classmethod
    def random(cls, rng: np.random.Generator, groups: int, z_dim: int) -> "Loops":
        """Loops in random planes of a space of `z_dim` >= 2 dimensions."""
        circles = max(1, min(len(_ENERGY), (z_dim - 1) // 2))
        rows = [*range(1, 1 + 2 * circles), 0, 7, 8][:z_dim]  # circles first, where room is scarce
        frames = np.zeros((groups, 9, z_dim))
        for frame in frames:
            frame[rows] = np.linalg.qr(rng.standard_normal((z_dim, len(rows))))[0].T
        return cls(frames, circles)

    @cached_property
    def longest(self) -> float:
        """Radians of a revolution at the greatest radius."""
        speeds = np.arange(1.0, 1.0 + self.circles) ** 2
        if self._develops:
            speeds[1] += (DEVELOP / (2.0 * np.pi)) ** 2
        return float(2.0 * np.pi * np.sqrt(np.sum(self._energy * speeds)))

    @cached_property
    def _energy(self) -> F64:
        return np.asarray(_ENERGY[: self.circles] / _ENERGY[: self.circles].sum())

    @cached_property
    def _develops(self) -> bool:
        return self.circles > 1 and bool(self.frames[:, 7:].any(axis=2).all())

    def at(self, x: F64, length: F64 | float = math.inf) -> F64:
        """[G, Z] after `x` [G] revolutions of loops of `length` [G] radians, or the longest where that is less."""
        wide = np.minimum(length / self.longest, 1.0) if self.frames[0, 0].any() else np.ones(len(self.frames))
        ways = 2.0 * np.pi * x[:, None] * np.arange(1, 1 + self.circles)
        share = np.zeros(self.frames.shape[:2])
        share[:, 0] = np.sqrt(1.0 - wide * wide)
        reach = np.reshape(wide, (-1, 1)) * np.sqrt(self._energy)
        share[:, 1 : 1 + 2 * self.circles : 2] = reach * np.cos(ways)
        share[:, 2 : 2 + 2 * self.circles : 2] = reach * np.sin(ways)
        if self._develops:
            turn = DEVELOP * x[:, None]
            share[:, 7:] = np.sin(turn) * share[:, 3:5]
            share[:, 3:5] *= np.cos(turn)
        return np.asarray((share[:, None, :] @ self.frames)[:, 0])


def on_shell(directions: F64) -> F32:
    """Unit vectors [..., Z] as z on the shell of radius sqrt(Z), float32."""
    return np.asarray(directions * np.sqrt(directions.shape[-1]), np.float32)

"""Moving on the unit sphere, where a generator's z lives (a Gaussian z of Z numbers lies near radius sqrt(Z))."""

import math
from dataclasses import dataclass

import numpy as np

from vj.core.types import F32, F64


def unit(v: F64) -> F64:
    """`v` [..., Z] scaled to length 1; a zero vector becomes the first axis."""
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    safe = np.where(length > 1e-12, v, np.eye(1, v.shape[-1])[0])
    return np.asarray(safe / np.maximum(np.linalg.norm(safe, axis=-1, keepdims=True), 1e-12))


def angle(a: F64, b: F64) -> float:
    """Radians 0..pi between unit vectors [Z], exact for tiny angles too (Kahan's formula)."""
    return float(2.0 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b)))


def towards(a: F64, b: F64, radians: float) -> F64:
    """The point `radians` along the great circle from unit vector `a` [Z] to `b` [Z], or `b` if that is nearer."""
    whole = angle(a, b)
    if whole <= radians:
        return b
    tangent = b - np.dot(a, b) * a
    if np.linalg.norm(tangent) < 1e-9:  # opposite points: any way round is as short, so take a fixed one
        tangent = np.roll(a, 1) - np.dot(a, np.roll(a, 1)) * a
    return unit(np.cos(radians) * a + np.sin(radians) * unit(tangent))


def slerp(a: F64, b: F64, x: float) -> F64:
    """The unit vector [Z] a share `x` in 0..1 of the way from `a` to `b` along the great circle."""
    return towards(a, b, angle(a, b) * min(max(x, 0.0), 1.0)) if x < 1.0 else b


#: Energies of the circles of a loop that go round once, twice and three times: a big arc with detail on it.
_ENERGY = np.array([0.7, 0.2, 0.1])
#: Radians by which a loop's second circle turns towards a fresh plane in one revolution: the same, but developed.
DEVELOP = 0.35


@dataclass(frozen=True)
class Loop:
    """A closed walk on the unit sphere whose norm and speed are exactly constant.

        at(x) = cos(r) p + sin(r) sum_k c_k (a_k cos 2 pi k x + b_k sin 2 pi k x),  k = 1, 2, 3

    p and all a_k, b_k are orthonormal and sum c_k^2 = 1; `x` counts revolutions. The radius r comes from the length
    that the loop is asked to have. With each revolution the circle k = 2 turns by DEVELOP towards a fresh plane, which
    costs neither norm nor evenness; it is a function of `x` alone, so it is the same at any frame rate. Spaces of few
    dimensions have fewer circles, and no middle p below three.
    """

    middle: F64
    cosines: F64
    sines: F64
    fresh: F64
    energy: F64

    @classmethod
    def random(cls, rng: np.random.Generator, z_dim: int) -> "Loop":
        """A loop in random planes of a space of `z_dim` >= 2 dimensions."""
        count = max(1, min(len(_ENERGY), (z_dim - 1) // 2))
        frame = np.zeros((2 * len(_ENERGY) + 3, z_dim))
        used = min(z_dim, len(frame))
        frame[:used] = np.linalg.qr(rng.standard_normal((z_dim, used)))[0].T
        cosines, sines = frame[0 : 2 * count : 2], frame[1 : 2 * count : 2]
        rest = frame[2 * count :]
        return cls(rest[0], cosines, sines, rest[1:3], _ENERGY[:count] / _ENERGY[:count].sum())

    @property
    def longest(self) -> float:
        """Radians of a revolution at the greatest radius."""
        orders = np.arange(1, len(self.energy) + 1)
        develop = (DEVELOP / (2.0 * np.pi)) ** 2 * self.energy[1] if self._develops else 0.0
        return float(2.0 * np.pi * np.sqrt(np.sum(self.energy * orders**2) + develop))

    @property
    def _develops(self) -> bool:
        return len(self.energy) > 1 and bool(self.fresh.any(axis=1).all())

    def at(self, x: float, length: float = math.inf) -> F64:
        """The unit vector [Z] after `x` revolutions of a loop of `length` radians, or its longest if that is less."""
        wide = min(length / self.longest, 1.0) if self.middle.any() else 1.0
        angles = 2.0 * np.pi * x * np.arange(1, len(self.energy) + 1)
        along, across = np.cos(angles), np.sin(angles)
        cosines, sines = self.cosines, self.sines
        if self._develops:
            turn = DEVELOP * x
            keep, gain = np.cos(turn), np.sin(turn)
            cosines, sines = cosines.copy(), sines.copy()
            cosines[1] = keep * cosines[1] + gain * self.fresh[0]
            sines[1] = keep * sines[1] + gain * self.fresh[1]
        weights = np.sqrt(self.energy)
        circle = (weights * along) @ cosines + (weights * across) @ sines
        return np.asarray(np.sqrt(1.0 - wide * wide) * self.middle + wide * circle)


def on_shell(directions: F64) -> F32:
    """Unit vectors [..., Z] as z on the shell of radius sqrt(Z), float32."""
    return np.asarray(directions * np.sqrt(directions.shape[-1]), np.float32)

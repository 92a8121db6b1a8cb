"""Moving on the unit sphere, where a generator's z lives (a Gaussian z of Z numbers lies near radius sqrt(Z))."""

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


@dataclass(frozen=True)
class Tour:
    """An endless walk on the unit sphere whose norm and speed are exactly constant.

        at(s) = sum_k c_k (a_k cos w_k s + b_k sin w_k s),  a_k, b_k orthonormal,  sum c_k^2 = 1,  sum c_k^2 w_k^2 = 1

    `s` is the length walked in radians. The rates w_k grow by the golden ratio, so the walk never closes. It is the
    Fourier loop of constant norm with incommensurate rates; a function of `s` alone, it is the same at any frame rate.
    """

    cosines: F64
    sines: F64
    rates: F64

    @classmethod
    def random(cls, rng: np.random.Generator, z_dim: int, planes: int = 6) -> "Tour":
        """A tour through `planes` random planes of a space of `z_dim` >= 2 dimensions."""
        k = max(1, min(planes, z_dim // 2))
        frame = np.linalg.qr(rng.standard_normal((z_dim, 2 * k)))[0].T
        energy = 0.72 ** np.arange(k)  # most of the way lies in the slow planes: big arcs with detail on them
        energy /= energy.sum()
        rates: F64 = ((1 + 5**0.5) / 2) ** (np.arange(k, dtype=np.float64) * 0.75)
        rates = rates / float(np.sqrt(np.sum(energy * rates**2)))
        weights = np.sqrt(energy)[:, None]
        return cls(frame[:k] * weights, frame[k:] * weights, rates)

    def at(self, s: float) -> F64:
        """The unit vector [Z] after `s` radians of walking."""
        return np.asarray(np.cos(self.rates * s) @ self.cosines + np.sin(self.rates * s) @ self.sines)


def on_shell(directions: F64) -> F32:
    """Unit vectors [..., Z] as z on the shell of radius sqrt(Z), float32."""
    return np.asarray(directions * np.sqrt(directions.shape[-1]), np.float32)

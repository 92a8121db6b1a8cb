"""Where a film lies among its latents: scenes, their means and spreads, and what follows from what.

A walker draws an independent standard normal z for each style group. Latents of a film are neither: finer ones follow
from coarser ones, and each scene keeps to its own corner. So what a mapper makes of z are *styles*, w: the coarse
latents as they are, and of the finer ones only what does not follow from the coarser (the block Cholesky factor of
their covariance). A synthesizer adds the rest again: latents = w `whole`.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vj.core.types import F32, F64, U8
from vj.workshop.film._net import GROUPS

I64 = NDArray[np.int64]
MOST_SCENES = 8
#: Rows and columns of what is left of a picture to cluster by.
_GRID = (4, 6)
#: A scene's spread is that of so many pictures of all scenes besides its own.
SHRUNK = 30
#: How far 1 on a direction's fader goes, in deviations.
_REACH = 2.0
#: How many directions.
_DIRECTIONS = 6
_ROUNDS = 50
#: Squared distances of more than so many medians count as rare.
_RARE = 2.0


@dataclass(frozen=True)
class Scenes:
    """All that the mapper and the synthesizer need to know of a film's latents.

    label    [N] the scene of each picture; scenes are numbered as they come in the film
    means    [S, G * Z] mean style of each scene
    spreads  [S, G, Z, Z] symmetric square roots of the covariances of the styles of each scene and group
    whole    [G * Z, G * Z] styles -> latents
    latents  [N, G * Z] means of the posteriors
    """

    label: I64
    means: F32
    spreads: F32
    whole: F32
    latents: F32

    @property
    def names(self) -> list[str]:
        """What the scenes are called."""
        return [f"scene {k + 1}" for k in range(len(self.means))]

    def styles(self, z: F32, mix: F32, psi: float = 1.0) -> F32:
        """[N, G * Z] as the mapper makes them of z [N, G, Z] and shares of scenes [N, S]."""
        spread = np.einsum("ns,sgij->ngij", mix, self.spreads)
        moved = np.einsum("ngi,ngij->ngj", z, spread).reshape(len(z), -1)
        return np.asarray(mix @ self.means + psi * moved, np.float32)

    def directions(self, light: F64) -> dict[str, F32]:
        """Name -> [G, G * Z] that 1 on a fader adds to the styles: two deviations of what it is named after.

        "brightness" is how the latents change on average with `light` [N], the luma of each picture, within a scene;
        "axis 1" and the following are the latents' principal axes over the whole film, widest first.
        """
        latents = self.latents.astype(np.float64)
        brighter = light - _means(light, self.label)[self.label]
        inside = latents - _means(latents, self.label)[self.label]
        centred = latents - latents.mean(0)
        values, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
        axes = {"brightness": brighter @ inside / (len(inside) * (brighter.std() + 1e-9))}
        for k in range(min(_DIRECTIONS, len(values))):
            axis = vectors[:, -1 - k] * np.sqrt(max(values[-1 - k], 0.0))
            axes[f"axis {k + 1}"] = axis * np.sign(axis[np.abs(axis).argmax()])
        back = np.linalg.inv(self.whole.astype(np.float64))
        return {name: _f32((_REACH * axis @ back)[None] * _own(len(axis))) for name, axis in axes.items()}

    def statistics(self) -> dict[str, object]:
        """For the manifest: z is what a walker draws; latents are what the film's pictures have, each by itself."""
        parts = {f"latents_p{p}": np.percentile(self.latents, p, axis=0) for p in (5, 50, 95)}
        parts |= {"latents_mean": self.latents.mean(0), "latents_std": self.latents.std(0)}
        return {"z_mean": 0.0, "z_std": 1.0} | {
            name: part.astype(np.float64).round(4).tolist() for name, part in parts.items()
        }


def _own(count: int) -> F64:
    """[G, count] 1 where a number belongs to the layer's own group."""
    return np.repeat(np.eye(len(GROUPS)), count // len(GROUPS), axis=1)


def looks(images: U8) -> F64:
    """[N, K] what clusters go by: the pictures, very small."""
    height, width = images.shape[1:3]
    rows, columns = (np.arange(parts) * side // parts for parts, side in ((_GRID[0], height), (_GRID[1], width)))
    sums = np.stack(
        [np.add.reduceat(np.add.reduceat(image, rows, 0, np.float64), columns, 1, np.float64) for image in images]
    )
    return np.asarray(sums.reshape(len(images), -1) * (_GRID[0] * _GRID[1] / (height * width * 255.0)))


def scenes(mean: F32, variance: F32, label: I64) -> Scenes:
    """The scenes of a film from the posteriors' means and variances [N, G * Z] and the scene of each picture [N]."""
    latents = mean.astype(np.float64)
    inside = latents - _means(latents, label)[label]
    noise = np.diag(variance.mean(0, dtype=np.float64))
    whole = _whole(inside.T @ inside / len(inside) + noise)
    back = np.linalg.inv(whole)
    styles = latents @ back
    off = styles - _means(styles, label)[label]
    floor = back.T @ noise @ back
    pooled = off.T @ off / len(off)
    means, spreads = [], []
    for k in range(int(label.max()) + 1):
        middle, covariance = _usual(styles[label == k], pooled, floor)
        means.append(middle)
        spreads.append([_root(block) for block in _blocks(covariance)])
    return Scenes(label, _f32(np.array(means)), _f32(np.array(spreads)), _f32(whole), _f32(latents))


def _usual(points: F64, pooled: F64, floor: F64) -> tuple[F64, F64]:
    """Mean and covariance of `points`, in which what is rare hardly counts: a flash, a fade.

    Weights fall with the distance from the middle, first by medians, then by what those weights gave. The covariance
    leans towards `pooled` where points are few, and has `floor` on top.
    """
    mean = np.median(points, axis=0)
    covariance = np.diag((1.4826 * np.median(np.abs(points - mean), axis=0)) ** 2) + floor
    for _ in range(2):
        off = points - mean
        far = (np.linalg.solve(covariance, off.T) * off.T).sum(0)
        weight = np.minimum(1.0, _RARE * np.median(far) / np.maximum(far, 1e-9))
        mean = weight @ points / weight.sum()
        off = points - mean
        covariance = ((off.T * weight) @ off + SHRUNK * pooled) / (weight.sum() + SHRUNK) + floor
    return mean, covariance


def light(seen: F64) -> F64:
    """[N] mean luma (Rec. 709 weights, of code values) of pictures by their `looks`, 0 to 1."""
    return np.asarray(seen.reshape(len(seen), -1, 3).mean(1) @ (0.2126, 0.7152, 0.0722))


def usual_count(pictures: int) -> int:
    """How many scenes to look for."""
    return min(MOST_SCENES, max(1, round(math.sqrt(pictures / 40))))


def clustered(points: F64, count: int, seed: int) -> I64:
    """[N] cluster of each of `points` [N, K] (k-means++ and Lloyd's), numbered in order of their mean place."""
    rng = np.random.default_rng(seed)
    centres = points[rng.integers(len(points))][None]
    while len(centres) < min(count, len(points)):
        far = _squared(points, centres).min(1)
        if far.sum() <= 0:
            break
        centres = np.concatenate([centres, points[rng.choice(len(points), p=far / far.sum())][None]])
    for _ in range(_ROUNDS):
        label = _squared(points, centres).argmin(1)
        moved = np.array([points[label == k].mean(0) if (label == k).any() else c for k, c in enumerate(centres)])
        if np.allclose(moved, centres):
            break
        centres = moved
    used = sorted(set(label.tolist()), key=lambda k: np.flatnonzero(label == k).mean())
    return np.array([used.index(k) for k in label])


def _squared(points: F64, centres: F64) -> F64:
    """[N, K] squared distances."""
    both = (points**2).sum(1)[:, None] + (centres**2).sum(1) - 2 * points @ centres.T
    return np.asarray(np.maximum(both, 0.0))


def _means(points: F64, label: I64) -> F64:
    return np.array([points[label == k].mean(0) for k in range(int(label.max()) + 1)])


def _whole(covariance: F64) -> F64:
    """Unit block triangular M for which latents M^-1 have no covariance between groups."""
    z = len(covariance) // len(GROUPS)
    follows = np.zeros_like(covariance)
    for start in range(z, len(covariance), z):
        mine = slice(start, start + z)
        follows[:start, mine] = np.linalg.solve(covariance[:start, :start], covariance[:start, mine])
    return np.asarray(np.linalg.inv(np.eye(len(covariance)) - follows))


def _blocks(covariance: F64) -> list[F64]:
    """The groups' own [Z, Z] blocks."""
    z = len(covariance) // len(GROUPS)
    return [covariance[k : k + z, k : k + z] for k in range(0, len(covariance), z)]


def _root(covariance: F64) -> F64:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def _f32(array: F64) -> F32:
    return np.ascontiguousarray(array, np.float32)

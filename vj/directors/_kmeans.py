"""Which of a few kinds a sound is: K-means over all there is, or learnt one by one as it comes."""

from itertools import pairwise

import numpy as np

from vj.core.types import F32, F64, I64

#: Rounds of Lloyd's algorithm.
MOST_ROUNDS = 60
#: Beginnings that are tried.
TRIES = 4
#: Sounds heard before the online centres move slower: each then follows a share of 1 / MEMORY of what is new.
MEMORY = 600
#: A centre must be nearer than the present one by this factor to be changed to.
BETTER = 0.9
#: A point this many times as far from every centre as points usually are founds one of its own, ...
APART = 1.8
#: ... after so many points.
FIRST_POINTS = 12


def kmeans(points: F64, count: int, seed: int = 0) -> tuple[F64, I64]:
    """Centres [k, D] and labels [n] of `points` [n, D], k = min(count, n): k-means++ and Lloyd, the best of TRIES.

    Centres are ordered by their first appearance, so that label 0 is how the track begins.
    """
    rng = np.random.default_rng(seed)
    count = min(count, len(points))
    if not count:
        return np.zeros((0, points.shape[1])), np.zeros(0, np.int64)
    tries = [_lloyd(points, _spread(points, count, rng)) for _ in range(TRIES)]
    _, centres, labels = min(tries, key=lambda found: found[0])
    order = list(dict.fromkeys(labels.tolist()))
    order += [k for k in range(count) if k not in order]
    return centres[order], np.argsort(order)[labels]


def steady(labels: I64, least: int) -> I64:
    """Labels [n] with runs shorter than `least` taken by the run before: a look must last."""
    out = np.array(labels)
    starts = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    for start, end in pairwise(starts[1:]):
        if end - start < least:
            out[start:end] = out[start - 1]
    return out


class OnlineMeans:
    """Learns up to `count` kinds from points as they come, and says which is on: `label`.

    A kind stays for `dwell` seconds at least, and leaves only for one that is clearly nearer.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._centres: list[F64] = []
        self._weights: list[float] = []
        self._usual = 0.0
        self._seen = 0
        self._since = 0.0
        self.label = 0

    def step(self, point: F32 | F64, dt: float, dwell: float) -> int:
        """The kind that is on after `point` [D] has sounded for `dt` seconds."""
        point = np.asarray(point, np.float64)
        self._seen += 1
        self._since += dt
        distances = [float(np.linalg.norm(point - centre)) for centre in self._centres]
        nearest = int(np.argmin(distances)) if distances else -1
        far = nearest < 0 or (self._seen > FIRST_POINTS and distances[nearest] > APART * self._usual)
        if far and len(self._centres) < self._count:
            self._centres.append(point)
            self._weights.append(1.0)
            distances.append(0.0)
            nearest = len(self._centres) - 1
        else:
            self._usual += (distances[nearest] - self._usual) / min(self._seen, MEMORY)
        self._weights[nearest] = min(self._weights[nearest] + 1.0, MEMORY)
        self._centres[nearest] = self._centres[nearest] + (point - self._centres[nearest]) / self._weights[nearest]
        if nearest != self.label and self._since >= dwell and distances[nearest] < BETTER * distances[self.label]:
            self.label, self._since = nearest, 0.0
        return self.label


def _spread(points: F64, count: int, rng: np.random.Generator) -> F64:
    """[count, D] points to begin with, far from each other (k-means++)."""
    chosen = [points[rng.integers(len(points))]]
    nearest = ((points - chosen[0]) ** 2).sum(axis=1)
    for _ in range(count - 1):
        total = float(nearest.sum())
        pick = rng.choice(len(points), p=nearest / total) if total > 0 else rng.integers(len(points))
        chosen.append(points[pick])
        nearest = np.minimum(nearest, ((points - chosen[-1]) ** 2).sum(axis=1))
    return np.array(chosen)


def _lloyd(points: F64, centres: F64) -> tuple[float, F64, I64]:
    """(sum of squared distances, centres, labels) once nothing changes any more."""
    labels = np.full(len(points), -1)
    squares = (points * points).sum(axis=1)
    for _ in range(MOST_ROUNDS):
        far = squares[:, None] - 2.0 * points @ centres.T + (centres * centres).sum(axis=1)
        found = far.argmin(axis=1)
        if np.array_equal(found, labels):
            break
        labels = found
        for k in range(len(centres)):
            mine = points[labels == k]
            if len(mine):
                centres[k] = mine.mean(axis=0)
    return float(far.min(axis=1).sum()), centres, labels

"""Learn walks: directions along which a generator's pictures change as an edit would change them.

    Jahanian, Chai and Isola, "On the 'steerability' of generative adversarial networks", ICLR 2020 (arXiv 1907.07171)

    w* = argmin E |G(s + a w) - edit(G(s), a)|^2 within a mask, s being the styles of all layers

G stays as it is and may be any graph: where the paper follows gradients, its Jacobian J is taken by differences along
the axes that z moves, and the least squares are solved (Gauss-Newton, with a ridge). For colours, the change of each
channel's mean is asked for besides: dark pixels cannot follow an edit, and without that the walk would settle for
little.

    linear  one direction for all pictures; a second round looks at pictures along the walk
    nnz     the paper's non-linear walk, s <- s + W2 relu(W1 s), in steps. Here a step is as long as the fader says and
            backwards is minus forwards, so the fader is continuous and one network serves both ways
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vj.core.types import F32, F64
from vj.workshop.walks._net import FIT_ROUNDS, Flow, Place, fit
from vj.workshop.walks.edits import Edit
from vj.workshop.walks.probe import Axes, Probe

Kind = Literal["linear", "nnz"]
Say = Callable[[str, float | None], None]
#: What a change by a deviation along every axis costs.
_RIDGE = 1e-3
#: What the mean of a channel is worth against its pixels.
_MEANS = 5.0
#: Where along a walk pictures are looked at, at the least: nearer than that they say little.
_LEAST = 0.3
#: Rounds of non-linear walks: the first at rest, later ones along the walk so far.
_ROUNDS = 3
#: Pictures, and rounds of fitting, that are timed to foretell how long it will take.
_TIMED_PICTURES = 3
_TIMED_ROUNDS = 40


@dataclass(frozen=True, eq=False)
class Walk:
    """What was learned: a fader's unit by name, [L, W] each, or a flow that moves styles as faders say."""

    names: tuple[str, ...]
    directions: Mapping[str, F32]
    flow: Flow | None = None

    def moved(self, styles: F32, alphas: F32) -> F32:
        """`styles` [N, L * W] after faders at `alphas` [N, D]."""
        if self.flow is not None:
            return self.flow.moved(styles, alphas)
        return styles + alphas @ np.stack([self.directions[name].reshape(-1) for name in self.names])


def learn(probe: Probe, edits: Mapping[str, Edit], kind: Kind, steps: int, say: Say, seed: int = 0) -> Walk:
    """Learn `edits` from `steps` pictures of all classes in turn. `say` is told what is done and how far it is."""
    rng = np.random.default_rng(seed)
    inner, outer = probe.axes(rng)
    learned = _linear if kind == "linear" else _flowing
    return learned(probe, edits, (inner, outer), steps, rng, say)


def seconds(probe: Probe, edits: Mapping[str, Edit], kind: Kind, steps: int) -> float:
    """How long `learn` will take here and now: a few pictures and a few rounds of fitting are tried."""
    rng = np.random.default_rng(0)
    axes, took, places = probe.axes(rng), [], []
    for k in range(_TIMED_PICTURES + 1):
        began = time.perf_counter()
        start = probe.styles(rng, k, 1)[0]
        if kind == "linear":
            _along(probe, edits, axes[0].rows, start, None, rng)
        else:
            places.append(_place(probe, edits, axes[0].rows, start))
        took.append(time.perf_counter() - began)
    looking = steps * sorted(took[1:])[_TIMED_PICTURES // 2]
    if kind == "linear":  # half of the time at rest, half along each edit by itself
        return looking * (1 + len(edits)) / 2
    began = time.perf_counter()
    fit(places * 16, axes, [0.0] * len(edits), _RIDGE, rounds=_TIMED_ROUNDS)
    return looking + _ROUNDS * (time.perf_counter() - began) * FIT_ROUNDS / _TIMED_ROUNDS


def _linear(
    probe: Probe, edits: Mapping[str, Edit], axes: tuple[Axes, Axes], steps: int, rng: np.random.Generator, say: Say
) -> Walk:
    """Solve at rest, then once more for what is left along the walk."""
    rows, first = axes[0].rows, max(1, steps // 2)
    found = np.zeros((len(edits), len(rows)))
    for at, count in ((0, first), (first, steps - first)):
        a = {name: np.zeros((len(rows), len(rows))) for name in edits}
        b = {name: np.zeros(len(rows)) for name in edits}
        for k in range(count):
            say("looking", (at + k) / steps)
            start = probe.styles(rng, at + k, 1)[0]
            for name, one, other in _along(probe, edits, rows, start, found if at else None, rng):
                a[name] += one / count
                b[name] += other / count
        if count:
            for d, name in enumerate(edits):
                found[d] += _solved(a[name], b[name] - (_RIDGE * found[d] if at else 0.0))
    shape = (probe.layers, probe.width)
    steps_made = (found @ rows).astype(np.float32)
    return Walk(tuple(edits), {name: steps_made[d].reshape(shape) for d, name in enumerate(edits)})


def _along(
    probe: Probe,
    edits: Mapping[str, Edit],
    rows: F32,
    start: F32,
    found: F64 | None,
    rng: np.random.Generator,
) -> Sequence[tuple[str, F64, F64]]:
    """(edit, A, b) of one picture: at rest where nothing is found yet, else at a random place along each walk."""
    if found is None:
        picture, slopes = probe.slopes(start, rows)
        return [(n, *normal(slopes, edit.rate(picture), edit.kind == "colour")) for n, edit in edits.items()]
    base = probe.pictures(start[None])
    told = []
    for d, (name, edit) in enumerate(edits.items()):
        alpha = float(rng.uniform(_LEAST, 1.0) * rng.choice((-1.0, 1.0)))
        picture, slopes = probe.slopes(start + np.float32(alpha) * (found[d] @ rows).astype(np.float32), rows)
        target, mask = edit.apply(base, alpha)
        a, b = normal(slopes * mask, (target[0] - picture) * mask, edit.kind == "colour")
        told.append((name, a * alpha * alpha, b * alpha))
    return told


def _flowing(
    probe: Probe, edits: Mapping[str, Edit], axes: tuple[Axes, Axes], steps: int, rng: np.random.Generator, say: Say
) -> Walk:
    """Fit a network to the best steps from many places, at rest first, then along its own walks."""
    rows = axes[0].rows
    places: list[Place] = []
    means = [_MEANS / 3 if edit.kind == "colour" else 0.0 for edit in edits.values()]
    walk = Walk(tuple(edits), {})
    for k in range(steps):
        say("looking", k / steps)
        if k and k % max(1, steps // _ROUNDS) == 0:
            walk = Walk(tuple(edits), {}, fit(places, axes, means, _RIDGE))
        start = probe.styles(rng, k, 1)
        if walk.flow is not None:
            alphas = np.zeros((1, len(edits)), np.float32)
            alphas[0, int(rng.integers(len(edits)))] = rng.uniform(-1.0, 1.0)
            start = walk.moved(start, alphas)
        places.append(_place(probe, edits, rows, start[0]))
    say("fitting", None)
    return Walk(tuple(edits), {}, fit(places, axes, means, _RIDGE))


def _place(probe: Probe, edits: Mapping[str, Edit], rows: F32, start: F32) -> Place:
    """What steps along `rows` do to the picture of `start` [L * W], and what `edits` want of them."""
    picture, slopes = probe.slopes(start, rows)
    wanted = [normal(slopes, edit.rate(picture), edit.kind == "colour")[1] for edit in edits.values()]
    flat = slopes.reshape(len(slopes), -1)
    pixels = np.asarray(flat @ flat.T / flat.shape[1], np.float32)
    return Place(start, pixels, slopes.mean((2, 3)), np.stack(wanted).astype(np.float32))


def normal(slopes: F32, wanted: F32, means: bool) -> tuple[F64, F64]:
    """A [K, K] and b [K] of the least squares: steps along axes with `slopes` [K, 3, h, w] that change as `wanted`.

    `means` asks for the mean of each channel besides.
    """
    flat = slopes.reshape(len(slopes), -1)
    target = wanted.reshape(-1)
    a, b = (flat @ flat.T / len(target)).astype(np.float64), (flat @ target / len(target)).astype(np.float64)
    if means:
        channels, mean = slopes.mean((2, 3), dtype=np.float64), wanted.mean((1, 2), dtype=np.float64)
        a += _MEANS / 3 * channels @ channels.T
        b += _MEANS / 3 * channels @ mean
    return a, b


def _solved(a: F64, b: F64) -> F64:
    return np.asarray(np.linalg.solve(a + _RIDGE * np.eye(len(a)), b), np.float64)

"""Directions of a StyleGAN3 bundle: four that move the whole picture by design, four of its look in closed form.

The plane that the picture is made of may be shifted and turned before anything is drawn on it (Karras et al., 2021,
section 3): the first four directions do that through the numbers that follow w in layer 0's style, exactly and for
every picture alike. The others are eigenvectors of A^T A, A being the affine weights of a style group's layers stacked
(Shen and Zhou, "Closed-Form Factorization of Latent Semantics in GANs", 2021).
"""

from collections.abc import Mapping

import numpy as np

from vj.core.types import F32, F64
from vj.workshop.stylegan.graph3 import PLACE
from vj.workshop.stylegan.plan3 import Plan

#: Direction -> number after w, and what 1 on the fader adds to it: picture widths, radians, octaves.
MOVES: Mapping[str, tuple[int, float]] = {"right": (0, 0.5), "down": (1, 0.5), "turn": (2, np.pi), "zoom": (3, 1.0)}
#: Eigenvectors offered of each style group, strongest first; with MOVES they fill eight faders.
_OFFERED: Mapping[str, int] = {"coarse": 2, "middle": 1, "fine": 1}
#: 1 on the fader, in standard deviations of w along the vector.
_REACH = 2.5


def directions(plan: Plan, groups: Mapping[str, tuple[int, int]], w: F32) -> dict[str, F32]:
    """Name -> [L, W + 4] that 1 on the fader adds to the styles; `w` [N, W] are some that the mapper makes."""
    found = {}
    for name, (number, amount) in MOVES.items():
        found[name] = np.zeros((plan.styles, plan.w + PLACE), np.float32)
        found[name][0, plan.w + number] = amount
    for group, (start, stop) in groups.items():
        layers = range(max(start, 1), stop)
        for k, vector in enumerate(factorised(plan, layers)[: _OFFERED[group]]):
            step = vector * float((w @ vector).std()) * _REACH
            found[f"{group} {k + 1}"] = np.zeros((plan.styles, plan.w + PLACE), np.float32)
            found[f"{group} {k + 1}"][layers.start : stop, : plan.w] = step
    return found


def factorised(plan: Plan, layers: range) -> F64:
    """[W, W] unit vectors of w that change the styles of `layers` (1 or more) most, strongest first."""
    names = [plan.layers[k - 1].name for k in layers]
    a = np.concatenate([plan.tensors[f"synthesis.{name}.affine.weight"] for name in names]).astype(np.float64)
    vectors = np.linalg.eigh(a.T @ a).eigenvectors.T[::-1]
    signs = np.sign(vectors[np.arange(len(vectors)), np.abs(vectors).argmax(1)])
    return np.asarray(vectors * signs[:, None])

"""Directions of a StyleGAN that change all its styles most."""

import numpy as np

from vj.core.types import F32

#: How far a fader goes along a direction, in deviations of w.
_REACH = 3.0
#: How many directions.
_DIRECTIONS = 8


def closed_form(affine: F32, styles: F32, layers: int) -> dict[str, F32]:
    """Name -> [L, W] that 1 on the fader adds to the styles of all `layers`, strongest first.

    Eigenvectors of A A^T, A being `affine` [S, W], the weights that make all styles of w, each row brought to size 1
    (Shen and Zhou, "Closed-Form Factorization of Latent Semantics in GANs", 2021). Their largest number is positive.
    `styles` [N, W] are some w.
    """
    stacked = affine / np.maximum(np.linalg.norm(affine, axis=1, keepdims=True), 1e-12)
    vectors = np.linalg.eigh(stacked.T.astype(np.float64) @ stacked)[1].T[::-1][:_DIRECTIONS]
    found = {}
    for k, vector in enumerate(vectors):
        step = vector * np.sign(vector[np.abs(vector).argmax()]) * (_REACH * (styles @ vector).std())
        found[f"sefa {k + 1}"] = np.tile(step.astype(np.float32), (layers, 1))
    return found

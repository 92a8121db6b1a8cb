"""A weight divided by its spectral norm, as BigGAN-PyTorch or torch keeps it.

Miyato et al., "Spectral Normalization for Generative Adversarial Networks", 2018. BigGAN-PyTorch keeps one vector, u0,
and takes one step of power iteration from it whenever it is asked, in evaluation too; torch keeps u and v and takes
none.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vj.core.errors import CheckpointError
from vj.core.types import F32

_SMALL = 1e-12


def folded(tensors: Mapping[str, NDArray[Any]], name: str) -> F32 | None:
    """The weight `name`, divided by its spectral norm where it has one; None where there is none.

    Raises CheckpointError for vectors that do not fit, or a norm that no trained network has.
    """
    raw = tensors.get(name, tensors.get(f"{name}_orig"))
    if raw is None:
        return None
    weight, owner = np.asarray(raw, np.float32), name.rpartition(".")[0]
    u = tensors.get(f"{name}_u", tensors.get(f"{owner}.u0") if name.endswith(".weight") else None)
    if u is None or weight.ndim < 2:
        return weight
    matrix = weight.reshape(len(weight), -1).astype(np.float64)
    start = np.asarray(u, np.float64).reshape(-1)
    if len(start) != len(matrix):
        raise CheckpointError(f"{name} comes with a spectral norm of another size")
    across = tensors.get(f"{name}_v")
    v = _unit(start @ matrix) if across is None else np.asarray(across, np.float64).reshape(-1)
    if len(v) != matrix.shape[1]:
        raise CheckpointError(f"{name} comes with a spectral norm of another size")
    with np.errstate(all="ignore"):
        norm = float(np.linalg.norm(matrix @ v)) if across is None else float(start @ (matrix @ v))
    if not np.isfinite(norm) or abs(norm) < _SMALL:
        raise CheckpointError(f"the spectral norm of {name} is {norm:.3g}: it was never trained")
    return np.asarray(weight / np.float32(norm), np.float32)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / max(float(np.linalg.norm(vector)), _SMALL)

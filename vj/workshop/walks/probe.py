"""A bundle as a black box: styles in, small pictures out, and how pictures change with styles, by differences.

No gradient is asked of the graph, so whatever ONNX Runtime plays can be learned from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vj.core.types import F32
from vj.generators import providers
from vj.generators.bundle.manifest import Bundle
from vj.generators.providers.session import Session

#: Longest side of pictures that are compared.
_SIDE_PX = 48
#: Pictures a run.
_BATCH = 32
#: Latents a class, and classes, that tell how far styles spread.
_DRAWN = 12
_CLASSES = 32
_MOST_AXES = 192
#: Step of a difference.
_STEP = 0.1
#: An axis along which styles spread less than this is none.
_STILL = 1e-5


@dataclass(frozen=True, eq=False)
class Axes:
    """Directions of styles in use: `rows` [K, L * W], one deviation each, and the `mean` [L * W] of all styles."""

    rows: F32
    mean: F32


class Probe:
    """Draws styles of `bundle` and pictures of them; raises BundleError where its graphs cannot be opened."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.layers, self.width = bundle.shapes["layers"], bundle.shapes["w"]
        self._mapper, self._synthesizer = (
            Session(bundle.folder / f"{name}.onnx", providers.CPU, 1) for name in ("mapper", "synthesizer")
        )
        self._noise = self._drawn_noise()
        self._of_layer = np.array(bundle.layer_groups)

    def styles(self, rng: np.random.Generator, label: int, count: int) -> F32:
        """[count, L * W] styles of class `label` at psi 1, an own z for each style group."""
        groups = len(self.bundle.groups)
        z = rng.standard_normal((count * groups, self.bundle.shapes["z"]), np.float32)
        mix = np.eye(len(self.bundle.classes), dtype=np.float32)[[label % len(self.bundle.classes)] * len(z)]
        w = self._mapper.run(_fed(self._mapper, {"z": z, "mix": mix, "psi": np.ones(len(z), np.float32)}))
        return w.reshape(count, groups, -1)[:, self._of_layer].reshape(count, -1)

    def pictures(self, styles: F32) -> F32:
        """[N, 3, h, w] in [-1, 1] of `styles` [N, L * W]; those of a fixed size are made smaller by means."""
        made = [self._run(styles[first : first + _BATCH]) for first in range(0, len(styles), _BATCH)]
        return np.concatenate(made)

    def slopes(self, styles: F32, axes: F32) -> tuple[F32, F32]:
        """The picture [3, h, w] of `styles` [L * W], and its change a unit along each of `axes`, [K, 3, h, w]."""
        pictures = self.pictures(np.concatenate([styles[None], styles + np.float32(_STEP) * axes]))
        return pictures[0], (pictures[1:] - pictures[0]) / np.float32(_STEP)

    def axes(self, rng: np.random.Generator) -> tuple[Axes, Axes]:
        """What z moves within a class, and what differs at all.

        Each layer has its own: single numbers of w where they are few, otherwise principal directions of w.
        """
        count = min(len(self.bundle.classes), _CLASSES)
        each = max(_DRAWN, 4 * _MOST_AXES // (count * self.layers))
        drawn = np.stack([self.styles(rng, label, each) for label in range(count)])
        mean = drawn.mean((0, 1))
        inner = (drawn - drawn.mean(1, keepdims=True)).reshape(-1, self.layers, self.width)
        outer = (drawn - mean).reshape(-1, self.layers, self.width)
        return Axes(self._spread(inner), mean), Axes(self._spread(outer), mean)

    def _spread(self, moved: F32) -> F32:
        """[K, L * W] axes of `moved` [N, L, W], which has mean 0."""
        most = max(2, _MOST_AXES // self.layers)
        rows = []
        for layer in range(self.layers):
            deviation = moved[:, layer].std(0)
            alive = np.flatnonzero(deviation > _STILL)
            if len(alive) * self.layers <= 4 * _MOST_AXES:
                found = np.eye(self.width, dtype=np.float32)[alive] * deviation[alive, None]
            else:
                _, sizes, vectors = np.linalg.svd(moved[:, layer], full_matrices=False)
                found = vectors[:most] * (sizes[:most, None] / np.sqrt(len(moved)))
            wide = np.zeros((len(found), self.layers, self.width), np.float32)
            wide[:, layer] = found
            rows.append(wide.reshape(len(found), -1))
        return np.concatenate(rows)

    def _run(self, styles: F32) -> F32:
        n = len(styles)
        feeds = {"styles": styles.reshape(n, self.layers, self.width).astype(np.float32), "psi": np.ones(n, np.float32)}
        noise = {name: np.repeat(one, n, 0) for name, one in self._noise.items()}
        made = self._synthesizer.run({**_fed(self._synthesizer, feeds), **noise})
        by = max(1, max(made.shape[2:]) // _SIDE_PX)
        height, width = made.shape[2] // by, made.shape[3] // by
        cut = made[:, :, : height * by, : width * by].reshape(n, 3, height, by, width, by)
        return np.asarray(cut.mean((3, 5)), np.float32)

    def _drawn_noise(self) -> Mapping[str, F32]:
        """One draw of each noise input; sides that are free are small."""
        width, height = self.bundle.resolution
        scale = _SIDE_PX / max(width, height)
        free = {"width": max(8, round(width * scale / 8) * 8), "height": max(8, round(height * scale / 8) * 8)}
        rng, drawn = np.random.default_rng(0), {}
        for name, shape in self._synthesizer.inputs.items():
            if name.startswith("noise"):
                drawn[name] = rng.standard_normal([1, *(free.get(side, side) for side in shape[1:])], np.float32)
        return drawn


def _fed(session: Session, values: Mapping[str, Any]) -> dict[str, F32]:
    """Those of `values` that the graph takes."""
    return {name: value for name, value in values.items() if name in session.inputs}

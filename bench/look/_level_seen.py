"""How far two pictures of a wall differ for somebody in front of it: colour, tone, hue and composition.

Seen is light, summed over a fifteenth of a second as the eye sums it (Bloch's law), and blurred by a tenth of a degree
from three picture heights away (a coarse S-CIELAB, after Zhang and Wandell, 1997), in OKLab. A difference of .02 there
is just noticeable (CSS Color 4).
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from bench.look._picture import linear, oklab, pooled
from vj.core.types import F32, F64, U8

#: Rows of what is seen; the blur in them: a tenth of a degree, a picture of 180 rows being 19 degrees high.
ROWS, BLUR = 180, 1.0
#: Bins of hue, and the chroma below which nobody sees one.
BINS, CHROMA = 72, 0.02
#: Composition is compared at a half of that, with SSIM's own window and constants (Wang et al., 2004).
WINDOW, C1, C2 = 1.5, 0.01**2, 0.03**2


@dataclass(frozen=True)
class Difference:
    """colour  mean distance in OKLab
    tone    mean distance of the sorted lightnesses: brighter, darker, flatter or harder
    hue     degrees that a coloured place has turned on average, by the shortest way (circular earth mover's distance)
    form    1 - SSIM of lightness: what is where
    detail  octaves of fine contrast lost, which is what a level may take
    """

    colour: float
    tone: float
    hue: float
    form: float
    detail: float


#: What no level may exceed, on the mean of a look's moments: tone by what is just noticeable, colour, which sharpness
#: is a part of, by half as much again.
LIMITS = Difference(colour=0.03, tone=0.02, hue=4.0, form=0.06, detail=np.inf)


def seen(images: Sequence[U8]) -> F32:
    """Frames [h, w, 3] that are one to the eye, as they are seen from a distance: OKLab [180, w * 180 / h, 3]."""
    by = images[0].shape[0] // ROWS
    light = np.mean([pooled(linear(image), by) for image in images], axis=0, dtype=np.float32)
    return oklab(gaussian_filter(light, (BLUR, BLUR, 0), mode="nearest"))


def difference(whole: Sequence[U8], level: Sequence[U8]) -> Difference:
    """How `level` differs from `whole`, each some frames that are one to the eye, all of the same size."""
    a, b = seen(whole), seen(level)
    return Difference(
        colour=float(np.sqrt(((a - b) ** 2).sum(-1)).mean()),
        tone=float(np.abs(np.sort(a[..., 0], None) - np.sort(b[..., 0], None)).mean()),
        hue=turned(hues(a), hues(b)),
        form=1.0 - ssim(pooled(a[..., 0], 2), pooled(b[..., 0], 2)),
        detail=float(np.log2(max(_fine(whole[-1]), 1e-6) / max(_fine(level[-1]), 1e-6))),
    )


def mean(differences: Sequence[Difference]) -> Difference:
    """The mean of each part."""
    return Difference(*np.mean([astuple(d) for d in differences], axis=0).tolist())


def hues(lab: F32) -> F64:
    """Shares of the hues [BINS], by chroma; all nought in a picture that has next to none."""
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    weight = np.where(chroma > CHROMA, chroma, 0.0)
    if (chroma > CHROMA).mean() < 0.05:
        return np.zeros(BINS)
    angle = np.arctan2(lab[..., 2], lab[..., 1])
    found, _ = np.histogram(angle, BINS, (-np.pi, np.pi), weights=weight)
    return np.asarray(found / weight.sum())


def turned(a: F64, b: F64) -> float:
    """Degrees from one distribution of hues to another; 0 where one of them has none."""
    if not a.any() or not b.any():
        return 0.0
    ahead = np.cumsum(a - b)
    return float(np.abs(ahead - np.median(ahead)).sum() * 360.0 / BINS)


def ssim(a: F32, b: F32) -> float:
    """Structural similarity of two lightnesses, 1 for the same."""

    def local(x: F32) -> F32:
        return np.asarray(gaussian_filter(x, WINDOW, mode="nearest"), np.float32)

    ma, mb = local(a), local(b)
    va, vb, both = local(a * a) - ma * ma, local(b * b) - mb * mb, local(a * b) - ma * mb
    alike = (2 * ma * mb + C1) * (2 * both + C2) / ((ma * ma + mb * mb + C1) * (va + vb + C2))
    return float(alike.mean())


def _fine(image: U8) -> float:
    """Mean contrast of neighbouring pixels."""
    grey = image.astype(np.float32).mean(-1)
    return float(np.abs(np.diff(grey, axis=1)).mean() + np.abs(np.diff(grey, axis=0)).mean())

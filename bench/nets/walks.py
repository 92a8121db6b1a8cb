"""How well learned colour walks steer a bundle: python bench/nets/walks.py [--bundle worlds] [--steps 768] [--out F]

Learns red, green and blue, linear and non-linear, and measures on pictures that were not learned from: the change of
each channel's mean over pictures of all classes, fader by fader. Needs the extra `workshop`. `--sheet F.png` draws
rows of edits, columns of alphas.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench._machine import arguments, machine, write
from vj.core.types import F32
from vj.generators.bundle.manifest import find_bundle, read_bundle
from vj.workshop.walks import learn
from vj.workshop.walks.edits import chosen
from vj.workshop.walks.probe import Probe

ALPHAS = np.linspace(-1.0, 1.0, 9, dtype=np.float32)
EDITS = "red,green,blue"
#: Pictures a class, of a seed that learning does not use.
TESTED, SEED = 2, 1234


def tested(probe: Probe) -> F32:
    """Styles of all classes that were not learned from."""
    rng = np.random.default_rng(SEED)
    return np.concatenate([probe.styles(rng, label, TESTED) for label in range(len(probe.bundle.classes))])


def measured(probe: Probe, walk: learn.Walk) -> dict[str, Any]:
    """Change [alphas][R, G, B] of means in [-1, 1] by fader; the other channels' largest change over the own one."""
    styles = tested(probe)
    rest = probe.pictures(styles)
    change, crosstalk, monotone = {}, {}, {}
    for d, name in enumerate(walk.names):
        rows = []
        for alpha in ALPHAS:
            faders = np.zeros((len(styles), len(walk.names)), np.float32)
            faders[:, d] = alpha
            rows.append((probe.pictures(walk.moved(styles, faders)) - rest).mean((0, 2, 3)))
        ends = rows[-1] - rows[0]
        change[name] = [[round(float(value), 4) for value in row] for row in rows]
        crosstalk[name] = round(float(np.abs(np.delete(ends, d)).max() / abs(ends[d])), 3)
        monotone[name] = bool(np.all(np.diff(np.array(rows)[:, d]) > 0))
    return {"change": change, "crosstalk": crosstalk, "monotone": monotone}


def sheet(probe: Probe, walk: learn.Walk, label: int) -> F32:
    """[3 h, 9 w, 3] in 0..1: one picture of a class, rows of faders, columns of alphas."""
    start = probe.styles(np.random.default_rng(SEED + label), label, 1)
    rows = []
    for d in range(len(walk.names)):
        faders = np.zeros((len(ALPHAS), len(walk.names)), np.float32)
        faders[:, d] = ALPHAS
        pictures = probe.pictures(walk.moved(np.repeat(start, len(ALPHAS), 0), faders))
        rows.append(np.concatenate(list(np.pad(pictures, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-1)), 2))
    return np.asarray(np.concatenate(rows, 1).transpose(1, 2, 0) / 2 + 0.5, np.float32)


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--bundle", default="worlds")
    parser.add_argument("--steps", type=int, default=768)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    result: dict[str, Any] = {"machine": machine(), "bundle": options.bundle, "steps": options.steps}
    probe = Probe(read_bundle(find_bundle(options.bundle)))
    walks = {}
    kinds: tuple[learn.Kind, ...] = ("linear", "nnz")
    for kind in kinds:
        began = time.perf_counter()
        walk = learn.learn(probe, chosen(EDITS), kind, options.steps, lambda *_: None)
        seconds = round(time.perf_counter() - began, 1)
        walks[kind] = {"seconds": seconds, **measured(probe, walk)}
        if options.sheet and kind == "nnz":
            count = len(probe.bundle.classes)
            drawn = np.concatenate([sheet(probe, walk, label) for label in range(0, count, max(1, count // 4))][:4])
            picture = Image.fromarray((np.clip(drawn, 0, 1) * 255).astype(np.uint8))
            picture.resize((picture.width * 3, picture.height * 3)).save(options.sheet)
    write({**result, "alphas": [float(a) for a in ALPHAS], "walks": walks}, options.out)


if __name__ == "__main__":
    main()

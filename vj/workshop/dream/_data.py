"""What dream learns from: the fields of every world, drawn by the very graphs that `worlds` is made of.

Fields are kept as bytes [N, 3, height, width]: value 0..1, hue travel -1..1, glow 0..1 (how far a pixel runs to the
accent, 1 - exp(-1.6 emission)). Colours are not kept: palettes are drawn anew at every step of the training.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from vj.core.types import F32, U8
from vj.workshop.dream._shapes import DREAMT, FULL, LEARNT, SCALE
from vj.workshop.graph import Graph
from vj.workshop.worlds import bundle as worlds
from vj.workshop.worlds.forms import WORLDS, World
from vj.workshop.worlds.stage import Stage, Z

#: Pictures kept at full size for the sharpener, of all that are drawn of a world.
SHARP = 60
_BATCH = 4


@dataclass(frozen=True)
class Drawn:
    """Pictures of one world: `small` [N, 3, *DREAMT] uint8 and, of the first of them, `full` [n, 3, *FULL] uint8."""

    small: U8
    full: U8


def fields_of(world: World) -> Callable[[F32, tuple[int, int]], F32]:
    """(styles [N, L, Z], (height, width)) -> fields [N, 3, height, width] of `world`: value, hue travel, glow."""
    g = Graph()
    styles = g.input("styles", ["batch", worlds.LAYERS, Z])
    noise = g.input("noise", [1, 1, "height", "width"])
    made = world.draw(Stage(g, styles, noise))
    glow = 1.0 - g.exp(g.op("Max", made.e, 0.0) * -1.6)
    flat = made.v * 0.0  # a world may leave a field smaller than the picture
    stack = [g.clip(made.v, 0.0, 1.0), g.clip(made.t, -1.0, 1.0) + flat, glow + flat]
    g.output("fields", g.concat(stack, 1), ["batch", 3, "height", "width"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        g.proto("fields").SerializeToString(), options, providers=["CPUExecutionProvider"]
    )

    def draw(styles: F32, size: tuple[int, int]) -> F32:
        found: F32 = session.run(None, {"styles": styles, "noise": np.zeros((1, 1, *size), np.float32)})[0]
        return found

    return draw


def styles(rng: np.random.Generator, count: int) -> F32:
    """[count, L, Z] random styles of `worlds`: one z a style group, as its mapper would bend them at psi 1."""
    z = rng.standard_normal((count, len(worlds.GROUPS), Z)).astype(np.float32)
    z = np.tanh(z / worlds.REACH) * worlds.REACH
    group = [k for k, (start, stop) in enumerate(worlds.GROUPS.values()) for _ in range(start, stop)]
    return np.asarray(z[:, group], np.float32)


def draw(name: str, count: int, seed: int) -> Drawn:
    """`count` pictures of the world called `name`; the same for the same seed."""
    rng = np.random.default_rng([seed, *name.encode()])
    paint = fields_of(WORLDS[name])
    small, full = [], []
    for start in range(0, count, _BATCH):
        whole = paint(styles(rng, min(_BATCH, count - start)), FULL)
        whole[:, 1] = whole[:, 1] * 0.5 + 0.5
        pooled = whole.reshape(len(whole), 3, DREAMT[0], SCALE, DREAMT[1], SCALE).mean((3, 5))
        small.append(_bytes(pooled))
        if start < SHARP:
            full.append(_bytes(whole))
    return Drawn(np.concatenate(small)[:count], np.concatenate(full)[:SHARP])


def kept(folder: Path, count: int, seed: int, say: Callable[[str], None]) -> Mapping[str, Drawn]:
    """The pictures of every world that is learnt, drawn once and then kept in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in LEARNT:
        file = folder / f"{name}-{count}-{seed}.npz"
        if not file.is_file():
            say(f"drawing {count} pictures of {name}")
            drawn = draw(name, count, seed)
            np.savez(file.with_suffix(".part.npz"), small=drawn.small, full=drawn.full)
            file.with_suffix(".part.npz").replace(file)
        with np.load(file) as arrays:
            found[name] = Drawn(arrays["small"], arrays["full"])
    return found


def _bytes(fields: F32) -> U8:
    found: U8 = np.clip(fields * 255.0 + 0.5, 0, 255).astype(np.uint8)
    return found

"""A tiny generator whose answers to every step of its styles are known by hand.

image[c] = 0.25 s c + ramp       s being styles 0..2 of layer 1; the sign of red is that of the class
ramp     moves to the right with style 3 of layer 0, where there is one class
"""

from pathlib import Path

import numpy as np
import safetensors.numpy

from vj.generators.bundle.manifest import Bundle, read_bundle
from vj.workshop.graph import Graph
from vj.workshop.manifest import Facts, write_manifest

SIDE, Z, LAYERS, SLOPE = 16, 4, 2, 0.25


def write(folder: Path, classes: int = 1) -> Bundle:
    """The bundle `steerable`; with two classes, red goes backwards in the second one."""
    folder.mkdir(parents=True, exist_ok=True)
    g = Graph()
    z, mix = g.input("z", ["batch", Z]), g.input("mix", ["batch", classes])
    psi = g.reshape(g.input("psi", ["batch"]), -1, 1)
    g.output("w", g.concat([z * psi, mix], 1), ["batch", Z + classes])
    g.save(folder / "mapper.onnx")
    g = Graph()
    styles = g.input("styles", ["batch", LAYERS, Z + classes])
    first, second = (g.reshape(g.take(styles, 1, k, k + 1), -1, Z + classes) for k in (0, 1))
    colours = g.take(second, 1, 0, 3)
    if classes == 2:
        sign = g.take(second, 1, Z, Z + 1) - g.take(second, 1, Z + 1, Z + 2)
        colours = g.concat([g.take(colours, 1, 0, 1) * sign, g.take(colours, 1, 1, 3)], 1)
    ramp = np.linspace(-0.5, 0.5, SIDE, dtype=np.float32).reshape(1, 1, 1, SIDE)
    shape = np.broadcast_to(ramp, (1, 3, SIDE, SIDE)).astype(np.float32)
    dark = -1.0 / (SIDE - 1) if classes == 1 else 0.0
    moved = g.reshape(g.take(first, 1, 3, 4), -1, 1, 1, 1) * dark
    g.output("image", g.reshape(colours * SLOPE, -1, 3, 1, 1) + moved + shape, ["batch", 3, SIDE, SIDE])
    g.save(folder / "synthesizer.onnx")
    names = [f"class {k}" for k in range(classes)]
    (folder / "classes.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    one = np.zeros((LAYERS, Z + classes), np.float32)
    one[1, 2] = 1.0
    (folder / "directions.safetensors").write_bytes(safetensors.numpy.save({"bluer": one}))
    shapes = {"z": Z, "w": Z + classes, "layers": LAYERS, "classes": classes}
    groups = {"form": (0, 1), "colour": (1, 2)}
    write_manifest(folder, Facts("a test", "steerable", (SIDE, SIDE), ["bluer"], shapes, groups))
    return read_bundle(folder)

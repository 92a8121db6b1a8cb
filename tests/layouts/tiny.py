"""A bundle of a few hundred weights that has all that a bundle may have: classes, directions, noise, free sizes."""

from pathlib import Path

import numpy as np
import safetensors.numpy

from vj.generators.bundle.manifest import Bundle, read_bundle
from vj.workshop.graph import Graph
from vj.workshop.manifest import Facts, usual_groups, write_manifest

LAYERS, W, CLASSES, CHANNELS = 3, 6, 2, 8
SIZE = (32, 24)


def tiny(folder: Path, free: bool = True) -> Bundle:
    """Two convolutions over noise that styles scale; of any size if `free`."""
    sides: tuple[int | str, int | str] = ("height", "width") if free else (SIZE[1], SIZE[0])
    folder.mkdir(parents=True)
    rng = np.random.default_rng(11)

    def weights(*sides: int, size: float = 1.0) -> np.ndarray:
        return np.asarray(rng.standard_normal(sides) * size, np.float32)

    g = Graph()
    z, mix = g.input("z", ["batch", 4]), g.input("mix", ["batch", CLASSES])
    w = g.tanh(z @ weights(4, W) + mix @ weights(CLASSES, W)) * g.reshape(g.input("psi", ["batch"]), -1, 1)
    g.output("w", w, ["batch", W])
    g.save(folder / "mapper.onnx")
    g = Graph()
    styles = g.input("styles", ["batch", LAYERS, W])
    noise = g.input("noise", ["draws", 1, *sides])
    scales = [
        g.reshape(g.take(styles, 1, k, k + 1), -1, W) @ weights(W, CHANNELS) + np.ones(CHANNELS, np.float32)
        for k in range(LAYERS)
    ]
    axes = g.constant([2, 3], np.int64)
    x = g.op("Conv", noise, weights(CHANNELS, 1, 3, 3), pads=[1] * 4)
    for scale, size in zip(scales, (0.5, 0.1, 0.05), strict=True):
        y = g.op("LeakyRelu", x * g.op("Unsqueeze", scale, axes), alpha=0.2)
        x = g.op("Conv", y, weights(CHANNELS, CHANNELS, 3, 3, size=size), pads=[1] * 4)
    image = g.tanh(g.op("Conv", x, weights(3, CHANNELS, 1, 1, size=0.12)))
    g.output("image", image, ["batch", 3, *sides])
    g.save(folder / "synthesizer.onnx")
    (folder / "classes.txt").write_text("one\ntwo\n", encoding="utf-8")
    names = ("up", "down")
    (folder / "directions.safetensors").write_bytes(
        safetensors.numpy.save({name: weights(LAYERS, W, size=0.3) for name in names})
    )
    shapes = {"z": 4, "w": W, "layers": LAYERS, "classes": CLASSES}
    write_manifest(folder, Facts("hand", "tiny", SIZE, names, shapes, usual_groups(LAYERS)))
    return read_bundle(folder)

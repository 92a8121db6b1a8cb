"""Make the bundle `worlds`: procedural worlds as one ONNX graph, without any training.

python -m vj.workshop.worlds           writes models/worlds
python -m vj.workshop.worlds --check   builds it again and says whether the committed files are current
"""

import argparse
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import safetensors.numpy
from numpy.typing import NDArray

from vj.core.shelf import share
from vj.generators.bundle.manifest import DIRECTIONS, MANIFEST, SHADERS
from vj.generators.bundle.opening import open_generator
from vj.workshop import graph
from vj.workshop.graph import Graph, Value
from vj.workshop.manifest import FILES, Facts, manifest
from vj.workshop.sheets import drawing
from vj.workshop.worlds._growing import claimed, grown
from vj.workshop.worlds.forms import WORLDS, World, write_words
from vj.workshop.worlds.palette import Fields, colour, picture
from vj.workshop.worlds.shaders import write_shaders
from vj.workshop.worlds.stage import Stage, Z

NATIVE = (344, 192)
LAYERS = 12
GROUPS = {"coarse": (0, 4), "middle": (4, 8), "fine": (8, 12)}
#: z is bent into this range, so that no walk leaves the part of the worlds that was looked at.
REACH = 2.2
#: A world lighter than this costs nothing; its weight fades in from there, so none pops up.
_EPSILON = 0.004
#: The first world's share when no class has any weight.
_FALLBACK = 1e-3


def mapper(worlds: Sequence[str]) -> Graph:
    """z, mix, psi -> w = 16 bounded style numbers times psi, then the class weights with sizes that sum to 1."""
    g = Graph()
    z, mix, psi = g.input("z", ["batch", Z]), g.input("mix", ["batch", len(worlds)]), g.input("psi", ["batch"])
    style = g.tanh(z * (1 / REACH)) * REACH * g.reshape(g.clip(psi, 0.0, 1.5), -1, 1)
    bounded = g.clip(mix, -1e6, 1e6) + np.eye(1, len(worlds), dtype=np.float32) * _FALLBACK
    shares = bounded / (g.sum(g.abs(bounded), 1) + 1e-9)
    g.output("w", g.concat([style, shares], 1), ["batch", Z + len(worlds)])
    return g


def synthesizer(worlds: Sequence[World]) -> Graph:
    """styles, noise -> image. Layer 0 says which worlds lend their form, layer 11 which lend their palette."""
    g = Graph()
    styles, noise = inputs(g, worlds)
    stage = Stage(g, styles, noise)
    tint = g.abs(_shares(g, styles, LAYERS - 1))
    rgb = colour(stage, form(stage, worlds, styles), [world.anchor for world in worlds], tint / g.sum(tint, 1))
    g.output("image", picture(rgb, noise), ["batch", 3, "height", "width"])
    return g


def inputs(g: Graph, worlds: Sequence[World]) -> tuple[Value, Value]:
    """styles and noise; the noise sets the size of the picture."""
    styles = g.input("styles", ["batch", LAYERS, Z + len(worlds)])
    return styles, g.input("noise", ["draws", 1, "height", "width"])


def form(stage: Stage, worlds: Sequence[World], styles: Value) -> Fields:
    """The fields of all worlds that layer 0 gives weight, grown into each other."""
    return _blend(stage, worlds, _shares(stage.g, styles, 0, power=2))


def _shares(g: Graph, styles: Value, layer: int, power: int = 1) -> Value:
    """[N, C] signed class weights of a layer to a power, nothing below the threshold, sizes summing to 1."""
    raw = g.reshape(g.take(g.take(styles, 1, layer, layer + 1), 2, Z, 10**6), 0, -1)
    size = g.relu(g.abs(raw) - _EPSILON)
    size = size * size if power == 2 else size
    return g.op("Sign", raw) * size / (g.sum(size, 1) + 1e-9)


def _blend(stage: Stage, worlds: Sequence[World], shares: Value) -> Fields:
    """The weighted fields. A negative weight carves its world out of the others instead of adding it.

    Half of the worlds without weight is passed over at once, and a half of a half, so that what is joined already is
    copied a few times at most instead of once for each world.
    """
    g = stage.g
    largest = g.op("ReduceMax", g.abs(shares), axes=[0], keepdims=0)

    def with_those(total: Value, first: int, last: int) -> Value:
        """`total` and what the worlds from `first` to before `last` claim, of which one has weight."""
        if last - first == 1:
            share = g.reshape(g.take(shares, 1, first, last), -1, 1, 1, 1)
            return total + claimed(stage, worlds[first].draw, share)
        middle = (first + last) // 2
        for low, high in ((first, middle), (middle, last)):
            weight = g.op("ReduceMax", g.take(largest, 0, low, high), keepdims=0)
            total = g.choose(
                g.op("Greater", weight, 0.0), partial(with_those, total, low, high), partial(_as_it_is, total)
            )
        return total

    return grown(with_those(g.constant(np.zeros((1, 4, 1, 1))), 0, len(worlds)))


def _as_it_is(total: Value) -> Value:
    return total


def write(folder: Path) -> None:
    """Write every file of the bundle into `folder`, but for its card."""
    folder.mkdir(parents=True, exist_ok=True)
    names = list(WORLDS)
    mapper(names).save(folder / "mapper.onnx")
    synthesizer(list(WORLDS.values())).save(folder / "synthesizer.onnx")
    write_shaders(folder / SHADERS, WORLDS, _EPSILON)
    (folder / DIRECTIONS).write_bytes(safetensors.numpy.save(directions(len(names))))
    (folder / "classes.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    write_words(folder, names)
    written = folder / MANIFEST
    written.write_text(manifest(folder, _facts(names, {})), encoding="utf-8")
    with closing(open_generator(str(folder), _MEASURED, runtime="onnx")) as generator:
        measured = drawing.turns(generator, _SAMPLES)
    written.write_text(manifest(folder, _facts(names, measured)), encoding="utf-8")


def directions(classes: int) -> dict[str, NDArray[np.float32]]:
    """Name -> [L, W]: each moves one style number of one layer."""
    found = {}
    for name, (layer, number, amount) in _DIRECTIONS.items():
        found[name] = np.zeros((LAYERS, Z + classes), np.float32)
        found[name][layer, number] = amount
    return found


def poster(folder: Path) -> None:
    """Write `poster.png`: each world once with its name, four in a row."""
    with closing(open_generator(str(folder), runtime="onnx")) as generator:
        seeds = {name: _POSTER.get(name, 0) for name in WORLDS}
        pictures = [list(drawing.seeds(generator, name, seed + 1, 1.0))[seed] for name, seed in seeds.items()]
    pictures = drawing.named(pictures, list(WORLDS))
    pictures += [np.zeros_like(pictures[0])] * (-len(pictures) % 4)
    drawing.poster([pictures[k : k + 4] for k in range(0, len(pictures), 4)]).save(folder / "poster.png", optimize=True)


def _facts(names: Sequence[str], measured: Mapping[str, float]) -> Facts:
    shapes = {"z": Z, "w": Z + len(names), "layers": LAYERS, "classes": len(names)}
    made_by = "python -m vj.workshop.worlds"
    return Facts(made_by, "worlds", NATIVE, list(_DIRECTIONS), shapes, GROUPS, measured)


#: Size and number of z pairs a class at which one turn of each style group is measured.
_MEASURED = (172, 96)
_SAMPLES = 16
#: Direction -> style layer, number in it, and what 1 on the fader adds to it.
_DIRECTIONS = {
    "hue": (11, 10, 3.0),
    "span": (11, 12, 3.0),
    "chroma": (11, 14, 3.0),
    "tone": (11, 11, 3.0),
    "scale": (0, 1, 6.0),
    "turn": (0, 0, 6.0),
}
#: World -> seed of its picture on the poster, unless that is 0.
_POSTER = {
    "ink": 5,
    "mandala": 0,
    "metal": 3,
    "neon": 4,
    "nebula": 2,
    "glass": 3,
    "aurora": 2,
    "coral": 0,
    "woodcut": 4,
    "flame": 9,
    "marble": 7,
    "bokeh": 1,
    "deep": 2,
    "orbit": 2,
    "oil": 11,
    "moire": 4,
    "caustics": 9,
    "weave": 6,
    "phyllotaxis": 6,
    "feathers": 5,
    "silk": 6,
    "smoke": 5,
    "city": 2,
    "crystal": 11,
}


def stale(folder: Path) -> list[str]:
    """Files in `folder` that a fresh build would write differently.

    Numbers may differ in their last digits, as the mathematics library of another machine rounds otherwise.
    """
    with tempfile.TemporaryDirectory() as fresh:
        write(Path(fresh))
        return [n for n in (*FILES, MANIFEST) if not _alike(Path(fresh) / n, folder / n)]


def _alike(fresh: Path, committed: Path) -> bool:
    if not committed.is_file():
        return False
    if fresh.suffix == ".onnx":
        return graph.alike(onnx.load(fresh), onnx.load(committed))
    if fresh.suffix == ".zip":
        return _unpacked(fresh) == _unpacked(committed)
    if fresh.suffix == ".toml":
        a, b = (tomllib.loads(path.read_text(encoding="utf-8")) for path in (fresh, committed))
        near = all(abs(a["turn"][name] - b.get("turn", {}).get(name, 9)) < 0.005 for name in GROUPS)
        return near and {**a, "turn": 0, "files": 0} == {**b, "turn": 0, "files": 0}
    return fresh.read_bytes() == committed.read_bytes()


def _unpacked(file: Path) -> dict[str, bytes]:
    """What is in an archive, however it was packed."""
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the bundle, or compare it with what a fresh build gives; 1 when they differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say whether the committed files are current")
    parser.add_argument("-o", "--output", type=Path, default=share("models") / "worlds")
    options = parser.parse_args(arguments)
    if not options.check:
        write(options.output)
        poster(options.output)
        return 0
    changed = stale(options.output)
    sys.stdout.write(f"stale: {', '.join(changed)}\n" if changed else f"{options.output.name} is current\n")
    return 1 if changed else 0

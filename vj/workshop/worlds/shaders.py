"""Writes `shaders.zip`: the worlds as GLSL, from the same description as the graph."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vj.workshop.shading.common import COMMON
from vj.workshop.shading.layout import Layout
from vj.workshop.shading.sketch import NUMBER, PIXEL, Sketch
from vj.workshop.shading.written import written
from vj.workshop.worlds._growing import claimed, grown
from vj.workshop.worlds._noise import SIDE
from vj.workshop.worlds._noise import texture as noise
from vj.workshop.worlds.forms import World
from vj.workshop.worlds.palette import colour, picture
from vj.workshop.worlds.sketched import Sketched
from vj.workshop.worlds.stage import PLACES, Z


def write_shaders(file: Path, worlds: Mapping[str, World], epsilon: float) -> None:
    """Write them; the same worlds give the same bytes."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        plan = {"places": PLACES, "z": Z, "epsilon": epsilon}
        _add(archive, "plan.json", json.dumps(plan).encode())
        _add(archive, "common.glsl", COMMON.encode())
        _add(archive, "lattice.npy", _npy(noise()[:, :SIDE, :SIDE].astype(np.float16)))
        for name, layout in {**{n: _form(w) for n, w in worlds.items()}, "finish": _finish(worlds)}.items():
            tables: dict[str, np.ndarray] = {}
            _add(archive, f"{name}.glsl", written(layout, tables).encode())
            for table, rows in tables.items():
                _add(archive, f"{name}/{table}.npy", _npy(rows))


def _form(world: World) -> Layout:
    """What a world adds to the fields: `share` is how much of it there is."""
    g = Sketch()
    return Layout(g, claimed(Sketched(g), world.draw, g.leaf("share", NUMBER)))


def _finish(worlds: Mapping[str, World]) -> Layout:
    """The colours of the fields that all worlds added to: `tint` is how much of each world's palette there is."""
    g = Sketch()
    fields = grown(g.leaf("texelFetch(fields, ivec2(gl_FragCoord.xy), 0)", PIXEL, 4))
    tint = g.row([g.leaf(f"tint[{k}]", NUMBER) for k in range(len(worlds))])
    rgb = colour(Sketched(g), fields, [world.anchor for world in worlds.values()], tint)
    return Layout(g, picture(rgb, g.leaf("dither()", PIXEL)) * 0.5 + 0.5)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()

"""Makes a bundle of any ONNX decoder: one graph z -> picture, or a folder with a mapping and a synthesis.

What the graph says is believed and tried out in a child process; what it leaves open can be said in `Asked`. Whatever
torch, TensorFlow or anything else exports as ONNX comes in this way.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from vj.core.errors import BundleError
from vj.core.types import F32
from vj.workshop import _onnx_decoder, _onnx_pair
from vj.workshop._manifest import Facts, sha256, usual_groups, write_manifest
from vj.workshop._onnx_look import Looks, last_operator, look, noises, settled, shown
from vj.workshop._onnx_ports import Ports, find_ports
from vj.workshop._onnx_read import read_model
from vj.workshop._onnx_trial import save

#: Pictures that are looked at, and z from which the mean w of a mapping is measured.
_PICTURES, _MEANT = 4, 512
#: Sides of a picture in pixels.
_LEAST, _MOST = 8, 4096
_EXPORT = "export it with one picture [N, 3, height, width] as its output"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What the user says where the graph does not, or is wrong.

    z        numbers of z
    classes  names of the classes; `count` where only their number is said
    span     values of black and white in the raw picture
    licence  of the weights, as the manifest will say
    """

    z: int | None = None
    classes: tuple[str, ...] = ()
    count: int | None = None
    span: tuple[float, float] | None = None
    licence: str = "unknown"


@dataclass(frozen=True)
class _Made:
    """What was written beside the manifest: sizes, class names, and facts for the card."""

    shapes: Mapping[str, int]
    names: tuple[str, ...]
    resolution: tuple[int, int]
    span: tuple[float, float]
    latent: Mapping[str, Any] = field(default_factory=lambda: {"z_mean": 0.0, "z_std": 1.0})


def bundle(path: Path, folder: Path, name: str, asked: Asked | None = None, say: Say = lambda step: None) -> None:
    """Write a bundle called `name` into `folder`, made of the ONNX file, or the folder of one or two, at `path`.

    `say` is told each step. Raises BundleError with the reason for anything that would not play.
    """
    asked = asked or Asked()
    files = found(path)
    for file in files:
        say(f"reading {file.name}")
    models = [read_model(file) for file in files]
    folder.mkdir(parents=True, exist_ok=True)
    if len(files) == 1:
        made = _single(models[0], files[0].name, folder, name, asked, say)
    else:
        made = _pair(models, [file.name for file in files], folder, name, asked, say)
    (folder / "classes.txt").write_text("\n".join(made.names) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_card(name, files, made, asked), encoding="utf-8")
    source = {file.name: sha256(file) for file in files}
    groups = usual_groups(made.shapes["layers"])
    facts = Facts("vj models import", name, made.resolution, (), made.shapes, groups, licence=asked.licence)
    write_manifest(folder, _with(facts, made.latent, {"family": "onnx", "range": made.span, **source}))


def found(path: Path) -> list[Path]:
    """The ONNX file at `path`, or the one or two in that folder: a mapping comes before its synthesis."""
    if path.is_file():
        return [path]
    files = sorted(path.glob("*.onnx")) if path.is_dir() else []
    if len(files) == 1:
        return files
    mapping = [file for file in files if "map" in file.stem.lower()]
    if len(files) == 2 and len(mapping) == 1:
        return [*mapping, *(file for file in files if file not in mapping)]
    told = ", ".join(file.name for file in files) or "none"
    raise BundleError(f"one ONNX file is needed, or mapping.onnx and synthesis.onnx; there is {told}", str(path), _EXPORT)


def _single(model: onnx.ModelProto, file: str, folder: Path, name: str, asked: Asked, say: Say) -> _Made:
    """z -> picture: z and class shares are the one style layer."""
    ports = find_ports(model, file, asked.z, asked.count or len(asked.classes) or None)
    say("making pictures")
    z = np.random.default_rng(0).standard_normal((_PICTURES, *ports.z_shape), np.float32)
    seen = look(model, ports, z, file)
    size = _onnx_decoder.z_size(ports)
    styles = np.zeros((_PICTURES, 1, size + ports.classes), np.float32)
    styles[:, 0, : z[0].size] = z.reshape(_PICTURES, -1)
    if ports.classes:
        styles[:, 0, size:] = np.eye(ports.classes)[seen.labels]
    span = _synthesis(model, ports, seen, styles, folder, (file, asked, say))
    _onnx_decoder.mapper(ports).save(folder / "mapper.onnx")
    shapes = {"z": size, "w": size + ports.classes, "layers": 1}
    names = _names(name, ports.classes, asked)
    return _Made({**shapes, "classes": len(names)}, names, _resolution(seen.raw, file), span)


def _pair(models: list[onnx.ModelProto], files: list[str], folder: Path, name: str, asked: Asked, say: Say) -> _Made:
    """z -> w -> picture."""
    mapping, synthesis = models
    ports = find_ports(mapping, files[0], asked.z, asked.count or len(asked.classes) or None, mapping=True)
    say("measuring the mean of w")
    z = np.random.default_rng(0).standard_normal((_MEANT, *ports.z_shape), np.float32)
    mapped = look(mapping, ports, z, files[0])
    inner = find_ports(synthesis, files[1], _sides(mapped.raw, synthesis, files[1]))
    if inner.label:
        raise BundleError(f"{files[1]} asks for a class; only a mapping can have one", files[1], _EXPORT)
    layers, width = inner.z_shape if len(inner.z_shape) == 2 else (1, inner.z_shape[0])
    rows = mapped.raw if mapped.raw.ndim == 2 else mapped.raw[:, 0]
    if rows.shape[-1] != width:
        what = f"{files[0]} gives w of {rows.shape[-1]} numbers, but {files[1]} takes {width}"
        raise BundleError(what, files[0], "export both from the same network")
    mean = _onnx_pair.mean_w(mapped.raw)
    few = [{"z": _padded(z[k : k + 1]), "psi": np.ones(1, np.float32)} for k in range(_PICTURES)]
    if ports.label:
        few = [{**f, "mix": np.eye(ports.classes, dtype=np.float32)[mapped.labels[k : k + 1]]} for k, f in enumerate(few)]
    whole = settled(mapping, lambda net: _onnx_pair.mapper(net, ports, width, mean), few, rows[:_PICTURES], files[0])
    save(whole, folder / "mapper.onnx")
    say("making pictures")
    styles = np.repeat(rows[:_PICTURES, None], layers, 1)
    seen = look(synthesis, inner, styles.reshape(_PICTURES, *inner.z_shape), files[1])
    span = _synthesis(synthesis, inner, seen, styles, folder, (files[1], asked, say))
    names = _names(name, ports.classes, asked)
    shapes = {"z": _onnx_decoder.z_size(ports), "w": width, "layers": layers, "classes": len(names)}
    latent = {"z_mean": 0.0, "z_std": 1.0, "w_mean": float(mean.mean()), "w_std": float(rows.std())}
    return _Made(shapes, names, _resolution(seen.raw, files[1]), span, latent)

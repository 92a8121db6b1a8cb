"""Makes a bundle of any ONNX decoder: one graph z -> picture, or a folder with a mapping and a synthesis.

What the graph says is believed and tried out in a child process; what it leaves open can be said in `Asked`. Whatever
torch, TensorFlow or anything else exports as ONNX comes in this way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from vj.core.errors import BundleError
from vj.core.types import F32
from vj.workshop.manifest import Facts, sha256, usual_groups, write_manifest
from vj.workshop.onnx import _decoder
from vj.workshop.onnx import _pair as pair
from vj.workshop.onnx._look import Looks, last_operator, look, noises, settled, shown
from vj.workshop.onnx._ports import Ports, find_ports, fixed_batch
from vj.workshop.onnx._read import read_model
from vj.workshop.onnx._trial import save
from vj.workshop.onnx._wrap import freed, single
from vj.workshop.progress import Say, megabytes, quiet

#: Pictures that are looked at.
_PICTURES = 4
#: z from which the mean w of a mapping is measured.
_MEAN_DRAWS = 512
#: Sides of a picture, at the least and at the most.
_LEAST_PX = 8
_MOST_PX = 4096
#: Useful psi of a network that has a psi of its own, which may have been made for nothing else.
_PSI = (0.0, 1.0)
#: What a manifest says where nobody said the licence.
UNKNOWN = "unknown"
_EXPORT = "export it with one picture [N, 3, height, width] as its output"


@dataclass(frozen=True)
class Asked:
    """What the user says where the graph does not, or is wrong.

    z        numbers of z, or its sides
    classes  names of the classes; `count` where only their number is said
    span     values of black and white in the raw picture
    licence  of the weights, as the manifest will say
    package_truncation  mix BigGAN's statistics as its package does
    half                write the synthesizer in half precision too
    """

    z: tuple[int, ...] | None = None
    classes: tuple[str, ...] = ()
    count: int | None = None
    span: tuple[float, float] | None = None
    licence: str = ""
    package_truncation: bool = False
    half: bool = False


@dataclass(frozen=True)
class _Job:
    """Where a bundle is made, for whom, and who is told."""

    folder: Path
    name: str
    asked: Asked
    say: Say

    @property
    def count(self) -> int | None:
        """How many classes the user says there are."""
        return self.asked.count or len(self.asked.classes) or None

    def names(self, classes: int) -> tuple[str, ...]:
        """Class names: the user's, else numbers; a decoder without classes has one, called as the bundle."""
        return self.asked.classes or tuple(f"class {k}" for k in range(classes)) or (self.name,)


@dataclass(frozen=True)
class _Made:
    """What was written: shapes, and what the pictures are like."""

    shapes: Mapping[str, int]
    classes: int
    resolution: tuple[int, int]
    span: tuple[float, float]
    psi: tuple[float, float] = (0.0, 1.2)
    notes: tuple[str, ...] = ()
    latent: Mapping[str, Any] = field(default_factory=lambda: {"z_mean": 0.0, "z_std": 1.0})


def bundle(path: Path, folder: Path, name: str, asked: Asked | None = None, say: Say = quiet) -> None:
    """Write a bundle called `name` into `folder`, made of the ONNX file, or the folder of one or two, at `path`.

    `say` is told each step. Raises BundleError with the reason for anything that would not play.
    """
    asked = asked or Asked()
    if asked.half:
        what = f"{path.name} is an ONNX file, which keeps its own precision"
        raise BundleError(what, "--half", "leave it out, or export it in half precision")
    files = found(path)
    for file in files:
        say(f"reading {file.name}, {megabytes(file.stat().st_size) if file.is_file() else 'nothing'}")
    nets = [_net(read_model(file)) for file in files]
    folder.mkdir(parents=True, exist_ok=True)
    job = _Job(folder, name, asked, say)
    titles = [file.name for file in files]
    made = _single(nets[0], titles[0], job) if len(nets) == 1 else _pair(nets, titles, job)
    names = job.names(made.classes)
    (folder / "classes.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_card(titles, made, job), encoding="utf-8")
    facts = Facts(
        made_by=f"vj models import {path.name}",
        name=name,
        resolution=made.resolution,
        directions=(),
        shapes={**made.shapes, "classes": len(names)},
        groups=usual_groups(made.shapes["layers"]),
        licence=asked.licence or UNKNOWN,
        psi=made.psi,
        latent=made.latent,
        source={
            "family": "onnx",
            "range": made.span,
            **({"notes": list(made.notes)} if made.notes else {}),
            **{file.name: sha256(file) for file in files},
        },
    )
    write_manifest(folder, facts)


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
    raise BundleError(
        f"one ONNX file is needed, or mapping.onnx and synthesis.onnx; there is {told}", str(path), _EXPORT
    )


@dataclass(frozen=True)
class _Net:
    """A network for one picture, and the same with its batch freed, which may have gone wrong; `batch` is its own."""

    model: onnx.ModelProto
    free: onnx.ModelProto
    batch: int

    @property
    def note(self) -> str:
        """What a batch that is fixed costs."""
        return f"the file makes {self.batch} pictures at once and no other number" if self.batch > 1 else ""


def _net(model: onnx.ModelProto) -> _Net:
    batch = fixed_batch(model)
    return _Net(single(model, batch) if batch > 1 else model, freed(model, batch), batch)


def _single(net: _Net, file: str, job: _Job) -> _Made:
    """z -> picture: z and class shares are the one style layer."""
    model = net.model
    ports = find_ports(model, file, job.asked.z, job.count)
    job.say("making pictures")
    z = np.random.default_rng(0).standard_normal((_PICTURES, *ports.z_shape), np.float32)
    seen = look(model, ports, z, file, halved=not ports.psi)
    size = _decoder.z_size(ports)
    styles = np.zeros((_PICTURES, 1, size + ports.classes), np.float32)
    styles[:, 0, : z[0].size] = z.reshape(_PICTURES, -1)
    if ports.classes:
        styles[:, 0, size:] = np.eye(ports.classes)[seen.labels]
    resolution, span = _synthesis(net, ports, seen, styles, (file, job))
    _decoder.mapper(ports).save(job.folder / "mapper.onnx")
    shapes = {"z": size, "w": size + ports.classes, "layers": 1}
    notes = (net.note, ports.note, _alpha(seen), _direction_only(ports, seen))
    psi = _PSI if ports.psi else (0.0, 1.2)
    return _Made(shapes, ports.classes, resolution, span, psi, tuple(filter(None, notes)))


def _alpha(seen: Looks) -> str:
    """A word on a channel that is left out."""
    return "its alpha channel is left out" if _decoder.layout(seen.raw.shape)[2] in (2, 4) else ""


def _direction_only(ports: Ports, seen: Looks) -> str:
    """A word on networks that bring z to its sphere themselves: there psi, which shortens z, does nothing."""
    if ports.psi:
        return ""
    if np.abs(seen.shorter - seen.raw).max() > 1e-3 * max(float(np.ptp(seen.raw)), 1e-6):
        return ""
    return "it looks at the direction of z only, so psi changes nothing; a mapping and a synthesis apart give it a psi"


def _pair(nets: list[_Net], files: list[str], job: _Job) -> _Made:
    """z -> w -> picture."""
    mapping, synthesis = (net.model for net in nets)
    ports = find_ports(mapping, files[0], job.asked.z, job.count, mapping=True)
    inner = find_ports(synthesis, files[1])
    if inner.label:
        raise BundleError(f"{files[1]} asks for a class; only a mapping can have one", files[1], _EXPORT)
    job.say("measuring the mean of w")
    z = np.random.default_rng(0).standard_normal((_MEAN_DRAWS, *ports.z_shape), np.float32)
    mapped = look(mapping, ports, z, files[0])
    rows = _rows(mapped.raw, files[0])
    layers, width = inner.z_shape if len(inner.z_shape) == 2 else (1, inner.z_shape[0])
    if rows.shape[1:] != (width,):
        what = f"{files[0]} gives w of {list(rows.shape[1:])} numbers, but {files[1]} takes {width}"
        raise BundleError(what, files[0], "export both from the same network")
    mean = np.asarray(rows.astype(np.float64).mean(0), np.float32)
    feeds = _mapper_feeds(ports, mapped)
    build = partial(pair.mapper, ports=ports, width=width, mean=mean)
    whole = settled(mapping, nets[0].free, build, feeds, rows[:_PICTURES], files[0])
    save(whole, job.folder / "mapper.onnx")
    job.say("making pictures")
    styles = np.repeat(rows[:_PICTURES, None], layers, 1)
    seen = look(synthesis, inner, styles.reshape(_PICTURES, *inner.z_shape), files[1])
    resolution, span = _synthesis(nets[1], inner, seen, styles, (files[1], job))
    latent = {"z_mean": 0.0, "z_std": 1.0, "w_mean": float(mean.mean()), "w_std": float(rows.std())}
    shapes = {"z": _decoder.z_size(ports), "w": width, "layers": layers}
    notes = tuple(filter(None, (*(net.note for net in nets), ports.note, _alpha(seen))))
    return _Made(shapes, ports.classes, resolution, span, _PSI if ports.psi else (0.0, 1.2), notes, latent)


def _rows(raw: F32, file: str) -> F32:
    """[K, W] of w [K, W] or [K, L, W], which must be the same in all layers."""
    if raw.ndim == 2:
        return raw
    if raw.ndim != 3 or not np.allclose(raw, raw[:, :1], atol=1e-6):
        hint = "export the mapping without its own truncation, or synthesis alone with z as its input"
        raise BundleError(f"{file} gives another w for each layer, where one is needed", file, hint)
    return raw[:, 0]


def _mapper_feeds(ports: Ports, mapped: Looks) -> list[dict[str, F32]]:
    """What the runtime would feed for the first of the z that were mapped."""
    feeds = []
    for z, label in zip(mapped.z[:_PICTURES], mapped.labels, strict=False):
        row = np.zeros((1, _decoder.z_size(ports)), np.float32)
        row[0, : z.size] = z.ravel()
        feeds.append({"z": row, "psi": np.ones(1, np.float32)})
        if ports.label:
            feeds[-1]["mix"] = np.eye(ports.classes, dtype=np.float32)[label][None]
    return feeds


def _synthesis(
    net: _Net, ports: Ports, seen: Looks, styles: F32, job: tuple[str, _Job]
) -> tuple[tuple[int, int], tuple[float, float]]:
    """Write synthesizer.onnx; the resolution, and the values of black and white."""
    file, work = job
    try:
        height, width, _, _ = _decoder.layout(seen.raw.shape)
    except ValueError as error:
        raise BundleError(f"{file} gives {error}, which is no picture", file, _EXPORT) from None
    if not (_LEAST_PX <= width <= _MOST_PX and _LEAST_PX <= height <= _MOST_PX):
        what = f"{file} gives pictures of {width}x{height}; {_LEAST_PX} to {_MOST_PX} pixels a side can be played"
        raise BundleError(what, file, _EXPORT)
    whole = ports.image.kind == onnx.TensorProto.UINT8
    span = work.asked.span or _decoder.guessed_span(seen.raw, last_operator(net.model, ports.image), whole)
    work.say("putting it into a bundle")
    feeds = [{"styles": row[None], **noises(ports)} for row in styles]
    if ports.psi:
        feeds = [{**feed, "psi": np.ones(1, np.float32)} for feed in feeds]
    build = partial(_decoder.synthesizer, ports=ports, sides=seen.raw.shape, span=span, layers=styles.shape[1])
    save(settled(net.model, net.free, build, feeds, shown(seen.raw, span), file), work.folder / "synthesizer.onnx")
    return (width, height), span


def _card(files: list[str], made: _Made, job: _Job) -> str:
    """The bundle's README."""
    width, height = made.resolution
    low, high = made.span
    classes = f"{made.classes} classes" if made.classes else "no classes"
    notes = "".join(f"\n{note[0].upper()}{note[1:]}.\n" for note in made.notes)
    return f"""# {job.name}

Made by `vj models import` from {" and ".join(files)}. Licence of the weights: {job.asked.licence or UNKNOWN}.

| | |
|---|---|
| picture | {width}x{height}; the file's black is {low:g} and its white {high:g} (`--range` corrects that) |
| z | {made.shapes["z"]} numbers, {classes} |
| style layers | {made.shapes["layers"]}, of {made.shapes["w"]} numbers each |
{notes}"""

"""Make a bundle of BigGAN-deep, as the package pytorch-pretrained-biggan keeps it: 128, 256 or 512 px.

A folder with config.json and pytorch_model.bin, or a state dict, comes from `read_checkpoint`; one of NAMES from
`named`, which looks into the package's cache and, where there is internet, lets the package download. The package
itself loads nothing: its files are read as data.

z      The package draws z from a normal cut off at +-2 and multiplies it by the truncation; the engine's z is a
       standard normal held on its shell. So the mapper bends z into the cut normal (to .017) and multiplies it by psi.
psi    Also chooses the statistics of every norm, known at 51 truncations. Between two of them the package mixes with
       the weights swapped: a fader would step backwards and jump. A bundle interpolates, and equals the package where
       psi is a multiple of .02 (but for .58, taken for .56 there). `package_truncation` keeps the package's way.
class  Any real weights: the embedding is their sum of embeddings, as it is in the package.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vj.core.errors import CheckpointError, nearest
from vj.core.install import package
from vj.generators.bundle.optimized import HALF
from vj.workshop.biggan import graph
from vj.workshop.biggan.weights import Shape, folded, shape_of
from vj.workshop.checkpoint.reader import Checkpoint, read_checkpoint
from vj.workshop.manifest import Facts, sha256, usual_groups, write_manifest
from vj.workshop.progress import Say, quiet

#: Family -> the end of a tensor's name that only its networks have: plain where spectral norm has been folded.
FAMILIES = {"biggan": r"generator\.gen_z\.weight(?:_orig)?"}

#: What the package can download.
NAMES = ("biggan-deep-128", "biggan-deep-256", "biggan-deep-512")
_CLASSES = Path(__file__).parent.parent / "biggan" / "imagenet.txt"
_BY_HAND = "get its config.json and pytorch_model.bin elsewhere, put both into a folder and import that"


def bundle(
    checkpoint: Checkpoint,
    folder: Path,
    name: str,
    package_truncation: bool = False,
    half: bool = False,
    say: Say = quiet,
) -> None:
    """Write a whole bundle called `name` into `folder`; raises CheckpointError for weights of anything else.

    half  writes the synthesizer in half precision beside the other
    say   is told each step
    """
    say("dividing out the spectral norms")
    shape = shape_of(checkpoint.arguments, checkpoint.tensors)
    weights = folded(checkpoint.tensors, shape)
    folder.mkdir(parents=True, exist_ok=True)
    say("building the mapper")
    graph.mapper(weights, shape).save(folder / "mapper.onnx")
    say("building the synthesizer")
    graph.synthesizer(weights, shape, package_truncation).save(folder / "synthesizer.onnx")
    if half:
        say("building the synthesizer in half precision")
        graph.synthesizer(weights, shape, package_truncation, half=True).save(folder / HALF)
    (folder / "classes.txt").write_text("\n".join(class_names(shape.classes)) + "\n", encoding="utf-8")
    facts = _facts(checkpoint, shape, name, package_truncation)
    (folder / "README.md").write_text(_card(facts, shape, package_truncation), encoding="utf-8")
    write_manifest(folder, facts)


def class_names(count: int) -> Sequence[str]:
    """ImageNet's thousand names in their usual order, all different; numbers for any other count."""
    names = _CLASSES.read_text(encoding="utf-8").split("\n")[:-1]
    return names if count == len(names) else [f"class {k}" for k in range(count)]


def named(name: str) -> Checkpoint:
    """The network that the package knows by `name`, one of NAMES; raises CheckpointError where it cannot be had."""
    if name not in NAMES:
        raise CheckpointError(f"there is no BigGAN called {name!r}", hint=nearest(name, NAMES))
    try:
        from pytorch_pretrained_biggan import file_utils, model
    except ImportError as error:
        raise CheckpointError(
            f"{name} comes through the package pytorch-pretrained-biggan, which cannot be imported: {error}",
            hint=f"{package('pytorch_pretrained_biggan')}; or " + _BY_HAND,
        ) from error
    cache = Path(file_utils.PYTORCH_PRETRAINED_BIGGAN_CACHE)
    files = []
    for address in (model.PRETRAINED_MODEL_ARCHIVE_MAP[name], model.PRETRAINED_CONFIG_ARCHIVE_MAP[name]):
        try:
            files.append(_cached(cache, address) or Path(file_utils.cached_path(address)))
        except OSError as error:  # requests' errors are OSErrors
            raise CheckpointError(f"{name} cannot be downloaded: {_short(error)}", address, _BY_HAND) from error
    return replace(read_checkpoint(files[0]), arguments=_config(files[1]))


def _cached(cache: Path, address: str) -> Path | None:
    """The file that the package once kept of `address`; the package itself would ask the server even then."""
    for note in sorted(cache.glob("*.json")):
        file = note.with_suffix("")
        if file.is_file() and _config(note).get("url") == address:
            return file
    return None


def _config(file: Path) -> Mapping[str, Any]:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"it is not JSON: {_short(error)}", str(file), "remove it and import again") from error
    return config if isinstance(config, dict) else {}


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _facts(checkpoint: Checkpoint, shape: Shape, name: str, package_truncation: bool) -> Facts:
    source = checkpoint.source
    file = source / "pytorch_model.bin" if source.is_dir() else source
    digest = {"sha256": sha256(file)} if file.is_file() else {}
    return Facts(
        made_by="vj.workshop.importers.biggan",
        name=name,
        resolution=(shape.side, shape.side),
        directions=(),
        shapes={"z": shape.z, "w": 2 * shape.z, "layers": shape.layers, "classes": shape.classes},
        groups=usual_groups(shape.layers),
        licence="that of its weights",
        psi=(0.0, 1.0),
        source={"family": "biggan", "file": source.name, **digest, "package_truncation": package_truncation},
    )


def _card(facts: Facts, shape: Shape, package_truncation: bool) -> str:
    """README.md of the bundle."""
    sides = "x".join(map(str, facts.resolution))
    spans = ", ".join(f"{group} {start}-{stop - 1}" for group, (start, stop) in facts.groups.items())
    return _CARD.format(
        name=facts.name,
        file=facts.source["file"],
        licence=facts.licence,
        side=sides,
        classes=shape.classes,
        z=shape.z,
        w=2 * shape.z,
        layers=shape.layers,
        spans=spans,
        psi=_PACKAGE if package_truncation else _CONTINUOUS,
    )


_CONTINUOUS = "interpolated between the knots: a fader moves smoothly"
_PACKAGE = "mixed as the package does, with steps backwards between the knots and jumps at them"
_CARD = """# {name}

BigGAN-deep, imported from `{file}`.

| | |
|---|---|
| made by | `vj models import` |
| source | Brock, Donahue and Simonyan, "Large Scale GAN Training", 2019; in the package's layout |
| licence | {licence}: ask whoever gave them to you |
| picture sizes | {side}, and no other |
| style | Z {z}, W {w} (bent z, embedding of the class), {layers} layers: {spans} |
| classes | {classes}, mixed with any real weights |
| psi | 0 to 1: scales z and chooses the statistics of every norm, {psi} |

Layer 0 makes the first 4x4 map; every other layer is one residual block, from coarse to fine. Groups that differ in z
or class give pictures that the network was never trained for.
"""

"""Makes a bundle of an R3GAN generator.

z is a standard normal, and psi scales it: the network knows no truncation of its own. One style leads into it, so a
bundle has one group of layers. Class weights are any real numbers: the embedding is their sum of embeddings.
"""

from pathlib import Path

import numpy as np
import safetensors.numpy

from vj.core.types import F32
from vj.generators.bundle.manifest import DIRECTIONS
from vj.generators.bundle.optimized import HALF
from vj.workshop.checkpoint.reader import Checkpoint
from vj.workshop.closed_form import closed_form
from vj.workshop.importers.biggan import class_names
from vj.workshop.manifest import Facts, sha256, usual_groups
from vj.workshop.measured import write_measured
from vj.workshop.progress import Say, quiet
from vj.workshop.r3gan import graph
from vj.workshop.r3gan.plan import Plan, plan

#: Family -> the end of a tensor's name that only its networks have.
FAMILIES = {"r3gan": r"MainLayers\.0\.Layers\.0\.Basis"}

_DRAWN = 2048


def bundle(
    checkpoint: Checkpoint,
    folder: Path,
    name: str,
    samples: int | None = None,
    half: bool = False,
    say: Say = quiet,
) -> None:
    """Write a whole bundle called `name` into `folder`, which is made; raises CheckpointError for another network.

    Turns are measured on `samples` latents, 0 for none; unless told, on fewer where pictures are large. `half` writes
    the synthesizer in half precision beside the other. `say` is told each step.
    """
    made = plan(checkpoint)
    folder.mkdir(parents=True, exist_ok=True)
    say("building the mapper")
    graph.mapper(made).save(folder / "mapper.onnx")
    say("building the synthesizer")
    graph.synthesizer(made).save(folder / "synthesizer.onnx")
    if half:
        say("building the synthesizer in half precision")
        graph.synthesizer(made, half=True).save(folder / HALF)
    names = class_names(made.classes) if made.classes else ["all"]
    (folder / "classes.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    say("looking for directions")
    found = closed_form(made.tensors["MainLayers.0.Layers.0.LinearLayer.weight"], _styles(made), 1)
    (folder / DIRECTIONS).write_bytes(safetensors.numpy.save(found))
    facts = _facts(checkpoint, made, name, list(found), len(names))
    (folder / "README.md").write_text(_card(facts, made), encoding="utf-8")
    write_measured(folder, facts, samples, say)


def _styles(made: Plan) -> F32:
    """[_DRAWN, W] styles of random z, of all classes alike."""
    rng = np.random.default_rng(0)
    styles = rng.standard_normal((_DRAWN, made.w), np.float32)
    if made.classes:
        styles[:, made.z :] = made.tensors["EmbeddingLayer.weight"].T[rng.integers(0, made.classes, _DRAWN)]
    return styles


def _facts(checkpoint: Checkpoint, made: Plan, name: str, found: list[str], classes: int) -> Facts:
    source = checkpoint.source
    digest = {"sha256": sha256(source)} if source.is_file() else {}
    return Facts(
        made_by="vj.workshop.importers.r3gan",
        name=name,
        resolution=(made.width, made.height),
        directions=found,
        shapes={"z": made.z, "w": made.w, "layers": 1, "classes": classes},
        groups=usual_groups(1),
        licence="that of its weights",
        source={"family": "r3gan", "file": source.name, **digest},
    )


def _card(facts: Facts, made: Plan) -> str:
    """README.md of the bundle."""
    return _CARD.format(
        name=facts.name,
        file=facts.source["file"],
        licence=facts.licence,
        made=made,
        blocks=", ".join(map(str, made.blocks)),
        classes=f"{made.classes}, mixed with any real weights" if made.classes else "none",
    )


_CARD = """# {name}

R3GAN, imported from `{file}`.

| | |
|---|---|
| made by | `vj models import`: the weights read as data, our own graphs written from them |
| network | Huang et al., "The GAN is dead; long live the GAN! A Modern Baseline GAN", 2024 |
| stages | {blocks} residual blocks |
| licence | {licence}: ask whoever gave them to you |
| native size | {made.width}x{made.height}, and no other |
| style | Z {made.z}, W {made.w}, one layer |
| classes | {classes} |
| psi | scales z: 0 is one picture a class, 1 what it was trained on |

Directions "sefa 1" to "sefa 8" are the closed-form factorisation of what the style weighs, strongest first.
"""

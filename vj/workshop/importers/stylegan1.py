"""Makes a bundle of a StyleGAN generator of 2019, from its official TensorFlow pickle, without TensorFlow.

The bundle shows what the original shows with constant noise. psi is the official truncation, but of all layers: the
original's own programs leave layers from 8 on as they are. Class weights are divided by the sum of their sizes.
"""

from pathlib import Path

import numpy as np
import safetensors.numpy

from vj.core.errors import CheckpointError
from vj.core.types import F32
from vj.generators import providers
from vj.generators.bundle.manifest import DIRECTIONS
from vj.generators.providers.session import Session
from vj.workshop.checkpoint.reader import Checkpoint
from vj.workshop.closed_form import closed_form
from vj.workshop.manifest import Facts, sha256, usual_groups
from vj.workshop.measured import write_measured
from vj.workshop.progress import Say, quiet
from vj.workshop.stylegan import graph1
from vj.workshop.stylegan.plan1 import Plan, plan

#: Family -> the end of a tensor's name that only its networks have.
FAMILIES = {"stylegan1": r"synthesis[/.]\d{1,4}x\d{1,4}/Const/const"}

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

    Turns are measured on `samples` latents, 0 for none; unless told, on fewer where pictures are large. `say` is told
    each step. There is no half precision of this family: channels are normalised over whole pictures.
    """
    if half:
        raise CheckpointError("StyleGAN is not written in half precision", "--half", "leave it out")
    made = plan(checkpoint)
    folder.mkdir(parents=True, exist_ok=True)
    say("building the mapper")
    graph1.mapper(made).save(folder / "mapper.onnx")
    say("building the synthesizer")
    graph1.synthesizer(made).save(folder / "synthesizer.onnx")
    names = [f"class {k}" for k in range(made.c)] or ["all"]
    (folder / "classes.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    say("looking for directions")
    styles = _styles(folder / "mapper.onnx", made)
    affine = np.concatenate([made.tensors[f"{stage}/StyleMod/weight"].T for stage in made.stages])
    found = closed_form(affine, styles, len(made.stages))
    (folder / DIRECTIONS).write_bytes(safetensors.numpy.save(found))
    facts = _facts(checkpoint, made, name, list(found), len(names))
    (folder / "README.md").write_text(_card(facts, made), encoding="utf-8")
    write_measured(folder, facts, samples, say)


def _styles(mapper: Path, made: Plan) -> F32:
    """[_DRAWN, W] styles of random z, of all classes alike."""
    rng = np.random.default_rng(0)
    mix = np.eye(max(made.c, 1), dtype=np.float32)[rng.integers(0, max(made.c, 1), _DRAWN)]
    z = rng.standard_normal((_DRAWN, made.z), np.float32)
    session = Session(mapper, providers.CPU, 1)
    feeds = {"z": z, "mix": mix, "psi": np.ones(_DRAWN, np.float32)}
    return session.run({name: feeds[name] for name in session.inputs})


def _facts(checkpoint: Checkpoint, made: Plan, name: str, found: list[str], classes: int) -> Facts:
    source = checkpoint.source
    digest = {"sha256": sha256(source)} if source.is_file() else {}
    layers = len(made.stages)
    return Facts(
        made_by="vj.workshop.importers.stylegan1",
        name=name,
        resolution=(made.size, made.size),
        directions=found,
        shapes={"z": made.z, "w": made.w, "layers": layers, "classes": classes},
        groups=usual_groups(layers),
        licence="that of its weights",
        source={"family": "stylegan1", "file": source.name, **digest},
    )


def _card(facts: Facts, made: Plan) -> str:
    """README.md of the bundle."""
    spans = ", ".join(f"{group} {start}-{stop - 1}" for group, (start, stop) in facts.groups.items())
    return _CARD.format(
        name=facts.name,
        file=facts.source["file"],
        licence=facts.licence,
        size=made.size,
        made=made,
        layers=len(made.stages),
        classes=f"{made.c}, mixed with any real weights" if made.c else "none",
        spans=spans,
    )


_CARD = """# {name}

StyleGAN, imported from `{file}`.

| | |
|---|---|
| made by | `vj models import`: the weights read as data, our own graphs written from them |
| network | Karras, Laine and Aila, "A Style-Based Generator Architecture for GANs", 2019 |
| licence | {licence}: ask whoever gave them to you |
| picture sizes | {size}x{size}, and no other |
| style | Z {made.z}, W {made.w}, {layers} layers: {spans} |
| classes | {classes} |

It shows what the original shows with constant noise. psi 0 is the mean picture, 1 full variety, in all layers.
Directions "sefa 1" to "sefa 8" are the closed-form factorisation of the styles' weights, strongest first.
"""

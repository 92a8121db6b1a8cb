"""Makes a bundle of a FastGAN's or a Projected GAN's generator.

FastGAN's own programs draw pictures in batches and normalise by what is in the batch, since the running means of its
checkpoints are those of another network than the one it keeps. A picture of ours must not depend on its neighbours: the
means are measured here over many z, and fixed. Projected GAN plays with the means of its checkpoint, and so do we.
"""

from pathlib import Path

import numpy as np
import onnxruntime
import safetensors.numpy

from vj.core.types import F32
from vj.generators.bundle.manifest import DIRECTIONS
from vj.generators.bundle.optimized import HALF
from vj.workshop.checkpoint.reader import Checkpoint
from vj.workshop.closed_form import closed_form
from vj.workshop.fastgan import graph
from vj.workshop.fastgan.plan import Plan, plan
from vj.workshop.importers.biggan import class_names
from vj.workshop.manifest import Facts, sha256, usual_groups
from vj.workshop.measured import write_measured
from vj.workshop.progress import Say, quiet

#: Family -> the end of a tensor's name that only its networks have.
FAMILIES = {"fastgan": r"init\.init\.0\.(?:weight(?:_orig)?|parametrizations\.weight\.original)"}

_DRAWN = 2048
#: Pictures of a batch, as the authors draw them.
_BATCH = 16
#: Batches from which means are taken.
_BATCHES = 12
#: A batch has at most so many pixels: the large pictures of a batch all lie in memory.
_PIXELS = 16 * 512 * 512


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
    means = None if made.projected else measured(made, say)
    say("building the synthesizer")
    graph.synthesizer(made, means=means).save(folder / "synthesizer.onnx")
    if half:
        say("building the synthesizer in half precision")
        graph.synthesizer(made, half=True, means=means).save(folder / HALF)
    names = class_names(made.classes) if made.classes else ["all"]
    (folder / "classes.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    say("looking for directions")
    found = closed_form(_affine(made), _styles(made), graph.LAYERS)
    (folder / DIRECTIONS).write_bytes(safetensors.numpy.save(found))
    facts = _facts(checkpoint, made, name, list(found), len(names))
    (folder / "README.md").write_text(_card(facts, made), encoding="utf-8")
    write_measured(folder, facts, samples, say)


def measured(made: Plan, say: Say = quiet) -> dict[str, tuple[F32, F32]]:
    """Mean and variance [C] before each normalisation, by its name: the mean of many batches, as the authors draw."""
    written, names = graph.measuring(made)
    how = onnxruntime.SessionOptions()
    how.intra_op_num_threads = 2
    content = written.proto("measuring").SerializeToString()
    session = onnxruntime.InferenceSession(content, how, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    batch = max(2, min(_BATCH, _PIXELS // made.side**2))
    sums = {name: np.zeros(2, np.float64) for name in names}
    for number in range(_BATCHES):
        say("measuring the means of its layers", number / _BATCHES)
        feeds = {"styles": np.repeat(rng.standard_normal((batch, 1, made.z), np.float32), graph.LAYERS, 1)}
        for port in session.get_inputs():
            if port.name.startswith("noise"):
                feeds[port.name] = rng.standard_normal((batch, *port.shape[1:]), np.float32)
        for name, value in zip(names, session.run(names, feeds), strict=True):
            sums[name] = sums[name] + value if sums[name].ndim > 1 else value.astype(np.float64)
    return {name: tuple(np.asarray(total / _BATCHES, np.float32)) for name, total in sums.items()}


def _affine(made: Plan) -> F32:
    """[S, W]: what the first picture weighs of a style."""
    kernel = made.tensors["init.init.0.weight"]
    affine = np.ascontiguousarray(kernel.reshape(len(kernel), -1).T)
    return np.pad(affine, ((0, 0), (0, graph.width(made) - made.z)))


def _styles(made: Plan) -> F32:
    """[_DRAWN, W] styles of random z, of all classes alike."""
    rng = np.random.default_rng(0)
    styles = rng.standard_normal((_DRAWN, graph.width(made)), np.float32)
    if made.classes:
        styles[:, made.z :] = made.tensors["embed.weight"][rng.integers(0, made.classes, _DRAWN)]
    return styles


def _facts(checkpoint: Checkpoint, made: Plan, name: str, found: list[str], classes: int) -> Facts:
    source = checkpoint.source
    digest = {"sha256": sha256(source)} if source.is_file() else {}
    return Facts(
        made_by="vj.workshop.importers.fastgan",
        name=name,
        resolution=(made.side, made.side),
        directions=found,
        shapes={"z": made.z, "w": graph.width(made), "layers": graph.LAYERS, "classes": classes},
        groups=usual_groups(graph.LAYERS),
        licence="that of its weights",
        source={"family": "fastgan", "file": source.name, **digest},
    )


def _card(facts: Facts, made: Plan) -> str:
    """README.md of the bundle."""
    return _CARD.format(
        name=facts.name,
        file=facts.source["file"],
        licence=facts.licence,
        made=made,
        kind="Projected GAN (FastGAN's generator)" if made.projected else "FastGAN",
        means="its own" if made.projected else "measured at the import: those in the file are another network's",
        classes=f"{made.classes}, mixed with any real weights" if made.classes else "none",
    )


_CARD = """# {name}

{kind}, imported from `{file}`.

| | |
|---|---|
| made by | `vj models import`: the weights read as data, our own graphs written from them |
| network | Liu et al., "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis", 2021 |
| licence | {licence}: ask whoever gave them to you |
| native size | {made.side}x{made.side}, and no other |
| style | Z {made.z}; coarse is what is seen, middle and fine are what opens its larger pictures |
| classes | {classes} |
| means of its layers | {means} |
| psi | scales z: 0 is one picture a class, 1 what it was trained on |

Directions "sefa 1" to "sefa 8" are the closed-form factorisation of what the first picture weighs, strongest first.
"""

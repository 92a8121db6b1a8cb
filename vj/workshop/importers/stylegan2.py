"""Makes a bundle of a StyleGAN2 or StyleGAN2-ADA: NVIDIA's for PyTorch or TensorFlow, rosinality's or BasicSR's.

The bundle shows what the original shows with constant noise. Class weights are any real numbers: divided by the sum of
their sizes they stand where training had a one-hot label, so one class is exactly that class, and a mixture is embedded
as one label. psi is the official truncation towards the mean w over all classes.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import safetensors.numpy
import torch

from vj.core.errors import CheckpointError
from vj.core.types import F32
from vj.generators.bundle.manifest import DIRECTIONS
from vj.generators.bundle.optimized import HALF
from vj.workshop.checkpoint.reader import Checkpoint
from vj.workshop.closed_form import closed_form
from vj.workshop.manifest import Facts, sha256, usual_groups
from vj.workshop.measured import write_measured
from vj.workshop.progress import Say, quiet
from vj.workshop.stylegan import graph2, rosinality2, tensorflow2
from vj.workshop.stylegan.net2 import Mapper
from vj.workshop.stylegan.plan2 import Plan, plan

#: Family -> the end of a tensor's name that only its networks have.
FAMILIES = {
    "stylegan2": r"synthesis\.b\d{1,4}\.const",
    "rosinality": r"conv1\.conv\.modulation\.weight",
    "basicsr": r"style_conv1\.modulated_conv\.modulation\.weight",
    "stylegan2-tf": "",  # it has the mark of stylegan1, and is told from it where marks are looked for
}

LICENCE = "as the checkpoint's author says; unknown"
#: Family of a checkpoint -> what gives its tensors their official names.
_LAYOUTS: Mapping[str, Callable[[Checkpoint], Checkpoint]] = {
    "stylegan2": lambda checkpoint: checkpoint,
    "rosinality": rosinality2.official,
    "basicsr": rosinality2.official,
    tensorflow2.FAMILY: tensorflow2.official,
}
#: Styles drawn for statistics.
_DRAWN = 4096


def bundle(
    checkpoint: Checkpoint,
    folder: Path,
    name: str,
    samples: int | None = None,
    half: bool = False,
    say: Say = quiet,
) -> None:
    """Write a whole bundle called `name` into `folder`, which is made.

    Turns are measured on `samples` latents, each of them seven pictures a class; 0 leaves them out, and unless told,
    large pictures get fewer. `half` writes the synthesizer in half precision beside the other. `say` is told each step.
    Raises CheckpointError for a network of another family or with parts that are not there or not known.
    """
    made = planned(checkpoint)
    folder.mkdir(parents=True, exist_ok=True)
    say("building the mapper")
    graph2.mapper(made).save(folder / "mapper.onnx")
    say("building the synthesizer")
    graph2.synthesizer(made).save(folder / "synthesizer.onnx")
    if half:
        say("building the synthesizer in half precision")
        graph2.synthesizer(made, half=True).save(folder / HALF)
    say("looking for directions")
    names = [f"class {k}" for k in range(made.c)] or ["all"]
    (folder / "classes.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    found = directions(made)
    (folder / DIRECTIONS).write_bytes(safetensors.numpy.save(found))
    facts = _facts(checkpoint, made, name, list(found), len(names))
    (folder / "README.md").write_text(_card(facts, made), encoding="utf-8")
    write_measured(folder, facts, samples, say)


def _facts(checkpoint: Checkpoint, made: Plan, name: str, found: list[str], classes: int) -> Facts:
    source = {"family": checkpoint.family, "file": checkpoint.source.name}
    if checkpoint.source.is_file():
        source["sha256"] = sha256(checkpoint.source)
    return Facts(
        made_by="vj.workshop.importers.stylegan2",
        name=name,
        resolution=(made.width, made.height),
        directions=found,
        shapes={"z": made.z, "w": made.w, "layers": made.layers, "classes": classes},
        groups=usual_groups(made.layers),
        licence=LICENCE,
        latent={"z_mean": 0.0, "z_std": 1.0, "w_std": round(float(_styles(made).std(0).mean()), 4)},
        source=source,
    )


def planned(checkpoint: Checkpoint) -> Plan:
    """The generator of a checkpoint of any layout; a mean w that the file lacks is drawn. Raises CheckpointError."""
    if checkpoint.family not in _LAYOUTS:
        raise CheckpointError(f"the checkpoint holds {checkpoint.family}, not StyleGAN2", str(checkpoint.source))
    made = plan(_LAYOUTS[checkpoint.family](checkpoint))
    if "mapping.w_avg" in made.tensors:
        return made
    made = replace(made, tensors={**made.tensors, "mapping.w_avg": np.zeros(made.w, np.float32)})
    return replace(made, tensors={**made.tensors, "mapping.w_avg": _styles(made).mean(0)})


def directions(made: Plan) -> dict[str, F32]:
    """Name -> [L, W] that 1 on the fader adds to the styles: the w that change all styles most, strongest first."""
    affine = np.concatenate([made.tensors[f"synthesis.{name}.affine.weight"] for name in made.convolutions])
    return closed_form(affine, _styles(made), made.layers)


def _styles(made: Plan) -> F32:
    """[_DRAWN, W] styles of random z, of all classes alike."""
    rng = np.random.default_rng(0)
    z = torch.tensor(rng.standard_normal((_DRAWN, made.z), np.float32))
    mix = torch.eye(max(made.c, 1))[torch.tensor(rng.integers(0, max(made.c, 1), _DRAWN))]
    with torch.no_grad():
        return np.asarray(Mapper(made)(z, mix, torch.ones(_DRAWN)).numpy(), np.float32)


def _card(facts: Facts, made: Plan) -> str:
    """README.md of the bundle."""
    spans = ", ".join(f"{group} {start}-{stop - 1}" for group, (start, stop) in facts.groups.items())
    return _CARD.format(
        name=facts.name,
        file=facts.source["file"],
        digest=facts.source.get("sha256", "not known"),
        licence=facts.licence,
        made=made,
        classes=f"{made.c}, mixed with any real weights" if made.c else "none",
        clamp="not limited" if made.clamp is None else f"kept within {made.clamp:g}",
        spans=spans,
        half=" The channel is grey and shown as three equal ones." if made.colours == 1 else "",
    )


_CARD = """# {name}

StyleGAN2, imported from `{file}`.

| | |
|---|---|
| made by | `vj models import`: the weights read as data, our own graphs written from them |
| from | `{file}`, sha256 {digest} |
| network | Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", 2020 |
| architecture | {made.architecture}, convolutions {clamp} |
| licence | {licence} |
| picture sizes | {made.width}x{made.height}, and no other |
| style | Z {made.z}, W {made.w}, {made.layers} layers: {spans} |
| classes | {classes} |

It shows what the original shows with constant noise. psi 0 is the mean picture of all classes, 1 full variety.
Directions "sefa 1" to "sefa 8" are the closed-form factorisation of the styles' weights, strongest first: what each
does must be looked at, and 1 on its fader goes three deviations of w.{half}
"""

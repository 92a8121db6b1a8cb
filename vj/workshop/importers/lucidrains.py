"""Makes a bundle of a StyleGAN2 that lucidrains/stylegan2-pytorch trained, from its `model_N.pt`.

The bundle shows what the original shows with one noise, always the same. psi is its truncation towards the mean w.
"""

from pathlib import Path

import numpy as np
import safetensors.numpy

from vj.core.errors import CheckpointError
from vj.generators.bundle.manifest import DIRECTIONS
from vj.workshop.checkpoint.reader import Checkpoint
from vj.workshop.closed_form import closed_form
from vj.workshop.lucidrains import graph
from vj.workshop.lucidrains.plan import Plan, plan
from vj.workshop.manifest import Facts, sha256, usual_groups
from vj.workshop.measured import write_measured
from vj.workshop.progress import Say, quiet

#: Family -> the end of a tensor's name that only its networks have.
FAMILIES = {"lucidrains": r"GE?\.blocks\.0\.to_style1\.weight"}


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
    each step. This family is not written in half precision.
    """
    if half:
        raise CheckpointError("lucidrains' StyleGAN2 is not written in half precision", "--half", "leave it out")
    made = plan(checkpoint)
    folder.mkdir(parents=True, exist_ok=True)
    if made.alpha:
        say("leaving its alpha channel out")
    say("building the mapper")
    graph.mapper(made).save(folder / "mapper.onnx")
    say("building the synthesizer")
    graph.synthesizer(made).save(folder / "synthesizer.onnx")
    (folder / "classes.txt").write_text("all\n", encoding="utf-8")
    say("looking for directions")
    names = (f"blocks.{k}.to_style{number}.weight" for k in range(made.blocks) for number in (1, 2))
    found = closed_form(np.concatenate([made.tensors[name] for name in names]), made.styles(), made.blocks)
    (folder / DIRECTIONS).write_bytes(safetensors.numpy.save(found))
    facts = _facts(checkpoint, made, name, list(found))
    (folder / "README.md").write_text(_card(facts, made), encoding="utf-8")
    write_measured(folder, facts, samples, say)


def _facts(checkpoint: Checkpoint, made: Plan, name: str, found: list[str]) -> Facts:
    source = checkpoint.source
    digest = {"sha256": sha256(source)} if source.is_file() else {}
    return Facts(
        made_by="vj.workshop.importers.lucidrains",
        name=name,
        resolution=(made.side, made.side),
        directions=found,
        shapes={"z": made.z, "w": made.z, "layers": made.blocks, "classes": 1},
        groups=usual_groups(made.blocks),
        licence="that of its weights",
        source={"family": "lucidrains", "file": source.name, **digest},
    )


def _card(facts: Facts, made: Plan) -> str:
    """README.md of the bundle."""
    spans = ", ".join(f"{group} {start}-{stop - 1}" for group, (start, stop) in facts.groups.items())
    return _CARD.format(name=facts.name, file=facts.source["file"], licence=facts.licence, made=made, spans=spans)


_CARD = """# {name}

StyleGAN2 of lucidrains/stylegan2-pytorch, imported from `{file}`.

| | |
|---|---|
| made by | `vj models import`: the weights read as data, our own graphs written from them |
| licence | {licence}: ask whoever gave them to you |
| native size | {made.side}x{made.side}, and no other |
| style | Z and W {made.z}, {made.blocks} layers, one a block: {spans} |

It shows what the original shows with one noise, always the same. psi 0 is the mean picture, 1 full variety.
Directions "sefa 1" to "sefa 8" are the closed-form factorisation of the styles' weights, strongest first.
"""

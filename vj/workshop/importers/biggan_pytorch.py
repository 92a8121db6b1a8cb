"""Makes a bundle of a BigGAN or BigGAN-deep that ajbrock's BigGAN-PyTorch trained.

z is a standard normal, as its training has it, and psi scales it: these networks keep no statistics for truncation.
Class weights are any real numbers: the embedding is their sum of embeddings.
"""

from pathlib import Path

from vj.generators.bundle.optimized import HALF
from vj.workshop.biggan import graph_pytorch
from vj.workshop.biggan.plan_pytorch import Plan, plan
from vj.workshop.checkpoint.reader import Checkpoint
from vj.workshop.importers.biggan import class_names
from vj.workshop.manifest import Facts, sha256, usual_groups, write_manifest
from vj.workshop.progress import Say, quiet

#: Family -> the end of a tensor's name that only its networks have.
FAMILIES = {"biggan-pytorch": r"output_layer\.0\.gain"}


def bundle(checkpoint: Checkpoint, folder: Path, name: str, half: bool = False, say: Say = quiet) -> None:
    """Write a whole bundle called `name` into `folder`; raises CheckpointError for weights of anything else.

    half  writes the synthesizer in half precision beside the other
    say   is told each step
    """
    say("dividing out the spectral norms")
    made = plan(checkpoint)
    folder.mkdir(parents=True, exist_ok=True)
    say("building the mapper")
    graph_pytorch.mapper(made).save(folder / "mapper.onnx")
    say("building the synthesizer")
    graph_pytorch.synthesizer(made).save(folder / "synthesizer.onnx")
    if half:
        say("building the synthesizer in half precision")
        graph_pytorch.synthesizer(made, half=True).save(folder / HALF)
    (folder / "classes.txt").write_text("\n".join(class_names(made.classes)) + "\n", encoding="utf-8")
    facts = _facts(checkpoint, made, name)
    (folder / "README.md").write_text(_card(facts, made), encoding="utf-8")
    write_manifest(folder, facts)


def _facts(checkpoint: Checkpoint, made: Plan, name: str) -> Facts:
    source = checkpoint.source
    digest = {"sha256": sha256(source)} if source.is_file() else {}
    return Facts(
        made_by="vj.workshop.importers.biggan_pytorch",
        name=name,
        resolution=(made.side, made.side),
        directions=(),
        shapes={"z": made.z, "w": made.w, "layers": made.layers, "classes": made.classes},
        groups=usual_groups(made.layers),
        licence="that of its weights",
        source={"family": "biggan-pytorch", "file": source.name, **digest},
    )


def _card(facts: Facts, made: Plan) -> str:
    """README.md of the bundle."""
    spans = ", ".join(f"{group} {start}-{stop - 1}" for group, (start, stop) in facts.groups.items())
    return _CARD.format(
        name=facts.name,
        kind="BigGAN-deep" if made.deep else "BigGAN",
        file=facts.source["file"],
        licence=facts.licence,
        made=made,
        spans=spans,
    )


_CARD = """# {name}

{kind}, imported from `{file}`.

| | |
|---|---|
| made by | `vj models import`: the weights read as data, our own graphs written from them |
| network | Brock, Donahue and Simonyan, "Large Scale GAN Training", 2019; as BigGAN-PyTorch trains it |
| licence | {licence}: ask whoever gave them to you |
| native size | {made.side}x{made.side}, and no other |
| style | Z {made.z}, W {made.w} (z, embedding of the class), {made.layers} layers: {spans} |
| classes | {made.classes}, mixed with any real weights |
| psi | scales z: 0 is one picture a class, 1 what it was trained on |

Layer 0 makes the first map; every other layer is one residual block, from coarse to fine. Where the network splits its
z, each layer hears its own part of it.
"""

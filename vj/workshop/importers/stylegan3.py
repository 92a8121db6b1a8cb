"""Make a bundle of StyleGAN3, t or r, or StyleGAN-XL: snapshots and their tensors kept as safetensors, of every size.

w       The bundle's w is the network's own and four numbers that the mapper leaves at zero. In the style of layer 0
        they move the finished picture: right and down in picture widths, turned clockwise in radians, enlarged in
        octaves. The directions "right", "down", "turn" and "zoom" reach them. Config r obeys shift and turn; config t
        keeps its picture when it is shifted, but draws another one when it is turned; neither was trained to zoom.
layers  0 is the Fourier features' own style, 1 to L-1 the synthesis layers', whose cutoffs grow from 2 cycles a
        picture to half its pixels, by the same factor each. The groups are thirds of those, layer 0 is coarse: for the
        usual 16, coarse is 0 to 5, middle 6 to 10, fine 11 to 15.
psi     Leads from the mean w (StyleGAN-XL: of the class) at 0 to the w of z at 1, in all layers.
clamp   The original limits activations to 256 for the sake of half precision. They are normalised and seldom come
        near; the limit is left out where half of it changes no picture that was tried, since it costs a fifth of the
        speed.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import safetensors.numpy
import torch

from vj.core.errors import CheckpointError
from vj.core.types import F32
from vj.generators.bundle.manifest import DIRECTIONS
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.optimized import HALF
from vj.workshop.checkpoint.reader import Checkpoint
from vj.workshop.graph import Graph
from vj.workshop.importers.biggan import class_names
from vj.workshop.manifest import Facts, sha256, write_manifest
from vj.workshop.progress import Say, quiet
from vj.workshop.sheets import drawing
from vj.workshop.stylegan import graph3, plan3, plan_xl
from vj.workshop.stylegan.directions3 import directions
from vj.workshop.stylegan.graph3 import PLACE
from vj.workshop.stylegan.net3 import network
from vj.workshop.stylegan.plan3 import Plan

#: Family -> the end of a tensor's name that only its networks have.
FAMILIES = {"stylegan3": r"synthesis\.input\.freqs"}

_SEED = 1
#: z drawn for the spread of w.
_DRAWN = 2000
#: psi of the pictures that the clamp is tried on, beyond what a show asks for.
_TRIED_PSI = (1.0, 1.5)
#: What the clamp may change of a picture in [-1, 1] and still be called idle.
_IDLE = 1e-4
#: Pictures taken to measure turns, of at most _QUICK_PX a side: a large network needs seconds for one.
_PICTURES = 24
_QUICK_PX = 256
#: Classes they are taken of.
_CLASSES = 2


def bundle(checkpoint: Checkpoint, folder: Path, name: str, half: bool = False, say: Say = quiet) -> None:
    """Write a whole bundle called `name` into `folder`; raises CheckpointError for weights of anything else.

    half  writes the synthesizer in half precision beside the other: for graphics cards, processors are slower in it
    say   is told each step
    """
    planned = planned_of(checkpoint)
    if planned.layers[-1].channels[1] not in (1, 3):
        raise CheckpointError(
            f"the network makes pictures of {planned.layers[-1].channels[1]} channels, not 3 or 1",
            str(checkpoint.source),
            "import a network that was trained on coloured or grey pictures",
        )
    folder.mkdir(parents=True, exist_ok=True)
    say("building the mapper")
    graph3.mapper(planned).save(folder / "mapper.onnx")
    say("trying whether the clamp ever acts")
    w = drawn(planned)
    clamped = not idle(planned, w[: len(_TRIED_PSI)])
    say("building the synthesizer")
    graph3.synthesizer(planned, clamped).save(folder / "synthesizer.onnx")
    if half:
        say("building the synthesizer in half precision")
        graph3.synthesizer(planned, True, half=True).save(folder / HALF)
    names = list(class_names(planned.classes)) if planned.classes else ["all"]
    (folder / "classes.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    found = directions(planned, groups(planned.styles), w)
    (folder / DIRECTIONS).write_bytes(safetensors.numpy.save(found))
    facts = _facts(checkpoint, planned, name, list(found), len(names))
    write_manifest(folder, facts)
    latents, classes = enough(planned.resolution, len(names))
    with closing(open_generator(str(folder), threads=1)) as generator:  # which only a whole bundle lets
        facts = replace(facts, turn=drawing.turns(generator, latents, classes, say))
    write_manifest(folder, facts)
    (folder / "README.md").write_text(_card(facts, planned, clamped), encoding="utf-8")


def planned_of(checkpoint: Checkpoint) -> Plan:
    """The plan of a StyleGAN3 or a StyleGAN-XL; raises CheckpointError."""
    plan = plan_xl.plan if plan_xl.is_xl(checkpoint.tensors) else plan3.plan
    return plan(checkpoint.arguments, checkpoint.tensors)


def enough(side: int, classes: int) -> tuple[int, int]:
    """Latents and classes to measure turns on, four pictures each: fewer of large pictures."""
    pictures = _PICTURES * _QUICK_PX // max(side, _QUICK_PX)
    several = min(classes, _CLASSES) if pictures >= 8 * _CLASSES else 1
    return max(1, pictures // (4 * several)), several


def groups(styles: int) -> dict[str, tuple[int, int]]:
    """Style group -> half-open range of the `styles` style layers."""
    third = (styles - 1) // 3
    first, second = styles - 2 * third, styles - third
    return {"coarse": (0, first), "middle": (first, second), "fine": (second, styles)}


def drawn(planned: Plan) -> F32:
    """[N, W] w of random z at psi 1, of all classes in turn; the first few at the psi of _TRIED_PSI."""
    rng = torch.Generator().manual_seed(_SEED)
    psi = torch.ones(_DRAWN)
    psi[: len(_TRIED_PSI)] = torch.tensor(_TRIED_PSI)
    mix = torch.eye(max(planned.classes, 1))[torch.arange(_DRAWN) % max(planned.classes, 1)]
    with torch.no_grad():
        w = network(planned).mapping(torch.randn(_DRAWN, planned.z, generator=rng), mix, psi)
    return np.asarray(w.numpy(), np.float32)


def idle(planned: Plan, w: F32) -> bool:
    """Whether even half the clamp leaves the pictures of `w` [N, W] as they are."""
    if np.isinf(planned.clamp):
        return True
    fixed = np.pad(w, ((0, 0), (0, PLACE)))
    styles = np.repeat(fixed[:, None], planned.styles, 1)
    free = graph3.synthesizer(planned, clamped=False)
    tight = graph3.synthesizer(replace(planned, clamp=planned.clamp / 2), clamped=True)
    return bool(np.abs(_run(free, styles) - _run(tight, styles)).max() < _IDLE)


def _run(graph: Graph, styles: F32) -> F32:
    content = graph.proto("synthesizer").SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"styles": one[None]})[0] for one in styles])


def _facts(checkpoint: Checkpoint, planned: Plan, name: str, found: list[str], classes: int) -> Facts:
    source = checkpoint.source
    digest = {"sha256": sha256(source)} if source.is_file() else {}
    family = plan_xl.FAMILY if plan_xl.is_xl(checkpoint.tensors) else "stylegan3"
    return Facts(
        made_by="vj.workshop.importers.stylegan3",
        name=name,
        resolution=(planned.resolution, planned.resolution),
        directions=found,
        shapes={"z": planned.z, "w": planned.w + PLACE, "layers": planned.styles, "classes": classes},
        groups=groups(planned.styles),
        licence="that of its weights",
        source={"family": family, "config": _config(planned), "file": source.name, **digest},
    )


def _config(planned: Plan) -> str:
    return "t" if planned.layers[0].kernel > 1 else "r"


def _card(facts: Facts, planned: Plan, clamped: bool) -> str:
    """README.md of the bundle."""
    spans = ", ".join(f"{group} {start}-{stop - 1}" for group, (start, stop) in facts.groups.items())
    turned: Mapping[str, str] = {"t": "draws another picture", "r": "turns the picture"}
    xl = facts.source["family"] == plan_xl.FAMILY
    return _CARD.format(
        name=facts.name,
        what="StyleGAN-XL" if xl else "StyleGAN3",
        paper=_PAPERS[xl],
        mean=" of a class" if planned.seen else "",
        config=_config(planned),
        file=facts.source["file"],
        licence=facts.licence,
        side=planned.resolution,
        z=planned.z,
        w=planned.w,
        layers=planned.styles,
        spans=spans,
        classes=f"{planned.classes}, mixed with any real weights" if planned.classes else "none",
        directions=", ".join(facts.directions),
        clamped="in the graph" if clamped else "left out: it never acts",
        turned=turned[_config(planned)],
    )


_PAPERS = (
    'Karras et al., "Alias-Free Generative Adversarial Networks", 2021',
    'Sauer et al., "StyleGAN-XL: Scaling StyleGAN to Large Diverse Datasets", 2022',
)
_CARD = """# {name}

{what}, config {config}, imported from `{file}`.

| | |
|---|---|
| made by | `vj models import` |
| source | {paper}; weights as they came |
| licence | {licence}: ask whoever gave them to you |
| picture sizes | {side}x{side}, and no other |
| style | Z {z}, W {w} and four numbers that move the picture, {layers} layers: {spans} |
| classes | {classes} |
| psi | 0 is the mean picture{mean}, 1 full variety |
| directions | {directions} |
| clamp at 256 | {clamped} |

"right" and "down" shift the whole picture by half its width at 1, "zoom" doubles or halves it; "turn" {turned},
by half a turn at 1. The others are the strongest directions of each style group.
"""

"""`vj learn`: give a bundle directions, to be steered by faders, MIDI and sound. Needs the workshop's packages."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from vj.apps.progress import bar, duration, needing_workshop

app = typer.Typer(help="Learn directions of a generator, to be steered by faders and sound.", no_args_is_help=True)
console = Console()
Name = Annotated[str, typer.Argument(help="A bundle by name, or its folder. It stays as it is.")]
Own = Annotated[str | None, typer.Option("--name", help="Name of the new bundle; else the old one's and the kind's.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a bundle of yours of that name.")]


class Kind(StrEnum):
    """One direction for all pictures, or a walk that looks where it is."""

    linear = "linear"
    nnz = "nnz"


@app.command()
def walk(
    bundle: Name,
    edit: Annotated[
        str, typer.Option(help="With commas: red, green, blue, luminance, zoom, shift-x, shift-y, rotate.")
    ] = "red,green,blue",
    kind: Annotated[Kind, typer.Option(help="linear: one direction for all. nnz: it looks where it is.")] = Kind.nnz,
    steps: Annotated[int, typer.Option(min=4, help="Pictures to learn from.")] = 768,
    name: Own = None,
    force: Force = False,
) -> None:
    """Learn walks that change pictures as an edit would, and write a bundle whose first faders walk them."""
    from vj.generators.bundle.manifest import find_bundle, graphs_of, read_bundle

    source = graphs_of(read_bundle(find_bundle(bundle)))
    with needing_workshop("vj learn"):
        from vj.workshop.walks import learn
        from vj.workshop.walks.bundle import Learned, write
        from vj.workshop.walks.edits import chosen
        from vj.workshop.walks.probe import Probe

    edits = chosen(edit)
    probe = Probe(source)
    wait = duration(learn.seconds(probe, edits, kind.value, steps))
    console.print(f"{steps} pictures: about {wait} on this machine as it is now", highlight=False)
    with bar("learning", console) as say:
        learned = learn.learn(probe, edits, kind.value, steps, say)
    made_by = f"vj learn walk {source.name} --edit {','.join(edits)} --kind {kind.value} --steps {steps}"
    made = Learned(made_by, learned.directions, learned.names if learned.flow else (), learned.flow)
    own = _keep(name or f"{source.name}-{kind.value}", lambda folder, o: write(source, folder, o, made), force)
    _tell(own, edits)


@app.command()
def sefa(
    bundle: Name,
    count: Annotated[int, typer.Option(min=1, help="Directions, strongest first.")] = 8,
    group: Annotated[str | None, typer.Option(help="Only the layers of one style group, such as fine.")] = None,
    name: Own = None,
    force: Force = False,
) -> None:
    """Find directions in the weights themselves (SeFa); where there are none, in the spread of w."""
    from vj.generators.bundle.manifest import find_bundle, graphs_of, read_bundle

    source = graphs_of(read_bundle(find_bundle(bundle)))
    with needing_workshop("vj learn"):
        from vj.workshop.walks import sefa as workshop
        from vj.workshop.walks.bundle import Learned, write

    with bar("factorising", console):
        found = workshop.directions(source, count, group)
    made = Learned(f"vj learn sefa {source.name} --count {count}", found.directions)
    own = _keep(name or f"{source.name}-sefa", lambda folder, o: write(source, folder, o, made), force)
    console.print(f"From {found.source}.", highlight=False)
    _tell(own, found.directions)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help=".npy, .npz, .safetensors, .pt, or a TensorFlow checkpoint's .data file.")
    ],
    bundle: Annotated[
        str, typer.Option(help="The bundle that they are of, by name, or its folder. It stays as it is.")
    ],
    reach: Annotated[
        float, typer.Option(min=0.0, help="Deviations that 1 on the fader goes; 0: as long as it is.")
    ] = 3.0,
    group: Annotated[str | None, typer.Option(help="Only the layers of one style group, such as coarse.")] = None,
    name: Own = None,
    force: Force = False,
) -> None:
    """Take directions that somebody else found: InterFaceGAN's, GANSpace's, a walk that was learnt elsewhere."""
    from vj.generators.bundle.manifest import find_bundle, graphs_of, read_bundle

    source = graphs_of(read_bundle(find_bundle(bundle)))
    with needing_workshop("vj learn"):
        from vj.workshop.walks import given
        from vj.workshop.walks.bundle import Learned, write

    with bar("reading directions", console):
        found = given.directions(file, source, group, reach)
    made = Learned(f"vj learn import {file.name} --bundle {source.name}", found)
    own = _keep(name or f"{source.name}-{file.stem}", lambda folder, o: write(source, folder, o, made), force)
    _tell(own, found)


def _keep(name: str, write: Callable[[Path, str], None], force: bool) -> str:
    """Put a bundle among the user's; its name."""
    from vj.apps.models import keep as keeper

    own = keeper.bundle_name(name, Path(name))

    def make(folder: Path) -> None:
        write(folder, own)
        keeper.check(folder)

    keeper.keep(own, make, force)
    return own


def _tell(own: str, names: Mapping[str, Any]) -> None:
    """Say what the bundle is called and which fader does what."""
    console.print(f"{own} is ready: vj live --bundle {own}", highlight=False, soft_wrap=True)
    for number, name in enumerate(names, 1):
        console.print(f"/latent/dir/{number}  {name}", highlight=False)

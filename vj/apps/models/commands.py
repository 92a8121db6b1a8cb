"""`vj models`: bring your own generator, look at it, try it out, make it fast."""

import math
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vj.apps.progress import bar, needing_workshop
from vj.core.errors import BundleError, VjError
from vj.core.written import is_file, path_of

app = typer.Typer(help="Generators: yours and those that come with vj.", no_args_is_help=True)
console = Console()
Name = Annotated[str, typer.Argument(help="A bundle by name, or its folder.")]
PackageTruncation = Annotated[
    bool, typer.Option("--package-truncation", help="BigGAN: mix statistics as its package does.")
]
Half = Annotated[
    bool, typer.Option("--half", help="StyleGAN 2 and 3, BigGAN: half precision too, for `vj models optimize`.")
]


@app.command("list")
def list_models() -> None:
    """Every bundle: name, kind, size, classes, layers, where."""
    from vj.apps.models import _tell

    _print(_tell.COLUMNS, list(_tell.rows()), heading=False)


@app.command()
def show(name: Name) -> None:
    """Everything about a bundle: manifest, card, what runs it and how fast."""
    from vj.apps.models._tell import lines

    for line in lines(name):
        print(line)


@app.command()
def verify(name: Name) -> None:
    """Try a bundle out: checksums, graphs, pictures; exit code 1 if anything is wrong."""
    from vj.generators.bundle.manifest import find_bundle
    from vj.generators.bundle.verify import findings

    folder = find_bundle(name)
    faults = 0
    for finding in findings(folder):
        faults += finding.fault
        mark = "[bold red]wrong[/]" if finding.fault else "[green]ok[/]   "
        console.print(f"{mark}  {escape(finding.text)}", highlight=False, soft_wrap=True)
    if faults:
        told = "one thing is wrong" if faults == 1 else f"{faults} things are wrong"
        raise BundleError(f"{told} with {folder.name}", str(folder), "import it again, or mend what it was made of")


@app.command("import")
def import_model(
    source: Annotated[
        str, typer.Argument(help="A checkpoint, ONNX file, shader, folder, bundle; or a name: biggan-deep-256.")
    ],
    name: Annotated[str | None, typer.Option(help="Name of the bundle; else that of the file.")] = None,
    z: Annotated[
        str, typer.Option(help="Numbers of z where an ONNX graph leaves it free, such as 512 or 4x32x32.")
    ] = "",
    classes: Annotated[str, typer.Option(help="Number of classes, names with commas, or a file of names.")] = "",
    span: Annotated[str, typer.Option("--range", help="Black and white of an ONNX picture, such as 0,255.")] = "",
    licence: Annotated[str, typer.Option(help="Licence of the weights, for the manifest.")] = "",
    package_truncation: PackageTruncation = False,
    half: Half = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a bundle of yours of that name.")] = False,
    link: Annotated[
        bool, typer.Option("--link", help="Shaders: play your files themselves, as you edit them.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Shaders: only say which of a folder can be played, and keep nothing.")
    ] = False,
) -> None:
    """Make a bundle of your own generator, or of shaders. No code in a checkpoint is run."""
    if check:
        from vj.apps.models.check import report

        report(path_of(source), console)
        return
    from vj.apps.models import keep as keeper
    from vj.workshop.isf.importer import is_shader
    from vj.workshop.isf.importer import write as shaders

    path = path_of(source)
    own = keeper.bundle_name(name, path)
    if name not in (None, own):
        console.print(f"{name!r} is kept as {own}: names have small letters, digits, - and _", highlight=False)
    (named, count), sides, limits = _classes(classes), _sides(z), _span(span)
    with bar("importing", console) as step:

        def make(folder: Path) -> None:
            if is_shader(path):
                shaders(path, folder, own, licence, link, step)
            elif is_file(path / "bundle.toml"):
                keeper.copy_bundle(path, folder)
            else:
                from vj.workshop.import_checkpoint import bundle
                from vj.workshop.onnx.importer import Asked

                asked = Asked(sides, named, count, limits, licence, package_truncation, half)
                bundle(source, folder, own, asked, step)
            keeper.check(folder, step)

        try:
            with needing_workshop("vj models"):
                kept = keeper.keep(own, make, force)
        except KeyboardInterrupt:
            console.print("Interrupted; nothing was kept.")
            raise typer.Exit(130) from None
    for note in keeper.notes(kept):
        console.print(f"[yellow]Note:[/] {escape(note)}", highlight=False, soft_wrap=True)
    console.print(f"{own} is ready: vj live --bundle {own}", highlight=False, soft_wrap=True)
    console.print(f"It lies in {kept}", highlight=False, soft_wrap=True)


@app.command()
def optimize(
    name: Name,
    psnr: Annotated[float, typer.Option(help="How like single precision it must look, in dB.")] = 45.0,
) -> None:
    """Time all ways to run a bundle on this machine, and keep the fastest that looks the same."""
    from vj.generators.bundle.manifest import find_bundle, graphs_of, read_bundle

    bundle = graphs_of(read_bundle(find_bundle(name)))
    with needing_workshop("vj models"):
        from vj.workshop.optimize import measure as workshop

        with bar("optimizing", console) as step:
            rows = workshop.optimize(bundle, step, least_psnr_db=psnr)
    told = []
    for place, row in enumerate(rows):
        verdict = "chosen" if place == 0 else row.reason or ("" if row.good else "looks different")
        psnr_db = f"{row.psnr_db:.1f}" if not row.reason else ""
        told.append((row.way.label, _number(row.ms), _number(row.late_ms), psnr_db, verdict))
    _print(("way", "ms a picture", "99th of 100", "PSNR dB", ""), told)
    console.print(
        "Timed alone: no show could be begun beside it."
        if rows[0].alone
        else "Timed beside the hearing and the finish."
    )


@app.command()
def bench(name: Name, runs: Annotated[int, typer.Option(min=1, help="Pictures to time.")] = 100) -> None:
    """Time single pictures at native size, on one thread and two."""
    from vj.apps.models._tell import bench_line, picture_ms
    from vj.core.shelf import names
    from vj.generators.bundle.opening import open_generator

    counts = (1,) if name in names("generators") else (1, 2)
    told = []
    with bar("timing", console) as step:
        for threads in counts:
            options = {"threads": threads} if len(counts) > 1 else {}
            with closing(open_generator(name, None, **options)) as generator:
                say = partial(step, f"timing {generator.provider}")
                told.append(bench_line(generator.provider, picture_ms(generator, runs, say)))
    _print(("runs on", "p50 ms", "p99 ms", "pictures/s"), told)


@app.command()
def loop(
    name: Name,
    out: Annotated[Path, typer.Option("-o", "--output", help="A .gif, .webp or .mp4.")],
    klass: Annotated[str, typer.Option("--class", help="A class, by name or number.")] = "0",
    seconds: Annotated[float, typer.Option(min=0.2, max=60.0, help="How long one round takes.")] = 4.0,
    radius: Annotated[float, typer.Option(min=0.0, max=1.0, help="How far it goes.")] = 0.5,
    seed: Annotated[int, typer.Option(help="Another number is another round.")] = 1,
) -> None:
    """Draw a picture that loops, going once round the latent space."""
    from vj.engine.addresses import class_index
    from vj.generators.bundle.opening import open_generator
    from vj.workshop.sheets.looping import Round, write

    with closing(open_generator(name)) as generator, bar("going round", console) as step:
        index = class_index(klass, generator.spec.classes)
        way = Round(max(2, round(seconds * 25)), index=index, radius=radius, seed=seed)
        write(generator, out, way, lambda part: step("going round", part))
    console.print(f"{out}: {way.count} pictures, once round", highlight=False)


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="A bundle of yours, by name.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove a bundle of yours."""
    from vj.apps.models import keep as keeper

    folder = keeper.own_bundle(name)
    if not yes and not typer.confirm(f"Remove {folder}?"):
        raise typer.Exit(1)
    keeper.remove(name)
    console.print(f"{name} is gone.", highlight=False)


def _print(columns: Sequence[str], rows: Sequence[Sequence[str]], heading: bool = True) -> None:
    """A table for reading, or bare and tab-separated into a pipe."""
    if not console.is_terminal:
        for row in rows:
            print("\t".join(row))
        return
    listing = Table(*columns, box=None, padding=(0, 2, 0, 0))
    for row in rows:
        listing.add_row(*map(escape, row))
    console.print(listing)


def _classes(text: str) -> tuple[tuple[str, ...], int | None]:
    """(names, count) of what --classes says."""
    if not text:
        return (), None
    if text.isdigit():
        return (), int(text)
    file = path_of(text)
    try:
        listed = file.read_text(encoding="utf-8").splitlines() if is_file(file) else text.split(",")
    except (OSError, UnicodeDecodeError) as error:
        raise VjError(f"the class names cannot be read: {error}", "--classes", "one name a line, in UTF-8") from None
    names = tuple(" ".join(name.split()) for name in listed if name.strip())
    if not names:
        raise VjError(f"{text!r} names no class", "--classes", "write a number, names with commas, or a file of names")
    return names, len(names)


def _sides(text: str) -> tuple[int, ...] | None:
    if not text:
        return None
    sides = text.lower().split("x")
    if not all(side.isdigit() and 0 < int(side) < 1 << 20 for side in sides):
        raise VjError(f"{text!r} is no size of z", "--z", "write a number, such as 512, or sides, such as 4x32x32")
    return tuple(int(side) for side in sides)


def _span(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low != high):
        raise VjError(f"{text!r} is no range", "--range", "write black and white, such as -1,1 or 0,255")
    return low, high


def _number(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else ""

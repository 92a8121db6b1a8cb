"""`vj train`: teach a generator, and write it as a bundle. Needs the workshop's packages."""

from pathlib import Path
from typing import Annotated

import typer

from vj.core.errors import VjError

app = typer.Typer(help="Train a generator and write it as a bundle.", no_args_is_help=True)


@app.command()
def dream(
    minutes: Annotated[float, typer.Option(help="How long to go on training, from wherever it was left.")] = 150.0,
    threads: Annotated[int, typer.Option(help="Threads that train.")] = 2,
    folder: Annotated[Path, typer.Option(help="Where training keeps what it has.")] = Path("out/dream"),
    output: Annotated[Path | None, typer.Option(help="Folder of the bundle; models/dream if not given.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Train no further, only write the bundle.")] = False,
) -> None:
    """Train `dream` on pictures of the worlds. May be interrupted at any time and goes on where it was."""
    try:
        from vj.workshop import dream as workshop
    except ModuleNotFoundError as error:
        hint = "install vj with the extra 'workshop'"
        raise VjError(f"training needs the package {error.name}", "vj train", hint) from None
    options = ["--minutes", str(minutes), "--threads", str(threads), "--folder", str(folder)]
    options += ["--output", str(output)] if output else []
    options += ["--write"] if write else []
    try:
        workshop.main(options)
    except KeyboardInterrupt:
        raise VjError("interrupted", f"{folder}", "run it again to go on from there") from None

"""`vj safety`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from vj.apps.progress import with_progress

console = Console()


def safety(
    film: Annotated[Path, typer.Argument(help="Any film that FFmpeg decodes.")],
    json: Annotated[Path | None, typer.Option(help="Write the report to this JSON file too.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw it to this PNG.")] = None,
) -> None:
    """Look through a film for what flashes: exit code 1 if it is too much for photosensitive viewers."""
    from vj.apps.safety import report
    from vj.apps.safety.film import look_through

    looked = with_progress(f"Looking through {film.name}", lambda progress: look_through(film, progress), console)
    for line in report.words(looked):
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    if json is not None:
        report.write(looked, json)
    if plot is not None:
        report.picture(looked).save(plot)
    if looked.faults():
        raise typer.Exit(1)

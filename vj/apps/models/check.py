"""`vj models import FOLDER --check`: which shaders of a folder can be played, and what is wrong with the others."""

from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from vj.core.errors import BundleError


def report(path: Path, console: Console) -> None:
    """Print a line for each shader and the share that works; exit code 1 where not all do. Raises BundleError."""
    from vj.workshop.isf.checking import KINDS, checked, shaders

    files = shaders(path) if path.exists() else []
    if not files:
        raise BundleError("there is no shader to check", str(path), "a folder of .fs, .frag or .glsl files, or one")
    found = []
    for verdict in checked(files):
        found.append(verdict)
        name = verdict.file.relative_to(path) if path.is_dir() else verdict.file.name
        mark = f"[{'green' if verdict.works else 'bold red'}]{verdict.kind:8}[/]"
        told = verdict.role if verdict.works else verdict.why
        console.print(f"{mark} {escape(f'{name}: {told}')}", highlight=False, soft_wrap=True)
    good = sum(verdict.works for verdict in found)
    counts = ", ".join(f"{sum(one.kind == kind for one in found)} {kind}" for kind in KINDS)
    console.print(f"{100.0 * good / len(found):.1f} % of {len(found)} can be played: {counts}", highlight=False)
    if good < len(found):
        raise typer.Exit(1)

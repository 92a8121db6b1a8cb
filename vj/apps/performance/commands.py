"""`vj performance`: what is in a recorded performance; cut it, put several together."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Recorded performances: what is in one; cut them, join them.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="A folder that --record-performance wrote.")]
New = Annotated[Path, typer.Option("--output", "-o", help="New folder to write.")]


@app.command()
def show(
    folder: Folder, as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False
) -> None:
    """What is in it, and what is missing."""
    import json

    from vj.apps.performance.summary import summary
    from vj.apps.performance.telling import lines

    found = summary(folder)
    if as_json:
        print(json.dumps(vars(found), indent=1))
        return
    for line in lines(found, folder):
        print(line)


@app.command()
def trim(
    folder: Folder,
    output: New,
    begin: Annotated[float, typer.Option("--from", min=0.0, help="Begin at this second of the show.")] = 0.0,
    end: Annotated[float | None, typer.Option("--to", help="End at this second of the show.")] = None,
    bare: Annotated[
        bool, typer.Option("--bare", help="Leave out what led up to it: smaller, but the pictures are others.")
    ] = False,
) -> None:
    """Keep a part of it."""
    from vj.apps.performance.cutting import trim as cut

    first, last = cut(folder, output, begin, end, bare)
    print(f"{output}: {last - first:.1f} s" + (f", and {first:.1f} s that lead up to them" if first else ""))


@app.command()
def join(folders: Annotated[list[Path], typer.Argument(help="Performances, in order.")], output: New) -> None:
    """Put several into one: the show goes on where the one before ends."""
    from vj.apps.performance.cutting import join as splice

    joints = splice(folders, output)
    print(f"{output}: {len(folders)} performances, joined at {', '.join(f'{t:.1f} s' for t in joints)}")

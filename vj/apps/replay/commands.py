"""`vj performance takes` and `vj performance compare`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

console = Console()
Folder = Annotated[Path, typer.Argument(help="A performance that was recorded.")]
#: How wide the small picture of a value on its way is where there is room.
MAX_CHARACTERS = 60
#: What stands beside it.
BESIDE_CHARACTERS = 66


def takes(folder: Folder) -> None:
    """The takes of a performance: over which each lies, when it was made, what was moved in it."""
    from vj.apps.recorded import read_recorded
    from vj.apps.replay.lanes import ALL
    from vj.apps.replay.takes import RECORDED, numbers, read_take

    _, _, recorded = read_recorded(folder)
    table = Table("take", "over", "made", "moved")
    table.add_row("1", "", "", f"as it was recorded: {len(recorded)} moves")
    for number in numbers(folder):
        if number != RECORDED:
            take = read_take(folder, number)
            count = sum(len(over.events) for over in take.layovers)
            lanes = ", ".join("all of it" if name == ALL else name for name in take.lanes)
            table.add_row(str(number), str(take.parent), escape(take.made[:16].replace("T", " ")), f"{lanes} ({count})")
    console.print(table)


def compare(
    folder: Folder,
    one: Annotated[int, typer.Argument(min=1, help="A take.")],
    other: Annotated[int, typer.Argument(min=1, help="Another take.")],
) -> None:
    """What differs between two takes: which parameters, when, and how each moves on its way."""
    from vj.apps.assemble import parameters
    from vj.apps.recorded import read_recorded
    from vj.apps.replay.comparing import compare as compared
    from vj.apps.replay.comparing import said, way
    from vj.apps.replay.takes import script_of

    _, _, recorded = read_recorded(folder)
    ours, theirs = (script_of(folder, number, recorded) for number in (one, other))
    found, known = compared(ours, theirs), parameters()
    if not found:
        console.print(f"Takes {one} and {other} are the same.")
        return
    width = min(max(console.width - BESIDE_CHARACTERS, 12), MAX_CHARACTERS)
    length = max(t for t, _ in (*ours, *theirs))
    table = Table("parameter", "when", "take", "moves", f"0 to {length:.0f} s", show_lines=True)
    for each in found:
        param = known.get(each.lane)
        when = "\n".join(f"{begin:.1f} - {end:.1f} s" if end > begin else f"{begin:.1f} s" for begin, end in each.spans)
        rows = ((one, each.ours, ours), (other, each.theirs, theirs))
        told = "\n".join(escape(said(moves, param)) for _, moves, _ in rows)
        ways = "\n".join(way(script, each.lane, param, length, width) for _, _, script in rows)
        table.add_row(escape(each.lane), when, f"{one}\n{other}", told, ways)
    console.print(table)

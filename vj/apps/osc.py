"""`vj osc list`: every address there is. As a program, it brings the table in docs/osc.md up to date."""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from vj.core.errors import OutputError
from vj.core.params import AnyParam

#: A bar that is no border of a cell.
_BAR = r"\|"
#: Words of a choice that are all told.
MANY = 24
_NUMBER = re.compile(r"/(\d+)(?=/|$)")


def describe(table: Mapping[str, AnyParam]) -> list[tuple[str, str, str, str]]:
    """(address, OSC type, range with unit, meaning) of every parameter, by address."""
    return [(address, _type(param), _range(param), param.doc) for address, param in sorted(table.items())]


def markdown_table(table: Mapping[str, AnyParam]) -> str:
    """`describe` as the table in docs/osc.md."""
    rows = ["| address | type | range | default | meaning |", "| --- | --- | --- | --- | --- |"]
    for address, (tag, span, shown, doc) in _alike(table).items():
        cells = (f"`{address}`", tag, span, shown, doc)
        rows.append(f"| {' | '.join(cell.replace('|', _BAR) for cell in cells)} |".replace("  ", " "))
    return "\n".join(rows)


def streams_table() -> str:
    """What is heard, as the table in docs/osc.md."""
    from vj.apps.web.streams import STREAMS

    rows = ["| address | type | what it says |", "| --- | --- | --- |"]
    for address, (tags, doc) in STREAMS.items():
        kind = tags if len(tags) < 4 else f"{len(tags)} x {tags[0]}"
        rows.append(f"| `{address}` | {kind} | {doc} |")
    return "\n".join(rows)


def _alike(table: Mapping[str, AnyParam]) -> dict[str, tuple[str, str, str, str]]:
    """What is to be said of every address; of those that differ in a number alone, once: `/mod/1..16/amount`."""
    said: dict[str, tuple[str, str, str, str]] = {}
    numbered: dict[tuple[str, tuple[str, str, str, str]], list[int]] = {}
    for address, tag, span, doc in describe(table):
        words = (tag, span, _default(table[address]), doc)
        if found := _NUMBER.search(address):
            numbers = numbered.setdefault((_NUMBER.sub("/#", address, count=1), words), [])
            numbers.append(int(found[1]))
        else:
            said[address] = words
    for (form, words), numbers in numbered.items():
        first, last = min(numbers), max(numbers)
        together = len(numbers) == last - first + 1 and first != last
        for name in [f"{first}..{last}"] if together else map(str, numbers):
            said[form.replace("#", name)] = words
    return dict(sorted(said.items()))


def _default(param: AnyParam) -> str:
    """What it is at first, where that says anything."""
    if param.kind in ("trigger", "mix", "text", "class", "clock", "deed"):
        return ""
    return f"{param.default:g}" if isinstance(param.default, float) else str(param.default)


def print_addresses(table: Mapping[str, AnyParam]) -> None:
    """Print `describe` for reading, or bare and tab-separated into a pipe."""
    console = Console()
    if not console.is_terminal:
        for row in describe(table):
            print("\t".join(row))
        return
    listing = Table("address", "type", "range", "meaning", box=None, padding=(0, 2, 0, 0))
    for row in describe(table):
        listing.add_row(*row)
    console.print(listing)
    console.print("\nT stands for T or F, N for no argument; ? follows one that may be left out.")
    console.print("i, f, d, T and F are taken wherever a number is wanted.")
    console.print("A leading + - * is relative, ? asks for the value; /sync asks for all.")


def write_layouts(
    table: Mapping[str, AnyParam], touchosc: Path | None, open_stage_control: Path | None, say: Callable[[str], None]
) -> None:
    """Write the layouts that were asked for; raises OutputError where a file cannot be written."""
    from vj.apps.layouts.openstage import session
    from vj.apps.layouts.touchosc import tosc
    from vj.generators.bundle.manifest import bundle_names

    table = {**table, "/model/select": replace(table["/model/select"], choices=tuple(bundle_names()))}
    for path, data in (
        (touchosc, tosc(table) if touchosc else b""),
        (open_stage_control, session(table).encode() if open_stage_control else b""),
    ):
        if path is None:
            continue
        try:
            path.write_bytes(data)
        except OSError as error:
            raise OutputError(f"the layout cannot be written: {error.strerror}", str(path)) from error
        say(f"{path}: send to port 7400, receive at port 7401")


def _type(param: AnyParam) -> str:
    """OSC type tags as they are read: ? follows what may be left out, and a deed without arguments is a trigger."""
    return (param.args or "N") if param.kind == "deed" else param.type_tag


def _range(param: AnyParam) -> str:
    """The range of a parameter in words."""
    if param.kind in ("float", "int"):
        return f"{param.lo:g}..{param.hi:g} {param.unit}".strip()
    words = {
        "class": "name or number",
        "mix": "name weight ...",
        "text": "any words",
        "clock": "BPM, beat",
        "deed": "done at once",
    }
    if param.kind == "choice":
        known = param.choices
        return " ".join(known) if len(known) <= MANY else f"one of {len(known)}: {' '.join(known[:3])} ..."
    return words.get(param.kind, "")


def main(page: Path) -> None:
    """Write the tables of all parameters and streams between their marks in `page`."""
    from vj.apps.assemble import parameters

    text = page.read_text(encoding="utf-8")
    table = f"<!-- parameters -->\n{markdown_table(parameters(replays=True))}\n<!-- end -->"
    text = re.sub(r"<!-- parameters -->.*<!-- end -->", lambda _: table, text, flags=re.S)
    told = f"<!-- streams -->\n{streams_table()}\n<!-- end of streams -->"
    page.write_text(
        re.sub(r"<!-- streams -->.*<!-- end of streams -->", lambda _: told, text, flags=re.S), encoding="utf-8"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""`vj osc list`: every address there is."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from vj.core.params import Param


def describe(table: Mapping[str, Param]) -> list[tuple[str, str, str, str]]:
    """(address, OSC type, range with unit, meaning) of every parameter, by address."""
    return [(address, param.type_tag, _range(param), param.doc) for address, param in sorted(table.items())]


def print_addresses(table: Mapping[str, Param]) -> None:
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
    console.print("\nT stands for T or F, N for no argument; i, f, d, T and F are taken wherever a number is wanted.")
    console.print("A leading + - * is relative, ? asks for the value; /sync asks for all.")


def _range(param: Param) -> str:
    """The range of a parameter in words."""
    if param.kind in ("float", "int"):
        return f"{param.lo:g}..{param.hi:g} {param.unit}".strip()
    words = {"class": "name or number", "mix": "name weight ...", "text": "any words"}
    return " ".join(param.choices) if param.kind == "choice" else words.get(param.kind, "")

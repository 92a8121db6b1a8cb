"""The options that say what kind of film it becomes, and `--list-formats`: what this machine can write."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vj.outputs.video.formats import CODECS, FORMATS

FormatOption = Annotated[
    str, typer.Option("--format", help=f"Kind of file: {', '.join(FORMATS)}; otherwise its name says it.")
]
CodecOption = Annotated[
    str, typer.Option(help="How pictures are written: h264, hevc, av1, prores ... (--list-formats).")
]
DepthOption = Annotated[
    int | None, typer.Option(help="Bits a channel, such as 10; otherwise what the codec usually has.")
]
AlphaOption = Annotated[
    str, typer.Option(help="luma: black is clear, so that the picture can lie over others; for codecs that have it.")
]
SoundOption = Annotated[
    str, typer.Option(help="auto: as it is in the song wherever the format takes it; encode: in any case; none.")
]


def _list(wanted: bool) -> None:
    """Print the table and end."""
    if not wanted:
        return
    console, table = Console(), Table(box=None, pad_edge=False)
    for title in ("codec", "", "in", "bits", "alpha", "here"):
        table.add_column(title)
    for row in rows():
        table.add_row(*row)
    console.print(table)
    raise typer.Exit


ListFormats = Annotated[
    bool,
    typer.Option("--list-formats", help="Show what kinds of film can be written here.", is_eager=True, callback=_list),
]


def rows() -> Iterator[tuple[str, str, str, str, str, str]]:
    """A row for each codec: name, title, suffixes, bits, alpha, and what writes it here or why nothing does."""
    from vj.outputs.video.available import available

    here = available()
    for name, codec in CODECS.items():
        suffixes = " ".join(suffix for form in FORMATS.values() if name in form.codecs for suffix in form.suffixes)
        bits = " ".join(map(str, sorted({*codec.pixels, *codec.alpha})))
        yield name, codec.title, suffixes, bits, "luma" if codec.alpha else "", here[name]

"""`vj analyze` on the command line."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from vj.apps.options import (
    Bundle,
    ChannelsOption,
    Director,
    Seed,
    SetOption,
    TableOption,
    TrackOption,
    channels_of,
)


def analyze(
    song: Annotated[Path, typer.Argument(help="Any sound file that FFmpeg decodes.")],
    director: Director = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the song to this PNG.")] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write what is heard and walked to this table, 30 rows a second.")
    ] = None,
    settings: SetOption = None,
    bundle: Bundle = "worlds",
    seed: Seed = 1,
    table: TableOption = None,
    full: Annotated[bool, typer.Option("--full", help="Hear everything, not only what the director surveys.")] = False,
    channels: ChannelsOption = None,
    track: TrackOption = None,
    beats: Annotated[
        Path | None, typer.Option(help="A file of true beats (JSON, CSV, .beats) to compare those heard with.")
    ] = None,
    listen_band: Annotated[
        tuple[str, Path] | None,
        typer.Option(metavar="BAND WAV", help="Write one band of style_walk alone to a WAV: bass, snare or mids."),
    ] = None,
) -> None:
    """Look through a song before it is played: what is heard in it, and what a director will make of it."""
    from vj.apps.analyze import song as analysis
    from vj.devices.audio.file import Pick

    pick = Pick(None if track is None else track - 1, channels_of(channels) or ())
    if listen_band is not None:
        analysis.listen_to(song, *listen_band, say, pick)
        return
    asked = analysis.Asked(
        director=director,
        bundle=bundle,
        settings=tuple(settings or ()),
        seed=seed,
        csv=csv,
        plot=plot,
        columns=table,
        full=full,
        pick=pick,
        beats=beats,
    )
    analysis.analyze(song, asked, say)


def say(words: str) -> None:
    """A line on the terminal, as it is."""
    Console().print(words, soft_wrap=True, highlight=False, markup=False)

"""Options that several commands have."""

import os
from pathlib import Path
from typing import Annotated

import typer

from vj.core.errors import VjError, nearest
from vj.engine.finish.found import lend
from vj.generators.bundle.manifest import RUNTIME, RUNTIMES

Bundle = Annotated[str, typer.Option(help="Generator bundle: a name or a folder.")]
Director = Annotated[
    str | None,
    typer.Option(
        help="Who makes motion of sound: style_walk, pulse, chord, drift, manual, spectrum, anchors, ganterpretations, "
        "amplitude or ladder."
    ),
]
SetlistOption = Annotated[str | None, typer.Option("--setlist", help="A setlist by name (see `vj setlists`) or file.")]
LookOption = Annotated[str | None, typer.Option("--look", help="A look by name (see `vj looks`) or file.")]
LiveLook = Annotated[
    str | None,
    typer.Option(
        "--look", help="A look by name (see `vj looks`) or file; none for bare; told nothing, a show wears one."
    ),
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="A parameter from the start, such as /director/spectrum/exact=on.")
]
ChannelsOption = Annotated[str | None, typer.Option(help='Channels to mix, from 1, such as "1" or "3,4".')]
TrackOption = Annotated[
    int | None, typer.Option("--track", min=1, help="Sound track of a file that has several, from 1.")
]
TableOption = Annotated[
    Path | None, typer.Option("--table", help='A CSV of numbers for directors that survey: its column "Amplitude".')
]
RefineOption = Annotated[
    Path | None, typer.Option("--refine", help="Folder of a Stable Diffusion model to paint pictures over with.")
]
RefineVae = Annotated[
    Path | None, typer.Option("--refine-vae", help="Folder of a tiny autoencoder to use in place of the model's own.")
]
Seed = Annotated[int, typer.Option(help="The same seed gives the same walk.")]
Size = Annotated[str, typer.Option(help="Width x height in pixels.")]
Threads = Annotated[
    int | None, typer.Option(help="Threads of the generator; if not given, timed where processors abound.")
]
FilterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        help="ISF filter in the finishing chain: FILE, or FILE@before, @graded, @end; may be given several times.",
        callback=lambda asked: lend(asked or ()) or asked,
    ),
]
Runtime = Annotated[
    str | None,
    typer.Option(
        "--runtime",
        help="What draws bundles that come with shaders: glsl (any card) or onnx; if not given, timed at the start.",
        callback=lambda name: prefer(name),
    ),
]


def prefer(runtime: str | None) -> str | None:
    """Keep to `runtime` in this process and all that it starts, where one is named. Raises VjError."""
    if runtime is not None:
        if runtime not in RUNTIMES:
            raise VjError(f"there is no runtime {runtime!r}", "--runtime", nearest(runtime, RUNTIMES))
        os.environ[RUNTIME] = runtime
    return runtime


def channels_of(text: str | None) -> tuple[int, ...] | None:
    """Channels as the command line has them, from 1, as numbers from 0. Raises VjError."""
    if text is None:
        return None
    numbers = [part.strip() for part in text.split(",")]
    if not all(number.isdigit() and int(number) > 0 for number in numbers):
        raise VjError(f"{text!r} are no channels", "--channels", 'count them from 1, such as "1" or "3,4"')
    return tuple(int(number) - 1 for number in numbers)


def size_of(text: str) -> tuple[int, int]:
    """Width and height as the command line has them. Raises VjError."""
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 16 <= int(width) <= 8192 and 16 <= int(height) <= 8192):
        raise VjError(f"{text!r} is no picture size", "--size", "write it like 1280x720")
    return int(width), int(height)


def detail_of(text: str) -> str:
    """A detail of pictures as the command line has it. Raises VjError."""
    from vj.engine.detail import DETAILS

    if text not in DETAILS:
        raise VjError(f"{text!r} is no detail", "--detail", f"one of: {', '.join(DETAILS)}")
    return text

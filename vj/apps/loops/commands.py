"""`vj loops`."""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from vj.apps.fps import frame_rate
from vj.apps.options import Bundle, Seed, SetOption, Size, Threads, detail_of, size_of
from vj.apps.progress import bar
from vj.apps.render.formats import AlphaOption, CodecOption, DepthOption, FormatOption
from vj.core.errors import VjError

if TYPE_CHECKING:  # what takes long to import is imported when it is wanted
    from vj.apps.loops.song import Cut
    from vj.core.types import F32
    from vj.engine.looping.span import Span
    from vj.features.state import Name

console = Console()


def loops(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the films, made if need be.")] = Path(
        "loops"
    ),
    bundle: Bundle = "worlds",
    look: Annotated[str, typer.Option(help="Looks by name between commas, or all; or a look's file.")] = "neon_loom",
    class_: Annotated[
        str | None, typer.Option("--class", help="Classes between commas, or all; if not given, the look's own.")
    ] = None,
    bars: Annotated[int | None, typer.Option(help="How many bars; 4 if neither bars nor beats are given.")] = None,
    beats: Annotated[int | None, typer.Option(help="How many beats, in place of bars.")] = None,
    metre: Annotated[
        int | None, typer.Option(min=1, max=7, help="Beats in a bar; four, or what fits the beats.")
    ] = None,
    bpm: Annotated[
        str | None, typer.Option(help="Beats a minute: 128, 127.5 or a fraction; 128 or the song's if not given.")
    ] = None,
    fps: Annotated[str, typer.Option(help="24 to 144, or a fraction such as 30000/1001.")] = "30",
    fit: Annotated[
        str | None, typer.Option(help="Which gives way where the beats are no whole number of frames: bpm or fps.")
    ] = None,
    size: Size = "1280x720",
    seed: Seed = 1,
    state: Annotated[
        str | None, typer.Option(help="What the music is at: drop, groove, break, silence; if not given, the look's.")
    ] = None,
    song: Annotated[Path | None, typer.Option(help="Dance to bars of this song instead of a beat of our own.")] = None,
    start: Annotated[int, typer.Option("--from", help="Of the song, from this bar on, counted from 1.")] = 1,
    form: FormatOption = "",
    codec: CodecOption = "auto",
    depth: DepthOption = None,
    alpha: AlphaOption = "",
    detail: Annotated[
        str, typer.Option(help="How fine pictures are: draft, half the film's size, or full, pixel for pixel.")
    ] = "half",
    threads: Threads = None,
    settings_: SetOption = None,
    again: Annotated[bool, typer.Option("--again", help="Make those anew that are there already.")] = False,
) -> None:
    """Make films that go round without a seam, for other programs: so many bars at a tempo, of each class and look."""
    from vj.apps.loops.batch import STATES, Wanted, chosen, loops, span_of
    from vj.apps.loops.song import cut
    from vj.apps.render.delivery import Delivery
    from vj.engine.looping.span import FITS, fitted, spoken

    if fit is not None and fit not in FITS:
        raise VjError(f"{fit!r} cannot give way", "--fit", "one of: bpm, fps")
    if state is not None and state not in STATES:
        raise VjError(f"no loop can be in {state!r}", "--state", f"one of: {', '.join(STATES)}")
    rate = frame_rate(fps, "--fps", 24, 144)
    part = None if song is None else cut(song, start, bars, beats, metre)
    if part is None:
        asked = span_of(beats, bars, _tempo(bpm or "128"), rate, metre)
    else:
        asked, fit = span_of(beats, bars, part.bpm if bpm is None else _tempo(bpm), rate, part.metre), fit or "bpm"
    span = fitted(asked, fit)
    if span != asked:
        console.print(f"{spoken(span.bpm)} BPM at {spoken(span.fps)} frames a second: {span.frames} frames.")
    wanted = Wanted(
        bundle,
        span,
        size_of(size),
        seed,
        _beat(span, part),
        part.state if part is not None and state is None else state,
        detail_of(detail),
        Delivery(form, codec, depth, alpha),
        threads,
        settings_ or (),
        f"{song.stem} bar {start}" if song else "",
    )
    wanted.wish.choice  # noqa: B018  # what cannot be is told now
    which = [
        (one, worn) for worn in chosen(look, _looks(), "--look") for one in chosen(class_, _classes(bundle), "--class")
    ]
    try:
        with bar(f"Making {len(which)} loops", console) as step:
            outcome = loops(wanted, which, output, again, step)
    except KeyboardInterrupt:
        console.print(f"Interrupted; what is in {output} is whole, and the same command goes on.", soft_wrap=True)
        raise typer.Exit(130) from None
    for note in outcome.notes:
        console.print(f"[yellow]Note:[/] {escape(note)}", soft_wrap=True, highlight=False)
    for said, error in outcome.failed:
        console.print(f"[bold red]{escape(said)}:[/] {escape(str(error))}", soft_wrap=True, highlight=False)
    there = f", {len(outcome.there)} were there" if outcome.there else ""
    failed = f", {len(outcome.failed)} failed" if outcome.failed else ""
    console.print(f"{output}: {len(outcome.made)} loops made{there}{failed}", soft_wrap=True)
    if outcome.failed:
        raise typer.Exit(1)


def _tempo(text: str) -> Fraction:
    """Beats a minute as the command line has them. Raises VjError."""
    try:
        return Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise VjError(f"{text!r} is no tempo", "--bpm", "write it like 128 or 127.5") from None


def _beat(span: "Span", part: "Cut | None") -> "Callable[[Name], F32]":
    """One round of the song, or of a beat of our own by the state of the music."""
    from vj.workshop.loop.beat import Beat

    def sound(state: "Name") -> "F32":
        beat = Beat(span.beats, span.bpm, span.metre, state in ("drop", "groove"))
        return beat.sound() if part is None else part.round(beat.length)

    return cache(sound)


def _looks() -> list[str]:
    """The names of all looks, those at home included."""
    from vj.apps.homes import LOOKS, files, own, shipped

    return list(files((*own(LOOKS), shipped(LOOKS))))


def _classes(bundle: str) -> tuple[str, ...]:
    from vj.generators.bundle.catalogue import Catalogue

    return Catalogue().admit(bundle)

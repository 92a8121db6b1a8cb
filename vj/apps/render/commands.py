"""`vj render`."""

import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from vj.apps.fps import frame_rate
from vj.apps.options import (
    ChannelsOption,
    Director,
    FilterOption,
    LookOption,
    RefineOption,
    RefineVae,
    Runtime,
    Seed,
    SetlistOption,
    SetOption,
    Size,
    TableOption,
    Threads,
    TrackOption,
    channels_of,
    detail_of,
    size_of,
)
from vj.apps.progress import with_progress
from vj.apps.render.crews import ClusterOption, WorkersOption, crew_of, going_on
from vj.apps.render.formats import AlphaOption, CodecOption, DepthOption, FormatOption, ListFormats, SoundOption
from vj.core.errors import VjError

console = Console()


def render(
    context: typer.Context,
    song: Annotated[
        Path | None, typer.Argument(help="Any sound file that FFmpeg decodes, or a recorded performance.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Film to write; what kind, its name says (see --list-formats). Of a queue, a folder."
        ),
    ] = None,
    fps: Annotated[
        str | None,
        typer.Option(help="24 to 144, or a fraction such as 30000/1001.", show_default="30; with --exact as it ran"),
    ] = None,
    size: Size = "1280x720",
    seed: Seed = 1,
    bundle: Annotated[
        str | None,
        typer.Option(
            help="Generator bundle: a name or a folder. Of a performance: one of the same latents to draw it."
        ),
    ] = None,
    director: Director = None,
    setlist: SetlistOption = None,
    look: LookOption = None,
    start: Annotated[float, typer.Option("--from", help="Begin at this second of the song.")] = 0.0,
    stop: Annotated[float | None, typer.Option("--to", help="End at this second of the song.")] = None,
    channels: ChannelsOption = None,
    track: TrackOption = None,
    threads: Threads = None,
    runtime: Runtime = None,
    filters: FilterOption = None,
    settings_: SetOption = None,
    table: TableOption = None,
    take: Annotated[int, typer.Option(min=1, help="Of a performance: which take (see `vj performance takes`).")] = 1,
    refine: RefineOption = None,
    refine_vae: RefineVae = None,
    detail: Annotated[
        str, typer.Option(help="How fine pictures are: draft, half the film's size, or full, pixel for pixel.")
    ] = "half",
    form: FormatOption = "",
    codec: CodecOption = "auto",
    depth: DepthOption = None,
    alpha: AlphaOption = "",
    sound: SoundOption = "auto",
    list_formats: ListFormats = False,
    exact: Annotated[bool, typer.Option("--exact", help="Of a performance: frame by frame as it was shown.")] = False,
    supersample: Annotated[
        int, typer.Option(min=1, max=4, help="Finish so many times as large each way, and make it small again.")
    ] = 1,
    hashes: Annotated[Path | None, typer.Option(help="Write the hash of every composited frame to this file.")] = None,
    queue: Annotated[
        Path | None, typer.Option("--queue", help="Render all that this file lists: TOML, CSV, or a path a line.")
    ] = None,
    venue: Annotated[
        str | None, typer.Option(help="As an output throws it: the mapping of that venue, by name or TOML file.")
    ] = None,
    wall: Annotated[str, typer.Option(help="Of that venue: which output; main is the window.")] = "main",
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    again: Annotated[bool, typer.Option("--again", help="Of a queue, render anew what is done.")] = False,
) -> None:
    """Make a film of a song or a performance: the same show as live."""
    if queue is not None:
        from vj.apps.render.queue import run

        raise typer.Exit(run(context, queue, output, again, console))
    if song is None:
        raise VjError("there is nothing to render", "vj render", "give a song, a performance, or --queue FILE")
    from vj.apps.assemble import DEFAULT_BUNDLE, Settings, find_setlist
    from vj.apps.homes import VENUES, named_file
    from vj.apps.live.recorder import free_path
    from vj.apps.mapping.file import mapping_of
    from vj.apps.recorded import Script, begins, read_recorded, sound_of
    from vj.apps.render.asked import Asked
    from vj.apps.render.crew.identity import apart
    from vj.apps.render.delivery import Delivery
    from vj.apps.render.exact import render_exact
    from vj.apps.render.film import Rendered, film
    from vj.apps.replay.takes import script_of
    from vj.apps.standin import standin
    from vj.apps.track import pairs
    from vj.core.types import Event
    from vj.devices.audio.file import Pick

    pick = Pick(None if track is None else track - 1, channels_of(channels) or ())
    delivery = Delivery(form, codec, depth, alpha, sound)
    out = output or delivery.path(song)
    if output is None and out.exists() and song.exists() and out.samefile(song):
        out = free_path(out)  # set.mp4, which was recorded, becomes set-2.mp4
    apart(out, song)
    delivery.check(out, size_of(size))
    chosen = find_setlist(setlist) if setlist else None
    settings = Settings(bundle or DEFAULT_BUNDLE, director, chosen, seed, None, threads, look, refine, refine_vae)
    script: Script = ()
    folder, performed = song, song.is_dir()
    if performed:
        start = start or begins(folder)
        settings, _, script = read_recorded(folder)
        song = sound_of(folder)
        script = script_of(folder, take, script)
        instead = standin(bundle, settings.bundle) if bundle else {}
        settings = replace(settings, threads=threads, refine=refine, refine_vae=refine_vae, instead=instead)
    if exact and not performed:
        hint = "it is for a folder that --record-performance wrote"
        raise VjError("only a performance was shown before", f"--exact {song}", hint)
    if exact and (bundle or settings_ or refine or take > 1):
        raise VjError("what is exact is what was shown", "--exact", "leave out --bundle, --set, --take and --refine")
    if exact and (workers or cluster):
        raise VjError("what is exact is one machine's", "--exact", "leave out --workers and --cluster")
    script = (*((0.0, Event(address, (value,), "start")) for address, value in pairs(settings_ or ())), *script)
    if venue is None and wall != "main":
        raise VjError(f"nothing says how {wall} is mapped", f"--wall {wall}", "add --venue NAME")
    mapping = None if venue is None else mapping_of(named_file(VENUES, venue), wall)
    if exact and mapping is not None:
        raise VjError("what is exact is what was shown", "--exact", "leave out --venue")
    rate = None if exact and fps is None else frame_rate(fps or "30", "--fps", 24, 144)
    fine = detail_of(detail)
    began = time.perf_counter()

    def tell(line: str) -> None:
        nonlocal began
        console.print(line, soft_wrap=True, highlight=False, markup=False)
        began = time.perf_counter()

    def made(progress: Callable[[float, float | None], None]) -> Rendered:
        look_at, span = size_of(size), (start, stop)
        if exact:
            return render_exact(folder, out, rate, look_at, span, progress, threads, supersample, hashes, delivery)
        asked = Asked(rate or Fraction(30), look_at, span, script, table, fine, pick, delivery, performed, supersample)
        return film(song, out, settings, asked, progress, tell, hashes, crew_of(workers, cluster), mapping)

    try:
        done = with_progress(f"Rendering {out.name}", made)
    except KeyboardInterrupt:
        console.print(f"Interrupted; {out} can be played up to there. {going_on(out)}".rstrip(), soft_wrap=True)
        raise typer.Exit(130) from None
    seconds = time.perf_counter() - began
    if done.warning:
        console.print(f"[yellow]Note:[/] {escape(done.warning)}", soft_wrap=True, highlight=False)
    if done.limited:
        console.print(f"{done.limited} frames were held back, so as not to flash.", soft_wrap=True)
    if done.kind:
        console.print(escape(done.kind), soft_wrap=True, highlight=False)
    speed = done.seconds / seconds
    console.print(f"{out}: {done.frames} frames in {seconds:.1f} s ({speed:.2f} x real time)", soft_wrap=True)

"""`vj render`."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from vj.apps.fps import frame_rate
from vj.apps.options import (
    Bundle,
    ChannelsOption,
    Director,
    LookOption,
    RefineOption,
    RefineVae,
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

console = Console()


def render(
    song: Annotated[Path, typer.Argument(help="Any sound file that FFmpeg decodes, or a recorded performance.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="MP4 to write.")] = None,
    fps: Annotated[str, typer.Option(help="24 to 144, or a fraction such as 30000/1001.")] = "30",
    size: Size = "1280x720",
    seed: Seed = 1,
    bundle: Bundle = "worlds",
    director: Director = None,
    setlist: SetlistOption = None,
    look: LookOption = None,
    start: Annotated[float, typer.Option("--from", help="Begin at this second of the song.")] = 0.0,
    stop: Annotated[float | None, typer.Option("--to", help="End at this second of the song.")] = None,
    channels: ChannelsOption = None,
    track: TrackOption = None,
    threads: Threads = None,
    settings_: SetOption = None,
    table: TableOption = None,
    take: Annotated[int, typer.Option(min=1, help="Of a performance: which take (see `vj performance takes`).")] = 1,
    refine: RefineOption = None,
    refine_vae: RefineVae = None,
    detail: Annotated[
        str, typer.Option(help="How fine pictures are: draft, half the film's size, or full, pixel for pixel.")
    ] = "half",
) -> None:
    """Make a film of a song or a performance: the same show as live."""
    from vj.apps.assemble import Settings, find_setlist
    from vj.apps.live.recorder import free_path
    from vj.apps.recorded import Script, begins, read_recorded
    from vj.apps.render.film import render as render_song
    from vj.apps.replay.takes import script_of
    from vj.apps.track import pairs
    from vj.core.types import Event
    from vj.devices.audio.file import Pick

    pick = Pick(None if track is None else track - 1, channels_of(channels) or ())
    out = output or Path(song.resolve().name).with_suffix(".mp4")
    if output is None and out.exists() and song.exists() and out.samefile(song):
        out = free_path(out)  # set.mp4, which was recorded, becomes set-2.mp4
    chosen = find_setlist(setlist) if setlist else None
    settings = Settings(bundle, director, chosen, seed, None, threads, look, refine, refine_vae)
    script: Script = ()
    if song.is_dir():
        start = start or begins(song)
        folder = song
        settings, song, script = read_recorded(folder)
        script = script_of(folder, take, script)
        settings = replace(settings, refine=refine, refine_vae=refine_vae)
    script = (*((0.0, Event(address, (value,), "start")) for address, value in pairs(settings_ or ())), *script)
    rate, fine = frame_rate(fps, "--fps", 24, 144), detail_of(detail)
    began = time.perf_counter()

    def tell(line: str) -> None:
        nonlocal began
        console.print(line, soft_wrap=True, highlight=False, markup=False)
        began = time.perf_counter()

    try:
        done = with_progress(
            f"Rendering {out.name}",
            lambda progress: render_song(
                song, out, settings, rate, size_of(size), (start, stop), progress, script, table, fine, tell, pick
            ),
        )
    except KeyboardInterrupt:
        console.print(f"Interrupted; {out} can be played up to there.", soft_wrap=True)
        raise typer.Exit(130) from None
    seconds = time.perf_counter() - began
    if done.warning:
        console.print(f"[yellow]Note:[/] {escape(done.warning)}", soft_wrap=True, highlight=False)
    if done.limited:
        console.print(f"{done.limited} frames were held back, so as not to flash.", soft_wrap=True)
    speed = done.frames / float(rate) / seconds
    console.print(f"{out}: {done.frames} frames in {seconds:.1f} s ({speed:.2f} x real time)", soft_wrap=True)

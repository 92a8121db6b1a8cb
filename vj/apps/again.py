"""`vj replay`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from vj.apps.fps import frame_rate
from vj.apps.options import RefineOption, RefineVae, Size, Threads, size_of
from vj.core.errors import VjError


def replay(
    folder: Annotated[Path, typer.Argument(help="A performance that was recorded.")],
    take: Annotated[int, typer.Option(min=1, help="Which take (see `vj performance takes`); 1 was recorded.")] = 1,
    mode: Annotated[str, typer.Option(help="What becomes of what hands do: read, touch, latch or write.")] = "latch",
    start: Annotated[float, typer.Option("--from", min=0.0, help="Begin at this second.")] = 0.0,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again at the end.")] = False,
    display: Annotated[str | None, typer.Option(help="Monitor by name or number.")] = None,
    fullscreen: Annotated[bool, typer.Option("--fullscreen", "-f", help="Fill the display.")] = False,
    size: Size = "1280x720",
    fps: Annotated[str, typer.Option(help="Frames a second to show.")] = "60",
    hud: Annotated[bool, typer.Option("--hud", help="Begin with the instrument panel on.")] = False,
    headless: Annotated[bool, typer.Option("--headless", help="Run without a window.")] = False,
    no_midi: Annotated[bool, typer.Option("--no-midi", help="Leave MIDI ports alone.")] = False,
    midi_port: Annotated[str, typer.Option(help="Part of the name of the MIDI port to use; all if empty.")] = "",
    midi_backend: Annotated[str | None, typer.Option(help="alsa, jack, coremidi or winmm.")] = None,
    osc_port: Annotated[int, typer.Option(help="UDP port to listen on; the next free one if taken.")] = 7400,
    lan: Annotated[
        bool, typer.Option("--lan", help="Be steered from the network, by OSC and browser, with a token.")
    ] = False,
    no_web: Annotated[bool, typer.Option("--no-web", help="Serve no surface in a browser.")] = False,
    web_port: Annotated[int, typer.Option(help="TCP port of the surface; the next free one if taken.")] = 7480,
    browser: Annotated[bool, typer.Option("--browser", help="Open the surface in a browser here.")] = False,
    record: Annotated[Path | None, typer.Option(help="Record to this MP4, or beside it if it is there.")] = None,
    record_fps: Annotated[str, typer.Option(help="Frames a second of recordings.")] = "30",
    duration: Annotated[float | None, typer.Option(help="End by itself after so many seconds.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the figures of the run to this JSON file.")] = None,
    threads: Threads = None,
    refine: RefineOption = None,
    refine_vae: RefineVae = None,
) -> None:
    """Play a performance again, live: wind it, go round in it, and lay over it what you move.

    What is laid over becomes a take of its own in the folder; what was recorded stays as it is.
    """
    from vj.apps.figures import tell
    from vj.apps.live.options import Options
    from vj.apps.live.perform import perform
    from vj.apps.replay.overdub import MODES
    from vj.apps.replay.piece import Again
    from vj.apps.replay.takes import RECORDED, read_take

    chosen = next((each for each in MODES if each == mode), None)
    if chosen is None:
        raise VjError(f"{mode!r} is no mode", "--mode", f"one of: {', '.join(MODES)}")
    if not folder.is_dir():
        raise VjError("there is no such performance", str(folder), "name a folder that --record-performance wrote")
    if take != RECORDED:
        read_take(folder, take)
    again = Again(folder, take, start, loop, chosen)

    def settings() -> Any:  # a long performance takes a while to read: the window is up before
        read = again.read().settings
        return replace(read, threads=threads, refine=refine, refine_vae=refine_vae, replays=True)

    figures = perform(
        settings,
        Options(
            again=again,
            display=int(display) if display is not None and display.isdigit() else display,
            size=size_of(size),
            fullscreen=fullscreen,
            headless=headless,
            hud=hud,
            fps=float(frame_rate(fps, "--fps", 1, 500)),
            midi=None if no_midi else midi_port,
            midi_backend=midi_backend,
            osc_port=osc_port,
            lan=lan,
            web=not no_web,
            web_port=web_port,
            browser=browser,
            record=record,
            record_fps=frame_rate(record_fps, "--record-fps", 1, 144),
            duration=duration,
        ),
    )
    tell(figures, report)

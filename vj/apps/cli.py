"""The command line. It is the only place that exits and the only one that turns errors into words on a terminal."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from vj import __version__
from vj.apps import learn, models, train
from vj.apps._analyze import analyze
from vj.apps._fps import frame_rate
from vj.apps._options import (
    Bundle,
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
)
from vj.core.errors import VjError

STARTED = time.perf_counter()
app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
osc_app = typer.Typer(help="OSC addresses.", no_args_is_help=True)
midi_app = typer.Typer(help="MIDI ports and mappings.", no_args_is_help=True)
app.add_typer(osc_app, name="osc")
app.add_typer(midi_app, name="midi")
app.add_typer(train.app, name="train")
app.add_typer(models.app, name="models")
app.command()(analyze)
app.add_typer(learn.app, name="learn")
console = Console()


def main() -> None:
    """Run the command line; errors become three lines and exit code 1."""
    try:
        app()
    except VjError as error:
        Console(stderr=True).print(f"[bold red]vj:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(1)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """A real-time neural VJ instrument: live sound in, a walk through a generator's latent space out."""
    if version:
        console.print(f"vj {__version__}")
        raise typer.Exit


@app.command()
def live(
    input: Annotated[Path | None, typer.Option(help="Perform to this file instead of an input.")] = None,
    device: Annotated[str | None, typer.Option(help="Audio input by name or number (see `vj devices`).")] = None,
    channels: Annotated[str | None, typer.Option(help='Channels to mix, from 1, such as "1" or "3,4".')] = None,
    bundle: Bundle = "worlds",
    director: Director = None,
    setlist: SetlistOption = None,
    look: LookOption = None,
    seed: Seed = 1,
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
    lan: Annotated[bool, typer.Option("--lan", help="Take OSC from the network, with a token.")] = False,
    record: Annotated[Path | None, typer.Option(help="Record what is shown to this MP4.")] = None,
    record_fps: Annotated[str, typer.Option(help="Frames a second of recordings.")] = "30",
    record_performance: Annotated[Path | None, typer.Option(help="Record every step into this new folder.")] = None,
    duration: Annotated[float | None, typer.Option(help="End by itself after so many seconds.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the figures of the run to this JSON file.")] = None,
    threads: Threads = None,
    refine: RefineOption = None,
    refine_vae: RefineVae = None,
) -> None:
    """Perform live, to an audio input or a file."""
    from vj.apps._assemble import Settings, find_setlist
    from vj.apps.live import write_report
    from vj.apps.perform import Options, perform

    chosen = find_setlist(setlist) if setlist else None
    settings = Settings(bundle, director, chosen, seed, None, threads, look, refine, refine_vae)
    options = Options(
        song=input,
        device=_number_or_name(device),
        channels=_channels(channels),
        display=_number_or_name(display),
        size=_size(size),
        fullscreen=fullscreen,
        headless=headless,
        hud=hud,
        fps=float(frame_rate(fps, "--fps", 1, 500)),
        midi=None if no_midi else midi_port,
        midi_backend=midi_backend,
        osc_port=osc_port,
        lan=lan,
        record=record,
        record_fps=frame_rate(record_fps, "--record-fps", 1, 144),
        performance=record_performance,
        duration=duration,
    )
    figures = perform(settings, options, STARTED)
    if report:
        write_report(figures, report)
    console.print(
        f"{figures.generated_fps:.1f} unique and {figures.displayed_fps:.1f} displayed fps, "
        f"sound to swap {figures.block_to_swap_ms_p50:.0f} ms, {figures.dropped_frames} dropped"
    )


@app.command()
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
    threads: Threads = None,
    settings_: SetOption = None,
    table: TableOption = None,
    refine: RefineOption = None,
    refine_vae: RefineVae = None,
    detail: Annotated[
        str, typer.Option(help="How fine pictures are: draft, half the film's size, or full, pixel for pixel.")
    ] = "half",
) -> None:
    """Render a song to MP4: the same show as live."""
    from vj.apps._assemble import Settings, find_setlist
    from vj.apps._recorded import Script, read_recorded
    from vj.apps._track import pairs
    from vj.apps.render import render as render_song
    from vj.core.types import Event

    out = output or Path(song.resolve().name).with_suffix(".mp4")
    chosen = find_setlist(setlist) if setlist else None
    settings = Settings(bundle, director, chosen, seed, None, threads, look, refine, refine_vae)
    script: Script = ()
    if song.is_dir():
        settings, song, script = read_recorded(song)
        settings = replace(settings, refine=refine, refine_vae=refine_vae)
    script = (*((0.0, Event(address, (value,), "start")) for address, value in pairs(settings_ or ())), *script)
    rate, fine = frame_rate(fps, "--fps", 24, 144), _detail(detail)
    began = time.perf_counter()

    def tell(line: str) -> None:
        nonlocal began
        console.print(line, soft_wrap=True, highlight=False, markup=False)
        began = time.perf_counter()

    try:
        done = with_progress(
            f"Rendering {out.name}",
            lambda progress: render_song(
                song, out, settings, rate, _size(size), (start, stop), progress, script, table, fine, tell
            ),
        )
    except KeyboardInterrupt:
        console.print(f"Interrupted; {out} can be played up to there.", soft_wrap=True)
        raise typer.Exit(130) from None
    seconds = time.perf_counter() - began
    if done.warning:
        console.print(f"[yellow]Note:[/] {done.warning}", soft_wrap=True, highlight=False)
    if done.limited:
        console.print(f"{done.limited} frames were held back, so as not to flash.", soft_wrap=True)
    speed = done.frames / float(rate) / seconds
    console.print(f"{out}: {done.frames} frames in {seconds:.1f} s ({speed:.2f} x real time)", soft_wrap=True)


@app.command()
def demo(
    offline: Annotated[bool, typer.Option("--offline", help="Render to demo.mp4 even if there is a screen.")] = False,
    seconds: Annotated[float | None, typer.Option(help="Only so many seconds.")] = None,
    looks: Annotated[bool, typer.Option("--looks", help="Every look, one after the other.")] = False,
) -> None:
    """Perform to the bundled loop, or render it where there is no screen or no sound."""
    from vj.apps.demo import demo as run

    run(offline, seconds, with_progress, console.print, STARTED, looks)


@app.command()
def devices() -> None:
    """List audio inputs, displays and MIDI ports."""
    from vj.apps.devices import print_devices

    print_devices()


@app.command()
def doctor() -> None:
    """One report about this machine and this installation, to paste into a bug report."""
    from vj.apps.doctor import report

    for line in report():
        print(line)


@osc_app.command("list")
def osc_list(
    markdown: Annotated[bool, typer.Option("--markdown", help="As the table in the README.")] = False,
) -> None:
    """Every address, its type, range and meaning."""
    from vj.apps import osc
    from vj.apps._assemble import parameters

    if markdown:
        print(osc.markdown_table(parameters()))
    else:
        osc.print_addresses(parameters())


@midi_app.command("list")
def midi_list(backend: Annotated[str | None, typer.Option(help="alsa, jack, coremidi or winmm.")] = None) -> None:
    """MIDI inputs, and the map each would use."""
    from vj.apps import midi
    from vj.apps._assemble import parameters

    midi.print_ports(parameters(), backend)


@midi_app.command("learn")
def midi_learn(
    address: Annotated[str, typer.Argument(help="The parameter to bind, such as /latent/psi.")],
    port: Annotated[str, typer.Option(help="Part of the name of the MIDI port.")] = "",
    backend: Annotated[str | None, typer.Option(help="alsa, jack, coremidi or winmm.")] = None,
) -> None:
    """Bind a control: start this, then move it."""
    from vj.apps import midi
    from vj.apps._assemble import parameters

    midi.learn(parameters(), address, port, backend)


def with_progress(title: str, work: Callable[[Callable[[float, float | None], None]], Any]) -> Any:
    """What `work` returns, with a bar that shows its progress and the time left."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task(title, total=None)
        try:
            return work(lambda done, total: bar.update(task, completed=done, total=total))
        except BaseException:  # a bar that stands still, and one of unknown length most of all, would look complete
            bar.remove_task(task)
            raise


def _number_or_name(text: str | None) -> str | int | None:
    return int(text) if text is not None and text.isdigit() else text


def _channels(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    numbers = [part.strip() for part in text.split(",")]
    if not all(number.isdigit() and int(number) > 0 for number in numbers):
        raise VjError(f"{text!r} are no channels", "--channels", 'count them from 1, such as "1" or "3,4"')
    return tuple(int(number) - 1 for number in numbers)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 16 <= int(width) <= 8192 and 16 <= int(height) <= 8192):
        raise VjError(f"{text!r} is no picture size", "--size", "write it like 1280x720")
    return int(width), int(height)


def _detail(text: str) -> str:
    from vj.engine.detail import DETAILS

    if text not in DETAILS:
        raise VjError(f"{text!r} is no detail", "--detail", f"one of: {', '.join(DETAILS)}")
    return text


if __name__ == "__main__":
    main()

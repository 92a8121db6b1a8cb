"""The command line. It is the only place that exits and the only one that turns errors into words on a terminal."""

import signal
import sys
import time
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from vj import __version__
from vj.apps import listing
from vj.apps.again import replay
from vj.apps.analyze.commands import analyze
from vj.apps.fps import frame_rate
from vj.apps.guard import leaving, pulse
from vj.apps.keeping.session import last_session, sent_to
from vj.apps.loops.commands import loops
from vj.apps.models import commands as models
from vj.apps.models import learn, train
from vj.apps.options import (
    Bundle,
    ChannelsOption,
    Director,
    FilterOption,
    LiveLook,
    RefineOption,
    RefineVae,
    Runtime,
    Seed,
    SetlistOption,
    Size,
    Threads,
    TrackOption,
    channels_of,
    size_of,
)
from vj.apps.performance import commands as performance
from vj.apps.progress import with_progress
from vj.apps.render.commands import render
from vj.apps.replay.commands import compare, takes
from vj.apps.safety.commands import safety
from vj.core.errors import VjError
from vj.core.install import missing

STARTED = time.perf_counter()
#: How commands are grouped, and how an evening with them goes.
STAGE = "On stage"
FILMS = "Films"
HANDS = "Hands"
LISTS = "What there is"
GENERATORS = "Generators"
EVENING = """An evening:

vj devices   which input and display there are

vj live --device Scarlett --display HDMI -f   play; H: instruments, F1: keys

vj live --look ember_drum --record set.mp4   in another look, and recorded

vj render song.flac -o film.mp4   afterwards, a film
"""
app = typer.Typer(epilog=EVENING, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
osc_app = typer.Typer(help="Steer it over OSC: every address, and what it does.", no_args_is_help=True)
midi_app = typer.Typer(help="Steer it by knobs and pads: what is plugged in, binding one.", no_args_is_help=True)
app.add_typer(osc_app, name="osc", rich_help_panel=HANDS)
app.add_typer(midi_app, name="midi", rich_help_panel=HANDS)
app.add_typer(
    performance.app,
    name="performance",
    short_help="What is in a recorded performance; cut it, join several.",
    rich_help_panel=FILMS,
)
app.add_typer(
    models.app, name="models", short_help="Bring your own generator; choose how it is run.", rich_help_panel=GENERATORS
)
app.add_typer(
    train.app, name="train", short_help="Teach a generator, from a film or from worlds.", rich_help_panel=GENERATORS
)
app.add_typer(
    learn.app,
    name="learn",
    short_help="Find ways through a generator, for faders and sound.",
    rich_help_panel=GENERATORS,
)
console = Console()


def main() -> None:
    """Run the command line; errors become three lines and exit code 1."""
    signal.signal(signal.SIGINT, leaving.interrupt)
    try:
        app()
    except VjError as error:
        _fail(error)
    except ModuleNotFoundError as error:
        told = missing(error)
        if told is None:
            raise
        _fail(told)


def _fail(error: VjError) -> NoReturn:
    pulse.refused()
    Console(stderr=True).print(f"[bold red]vj:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
    sys.exit(1)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """An instrument for live visuals: it hears music and fills a screen with what a generator dreams of it."""
    if version:
        console.print(f"vj {__version__}")
        raise typer.Exit


@app.command(rich_help_panel=STAGE)
def live(
    input: Annotated[Path | None, typer.Option(help="Perform to this file instead of an input.")] = None,
    device: Annotated[str | None, typer.Option(help="Audio input by name or number (see `vj devices`).")] = None,
    channels: ChannelsOption = None,
    track: TrackOption = None,
    bundle: Bundle = "worlds",
    director: Director = None,
    setlist: SetlistOption = None,
    look: LiveLook = None,
    seed: Seed = 1,
    display: Annotated[str | None, typer.Option(help="Monitor by name or number.")] = None,
    fullscreen: Annotated[bool, typer.Option("--fullscreen", "-f", help="Fill the display.")] = False,
    size: Size = "1280x720",
    fps: Annotated[str, typer.Option(help="Frames a second to show.")] = "60",
    hud: Annotated[bool, typer.Option("--hud", help="Begin with the instrument panel on.")] = False,
    headless: Annotated[bool, typer.Option("--headless", help="Run without a window.")] = False,
    output: Annotated[
        list[str] | None,
        typer.Option(help="Send the picture there too: ndi:NAME, rtmp://..., hls:FOLDER, window:2; may be repeated."),
    ] = None,
    canvas: Annotated[
        str | None, typer.Option(help="Size of the finished picture, where outputs want another than the window's.")
    ] = None,
    venue: Annotated[
        str | None, typer.Option(help="Name or TOML file of the venue's mapping; made when it is edited (key W).")
    ] = None,
    light: Annotated[
        str | None, typer.Option(help="Name or TOML file of a rig of fixtures to light, by sACN or Art-Net.")
    ] = None,
    light_in: Annotated[
        str | None, typer.Option(help="Hear light desks of the network: sacn, sacn:1-4, artnet, or sacn,artnet.")
    ] = None,
    no_midi: Annotated[bool, typer.Option("--no-midi", help="Leave MIDI ports alone.")] = False,
    midi_port: Annotated[str, typer.Option(help="Part of the name of the MIDI port to use; all if empty.")] = "",
    midi_backend: Annotated[str | None, typer.Option(help="alsa, jack, coremidi or winmm.")] = None,
    midi_clock_out: Annotated[str | None, typer.Option(help="Send MIDI clock to the port of that name.")] = None,
    osc_port: Annotated[int, typer.Option(help="UDP port to listen on; the next free one if taken.")] = 7400,
    lan: Annotated[
        bool, typer.Option("--lan", help="Be steered from the network, by OSC and browser, with a token.")
    ] = False,
    link: Annotated[bool, typer.Option("--link", help="Join the Ableton Link session of the network.")] = False,
    auto: Annotated[bool, typer.Option("--auto", help="Begin with the autopilot on.")] = False,
    resolume_alias: Annotated[
        bool, typer.Option("--resolume-alias", help="Take OSC that is laid out for Resolume as well.")
    ] = False,
    no_web: Annotated[bool, typer.Option("--no-web", help="Serve no surface in a browser.")] = False,
    web_port: Annotated[int, typer.Option(help="TCP port of the surface; the next free one if taken.")] = 7480,
    browser: Annotated[bool, typer.Option("--browser", help="Open the surface in a browser here.")] = False,
    record: Annotated[Path | None, typer.Option(help="Record to this MP4, or beside it if it is there.")] = None,
    record_fps: Annotated[str, typer.Option(help="Frames a second of recordings.")] = "30",
    record_performance: Annotated[Path | None, typer.Option(help="Record every step into this new folder.")] = None,
    duration: Annotated[float | None, typer.Option(help="End by itself after so many seconds.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the figures of the run to this JSON file.")] = None,
    threads: Threads = None,
    runtime: Runtime = None,
    filters: FilterOption = None,
    refine: RefineOption = None,
    refine_vae: RefineVae = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where the last show stood, even one cut off.")
    ] = False,
    no_guard: Annotated[
        bool, typer.Option("--no-guard", help="Run in one process; nobody begins the show again when it falls.")
    ] = False,
) -> None:
    """Play to a microphone, a line-in or a song.

    With no input at all it begins in silence, and takes the first one that comes. Told nothing, it wears a look.
    """
    from vj.apps.figures import tell
    from vj.apps.guard import traces
    from vj.apps.guard.journal import SAFE_LOOK, fall
    from vj.apps.guard.leaving import Leaving
    from vj.apps.guard.supervisor import guarded
    from vj.apps.live.options import Options, fallen, going_on
    from vj.apps.live.perform import perform
    from vj.outputs.sending.asked import asked

    outputs = tuple(asked(text) for text in output or ())
    if venue is not None:
        from vj.apps.homes import VENUES, named_file
        from vj.apps.mapping.file import sent_by

        named = {each.name for each in outputs}
        outputs += tuple(each for each in sent_by(named_file(VENUES, venue)) if each.name not in named)
    ended = None if no_guard else guarded(sys.argv[1:], headless)
    if ended is not None:  # the show was given by another process
        raise typer.Exit(ended)
    before = fall()
    if pulse.block() is not None:
        traces.keep(before.start if before else 0)
    session = before.session if before else None
    if resume and before is None:
        if look or director or setlist or bundle != "worlds":
            raise VjError("a show that is resumed has a look, bundle and setlist", "--resume", "leave them out")
        session, note = last_session()
        if note:
            console.print(f"[yellow]Note:[/] {escape(note)}", soft_wrap=True, highlight=False)
    if session is not None:
        outputs, note = sent_to(session, outputs, first=before is not None)
        if note:
            console.print(f"[yellow]Note:[/] {escape(note)}", soft_wrap=True, highlight=False)
    if track is not None and input is None:
        raise VjError("sound tracks are those of a file", "--track", "add --input FILE; of a device take --channels")

    def settings() -> Any:  # what this imports takes a second: the window is up before
        from vj.apps.assemble import DEFAULT_BUNDLE, DEFAULT_LOOK, Settings, find_setlist

        if session is not None:
            kept = Path(session.setlist) if session.setlist else None
            worn = SAFE_LOOK if before and before.safe else None
            return Settings(
                session.bundle, session.director, kept, session.seed, None, threads, worn, refine, refine_vae,
                memory=session.memory or None, outputs=outputs,
            )  # fmt: skip
        bare = not (look or director or setlist) and bundle == DEFAULT_BUNDLE
        worn = DEFAULT_LOOK if bare else look
        chosen = find_setlist(setlist) if setlist else None
        return Settings(bundle, director, chosen, seed, None, threads, worn, refine, refine_vae, outputs=outputs)

    options = Options(
        first=None if setlist or session else (bundle, threads),
        song=input,
        device=_number_or_name(device),
        channels=channels_of(channels),
        track=None if track is None else track - 1,
        display=_number_or_name(display),
        size=size_of(size),
        fullscreen=fullscreen,
        headless=headless,
        venue=venue,
        canvas=None if canvas is None else size_of(canvas),
        light=light,
        light_in=light_in,
        hud=hud,
        fps=float(frame_rate(fps, "--fps", 1, 500)),
        midi=None if no_midi else midi_port,
        midi_backend=midi_backend,
        clock_out=midi_clock_out,
        osc_port=osc_port,
        resolume=resolume_alias,
        lan=lan,
        link=link,
        auto=auto,
        web=not no_web,
        web_port=web_port,
        browser=browser,
        record=record,
        record_fps=frame_rate(record_fps, "--record-fps", 1, 144),
        performance=record_performance,
        duration=duration,
    )
    if before is not None:
        options = fallen(before, options)
    elif session is not None:
        options = going_on(session, options)
    with Leaving() as leaving:
        try:
            tell(perform(settings, options, STARTED), report)
        except BaseException as error:
            if leaving.asked:  # whatever came of it on the way
                raise typer.Exit(128 + leaving.asked) from error
            raise
    raise typer.Exit(leaving.code)


app.command(rich_help_panel=FILMS, short_help="Play a performance again, and lay over it what you move.")(replay)
app.command(rich_help_panel=FILMS)(render)
app.command(rich_help_panel=FILMS, short_help="See whether a film flashes too much.")(safety)
app.command(rich_help_panel=FILMS, short_help="Make films that go round without a seam.")(loops)
app.command(rich_help_panel=FILMS, short_help="See what is heard in a song, before it is played.")(analyze)
performance.app.command(short_help="The takes there are.")(takes)
performance.app.command(short_help="What differs between two takes.")(compare)
for listed, short in (
    (listing.looks, "The looks there are: mood, and what each is good for."),
    (listing.classes, "The classes of a generator, in the order of keys."),
    (listing.features, "What is heard, and a picture may follow."),
    (listing.setlists, "The setlists there are: title and cues."),
    (listing.presets, "Your presets: bank and slot, name and look."),
):
    app.command(rich_help_panel=LISTS, short_help=short)(listed)


@app.command(rich_help_panel=STAGE)
def demo(
    offline: Annotated[bool, typer.Option("--offline", help="Render to demo.mp4 even if there is a screen.")] = False,
    seconds: Annotated[float | None, typer.Option(help="Only so many seconds.")] = None,
    looks: Annotated[bool, typer.Option("--looks", help="Every look, one after the other.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser with the surface.")] = False,
) -> None:
    """See it dance at once, to a loop of its own."""
    from vj.apps.demo import demo as run

    run(offline, seconds, with_progress, console.print, STARTED, looks, not no_browser)


@app.command(rich_help_panel=STAGE)
def devices() -> None:
    """See what is plugged in: sound inputs, displays, controllers."""
    from vj.apps.machine.devices import print_all

    print_all()


@app.command(rich_help_panel=STAGE)
def doctor(
    bundle: Annotated[
        bool, typer.Option("--bundle", help="Pack the report and the last logs into a file, without names.")
    ] = False,
    file: Annotated[Path | None, typer.Argument(help="The file to pack them into.")] = None,
) -> None:
    """Find out what is wrong here: a report to read or to send."""
    from vj.apps.machine.doctor import report

    if not bundle:
        if file is not None:
            raise VjError("a report is printed", str(file), "vj doctor --bundle FILE packs it")
        for line in report():
            print(line)
        return
    from vj.apps.blackbox.bundle import named, pack

    packed = pack(file or named(), report)
    for name, size in packed.entries:
        print(f"  {name:20} {size:8} bytes of text")
    print(f"{packed.path} is for you to read, and to attach to a bug report; nothing was sent anywhere.")
    print(f"No sound and no picture is in it; {packed.replaced} names, folders, files and addresses were replaced.")


@osc_app.command("list")
def osc_list(
    markdown: Annotated[bool, typer.Option("--markdown", help="As the table in docs/osc.md.")] = False,
    touchosc: Annotated[Path | None, typer.Option(help="Write a layout for TouchOSC, such as vj.tosc.")] = None,
    open_stage_control: Annotated[
        Path | None, typer.Option(help="Write a session for Open Stage Control, such as vj.json.")
    ] = None,
) -> None:
    """Every address, its type, range and meaning; or a layout with all of them for a surface."""
    from vj.apps import osc
    from vj.apps.assemble import parameters

    if touchosc or open_stage_control:
        osc.write_layouts(parameters(mine=True, replays=True), touchosc, open_stage_control, console.print)
        return
    if markdown:
        print(osc.markdown_table(parameters(replays=True)))
    else:
        osc.print_addresses(parameters(mine=True, replays=True))


@midi_app.command("list")
def midi_list(backend: Annotated[str | None, typer.Option(help="alsa, jack, coremidi or winmm.")] = None) -> None:
    """MIDI inputs, and the map each would use."""
    from vj.apps.assemble import parameters
    from vj.apps.machine import midi

    midi.print_ports(parameters(mine=True), backend)


@midi_app.command("learn")
def midi_learn(
    address: Annotated[str, typer.Argument(help="The parameter to bind, such as /latent/psi.")],
    port: Annotated[str, typer.Option(help="Part of the name of the MIDI port.")] = "",
    backend: Annotated[str | None, typer.Option(help="alsa, jack, coremidi or winmm.")] = None,
) -> None:
    """Bind a control: start this, then move it."""
    from vj.apps.assemble import parameters
    from vj.apps.machine import midi

    midi.learn(parameters(mine=True, replays=True), address, port, backend)


def _number_or_name(text: str | None) -> str | int | None:
    return int(text) if text is not None and text.isdigit() else text


if __name__ == "__main__":
    main()

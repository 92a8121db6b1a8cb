"""Opens everything a live show needs, runs it, and closes it all again."""

import queue
import re
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vj.apps._assemble import Settings, load
from vj.apps._inputs import Inputs
from vj.apps._meter import Report
from vj.apps._recorded import header
from vj.apps._recorder import Recorder, Recording
from vj.apps._refiner import open_refining
from vj.apps._threads import Source
from vj.apps.live import Control, Live, Parts, Stage
from vj.core.handoff import SampleRing
from vj.core.params import Param
from vj.core.types import Event
from vj.devices.audio_file import FilePlayer
from vj.devices.keys import key_events
from vj.devices.midi import MidiIn
from vj.devices.osc import PORT, OscIn
from vj.engine.desk import Desk
from vj.outputs._performance import PerformanceLog
from vj.outputs.null import Null

#: Seconds of sound that may wait for the analysis thread.
RING_SECONDS = 1


@dataclass(frozen=True)
class Options:
    """What `vj live` was asked to do.

    song       a file to perform to instead of an input device
    device     audio input by name or index; `channels` of it (from 0)
    display    monitor by name or index; None is the primary
    size       of the window, (width, height)
    midi       a part of the name of a MIDI port, "" for all, None for none
    lan        listen to OSC from the network, with a token
    record     MP4 to write meanwhile, at `record_fps`; `performance` a folder to record every step into
    """

    song: Path | None = None
    loop: bool = True
    device: str | int | None = None
    channels: tuple[int, ...] | None = None
    display: str | int | None = None
    size: tuple[int, int] = (1280, 720)
    fullscreen: bool = False
    headless: bool = False
    hud: bool = False
    fps: float = 60.0
    midi: str | None = ""
    midi_backend: str | None = None
    osc_port: int = PORT
    lan: bool = False
    record: Path | None = None
    record_fps: Fraction | float = 30
    performance: Path | None = None
    duration: float | None = None


def perform(settings: Settings, options: Options, started: float | None = None) -> Report:
    """A live show from beginning to end; what it measured of itself. Raises VjError if it cannot begin."""
    started = time.perf_counter() if started is None else started
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with ExitStack() as stack:
        ring = SampleRing(RING_SECONDS * 48000)
        with ThreadPoolExecutor(1) as pool:  # the device opens while the bundles load
            opening = pool.submit(_source, options, ring, stack)
            loaded = load(settings)
            source = opening.result()
        show, desk = loaded.show(source.rate), loaded.desk
        stack.callback(show.close)
        screen = _screen(options, desk, events, stack)
        controls: list[Control] = [stack.enter_context(_osc(desk.table, events, options))]
        controls += _midi(desk.table, events, options, stack)
        controls += [source] if isinstance(source, Inputs) else []
        log = None
        if options.performance:
            log = PerformanceLog(options.performance, header(settings), source.rate, settings.setlist)
            stack.enter_context(log)
        recording = _recording(options, desk, source.rate, stack)
        switches = {"hud": options.hud, "fullscreen": options.fullscreen}
        for name in (name for name, on in switches.items() if on):
            events.put(Event(f"/window/{name}", (True,), "start"))
        if options.record:
            recording.begin()
            events.put(Event("/output/record", (True,), "start"))
        refining, unrefined = open_refining(settings, show.programs, desk)
        if unrefined:
            print(unrefined)
        parts = Parts(show, desk, source, ring, screen, events, tuple(controls), log, recording, refining)
        with Live(parts, options.fps, started) as live:
            if isinstance(source, FilePlayer):
                stack.enter_context(source)
            live.run(options.duration)
        return live.report()


def _recording(options: Options, desk: Desk, rate: int, stack: ExitStack) -> Recording:
    """What records to the file named, and to files named after time, show and cue from then on."""
    named = [options.record] if options.record else []

    def make() -> Recorder:
        if named:
            path = named.pop()
        else:
            cue = f"_{desk.cue.number}" if desk.cue else ""
            title = re.sub(r"\W+", "-", desk.setlist.title).strip("-").lower()
            path = Path(f"{time.strftime('%Y%m%d-%H%M%S')}_{title}{cue}.mp4")
        return Recorder(path, options.size, Fraction(options.record_fps), rate)

    recording = Recording(make)
    stack.callback(recording.close)
    return recording


def _screen(options: Options, desk: Desk, events: "queue.SimpleQueue[Event]", stack: ExitStack) -> Stage:
    """The window, or its stand-in."""
    if options.headless:
        return stack.enter_context(Null(options.size))
    from vj.outputs.window import Window  # a machine without a screen may lack GLFW's libraries

    def on_key(key: str, mods: frozenset[str]) -> None:
        for event in key_events(key, mods, desk.table, bool(desk.setlist.cues)):
            events.put(event)

    return stack.enter_context(Window(options.display, options.size, options.fullscreen, on_key=on_key))


def _source(options: Options, ring: SampleRing, stack: ExitStack) -> Source:
    """The file player, not begun yet, or the open input device."""
    if options.song is not None:
        return FilePlayer(options.song, ring, loop=options.loop)
    return stack.enter_context(Inputs(ring, options.device, options.channels))


def _midi(
    table: dict[str, Param], events: "queue.SimpleQueue[Event]", options: Options, stack: ExitStack
) -> list[Control]:
    """MIDI, if it was not declined."""
    if options.midi is None:
        return []
    return [stack.enter_context(MidiIn(table, events, options.midi, options.midi_backend))]


def _osc(table: dict[str, Param], events: "queue.SimpleQueue[Event]", options: Options) -> OscIn:
    if not options.lan:
        return OscIn(table, events, options.osc_port)
    token = secrets.token_hex(3)
    print(f"OSC is open to the network: send /token {token} first.")
    return OscIn(table, events, options.osc_port, "0.0.0.0", token=token)

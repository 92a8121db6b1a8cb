"""Begins a live show with what was opened for it: desk and controls, recordings, panel and terminal."""

import gc
import queue
import re
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from vj import __version__
from vj.apps.assemble import Loaded, Settings
from vj.apps.assemble import begin as begin_desk
from vj.apps.blackbox import diary
from vj.apps.guard import pulse
from vj.apps.guard.going_on import afresh, evening, take_up
from vj.apps.guard.journal import Journal
from vj.apps.homes import PRESETS, own, own_looks
from vj.apps.keeping.keeper import Keeper, places
from vj.apps.keeping.session import Session, claim, session_file, set_aside
from vj.apps.live.foyer import HANDS, NO_HANDS, OSC, Foyer
from vj.apps.live.inputs import Inputs
from vj.apps.live.loop import Control, Live, Parts, Screen
from vj.apps.live.meter import Report
from vj.apps.live.notices import Notices
from vj.apps.live.recorder import Recording, made
from vj.apps.live.refiner import open_refining
from vj.apps.live.threads import Source, begun_aside
from vj.apps.live.ticker import Ticker
from vj.apps.mapping.opening import open_mapping
from vj.apps.panel.done import Done
from vj.apps.panel.picker import Picker
from vj.apps.panel.places import Places
from vj.apps.panel.watching import MediaWatch
from vj.apps.performance.facts import bundle as bundle_facts
from vj.apps.performance.facts import machine, own_palettes
from vj.apps.recorded import GOVERNOR, header
from vj.apps.rehearsal.backstage import Rehearsal
from vj.apps.replay.playing import Replay
from vj.apps.sending.opening import open_elsewhere, open_faders, open_lights
from vj.apps.web.address import show as show_browser
from vj.apps.web.address import terminal_code
from vj.apps.web.facts import facts
from vj.apps.web.link import Link
from vj.apps.web.nodes import COUNTED
from vj.apps.web.streams import heard
from vj.core.handoff import SampleRing
from vj.core.types import Event
from vj.devices.audio.file import FilePlayer
from vj.devices.audio.tape import Tape
from vj.devices.link.session import LinkIn
from vj.devices.midi.clock_out import ClockOut
from vj.devices.midi.input import MidiIn
from vj.devices.midi.ports import open_ports
from vj.devices.osc.input import OscIn
from vj.engine.governor import RUNG
from vj.outputs.performance import PerformanceLog
from vj.outputs.performance.shown import keep_shown
from vj.outputs.screensaver import Awake
from vj.outputs.sending.all import switch

if TYPE_CHECKING:
    from vj.apps.live.options import Options

#: Asks for a new process.
RENEW = "/show/renew"


@dataclass(frozen=True)
class Opened:
    """What was opened while the splash was up; `close` of each is the caller's. `pick` is given who gets keys first."""

    settings: Settings
    loaded: Loaded
    source: Source
    ring: SampleRing
    screen: Screen
    events: "queue.SimpleQueue[Event]"
    osc: OscIn
    foyer: Foyer
    pick: Callable[..., None]
    key: Callable[[str, frozenset[str]], None]
    surface: Link | None = None


def begin(opened: Opened, options: "Options", started: float, stack: ExitStack) -> Report:
    """Run the show to its end; what it measured of itself. What is opened here is closed with `stack`."""
    settings, source, events, desk = opened.settings, opened.source, opened.events, opened.loaded.desk
    show, notices = opened.loaded.show(source.rate), Notices(diary.say)
    stack.callback(show.close)
    midi = _midi(opened, options, stack)
    clock_out = stack.enter_context(
        ClockOut(lambda: midi.leading if midi else "", lambda: open_ports(options.midi_backend))
    )
    controls: list[Control] = [opened.osc, clock_out, *([midi] if midi else [])]
    controls += [source] if isinstance(source, Inputs) else []
    kept = options.performance
    log = stack.enter_context(_log(kept, settings, options, source.rate)) if kept else None
    recording = Recording(made(options.record, options.size, Fraction(options.record_fps), source.rate, desk))
    stack.callback(recording.close)
    link = stack.enter_context(LinkIn(events))
    controls.append(link)
    switches = {
        "/window/hud": options.hud, "/window/fullscreen": opened.foyer.fullscreen, "/tempo/link": options.link,
        "/auto/on": options.auto,
    }  # fmt: skip
    if options.fall:  # what was on then is remembered
        switches = {}
        fell = "fell twice within a minute and goes on in the safe look" if options.fall.safe else "fell and goes on"
        notices.say(f"the show {fell}: {options.fall.why}")
        events.put(Event(RUNG, (options.fall.evening.rung,), GOVERNOR))  # what was too much to draw is so still
    for address in (address for address, on in switches.items() if on):
        events.put(Event(address, (True,), "start"))
    if options.clock_out is not None:
        events.put(Event("/midi/clock/port", (options.clock_out,), "start"))
        events.put(Event("/midi/clock/out", (True,), "start"))
    for event in opened.foyer.later:
        events.put(event)
    if options.record:
        recording.begin()
        events.put(Event("/output/record", (True,), "start"))
    refining, unrefined = open_refining(settings, show.programs, desk)
    if unrefined:
        notices.say(unrefined)
    print("\n".join((f"vj {__version__}", *opened.foyer.lines, *_invitation(opened.surface, options))), flush=True)
    ticker = Ticker(known=[text for _, text, _ in opened.foyer.state.facts])
    reach = re.sub(r" \(.*?\)", "", f"OSC {opened.foyer.known(OSC)}")  # why it is that port was on the splash
    session = claim(session_file()) if options.again is None else None
    if session is None and options.again is None:
        notices.say("another show is on here: presets and looks are shared, `vj live --resume` comes back to that one")
    elif session is not None:
        stack.callback(session.close)
        if not options.resumed:
            set_aside(session_file(), "previous")
    homes = places(session_file() if session else None)
    # what was kept in a performance was kept then, and is not kept again
    mapping = open_mapping(options.venue, options.resumed, desk, opened.screen, events, stack)
    keeper = None if options.again else Keeper(desk, events, homes, lambda: _standing(opened, options, mapping.place))
    if opened.surface is not None and opened.surface.port:
        reach += f" · surface port {opened.surface.port}"
    rehearsal = Rehearsal(desk, settings.seed, media=lambda: opened.loaded.media.files)
    where = Places(desk, source if isinstance(source, Inputs) else None, opened.screen)
    controls.append(where)
    watch = MediaWatch(desk, opened.loaded.media)
    stack.callback(watch.close)
    controls.append(watch)
    picker = Picker(where, events)
    stack.callback(picker.close)
    opened.pick(picker.key, mapping.key)
    known = opened.surface.facts if opened.surface is not None else None
    lights = open_lights(options.light, known, stack)
    faders = open_faders(options.light_in, desk, events, known, stack)
    controls += [faders] if faders else []
    if opened.surface is not None:
        ports = faders.listens if faders else []
        opened.surface.also.append(lambda: [*link.ports, *ports])
        opened.surface.facts |= {"inputs": lambda: list(where.inputs), "displays": lambda: list(where.displays)}
        opened.surface.facts["mapping"] = mapping.overview
    # what is played again at home is not for the world
    outputs = opened.loaded.outputs if options.again is None else ()
    elsewhere = open_elsewhere(outputs, source.rate, opened.screen, opened.key, events, mapping, known, stack)
    if options.canvas is not None:
        opened.screen.paint(options.canvas)
    block = pulse.block()

    def needs() -> str:
        return afresh(opened.screen, source, midi, bool(desk.current(RENEW)))

    journal = Journal(lambda: _standing(opened, options, mapping.place), block, needs) if block else None
    if block:
        block.window = getattr(opened.screen, "native", 0)
    parts = Parts(
        show,
        desk,
        source,
        opened.ring,
        opened.screen,
        events,
        controls=tuple(controls),
        log=log,
        recording=recording,
        refining=refining,
        rehearsal=rehearsal,
        picker=picker,
        done=Done(desk),
        notices=notices,
        ticker=ticker,
        reach=reach,
        link=link,
        clock_out=clock_out,
        midi=midi,
        surface=opened.surface,
        keeper=keeper,
        replay=_replay(opened, options),
        mapping=mapping,
        elsewhere=elsewhere,
        lights=lights,
        faders=faders,
        journal=journal,
        awake=None if options.headless else stack.enter_context(Awake()),
    )
    live = Live(parts, options.fps, started)
    if journal is not None:
        surface = opened.surface.port if opened.surface else 0
        journal.evening = lambda: evening(
            opened.screen, desk, opened.loaded.programs, live.hearing.features.latest, live.snapshot, live.clock,
            options.fall,
            recording=recording.on, rate=source.rate, ports=(opened.osc.port, surface),
            song=source.position if isinstance(source, FilePlayer) else None,
        )  # fmt: skip
    if options.fall:
        live.hearing.beginning = take_up(options.fall, show.analyzer, desk)
    with live:
        opened.osc.listeners.counted = COUNTED
        opened.osc.listeners.sounds = lambda: {
            **heard(live.hearing.features.latest),
            **(opened.surface.status if opened.surface else {}),
        }
        if opened.surface is not None:
            opened.surface.features = lambda: live.hearing.features.latest
            opened.surface.facts.update(facts(opened.osc, midi, lambda: live.snapshot))
            opened.surface.open(desk.table, opened.osc.port, thumbs=str(rehearsal.shown))
            if options.browser and not opened.surface.missing:
                show_browser(opened.surface.local)
        if isinstance(source, FilePlayer | Tape):
            stack.enter_context(begun_aside(source) if options.fall else source)
        gc.freeze()  # what there is now stays: to look through it for garbage costs three frames each time
        stack.callback(gc.unfreeze)
        pulse.mark("running")
        with suppress(KeyboardInterrupt):  # Ctrl+C on the terminal ends a show like Ctrl+Q in the window
            live.run(options.duration)
        pulse.ending()
    told, report = len(recording.told), live.report()
    recording.close()
    if log is not None:
        log.close()
    for line in recording.told[told:]:
        print(line)
    notes = [recording.notice, log.trouble if log else ""]
    if options.performance is not None and show.layering is not None:
        notes.append(keep_shown(options.performance, show.layering.used))
    if isinstance(source, FilePlayer | Tape):
        notes += [source.problem, source.file.warning]
    sent = tuple(elsewhere.facts()) if elsewhere else ()
    return replace(report, notes=tuple(filter(None, notes)), outputs=sent)


def _log(folder: Path, settings: Settings, options: "Options", rate: int) -> PerformanceLog:
    """What keeps the performance in `folder`."""
    looks = own_looks(settings.look, settings.setlist, settings.looks).values()
    presets = settings.presets or own(PRESETS)[0]
    head = {**header(settings), **machine(), "size": options.size, "fps": options.fps}
    return PerformanceLog(folder, head, rate, settings.setlist, looks, presets, own_palettes(), bundle_facts)


def _replay(opened: Opened, options: "Options") -> Replay | None:
    """What plays a performance again."""
    if options.again is None or not isinstance(opened.source, Tape):
        return None
    settings, desk = opened.settings, opened.loaded.desk
    first = desk.setlist.cues[0] if desk.setlist.cues else None
    return Replay(desk, opened.source, options.again, lambda wound: begin_desk(wound, settings, first))


def _standing(opened: Opened, options: "Options", venue: str | None) -> Session:
    """Where the show stands, for one that is begun again."""
    settings, desk, source = opened.settings, opened.loaded.desk, opened.source
    chosen = isinstance(source, Inputs) and source.name
    return Session(
        bundle=settings.bundle,
        director=settings.director,
        setlist=str(desk.setlist.path.absolute()) if desk.setlist.path else None,
        seed=settings.seed,
        device=chosen or options.device,
        display=getattr(opened.screen, "display", options.display),
        song=str(source.file.path.absolute()) if isinstance(source, FilePlayer) else None,
        venue=venue,
        memory=desk.memory(),
        outputs=[replace(one, on=bool(desk.current(switch(one.name)))).words() for one in opened.loaded.outputs],
    )


def _invitation(link: Link | None, options: "Options") -> list[str]:
    """The address of the surface for a tablet to scan, where one may come or somebody is new here."""
    if link is None or link.missing or not (options.lan or (options.browser and sys.stdout.isatty())):
        return []
    return [f"  {'surface':9}{link.address}", *(f"  {line}" for line in terminal_code(link.address))]


def _midi(opened: Opened, options: "Options", stack: ExitStack) -> MidiIn | None:
    """MIDI, if it was not declined."""
    if options.midi is None:
        return None
    midi = stack.enter_context(MidiIn(opened.loaded.desk.table, opened.events, options.midi, options.midi_backend))
    opened.loaded.desk.deeds.update(midi.editing.deeds)
    opened.foyer.know(HANDS, ", ".join(midi.connected) or midi.notice or NO_HANDS)
    return midi

"""A live show from the command to its last frame: the window first, and everything else opened behind its splash."""

import json
import platform
import queue
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from vj import __version__
from vj.apps.blackbox import diary
from vj.apps.guard import pulse
from vj.apps.live.foyer import HANDS, NO_HANDS, OSC, PICTURE, SOUND, SURFACE, Foyer
from vj.apps.live.meter import Meter, Report
from vj.apps.live.options import Options
from vj.apps.web.address import own_address
from vj.core.errors import AudioError, ControlError, OutputError
from vj.core.handoff import SampleRing
from vj.core.params import AnyParam
from vj.core.types import Event
from vj.devices.keys import key_events
from vj.devices.learn_keys import while_learning
from vj.devices.osc.input import OscIn
from vj.outputs.null import Null

if TYPE_CHECKING:  # what takes long to import is imported while the splash is up
    from vj.apps.ahead import Ahead
    from vj.apps.assemble import Loaded, Settings
    from vj.apps.live.threads import Source
    from vj.apps.web.link import Link
    from vj.engine.desk import Desk
    from vj.outputs.window import Window

#: Seconds of sound that may wait for the analysis thread.
RING_SECONDS = 1


def perform(settings: "Settings | Callable[[], Settings]", options: Options, started: float | None = None) -> Report:
    """A live show from beginning to end; what it measured of itself. Raises VjError if it cannot begin.

    `settings` may be a function, which is asked while the splash is up: what it needs may take long to import.
    """
    started = time.perf_counter() if started is None else started
    shown: list[Report] = []
    try:
        with diary.keeping(_about(options)), ExitStack() as stack:
            shown.append(_perform(settings, options, started, stack))
            diary.say(f"REPORT {json.dumps(shown[0].as_dict())}")
    except Exception as error:
        if not shown:
            raise
        # what fails while all is put away must not cost the figures
        return replace(shown[0], notes=(*shown[0].notes, f"after the show: {error}"))
    return shown[0]


def _about(options: Options) -> str:
    """What the log says of a show that begins: nothing of files."""
    size = "x".join(map(str, options.size))
    words = [
        f"vj {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"{size} at {options.fps:g}",
    ]
    told = {"headless": options.headless, "fullscreen": options.fullscreen, "film": options.record is not None}
    told |= {"performance": options.performance is not None, "song": options.song is not None, "lan": options.lan}
    return ", ".join((*words, *(name for name, on in told.items() if on)))


def _perform(
    settings: "Settings | Callable[[], Settings]", options: Options, started: float, stack: ExitStack
) -> Report:
    """The show; what it opens is closed with `stack`."""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    table: dict[str, AnyParam] = {}  # filled when the desk is there; a port can be had before
    ring = SampleRing(RING_SECONDS * 48000)
    ring.keeps = options.performance is not None
    foyer = Foyer(options.fullscreen)
    keys = _Keys(foyer, events)
    pulse.mark("begun")
    screen = _screen(options, keys, foyer, stack)
    pulse.mark("window")
    token = token_of(options)
    osc = _osc(table, events, options, foyer, token)
    stack.callback(osc.close)
    link = _surface(events, options, token, foyer)
    if link is not None:
        stack.callback(link.close)
    pool = stack.enter_context(ThreadPoolExecutor(4))
    ahead = _ahead(options, pool, stack)
    loading = pool.submit(_load, settings, foyer, ahead)
    stack.callback(_let_go, loading, lambda loaded: loaded[1].programs.close())
    opening = pool.submit(_source, options, ring, foyer)
    stack.callback(_let_go, opening, lambda opened: opened[1].close())
    if not foyer.wait(screen, loading, opening, pool.submit(_look_for_hands, options, foyer)):
        stack.callback(screen.close)  # first of all: what is still being loaded takes its time
        report = Meter(1.0 / options.fps).report(started, 0, 0, "", screen.renderer)
    else:
        from vj.apps.live.begin import Opened, begin

        pulse.mark("prepared")
        (chosen, loaded), (source, _) = loading.result(), opening.result()
        table.update(loaded.desk.table)
        osc.open()
        keys.desk = loaded.desk
        opened = Opened(chosen, loaded, source, ring, screen, events, osc, foyer, keys.give, keys, link)
        report = begin(opened, options, started, stack)
    light = screen.first_light
    return replace(report, splash_s=None if light is None else light - started)


class _Keys:
    """Keys of the window: the foyer's before there is a desk."""

    def __init__(self, foyer: Foyer, events: "queue.SimpleQueue[Event]") -> None:
        self._foyer = foyer
        self._events = events
        self._first: tuple[Callable[[str, frozenset[str]], bool], ...] = ()
        self.desk: Desk | None = None

    def give(self, *first: Callable[[str, frozenset[str]], bool]) -> None:
        """From now on keys go there first, one after the other; each says whether a key was its own."""
        self._first = first

    def __call__(self, key: str, mods: frozenset[str]) -> None:
        if self.desk is None:
            self._foyer.key(key, mods)
            return
        if any(takes(key, mods) for takes in self._first):
            return
        digits = str(self.desk.shown["/window/digits"])
        events = key_events(key, mods, self.desk.table, bool(self.desk.setlist.cues), digits)
        if self.desk.shown["/window/learn"]:
            events = while_learning(key, events)
        for event in events:
            self._events.put(event)


def _screen(options: Options, keys: _Keys, foyer: Foyer, stack: ExitStack) -> "Null | Window":
    """The window, or its stand-in."""
    if options.headless:
        return stack.enter_context(Null(options.size))
    from vj.outputs import window  # a machine without a screen may lack GLFW's libraries

    def opened(display: str | int | None) -> "Window":
        asked: dict[str, Any] = {"display": display, "size": options.size, "fullscreen": options.fullscreen,
                                 "on_key": keys, "place": options.place}  # fmt: skip
        if options.fall is None:
            shown = window.Window(**asked, splash=foyer.state)
        else:  # the wall still has its last picture
            from vj.apps.ahead.window import take

            shown = take(**asked) or window.Window(**asked, veiled=True)
        shown.pulse = lambda: pulse.beat(patience=pulse.OPENS_S)
        return stack.enter_context(shown)

    try:
        return opened(options.display)
    except OutputError:
        if not options.resumed:
            raise
        return opened(None)  # the display it was on is not there any more


def _ahead(options: Options, pool: ThreadPoolExecutor, stack: ExitStack) -> "Ahead | None":
    """The generator that is opened at once, if it is known which."""
    if options.first is None:
        return None
    from vj.apps.ahead import Ahead

    ahead = Ahead(pool, *options.first)
    stack.callback(ahead.close)
    return ahead


def _load(
    settings: "Settings | Callable[[], Settings]", foyer: Foyer, ahead: "Ahead | None"
) -> "tuple[Settings, Loaded]":
    """Thread: the bundles, warm, and the desk."""
    from vj.apps.assemble import load
    from vj.apps.live import begin  # noqa: F401  it is needed next, and imported here so that the splash does not stand

    chosen = settings() if callable(settings) else settings
    if not (chosen.began or chosen.replays):
        chosen = replace(chosen, began=(datetime.now() - datetime(2000, 1, 1)).total_seconds())
    named = chosen.setlist.stem if chosen.setlist else chosen.bundle
    if chosen.setlist:
        foyer.space = "next cue"
    foyer.know(PICTURE, " · ".join(filter(None, (named, chosen.look or chosen.director))))
    loaded = load(chosen, foyer.tell, ahead)
    generator = loaded.programs[str(loaded.desk.current("/model/select"))].generator
    if not generator.free:  # those that are free take what there is time for
        foyer.picture = generator.size
    pulse.mark("loaded")
    return chosen, loaded


def _source(options: Options, ring: SampleRing, foyer: Foyer) -> "tuple[Source, ExitStack]":
    """Thread: the file player, not begun yet, or the open input device; and what closes it."""
    with ExitStack() as stack:
        source: Source
        if options.again is not None:
            from vj.devices.audio.tape import Tape

            source = tape = Tape(options.again.read().sound, ring)
            foyer.know(SOUND, tape.file.heard)
        elif options.song is not None:
            from vj.devices.audio.file import FilePlayer, Pick

            if callable(options.song):
                foyer.know(SOUND, "is being made")
            song = options.song() if callable(options.song) else options.song
            pick = Pick(options.track, options.channels or ())
            source = player = FilePlayer(song, ring, loop=options.loop, pick=pick, at=options.at)
            foyer.know(SOUND, f"{song.name} ({player.file.note})" if player.file.note else song.name)
        else:
            from vj.apps.live.inputs import Inputs

            try:
                rate = options.fall.evening.rate if options.fall else 0
                inputs = stack.enter_context(Inputs(ring, options.device, options.channels, rate))
            except AudioError:
                if not options.resumed:
                    raise
                inputs = stack.enter_context(Inputs(ring, None, None))  # what was played to is not there any more
            source = inputs
            foyer.know(SOUND, inputs.name or inputs.problem, urgent=not inputs.name)
        pulse.mark("sound")
        return source, stack.pop_all()


def _look_for_hands(options: Options, foyer: Foyer) -> None:
    """Thread: which controllers are plugged in; they are opened when there is something to move."""
    if options.midi is None:
        foyer.know(HANDS, "MIDI is declined")
        return
    from vj.devices.midi.mapping import normalised
    from vj.devices.midi.ports import open_ports

    try:
        ports = open_ports(options.midi_backend)
    except ControlError as error:
        foyer.know(HANDS, error.what)
        return
    names = [normalised(name) for name in ports.inputs()]
    ports.close()
    wanted = [name for name in names if options.midi.casefold() in name.casefold()]
    foyer.know(HANDS, ", ".join(wanted) or NO_HANDS)


def token_of(options: Options) -> str | None:
    """What another machine must know, over OSC and in a browser; None where only this one is heard."""
    return secrets.token_hex(4) if options.lan else None


def _surface(events: "queue.SimpleQueue[Event]", options: Options, token: str | None, foyer: Foyer) -> "Link | None":
    """The port of the surface, which answers when the show has begun; where it is, is told."""
    if not options.web:
        return None
    from vj.apps.web.link import Link

    link = Link(events, options.web_port, token)
    if link.missing:
        foyer.know(SURFACE, link.missing)
        return link
    taken = options.web_port not in (0, link.port)
    why = f" ({options.web_port} is taken)" if taken else ""
    if token is None:
        foyer.know(SURFACE, f"http://127.0.0.1:{link.port}, this machine only{why}", taken)
    else:
        foyer.know(SURFACE, f"http://{own_address()}:{link.port}{why}; the token is on the terminal", taken)
    return link


def _osc(
    table: dict[str, AnyParam],
    events: "queue.SimpleQueue[Event]",
    options: Options,
    foyer: Foyer,
    token: str | None,
) -> OscIn:
    """The OSC port, not listening yet; which it is, and for whom, is told."""
    osc = OscIn(
        table, events, options.osc_port, "0.0.0.0" if token else "127.0.0.1", token=token, as_resolume=options.resolume
    )
    taken = options.osc_port not in (0, osc.port)
    why = f" ({options.osc_port} is taken)" if taken else ""
    if token is None:
        foyer.know(OSC, f"port {osc.port}, this machine only{why}", taken)
        return osc
    address = own_address()
    # the splash is on the wall, where a whole crowd would read the token
    foyer.know(OSC, f"{address} port {osc.port}{why}; the token is on the terminal", taken)
    foyer.more.append(f"token {token}; another machine is heard after: oscsend {address} {osc.port} /token s {token}")
    return osc


def _let_go(coming: "Future[Any]", close: Callable[[Any], None]) -> None:
    """Close what has come, if it has."""
    with suppress(Exception):
        close(coming.result())

"""What `vj live` was asked to do."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from vj.apps.guard.journal import Fall
from vj.apps.keeping.session import Session
from vj.core.written import is_file
from vj.devices.osc.input import PORT

if TYPE_CHECKING:
    from vj.apps.replay.piece import Again

#: Of the surface in a browser, and OSCQuery.
WEB_PORT = 7480


@dataclass(frozen=True)
class Options:
    """What `vj live` was asked to do.

    first      the bundle that will most likely be played first, and its threads: it is opened before all else
    song       a file to perform to instead of an input device, or what makes one while the splash is up; sound track
               number `track` of it (from 0), from second `at` on
    device     audio input by name or index; `channels` of it, or of the file (from 0)
    display    monitor by name or index; None is the primary
    size       of the window, (width, height), and of recordings
    place      of the window instead, (x, y, width, height)
    midi       a part of the name of a MIDI port, "" for all, None for none
    clock_out  a part of the name of the MIDI port that clock is sent to, None for none
    resolume   take OSC that is laid out for Resolume
    lan        listen to OSC and to browsers from the network, with a token
    link       join the Ableton Link session of the network
    auto       begin with the autopilot on
    web        serve the surface, at `web_port` or the next free one; `browser` shows it on this machine
    resumed    it goes on from where another show stood: what is named is taken if it is there
    fall       it is begun again by its guard, without a splash
    again      a performance that is played again, in place of an input or a song
    light      name or file of the rig that the picture lights; None for none
    light_in   light desks to hear: "sacn:1-4", "artnet", both with a comma; None for none
    venue      name or file of the venue that outputs are mapped for; None edits one without a name
    canvas     size of the finished picture, None for the window's
    record     MP4 to write meanwhile, at `record_fps`; `performance` a folder to record every step into
    """

    first: tuple[str, int | None] | None = None
    song: Path | Callable[[], Path] | None = None
    loop: bool = True
    at: float = 0.0
    device: str | int | None = None
    channels: tuple[int, ...] | None = None
    track: int | None = None
    display: str | int | None = None
    size: tuple[int, int] = (1280, 720)
    place: tuple[int, int, int, int] | None = None
    fullscreen: bool = False
    headless: bool = False
    hud: bool = False
    fps: float = 60.0
    midi: str | None = ""
    midi_backend: str | None = None
    clock_out: str | None = None
    osc_port: int = PORT
    resolume: bool = False
    lan: bool = False
    link: bool = False
    auto: bool = False
    web: bool = True
    web_port: int = WEB_PORT
    browser: bool = False
    record: Path | None = None
    record_fps: Fraction | float = 30
    performance: Path | None = None
    duration: float | None = None
    resumed: bool = False
    fall: "Fall | None" = None
    again: "Again | None" = None
    venue: str | None = None
    canvas: tuple[int, int] | None = None
    light: str | None = None
    light_in: str | None = None


def fallen(fall: Fall, options: Options) -> Options:
    """`options` for a show that goes on after a fall: as it was, in the same place, with further films."""
    from vj.apps.live.recorder import free_path

    evening = fall.evening
    left = None if options.duration is None else max(options.duration - (time.monotonic() - fall.began), 0.0)
    osc, web = evening.ports
    return replace(
        going_on(fall.session, options),
        fall=fall,
        at=0.0 if evening.song is None else evening.song + time.monotonic() - evening.at,
        place=evening.place,
        fullscreen=evening.fullscreen,
        first=(fall.session.bundle, None) if fall.safe else (evening.warm, None) if evening.warm else None,
        record=(options.record or Path(".")) if evening.recording else None,
        performance=None if options.performance is None else free_path(options.performance),
        duration=left,
        osc_port=osc or options.osc_port,
        web_port=web or options.web_port,
        browser=False,
    )


def going_on(session: Session, options: Options) -> Options:
    """`options` for a show that goes on from `session`: its song, input, display and venue where none are named."""
    song, device = options.song, options.device
    if song is None and device is None:
        song = Path(session.song) if session.song and is_file(Path(session.song)) else None
        device = session.device if song is None else None
    display = session.display if options.display is None else options.display
    venue = options.venue or session.venue
    return replace(options, song=song, device=device, display=display, venue=venue, resumed=True)

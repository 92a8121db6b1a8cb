"""Opens what a show sends and hears besides its window: outputs, lights, and light desks.

`facts` are what a surface is told, by name; None where there is no surface.
"""

import queue
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from vj.apps.homes import LIGHTS, named_file
from vj.apps.mapping.editor import Editor
from vj.apps.sending.elsewhere import WINDOW, Elsewhere
from vj.core.types import Event
from vj.devices.dmx.ears import read_asked
from vj.devices.dmx.input import DmxIn
from vj.engine.desk import Desk
from vj.outputs.light.sender import Sender
from vj.outputs.sending.asked import Asked

Facts = dict[str, Callable[[], Any]] | None
Events = queue.SimpleQueue[Event]


def open_elsewhere(
    outputs: tuple[Asked, ...],
    rate: int,
    screen: Any,
    on_key: Callable[[str, frozenset[str]], None],
    events: Events,
    mapping: Editor,
    facts: Facts,
    stack: ExitStack,
) -> Elsewhere | None:
    """Where else the picture of `screen` goes, with sound of `rate` Hz; None where `outputs` are none."""
    if not outputs:
        return None
    windows = tuple(asked for asked in outputs if asked.kind == WINDOW)
    panes = None
    if windows and (handle := getattr(screen, "handle", None)) is not None:
        from vj.outputs.window import panes as further

        asked = tuple(further.Asked(w.name, w.target, w.size, w.part) for w in windows)
        panes = further.Panes(handle, asked, on_key)
    elsewhere = Elsewhere(outputs, rate, events, panes, mapping)
    stack.callback(elsewhere.close)
    if hasattr(screen, "drawer"):
        from vj.outputs.offscreen import Offscreen

        screen.drawer = Offscreen
    screen.watch = elsewhere.see
    stack.callback(setattr, screen, "watch", None)
    if facts is not None:
        facts["outputs"] = elsewhere.facts
    return elsewhere


def open_lights(rig: str | None, facts: Facts, stack: ExitStack) -> Sender | None:
    """What lights the fixtures of `rig`, a name or file, if there is one."""
    if rig is None:
        return None
    lights = Sender(named_file(LIGHTS, rig))
    stack.callback(lights.close)
    if facts is not None:
        facts["light"] = lambda: lights.overview
    return lights


def open_faders(asked: str | None, desk: Desk, events: Events, facts: Facts, stack: ExitStack) -> DmxIn | None:
    """What hears light desks, if any are `asked` for. What MIDI learns a fader may learn as well."""
    if asked is None:
        return None
    faders = stack.enter_context(DmxIn(desk.table, events, read_asked(asked)))
    desk.deeds.update(faders.deeds)
    by_midi = desk.deeds.get("/midi/learn")

    def learn(event: Event) -> None:
        if by_midi is not None:
            by_midi(event)
        faders.point(event)

    desk.deeds["/midi/learn"] = learn
    if facts is not None:
        facts["faders"] = faders.overview
    return faders

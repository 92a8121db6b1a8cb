"""Addresses of Resolume as a second name for ours, so that controllers laid out for it work unchanged; only if asked.

A button of Resolume sends 1 and then 0, of which only the 1 counts. Its tempo is normalised, (BPM - 20) / 480: up to 1
a number is taken for that, above for BPM, which several of its clients send. Where it knows layers and clips we have
banks and presets, and for its columns cues.
"""

import re
from collections.abc import Container, Mapping, Sequence

from vj.core.types import Event
from vj.devices.osc.wire import Arg

ROOT = "/composition/"
#: Faders: 0..1 is all the way of ours.
FADERS: Mapping[str, str] = {
    "master": "/master/level",
    "video/opacity": "/master/level",
    "speed": "/master/speed",
    "crossfader/phase": "/preset/x",
    **{f"dashboard/link{n}": f"/macro/{n}" for n in range(1, 9)},
}
PULSES: Mapping[str, str] = {
    "disconnectall": "/master/panic",
    "tempocontroller/tempotap": "/tempo/tap",
    "tempocontroller/resync": "/tempo/resync",
    "tempocontroller/tempo/multiply": "/tempo/double",
    "tempocontroller/tempo/divide": "/tempo/halve",
}
_CLIP = re.compile(r"layers/(\d+)/clips/(\d+)/connect")
_COLUMN = re.compile(r"columns/(\d+)/connect")


def meant(address: str, args: Sequence[Arg], known: Container[str]) -> list[Event]:
    """What a message for Resolume asks of us, without a source; nothing where it makes no sense here."""
    name = address.removeprefix(ROOT)
    number = args[0] if args and isinstance(args[0], int | float) else 1
    events: list[Event] = []
    if name in FADERS:
        events = [Event(FADERS[name], (float(number),), scaled=True)]
    elif name in PULSES:
        events = [Event(PULSES[name])] if number >= 0.5 else []
    elif name == "bypassed":
        events = [Event("/master/blackout", (bool(number),))]
    elif name == "tempocontroller/tempo" and args:
        bpm = 20.0 + 480.0 * number if number <= 1.0 else float(number)
        events = [Event("/tempo/bpm", (bpm,)), Event("/tempo/source", ("fixed",))]
    elif (clip := _CLIP.fullmatch(name)) and number >= 0.5:
        events = [Event("/preset/bank", (int(clip[1]),)), Event(f"/preset/{int(clip[2])}/recall")]
    elif (column := _COLUMN.fullmatch(name)) and number >= 0.5:
        events = [Event("/cue/goto", (str(int(column[1])),))]
    return [event for event in events if event.address in known]

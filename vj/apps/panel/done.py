"""Says in a line what was just done, for the operator: the look that comes, the knob that moved."""

import math
import re

from vj.core.params import AnyParam
from vj.core.types import Event, Value
from vj.engine.cues.looks import FADE
from vj.engine.desk import Desk
from vj.engine.walker import Walker

#: Seconds for which it is to be read.
SHOWN = 2.5
#: Who does things by itself, without a hand.
_NOBODY = ("", "start", "governor", "recording", "file", "auto", "inputs", "screen")
#: What can be seen to be done, is done all the time, or has a place of its own on the panel.
_PLAIN = re.compile(
    "/(window|preview|quality|show|midi|light|status|desk)(/|$)|/output/film|/tempo/(tap|clock|bpm|timecode)|/audio/look"
)
#: The first word of an address that says nothing to who knows the others.
_GROUPS = ("latent", "master", "fx", "director", "model", "output", "audio")
#: What some buttons do, by the last word of their address; the rest of it takes the place of {}.
_VERBS = {"store": "{} stored", "reseed": "another walk", "resync": "this is the one", "next": "next {}"}
_CHOOSING = {
    "look": re.compile(r"/look(/pad)?$"),
    "class": re.compile(r"/model/(class|mix|pad)$"),
    "cue": re.compile(r"/cue/(go|back|goto)$"),
    "preset": re.compile(r"/preset/(\d+/recall|recall|next)$"),
}


class Done:
    """`note` what the desk took; `line` says the newest of it while that is new. Main thread only."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._last: tuple[Event, float] = (Event(""), -math.inf)

    def note(self, event: Event, now: float) -> None:
        """This was asked for, and not refused; `now` in seconds."""
        if event.source not in _NOBODY and not _PLAIN.match(event.address) and not _let_go(event):
            self._last = (event, now)

    def line(self, now: float) -> str:
        """What is to be read now; nothing after a while."""
        event, at = self._last
        return words(event, self._desk) if now - at < SHOWN and event.address in self._desk.table else ""


def words(event: Event, desk: Desk) -> str:
    """What `event` did, or will do on the next line of the music: "look Ember Drum, fades in 2 beats"."""
    kind = next((kind for kind, pattern in _CHOOSING.items() if pattern.match(event.address)), "")
    if kind:
        waiting = desk.topics["pending"]() if "pending" in desk.topics else []
        held = next((each for each in waiting if str(each["what"]).startswith(kind)), None)
        return f"{held['what']}: {held['when']}" if held else _chosen(kind, desk)
    param, name = desk.table[event.address], named(event.address)
    if param.kind in ("trigger", "deed"):
        if (verb := _VERBS.get(name.rpartition(" ")[2])) is not None:
            return verb.format(name.rpartition(" ")[0])
        return " ".join((name, *(str(arg) for arg in event.args if isinstance(arg, str))))
    by = event.source.partition(":")[2] if event.source.startswith("midi:") else ""
    return f"{name} {told(param, desk.current(event.address))}{f' ({by})' if by else ''}"


def _chosen(kind: str, desk: Desk) -> str:
    """What of that kind is on."""
    if kind == "look":
        return f"look {desk.taste[str(desk.current('/look'))].title}, fades in {FADE.amount:g} {FADE.unit}"
    if kind == "cue":
        cue = desk.cue
        fade = f", fades in {cue.fade.amount:g} {cue.fade.unit}" if cue and cue.fade.amount else ""
        return f"cue {cue.number} {cue.name}{fade}" if cue else "no cue"
    if kind == "preset":
        slot = desk.presets.on
        return f"preset {slot[1]} {desk.presets.presets[slot].name}".rstrip() if slot else ""
    mix = desk.current(Walker.mix)
    pairs = mix if isinstance(mix, tuple) else ()
    names = [(desk.cast[index % len(desk.cast)], weight) for index, weight in pairs]
    if len(names) == 1:
        return f"class {names[0][0]}"
    return "classes " + ", ".join(f"{name} {weight:.0%}" for name, weight in names) if names else "no class"


def named(address: str) -> str:
    """An address in words: "/fx/bloom/gain" is "bloom gain"."""
    parts = address.strip("/").split("/")
    return " ".join(parts[1:] if parts[0] in _GROUPS and len(parts) > 1 else parts).replace("_", " ")


def told(param: AnyParam, value: Value) -> str:
    """A value as the operator would say it."""
    if param.kind == "toggle":
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.{2 if param.hi - param.lo < 50 else 0}f} {param.unit}".rstrip()
    return f"{value} {param.unit}".rstrip()


def _let_go(event: Event) -> bool:
    """Whether it is a button that came up again."""
    return bool(event.args) and event.args[0] in (0, 0.0, False) and event.scaled

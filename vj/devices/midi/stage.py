"""What the performer can change about MIDI itself."""

from vj.core.params import Param


class Midi:
    """Clock to others, time code from others."""

    address = "/midi"
    clock_out = Param(False, address="/midi/clock/out", doc="Send MIDI clock and transport to the port of that name.")
    clock_port = Param(
        "", kind="text", address="/midi/clock/port", doc="Part of the name of the port that clock is sent to."
    )
    both = Param(False, doc="What is learnt is added to what a control moves already, instead of taking its place.")
    learn = Param(
        (),
        kind="deed",
        args="ss?",
        doc="Bind what is moved next to the address named, or to sending it a value.",
    )
    unbind = Param((), kind="deed", args="s?s?s?", doc="Unbind what was touched last; else the device, from, to named.")
    edit = Param(
        (),
        kind="deed",
        args="sssss?",
        doc="Change a binding: device, from, to, a key of its line and what it says.",
    )
    timecode = Param(
        "", kind="text", address="/tempo/timecode", doc="The time code that comes in by MIDI, or is sent here."
    )

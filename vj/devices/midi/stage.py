"""What the performer can change about MIDI itself."""

from vj.core.params import Param


class Midi:
    """Clock to others, time code from others."""

    address = "/midi"
    clock_out = Param(False, address="/midi/clock/out", doc="Send MIDI clock and transport to the port of that name.")
    clock_port = Param(
        "", kind="text", address="/midi/clock/port", doc="Part of the name of the port that clock is sent to."
    )
    timecode = Param(
        "", kind="text", address="/tempo/timecode", doc="MIDI time code that comes in: told, not to be set."
    )

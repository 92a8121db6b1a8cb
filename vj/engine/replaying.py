"""What can be asked of a performance that is played again."""

from vj.core.params import Param


class Replaying:
    """Where a performance that is played again stands, and what becomes of what hands do meanwhile."""

    address = "/replay"
    position = Param(0.0, 0.0, 86400.0, unit="s", doc="Where it stands; set it to go there.")
    length = Param(0.0, 0.0, 86400.0, unit="s", doc="How long it is: told, not to be set.")
    play = Param(False, doc="It plays, or stands.")
    loop = Param(False, doc="Go round: in the whole of it, or between in and out.")
    in_ = Param(0.0, 0.0, 86400.0, unit="s", address="/replay/in", doc="Where the round begins.")
    out = Param(0.0, 0.0, 86400.0, unit="s", doc="Where the round ends; 0 is the end of the performance.")
    mark_in = Param(0, kind="trigger", address="/replay/mark/in", doc="The round begins here.")
    mark_out = Param(0, kind="trigger", address="/replay/mark/out", doc="The round ends here, and goes on from its in.")
    mode = Param(
        "latch",
        choices=("read", "touch", "latch", "write"),
        doc="What becomes of what hands do: nothing, laid over while touched, or until let go of, or all laid over.",
    )
    next = Param(0, kind="trigger", address="/replay/mode/next", doc="The mode after this one.")
    take = Param(1, 1, 9999, doc="The take that is played; what hands do begins a new one.")
    new = Param(0, kind="trigger", doc="What hands do next begins another take.")

"""What can be done about the faders of light desks."""

from vj.core.params import Param


class Faders:
    """Which fader of a light desk moves which parameter."""

    address = "/light"
    learn = Param(
        (),
        kind="deed",
        args="ss?",
        doc="Bind the fader of a light desk that is moved next to the address, or to sending it a value.",
    )
    unbind = Param((), kind="deed", args="ss", doc="Unbind a fader: from, such as sacn:1:12, and the address it moves.")

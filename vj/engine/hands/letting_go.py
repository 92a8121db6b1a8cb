"""Letting go of what is held, one at a time."""

from collections.abc import Collection, Iterable

from vj.core.params import Param
from vj.engine.cues.macros import Macros


class Releasing:
    """How one parameter is let go of."""

    address = "/desk"
    release = Param((), kind="deed", args="s", doc="Let go of one address: cue and look have it again.")


#: How the house is set up: no panic takes a recording, a window, a venue's latency or who leads the tempo away.
_SET_UP = ("/audio/", "/midi/", "/output/", "/preset/bank", "/quality/", "/safety/", "/tempo/", "/window/")


def of_the_show(address: str) -> bool:
    """Whether panic lets go of it: of all that a performer plays with, not of how the house is set up."""
    return not address.startswith(_SET_UP)


def together(address: str, macros: Macros, held: Collection[str]) -> Iterable[str]:
    """What is let go of with `address`: a class is one with the mix, and a macro holds what it moved."""
    if address in ("/model/class", "/model/mix"):
        return ("/model/class", "/model/mix")
    if address.startswith("/macro/") and address.rsplit("/", 1)[1].isdigit():
        moved = macros.get(int(address.rsplit("/", 1)[1]), ())
        return (address, *(target[0] for target in moved if target[0] in held))
    return (address,)

"""The controls that belong to no single stage, and the table of every parameter there is."""

from collections.abc import Iterable

from vj.core import shelf
from vj.core.params import Param, table
from vj.engine.finish.effects import effects, stages
from vj.engine.finish.finisher import Finisher
from vj.engine.finish.limiter import Limiter
from vj.engine.finish.mixer import Mixer
from vj.engine.governor import Governor
from vj.engine.walker import Walker


class Model:
    """Which bundle is on, and its class."""

    address = "/model"
    select = Param(
        "", kind="choice", doc="Bundle on program, by name. One that is not loaded goes on as soon as it is."
    )
    next = Param("", kind="text", doc="Load a bundle beside the one that is on, by name.")
    take = Param(0, kind="trigger", doc="Go over to the bundle of `/model/next`.")
    class_ = Param(0, 0, 9999, kind="class", address="/model/class", doc="One class, by name or number.")
    pad = Param(
        0, -1, 127, doc="Class by its place on the keys or pads, from 0; tells on which the class lies that is on."
    )
    first = Param(0, 0, 9999, doc="Class on the first key or pad.")
    page = Param(0, -128, 128, doc="Turn the page of classes on the keys or pads by so many.")


class Directing:
    """Who listens."""

    address = "/director"
    select = Param("style_walk", choices=tuple(shelf.names("directors")), doc="Which director turns sound into motion.")


class Cues:
    """The setlist."""

    address = "/cue"
    go = Param(0, kind="trigger", doc="Fire the next cue.")
    back = Param(0, kind="trigger", doc="Back to the cue before.")
    goto = Param("", kind="text", doc="Fire a cue by number or name; tells the one that is on.")


class Preview:
    """What is looked at before the audience sees it."""

    address = "/preview"
    next = Param(
        "",
        kind="text",
        doc="What the picture of what comes next shows: `look NAME`, `class NAME`, `cue NUMBER`; "
        "nothing is the cue that GO fires.",
    )


class Looking:
    """What it looks like."""

    address = "/look"
    select = Param("none", kind="choice", choices=("none",), address="/look", doc="A look, complete: see `vj looks`.")
    pad = Param(
        0, -1, 127, doc="Look by its place on the keys or pads, from 0; tells on which the look lies that is on."
    )
    first = Param(0, 0, 9999, doc="Look on the first key or pad, from 0.")
    page = Param(0, -128, 128, doc="Turn the page of looks on the keys or pads by so many.")


class Macros:
    """Eight knobs that each move what the setlist says."""

    address = "/macro"
    one = Param(0.5, cc=16, address="/macro/1", doc="Macro 1: psi, unless the setlist says otherwise.")
    two = Param(0.5, cc=17, address="/macro/2", doc="Macro 2: speed.")
    three = Param(0.5, cc=18, address="/macro/3", doc="Macro 3: reactivity.")
    four = Param(0.5, cc=19, address="/macro/4", doc="Macro 4: max step of the coarse styles.")
    five = Param(0.5, cc=20, address="/macro/5", doc="Macro 5: max step of the middle styles.")
    six = Param(0.5, cc=21, address="/macro/6", doc="Macro 6: max step of the fine styles.")
    seven = Param(0.5, cc=22, address="/macro/7", doc="Macro 7: time of a class morph.")
    eight = Param(0.5, cc=23, address="/macro/8", doc="Macro 8: master level.")


class Input:
    """Where the sound comes from."""

    address = "/audio"
    next = Param(0, kind="trigger", doc="Move on to the next audio input.")


class Output:
    """Where the picture goes besides the window."""

    address = "/output"
    record = Param(False, doc="Record what is seen and heard to an MP4 file.")
    film = Param("", kind="text", doc="The file that is recorded to, or was last: told, not to be set.")


class Running:
    """The programme itself."""

    address = "/show"
    quit = Param(0, kind="trigger", doc="End the show.")


def full_table(more: Iterable[type] = ()) -> dict[str, Param]:
    """Address -> Param of everything: console, walker, mixer, directors, finishing chain, and the stages in `more`."""
    directors = [shelf.load("directors", name) for name in shelf.names("directors")]
    chain = stages(effects())
    ours = (
        Mixer,
        Limiter,
        Model,
        Looking,
        Preview,
        Walker,
        Directing,
        Cues,
        Macros,
        Input,
        Output,
        Running,
        Finisher,
        Governor,
    )
    return table([*ours, *directors, *chain, *more])

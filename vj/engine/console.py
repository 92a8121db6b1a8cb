"""The controls that belong to no single stage, and the table of every parameter there is."""

from collections.abc import Iterable
from dataclasses import replace

from vj.core import shelf
from vj.core.params import AnyParam, Param, table
from vj.engine.auto.flying import Flying
from vj.engine.cues.presets import BANKS, SLOTS
from vj.engine.finish.effects import effects, filters, stages
from vj.engine.finish.finisher import Finisher
from vj.engine.finish.found import shelf as shelf_of_shaders
from vj.engine.finish.limiter import Limiter
from vj.engine.finish.mixer import DISSOLVE, TRANSITION, Mixer
from vj.engine.governor import Governor
from vj.engine.hands.knobs import Assigning
from vj.engine.hands.letting_go import Releasing
from vj.engine.layers.asking import STAGES as LAYERS
from vj.engine.modulation.connecting import Connecting
from vj.engine.modulation.lfo import STAGES as LFOS
from vj.engine.modulation.slots import STAGES as MODULATIONS
from vj.engine.modulation.slots import filled
from vj.engine.timing.quantise import Quantising
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
    new = Param((), kind="deed", args="s?", doc="Begin a setlist of that title, with what is on as its first cue.")
    add = Param((), kind="deed", args="s?", doc="What is on becomes a cue after the one that is on, of that name.")
    update = Param((), kind="deed", args="s?", doc="A cue, the one that is on if none is named, takes what is on.")
    name = Param((), kind="deed", args="ss", doc="Name a cue: its number, and the name.")
    notes = Param((), kind="deed", args="ss", doc="Notes of a cue: its number, and the words.")
    fade = Param((), kind="deed", args="ss", doc="Fade of a cue: its number, and a time such as 4 beats or 2 s.")
    follow = Param(
        (), kind="deed", args="ss", doc="A cue goes on by itself: its number, and after what time, or nothing."
    )
    at = Param((), kind="deed", args="ss", doc="A cue goes at a time code: its number, and 01:02:03:04, or nothing.")
    timecode = Param(True, doc="Cues that have a time code go as the code that comes in passes it.")
    move = Param((), kind="deed", args="si", doc="Move a cue: its number, and the place it goes to, from 1.")
    remove = Param((), kind="deed", args="s", doc="Take a cue, by number, out of the setlist.")


class Preview:
    """What is looked at before the audience sees it."""

    address = "/preview"
    next = Param(
        "",
        kind="text",
        doc="What the picture of what comes next shows: `look NAME`, `class NAME`, `cue NUMBER`, `preset NUMBER`; "
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


class Presets:
    """What is on, kept in slots."""

    address = "/preset"
    recall = Param((), kind="deed", args="s", doc='Recall a preset: a slot, bank and slot such as "2/3", or a name.')
    store = Param((), kind="deed", args="s?s?", doc="Store what is on: in a slot, else the first empty one; its name.")
    clear = Param((), kind="deed", args="s", doc="Empty a slot.")
    bank = Param(1, 1, BANKS, doc="The bank that slots are of which are asked for by number.")
    next = Param(0, kind="trigger", doc="Recall the next preset of the bank, after the last the first.")
    lock = Param(False, doc="Nothing goes on by itself: neither cues that follow nor the autopilot.")
    fade = Param(2.0, 0.0, 60.0, curve="square", doc="Time in which a preset is recalled; 0 cuts.")
    unit = Param("beats", choices=("beats", "s"), doc="What that time is counted in.")
    morph = Param(False, doc="The morph pad: what is on lies between the presets at its corners.")
    x = Param(0.5, 0.0, 1.0, doc="Where on the morph pad, from left to right.")
    y = Param(0.5, 0.0, 1.0, doc="Where on the morph pad, from top to bottom.")
    a = Param(0, 0, SLOTS, address="/preset/corner/a", doc="Slot at the left top corner of the morph pad; 0: none.")
    b = Param(0, 0, SLOTS, address="/preset/corner/b", doc="Slot at the right top corner.")
    c = Param(0, 0, SLOTS, address="/preset/corner/c", doc="Slot at the left bottom corner.")
    d = Param(0, 0, SLOTS, address="/preset/corner/d", doc="Slot at the right bottom corner.")


for _n in range(1, SLOTS + 1):
    for _deed, _param in {
        "recall": Param(0, kind="trigger", address=f"/preset/{_n}/recall", doc=f"Recall slot {_n} of the bank."),
        "store": Param(0, kind="trigger", address=f"/preset/{_n}/store", doc=f"Store what is on in slot {_n}."),
        "name": Param(
            "", kind="text", address=f"/preset/{_n}/name", doc=f"Name of slot {_n}, where it holds something."
        ),
    }.items():
        setattr(Presets, f"{_deed}_{_n}", _param)


class Surface:
    """What a surface offers besides values."""

    address = "/desk"
    undo = Param(0, kind="trigger", doc="Take back what was done last on a surface; never what MIDI, OSC or cues did.")
    redo = Param(0, kind="trigger", doc="Do again what was taken back.")
    keep = Param(
        (), kind="deed", args="s?", doc="Keep what is on as a look of your own, of that name or the next free."
    )


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
    device = Param("", kind="choice", choices=("",), doc="Audio input, one of those that are plugged in, by name.")
    next = Param(0, kind="trigger", doc="Move on to the next audio input.")
    look = Param(0, kind="trigger", doc="See anew which audio inputs are plugged in.")


class Output:
    """Where the picture goes besides the window."""

    address = "/output"
    display = Param("", kind="choice", choices=("",), doc="Display of the window, one of those there are, by name.")
    record = Param(False, doc="Record what is seen and heard to an MP4 file.")
    film = Param("", kind="text", doc="The file that is recorded to, or was last: told, not to be set.")


class Running:
    """The programme itself."""

    address = "/show"
    quit = Param(0, kind="trigger", doc="End the show.")
    renew = Param(0, kind="trigger", doc="Window and process anew where the show stands, for a picture that is broken.")


def full_table(more: Iterable[type] = ()) -> dict[str, AnyParam]:
    """Address -> Param of everything: console, walker, mixer, directors, finishing chain, and the stages in `more`."""
    directors = [shelf.load("directors", name) for name in shelf.names("directors")]
    chain = stages((*effects(), *filters()))
    ours = (
        Mixer,
        Limiter,
        Model,
        Looking,
        Preview,
        Walker,
        Directing,
        Cues,
        Presets,
        Surface,
        Macros,
        Input,
        Output,
        Running,
        Finisher,
        Governor,
    )
    hands = (Flying, Quantising, Assigning, Releasing, Connecting, *LFOS, *MODULATIONS, *LAYERS)
    found = filled(table([*ours, *hands, *directors, *chain, *more]))
    ways = (DISSOLVE, *(one.name for one in shelf_of_shaders().transitions))
    return {**found, TRANSITION: replace(found[TRANSITION], choices=ways)}

"""What can be changed about how outputs show the picture, apart from OpenGL so that a machine without has it too."""

from vj.core.mapping.moves import PARTS
from vj.core.mapping.output import FLIPS, TESTS
from vj.core.mapping.venue import MAIN
from vj.core.params import Param


class Mapped:
    """The mapping of outputs. What is edited is of the house: no cue, look or preset touches it."""

    address = "/output/map"
    edit = Param(False, doc="Edit the mapping: handles on the wall; Esc leaves.")
    test = Param("none", choices=TESTS, doc="A test pattern on every output instead of the picture.")
    part = Param("corners", choices=PARTS, doc="What is taken hold of while the mapping is edited.")
    output = Param(MAIN, kind="text", doc="Name of the output that is edited; main is the window.")
    point = Param(
        (), kind="deed", args="ssiff", doc="Output, part, number of a handle, x and y in 0 to 1: move it there."
    )
    slice = Param(
        (), kind="deed", args="sffff", doc="Output, x, y, width, height: what it shows of the picture, 0 to 1."
    )
    turn = Param((), kind="deed", args="si", doc="Output, degrees clockwise: 0, 90, 180 or 270.")
    flip = Param((), kind="deed", args="ss", doc=f"Output, which way: {', '.join(FLIPS)}.")
    rotate = Param((), kind="deed", args="sf", doc="Output, degrees: turn its corners about their middle.")
    mesh = Param(
        (), kind="deed", args="sii", doc="Output, points across and down, 2 to 16 each; 0 0 takes the mesh away."
    )
    smooth = Param((), kind="deed", args="si", doc="Output, 1 or 0: whether its mesh is curved between the points.")
    blend = Param(
        (),
        kind="deed",
        args="ssf",
        doc="Output, left, right, top, bottom, gamma, curve, luminance or black; its value.",
    )
    mask = Param(
        (),
        kind="deed",
        args="ssi?f?",
        doc="Output, then add; or remove, point, hide, show, feather, the number of a handle, and a feather of 0 to 1.",
    )
    reset = Param(
        (), kind="deed", args="ss", doc="Output, and the part of it that is to be as it is without a mapping."
    )
    undo = Param(0, kind="trigger", doc="Take back the last change of the mapping.")
    redo = Param(0, kind="trigger", doc="Bring back what was taken back.")

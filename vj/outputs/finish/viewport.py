"""What can be changed about the picture on the wall: the parameters of the window and of the offscreen picture.

They stand apart from both, so that a machine without a screen has them too.
"""

from vj.core.params import Param
from vj.outputs.finish.fit import FITS

QUALITIES = ("auto", "crisp", "plain")
#: What can be picked from a list on the panel, if anything.
PICKS = ("none", "input", "display")
#: What the keys 1 to 0 can choose, in the order in which Tab goes through them.
DIGITS = ("class", "look", "preset")


class Viewport:
    """The picture on the wall, and what the operator sees over it."""

    address = "/window"
    fit = Param(
        "cover",
        choices=FITS,
        doc="How the picture fills the window: cover cuts, contain leaves bars, mirror fills them with reflections.",
    )
    quality = Param("auto", choices=QUALITIES, doc="Upscaler: crisp, plain, or whichever this machine has time for.")
    sharpness = Param(0.5, 0.0, 1.0, doc="Sharpening before the picture is enlarged; 0 leaves it soft.")
    latency = Param(
        0.0,
        0.0,
        0.25,
        unit="s",
        doc="What the display takes to show a frame, and the sound to come in: the beat is shown so much earlier.",
    )
    hud = Param(False, doc="Instrument panel over the picture.")
    help = Param(False, doc="The keys, on the instrument panel.")
    learn = Param(False, doc="MIDI learn: what is touched next is bound to the control that is moved then.")
    pick = Param("none", choices=PICKS, doc="A list on the panel to pick from with the arrow keys and Enter.")
    digits = Param("class", choices=DIGITS, doc="What the keys 1 to 0 choose; with Shift it is the next of these.")
    fullscreen = Param(False, doc="Fill the chosen display.")
    next = Param(0, kind="trigger", doc="Move on to the next display.")

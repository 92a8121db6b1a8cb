"""What can be changed about the light that is sent to fixtures."""

from vj.core.params import Param


class Lit:
    """Light out. The picture's own master, blackout and flash limiter are in it already."""

    address = "/output/light"
    on = Param(True, doc="Send the picture's light to the fixtures of the rig; off ends the streams.")
    master = Param(1.0, 0.0, 1.0, doc="How bright the fixtures are, beside the picture's own master.", smooth=0.1)
    blackout = Param(False, doc="All fixtures dark, whatever the picture shows.")

"""One class of a bundle as what moves it: from a latent to the values of its inputs, and what our camera does."""

from collections.abc import Mapping
from typing import Any

from vj.core.isf.inputs import listens
from vj.core.isf.source import Source
from vj.core.shelf import share
from vj.core.types import Latent
from vj.generators.shader.knobs import GROUPS, MOVED, Knob
from vj.generators.shader.recipe import Cast

#: What moves in a file that has no input for a group: our camera and its glass, and between them time itself.
PHASE = {"NAME": "phase", "TYPE": "float", "DEFAULT": 0.0, "MIN": -6.0, "MAX": 6.0}
_CAMERA: Mapping[str, int] = {"zoom": 0, "turn": 0, "shift": 0, "phase": 1, "hue": 2, "light": 2}


class Moving:
    """The inputs of a file and the groups that move them. `listens` says whether it looks at sound."""

    def __init__(self, cast: Cast) -> None:
        source = Source.read(cast.file)
        entries = {entry["NAME"]: entry for entry in source.inputs}
        self.opaque = cast.opaque or source.toy
        self.knobs = [Knob(entry, _group(entry, cast)) for entry in entries.values() if moved(entry)]
        self.events = [name for name, entry in entries.items() if entry["TYPE"] == "event"]
        self.listens = listens(source.inputs)
        moving = {knob.group for knob in self.knobs if not cast.groups or knob.name in cast.groups}
        still = set(range(len(GROUPS))) - moving
        camera = {entry["NAME"]: entry for entry in Source.read(share("shaders") / "source" / "camera.fs").inputs}
        camera["phase"] = PHASE
        self._camera = [Knob(camera[name], group) for name, group in _CAMERA.items() if group in still]

    @property
    def names(self) -> list[str]:
        """All that moves, ours last."""
        return [knob.name for knob in (*self.knobs, *self._camera)]

    def values(self, latent: Latent, faders: Mapping[str, float], hit: bool) -> dict[str, Any]:
        """The inputs at `latent`; `hit` fires events."""
        told = {knob.name: knob.value(latent.z, latent.psi, faders.get(knob.name, 0.0)) for knob in self.knobs}
        return {**told, **dict.fromkeys(self.events, hit)}

    def camera(self, latent: Latent, faders: Mapping[str, float]) -> tuple[dict[str, Any], float]:
        """What our camera does, nothing if the picture is to be shown as it is; and by how much time is shifted."""
        told = {knob.name: knob.value(latent.z, latent.psi, faders.get(knob.name, 0.0)) for knob in self._camera}
        phase = float(told.pop("phase", 0.0))
        return ({**told, "opaque": self.opaque} if told or not self.opaque else {}), phase


def moved(entry: Mapping[str, Any]) -> bool:
    """Whether a latent moves an input; FIXED in the header keeps it where it is."""
    return entry["TYPE"] in MOVED and not entry.get("FIXED") and not str(entry["NAME"]).startswith("iMouseDown")


def _group(entry: Mapping[str, Any], cast: Cast) -> int:
    """The group of an input: as the bundle says, as GROUP in the header does, else by its kind."""
    hint = str(entry.get("GROUP", "")).lower()
    usual = GROUPS.index(hint) if hint in GROUPS else 2 if entry["TYPE"] == "color" else 1
    return cast.groups.get(entry["NAME"], usual)

"""The end of the chain: fresh light, trails, edges and glow become one picture in the target.

On the processor what is smooth is not worked out for every pixel. Mostly all but the very end is drawn before at the
picture's own texels, of which there are a quarter; where the picture is bent, or is not so small, at half the canvas's
size, and the last pass looks at the fresh picture too.
"""

import math
from collections.abc import Mapping
from typing import Any

import moderngl

from vj.outputs.finish._buffers import Buffers
from vj.outputs.finish._canvas import Canvas
from vj.outputs.finish._trails import LIGHTEN
from vj.outputs.finish._view import View
from vj.outputs.finish.shader import Shader

#: Red and blue drawn apart by less, of the width, are nowhere a 30th of a pixel apart.
FAINT = 2e-5
#: Up to here the slope of the colours tells them apart as well as looks of their own.
APART_PX = 0.85
#: A picture is toned at its own texels if it leaves itself by no more than this part of its side, ...
BRIM = 0.01
#: ... and has so many of them for a pixel at most.
FEW_TEXELS = 0.75
#: Edges shine so much that they are hard lines.
LINES = 0.1


class Last:
    """Draws it with the shader of finish.fs; `deep` as in Chain."""

    def __init__(self, shader: Shader, buffers: Buffers, deep: bool) -> None:
        self._shader, self._buffers = shader, buffers
        self._deep = frozenset({"DEEP"} if deep else ())

    @staticmethod
    def way(crisp: moderngl.Texture, canvas: Canvas, seen: View, bent: moderngl.Texture | None) -> str:
        """What is worked out before the last pass: OWN, at the picture's own texels, where they are few and each is
        seen at one place; HALF, at half size; nothing on a card, and where hard lines cross hard trails."""
        asked, history = canvas.values["finish"], canvas.values["history"]
        if canvas.full or (asked["edge"] >= LINES and history["mode"] == LIGHTEN and history["show"] > 0):
            return ""
        few = crisp.size[0] * crisp.size[1] <= FEW_TEXELS * canvas.size[0] * canvas.size[1]
        near = asked["chroma"] < 2 * APART_PX / canvas.size[0]
        return "OWN" if bent is None and few and near and seen.beyond <= BRIM else "HALF"

    def toned(
        self,
        crisp: moderngl.Texture,
        canvas: Canvas,
        seen: View,
        composed: Mapping[str, Any],
        names: frozenset[str],
    ) -> moderngl.Texture:
        """All but the very end, at the picture's own texels."""
        asked = canvas.values["finish"]
        toned = self._buffers.aim("toned", crisp.size)
        names |= {"OWN"} | ({"CHROMA"} if asked["chroma"] > FAINT else set())
        wide, high = math.hypot(*seen.across) * crisp.size[0], math.hypot(*seen.up) * crisp.size[1]
        extra = {"apart": (asked["chroma"] * wide, asked["chroma"] * high), "aspect": canvas.size[0] / canvas.size[1]}
        values = {**asked, **composed, **seen.back.uniforms(), **extra}
        self._shader.draw(crisp, crisp.size, 1, names, **values)
        return toned

    def smooth(
        self, scene: moderngl.Texture, canvas: Canvas, composed: Mapping[str, Any], names: frozenset[str]
    ) -> moderngl.Texture:
        """All that is smooth, at half the size: how much of the fresh light is seen, and what comes to it."""
        asked = canvas.values["finish"]
        toned = self._buffers.aim("toned", canvas.inner)
        extra = {"aspect": canvas.size[0] / canvas.size[1]}
        self._shader.draw(scene, canvas.inner, 1, names, **{**asked, **composed, **extra})
        return toned

    def draw(
        self,
        picture: moderngl.Texture,
        target: moderngl.Framebuffer,
        canvas: Canvas,
        looking: tuple[View, moderngl.Texture | None],
        names: frozenset[str],
        values: Mapping[str, Any],
    ) -> None:
        """The one pass into the target."""
        seen, bent = looking
        asked = canvas.values["finish"]
        extra = {} if bent is None else {"map": bent}
        names |= self._deep | {
            name
            for name, on in (
                ("BENT", bent),
                ("BEYOND", seen.beyond > 0 if canvas.full or "OWN" in names else True),
                ("CHROMA", asked["chroma"] > FAINT and "OWN" not in names),
                ("NEAR", not canvas.full and FAINT < asked["chroma"] < 2 * APART_PX / canvas.size[0]),
            )
            if on
        }
        place = canvas.place
        target.use()
        target.viewport = (place.x, place.y, place.width, place.height)
        asked = {**asked, **values, **seen.uniforms(), **extra, "shift": (place.x, place.y)}
        asked["aspect"] = canvas.size[0] / canvas.size[1]
        self._shader.draw(picture, canvas.size, 0, names, **asked)

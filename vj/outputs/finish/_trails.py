"""What light leaves behind and spills: the history of the scene, and the glow of what is bright in both."""

import math
from collections.abc import Mapping
from typing import Any

import moderngl

from vj.engine.finish.finisher import MOST_TICKS
from vj.outputs.finish._buffers import Buffers
from vj.outputs.finish._canvas import Canvas, plain
from vj.outputs.finish._view import WHOLE
from vj.outputs.finish.shader import Shader

#: What each size of the bloom counts in the sum, the finest first.
WEIGHTS = (1.0, 0.8, 0.5, 0.25, 0.1)
#: Modes of the history.
OFF = 0
LIGHTEN = 1
#: The shorter side of the finest glow, at most, and half of it in the software tier: a larger wall has no narrower one.
GLOW_SIDE = 540


class Trails:
    """Draws them with the chain's shaders into the chain's buffers."""

    def __init__(self, shaders: Mapping[str, Shader], buffers: Buffers) -> None:
        self._shaders, self._buffers = shaders, buffers

    def remember(self, scene: moderngl.Texture, canvas: Canvas, ticks: int) -> moderngl.Texture:
        """Let the history go on by `ticks`; it begins as the scene, and goes over to another size as it is."""
        size = canvas.inner
        stored = self._buffers.get("stored", size)
        if stored is None:
            begun = self._buffers.has("stored")
            stored = self._buffers.aim("next", size)
            whole: dict[str, Any] = dict(WHOLE.uniforms())
            self._shaders["coords"].draw(self._buffers.last("stored") if begun else scene, size, 1, **whole)
            self._buffers.swap("stored", "next")
        values = canvas.values["history"]
        history = self._shaders["history"]
        small = halved(halved(size))
        drift = self._buffers.aim("drift", small)
        history.draw(stored, small, 0, **values)
        names = {f"MODE={int(values['mode'])}"} | ({"CUBIC"} if canvas.full else set())
        decay = 2.0 ** (-1 / (60 * values["half_life"]))
        for _ in range(min(ticks, MOST_TICKS)):
            fresh = self._buffers.aim("next", size)
            extra = {"fresh": scene, "drift": drift, "decay": decay, "ageing": ageing(decay, values["age_hue"])}
            history.draw(stored, size, 1, frozenset(names), **{**values, **extra})
            self._buffers.swap("stored", "next")
            stored = fresh
        return stored

    @staticmethod
    def composing(canvas: Canvas, composed: Mapping[str, Any]) -> frozenset[str]:
        """What there is to compose, as the shaders call it."""
        if not composed or composed["share"] <= 0:
            return frozenset()
        lighten = canvas.values["history"]["mode"] == LIGHTEN
        return frozenset({"HISTORY", "LIGHTEN"} if lighten else {"HISTORY"})

    def glow(
        self, scene: moderngl.Texture, canvas: Canvas, composed: Mapping[str, Any], names: frozenset[str]
    ) -> moderngl.Texture:
        """What spills from bright places, summed over the pyramid; in alpha the halo."""
        bloom = self._shaders["bloom"]
        size = halved(scene.size)
        levels = [self._buffers.aim("bright", size)]
        bloom.draw(scene, size, 0, names, **{**canvas.values["bloom"], **composed})
        while min(size) > (GLOW_SIDE if canvas.full else GLOW_SIDE // 2):
            size = halved(size)
            finer, levels = levels[0], [self._buffers.aim(f"bright {size[1]}", size)]
            bloom.draw(finer, size, 1)
        for step in range(1, len(WEIGHTS)):
            size = halved(size)
            levels.append(self._buffers.aim(f"down {step}", size))
            bloom.draw(levels[-2], size, 1)
        glow, rest = levels[-1], WEIGHTS[-1]
        for step in reversed(range(len(WEIGHTS) - 1)):
            size = levels[step].size
            wider, glow = glow, self._buffers.aim(f"up {step}", size)
            last = frozenset({"LAST"} if step == 0 else ())
            bloom.draw(levels[step], size, 2, last, wider=wider, weight=WEIGHTS[step], rest=rest)
            rest = 1.0
        return glow


def ageing(decay: float, age_hue: float) -> tuple[float, float, float, float]:
    """What of a channel, of the one after it and of the one before it stays in it after a tick, and nothing: light
    fades by `decay`, chroma a little less, and its hue turns by `age_hue` degrees a second about the grey axis."""
    turn, more = math.radians(age_hue) / 60.0 / math.sqrt(3.0), 1.0 + 0.25 * (1.0 - decay)
    grey = (1.0 - more) / 3.0
    return decay * (grey + more), decay * (grey - more * turn), decay * (grey + more * turn), 0.0


def halved(size: tuple[int, int]) -> tuple[int, int]:
    """Half as wide and high, as `plain`, at least one pixel each."""
    return plain((max(1, size[0] // 2), max(1, size[1] // 2)))

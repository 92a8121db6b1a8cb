"""What is heard as textures, made once a picture for all inputs that want it alike."""

from collections.abc import Mapping, Sequence
from typing import Any

import moderngl
import numpy as np

from vj.core.isf.inputs import SOUNDS
from vj.core.types import F32
from vj.generators.shader import sound


class Heard:
    """The textures of one context."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._textures: dict[tuple[str, int, bool], moderngl.Texture] = {}
        self._fresh: set[tuple[str, int, bool]] = set()
        self._heard: tuple[F32, F32] = (np.zeros(0, np.float32), np.zeros(0, np.float32))

    def tell(self, heard: tuple[F32, F32]) -> None:
        """Wave and spectrum of the picture that comes next."""
        self._heard = heard
        self._fresh.clear()

    def given(self, inputs: Sequence[Mapping[str, Any]]) -> dict[str, moderngl.Texture]:
        """Those of INPUTS that are sound, by name."""
        return {entry["NAME"]: self._one(entry) for entry in inputs if entry["TYPE"] in SOUNDS}

    def _one(self, entry: Mapping[str, Any]) -> moderngl.Texture:
        key = (str(entry["TYPE"]), int(entry.get("MAX") or 0), bool(entry.get("SHADERTOY")))
        if key not in self._fresh:
            self._fresh.add(key)
            pixels = np.ascontiguousarray(sound.pixels(entry, *self._heard))
            texture = self._textures.get(key)
            if texture is None or texture.size != (pixels.shape[1], pixels.shape[0]):
                if texture is not None:
                    texture.release()
                texture = self._context.texture((pixels.shape[1], pixels.shape[0]), 1, dtype="f4")
                texture.swizzle = "RRR1"
                texture.repeat_x = texture.repeat_y = False
                self._textures[key] = texture
            texture.write(pixels.tobytes())
        return self._textures[key]

    def release(self) -> None:
        """Give them back."""
        for texture in self._textures.values():
            texture.release()
        self._textures.clear()
        self._fresh.clear()

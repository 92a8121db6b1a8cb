"""A texture becomes as large as the wall: by Catmull-Rom, by the texture unit, or by one after the other."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import moderngl

from vj.core.shelf import share
from vj.outputs.finish.fit import Placement
from vj.outputs.finish.shader import Shader

#: What moderngl calls 16 bits for 0 to 1.
DEEP = "nu2"
#: The plain way enlarges well to this part of the size, and leaves the rest to the texture unit.
PART = 0.4


class Enlarger:
    """Draws textures into framebuffers of one GL context, of 16 bits a channel if `deep`. Every `place` counts y from
    below.
    """

    def __init__(self, context: moderngl.Context, deep: bool = False) -> None:
        folder = share("shaders")
        self._context = context
        self._deep = deep
        self._blit = Shader(context, folder / "blit.fs")
        self._upscale = Shader(context, folder / "upscale.fs")
        self._buffers: dict[str, moderngl.Framebuffer] = {}

    def linear(self, image: moderngl.Texture, target: moderngl.Framebuffer, place: Placement) -> None:
        """As the texture unit filters: the cheapest, good for at most about twice the size."""
        _aim(target, place)
        corner = (place.left, 1.0 - place.bottom)
        extent = (place.right - place.left, place.bottom - place.top)
        beyond = min(place.left, place.top) < 0.0 or max(place.right, place.bottom) > 1.0
        names = frozenset({"MIRROR"} if beyond else ())
        self._blit.draw(image, (place.width, place.height), 0, names, corner=corner, extent=extent)

    def cubic(
        self,
        image: moderngl.Texture,
        target: moderngl.Framebuffer,
        place: Placement,
        index: int = 0,
        end: Mapping[str, Any] | None = None,
    ) -> None:
        """By Catmull-Rom; `index` moves the dither. `end` has "grain", "grain_frame" and "level" of a finish."""
        width, height = image.size
        # The rows that are seen and, for the interpolation at the ends, two more each way.
        low, high = (1.0 - place.bottom) * height, (1.0 - place.top) * height
        row = math.floor(low) - 2
        across = self.buffer("across", (place.width, math.ceil(high) + 2 - row))
        across.use()
        span = {"first": place.left * width, "last": place.right * width}
        deep = frozenset({"DEEP"} if self._deep else ())
        self._upscale.draw(image, across.size, 0, deep, row=row, shift=(0, 0), FRAMEINDEX=index, **span)
        _aim(target, place)
        names = deep | frozenset({"GRAIN"} if end is not None else ())
        values = {"first": low - row, "last": high - row, "shift": (place.x, place.y), **(end or {})}
        self._upscale.draw(behind(across), (place.width, place.height), 1, names, FRAMEINDEX=index, **values)

    def both(self, image: moderngl.Texture, target: moderngl.Framebuffer, place: Placement, index: int = 0) -> None:
        """By Catmull-Rom where that is cheap, to a part of the size, so that no texel shows; from there linear."""
        part = replace(place, x=0, y=0, width=round(PART * place.width), height=round(PART * place.height))
        if part.height > (place.bottom - place.top) * image.size[1]:
            small = self.buffer("part", (part.width, part.height))
            self.cubic(image, small, part, index)
            image, place = behind(small), Placement(place.x, place.y, place.width, place.height)
        self.linear(image, target, place)

    def buffer(self, name: str, size: tuple[int, int]) -> moderngl.Framebuffer:
        """A framebuffer kept between frames, made anew when its size changes."""
        buffer = self._buffers.get(name)
        if buffer is None or tuple(buffer.size) != size:
            if buffer is not None:
                behind(buffer).release()
                buffer.release()
            buffer = self._context.framebuffer([texture(self._context, size, 4, self._deep)])
            self._buffers[name] = buffer
        return buffer

    def release(self) -> None:
        """Give all GL objects back."""
        for buffer in self._buffers.values():
            behind(buffer).release()
            buffer.release()
        self._buffers = {}
        self._blit.release()
        self._upscale.release()


def _aim(target: moderngl.Framebuffer, place: Placement) -> None:
    """Bind `target` with its viewport on `place`."""
    target.use()
    target.viewport = (place.x, place.y, place.width, place.height)


def texture(context: moderngl.Context, size: tuple[int, int], components: int, deep: bool = False) -> moderngl.Texture:
    """A new texture of 8 bits a channel, or 16 if `deep`, that is smoothly read and does not repeat."""
    made = context.texture(size, components, dtype=DEEP if deep else "f1")
    made.filter = (moderngl.LINEAR, moderngl.LINEAR)
    made.repeat_x = made.repeat_y = False
    return made


def behind(buffer: moderngl.Framebuffer) -> moderngl.Texture:
    """The texture behind a framebuffer of ours."""
    attachment = buffer.color_attachments[0]
    assert isinstance(attachment, moderngl.Texture)
    return attachment

"""Lays what is in the layers round the picture: one pass inside the finishing chain, one at its end, and none of what
is off."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import moderngl

from vj.core.layers import BLENDS, Layer, Size, anchored
from vj.core.shelf import share
from vj.outputs.finish.enlarge import Enlarger, behind, texture
from vj.outputs.finish.fit import Placement
from vj.outputs.finish.shader import Shader
from vj.sources.contract import Still
from vj.sources.opened import Pool

#: A picture is enlarged before something is laid into it until the chain would no longer double it; see `chain`.
ENLARGED = 1.35
MOST_ROWS = 2160
_NAMES = ("one", "two")


@dataclass(frozen=True)
class Laid:
    """A layer and the texture that is seen in it, on a canvas of that size."""

    layer: Layer
    still: Still
    image: moderngl.Texture
    canvas: Size

    def values(self, name: str, by: float) -> dict[str, Any]:
        """What the shader is to know of it, as the layer `name`; a pixel of the canvas is `by` pixels of the target."""
        layer = self.layer
        corner, across, up, size = place(layer, self.still, self.canvas)
        told = {"": self.image, "corner": corner, "across": across, "up": up}
        told |= {"size": (size[0] * by, size[1] * by), "how": BLENDS.index(layer.blend), "opacity": layer.opacity}
        told |= {"under": layer.plane == "under", "light": not self.still.clear, "invert": layer.invert}
        return {"_".join(filter(None, (name, key))): value for key, value in told.items()}


Pair = tuple[float, float]


def place(layer: Layer, still: Still, canvas: Size) -> tuple[Pair, Pair, Pair, Pair]:
    """Where in the layer (0..1 from the left top) the canvas's lower left corner lies, the ways from there to the lower
    right and the upper left one, and the layer's width and height in pixels of the canvas.

    A layer that stands upright and was drawn for its place lies on whole pixels.
    """
    wide, high = layer.extent(still.natural, canvas)
    ax, ay = anchored(layer.anchor)
    x, y = layer.x * canvas[0], layer.y * canvas[1]
    drawn = (still.pixels.shape[1], still.pixels.shape[0])
    if layer.still and layer.turn == 0.0 and (round(wide), round(high)) == drawn:
        wide, high = drawn
        x, y = round(x - ax * wide) + ax * wide, round(y - ay * high) + ay * high
    turn = math.radians(layer.turn)
    cos, sin = math.cos(turn), math.sin(turn)

    def within(px: float, py: float) -> Pair:
        return cos * px + sin * py, cos * py - sin * px

    def scaled(pair: Pair) -> Pair:
        return pair[0] / max(wide, 1e-6), pair[1] / max(high, 1e-6)

    begin = scaled(within(-x, canvas[1] - y))
    return (begin[0] + ax, begin[1] + ay), scaled(within(canvas[0], 0.0)), scaled(within(0.0, -canvas[1])), (wide, high)


def _around(laid: Sequence[Laid], canvas: Size) -> tuple[int, int, int, int]:
    """The least part of the canvas that holds all that is laid: x, y from below, width and height in whole pixels."""
    xs, ys = list[float](), list[float]()
    for one in laid:
        corner, across, up, _ = place(one.layer, one.still, canvas)
        det = across[0] * up[1] - across[1] * up[0]
        for u, v in ((0, 0), (1, 0), (0, 1), (1, 1)):
            du, dv = u - corner[0], v - corner[1]
            xs.append((du * up[1] - dv * up[0]) / det * canvas[0])
            ys.append((dv * across[0] - du * across[1]) / det * canvas[1])
    left, right = (min(max(round(x), 0), canvas[0]) for x in (math.floor(min(xs)) - 1, math.ceil(max(xs)) + 1))
    low, high = (min(max(round(y), 0), canvas[1]) for y in (math.floor(min(ys)) - 1, math.ceil(max(ys)) + 1))
    return left, low, right - left, high - low


def _smaller(layer: Layer, by: float) -> Layer:
    """`layer` on a canvas that has fewer pixels: what goes by its own pixels has fewer as well."""
    own = layer.fit == "own" and layer.source.kind != "text"
    return replace(layer, scale=layer.scale * by) if own else layer


class Layers:
    """The layers of frames in one GL context. `live` as in Pool; `deep`: of 16 bits a channel."""

    def __init__(self, context: moderngl.Context, live: bool = False, deep: bool = False) -> None:
        self._context, self._deep = context, deep
        self._pool = Pool(live)
        self._shader: Shader | None = None
        self._enlarger: Enlarger | None = None
        self._nothing: moderngl.Texture | None = None
        self._textures: dict[int, tuple[Still, moderngl.Texture]] = {}
        self._buffers: dict[str, moderngl.Framebuffer] = {}

    def prepare(self, target: moderngl.Framebuffer, image: moderngl.Texture) -> Iterator[None]:
        """Compile what layers may be drawn by, into a corner of `target`: a rasteriser takes a tenth of a second."""
        for names in (frozenset({"INSIDE"}), frozenset[str]()):
            self._draw(image, target, (0, 0, 16, 9), (), names, 1.0, one=image, one_how=0, one_opacity=0.0)
            yield

    @property
    def notices(self) -> list[str]:
        """What went wrong, in short, the oldest first; for whoever tells it to take away."""
        return self._pool.notices

    @property
    def idle(self) -> bool:
        """Whether there is nothing of it on the card, and nothing open."""
        return self._shader is None and not self._textures and not self._buffers and self._pool.idle

    def take(self, layers: Sequence[Layer], canvas: Size, image: Size, seen: Placement, full: bool) -> tuple[Laid, ...]:
        """What is there to be laid into a frame on a canvas of that size, the lowest first.

        `seen` is how a picture of the size `image` will lie on it: what is laid into that is no finer. `full`: it is
        enlarged before, see `inside`.
        """
        if not layers and self._pool.idle:
            return ()
        rows = (self._size(image, seen, 1.0) if full else image)[1]
        by = min(rows * (seen.bottom - seen.top) / seen.height, 1.0)
        small = (max(round(canvas[0] * by), 1), max(round(canvas[1] * by), 1))
        asked = [(one, canvas) if one.plane == "top" else (_smaller(one, by), small) for one in layers]
        stills = self._pool.pictures(asked)
        for number in [number for number in self._textures if number not in stills]:
            self._textures.pop(number)[1].release()
        return tuple(
            Laid(layer, still, self._image(layer.number, still), size)
            for layer, size in asked
            if (still := stills.get(layer.number)) is not None
        )

    def _image(self, number: int, still: Still) -> moderngl.Texture:
        known = self._textures.get(number)
        if known is not None and known[0].pixels is still.pixels:
            return known[1]
        size = (still.pixels.shape[1], still.pixels.shape[0])
        image = known[1] if known is not None else None
        if image is None or image.size != size:
            if image is not None:
                image.release()
            image = texture(self._context, size, 4)
        image.write(still.pixels)  # its first row is the upper one
        self._textures[number] = still, image
        return image

    def inside(
        self, image: moderngl.Texture, laid: Sequence[Laid], seen: Placement, canvas: Size, part: float | None
    ) -> moderngl.Texture:
        """`image` with what is `laid` over and under it, before it is finished.

        `seen` is how it will lie on a canvas of `part` of the side that the layers know; y counts from above. None
        leaves it at its own size, for a rasteriser on the processor has no time for more.
        """
        size = self._size(image.size, seen, part) if part is not None else image.size
        if size != image.size:
            self._enlarger = self._enlarger or Enlarger(self._context)
            enlarged = self._buffer("dream", size)
            self._enlarger.cubic(image, enlarged, Placement(0, 0, *size))
            image = behind(enlarged)
        wide, high = seen.right - seen.left, seen.bottom - seen.top
        extent = (seen.width / wide / canvas[0], seen.height / high / canvas[1])
        left = (seen.x - seen.left / wide * seen.width) / canvas[0]
        low = 1.0 - (seen.y + (1.0 - seen.top) / high * seen.height) / canvas[1]
        target = self._buffer("inside", size)
        by = size[0] / (extent[0] * laid[0].canvas[0])
        self._draw(image, target, (0, 0, *size), laid, frozenset({"INSIDE"}), by, corner=(left, low), extent=extent)
        return behind(target)

    @staticmethod
    def _size(image: Size, seen: Placement, part: float) -> Size:
        """How large a picture must be for the chain not to double it."""
        rows = math.floor(seen.height / (ENLARGED * part * (seen.bottom - seen.top))) + 1
        rows = max(image[1], min(rows, MOST_ROWS))
        return image if rows == image[1] else (max(round(image[0] * rows / image[1]), 1), rows)

    def crown(self, target: moderngl.Framebuffer, size: Size, laid: Sequence[Laid], level: float) -> None:
        """Draw what was finished into `below` with what is `laid` over it into `target`, in light of that `level`."""
        below = self._buffers["below"]
        x, y, width, height = whole = (0, 0, *size)
        if level >= 1.0 and all(one.layer.blend != "mask" for one in laid):
            # Where no layer lies, all is as it was: a rasteriser on the processor has better things to do.
            x, y, width, height = _around(laid, size)
        if (x, y, width, height) != whole:
            self._context.copy_framebuffer(target, below)
        if width > 0 and height > 0:
            where = {"corner": (x / size[0], y / size[1]), "extent": (width / size[0], height / size[1])}
            box = (x, y, width, height)
            self._draw(behind(below), target, box, laid, frozenset(), 1.0, level=level, **where)

    def below(self, size: Size) -> moderngl.Framebuffer:
        """Where to draw what `crown` will lie over."""
        return self._buffer("below", size)

    def _draw(
        self,
        image: moderngl.Texture,
        target: moderngl.Framebuffer,
        box: tuple[int, int, int, int],
        laid: Sequence[Laid],
        names: frozenset[str],
        by: float,
        **values: Any,
    ) -> None:
        shader = self._shader = self._shader or Shader(self._context, share("shaders") / "layers.fs")
        self._nothing = self._nothing or texture(self._context, (1, 1), 4)
        # A program for each number of layers would be compiled, for a tenth of a second, when the first of them comes.
        values |= {"two": self._nothing, "two_how": 0, "two_opacity": 0.0, "two_under": False}
        for name, one in zip(_NAMES, laid, strict=False):
            values |= one.values(name, by)
        target.use()
        target.viewport = box
        shader.draw(image, (box[2], box[3]), 0, names, **values)

    def _buffer(self, name: str, size: Size) -> moderngl.Framebuffer:
        buffer = self._buffers.get(name)
        if buffer is None or tuple(buffer.size) != size:
            self._drop(name)
            buffer = self._buffers[name] = self._context.framebuffer([texture(self._context, size, 4, self._deep)])
        return buffer

    def _drop(self, name: str) -> None:
        if (buffer := self._buffers.pop(name, None)) is not None:
            behind(buffer).release()
            buffer.release()

    def release(self) -> None:
        """Close all sources and give all GL objects back."""
        self._pool.close()
        for _, image in self._textures.values():
            image.release()
        self._textures = {}
        for name in list(self._buffers):
            self._drop(name)
        if self._nothing is not None:
            self._nothing.release()
            self._nothing = None
        if self._shader is not None:
            self._shader.release()
            self._shader = None
        if self._enlarger is not None:
            self._enlarger.release()
            self._enlarger = None

"""The window's end of the mapping: pictures go straight to the screen, or by way of a canvas where it is mapped."""

from dataclasses import replace

import moderngl

from vj.core.mapping.output import Mapping
from vj.core.mapping.plane import Corners
from vj.core.mapping.venue import MAIN
from vj.outputs.finish.fit import placement
from vj.outputs.mapping.guides import Guides
from vj.outputs.mapping.handles import Handles
from vj.outputs.mapping.warp import Warp

#: A canvas may have so many times the pixels of the window on a card, ...
AREA = 4.0
#: ... and on the processor.
SOFT_AREA = 1.0


class Beam:
    """`aim` says where a finished picture is drawn, `throw` brings it to the screen: at no cost where it is plain."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._area = SOFT_AREA if "llvmpipe" in context.info["GL_RENDERER"] else AREA
        self._warp: Warp | None = None
        self._handles: Handles | None = None
        self._canvas: moderngl.Framebuffer | None = None
        self.mapping, self.name = Mapping(), MAIN
        #: Size of the finished picture, None for what the window is worth.
        self.area: tuple[int, int] | None = None
        #: What is shown over the output while it is edited.
        self.guides: Guides | None = None

    def aim(self, size: tuple[int, int]) -> tuple[moderngl.Framebuffer, tuple[int, int]]:
        """The framebuffer to draw the whole picture into, and its size, for a window of `size`."""
        if self.mapping.plain and self.area in (None, size):
            return self._context.screen, size
        wanted = self.area or self.mapping.canvas(size, self._area)
        if self._canvas is None or self._canvas.size != wanted:
            self._drop()
            image = self._context.texture(wanted, 4)
            image.repeat_x = image.repeat_y = False
            self._canvas = self._context.framebuffer([image])
        return self._canvas, wanted

    def throw(self, size: tuple[int, int]) -> None:
        """Bring what was drawn to where `aim` said to the screen, and the handles over it."""
        screen = self._context.screen
        if self._canvas is not None and not (self.mapping.plain and self.area in (None, size)):
            self._warp = self._warp or Warp(self._context)
            image = self._canvas.color_attachments[0]
            assert isinstance(image, moderngl.Texture)
            mapping = replace(self.mapping, corners=within(image.size, size)) if self.mapping.plain else self.mapping
            self._warp.draw(image, screen, size, mapping, self.name)
        elif self._canvas is not None:
            self._drop()
        if self.guides is not None:
            self._handles = self._handles or Handles(self._context)
            self._handles.draw(screen, size, replace(self.guides, mapping=self.mapping))

    def _drop(self) -> None:
        if self._canvas is not None:
            self._context.screen.use()  # what is bound must not be let go of
            for attachment in self._canvas.color_attachments:
                attachment.release()
            self._canvas.release()
            self._canvas = None

    def release(self) -> None:
        """Give all GL objects back."""
        self._drop()
        for made in (self._warp, self._handles):
            if made is not None:
                made.release()
        self._warp = self._handles = None


def within(picture: tuple[int, int], size: tuple[int, int]) -> Corners:
    """Where in 0..1 of a window of `size` all of a picture of another shape is seen, with bars beside it."""
    place = placement(picture, size, "contain")
    left, right = place.x / size[0], (place.x + place.width) / size[0]
    top, bottom = place.y / size[1], (place.y + place.height) / size[1]
    return (left, top), (right, top), (right, bottom), (left, bottom)

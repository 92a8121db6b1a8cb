"""The picture's way to a framebuffer: sharpen at its own size, enlarge, dither; or the plain way where that is slow."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import moderngl
import numpy as np

from vj.core.shelf import share
from vj.core.types import U8, Finish, Frame, Passage
from vj.engine.finish.blending import blend, fit
from vj.generators.on_device import DeviceImage
from vj.outputs.finish._canvas import plain
from vj.outputs.finish._warm import FULL_MS, RICH, WALL, like, milliseconds, warming
from vj.outputs.finish.chain import Chain
from vj.outputs.finish.enlarge import Enlarger, behind, texture
from vj.outputs.finish.fit import Placement, placement
from vj.outputs.finish.guests import Filters, Passages
from vj.outputs.finish.interop import HandOver
from vj.outputs.finish.layers import Laid, Layers
from vj.outputs.finish.shader import Shader

#: A good upscaler may take this many milliseconds of a frame; what is left belongs to the generator and the encoder.
BUDGET_MS = 6.5
TRIALS = 9
#: What is drawn while there is no picture: of a size as most have it.
BLANK = np.zeros((180, 320, 3), np.uint8)


@dataclass(frozen=True)
class Way:
    """How a picture was asked to be shown: `fit` as in `placement`, `sharpness` 0..1."""

    fit: str = "cover"
    sharpness: float = 0.5


class Picture:
    """Holds the newest picture as a texture and draws it into any framebuffer of one GL context.

    `upscaler` is "crisp" (Catmull-Rom) or "plain" (that at a part of the size); `choose` sets it by timing. `full` is
    the tier of finishing that "auto" means; a rasteriser on the processor starts with the lesser one, and `prepare`
    times a card. `deep`: framebuffers have 16 bits a channel, and nothing on the way there has 8. `live`: layers are
    opened and decoded by threads, and nobody waits for them.
    """

    def __init__(self, context: moderngl.Context, deep: bool = False, live: bool = False) -> None:
        self._context = context
        self._deep = deep
        self._sharpen = Shader(context, share("shaders") / "sharpen.fs")
        self._enlarger = Enlarger(context, deep)
        self.layers = Layers(context, live, deep)
        #: What went wrong with files of filters and transitions, the oldest first; for whoever tells it to take away.
        self.notices: list[str] = []
        self._filters = Filters(context, self.notices)
        self._passages = Passages(context, self.notices)
        self._on_its_way: moderngl.Texture | None = None
        self._laid: tuple[Laid, ...] = ()
        self._image: moderngl.Texture | None = None
        self._textures: dict[int, moderngl.Texture] = {}
        self.interop = HandOver()
        #: How the newest picture came here: "upload", or "CUDA interop" without the processor.
        self.path = "upload"
        self._chain: Chain | None = None
        self._warm = set[tuple[tuple[int, int], bool]]()
        self._timed_at: tuple[int, int] | None = None
        self._taken: U8 | None = None
        self._version = 0
        self._software = "llvmpipe" in context.info["GL_RENDERER"]
        self.full = not self._software
        self.upscaler = "crisp"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the newest picture."""
        return self._image.size if self._image else (0, 0)

    def upload(self, image: U8) -> None:
        """Take `image` [h, w, 3], top row first."""
        if image is self._taken:
            return
        self._taken, self._version = image, self._version + 1
        size = image.shape[1], image.shape[0]
        device = image.on_device if isinstance(image, DeviceImage) else None
        if device is not None and not self.interop.reason:
            self._image = self._texture(size, 4)
            if self.interop.take(device, self._image):
                self.path = "CUDA interop"
                return
        self._image, self.path = self._texture(size, 3), "upload"
        # Inside GL the origin is the lower left, here and in every shader after this.
        self._image.write(np.ascontiguousarray(image[::-1]))

    def _new_chain(self) -> Chain:
        return Chain(self._context, deep=self._deep, filters=self._filters)

    def _texture(self, size: tuple[int, int], components: int) -> moderngl.Texture:
        """The one for pictures of so many channels, made anew when their size changes."""
        found = self._textures.get(components)
        if found is None or found.size != size:
            if found:
                self._let_go(found)
            found = self._textures[components] = texture(self._context, size, components)
        return found

    def _let_go(self, image: moderngl.Texture) -> None:
        if image.components == 4:
            self.interop.forget()
        image.release()

    def show(self, frame: Frame, target: moderngl.Framebuffer, size: tuple[int, int], way: Way) -> None:
        """Take the frame's picture and draw it into `target` of `size`, finished as the frame asks."""
        finish = frame.finish
        laid = self._lay(finish, (frame.image.shape[1], frame.image.shape[0]), size, way)
        top = [one for one in laid if one.layer.plane == "top"]
        self._laid = tuple(one for one in laid if one.layer.plane != "top")
        below, level = target, 1.0
        if top and finish is not None:
            below, level, finish = self.layers.below(size), finish.level, replace(finish, level=1.0)
        self._take(frame, 1.0 if finish is None or finish.on else finish.level)
        if finish is None or not finish.on:
            self.draw(below, size, way, frame.index)
        elif self._filters.standing("end", finish.values):
            plain = self._filters.below(size, self._deep)
            self.finish(plain, size, way, replace(finish, level=1.0), frame.index)
            self._filters.end(below, size, finish, finish.level)
        else:
            self.finish(below, size, way, finish, frame.index)
        if top:
            self.layers.crown(target, size, top, level)
        self._laid = ()

    def _take(self, frame: Frame, level: float) -> None:
        """Take the frame's picture in light of that `level`, on its way from another where it still is."""
        self._on_its_way, passage = None, frame.passage
        if passage is None:
            self.upload(dimmed(frame.image, level))
            return
        passage = replace(passage, leaving=dimmed(passage.leaving, level))
        self.upload(dimmed(frame.image, level))
        assert self._image is not None
        heard = frame.finish.heard if frame.finish is not None else None
        self._on_its_way = self._passages.drawn(passage, self._image, frame.t, heard)
        if self._on_its_way is None:
            self.upload(passed(dimmed(frame.image, level), passage))

    def _lay(self, finish: Finish | None, image: tuple[int, int], size: tuple[int, int], way: Way) -> tuple[Laid, ...]:
        """What there is of the layers of a frame whose picture is of the size `image`."""
        layers = finish.layers if finish is not None else ()
        full = finish is not None and finish.on and (self.full if finish.tier == "auto" else finish.tier == "full")
        return self.layers.take(layers, size, image, placement(image, size, way.fit), full)

    def prepare(
        self, target: moderngl.Framebuffer, size: tuple[int, int], picture: tuple[int, int] | None = None
    ) -> Iterator[None]:
        """Compile ahead what the chain may be asked for, step by step, and time its full tier on a card: to be done
        before a show. Done once more for a `picture` of sides that want programs of their own.
        """
        if self._image is None:
            self.upload(BLANK)
        image = self._image
        assert image is not None
        chain = self._chain = self._chain or self._new_chain()
        if not self._software and self._timed_at != size:
            self._timed_at = size
            asked = Finish(RICH, 1, tier="full")
            self.finish(target, size, Way(), asked)
            spent = milliseconds(lambda: self.finish(target, size, Way(), asked), self._context.finish, False)
            self.full = spent <= FULL_MS
            yield
        # programs are of no size: a window that is made larger must not wait for them again
        tiny = like(picture or (BLANK.shape[1], BLANK.shape[0]), self._software)
        if (tiny, self.full) in self._warm:
            return
        if not self._warm:
            self.finish(target, size, Way(), Finish({}, 1, canvas=0.5))  # compiles what enlarges a smaller canvas
            yield
            yield from self.layers.prepare(target, image)
            yield from self._passages.prepare()
        # programs do not care how large a picture is, and drawing it does
        images = [texture(self._context, tiny, components) for components in (3, 4)]
        yield from warming(chain, images, (target, self._enlarger.buffer("canvas", WALL)), self.full)
        for each in images:
            each.release()
        self._warm.add((tiny, self.full))

    def finish(
        self, target: moderngl.Framebuffer, size: tuple[int, int], way: Way, finish: Finish, index: int = 0
    ) -> None:
        """Draw the newest picture through the finishing chain."""
        image = self._on_its_way or self._image
        assert image is not None
        self._chain = self._chain or self._new_chain()
        canvas, wanted = target, size
        full = self.full if finish.tier == "auto" else finish.tier == "full"
        if finish.canvas < 1.0:
            wanted = plain((max(2, round(size[0] * finish.canvas)), max(2, round(size[1] * finish.canvas))))
            canvas = self._enlarger.buffer("canvas", wanted)
        place = placement(image.size, wanted, way.fit)
        if (place.width, place.height) != wanted:
            canvas.use()
            canvas.viewport = (0, 0, *wanted)
            self._context.clear()
        version = self._version if not self._laid and self._on_its_way is None else None
        if self._laid:
            image = self.layers.inside(image, self._laid, place, wanted, finish.canvas if full else None)
        place = replace(place, y=wanted[1] - place.y - place.height)
        whole = Placement(0, 0, *size)
        if canvas is target:
            self._chain.draw(image, target, place, finish, full, index, version)
        elif full:
            end, finish = self._chain.parted(finish)
            self._chain.draw(image, canvas, place, finish, full, index, version)
            self._enlarger.cubic(behind(canvas), target, whole, index, end)
        else:
            self._chain.draw(image, canvas, place, finish, full, index, version)
            self._enlarger.linear(behind(canvas), target, whole)

    def draw(self, target: moderngl.Framebuffer, size: tuple[int, int], way: Way, index: int = 0) -> None:
        """Draw the newest picture into `target` of `size`; `index` is the frame number, which moves the dither.

        The size is asked for because a window's framebuffer does not know its own after it was resized.
        """
        image = self._on_its_way or self._image
        place = placement(image.size if image else size, size, way.fit)
        if image is None or (place.width, place.height) != size:
            target.use()
            target.viewport = (0, 0, *size)
            self._context.clear()
        if image is None:
            return
        if self._laid:
            image = self.layers.inside(image, self._laid, place, size, None)
        place = replace(place, y=size[1] - place.y - place.height)
        if self.upscaler == "plain":
            self._enlarger.both(image, target, place, index)
            return
        if way.sharpness > 0 and place.height > image.size[1] * (place.bottom - place.top):
            sharp = self._enlarger.buffer("sharp", image.size)
            sharp.use()
            self._sharpen.draw(image, image.size, sharpness=way.sharpness)
            image = behind(sharp)
        self._enlarger.cubic(image, target, place, index)

    def choose(self, target: moderngl.Framebuffer, size: tuple[int, int]) -> float:
        """Time the good upscaler on the newest picture; settle for the plain one if it is over budget.

        Returns the milliseconds of one draw of the one chosen.
        """
        software = "llvmpipe" in self._context.info["GL_RENDERER"]
        for self.upscaler in ("crisp", "plain"):
            spent = min(self._timed(target, size, software) for _ in range(TRIALS))
            if spent <= BUDGET_MS:
                break
        return spent

    def _timed(self, target: moderngl.Framebuffer, size: tuple[int, int], software: bool) -> float:
        """Milliseconds of one draw, as far as it can be told, on a quiet machine."""
        wall, processor = time.perf_counter(), time.process_time()
        self.draw(target, size, Way())
        self._context.finish()
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        if not software:
            return wall * 1000
        # A rasteriser uses all cores. Beside other programs its wall time is too long, and beside our own threads its
        # processor time is; the lesser of the two is nearer to the truth.
        return min(wall, processor / (os.cpu_count() or 1)) * 1000

    @property
    def memory(self) -> tuple[tuple[int, int], bytes] | None:
        """The trails of the frames so far, as the chain keeps them."""
        return self._chain.memory if self._chain else None

    def remember(self, memory: tuple[tuple[int, int], bytes] | None) -> None:
        """Go on from the trails of another one."""
        self._chain = self._chain or self._new_chain()
        self._chain.remember(memory)

    def forget(self) -> None:
        """Let the trails of the frames so far be gone from the next one."""
        if self._chain:
            self._chain.forget()
        self._filters.forget()

    def release(self) -> None:
        """Give all GL objects back."""
        self._enlarger.release()
        self._sharpen.release()
        self.layers.release()
        if self._chain:
            self._chain.release()
            self._chain = None
        self._filters.release()
        self._passages.release()
        for image in self._textures.values():
            self._let_go(image)
        self._textures = {}
        self.interop.release()
        self._image = self._taken = None


def passed(image: U8, passage: Passage) -> U8:
    """The picture on its way where no shader can draw it."""
    return blend(fit(passage.leaving, image.shape[1], image.shape[0]), image, passage.progress)


def dimmed(image: U8, level: float) -> U8:
    """The picture at a master `level` of 0..1."""
    return image if level >= 1.0 else (image * np.float32(max(level, 0.0)) + 0.5).astype(np.uint8)

"""Several files being played at once: their fields or their pictures become one picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import moderngl

from vj.core.shelf import share
from vj.core.types import F32
from vj.generators.gl.buffers import Buffer, Kept
from vj.generators.shader.heard import Heard
from vj.generators.shader.playing import Clock, Playing


@dataclass(frozen=True)
class Part:
    """A file by its number, its share of the picture, the values of its inputs, and what our camera does with it:
    nothing where `camera` is empty."""

    file: int
    share: float
    values: Mapping[str, Any]
    camera: Mapping[str, Any] = field(default_factory=dict)


#: TIME at the most when black buffers are drawn to for the first time; not 0, by which much is multiplied.
_SOWN = 0.1
#: Number of a picture that is before no other.
_NEVER = -9


class Blending:
    """Files and the transition between them in one context. Raises OutputError with file and line."""

    def __init__(self, context: moderngl.Context, files: Sequence[Path], transition: Path | None) -> None:
        self._context = context
        ours = share("shaders") / "source"
        self.files = [Playing(context, path) for path in files]
        self._camera = Playing(context, ours / "camera.fs")
        self._field = Playing(context, ours / "field.fs")
        self._transition = Playing(context, transition or ours / "morph.fs")
        self._canvas: list[Playing] = []
        self._heard = Heard(context)
        self._pictures = Kept(context)
        self._last = [_NEVER] * len(self.files)

    def draw(
        self, parts: Sequence[Part], size: tuple[int, int], clock: Clock, heard: tuple[F32, F32], number: int
    ) -> Buffer:
        """The picture of `size`, whose shares sum to 1; ours until the next. `number` counts pictures: a file that was
        not in the one before begins anew."""
        for part in parts:
            if self._last[part.file] != number - 1:
                self.files[part.file].reset()
            self._last[part.file] = number
        given = self._given(parts, size, clock, heard)
        self._run(parts, size, given, clock)
        done = [self._filmed(part, size) for part in parts]
        out, share_so_far = done[0], parts[0].share
        for part, picture in zip(parts[1:], done[1:], strict=True):
            share_so_far += part.share
            told = {"progress": part.share / max(share_so_far, 1e-9)}
            both = {"startImage": out.texture, "endImage": picture.texture}
            self._transition.draw(size, told, both, clock)
            out = self._copied(f"mixed {part.file}", self._transition.drawn, size)
        return out

    def reset(self) -> None:
        """All files begin anew."""
        self._last = [_NEVER] * len(self.files)

    def _run(self, parts: Sequence[Part], size: tuple[int, int], given: Sequence[Any], clock: Clock) -> None:
        """Draw every part; where several have fields, each goes on from the field of all of them."""
        fields = [part for part in parts if self.files[part.file].field]
        blended = len(fields) > 1
        going = []
        for part, pictures in zip(parts, given, strict=True):
            playing = self.files[part.file]
            if not (blended and playing.field):
                playing.draw(size, part.values, pictures, _sowing(playing, clock))
                continue
            steps = playing.steps(size, part.values, pictures, _sowing(playing, clock))
            next(steps)
            going.append((part, playing, steps))
        if not blended:
            return
        out, so_far = going[0][1].drawn_field, going[0][0].share
        for part, playing, _ in going[1:]:
            so_far += part.share
            both = {"startImage": out.texture, "endImage": playing.drawn_field.texture}
            self._field.draw(size, {"progress": part.share / max(so_far, 1e-9)}, both)
            out = self._copied(f"field {part.file}", self._field.drawn, size, floating=True)
        for _, playing, steps in going:
            playing.lent = {playing.field: out.texture}
            for _ in steps:
                pass

    def _filmed(self, part: Part, size: tuple[int, int]) -> Buffer:
        """The picture of a part as our camera sees it."""
        drawn = self.files[part.file].drawn
        if not part.camera and drawn.size == size and not drawn.floating:
            return drawn
        self._camera.draw(size, {"opaque": False, **part.camera}, {"inputImage": drawn.texture})
        return self._copied(f"filmed {part.file}", self._camera.drawn, size)

    def _copied(self, name: str, drawn: Buffer, size: tuple[int, int], floating: bool = False) -> Buffer:
        """A picture of our own, which the next drawing of the same file does not change."""
        kept, _ = self._pictures.aim(name, size, floating)
        self._context.copy_framebuffer(kept.target, drawn.target)
        self._pictures.swap(name)
        return self._pictures[name]

    def _given(
        self, parts: Sequence[Part], size: tuple[int, int], clock: Clock, heard: tuple[F32, F32]
    ) -> list[dict[str, moderngl.Texture]]:
        """For each part the pictures that its inputs look at: sound, and our canvas where it wants any picture."""
        drawn: dict[int, moderngl.Texture] = {}
        self._heard.tell(heard)
        given: list[dict[str, moderngl.Texture]] = []
        for part in parts:
            inputs, images = self.files[part.file].source.inputs, 0
            pictures = self._heard.given(inputs)
            for entry in inputs:
                if entry["TYPE"] == "image":
                    if images not in drawn:
                        drawn[images] = self._painted(images, size, clock)
                    pictures[entry["NAME"]] = drawn[images]
                    images += 1
            given.append(pictures)
        return given

    def _painted(self, number: int, size: tuple[int, int], clock: Clock) -> moderngl.Texture:
        """Our canvas, another one for each `number`."""
        while len(self._canvas) <= number:
            self._canvas.append(Playing(self._context, share("shaders") / "source" / "canvas.fs"))
        return self._canvas[number].draw(size, {"seed": float(number)}, {}, clock)

    def release(self) -> None:
        """Give all GL objects back."""
        for playing in (*self.files, *self._canvas, self._camera, self._field, self._transition):
            playing.release()
        self._heard.release()
        self._pictures.release()


def _sowing(playing: Playing, clock: Clock) -> Clock:
    """What remembers is often sown while TIME is next to nothing, and may come on at any time of a show."""
    return replace(clock, t=min(clock.t, _SOWN)) if playing.remembers and not playing.count else clock

"""One shader file being played: its passes drawn one after the other, its buffers kept from picture to picture."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
from PIL import Image

from vj.core.errors import OutputError
from vj.core.isf.source import Source
from vj.core.written import is_file
from vj.generators.gl.buffers import Buffer, Kept
from vj.generators.gl.programs import Programs
from vj.generators.shader.knobs import default

_Textures = dict[str, moderngl.Texture | moderngl.TextureCube]


@dataclass(frozen=True)
class Clock:
    """TIME and TIMEDELTA in seconds, DATE as year, month, day and seconds of the day."""

    t: float = 0.0
    dt: float = 1.0 / 60.0
    date: tuple[float, float, float, float] = (2000.0, 1.0, 1.0, 0.0)


_STILL = Clock()
_Given = Mapping[str, moderngl.Texture | moderngl.TextureCube]


class Playing:
    """A file in one context; to be used on its thread. Raises OutputError with file and line.

    `remembers` says whether a picture depends on the one before. `count` is how many were drawn since `reset`.
    """

    def __init__(self, context: moderngl.Context, path: Path) -> None:
        self._context = context
        self.source = Source.read(path)
        self._programs = Programs(context, self.source)
        self._kept = Kept(context)
        self._imported = imported(context, self.source)
        usual = {entry["NAME"]: default(entry) for entry in self.source.inputs}
        self._usual = {name: value for name, value in usual.items() if value is not None}
        self.count = 0
        #: What is looked at in place of targets of ours, until the picture that is being drawn is done.
        self.lent: dict[str, moderngl.Texture] = {}

    @property
    def remembers(self) -> bool:
        """Whether there are buffers that persist."""
        return any(one.persistent for one in self.source.passes)

    @property
    def field(self) -> str:
        """The target that may be blended with that of another file, as FIELD of the header says; "" for none."""
        name = str((self.source.header or {}).get("FIELD", ""))
        return name if name in self.source.targets else ""

    def reset(self) -> None:
        """Black buffers, FRAMEINDEX 0."""
        self._kept.clear()
        self.count = 0

    def draw(
        self, size: tuple[int, int], values: Mapping[str, Any], given: _Given, clock: Clock = _STILL
    ) -> moderngl.Texture:
        """The picture of `size`, inputs having `values` and looking at the pictures `given`; ours until the next."""
        for _ in self.steps(size, values, given, clock):
            pass
        return self.drawn.texture

    def steps(self, size: tuple[int, int], values: Mapping[str, Any], given: _Given, clock: Clock) -> Iterator[None]:
        """As `draw`, but it pauses once the field is drawn, so that another can be `lent` in its place."""
        passes = self.source.passes
        ends = [index for index, one in enumerate(passes) if one.target and one.target == self.field]
        values = {**self._usual, **values}
        told = {**values, "TIME": clock.t, "TIMEDELTA": clock.dt, "DATE": clock.date, "FRAMEINDEX": self.count}
        for index, one in enumerate(passes):
            wanted = one.size(size, values)
            target, before = self._kept.aim(one.target, wanted, one.floating and bool(one.target))
            pictures: _Textures = {**self._imported, **given, **self._kept.textures, **self.lent}
            if before is not None and not one.persistent:
                pictures.pop(one.target, None)  # of another size, and of no use
            self._programs.draw(index, target.target, told, pictures)
            self._kept.swap(one.target)
            if ends and index == ends[-1]:
                yield
        self.lent = {}
        self.count += 1

    @property
    def drawn(self) -> Buffer:
        """The last picture."""
        return self._kept[self.source.passes[-1].target]

    @property
    def drawn_field(self) -> Buffer:
        """The field of the last picture."""
        return self._kept[self.field]

    def release(self) -> None:
        """Give all GL objects back."""
        self._programs.release()
        self._kept.release()
        for texture in self._imported.values():
            texture.release()


def imported(context: moderngl.Context, source: Source) -> _Textures:
    """The pictures that come with a file; one that is missing is black. Raises OutputError for what is no picture."""
    found: _Textures = {}
    for name, paths in source.imported:
        seen = [_image(located(source.path, path), source.path) for path in paths]
        images = [image for image in seen if image is not None]
        if len(images) < len(paths):
            continue
        if len(images) == 6:
            side = min(min(image.size) for image in images)
            data = b"".join(image.resize((side, side)).tobytes() for image in images)
            found[name] = context.texture_cube((side, side), 4, data)
        else:
            found[name] = context.texture(images[0].size, 4, np.flipud(np.asarray(images[0])).tobytes())
    return found


def located(shader: Path, path: Path) -> Path:
    """Where an imported picture lies: where the file says, else beside it."""
    return path if is_file(path) else shader.parent / path.name


def _image(path: Path, shader: Path) -> Image.Image | None:
    if not is_file(path):
        return None
    try:
        with Image.open(path) as image:
            return image.convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise OutputError(f"{path.name} is no picture: {error}", str(shader), "PNG or JPEG") from None

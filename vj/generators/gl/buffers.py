"""Textures that are drawn to, by name; each has a spare, so that a pass may look at what it draws over."""

from dataclasses import dataclass

import moderngl

#: What a texture's numbers are, as moderngl calls it: bytes that stand for 0 to 1, or floats of four bytes.
_PLAIN = "f1"
_FLOAT = "f4"


@dataclass
class Buffer:
    """A texture and what draws to it."""

    texture: moderngl.Texture
    target: moderngl.Framebuffer
    floating: bool

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        width, height = self.texture.size
        return width, height

    def clear(self) -> None:
        """Black, and nowhere anything."""
        self.target.clear(0.0, 0.0, 0.0, 0.0)

    def release(self) -> None:
        """Give both back."""
        self.target.release()
        self.texture.release()


def buffer(context: moderngl.Context, size: tuple[int, int], floating: bool = False) -> Buffer:
    """A new one, black."""
    texture = context.texture(size, 4, dtype=_FLOAT if floating else _PLAIN)
    texture.repeat_x = texture.repeat_y = False
    made = Buffer(texture, context.framebuffer([texture]), floating)
    made.clear()
    return made


class Kept:
    """Buffers by name, made as they are asked for."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._now: dict[str, Buffer] = {}
        self._spare: dict[str, Buffer] = {}

    @property
    def textures(self) -> dict[str, moderngl.Texture]:
        """What was drawn last, by name."""
        return {name: kept.texture for name, kept in self._now.items()}

    def __getitem__(self, name: str) -> Buffer:
        return self._now[name]

    def aim(self, name: str, size: tuple[int, int], floating: bool = False) -> tuple[Buffer, Buffer | None]:
        """(what to draw to, what there was before if that was of another size); what was drawn before stays to be
        looked at until `swap`."""
        before = self._now.get(name)
        spare = self._spare.get(name)
        if spare is None or (spare.size, spare.floating) != (size, floating):
            if spare is not None:
                spare.release()
            spare = self._spare[name] = buffer(self._context, size, floating)
        return spare, before if before is not None and before.size != size else None

    def swap(self, name: str) -> None:
        """What was aimed at is what there is now."""
        before, self._now[name] = self._now.get(name), self._spare.pop(name)
        if before is not None:
            self._spare[name] = before

    def clear(self) -> None:
        """All black."""
        for kept in (*self._now.values(), *self._spare.values()):
            kept.clear()

    def release(self) -> None:
        """Give all back."""
        for kept in (*self._now.values(), *self._spare.values()):
            kept.release()
        self._now.clear()
        self._spare.clear()

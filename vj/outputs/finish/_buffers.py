"""Framebuffers that the chain's passes draw into, kept between frames and made anew when their size changes."""

import moderngl

#: Name of a buffer -> components and moderngl's data type; all others are RGBA, in half floats or in bytes.
_WIDE = {"map": (2, "f4"), "slope": (2, "f2"), "blurred": (1, "f2")}


class Buffers:
    """Textures by name, each behind its framebuffer, in one context."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._kept: dict[str, tuple[moderngl.Framebuffer, moderngl.Texture]] = {}

    def aim(self, name: str, size: tuple[int, int], narrow: bool = False) -> moderngl.Texture:
        """Bind the framebuffer `name` of `size` for drawing; returns the texture behind it.

        `narrow` is for what is in display code: bytes, which a rasteriser on the processor reads in half the time.
        """
        kept = self._kept.get(name)
        components, dtype = _WIDE.get(name, (4, "f1" if narrow else "f2"))
        if kept is None or kept[1].size != size or kept[1].dtype != dtype:
            self.drop(name)
            made = self._context.texture(size, components, dtype=dtype)
            made.filter = (moderngl.LINEAR, moderngl.LINEAR)
            made.repeat_x = made.repeat_y = False
            kept = self._kept[name] = (self._context.framebuffer([made]), made)
        kept[0].use()
        kept[0].viewport = (0, 0, *size)
        return kept[1]

    def swap(self, first: str, second: str) -> None:
        """Exchange the names of two buffers; there may be one only."""
        names = {first: second, second: first}
        self._kept = {names.get(name, name): kept for name, kept in self._kept.items()}

    def has(self, name: str) -> bool:
        """Whether there is a texture `name`, of whatever size."""
        return name in self._kept

    def get(self, name: str, size: tuple[int, int]) -> moderngl.Texture | None:
        """The texture `name`, if there is one of `size`."""
        kept = self._kept.get(name)
        return kept[1] if kept is not None and kept[1].size == size else None

    def last(self, name: str) -> moderngl.Texture:
        """The texture that `aim` gave for `name` last."""
        return self._kept[name][1]

    def drop(self, *names: str) -> None:
        """Give buffers back, if they are there."""
        for name in names:
            kept = self._kept.pop(name, None)
            if kept is not None:
                kept[0].release()
                kept[1].release()

    def release(self) -> None:
        """Give everything back."""
        self.drop(*list(self._kept))

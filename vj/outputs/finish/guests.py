"""Filters and transitions of anybody, drawn by OpenGL: opened when they are first asked for, again when their file
changes. A file that does not compile is told with its line, and the last good one stays.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import moderngl
import numpy as np

from vj.core.errors import OutputError
from vj.core.isf.source import Source
from vj.core.shelf import share
from vj.core.types import F32, U8, Finish, Passage
from vj.engine.finish.asked import told_to
from vj.engine.finish.effects import Effect, filters
from vj.engine.finish.found import PLACES, shelf
from vj.generators.shader.heard import Heard
from vj.generators.shader.playing import Clock, Playing
from vj.outputs.finish.enlarge import behind, texture
from vj.outputs.finish.shader import Shader

#: Seconds between two looks at a file.
LOOK = 0.5
_SILENCE: tuple[F32, F32] = (np.zeros(0, np.float32), np.zeros(0, np.float32))


class Guest:
    """One file in one context, the newest that compiled; `told` are complaints, for whoever tells them to take away."""

    def __init__(self, context: moderngl.Context, source: Source, told: list[str]) -> None:
        self._context, self._path, self._told = context, source.path, told
        self._playing: Playing | None = None
        self._written = (0, 0)
        self._looked = -LOOK

    def playing(self) -> Playing | None:
        """What is to be drawn; None while no file of this name has compiled."""
        now = time.monotonic()
        if now - self._looked >= LOOK:
            self._looked = now
            self._look()
        return self._playing

    def _look(self) -> None:
        beside = self._path.with_suffix(".vs")
        try:
            written = self._path.stat().st_mtime_ns, beside.stat().st_mtime_ns if beside.exists() else 0
        except OSError:
            return  # it is being written, or gone: what was there stays
        if written == self._written:
            return
        self._written = written
        try:
            fresh = Playing(self._context, self._path)
        except OutputError as error:
            self._told.append(f"{error.where}: {error.what}")
            return
        self.release()
        self._playing = fresh

    def forget(self) -> None:
        """Black buffers: what was drawn before has no say any more."""
        if self._playing is not None:
            self._playing.reset()

    def release(self) -> None:
        """Give its GL objects back."""
        if self._playing is not None:
            self._playing.release()
            self._playing = None


class Filters:
    """The filters of a chain in one context. `notices` are complaints, the oldest first."""

    def __init__(self, context: moderngl.Context, notices: list[str]) -> None:
        self._context, self._notices = context, notices
        self._chain: tuple[Effect, ...] = ()
        self._known: set[str] = set()
        self._guests: dict[str, Guest] = {}
        self._below: moderngl.Framebuffer | None = None
        self._crown: Shader | None = None
        self._heard = Heard(context)

    def standing(self, place: str, values: Mapping[str, Mapping[str, Any]]) -> list[Effect]:
        """The filters at a place, in the order in which they are drawn."""
        if not values.keys() <= self._known:  # a setlist may come with its own, long after the window is up
            self._known |= values.keys()
            self._chain = filters()
            self._notices += shelf().broken
        number = PLACES.index(place)
        return [effect for effect in self._chain if values.get(effect.name, {}).get("place", 0) == number]

    def through(
        self,
        place: str,
        image: moderngl.Texture,
        size: tuple[int, int],
        values: Mapping[str, Mapping[str, Any]],
        heard: tuple[F32, F32] | None,
    ) -> moderngl.Texture:
        """`image` after the filters at a place, at `size`; itself where there are none. They look at what is heard."""
        self._heard.tell(heard or _SILENCE)
        for effect in self.standing(place, values):
            told = values[effect.name]
            guest = self._guests.setdefault(effect.name, Guest(self._context, effect.source, self._notices))
            playing = guest.playing()
            if playing is not None:
                clock = Clock(float(told.get("TIME", 0.0)), float(told.get("TIMEDELTA", 0.0)))
                given = {**self._heard.given(playing.source.inputs), "inputImage": image}
                image = playing.draw(size, told_to(playing.source, told), given, clock)
        return image

    def below(self, size: tuple[int, int], deep: bool) -> moderngl.Framebuffer:
        """Where to draw what goes through the filters at the end."""
        if self._below is None or self._below.size != size:
            self._drop()
            self._below = self._context.framebuffer([texture(self._context, size, 4, deep)])
        return self._below

    def end(self, target: moderngl.Framebuffer, size: tuple[int, int], finish: Finish, level: float) -> None:
        """Draw what was finished into `below` through the filters at the end into `target`, in light of that level."""
        assert self._below is not None
        image = self.through(PLACES[-1], behind(self._below), size, finish.values, finish.heard)
        self._crown = self._crown or Shader(self._context, share("shaders") / "level.fs")
        target.use()
        target.viewport = (0, 0, *size)
        self._crown.draw(image, size, level=level)

    def forget(self) -> None:
        """Let what filters remember begin anew."""
        for guest in self._guests.values():
            guest.forget()

    def release(self) -> None:
        """Give all GL objects back."""
        for guest in self._guests.values():
            guest.release()
        self._guests.clear()
        self._heard.release()
        self._drop()
        if self._crown is not None:
            self._crown.release()
            self._crown = None

    def _drop(self) -> None:
        if self._below is not None:
            behind(self._below).release()
            self._below.release()
            self._below = None


class Passages:
    """The ways from one picture to the next, in one context."""

    def __init__(self, context: moderngl.Context, notices: list[str]) -> None:
        self._context, self._notices = context, notices
        self._guests: dict[str, Guest] = {}
        self._left: tuple[U8, moderngl.Texture] | None = None
        self._heard = Heard(context)

    def prepare(self) -> Iterator[None]:
        """Compile them ahead, one a step."""
        self._meet()
        for guest in self._guests.values():
            guest.playing()
            yield

    def _meet(self) -> None:
        for one in shelf().transitions:
            self._guests.setdefault(one.name, Guest(self._context, one.source, self._notices))

    def drawn(
        self, passage: Passage, coming: moderngl.Texture, t: float, heard: tuple[F32, F32] | None
    ) -> moderngl.Texture | None:
        """The picture on the way to `coming`, of its size, in sight of what is heard; None where the transition cannot
        be drawn."""
        if passage.name not in self._guests:
            self._meet()
        guest = self._guests.get(passage.name)
        playing = guest.playing() if guest is not None else None
        if playing is None:
            return None
        self._heard.tell(heard or _SILENCE)
        both = {"startImage": self._leaving(passage.leaving), "endImage": coming}
        given = {**self._heard.given(playing.source.inputs), **both}
        return playing.draw(coming.size, {"progress": passage.progress}, given, Clock(t))

    def release(self) -> None:
        """Give all GL objects back."""
        for guest in self._guests.values():
            guest.release()
        self._heard.release()
        if self._left is not None:
            self._left[1].release()
            self._left = None

    def _leaving(self, image: U8) -> moderngl.Texture:
        """The picture that leaves, as a texture: it stays the same for all of the way."""
        if self._left is None or self._left[0] is not image:
            if self._left is not None:
                self._left[1].release()
            made = texture(self._context, (image.shape[1], image.shape[0]), 3)
            made.write(image[::-1].tobytes())
            self._left = image, made
        return self._left[1]

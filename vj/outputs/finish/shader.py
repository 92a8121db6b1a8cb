"""A GLSL file with an ISF header becomes programs; a bad one leaves the last good programs in use."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import moderngl

from vj.core.errors import OutputError
from vj.core.isf.complaint import complaint
from vj.core.isf.dialect import kept
from vj.core.isf.source import VERSION, Source
from vj.outputs.blits import Calls
from vj.outputs.finish._carried import carried

_Program = tuple[moderngl.Program, moderngl.VertexArray]
#: A pass and the names defined for it.
_Key = tuple[int, frozenset[str]]


class Shader:
    """One file's programs in one GL context; to be used and released on that context's thread.

    There is one program for each pass and for each set of names that was ever asked to be defined for it: a software
    rasteriser walks both sides of every `if`, so what is off must not be compiled in.
    """

    def __init__(self, context: moderngl.Context, path: Path) -> None:
        self.path = path
        self._context = context
        self._programs: dict[_Key, _Program] = {}
        self._source = Source.read(path)
        # A rasteriser on the processor begins a pass when something asks for what it makes, and who asks waits for it:
        # the next pass, within moderngl, which holds the interpreter meanwhile, so that those who hear stand still.
        # So each is begun at once, while the next is made ready, and waited for before that, which holds nobody up.
        calls = Calls() if "llvmpipe" in context.info["GL_RENDERER"] else None
        self._wait, self._begin = (calls.finish, calls.flush) if calls else (_nothing, _nothing)
        self.reload()

    @property
    def defaults(self) -> dict[str, Any]:
        """The inputs that have a default, and what it is."""
        return {entry["NAME"]: entry["DEFAULT"] for entry in self._source.inputs if "DEFAULT" in entry}

    @property
    def passes(self) -> int:
        """How often it is drawn for one picture."""
        return len(self._source.passes)

    def reload(self) -> None:
        """Read and compile the file again. Raises OutputError with file and line, and keeps what worked before."""
        source = Source.read(self.path)
        wanted = set(self._programs) | {(index, frozenset[str]()) for index in range(len(source.passes))}
        fresh: dict[_Key, _Program] = {}
        try:
            for key in wanted:
                if key[0] < len(source.passes):
                    fresh[key] = self._compiled(source, key)
        except OutputError:
            _release(fresh.values())
            raise
        _release(self._programs.values())
        self._programs, self._source = fresh, source

    def _compiled(self, source: Source, key: _Key) -> _Program:
        names = "".join(f"#define {name}\n" for name in sorted(key[1])).replace("=", " ")
        vertex, text = source.vertex_glsl(key[0]), source.glsl(key[0]).replace(VERSION, VERSION + names, 1)
        if not source.vertex and "llvmpipe" in self._context.info["GL_RENDERER"]:
            vertex, text = carried(vertex, text)
        try:
            program = self._context.program(vertex_shader=vertex, fragment_shader=text)
        except moderngl.Error as error:
            raise complaint(self.path, str(error)) from None
        for entry in source.inputs:
            _set(program, entry["NAME"], entry.get("DEFAULT"))
        return program, self._context.vertex_array(program, [])

    def draw(
        self,
        image: moderngl.Texture,
        size: tuple[int, int],
        index: int = 0,
        defined: frozenset[str] = frozenset(),
        **values: Any,
    ) -> None:
        """Draw pass `index` over the bound framebuffer's viewport of `size`, with inputs set from `values`.

        Textures among the values are bound. `defined` are names, or NAME=VALUE, for the file's `#ifdef`s.
        """
        key = (index, defined)
        if key not in self._programs:
            self._programs[key] = self._compiled(self._source, key)
        program, strip = self._programs[key]
        _set(program, "RENDERSIZE", size)
        unit = 0
        image.use(0)
        _set(program, "inputImage", 0)
        for name, value in values.items():
            if isinstance(value, moderngl.Texture):
                unit += 1
                value.use(unit)
                value = unit
            _set(program, name, value)
        self._wait()
        strip.render(moderngl.TRIANGLE_STRIP, vertices=self._source.corners)
        self._begin()

    def release(self) -> None:
        """Give the GL objects back."""
        _release(self._programs.values())
        self._programs = {}


def _nothing() -> None:
    """A card begins by itself."""


def _release(programs: Iterable[_Program]) -> None:
    for program, strip in programs:
        strip.release()
        program.release()


def _set(program: moderngl.Program, name: str, value: Any) -> None:
    """Set a uniform, unless the compiler found it unused or there is nothing to set."""
    name = kept(name)
    if value is None or name not in program:
        return
    program[name] = tuple(value) if isinstance(value, list) else value

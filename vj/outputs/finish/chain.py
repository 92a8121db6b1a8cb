"""The finishing chain: from the generator's small picture to finished light in a framebuffer.

    grade -> others -> clean -> coords -> scene -> rcas -> history -> bloom -> finish

*Others* are the effects of `shaders/` that have no place of their own here: each draws over the graded picture at its
own size, in display code, all its passes one after the other, in the order of their names. Anybody's filters stand
before all, or after the others.

Two tiers draw the same chain. *full*: everything at the canvas's size. *software*, for a rasteriser on the processor:
coordinates, scene and history at half size, bloom from a quarter, what is left of the light at the doubled picture's
own texels or at half size, and one pass at full size that looks there. Light is linear from `clean` to `finish`.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import moderngl

from vj.core.shelf import share
from vj.core.types import Finish
from vj.engine.finish.effects import effects
from vj.outputs.finish._buffers import Buffers
from vj.outputs.finish._canvas import Canvas, plain
from vj.outputs.finish._last import Last
from vj.outputs.finish._trails import OFF, Trails, halved
from vj.outputs.finish._view import WHOLE, View, bends, shown, view
from vj.outputs.finish.fit import Placement
from vj.outputs.finish.guests import Filters
from vj.outputs.finish.shader import Shader

#: The effects that have their place below.
EFFECTS = ("grade", "clean", "coords", "rcas", "history", "bloom", "finish")
#: Size of a texture that is like any of the glow's, and black.
DARK = (3, 3)
#: Rows of the slopes whatever the picture's size.
SLOPE_ROWS = 48
#: How much of the sharpening is left for a picture that is large enough not to be doubled.
SHARPENING_LEFT = 0.35
#: Up to so many rows edges are looked for by the pixel.
EDGE_ROWS = 540


class Chain:
    """The chain in one GL context, of the shaders in `folder`, or of this installation.

    `draw` must be called frame by frame, for history remembers. `deep`: into a target of more than 8 bits.
    """

    def __init__(
        self,
        context: moderngl.Context,
        folder: Path | None = None,
        deep: bool = False,
        filters: Filters | None = None,
    ) -> None:
        self._context = context
        self._filters = filters
        self._others = tuple(effect.name for effect in effects(folder) if effect.name not in EFFECTS)
        folder = folder or share("shaders")
        self._shaders = {name: Shader(context, folder / f"{name}.fs") for name in (*EFFECTS, *self._others)}
        self._buffers = Buffers(context)
        self._trails = Trails(self._shaders, self._buffers)
        self._last = Last(self._shaders["finish"], self._buffers, deep)
        self._cleaned: object = None
        #: Where nothing glows.
        self._dark = context.texture(DARK, 4, bytes(8 * DARK[0] * DARK[1]), dtype="f2")
        self._dark.repeat_x = self._dark.repeat_y = False

    def draw(
        self,
        image: moderngl.Texture,
        target: moderngl.Framebuffer,
        place: Placement,
        finish: Finish,
        full: bool,
        index: int = 0,
        version: int | None = None,
    ) -> None:
        """Finish `image` into `place` of `target`, whose y counts from below; `index` moves the dither.

        What is done at the picture's own size is kept as long as `version` and its settings stay; None is always new.
        """
        values = {name: {**shader.defaults, **finish.values.get(name, {})} for name, shader in self._shaders.items()}
        canvas = Canvas(place, full, values, finish.canvas, finish.heard)
        if self._filters is not None and any(self._filters.standing(at, finish.values) for at in ("before", "graded")):
            values |= {name: dict(told) for name, told in finish.values.items() if name not in values}
            image = self._filters.through("before", image, image.size, values, finish.heard)
            version = None  # they may move by themselves
        crisp = self._crisp(image, canvas, version)
        seen = view(place, values["coords"])
        bent = self._bent(crisp, canvas)
        glows = values["bloom"]["gain"] > 0 or values["bloom"]["halation"] > 0
        remembers = values["history"]["mode"] != OFF
        way = self._last.way(crisp, canvas, seen, bent)
        scene = self._scene(crisp, canvas, seen, bent) if full or glows or remembers or way == "HALF" else None
        composed: dict[str, Any] = {}
        if remembers and scene is not None:
            composed = {
                "stored": self._trails.remember(scene, canvas, finish.ticks),
                "share": values["history"]["show"],
            }
        else:
            self.forget()
        names = self._trails.composing(canvas, composed)
        if glows and scene is not None:
            composed |= {"glow": self._trails.glow(scene, canvas, composed, names)}
            composed |= {"gain": values["bloom"]["gain"], "halation": values["bloom"]["halation"]}
        else:
            composed |= {"glow": self._dark, "gain": 0.0, "halation": 0.0}
        end: dict[str, Any] = {"level": finish.level, "FRAMEINDEX": index}
        if way == "OWN":
            crisp = self._last.toned(crisp, canvas, seen, composed, names)
            composed, names = {}, frozenset({way})
        elif way == "HALF":
            assert scene is not None
            composed, names = {"toned": self._last.smooth(scene, canvas, composed, names)}, frozenset({way})
        elif full:
            assert scene is not None
            crisp, seen, bent = scene, WHOLE, None
        self._last.draw(crisp, target, canvas, (seen, bent), names, composed | end)

    def parted(self, finish: Finish) -> tuple[dict[str, Any], Finish]:
        """The very end of `finish`, grain and level, to be done after enlarging; and the finish without it."""
        asked = {**self._shaders["finish"].defaults, **finish.values.get("finish", {})}
        end = {"grain": asked["grain"], "grain_frame": asked["grain_frame"], "level": finish.level}
        return end, replace(finish, values={**finish.values, "finish": {**asked, "grain": 0.0}}, level=1.0)

    def _crisp(self, image: moderngl.Texture, canvas: Canvas, version: int | None) -> moderngl.Texture:
        """The picture graded and cleaned, or as it was left the last time if nothing of it has changed."""
        finish = canvas.values["finish"]
        key = (
            version,
            image.size,
            canvas.doubles(image.size),
            canvas.full,
            _grading(canvas.values["grade"]),
            canvas.values["clean"]["sharpen"] * canvas.keen,
            canvas.soft,
            tuple(tuple(sorted(canvas.values[name].items())) for name in self._others),
        )
        edges = (finish["edge"] > 0, finish["relief"])
        if version is None or (key, edges) != self._cleaned:
            self._clean(self._graded(image, canvas), canvas)
            self._cleaned = (key, edges)
        return self._buffers.last("crisp")

    def _graded(self, image: moderngl.Texture, canvas: Canvas) -> moderngl.Texture:
        """The picture in the look's colours, at its own size, in display code."""
        narrow = not canvas.full
        out = self._buffers.aim("graded", image.size, narrow)
        grade = canvas.values["grade"]
        names = {name.upper() for name in ("attract", "map") if grade[name] > 0} | ({"QUICK"} if narrow else set())
        self._shaders["grade"].draw(image, image.size, 0, frozenset(names), **grade)
        for name in self._others:
            shader = self._shaders[name]
            for index in range(shader.passes):
                drawn, out = out, self._buffers.aim(f"{name} {index}", image.size, narrow)
                shader.draw(drawn, image.size, index, **canvas.values[name])
        if self._filters is None:
            return out
        return self._filters.through("graded", out, image.size, canvas.values, canvas.heard)

    def _clean(self, image: moderngl.Texture, canvas: Canvas) -> None:
        """The picture doubled, if it is not large, and sharp, in linear light, with its edges in alpha."""
        clean = self._shaders["clean"]
        twice = canvas.doubles(image.size)
        size = (2 * image.size[0], 2 * image.size[1]) if twice else image.size
        how = ("ALONG" if canvas.full else "SOFT" if canvas.soft else "") if twice else "SAME"
        names, values = frozenset({how} if how else ()), {"soft": canvas.soft} if how == "SOFT" else {}
        if twice and not canvas.full:
            wide = self._buffers.aim("wide", (size[0], image.size[1]), True)
            clean.draw(image, wide.size, 0, names, **values)
            image = wide
        doubled = self._buffers.aim("doubled", size, not canvas.full)
        clean.draw(image, size, 1, names, **values)
        self._buffers.aim("crisp", size)
        asked = canvas.values["finish"]
        names = frozenset(
            name
            for name, on in (("EDGE", asked["edge"] > 0), ("RELIEF", asked["relief"] > 0))
            if on and asked["edge"] > 0
        )
        sharpen = canvas.values["clean"]["sharpen"] * (1.0 if twice else SHARPENING_LEFT) * canvas.keen
        reach = max(1, min(round(min(size) / EDGE_ROWS), 8))
        values = {"sharpen": sharpen, "relief": canvas.values["finish"]["relief"], "reach": reach}
        clean.draw(doubled, size, 2, names, **values)

    def _slope(self) -> moderngl.Texture:
        """The slopes of the graded picture's blurred lightness."""
        clean = self._shaders["clean"]
        graded = self._buffers.last("graded")
        size = plain((min(max(1, round(SLOPE_ROWS * graded.size[0] / graded.size[1])), 10 * SLOPE_ROWS), SLOPE_ROWS))
        blurred = self._buffers.aim("blurred", size)
        clean.draw(graded, size, 3)
        slope = self._buffers.aim("slope", size)
        clean.draw(blurred, size, 4)
        return slope

    def _bent(self, crisp: moderngl.Texture, canvas: Canvas) -> moderngl.Texture | None:
        """Where each place looks, if that is not just a parallelogram."""
        coords = canvas.values["coords"]
        names = bends(coords, canvas.full)
        if not names:
            return None
        extra = {"slope": self._slope()} if "SLOPES" in names else {}
        size = canvas.inner if canvas.full or "FOLDS" in names else halved(canvas.inner)
        bent = self._buffers.aim("map", size)
        asked = {**coords, **shown(canvas.place), **extra, "ring": coords["ring"] if "RING" in names else 0.0}
        names = names & {"FOLDS", "SLOPES"} | ({"JITTER"} if canvas.full else set())
        self._shaders["coords"].draw(crisp, size, 0, names, **asked)
        return bent

    def _scene(
        self, crisp: moderngl.Texture, canvas: Canvas, seen: View, bent: moderngl.Texture | None
    ) -> moderngl.Texture:
        """The fresh picture as the camera sees it, in linear light."""
        names = {"CUBIC"} if canvas.full else set()
        extra: dict[str, Any] = {} if bent is None else {"map": bent}
        scene = self._buffers.aim("scene", canvas.inner)
        names |= {"BENT"} if bent is not None else set()
        self._shaders["coords"].draw(crisp, canvas.inner, 1, frozenset(names), **{**extra, **seen.uniforms()})
        if canvas.full:
            sharp = self._buffers.aim("sharp", canvas.inner)
            stops = canvas.values["rcas"]["stops"] + (0.0 if canvas.doubles(self._buffers.last("graded").size) else 1.0)
            self._shaders["rcas"].draw(scene, canvas.inner, stops=stops)
            scene = sharp
        return scene

    @property
    def memory(self) -> tuple[tuple[int, int], bytes] | None:
        """The history: its size and its texels, RGBA in half floats; None where it has not begun."""
        if not self._buffers.has("stored"):
            return None
        stored = self._buffers.last("stored")
        return stored.size, stored.read()

    def remember(self, memory: tuple[tuple[int, int], bytes] | None) -> None:
        """Go on from the `memory` of another one."""
        self.forget()
        if memory is not None:
            self._buffers.aim("stored", (memory[0][0], memory[0][1])).write(memory[1])

    def forget(self) -> None:
        """Let the history begin anew."""
        self._buffers.drop("stored", "next")

    def release(self) -> None:
        """Give all GL objects back."""
        self._buffers.release()
        self._dark.release()
        for shader in self._shaders.values():
            shader.release()


def _grading(grade: Mapping[str, Any]) -> tuple[Any, ...]:
    """The settings of the grade that count now."""
    hues = ("hue_1", "hue_2", "hue_3", "hue_4")
    stops = ("map_shift", "dark_hue", "dark_chroma", "mid_hue", "mid_chroma", "light_hue", "light_chroma")
    idle = (*(hues if grade["attract"] <= 0 else ()), *(stops if grade["map"] <= 0 else ()))
    return tuple(value for name, value in sorted(grade.items()) if name not in idle)

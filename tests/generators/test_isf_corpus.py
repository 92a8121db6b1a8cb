"""Shaders for each thing that ISF 2 has, drawn and compared with what is worked out here."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest
from PIL import Image

from vj.core.errors import OutputError
from vj.core.types import F64
from vj.generators.shader import sound
from vj.generators.shader.blending import Blending, Part
from vj.generators.shader.playing import Clock

pytestmark = pytest.mark.gl
SIZE = W, H = 16, 8
#: Places of the texels' middles, 0..1 from the lower left, [H, W].
Y, X = np.meshgrid((np.arange(H) + 0.5) / H, (np.arange(W) + 0.5) / W, indexing="ij")
LEAP_DAY = Clock(2.0, 0.5, (2024.0, 2.0, 29.0, 3600.0))
SILENT = (np.zeros(0, np.float32), np.zeros(0, np.float32))
Expected = Callable[[], Any]


@dataclass
class Case:
    """A file, what it is given, and the RGB that its picture should have, [H, W, 3] or what is like it."""

    header: dict[str, Any]
    code: str
    expected: Expected
    values: dict[str, Any] = field(default_factory=dict)
    pictures: int = 1
    clock: Clock = LEAP_DAY
    heard: tuple[Any, Any] = SILENT
    vertex: str = ""
    opaque: bool = True


def main(expression: str, before: str = "") -> str:
    return f"{before}\nvoid main() {{ gl_FragColor = {expression}; }}\n"


def inputs(**kinds: Any) -> dict[str, Any]:
    return {"INPUTS": [{"NAME": name, **entry} for name, entry in kinds.items()]}


def grey(value: Any) -> Any:
    return np.repeat(np.broadcast_to(value, (H, W))[..., None], 3, -1)


def rgb(*values: Any) -> Any:
    return np.stack([np.broadcast_to(value, (H, W)) for value in values], -1)


FEEDBACK = """
void main() {
    if (PASSINDEX == 0) gl_FragColor = IMG_THIS_PIXEL(kept) + vec4(0.2, 0.0, 0.0, 1.0);
    else gl_FragColor = vec4(IMG_THIS_PIXEL(kept).rgb, 1.0);
}
"""
RAMP = np.linspace(-1.0, 1.0, W, dtype=np.float32)
LOUD = (0.5 + 0.5 * np.arange(W) / W).astype(np.float32)
CASES: dict[str, Case] = {
    "places": Case({}, main("vec4(isf_FragNormCoord, 0.0, 1.0)"), lambda: rgb(X, Y, 0)),
    "old places": Case({"VSN": "1"}, main("vec4(vv_FragNormCoord.x)"), lambda: grey(X)),
    "pixels": Case({}, main("vec4(gl_FragCoord.xy / RENDERSIZE, 0.0, 1.0)"), lambda: rgb(X, Y, 0)),
    "time": Case({}, main("vec4(TIME / 10.0, TIMEDELTA, 0.0, 1.0)"), lambda: rgb(0.2, 0.5, 0)),
    "date": Case({}, main("vec4(DATE.x / 4048.0, DATE.y * DATE.z / 100.0, DATE.w / 7200.0, 1.0)"),
                 lambda: rgb(0.5, 0.58, 0.5)),
    "frames": Case({}, main("vec4(float(FRAMEINDEX) / 4.0)"), lambda: grey(0.5), pictures=3),
    "float": Case(inputs(x={"TYPE": "float", "DEFAULT": 0.25}), main("vec4(x)"), lambda: grey(0.25)),
    "float without a default": Case(inputs(x={"TYPE": "float", "MIN": 0, "MAX": 1}), main("vec4(x)"),
                                    lambda: grey(0.5)),
    "bool of a number": Case(inputs(x={"TYPE": "bool", "DEFAULT": 1.0}), main("x ? vec4(0.4) : vec4(0.0)"),
                             lambda: grey(0.4)),
    "event": Case(inputs(x={"TYPE": "event"}), main("vec4(x ? 0.8 : 0.1)"), lambda: grey(0.8), {"x": True}),
    "long": Case(inputs(x={"TYPE": "long", "DEFAULT": 3, "VALUES": [1, 3], "LABELS": ["a", "b"]}),
                 main("vec4(float(x) / 4.0)"), lambda: grey(0.75)),
    "long beside floats": Case(inputs(x={"TYPE": "long", "DEFAULT": 2.0}), main("vec4(x * 0.25)"), lambda: grey(0.5)),
    "color": Case(inputs(x={"TYPE": "color", "DEFAULT": [0.1, 0.2, 0.3, 0.5]}), main("vec4(x.rgb, 1.0)"),
                  lambda: rgb(0.1, 0.2, 0.3)),
    "alpha": Case(inputs(x={"TYPE": "color", "DEFAULT": [1.0, 0.5, 0.0, 0.5]}), main("x"),
                  lambda: rgb(0.5, 0.25, 0), opaque=False),
    "point": Case(inputs(x={"TYPE": "point2D", "DEFAULT": [0.5, 0.25], "MIN": [0, 0], "MAX": [1, 1]}),
                  main("vec4(x, 0.0, 1.0)"), lambda: rgb(0.5, 0.25, 0)),
    "keys in small letters": Case({"inputs": [{"name": "x", "type": "float", "default": 0.6}]}, main("vec4(x)"),
                                  lambda: grey(0.6)),
    "names that are words today": Case(inputs(sample={"TYPE": "float", "DEFAULT": 0.2}),
                                       main("vec4(sample + smooth)", "float smooth = 0.3;"), lambda: grey(0.5)),
    "a pass of another size": Case(
        {"PASSES": [{"TARGET": "small", "WIDTH": "max($WIDTH / 8.0, 1.0)", "HEIGHT": 1}, {}]},
        "void main() { if (PASSINDEX == 0) gl_FragColor = vec4(floor(gl_FragCoord.x), RENDERSIZE, 1.0) / 8.0;\n"
        "else gl_FragColor = vec4(IMG_PIXEL(small, vec2(0.5 + floor(2.0 * isf_FragNormCoord.x), 0.5)).rgb, 1.0); }",
        lambda: rgb(np.floor(2 * X) / 8, 2 / 8, 1 / 8),
    ),
    "a size that an input says": Case(
        inputs(n={"TYPE": "float", "DEFAULT": 3.0}) | {"PASSES": [{"TARGET": "a", "WIDTH": "$n * 2"}, {}]},
        "void main() { gl_FragColor = PASSINDEX == 0 ? vec4(0.0) : vec4(IMG_SIZE(a).x / 8.0); }",
        lambda: grey(0.75),
    ),
    "a buffer that persists": Case({"PASSES": [{"TARGET": "kept", "PERSISTENT": True}, {}]}, FEEDBACK,
                                   lambda: rgb(0.8, 0, 0), pictures=4),
    "a buffer of floats": Case(
        {"PASSES": [{"TARGET": "kept", "PERSISTENT": True, "FLOAT": True}, {}]},
        FEEDBACK.replace("0.2", "3.0").replace("IMG_THIS_PIXEL(kept).rgb", "IMG_THIS_PIXEL(kept).rgb / 12.0"),
        lambda: rgb(0.75, 0, 0), pictures=3,
    ),
    "a buffer of ISF 1": Case({"PERSISTENT_BUFFERS": ["kept"], "PASSES": [{"TARGET": "kept"}, {}]}, FEEDBACK,
                              lambda: rgb(0.4, 0, 0), pictures=2),
    "a last pass with a target": Case({"PASSES": [{"TARGET": "a"}, {"TARGET": "b"}]},
                                      "void main() { gl_FragColor = PASSINDEX == 0 ? vec4(0.5) : IMG_THIS_PIXEL(a); }",
                                      lambda: grey(0.5)),
    "an imported picture": Case({"IMPORTED": {"card": {"PATH": "card.png"}}}, main("IMG_THIS_PIXEL(card)"),
                                lambda: rgb(X > 0.5, Y > 0.5, 0)),
    "an imported cube": Case({"IMPORTED": [{"NAME": "sky", "PATH": ["card.png"] * 6}]},
                             main("vec4(textureCube(sky, vec3(1.0, -0.9, -0.9)).rgb, 1.0)"), lambda: rgb(1, 0, 0)),
    "audio": Case(inputs(heard={"TYPE": "audio", "MAX": W}), main("vec4(IMG_THIS_PIXEL(heard).r)"),
                  lambda: grey(0.5 + 0.5 * RAMP), heard=(RAMP, SILENT[1])),
    "audio in silence": Case(inputs(heard={"TYPE": "audio"}), main("vec4(IMG_THIS_PIXEL(heard).g)"), lambda: grey(0.5)),
    "audioFFT": Case(inputs(heard={"TYPE": "audioFFT", "MAX": W}), main("vec4(IMG_THIS_PIXEL(heard).rgb, 1.0)"),
                     lambda: grey(LOUD), heard=(SILENT[0], 10 ** (72.0 * (LOUD - 1.0) / 20.0))),
    "a vertex shader": Case({}, main("vec4(far, 0.0, 1.0)", "varying vec2 far;"), lambda: rgb(X / 2, Y / 2, 0),
                            vertex="varying vec2 far;\n"
                                   "void main() { isf_vertShaderInit(); far = isf_FragNormCoord * 0.5; }"),
    "a vertex shader that clamps": Case(
        inputs(x={"TYPE": "float", "DEFAULT": 0.5}), main("vec4(edge)", "#if __VERSION__ <= 120\nvarying float edge;\n"
        "#else\nin float edge;\n#endif"), lambda: grey(X * 0.5),
        vertex="#if __VERSION__ <= 120\nvarying float edge;\n#else\nout float edge;\n#endif\n"
        "void main() { isf_vertShaderInit(); edge = clamp(isf_FragNormCoord.x, 0.0, x); }"),
    "whole numbers unsaid": Case({}, main("vec4(half_of(7), n, 0.0, 1.0) / 8.0",
                                          "int half_of(float x) { return x / 2.0; }\nint n = 4.9;"),
                                 lambda: rgb(3 / 8, 4 / 8, 0)),
    "old GLSL": Case(inputs(inputImage={"TYPE": "image"}), "#version 120\n"
                     "#extension GL_OES_standard_derivatives : enable\n"
                     "precision mediump float;\nuniform sampler2D inputImage;\nvoid main() {\n"
                     "vec4 c = texture2D(inputImage, _inputImage_imgRect.zw * 0.5);\n"
                     "gl_FragData[0] = vec4(c.a, _inputImage_imgSize / vec2(32.0, 16.0), 1.0); }",
                     lambda: rgb(1, 0.5, 0.5)),
}  # fmt: skip
TOYS: dict[str, tuple[str, Expected]] = {
    "toy": ("void mainImage(out vec4 c, in vec2 p) { c = vec4(p / iResolution.xy, iTime / 4.0, 0.0); }",
            lambda: rgb(X, Y, 0.5)),
    "toy's sound": ("void mainImage(out vec4 c, vec2 p) { c = texture(iChannel0, vec2(0.5, 0.75)) * iMouse.x / 16.0; }",
                    lambda: grey(0.25)),
}  # fmt: skip


def drawn(context: moderngl.Context, path: Path, case: Case) -> F64:
    """[H, W, 3] of the last of the pictures, 0..1."""
    blending = Blending(context, [path], None)
    for number in range(case.pictures):
        camera = {"opaque": case.opaque}
        target = blending.draw([Part(0, 1.0, case.values, camera)], SIZE, case.clock, case.heard, number).target
    raw = np.frombuffer(target.read(components=3, alignment=1), np.uint8).reshape(H, W, 3)
    blending.release()
    return raw / 255.0


@pytest.mark.parametrize("name", CASES)
def test_all_of_isf(name: str, context: moderngl.Context, tmp_path: Path) -> None:
    case = CASES[name]
    path = tmp_path / "it.fs"
    path.write_text(f"/*{json.dumps(case.header)}*/\n{case.code}")
    if case.vertex:
        path.with_suffix(".vs").write_text(case.vertex)
    card = np.array([[[0, 255, 0], [255, 255, 0]], [[0, 0, 0], [255, 0, 0]]], np.uint8).repeat(8, 0).repeat(16, 1)
    Image.fromarray(card).save(tmp_path / "card.png")
    assert np.abs(drawn(context, path, case) - case.expected()).max() <= 1.01 / 255.0


@pytest.mark.parametrize("name", TOYS)
def test_toys(name: str, context: moderngl.Context, tmp_path: Path) -> None:
    path = tmp_path / "it.frag"
    path.write_text(TOYS[name][0])
    assert np.abs(drawn(context, path, Case({}, "", lambda: 0)) - TOYS[name][1]()).max() <= 1.01 / 255.0


def test_what_does_not_compile_is_told_by_file_and_line(context: moderngl.Context, tmp_path: Path) -> None:
    path = tmp_path / "it.fs"
    path.write_text("/*{}*/\n\nvoid main() {\n    gl_FragColor = nonsense;\n}\n")
    with pytest.raises(OutputError, match="nonsense") as caught:
        Blending(context, [path], None)
    assert caught.value.where == f"{path}:4"
    path.write_text("/*{}*/\nvoid main() { gl_FragColor = vec4(1.0); }\n")
    path.with_suffix(".vs").write_text("void main() {\n    isf_vertShaderInit();\n    nothing = 1.0;\n}\n")
    with pytest.raises(OutputError, match="nothing") as caught:
        Blending(context, [path], None)
    assert caught.value.where == f"{tmp_path / 'it.vs'}:3"


def test_fields_are_blended_before_they_are_coloured(context: moderngl.Context, tmp_path: Path) -> None:
    """Halfway between fields of 0 and 1 lies what is drawn from 0.5, not the mean of what is drawn from both."""
    head = '/*{"FIELD": "form", "PASSES": [{"TARGET": "form", "FLOAT": true}, {}]}*/\n'
    for name, value in (("a", 0.0), ("b", 1.0)):
        (tmp_path / f"{name}.fs").write_text(
            f"{head}void main() {{ if (PASSINDEX == 0) gl_FragColor = vec4({value});\n"
            "else { float f = IMG_THIS_PIXEL(form).r; gl_FragColor = vec4(4.0 * f * (1.0 - f)); } }"
        )
    blending = Blending(context, [tmp_path / "a.fs", tmp_path / "b.fs"], None)
    both = [Part(0, 0.5, {}, {"opaque": True}), Part(1, 0.5, {}, {"opaque": True})]
    target = blending.draw(both, SIZE, Clock(), sound.sample(), 0).target
    assert min(target.read(components=3)) == 255
    blending.release()


#: What desktops of ISF's days let pass, in one file.
LENIENT = """/*{"INPUTS": [{"NAME": "count", "TYPE": "float", "DEFAULT": 4.2, "MIN": 1, "MAX": 9},
{"NAME": "kind", "TYPE": "long", "VALUES": [0, 1, 2], "DEFAULT": 1}, {"NAME": "seen", "TYPE": "image"},
{"NAME": "pt", "TYPE": "point2D", "DEFAULT": [0.5, 0.5]}]}*/
#ifdef GL_ES
precision mediump float;
#endif
#define rot(a) mat2(cos(a), -sin(a), sin(a), cos(a))
const vec3 inks[3] = vec3[3](vec3(1, 0, 0), vec3(0, 1, 0), vec3(0, 0, 1));
struct Ray { vec3 o; vec3 d; };
float seed = TIME * 0.1;
float table[4];
bool odd(int n) { return mod(float(n), 2.0) > 0.5; }
int pick(float x) { if (x > 0.5) return 2.0; return floor(x * 3.0); }
float shape(vec2 p, int n) { float r = 0.0; for (int i = 0; i < n; ++i) r += length(p) / float(n); return r; }
Ray make(vec2 p) { Ray r; r.o = vec3(0.0); r.d = normalize(vec3(p, 1.0)); return r; }
vec4 blur(sampler2D img, vec2 p) { return IMG_NORM_PIXEL(img, p) + IMG_PIXEL(img, p * IMG_SIZE(img), 1.0); }
void main(void) {
    int n = count, q = (pt.x > 0.2) ? 3.0 : 1.0;
    float f = 0;
    for (float i = 0; i < 3; i++) f += i / 3;
    for (int i = 0; i < count; i++) { table[i - 1 < 0 ? 0 : 1] = 0.1; }
    n = n + 0.5;
    n += count * 0.5;
    vec3 c = inks[floor(pt.x * 2.9)];
    ivec2 sz = IMG_SIZE(seen);
    vec2 loc = gl_FragCoord.xy;
    c += shape(loc / RENDERSIZE, count) * 0.2;
    if (kind == 1.0 && n > count) c *= 0.9;
    float sample = 0.3, filter = 0.2, smooth = 0.1;
    switch (kind) { case 0: c.r = 1.0; break; default: c.g += 0.1; }
    vec2 texture = loc / float(sz.x);
    c *= rot(0.3)[0][0] + pick(0.2) + (odd(n) ? 0.1 : 0.0) + sample * filter * smooth + texture.x;
    c += blur(seen, isf_FragNormCoord).rgb * make(loc).d;
    gl_FragColor = vec4(pow(clamp(max(c, 0), 0, 1), vec3(1)), q);
}
"""


def test_what_was_let_pass_in_its_days_compiles(context: moderngl.Context, tmp_path: Path) -> None:
    path = tmp_path / "it.fs"
    path.write_text(LENIENT)
    assert drawn(context, path, Case({}, "", lambda: 0)).max() > 0.2

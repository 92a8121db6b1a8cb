from pathlib import Path

import numpy as np
import pytest

from vj.core.errors import OutputError
from vj.core.shelf import share
from vj.outputs.finish.enlarge import texture
from vj.outputs.finish.shader import Shader, Source

pytestmark = pytest.mark.gl
SHADERS = sorted(share("shaders").glob("*.fs"))
HEAD = """/*{"DESCRIPTION": "d", "INPUTS": [{"NAME": "inputImage", "TYPE": "image"},
{"NAME": "gain", "TYPE": "float", "DEFAULT": 1.0}]}*/
"""
GOOD = HEAD + "void main() {\n    gl_FragColor = gain * IMG_THIS_PIXEL(inputImage);\n}\n"


def drawn(context, shader: Shader, **values) -> tuple[int, ...]:
    picture = texture(context, (1, 1), 3)
    picture.write(bytes([10, 20, 40]))
    target = context.framebuffer([texture(context, (1, 1), 4)])
    target.use()
    shader.draw(picture, (1, 1), **values)
    return tuple(target.read(components=3))


def test_there_are_shaders():
    assert {"blit", "sharpen", "upscale"} <= {path.stem for path in SHADERS}


@pytest.mark.parametrize("path", SHADERS, ids=lambda path: path.stem)
def test_every_shader_on_the_shelf_compiles_and_is_documented(path, context):
    Shader(context, path).release()
    source = Source.read(path)
    assert '"DESCRIPTION"' in source.text
    for entry in source.inputs:
        assert entry["TYPE"] == "image" or entry.get("LABEL"), f"{path.name}: {entry['NAME']} has no LABEL"


def test_inputs_take_their_defaults_and_can_be_set(context, tmp_path):
    path = tmp_path / "gain.fs"
    path.write_text(GOOD)
    shader = Shader(context, path)
    assert drawn(context, shader) == (10, 20, 40)
    assert drawn(context, shader, gain=2.0) == (20, 40, 80)


@pytest.mark.parametrize(
    ("kind", "default", "expression", "colour"),
    [
        ("bool", "1", "x ? vec4(1.0) : vec4(0.0)", (255, 255, 255)),
        ("bool", "0.0", "x ? vec4(1.0) : vec4(0.0)", (0, 0, 0)),
        ("long", "2.0", "vec4(float(x) / 2.0)", (255, 255, 255)),
        ("float", "1", "vec4(x)", (255, 255, 255)),
        ("color", "[1, 0, 1]", "x * x.a", (255, 0, 255)),
        ("point2D", "[1, 0]", "vec4(x, 1.0, 1.0)", (255, 0, 255)),
    ],
)
def test_defaults_are_taken_however_they_are_written(context, tmp_path, kind, default, expression, colour):
    path = tmp_path / "odd.fs"
    path.write_text(
        f'/*{{"INPUTS": [{{"NAME": "x", "TYPE": "{kind}", "DEFAULT": {default}}}]}}*/\n'
        f"void main() {{ gl_FragColor = {expression}; }}\n"
    )
    assert drawn(context, Shader(context, path)) == colour


def test_a_bad_edit_names_file_and_line_and_the_last_good_program_goes_on(context, tmp_path):
    path = tmp_path / "gain.fs"
    path.write_text(GOOD)
    shader = Shader(context, path)
    path.write_text(HEAD + "void main() {\n    isf_FragColor = vec4(nonsense);\n}\n")
    with pytest.raises(OutputError) as caught:
        shader.reload()
    assert caught.value.where == f"{path}:4"
    assert "nonsense" in caught.value.what
    assert drawn(context, shader) == (10, 20, 40)


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("/* no shader at all */", 1, "header"),
        ('/*{\n"DESCRIPTION": "d",\n"INPUTS": [1 : 2]}*/\nvoid main() {}', 3, "JSON"),
        ('/*{"INPUTS": [{"NAME": "x", "TYPE": "flaot"}]}*/\nvoid main() {}', 1, "flaot"),
    ],
)
def test_a_bad_header_names_its_line(text, line, word, tmp_path):
    path = tmp_path / "bad.fs"
    path.write_text(text)
    with pytest.raises(OutputError) as caught:
        Source.read(path)
    assert caught.value.where == f"{path}:{line}"
    assert word in caught.value.what


def test_a_missing_file_is_an_error_of_ours(tmp_path):
    with pytest.raises(OutputError, match="cannot read the shader"):
        Source.read(tmp_path / "none.fs")


def test_no_shader_writes_outside_its_range(context, card):
    for path in SHADERS:
        if "Finish" in Source.read(path).categories:
            continue  # in the chain alpha carries edges and halos
        shader = Shader(context, path)
        picture = texture(context, (40, 24), 3)
        picture.write(np.ascontiguousarray(card[::-1]))
        target = context.framebuffer([texture(context, (8, 8), 4)])
        target.use()
        shader.draw(picture, (8, 8))
        alpha = np.frombuffer(target.read(components=4), np.uint8).reshape(-1, 4)[:, 3]
        assert (alpha == 255).all(), Path(path).name
        shader.release()

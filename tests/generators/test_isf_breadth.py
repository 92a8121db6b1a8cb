"""Shaders as people write them, of `tests/data/isf`: each draws, and moves with sound if it looks at it."""

import math
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest
from typer.testing import CliRunner

from vj.apps.cli import app
from vj.core.errors import OutputError
from vj.core.isf.source import Source
from vj.core.types import U8
from vj.generators.shader import sound
from vj.generators.shader.blending import Blending, Part
from vj.generators.shader.moving import Moving
from vj.generators.shader.playing import Clock
from vj.generators.shader.recipe import Cast
from vj.workshop.isf.checking import DEAF
from vj.workshop.isf.measuring import BLACK, tries

pytestmark = pytest.mark.gl
SIZE, PICTURES = (32, 18), 4


def corpus() -> dict[str, dict[str, str]]:
    """Name of a file -> name of a shader -> its text; that of a vertex shader ends in .vs."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted((Path(__file__).parents[1] / "data" / "isf").glob("*.txt")):
        parts = file.read_text(encoding="utf-8").split("//// ")[1:]
        found[file.stem] = {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}
    return found


CORPUS = corpus()


def seen(blending: Blending, values: dict[str, Any], heard: Any = None) -> U8:
    """The last of a few pictures, begun anew."""
    blending.reset()
    for number in range(PICTURES):
        part = Part(0, 1.0, values, {"opaque": True})
        clock = Clock(0.4 + number / 3.0, 1.0 / 3.0)
        target = blending.draw([part], SIZE, clock, heard or sound.sample(), number).target
    return np.frombuffer(target.read(components=3, alignment=1), np.uint8)


def fault(context: moderngl.Context, path: Path) -> str:
    """What is wrong with a file, "" if nothing is."""
    try:
        blending = Blending(context, [path], None)
    except OutputError as error:
        return f"{error.what} ({error.where})"
    moving = Moving(Cast(path, False, {}))
    values = next((one for one in tries(moving) if seen(blending, one).max() > BLACK), None)
    told = "" if values is not None else "black"
    if not told and moving.listens:
        moved = ((seen(blending, one) != seen(blending, one, DEAF)).any() for one in tries(moving))
        told = "" if any(moved) else "still"
    blending.release()
    return told


@pytest.mark.parametrize("kind", CORPUS)
def test_what_people_write_is_played(kind: str, context: moderngl.Context, tmp_path: Path) -> None:
    faults = {}
    for name, text in CORPUS[kind].items():
        if name.endswith(".vs"):
            continue
        path = tmp_path / "it.fs"
        path.write_text(text, encoding="utf-8")
        path.with_suffix(".vs").write_text(CORPUS[kind].get(f"{name}.vs", ""), encoding="utf-8")
        if told := fault(context, path):
            faults[name] = told
    assert not faults


CODE = (
    '/*{"CREDIT": "J\xf6rg", "INPUTS": [{"NAME": "a", "TYPE": "float", "DEFAULT": 0.5}]}*/\n// \xfcber\nvoid main()\n'
)
CODE += "{\n#define A a\n    gl_FragColor = vec4(A);\n}\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbf" + CODE.encode(),
        CODE.encode("latin-1"),
        CODE.replace("\n", "\r\n").encode(),
        CODE.replace("\n", "\r").encode(),
        CODE.encode("utf-16"),
        CODE.replace("    gl", "\xa0\xa0gl").encode(),
    ],
    ids=["BOM", "Latin-1", "CRLF", "CR", "UTF-16", "hard blanks"],
)
def test_files_come_in_many_letters(raw: bytes, context: moderngl.Context, tmp_path: Path) -> None:
    path = tmp_path / "it.fs"
    path.write_bytes(raw)
    assert fault(context, path) == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('/*{"INPUTS": [{"NAME": "a", "TYPE": "point3D"}]}*/ void main() {}', "point3D"),
        ('/*{"INPUTS": [{"NAME": "my level", "TYPE": "float"}]}*/ void main() {}', "my level"),
        ('/*{"INPUTS": [{"NAME": "a" "TYPE": {}*/ void main() {}', "no JSON"),
        ('/*{"INPUTS": [{"NAME": "a", "TYPE": "color", "DEFAULT": "red"}]}*/ void main() {}', "'a'"),
        ("vec4 only(vec2 p) { return vec4(p, 0.0, 1.0); }", "no ISF header"),
        ("/*{}*/ void main() { gl_FragColor = vec4(a) }", "does not compile"),
        ("/*{}*/ float f(float x) { return f(x); } void main() { gl_FragColor = vec4(f(1.0)); }", "does not compile"),
    ],
)
def test_what_cannot_be_is_refused_by_name(text: str, told: str, context: moderngl.Context, tmp_path: Path) -> None:
    path = tmp_path / "it.fs"
    path.write_text(text)
    said = fault(context, path)
    assert told in said
    assert str(path) in said


def test_numbers_that_are_meant_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "it.fs"
    path.write_text(
        """/*{'INPUTS': [{"NAME": "a", "TYPE": "float", "DEFAULT": .5, "MAX": 1e1} // comment
        {"NAME": "m", "TYPE": "long", "VALUES": ["one", "two"], "DEFAULT": "two"},
        {"NAME": "c", "TYPE": "color", "DEFAULT": "#ff8000"},
        {"NAME": "p", "DEFAULT": {"x": 1, "y": 2}, "TYPE": "point2D"}],
        "PASSES": [{"TARGET": "t", "WIDTH": "$WIDTH > 100 ? 2^3 : $width * 2", "HEIGHT": 3}, {}]}*/ void main() {}"""
    )
    source = Source.read(path)
    told = {entry["NAME"]: entry.get("DEFAULT") for entry in source.inputs}
    assert (told["a"], told["m"], told["p"]) == (0.5, 1, [1.0, 2.0])
    assert all(math.isclose(a, b) for a, b in zip(told["c"], (1.0, 128 / 255, 0.0, 1.0), strict=True))
    assert source.passes[0].size((200, 50), {}) == (8, 3)
    assert source.passes[0].size((50, 50), {}) == (100, 3)


def test_a_folder_is_checked(tmp_path: Path) -> None:
    head = '/*{"INPUTS": [{"NAME": "heard", "TYPE": "audio"}]}*/\n'
    for name, text in {
        "good.fs": "void main() { gl_FragColor = vec4(isf_FragNormCoord, 0.0, 1.0); }",
        "deaf.fs": head + "void main() { gl_FragColor = IMG_THIS_PIXEL(heard) * 0.0 + 1.0; }",
        "dark.fs": "/*{}*/void main() { gl_FragColor = vec4(0.0, 0.0, 0.0, 1.0); }",
        "sub/wrong.fs": "/*{}*/\nvoid main() { gl_FragColor = vec4(nothing); }",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = CliRunner().invoke(app, ["models", "import", str(tmp_path), "--check"])
    assert done.exit_code == 1
    told = dict(line.split()[1::-1] for line in done.output.splitlines()[:-1])
    assert told == {"good.fs:": "draws", "deaf.fs:": "still", "dark.fs:": "black", "sub/wrong.fs:": "refused"}
    assert done.output.splitlines()[-1] == "25.0 % of 4 can be played: 1 draws, 1 still, 1 black, 1 refused"

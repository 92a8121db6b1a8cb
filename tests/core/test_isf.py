from pathlib import Path

import pytest

from vj.core.errors import OutputError
from vj.core.isf import constants, dialect, sandbox, whole
from vj.core.isf.arithmetic import worked_out
from vj.core.isf.complaint import complaint
from vj.core.isf.header import has_header
from vj.core.isf.passes import Pass
from vj.core.isf.source import Source
from vj.core.isf.tokens import bare

MAIN = "\nvoid main() { gl_FragColor = vec4(1.0); }\n"


def read(folder: Path, header: str, code: str = MAIN) -> Source:
    path = folder / "x.fs"
    path.write_text(f"/*{header}*/{code}")
    return Source.read(path)


def test_the_header_is_read_as_it_is_written_in_the_world(tmp_path):
    source = read(
        tmp_path,
        """{"isfvsn": "2", "inputs": [{"name": "on", "Type": "bool", "default": 1.0,}, {"NAME": "heard",
        "TYPE": "audioFFT", "MAX": "256"}], "CATEGORIES": "Glow", "DESCRIPTION": "a	tab",
        "IMPORTED": {"noise": {"PATH": "noise.png"}}, "PASSES": [{"TARGET": "a", "PERSISTENT": "true", "WIDTH": 16},
        {"TARGET": "b", "FLOAT": 1, "HEIGHT": "max($HEIGHT / 2.0, 1)"}, {}],}""",
    )
    assert [(entry["NAME"], entry["TYPE"]) for entry in source.inputs] == [("on", "bool"), ("heard", "audioFFT")]
    assert source.inputs[0]["DEFAULT"] is True
    assert source.inputs[1]["MAX"] == 256
    assert source.categories == ("Glow",)
    assert source.imported == (("noise", (tmp_path / "noise.png",)),)
    assert [one.size((100, 50), {}) for one in source.passes] == [(16, 50), (100, 25), (100, 50)]
    assert source.passes[0].persistent
    assert source.passes[1].floating
    assert source.targets == ("a", "b")


def test_a_size_may_name_a_picture(tmp_path):
    source = read(tmp_path, '{"INPUTS": [{"NAME": "seen", "TYPE": "image"}], "PASSES": [{"WIDTH": "$WIDTH_seen / 2"}]}')
    assert source.passes[0].size((100, 50), {}) == (50, 50)


def test_a_buffer_is_never_so_large_that_nothing_else_has_room():
    width, height = Pass("a", 1e9, "1e9").size((64, 32), {})
    assert 2**25 * 0.9 < width * height <= 2**25
    assert Pass("a", "$WIDTH", "$HEIGHT").size((8000, 6000), {}) == (8000, 6000)


def test_buffers_of_isf_1_persist(tmp_path):
    header = (
        """{"PERSISTENT_BUFFERS": {"old": {"WIDTH": 8, "HEIGHT": 4, "FLOAT": true}}, "PASSES": [{"TARGET": "old"}]}"""
    )
    assert read(tmp_path, header).passes == (Pass("old", 8, 4, True, True),)


@pytest.mark.parametrize(
    ("told", "number"),
    [("$WIDTH/16.0", 40), ("-2 * (3 - soft)", -5), ("floor(7 / 2) % 2", 1), ("clamp(pow(2,10), 0, 1e3)", 1000), (3, 3)],
)
def test_sums(told, number):
    assert worked_out(told, {"WIDTH": 640, "soft": 0.5}) == number


@pytest.mark.parametrize("told", ["", "1 +", "2 2", "nothing", "(1", "max()", "__import__('os')", "(" * 99 + ")" * 99])
def test_what_is_no_sum_is_refused(told, tmp_path):
    with pytest.raises(ValueError, match=r"sum|lacks|goes on|names|gives|nested"):
        worked_out(told, {})
    if told:
        with pytest.raises(OutputError, match="a pass has a size that is none"):
            read(tmp_path, '{"PASSES": [{"TARGET": "a", "WIDTH": "' + told + '"}]}')


def test_a_sum_that_comes_to_nothing_is_the_pictures_side(tmp_path):
    source = read(tmp_path, '{"INPUTS": [{"NAME": "n", "TYPE": "float"}], "PASSES": [{"WIDTH": "$WIDTH / (n - 1)"}]}')
    assert source.passes[0].size((64, 32), {"n": 1.0}) == (64, 32)
    assert source.passes[0].size((64, 32), {"n": 3.0}) == (32, 32)
    assert source.passes[0].size((64, 32), {"n": 1.0 + 1e-9}) == (16384, 32)


@pytest.mark.parametrize("many", ["/*{", "/*", "/* {'a':", "/*{}", "{ 'a' :", "/*{'a':}"])
def test_what_only_looks_like_headers_is_read_at_once(many):
    assert not has_header(many * 60_000)  # looked through once for each beginning that takes hours


@pytest.mark.parametrize("many", ["/*", "/* x ", "layout(\n"])
def test_what_never_ends_is_read_at_once(many):
    text = many * 20_000
    assert sandbox.names(bare(text)) == ()
    dialect.translated(text, ())


@pytest.mark.parametrize("many", ["float a ", "const float a = b ", "n] = ", "return 1 ", "f(a[", "int f("])
def test_a_declaration_that_never_ends_is_gone_through_once(many):
    text = "int n; float f(int a) { " + many * 20_000  # once for each name in it takes minutes
    assert whole.said(text).startswith("int n; float f(int a) {")
    assert constants.freed(text, ["b"]).startswith("int n; float f(int a) {")


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ('{"INPUTS": [{"NAME": "a b", "TYPE": "float"}]}', "'a b'"),
        ('{"INPUTS": [{"TYPE": "float"}]}', "None"),
        ('{"INPUTS": 3}', "INPUTS"),
        ('{"IMPORTED": [{"NAME": "x"}]}', "imported"),
        ('{"IMPORTED": [{"NAME": "x", "PATH": ["a", "b"]}]}', "2 files"),
    ],
)
def test_what_makes_no_sense_is_told(header, word, tmp_path):
    with pytest.raises(OutputError, match=word) as caught:
        read(tmp_path, header)
    assert caught.value.where.endswith("x.fs:1")


def test_whole_numbers_are_said():
    told = whole.said("int f(int n) { int k = n * 0.5; k += 0.5; return k + 0.1; }\nvoid main() { float x = f(2.0); }")
    assert told.splitlines() == [
        "int f(int n) { int k = int(n * 0.5); k = int(k + (0.5)); return int(k + 0.1); }",
        "void main() { float x = f(int(2.0)); }",
    ]


def test_old_words_are_translated_and_lines_stay():
    old = "#version 120 // old\nprecision highp float;\nuniform float TIME;\nvarying vec2 at; /* texture2D\n*/\n"
    old += "void main() {\n    vec4 sample = texture2D(input, vv_FragNormCoord);\n    gl_FragColor = sample;\n}\n"
    new = dialect.translated(old, ["TIME"])
    assert [line.strip() for line in new.splitlines()] == [
        *("", "", "", "in vec2 at;", "", "void main() {"),
        *("vec4 sample_ = texture(input_, isf_FragNormCoord);", "isf_FragColor = sample_;", "}"),
    ]
    assert "switch (int(n))" in dialect.translated("void main() { switch (n) { case 0: int sample; } }", [])


def test_shadertoys_main_is_a_shader_with_inputs_of_its_own(tmp_path):
    path = tmp_path / "toy.frag"
    path.write_text(
        "void mainImage(out vec4 c, in vec2 p) {\n c = texture(iChannel0, p / iResolution.xy) * iMouse.x;\n}\n"
    )
    source = Source.read(path)
    assert source.toy
    assert [entry["NAME"] for entry in source.inputs] == ["iMouseAt", "iMouseDown", "iChannel0"]
    assert source.glsl(0).split("#line 1\n")[1].startswith("void mainImage")


def test_a_complaint_is_one_sentence_whatever_the_driver_says():
    told = complaint(Path("x.fs"), "GLSL Linker failed\n\nProgram\n=======\nerror: fragment shader lacks `main'\n")
    assert told.what == "the shader does not compile: fragment shader lacks `main'"
    assert complaint(Path("x.fs"), "\n").what.endswith("the driver does not say why")
    for log in ("0:12(5): error: no x", "0(12) : error C1: no x", "ERROR: 0:12: no x"):
        assert complaint(Path("x.fs"), f"GLSL Compiler failed\n\nfragment_shader\n======\n{log}").where == "x.fs:12"

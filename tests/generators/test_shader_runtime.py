"""Bundles of shaders: how they are imported, what moves in them, what they remember, and what ends them."""

import dataclasses
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests_shaders import ENDLESS, RINGS, bundle

from vj.core.errors import BundleError, VjError
from vj.core.types import Latent, Moment
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.verify import findings
from vj.generators.contract import Timely
from vj.generators.shader import Shader
from vj.generators.shader.knobs import GROUPS, Knob, Z, choices, span
from vj.generators.shader.process import Process, TooLongError
from vj.workshop.isf.importer import is_shader, write

pytestmark = pytest.mark.gl
QUIET = np.zeros(2048, np.float32), np.zeros(1025, np.float32)


def latent(generator: Shader, klass: int = 0, seed: int = 1, psi: float = 1.0, moment: Moment | None = None) -> Latent:
    spec = generator.spec
    z = np.random.default_rng(seed).standard_normal((len(spec.groups), spec.z_dim), np.float32)
    mix = np.eye(len(spec.classes), dtype=np.float32)[klass]
    return Latent(z, mix, psi, np.zeros(len(spec.directions), np.float32), moment=moment)


def moment(n: int, loud: float = 0.0, fresh: bool = False, hit: bool = False) -> Moment:
    return Moment(n / 30, 1 / 30, n, fresh, hit, QUIET[0], np.full(1025, loud, np.float32))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle(tmp_path_factory.mktemp("shaders"))


@pytest.fixture(scope="module")
def generator(folder: Path) -> Iterator[Shader]:
    made = open_generator(str(folder), (48, 28))
    assert isinstance(made, Shader)
    yield made
    made.close()
    made.close()


KNOBS = [
    {"NAME": "x", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 2.0},
    {"NAME": "y", "TYPE": "float", "DEFAULT": 5.0},
    {"NAME": "n", "TYPE": "long", "DEFAULT": 2, "VALUES": [0, 2, 7]},
    {"NAME": "m", "TYPE": "long", "MIN": 1, "MAX": 4},
    {"NAME": "on", "TYPE": "bool", "DEFAULT": True},
    {"NAME": "at", "TYPE": "point2D", "DEFAULT": [0.5, 0.0], "MIN": [0.0, -1.0], "MAX": [1.0, 1.0]},
    {"NAME": "ink", "TYPE": "color", "DEFAULT": [1.0, 0.2, 0.0, 0.7]},
]


@pytest.mark.parametrize("entry", KNOBS, ids=lambda entry: entry["NAME"])
def test_an_input_stays_within_its_limits_and_has_its_default_where_nothing_moves_it(entry) -> None:
    knob = Knob(entry, 1)
    rng = np.random.default_rng(0)
    found = [
        knob.value(rng.standard_normal((3, Z)).astype(np.float32) * s, 1.4, f) for s in (1, 1e6) for f in (-1, 0, 1)
    ]
    found += [knob.value(rng.standard_normal((3, Z), np.float32), 1.0) for _ in range(200)]
    assert len({str(value) for value in found}) > 1
    for value in found:
        if entry["TYPE"] == "long":
            assert value in choices(entry)
        elif entry["TYPE"] == "float":
            low, _, high = span(entry)
            assert low <= value <= high
        elif entry["TYPE"] != "bool":
            low, high = np.array(entry.get("MIN", 0.0)), np.array(entry.get("MAX", 1.0))
            assert np.all((low <= value) & (value <= high))
    if "DEFAULT" in entry:
        assert knob.value(rng.standard_normal((3, Z), np.float32), 0.0) == entry["DEFAULT"]


def test_a_small_step_of_z_is_a_small_step_of_the_input() -> None:
    here, there = np.random.default_rng(2).standard_normal((2, 3, Z))
    for entry in (KNOBS[0], KNOBS[5], KNOBS[6]):
        values = [
            np.atleast_1d(Knob(entry, 0).value((np.cos(a) * here + np.sin(a) * there).astype(np.float32), 1.0))
            for a in np.arange(0, 6.3, 0.01)
        ]
        assert 0.0 < np.abs(np.diff(values, axis=0)).max() < 0.1


def test_the_import_finds_out_what_moves_what(folder: Path, generator: Shader) -> None:
    assert generator.spec.classes == ("rings", "trails")
    assert generator.spec.groups == GROUPS
    assert set(generator.spec.directions) == {"zoom", "tint"}
    assert all(0.0 < turn <= 1.6 for turn in generator.spec.turn_radians)
    assert (folder / "poster.png").is_file()
    assert not [finding.text for finding in findings(folder) if finding.fault]
    assert isinstance(generator, Timely)
    assert generator.remembers


def test_time_sound_and_hits_are_seen(generator: Shader) -> None:
    def mean(then: Moment) -> float:
        return float(generator.generate([latent(generator, moment=then)]).mean())

    silent, loud = mean(moment(0)), mean(moment(0, 1.0))
    assert loud > silent + 10
    assert mean(moment(0, hit=True)) > silent + 10
    pictures = generator.generate([latent(generator, moment=moment(n)) for n in (0, 20)])
    assert np.abs(pictures[1].astype(int) - pictures[0]).max() > 20
    still = generator.generate([latent(generator), latent(generator)])
    assert np.array_equal(*still)


def test_what_persists_goes_on_until_a_cut_and_comes_back_the_same(generator: Shader) -> None:
    def run(*moments: Moment) -> np.ndarray:
        return generator.generate([latent(generator, 1, moment=then) for then in moments])

    first = run(moment(0, fresh=True), *(moment(n) for n in range(1, 8)))
    assert first[7].mean() > first[0].mean() + 5, "it fades in"
    assert not np.array_equal(first[7], run(moment(7))[0]), "it has gone on"
    generator.generate([latent(generator, 0, moment=moment(3))])
    again = run(moment(0), *(moment(n) for n in range(1, 4)))
    assert np.array_equal(again, first[:4]), "another class was on, so it begins anew"
    assert np.array_equal(run(moment(0, fresh=True)), first[:1])


def test_a_camera_moves_what_has_no_inputs(tmp_path: Path) -> None:
    text = "/*{}*/\nvoid main() { gl_FragColor = vec4(step(0.5, fract(isf_FragNormCoord * 3.0)), 0.2, 1.0); }"
    generator = open_generator(str(bundle(tmp_path, checks=text)), (48, 28))
    one, two = latent(generator), latent(generator, seed=2)
    base = generator.generate([one])[0].astype(int)
    for group in (0, 2):
        z = one.z.copy()
        z[group] = two.z[group]
        assert np.abs(generator.generate([dataclasses.replace(one, z=z)])[0] - base).mean() > 4
    generator.close()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("/*{}*/\nvoid main() { gl_FragColor = nonsense; }", "nonsense"),
        ("/*{}*/\nvoid main() { gl_FragColor = vec4(0.0, 0.0, 0.0, 1.0); }", "nothing but black"),
        ('/*{"INPUTS": [}*/\nvoid main() {}', "JSON"),
    ],
)
def test_what_will_not_do_is_refused_by_name(text: str, word: str, tmp_path: Path) -> None:
    with pytest.raises(VjError, match=word) as caught:
        bundle(tmp_path, dud=text)
    assert "dud.fs" in str(caught.value)
    assert str(tmp_path / "bundle") not in str(caught.value), "its own file is named, not our copy of it"


def test_what_draws_without_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vj.generators.shader.process.LOADING_S", 0.7)
    path = tmp_path / "x.fs"
    path.write_text(ENDLESS)
    with pytest.raises(TooLongError, match="takes too long"):
        Process([path], None)
    rings = tmp_path / "rings.fs"
    rings.write_text(RINGS)
    with pytest.raises(TooLongError) as caught:
        Process([rings, path], None)
    assert caught.value.file == 1


def test_links_are_played_as_they_are_edited(tmp_path: Path) -> None:
    here, there = tmp_path / "trails.fs", tmp_path / "bundle"
    text = "/*{}*/\nvoid main() { gl_FragColor = vec4(isf_FragNormCoord, 0.5, 1.0); }"
    here.write_text(text)
    there.mkdir()
    assert is_shader(here)
    write(here, there, "linked", link=True)
    here.write_text(text + "\n// edited\n")
    assert "edited" in (there / "trails.fs").read_text()
    open_generator(str(there)).close()


def test_a_folder_without_anything_to_draw_is_refused(tmp_path: Path) -> None:
    header = [f'{{"NAME": "{name}", "TYPE": "image"}}' for name in ("startImage", "endImage")]
    header.append('{"NAME": "progress", "TYPE": "float"}')
    for name in "ab":
        (tmp_path / f"{name}.fs").write_text(f'/*{{"INPUTS": [{", ".join(header)}]}}*/\nvoid main() {{}}')
    with pytest.raises(BundleError, match="no shader to draw with"):
        write(tmp_path, tmp_path, "none")


def test_of_a_folder_what_will_not_do_is_left_out_and_noted(tmp_path: Path) -> None:
    wipe = """/*{"INPUTS": [{"NAME": "startImage", "TYPE": "image"}, {"NAME": "endImage", "TYPE": "image"},
    {"NAME": "progress", "TYPE": "float"}]}*/
    void main() {
        gl_FragColor = isf_FragNormCoord.x < progress ? IMG_THIS_PIXEL(endImage) : IMG_THIS_PIXEL(startImage);
    }
    """
    red, green = (f"/*{{}}*/\nvoid main() {{ gl_FragColor = vec4({ink}, 1.0); }}" for ink in ("1, 0, 0", "0, 1, 0"))
    files = {"bad": "/*{}*/\nvoid main() { nonsense; }", "worse": "/*{", "red": red, "green": green}
    folder = bundle(tmp_path, **files, wipe=wipe, wipe_b=wipe)
    notes = read_toml(folder)["source"]["notes"]
    assert [note.split(":")[0] for note in notes] == ["left out wipe_b.fs", "left out worse.fs", "left out bad.fs"]
    assert sorted(file.name for file in folder.glob("*.fs")) == ["green.fs", "red.fs", "wipe.fs"]
    generator = open_generator(str(folder), (64, 36))
    half = dataclasses.replace(latent(generator, psi=0.0), mix=np.full(2, 0.5, np.float32))
    picture = generator.generate([half])[0].astype(int)
    generator.close()
    left, right = picture[:, 4:28].mean((0, 1)), picture[:, 36:60].mean((0, 1))
    assert left[0] > 200 > 50 > left[1], "red comes from the left"
    assert right[1] > 200 > 50 > right[0]


def read_toml(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "bundle.toml").read_text())

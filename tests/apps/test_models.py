"""`vj models`, as a user types it: what comes in can be listed, verified, played, timed and taken away again."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnxruntime
import platformdirs
import pytest
from layouts import stylegan2
from layouts.nvidia import write_snapshot
from tests_songs import kicks
from typer.testing import CliRunner

from vj.apps import cli
from vj.apps.assemble import Settings
from vj.apps.models import commands as models
from vj.apps.models import keep
from vj.apps.render.film import render
from vj.core.errors import BundleError, VjError
from vj.core.shelf import share
from vj.generators.bundle import optimized
from vj.generators.bundle.manifest import read_bundle
from vj.generators.bundle.opening import open_generator
from vj.workshop import import_checkpoint
from vj.workshop.graph import Graph
from vj.workshop.manifest import Facts, manifest, usual_groups, write_manifest
from vj.workshop.optimize import measure as optimize
from vj.workshop.optimize.ways import Way

SIDE = 16
A = np.random.default_rng(3).standard_normal((8, 3 * SIDE * SIDE)).astype(np.float32) * 0.5


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of the user's bundles."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: tmp_path / "data/vj")
    return tmp_path / "data/vj/models"


def decoder(path: Path, scale: float = 1.0) -> Path:
    g = Graph()
    z = g.input("z", ["batch", 8])
    g.output("image", g.reshape(g.tanh((z * scale) @ A), -1, 3, SIDE, SIDE), ["batch", 3, SIDE, SIDE])
    g.save(path)
    return path


def vj(*words: str) -> str:
    """What a command prints; raises what it raises."""
    result = CliRunner().invoke(cli.app, ["models", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def empty(home: Path) -> bool:
    return not home.exists() or not list(home.iterdir())


def made(folder: Path) -> Path:
    """A small bundle by hand, quicker than an import."""
    folder.mkdir(parents=True)
    g = Graph()
    g.output("w", g.input("z", ["batch", 8]) * 1.0, ["batch", 8])
    g.save(folder / "mapper.onnx")
    g = Graph()
    styles = g.reshape(g.input("styles", ["batch", 1, 8]), -1, 8)
    g.output("image", g.reshape(g.tanh(styles @ A), -1, 3, SIDE, SIDE), ["batch", 3, SIDE, SIDE])
    g.save(folder / "synthesizer.onnx")
    (folder / "classes.txt").write_text("only\n")
    shapes = {"z": 8, "w": 8, "layers": 1, "classes": 1}
    write_manifest(folder, Facts("hand", folder.name, (SIDE, SIDE), (), shapes, usual_groups(1)))
    return folder


def test_from_import_to_remove(tmp_path: Path, home: Path) -> None:
    said = vj("import", str(decoder(tmp_path / "My Net.onnx")), "--licence", "CC0-1.0")
    assert "my-net is ready" in said
    assert [path.name for path in home.iterdir()] == ["my-net"]
    rows = [line.split("\t") for line in vj("list").splitlines()]
    assert ["my-net", "onnx", "16x16", "1", "1", str(home / "my-net")] in rows
    assert "worlds" in [row[0] for row in rows]
    shown = vj("show", "my-net")
    for word in ("CC0-1.0", "16, 16", "CPUExecutionProvider", " ms", "Made by `vj models import`"):
        assert word in shown
    assert "wrong" not in vj("verify", "my-net")
    rows = [line.split("\t") for line in vj("bench", "my-net", "--runs", "5").splitlines()]
    assert [row[0].split(", ")[1] for row in rows] == ["1 thread", "2 threads"]
    assert all(0 < float(row[1]) <= float(row[2]) for row in rows)
    with pytest.raises(BundleError, match="already"):
        vj("import", str(tmp_path / "My Net.onnx"))
    before = read_bundle(home / "my-net").fingerprint
    vj("import", str(decoder(tmp_path / "My Net.onnx", 0.5)), "--force", "--name", "my-net")
    assert read_bundle(home / "my-net").fingerprint != before
    assert [path.name for path in home.iterdir()] == ["my-net"]
    assert CliRunner().invoke(cli.app, ["models", "remove", "my-net"], input="n\n").exit_code == 1
    assert (home / "my-net").is_dir()
    vj("remove", "my-net", "--yes")
    assert empty(home)


def test_a_checkpoint_comes_in_with_half_precision_beside(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a snapshot by the command line; its steps are told, and optimising tries both precisions."""
    file = write_snapshot(tmp_path / "network-snapshot-000100.pkl", {}, stylegan2.official(16))
    told: list[tuple[str, float | None]] = []

    @contextmanager
    def bar(title: str, console: object) -> Iterator[Callable[..., None]]:
        yield lambda step, part=None: told.append((step, part))

    with monkeypatch.context() as patch:
        patch.setattr(models, "bar", bar)
        vj("import", str(file), "--name", "faces", "--half")
    steps = [step for step, _ in told]
    assert steps[0].startswith("reading network-snapshot-000100.pkl, ")
    assert {"exporting a stylegan2", "building the synthesizer", "building the synthesizer in half precision"} < {
        *steps
    }
    assert steps.index("measuring turns") < steps.index("trying it out")
    assert "trying it out: the same latent gives the same picture, to the last bit" in steps
    assert "synthesizer.fp16.onnx" in read_bundle(home / "faces").files
    assert "wrong" not in vj("verify", "faces")
    assert "fp16, 1 thread" in [line.split("\t")[0] for line in vj("optimize", "faces").splitlines()]


def test_a_bundle_of_one_layer_goes_through_the_whole_engine(tmp_path: Path, home: Path) -> None:
    made(home / "one")
    for director in ("style_walk", "pulse", "chord"):
        settings = Settings(bundle="one", size=None, director=director)
        film = tmp_path / f"{director}.mp4"
        song = kicks(tmp_path / "song.wav", 0.5)
        assert render(song, film, settings, Fraction(24), (64, 64)).frames == 12
        assert film.stat().st_size > 0


def test_a_bundle_is_copied_in_with_its_own_files_only(tmp_path: Path, home: Path) -> None:
    theirs = made(tmp_path / "theirs")
    (theirs / "README.md").write_text("a card")
    (theirs / "evil.py").write_text("print()")
    vj("import", str(theirs), "--name", "copied")
    names = {path.name for path in (home / "copied").iterdir()}
    assert names == {"bundle.toml", "mapper.onnx", "synthesizer.onnx", "classes.txt", "README.md"}


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["import", "MISSING.pkl"], "there is no"),
        (["import", "NET", "--name", "worlds"], "comes with vj"),
        (["import", "NET", "--name", "testcard"], "comes with vj"),
        (["import", "NET", "--name", "../up"], "no name for a bundle"),
        (["import", "NET", "--name", ".partial"], "no name for a bundle"),
        (["import", "NET", "--range", "black"], "no range"),
        (["import", "NET", "--half"], "keeps its own precision"),
        (["import", "NET", "--range", "1,1"], "no range"),
        (["import", "NET", "--classes", ","], "names no class"),
        (["import", "NET", "--z", "9"], "8 numbers, not 9"),
        (["import", "TEXT"], "TEXT"),
        (["remove", "worlds", "--yes"], "comes with vj and stays"),
        (["remove", "../../tmp", "--yes"], "no bundle"),
        (["verify", "wrlds"], "wrlds"),
        (["show", "wrlds"], "wrlds"),
        (["optimize", "testcard"], "testcard"),
    ],
)
def test_mistakes_are_told_and_leave_nothing(tmp_path: Path, home: Path, words: list[str], what: str) -> None:
    decoder(tmp_path / "net.onnx")
    (tmp_path / "TEXT").write_text("words")
    places = {"NET": "net.onnx", "MISSING.pkl": "MISSING.pkl", "TEXT": "TEXT"}
    with pytest.raises(VjError) as caught:
        vj(*[str(tmp_path / places[word]) if word in places else word for word in words])
    assert what in str(caught.value)
    assert empty(home)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("My Net", "my-net"),
        ("Faces/Large 2", "faces-large-2"),
        ("ZO\u00cb\u2019s_Net!", "zoes_net"),
        ("a" * 80, "a" * 64),
    ],
)
def test_a_name_is_put_right_and_told(tmp_path: Path, home: Path, asked: str, kept: str) -> None:
    said = vj("import", str(decoder(tmp_path / "net.onnx")), "--name", asked)
    assert [path.name for path in home.iterdir()] == [kept]
    assert f"is kept as {kept}" in " ".join(said.split())
    assert f"vj live --bundle {kept}" in said


@pytest.mark.parametrize(
    ("asked", "offered"), [("../up", "--name up"), ("\u732b", "--name net"), ("worlds", "--name worlds-2")]
)
def test_a_name_that_cannot_be_kept_comes_with_another(tmp_path: Path, home: Path, asked: str, offered: str) -> None:
    with pytest.raises(VjError) as caught:
        vj("import", str(decoder(tmp_path / "net.onnx")), "--name", asked)
    assert offered in caught.value.hint
    assert empty(home)


@pytest.mark.gl
def test_a_shader_comes_in_and_one_that_does_not_compile_is_told_by_line(tmp_path: Path, home: Path) -> None:
    toy = tmp_path / "Slow Waves.frag"
    toy.write_text(
        "void mainImage(out vec4 c, in vec2 p) {\n"
        "    c = vec4(0.5 + 0.5 * cos(iTime + 9.0 * p.xyx / iResolution.y + vec3(0, 2, 4)), 1.0);\n}\n"
    )
    assert "slow-waves is ready" in vj("import", str(toy))
    assert read_bundle(home / "slow-waves").kind == "shader"
    with pytest.raises(BundleError, match="it is a shader"):
        vj("optimize", "slow-waves")
    toy.write_text(toy.read_text().replace("cos(", "cosine("))
    with pytest.raises(VjError, match=r"Slow Waves\.frag") as caught:
        vj("import", str(toy), "--force")
    assert caught.value.where == f"{toy}:2"
    assert read_bundle(home / "slow-waves").name == "slow-waves", "the old one stays"


def test_a_failed_import_leaves_the_old_bundle(tmp_path: Path, home: Path) -> None:
    old = made(home / "net")
    before = {path.name: path.read_bytes() for path in old.iterdir()}
    (tmp_path / "net.onnx").write_bytes(b"no network")
    with pytest.raises(BundleError):
        vj("import", str(tmp_path / "net.onnx"), "--force")
    assert [path.name for path in home.iterdir()] == ["net"]
    assert {path.name: path.read_bytes() for path in old.iterdir()} == before


def test_a_bundle_that_would_not_play_is_not_kept(home: Path) -> None:
    def write(folder: Path) -> None:
        made(folder / "inner")
        for path in (folder / "inner").iterdir():
            shutil.move(path, folder)
        (folder / "inner").rmdir()
        (folder / "classes.txt").write_text("other\n")

    with pytest.raises(BundleError, match=r"classes\.txt is not the file"):
        keep.keep("net", write)
    assert empty(home)


def test_ctrl_c_leaves_nothing(tmp_path: Path, home: Path, wait_until: Callable[..., None]) -> None:
    decoder(tmp_path / "net.onnx")
    command = [sys.executable, "-m", "vj.apps.cli", "models", "import", str(tmp_path / "net.onnx")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: list((home / ".partial").glob("net-*/net")), 60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    # Python ends by the signal itself, silently, if that came while it read a string: the same to a shell.
    assert process.returncode in (130, -signal.SIGINT), out + err
    assert "nothing was kept" in out
    assert "Traceback" not in err
    assert empty(home)


def test_what_a_killed_import_left_is_swept_away(home: Path) -> None:
    left = home / ".partial/net-old"
    made(left / "net")
    assert "net" not in [line.split("\t")[0] for line in vj("list").splitlines()]
    old = time.time() - 7 * 3600
    os.utime(left, (old, old))
    hand_made = made(home.parent / "hand")
    keep.keep("other", lambda folder: keep.copy_bundle(hand_made, folder))
    assert [path.name for path in home.iterdir()] == ["other"]


def resum(folder: Path) -> None:
    """Make the manifest agree with changed files."""
    text = (folder / "bundle.toml").read_text()
    for name, old in tomllib.loads(text)["files"].items():
        text = text.replace(old, hashlib.sha256((folder / name).read_bytes()).hexdigest())
    (folder / "bundle.toml").write_text(text)


def damage(folder: Path, kind: str) -> None:
    g = Graph()
    styles = g.reshape(g.input("styles", ["batch", 1, 8]), -1, 8) @ A
    if kind == "bytes":
        (folder / "synthesizer.onnx").write_bytes((folder / "synthesizer.onnx").read_bytes() + b"more")
        return
    if kind == "classes":
        text = (folder / "bundle.toml").read_text().replace("classes = 1", "classes = 2")
        (folder / "bundle.toml").write_text(text)
        (folder / "classes.txt").write_text("one\ntwo\n")
    image = {
        "nan": lambda: g.op("Log", styles),
        "one colour": lambda: styles * 0.0,
        "range": lambda: g.sigmoid(styles) * 255.0,
        "dead": lambda: g.tanh(styles * 0.0 + A[:1]),
        "classes": lambda: g.tanh(styles),
    }[kind]()
    g.output("image", g.reshape(image, -1, 3, SIDE, SIDE), ["batch", 3, SIDE, SIDE])
    g.save(folder / "synthesizer.onnx")
    resum(folder)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("bytes", "not the file the bundle was made with"),
        ("nan", "of class 'only', seed 0, psi 1, are no numbers"),
        ("one colour", "one colour"),
        ("range", "clipped"),
        ("dead", "every z gives the same picture"),
        ("classes", "takes no class"),
    ],
)
def test_verify_finds_what_is_wrong(home: Path, kind: str, words: str) -> None:
    damage(made(home / "net"), kind)
    result = CliRunner().invoke(cli.app, ["models", "verify", "net"])
    assert isinstance(result.exception, BundleError)
    wrong = [line for line in result.output.splitlines() if line.startswith("wrong")]
    assert any(words in line for line in wrong), result.output


def test_verify_finds_nothing_wrong_with_what_is_shipped() -> None:
    said = vj("verify", "worlds")
    assert "wrong" not in said
    assert "tells 24 classes apart" in said


def test_a_damaged_bundle_is_listed_as_such(home: Path) -> None:
    (made(home / "net") / "bundle.toml").write_text("kind = 3")
    rows = [line.split("\t") for line in vj("list").splitlines()]
    assert [row[1] for row in rows if row[0] == "net"] == ["damaged"]


def test_optimize_keeps_a_choice_for_this_machine_only(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = made(home / "net")
    rows = [line.split("\t") for line in vj("optimize", "net").splitlines()]
    assert rows[0][-1] == "chosen"
    assert {row[0] for row in rows} >= {"fp32, 1 thread", "torch bf16, 1 thread"}
    bundle = read_bundle(folder)
    choice = optimized.read_choice(bundle)
    assert choice
    assert choice.psnr_db >= optimize.LEAST_PSNR_DB
    # where an extra is quickest, ONNX Runtime's best is kept beside it
    chosen = next(row for row in rows if not row[0].startswith(("torch", "OpenVINO")))
    assert choice.ms == pytest.approx(float(chosen[1]), abs=0.01)
    assert choice.file.parent == folder
    assert open_generator(str(folder)).provider.endswith(", optimized") or rows[0][0].startswith("torch")
    assert "optimized" not in open_generator(str(folder), threads=1).provider
    assert "wrong" not in vj("verify", "net")
    vj("optimize", "net")
    kept = tomllib.loads((folder / "optimized.toml").read_text())["choice"]
    assert len(kept) == len({entry["runtime"] for entry in kept})
    with monkeypatch.context() as patch:
        patch.setattr(onnxruntime, "__version__", "0.1")
        assert optimized.read_choice(bundle) is None
    with monkeypatch.context() as patch:
        patch.setattr(optimized, "_processor", lambda: "another")
        assert optimized.read_choice(bundle) is None
    (folder / "optimized.toml").write_text('choice = [{provider = "CPUExecutionProvider"}, 3]')
    assert optimized.read_choice(bundle) is None


def test_the_choice_for_a_shipped_bundle_is_kept_elsewhere() -> None:
    bundle = read_bundle(share("models") / "worlds")
    assert not optimized.sidecar(bundle).is_relative_to(share("models"))


def row(label: str, ms: float, psnr: float = 99.0, **more: object) -> optimize.Row:
    return optimize.Row(Way(label, Path("x"), **more), ms, ms, psnr, alone=True)  # type: ignore[arg-type]


def test_the_best_row_is_fast_and_looks_the_same() -> None:
    rows = [
        row("usual", 10.0),
        row("two", 8.0, threads=2),
        row("rough", 1.0, 44.9, precision="bf16"),
        row("mixed", 9.0, 46.0, precision="mixed"),
        row("basic", 9.8, level="basic"),
    ]
    assert [r.way.label for r in optimize.ranked(rows)] == ["mixed", "usual", "basic", "two", "rough"]
    assert optimize.ranked([rows[0], row("two", 6.9, threads=2)])[0].way.label == "two"
    beside = [replace(each, alone=False) for each in rows]  # timed beside a show, two threads need no start
    assert [r.way.label for r in optimize.ranked(beside)] == ["two", "mixed", "usual", "basic", "rough"]
    late = replace(beside[1], late_ms=40.0)  # and late pictures count
    assert optimize.ranked([late, *beside[:1]])[0].way.label == "usual"


def test_psnr_is_that_of_the_worst_picture() -> None:
    one = np.zeros((2, 3, 4, 4), np.float32)
    two = one.copy()
    two[1] += 0.02
    assert optimize.worst_psnr_db(two, one) == pytest.approx(20 * np.log10(2 / 0.02), abs=1e-3)
    assert optimize.worst_psnr_db(one, one) == 99.0
    assert optimize.worst_psnr_db(two * np.nan, one) == 0.0


def test_a_manifest_quotes_whatever_it_is_given(tmp_path: Path) -> None:
    folder = made(tmp_path / "b")
    odd = 'a "quoted"\n[files]\n\x7f\\ name'
    facts = Facts(odd, odd, (4, 4), (), {"z": 1}, {odd: (0, 1)}, licence=odd, source={odd: odd, "w": np.ones(2)})
    read = tomllib.loads(manifest(folder, facts))
    assert read["name"] == read["licence"] == read["source"][odd] == odd
    assert read["groups"] == {odd: [0, 1]}
    assert read["source"]["w"] == [1.0, 1.0]
    assert "turn" not in read
    (folder / "mapper.onnx").unlink()
    with pytest.raises(BundleError, match=r"needs mapper\.onnx"):
        manifest(folder, facts)


@pytest.mark.parametrize("layers", [1, 2, 3, 8, 9, 10, 14, 18])
def test_usual_groups_cover_all_layers(layers: int) -> None:
    spans = list(usual_groups(layers).values())
    assert [start for start, _ in spans] == [0, *(stop for _, stop in spans[:-1])]
    assert spans[-1][1] == layers
    assert all(start < stop for start, stop in spans)


def test_a_family_that_cannot_be_imported_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Reader:
        """Stands in for the reader of checkpoints."""

        family = "stylegan9"

        @staticmethod
        def read_checkpoint(path: Path) -> type["Reader"]:
            return Reader

    (tmp_path / "net.pkl").write_bytes(b"")
    monkeypatch.setattr(import_checkpoint, "_part", lambda *_: Reader)
    with pytest.raises(BundleError, match="no checkpoint of a family"):
        vj("import", str(tmp_path / "net.pkl"))
    monkeypatch.undo()
    monkeypatch.setitem(import_checkpoint.TOOLS, "stylegan9", "stylegan9.importer")
    with pytest.raises(BundleError, match="cannot import stylegan9"):
        import_checkpoint._part("stylegan9.importer", tmp_path / "net.pkl", "stylegan9")

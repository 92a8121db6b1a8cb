"""Whatever is wrong on the command line is said in three parts, without a traceback, and costs nothing."""

import io
import shutil
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import pytest
from tests_songs import kicks

from vj.apps import cli
from vj.core import shelf
from vj.devices.audio.file import AudioFile

Done = subprocess.CompletedProcess[str]


def program(*arguments: str, cwd: Path | None = None) -> Done:
    """The program itself."""
    command = [sys.executable, "-m", "vj.apps.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=cwd)


def vj(*arguments: str, cwd: Path = Path()) -> Done:
    """What the program does, without the seconds that it takes to begin."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with chdir(cwd), redirect_stdout(out), redirect_stderr(err), mock.patch.object(sys, "argv", ["vj", *arguments]):
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Done(arguments, code, out.getvalue(), err.getvalue())


def broken_bundle(folder: Path, damage: str) -> Path:
    """A copy of the shipped bundle with something wrong."""
    bundle = folder / "broken"
    shutil.copytree(shelf.share("models") / "dream", bundle)
    if damage == "checksum":
        (bundle / "classes.txt").write_text("other\nwords\n")
        with (bundle / "synthesizer.onnx").open("ab") as file:
            file.write(b"more")
    else:
        shutil.copyfile(bundle / "mapper.onnx", bundle / "synthesizer.onnx")
        text, old = (bundle / "bundle.toml").read_text(), None
        import hashlib

        fresh = hashlib.sha256((bundle / "synthesizer.onnx").read_bytes()).hexdigest()
        for line in text.splitlines():
            if line.startswith('"synthesizer.onnx"') or line.startswith("synthesizer.onnx"):
                old = line.split('"')[-2]
        assert old, "bundle.toml has no checksum of its synthesizer"
        (bundle / "bundle.toml").write_text(text.replace(old, fresh))
    return bundle


@pytest.mark.parametrize(
    ("arguments", "what", "hint"),
    [
        (["render", "SONG", "--bundle", "wrlds"], "wrlds", "worlds"),
        (["render", "SONG", "--director", "drfit"], "drfit", "drift"),
        (["render", "SONG", "--setlist", "frist"], "frist", "first"),
        (["render", "SONG", "--fps", "10"], "out of range", "24 to 144"),
        (["render", "SONG", "--size", "big"], "no picture size", "1280x720"),
        (["render", "SONG", "--from", "9"], "9", "--from"),
        (["render", "SONG", "--set", "/latent/ps=1", "--bundle", "dream"], "/latent/ps", "/latent/psi"),
        (["render", "SONG", "-o", "SONG", "--bundle", "dream"], "place of", "-o"),
        (["render", "SONG", "-o", "nowhere/film.mp4", "--bundle", "dream"], "folder", "create"),
        (["render", "missing.wav"], "no such sound file", "spelling"),
        (["render", "."], "no performance", "--record-performance"),
        (["live", "--headless", "--device", "Scarlett 99", "--bundle", "dream"], "audio input", "vj devices"),
        (["live", "--headless", "--input", "SONG", "--channels", "left", "--bundle", "dream"], "no channels", "from 1"),
        (["live", "--headless", "--track", "2", "--bundle", "dream"], "sound tracks", "--input"),
        (["live", "--headless", "--input", "missing.wav", "--bundle", "dream"], "no such sound file", "spelling"),
        (
            ["live", "--headless", "--input", "SONG", "--record", "nowhere/film.mp4", "--bundle", "dream"],
            "folder",
            "create",
        ),
        (["midi", "learn", "/latent/psy"], "/latent/psy", "/latent/psi"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_told_and_exit_with_one(tmp_path: Path, arguments: list[str], what: str, hint: str) -> None:
    song = kicks(tmp_path / "song.wav", 1.0)
    done = vj(*[str(song) if word == "SONG" else word for word in arguments], cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "vj:" in done.stderr
    assert what in done.stderr
    assert hint in done.stderr
    assert not list(tmp_path.glob("*.mp4"))
    assert AudioFile(song).duration == pytest.approx(1.0)


def test_the_program_itself_tells_a_mistake_without_a_traceback(tmp_path: Path) -> None:
    done = program("render", "missing.wav", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "vj:" in done.stderr


def test_a_film_never_takes_the_place_of_what_it_was_made_of(tmp_path: Path) -> None:
    options = ["--bundle", "dream", "--size", "64x36", "--fps", "24", "--detail", "draft", "--to", "0.25"]
    assert vj("render", str(kicks(tmp_path / "set.wav", 1.0)), *options, cwd=tmp_path).returncode == 0
    before = (tmp_path / "set.mp4").read_bytes()
    done = vj("render", "set.mp4", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "set.mp4").read_bytes() == before
    assert "set-2.mp4" in done.stdout


@pytest.mark.parametrize("damage", ["checksum", "shape"])
def test_a_damaged_bundle_is_refused(tmp_path: Path, damage: str) -> None:
    song = kicks(tmp_path / "song.wav", 1.0)
    done = vj("render", str(song), "--bundle", str(broken_bundle(tmp_path, damage)), cwd=tmp_path)
    assert done.returncode == 1
    assert "synthesizer.onnx" in done.stderr or "bundle" in done.stderr
    assert not list(tmp_path.glob("*.mp4"))


def test_a_setlist_with_a_typo_names_file_cue_and_key(tmp_path: Path) -> None:
    setlist = tmp_path / "set.toml"
    setlist.write_text('[[cue]]\nnumber = "1"\nname = "Doors"\nclases = "ink"\n')
    done = vj("render", str(kicks(tmp_path / "song.wav", 1.0)), "--setlist", str(setlist), cwd=tmp_path)
    assert done.returncode == 1
    for word in ("clases", "set.toml", "cue 1 (Doors)", "classes"):
        assert word in done.stderr


def test_osc_list_prints_every_address() -> None:
    done = vj("osc", "list")
    addresses = [line.split("\t")[0] for line in done.stdout.splitlines()]
    assert {"/model/class", "/model/mix", "/latent/psi", "/master/blackout", "/tempo/tap"} <= set(addresses)


def test_doctor_reports_on_any_machine() -> None:
    done = program("doctor")
    assert done.returncode == 0, done.stderr
    for word in ("Versions", "Audio", "MIDI", "Displays", "Generators", "worlds", "checksums right"):
        assert word in done.stdout
    for port in ("OSC: UDP 127.0.0.1:7", "surface: TCP 127.0.0.1:7"):
        assert port in done.stdout


def test_the_version_and_the_help() -> None:
    assert vj("--version").stdout.startswith("vj ")
    for command in ("live", "render", "demo", "devices", "doctor", "osc", "midi"):
        assert command in vj("--help").stdout


def test_the_help_speaks_to_performers() -> None:
    shown = vj("--help").stdout
    assert shown.index("On stage") < shown.index("Films") < shown.index("Generators")
    assert "An evening" in shown
    assert "only place that exits" not in shown
    rows = [line for line in shown.splitlines() if line.startswith("\u2502 ") and not line.startswith("\u2502 --")]
    assert len(rows) >= 11
    assert not [row for row in rows if row[2] == " "], "each command has one line"

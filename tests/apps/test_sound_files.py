"""Sound files from the command line: a decoder that dies, several tracks, numbers that are none."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest
from tests_sounds import encoded, wav
from typer.testing import CliRunner

from vj.apps.cli import app
from vj.core.errors import VjError

RATE = 48000
LIVE = ("live", "--headless", "--no-guard", "--no-midi", "--osc-port", 0, "--bundle", "testcard", "--size", "64x36")


def vj(*words: object, cwd: Path | None = None) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "vj.apps.cli", *map(str, words)]
    path = str(Path(__file__).resolve().parents[2])
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path},
    )


def written(child: str) -> int:
    """Bytes that the process `child` has passed on so far; 0 for one that has ended, or decodes nothing."""
    try:
        if b"_decode_child" not in Path(f"/proc/{child}/cmdline").read_bytes():
            return 0
        return int(Path(f"/proc/{child}/io").read_text().split("wchar: ")[1].split()[0])
    except OSError:
        return 0


def kill_the_decoder(parent: int, begun: Path | None = None) -> None:
    """End the child of `parent` that decodes, in the middle of its work: one that rests is of no use to anybody.

    Not before there is something of the file `begun`.
    """
    end, grown, before = time.monotonic() + 300, dict[str, int](), dict[str, int]()
    while time.monotonic() < end:
        children = " ".join(path.read_text() for path in Path("/proc").glob(f"{parent}/task/*/children")).split()
        now = {child: written(child) for child in children}
        grown = {child: grown.get(child, 0) + 1 if now[child] > before.get(child, 0) > 0 else 0 for child in now}
        busy = [child for child, times in grown.items() if times >= 3]
        if busy and (begun is None or (begun.exists() and begun.stat().st_size)):
            os.kill(int(busy[0]), signal.SIGKILL)
            return
        before = now
        time.sleep(0.3)
    pytest.fail("nobody decodes")


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five minutes of noise, more than a decoder can be ahead of its reader."""
    noise = np.random.default_rng(1).integers(-9000, 9000, (300 * RATE, 2), np.int16)
    return wav(tmp_path_factory.mktemp("long") / "long.wav", noise)


def test_a_render_whose_decoder_dies_ends_with_one_sentence_and_a_playable_film(long: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    render = vj("render", long, "-o", film, "--bundle", "testcard", "--size", "64x36", "--fps", 24)
    kill_the_decoder(render.pid, film)
    _, words = render.communicate(timeout=300)
    assert render.returncode == 1
    assert "the decoder died in the middle of this file" in words
    assert "Traceback" not in words
    with av.open(str(film)) as opened:
        assert sum(1 for _ in opened.decode(video=0)) > 0


@pytest.mark.realtime
def test_a_show_whose_decoder_dies_goes_on_in_silence_and_says_so(long: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    show = vj(*LIVE, "--input", long, "--duration", 5, "--report", report)
    kill_the_decoder(show.pid)
    said, words = show.communicate(timeout=300)
    assert (show.returncode, words) == (0, "")
    assert "the decoder died in the middle of this file; silence in its place" in " ".join(said.split())
    figures = json.loads(report.read_text())
    assert figures["errors"] == 0
    assert figures["displayed_frames"] > 60


@pytest.mark.realtime
def test_a_show_records_and_reports_what_was_no_number(tmp_path: Path) -> None:
    sound = np.full((RATE, 2), 0.25, np.float32)
    sound[24000] = np.nan
    report, film = tmp_path / "report.json", tmp_path / "film.mp4"
    song = wav(tmp_path / "nan.wav", sound)
    show = vj(*LIVE, "--input", song, "--duration", 3, "--report", report, "--record", film, cwd=tmp_path)
    said, words = show.communicate(timeout=300)
    assert (show.returncode, words) == (0, "")
    assert "without sense" in said
    assert json.loads(report.read_text())["audio_unclean"] >= 2
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["film.mp4"], "another recording was begun"
    with av.open(str(film)) as opened:
        heard = np.concatenate([frame.to_ndarray() for frame in opened.decode(audio=0)], axis=1)
    assert np.isfinite(heard).all()
    assert np.median(np.abs(heard)) == pytest.approx(0.25, abs=0.02)


def test_track_and_channels_of_a_film(tmp_path: Path) -> None:
    tone = 0.4 * np.sin(2 * np.pi * 55 * np.arange(2 * RATE) / RATE)
    tracks = [np.zeros((2 * RATE, 2)), np.stack([0 * tone, tone], axis=1)]
    film = encoded(tmp_path / "film.mkv", tracks, "flac", container="matroska")
    out, run = tmp_path / "out.mp4", CliRunner().invoke
    assert "track 1 is silent for its first minute, track 2 is not" in " ".join(
        run(app, ["analyze", str(film), "--director", "spectrum"]).stdout.split()
    )
    render = ["render", str(film), "-o", str(out), "--track", "2", "--bundle", "testcard", "--size", "64x36"]
    done = run(app, [*render, "--fps", "24", "--channels", "2"])
    assert (done.exit_code, done.stderr) == (0, "")
    assert "silent" not in done.stdout
    with av.open(str(out)) as opened:
        heard = np.concatenate([frame.to_ndarray() for frame in opened.decode(audio=0)], axis=1)
    assert np.abs(heard).max(axis=1) == pytest.approx([0.4, 0.4], abs=0.03)
    error = run(app, [*render, "--channels", "3"]).exception
    assert isinstance(error, VjError)
    assert "no channel 3" in error.what

"""Songs in, films out: counted, in time, repeatable, playable when interrupted, and clear on bad input."""

import os
import signal
import subprocess
import sys
import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests_songs import RATE, kicks

from vj.apps.assemble import Settings
from vj.apps.render.film import render
from vj.core.errors import AudioError
from vj.core.types import Event

TESTCARD = Settings(bundle="testcard", size=(64, 36), director="style_walk")
SMALL = (128, 72)
#: What a performer does to have no finish: ten minutes of it take a rasteriser as long.
PLAIN = ((0.0, Event("/fx/on", (False,))),)


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def times_of(path: Path) -> list[Fraction]:
    with av.open(str(path)) as film:
        return [frame.pts * frame.time_base for frame in film.decode(video=0)]


def sound_of(path: Path) -> np.ndarray:
    with av.open(str(path)) as film:
        parts = [frame.to_ndarray() for frame in film.decode(audio=0)]
    return np.concatenate(parts, axis=1).mean(axis=0)


@pytest.mark.parametrize(
    ("fps", "seconds", "channels", "rate"),
    [(24, 1.5, 1, 44100), (Fraction(30000, 1001), 1.7, 2, 96000), (144, 0.5, 2, 22050)],
)
def test_every_frame_is_there_and_in_time(
    tmp_path: Path, fps: Fraction, seconds: float, channels: int, rate: int
) -> None:
    film = tmp_path / "film.mp4"
    wav = kicks(tmp_path / "song.wav", seconds, channels, rate)
    count = render(wav, film, TESTCARD, Fraction(fps), SMALL).frames
    times = times_of(film)
    assert len(times) == count == -(-int(seconds * RATE) * Fraction(fps) // RATE)
    assert all(abs(t - n / Fraction(fps)) < Fraction(1, 1000) for n, t in enumerate(times))
    assert abs(len(sound_of(film)) / RATE - seconds) < 0.05
    with av.open(str(film)) as opened:
        assert {s.codec_context.name for s in opened.streams} == {"h264", "aac"}


def test_the_same_seed_gives_the_same_frames_and_another_other_ones(tmp_path: Path) -> None:
    wav = kicks(tmp_path / "song.wav", 1.0)
    films = []
    for n, seed in enumerate((3, 3, 4)):
        settings = Settings(bundle="testcard", size=(64, 36), seed=seed)
        render(wav, tmp_path / f"{n}.mp4", settings, Fraction(24), SMALL)
        films.append(np.array(frames_of(tmp_path / f"{n}.mp4")))
    np.testing.assert_array_equal(films[0], films[1])
    assert np.abs(films[0].astype(int) - films[2]).mean() > 1.0


@pytest.mark.parametrize("right", [1, -1], ids=["in phase", "one side inverted"])
def test_the_picture_moves_with_the_kicks(tmp_path: Path, right: int) -> None:
    """Frames after a kick change more than frames before one."""
    render(
        kicks(tmp_path / "song.wav", 5.0, gap=1.0, right=right), tmp_path / "film.mp4", TESTCARD, Fraction(30), SMALL
    )
    frames = np.array(frames_of(tmp_path / "film.mp4")).astype(int)
    change = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))[89:149].reshape(2, 30).mean(axis=0)
    assert change[1:8].mean() > 3 * change[18:29].mean()


def test_a_span_of_the_kicks(tmp_path: Path) -> None:
    wav = kicks(tmp_path / "song.wav", 3.0)
    assert render(wav, tmp_path / "film.mp4", TESTCARD, Fraction(24), SMALL, (0.5, 1.5)).frames == 24


def test_cues_change_the_picture_and_the_bundle(tmp_path: Path) -> None:
    setlist = tmp_path / "set.toml"
    setlist.write_text(
        'bundle = "testcard"\ndirector = "manual"\n'
        '[[cue]]\nnumber = "1"\nclasses = "bars"\nfollow = "1 s"\n'
        '[[cue]]\nnumber = "2"\nset = { "/master/level" = 0.0 }\n'
    )
    settings = Settings(setlist=setlist, size=(64, 36))
    render(kicks(tmp_path / "song.wav", 2.0), tmp_path / "film.mp4", settings, Fraction(24), SMALL)
    frames = frames_of(tmp_path / "film.mp4")
    assert frames[20].mean() > 10
    assert frames[40].mean() < 3


def bad_files(folder: Path) -> dict[str, Path]:
    """Inputs that are not songs."""
    text = folder / "text.wav"
    text.write_text("this is no sound\n" * 100)
    empty = folder / "empty.wav"
    with wave.open(str(empty), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
    return {"text": text, "zero seconds": empty, "missing": folder / "missing.wav", "folder": folder}


@pytest.mark.parametrize("name", ["text", "zero seconds", "missing", "folder"])
def test_what_is_no_song_gets_a_clear_error_and_leaves_no_film(tmp_path: Path, name: str) -> None:
    path = bad_files(tmp_path)[name]
    with pytest.raises(AudioError) as caught:
        render(path, tmp_path / "film.mp4", TESTCARD, Fraction(24), SMALL)
    assert str(path) in caught.value.where
    assert caught.value.hint or caught.value.what
    assert not (tmp_path / "film.mp4").exists()


def test_a_truncated_mp3_is_rendered_as_far_as_it_goes(tmp_path: Path) -> None:
    wav, mp3 = kicks(tmp_path / "song.wav", 3.0), tmp_path / "song.mp3"
    with av.open(str(wav)) as source, av.open(str(mp3), "w") as target:
        stream = target.add_stream("mp3", rate=44100)
        resampler = av.AudioResampler(stream.codec_context.format, stream.codec_context.layout, 44100)
        for frame in source.decode(audio=0):
            for part in resampler.resample(frame):
                target.mux(stream.encode(part))
        target.mux(stream.encode(None))
    mp3.write_bytes(mp3.read_bytes()[: mp3.stat().st_size // 2])
    done = render(mp3, tmp_path / "film.mp4", TESTCARD, Fraction(24), SMALL)
    assert 24 < done.frames < 60
    assert done.warning
    assert len(frames_of(tmp_path / "film.mp4")) == done.frames


@pytest.mark.parametrize(
    "how",
    [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)],  # the writer's own tests kill it too
)
def test_an_interrupted_render_leaves_a_playable_film(
    tmp_path: Path, how: signal.Signals, wait_until: Callable[..., None]
) -> None:
    film = tmp_path / "film.mp4"
    command = [sys.executable, "-m", "vj.apps.cli", "render", str(kicks(tmp_path / "song.wav", 120.0)), "-o", str(film)]
    process = subprocess.Popen(
        [*command, "--bundle", "testcard", "--size", "128x72"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        wait_until(lambda: film.exists() and film.stat().st_size > 60_000, 300)
        os.kill(process.pid, how)
        out, _ = process.communicate(timeout=300)
    finally:
        process.kill()
    if how is signal.SIGINT:
        assert process.returncode in (130, -signal.SIGINT)
        assert b"can be played" in out
    wait_until(lambda: len(frames_of(film)) > 30, 60)
    assert len(sound_of(film)) > RATE


@pytest.mark.slow
@pytest.mark.parametrize("fps", [24, Fraction(30000, 1001), 60, 144])
def test_sound_and_picture_are_together_after_ten_minutes(tmp_path: Path, fps: Fraction) -> None:
    """The last kick and the jump of the picture it makes are less than one frame and one hop apart."""
    wav = kicks(tmp_path / "song.wav", 600.0, gap=2.0)
    film = tmp_path / "film.mp4"
    settings = Settings(bundle="testcard", size=(64, 36), director="style_walk")
    render(wav, film, settings, Fraction(fps), (64, 36), script=PLAIN)
    sound = sound_of(film)
    last = 598.0
    window = np.abs(sound[int((last - 0.2) * RATE) : int((last + 0.2) * RATE)])
    heard = last - 0.2 + np.argmax(window > 0.2) / RATE
    before, changes, previous = [], [], None
    with av.open(str(film)) as opened:
        opened.seek(595 * 1_000_000)
        for frame in opened.decode(video=0):
            image = frame.to_ndarray(format="rgb24").astype(int)
            if previous is not None:
                before.append(float(frame.pts * frame.time_base))
                changes.append(np.abs(image - previous).mean())
            previous = image
    # the codec's own refreshes change the picture a little now and then; the kick changes it much more
    answer = max(c for t, c in zip(before, changes, strict=True) if last <= t < last + 0.15)
    assert answer > 3 * np.median([c for t, c in zip(before, changes, strict=True) if 597.0 < t < 597.9])
    seen = next(t for t, c in zip(before, changes, strict=True) if t > 597.8 and c > 0.4 * answer)
    # what the ear of the show needs: up to two hops and the rise of the kick
    assert abs(heard - last) < 0.005
    assert -0.001 < seen - heard < 1 / float(fps) + 0.045


@pytest.mark.slow
def test_memory_is_flat_in_the_length_of_the_track(tmp_path: Path) -> None:
    peaks = []
    for seconds in (30, 600):
        wav = kicks(tmp_path / f"{seconds}.wav", seconds)
        code = (
            "import resource, sys; from fractions import Fraction; from pathlib import Path\n"
            "from vj.apps.assemble import Settings; from vj.apps.render.film import render\n"
            "from vj.core.types import Event\n"
            f"render(Path({str(wav)!r}), Path({str(tmp_path / 'film.mp4')!r}), "
            "Settings(bundle='testcard', size=(64, 36)), Fraction(24), (64, 36), "
            "script=((0.0, Event('/fx/on', (False,))),))\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        peaks.append(int(out))
    assert peaks[1] < peaks[0] * 1.1 + 8192

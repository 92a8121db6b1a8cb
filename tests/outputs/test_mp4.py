import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from vj.core.errors import OutputError
from vj.core.types import Frame
from vj.outputs.mp4 import Encoding, Mp4, Sound

FAST = Encoding(codec="libx264", preset="ultrafast")


def grey(value: int, shape: tuple[int, int] = (36, 64)) -> np.ndarray:
    return np.full((*shape, 3), value, np.uint8)


def film(path: Path) -> tuple[list[float], list[np.ndarray]]:
    """Times in seconds and pictures of a film's frames."""
    times, pictures, colours = [], [], VideoReformatter()
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            times.append(float(frame.pts * frame.time_base))
            pictures.append(colours.reformat(frame, format="rgb24", threads=1).to_ndarray())
    return times, pictures


def sound(path: Path) -> np.ndarray:
    """The first channel of a film's sound, its samples placed by their time stamps."""
    with av.open(str(path)) as container:
        rate = container.streams.audio[0].rate
        pieces = [(round(float(f.pts * f.time_base) * rate), f.to_ndarray()[0]) for f in container.decode(audio=0)]
    out = np.zeros(max(at + len(piece) for at, piece in pieces), np.float32)
    for at, piece in pieces:
        out[max(at, 0) : at + len(piece)] = piece[max(-at, 0) :]
    return out


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(30000, 1001), Fraction(144)])
def test_frame_count_rate_and_times_are_exact(fps, tmp_path):
    path = tmp_path / "a.mp4"
    with Mp4(path, (64, 36), fps, encoding=FAST) as out:
        for n in range(50):
            out.write(Frame(grey(n * 5), 0.0, n))
    times, pictures = film(path)
    assert times == pytest.approx([float(n / fps) for n in range(50)], abs=1e-6)
    assert [round(p.mean()) for p in pictures] == pytest.approx([n * 5 for n in range(50)], abs=2)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == fps
        assert stream.frames == 50
        assert stream.duration * stream.time_base == 50 / fps


@pytest.mark.parametrize(("fps", "rate", "channels"), [(24, 44100, 2), (144, 48000, 2), (60, 48000, 1)])
def test_flash_and_click_stay_together(fps, rate, channels, tmp_path):
    path = tmp_path / "a.mp4"
    click = np.sin(np.arange(60) * 0.6)[:, None].repeat(channels, 1).astype(np.float32)
    seconds = 4
    with Mp4(path, (64, 36), fps, Sound(rate, channels), FAST) as out:
        for n in range(seconds * fps):
            start, stop = n * rate // fps, (n + 1) * rate // fps
            block = np.zeros((stop - start, channels), np.float32)
            if n % fps == 0:
                block[:60] = click[: len(block)]
            out.write(grey(255 if n % fps == 0 else 0))
            out.write_audio(block)
    times, pictures = film(path)
    flashes = [t for t, picture in zip(times, pictures, strict=True) if picture.mean() > 128]
    loud = np.flatnonzero(np.abs(sound(path)) > 0.3)
    clicks = loud[np.insert(np.diff(loud) > rate // 2, 0, True)] / rate
    assert flashes == pytest.approx(range(seconds), abs=1e-6)
    # Far less than a frame at 144 fps, which is 6.9 ms.
    assert clicks == pytest.approx(flashes, abs=0.001)
    assert len(sound(path)) / rate == pytest.approx(seconds, abs=0.03)


@pytest.mark.slow
def test_threads_work_on_frames_and_not_on_slices(tmp_path):
    """x264 writes its options into the stream."""
    path = tmp_path / "a.mp4"
    with Mp4(path, (640, 360), 25, encoding=Encoding(codec="libx264", threads=4)) as out:
        out.write(grey(90, (360, 640)))
    written = path.read_bytes()
    assert b" sliced_threads=0 " in written
    assert b" slices=" not in written


def test_sound_that_is_no_number_does_not_end_the_film(tmp_path):
    path = tmp_path / "a.mp4"
    block = np.full((48000, 2), 0.25, np.float32)
    block[24000:24010] = np.array([[np.nan, np.inf]] * 5 + [[1e31, -np.inf]] * 5)
    with Mp4(path, (64, 36), 24, Sound(48000), FAST) as out:
        for _ in range(24):
            out.write(grey(0))
        out.write_audio(block)
    assert len(film(path)[0]) == 24
    heard = sound(path)
    assert np.isfinite(heard).all()
    assert np.abs(heard[30000:40000]).mean() == pytest.approx(0.25, abs=0.01)


@pytest.mark.slow
def test_no_drift_after_ten_minutes_at_144_fps(tmp_path):
    path = tmp_path / "a.mp4"
    fps, rate, seconds = 144, 44100, 600
    dark, light = grey(0, (16, 16)), grey(255, (16, 16))
    with Mp4(path, (16, 16), fps, Sound(rate, 1), FAST) as out:
        for n in range(seconds * fps):
            block = np.zeros((((n + 1) * rate) // fps - (n * rate) // fps, 1), np.float32)
            if n % (60 * fps) == 0:
                block[:60, 0] = np.sin(np.arange(60) * 0.6)
            out.write(light if n % (60 * fps) == 0 else dark)
            out.write_audio(block)
    times, pictures = film(path)
    flashes = [t for t, picture in zip(times, pictures, strict=True) if picture.mean() > 128]
    loud = np.flatnonzero(np.abs(sound(path)) > 0.3)
    clicks = loud[np.insert(np.diff(loud) > rate, 0, True)] / rate
    assert len(times) == seconds * fps
    assert clicks == pytest.approx(flashes, abs=0.001)


def test_colours_come_back_and_the_file_says_bt709(tmp_path):
    path = tmp_path / "a.mp4"
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128), (255, 255, 255), (0, 0, 0), (200, 120, 40)]
    with Mp4(path, (64, 36), 30, encoding=Encoding(codec="libx264", crf=10)) as out:
        for colour in colours:
            for _ in range(3):
                out.write(np.full((36, 64, 3), colour, np.uint8))
    _, pictures = film(path)
    for n, colour in enumerate(colours):
        np.testing.assert_allclose(pictures[3 * n + 1][18, 32], colour, atol=3)
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    assert (frame.colorspace, frame.color_range) == (1, 1)
    assert frame.format.name == "yuv420p"


def test_the_right_way_up_and_round(tmp_path, card):
    path = tmp_path / "a.mp4"
    with Mp4(path, (160, 96), 30, encoding=FAST) as out:
        out.write(card)
    picture = film(path)[1][0].astype(int)
    for (y, x), colour in {(6, 6): (255, 0, 0), (6, -7): (0, 255, 0), (-7, 6): (0, 0, 255)}.items():
        assert np.abs(picture[y, x] - colour).max() < 20


@pytest.mark.parametrize("size", [(65, 37), (1, 1), (64, 37)])
def test_odd_films_become_even(size, tmp_path):
    path = tmp_path / "a.mp4"
    with Mp4(path, size, 30, encoding=FAST) as out:
        for shape in ((size[1], size[0]), (3, 5), (192, 344)):
            out.write(grey(90, shape))
    _, pictures = film(path)
    assert [p.shape for p in pictures] == [(out.size[1], out.size[0], 3)] * 3
    assert all(abs(p.mean() - 90) < 3 for p in pictures)


def test_a_frame_larger_than_its_slot_is_refused_with_a_reason(tmp_path):
    with Mp4(tmp_path / "a.mp4", (64, 36), 30, encoding=FAST) as out:
        with pytest.raises(OutputError, match="too large"):
            out.write(grey(0, (2000, 2000)))
        out.write(grey(1))


def test_a_full_queue_makes_a_render_wait_and_loses_nothing(tmp_path):
    path = tmp_path / "a.mp4"
    slow = Encoding(codec="libx264", preset="slower", slots=2)
    noise = np.random.default_rng(0).integers(0, 255, (180, 320, 3), np.uint8)
    with Mp4(path, (320, 180), 30, encoding=slow) as out:
        for n in range(12):
            out.write(np.roll(noise, 7 * n, 0))
    assert (out.frames, out.dropped) == (12, 0)
    assert len(film(path)[0]) == 12


@pytest.mark.realtime
def test_a_live_recording_drops_instead_of_waiting_and_keeps_its_time(tmp_path):
    path = tmp_path / "a.mp4"
    slow = Encoding(codec="libx264", preset="veryslow", slots=2, threads=1)
    noise = np.random.default_rng(0).integers(0, 255, (360, 640, 3), np.uint8)
    out = Mp4(path, (640, 360), 30, encoding=slow, block=False)
    longest = 0.0
    for n in range(60):
        begun = time.perf_counter()
        out.write(Frame(np.roll(noise, 7 * n, 0), 5.0 + n / 30, n))
        longest = max(longest, time.perf_counter() - begun)
    # The encoder needs far longer for one frame than the whole loop may take.
    assert out.dropped > 0
    assert out.dropped + out.frames == 60
    assert longest < 0.25
    out._free.put(out._free.get())  # a slot has become free
    out.write(Frame(noise, 8.0, 90))
    out.close()
    # The last frame's place is at three seconds, whatever was dropped before.
    times, _ = film(path)
    assert len(times) == 91
    assert np.diff(times) == pytest.approx(1 / 30, abs=1e-4)


def test_live_frames_that_come_twice_within_one_film_frame_are_thinned(tmp_path):
    path = tmp_path / "a.mp4"
    with Mp4(path, (64, 36), 30, encoding=FAST, block=False) as out:
        for n in range(60):
            out._free.put(out._free.get())  # a slot has become free
            out.write(Frame(grey(n), n / 60, n))
    assert out.dropped == 0
    assert len(film(path)[0]) in (30, 31)


def test_live_sound_is_placed_by_its_show_time(tmp_path):
    path = tmp_path / "a.mp4"
    rate = 48000
    tone = np.full((480, 1), 0.5, np.float32) * np.sin(np.arange(480) * 0.3, dtype=np.float32)[:, None]
    with Mp4(path, (64, 36), 30, Sound(rate, 1), FAST, block=False) as out:
        out.write_audio(tone, 9.0)  # before the first frame: left out
        out.write(Frame(grey(9), 10.0, 0))
        out.write_audio(tone, 9.995)  # half of it before
        out.write_audio(tone, 10.5)  # after a hole
        out.write_audio(tone, 10.512)  # a time stamp that rounds
    heard = sound(path)
    loud = np.flatnonzero(np.abs(heard) > 0.2) / rate
    early, late = loud[loud < 0.3], loud[loud > 0.3]
    assert early.max() < 0.008
    assert late.min() == pytest.approx(0.5, abs=0.002)
    assert late.max() == pytest.approx(0.52, abs=0.002)


_RENDER = """
import sys
import numpy as np
from vj.outputs.mp4 import Encoding, Mp4, Sound
out = Mp4(sys.argv[1], (64, 36), 30, Sound(48000, 2), Encoding(codec="libx264", preset="ultrafast"))
print(out._child.pid, flush=True)
for n in range(10**9):
    out.write(np.full((36, 64, 3), n % 200, np.uint8))
    out.write_audio(np.zeros((1600, 2), np.float32))
    if n == 200:
        print("going", flush=True)
"""


@pytest.mark.parametrize("victim", ["parent", "child", "ctrl-c"])
def test_an_interrupted_render_leaves_a_playable_film(victim, tmp_path, wait_until):
    path = tmp_path / "a.mp4"
    parent = subprocess.Popen(
        [sys.executable, "-c", _RENDER, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert parent.stdout.readline() == "going\n"
    if victim == "child":
        os.kill(child, signal.SIGKILL)
    elif victim == "parent":
        parent.kill()
    else:
        os.killpg(parent.pid, signal.SIGINT)
    _, complaint = parent.communicate(timeout=20)
    if victim == "child":
        assert "OutputError: the encoder died" in complaint
    _wait_for_end(child)
    times, _ = film(path)
    # At least what was finished a second before the end, in full order, with its sound.
    assert len(times) >= 120
    assert np.diff(times) == pytest.approx(1 / 30, abs=1e-4)
    assert len(sound(path)) / 48000 >= len(times) / 30 - 1.1
    left = list(Path("/dev/shm").glob("vj-frames-*"))  # those of others beside us go in time
    wait_until(lambda: not any(path.exists() for path in left), 30.0)


def _wait_for_end(pid: int) -> None:
    """Wait until a process that is not our child has gone."""
    if not hasattr(os, "pidfd_open"):
        pytest.skip("no pidfd here to wait for the encoder")
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    import select

    ready, _, _ = select.select([handle], [], [], 20)
    os.close(handle)
    assert ready, "the encoder outlives its parent"


def test_a_full_disk_is_told(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    noise = np.random.default_rng(0).integers(0, 255, (180, 320, 3), np.uint8)

    def fill() -> None:
        with Mp4("/dev/full", (320, 180), 10, encoding=FAST) as out:
            for n in range(200):
                out.write(np.roll(noise, n, 0))

    with pytest.raises(OutputError, match="No space") as caught:
        fill()
    assert "disk" in caught.value.hint


@pytest.mark.parametrize("name", ["missing/a.mp4", "folder"])
def test_a_path_that_cannot_be_written_is_told_at_once(name, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError) as caught:
        Mp4(tmp_path / name, (64, 36), 30, encoding=FAST)
    assert str(tmp_path) in caught.value.where
    assert caught.value.hint


def test_an_encoder_that_does_not_exist_is_told_at_once(tmp_path):
    with pytest.raises(OutputError):
        Mp4(tmp_path / "a.mp4", (64, 36), 30, encoding=Encoding(codec="h265_unicorn"))


def test_nvenc_is_used_only_where_it_has_run(tmp_path):
    from vj.outputs.video.streams import encodes

    with Mp4(tmp_path / "a.mp4", (64, 36), 30) as out:
        out.write(grey(3))
    assert out.codec == ("h264_nvenc" if encodes("h264_nvenc") else "libx264")


def test_sound_needs_a_sound_track_and_closing_twice_is_fine(tmp_path):
    out = Mp4(tmp_path / "a.mp4", (64, 36), 30, encoding=FAST)
    with pytest.raises(OutputError, match="no sound"):
        out.write_audio(np.zeros((10, 2), np.float32))
    out.write(grey(5))
    out.close()
    out.close()
    assert len(film(tmp_path / "a.mp4")[0]) == 1


def test_a_film_without_frames_closes_cleanly(tmp_path):
    with Mp4(tmp_path / "a.mp4", (64, 36), 30, Sound(48000), FAST) as out:
        pass
    assert out.frames == 0


def test_the_parent_needs_no_encoder_library(tmp_path):
    code = "import sys, vj.outputs.mp4; sys.exit('av' in sys.modules)"
    root = str(Path(__file__).resolve().parents[2])
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0

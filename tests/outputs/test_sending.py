"""Outputs, each sent for real and read back by somebody else: FFmpeg, NDI, a pipe."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import av
import moderngl
import numpy as np
import pytest

from vj.core.errors import VjError
from vj.outputs.blits import Calls
from vj.outputs.sending.all import Outputs, parameters
from vj.outputs.sending.asked import asked, hidden, read_all
from vj.outputs.sending.parts import part_of
from vj.outputs.sending.readback import Readback

#: Of the wall, which is four fields of one colour each: RGB.
SIZE = (320, 180)
RED, GREEN, BLUE, GREY = (220, 20, 20), (20, 200, 40), (30, 40, 230), (120, 120, 120)
TONE = 440.0


@pytest.fixture
def wall(context: moderngl.Context) -> Iterator[tuple[moderngl.Context, int]]:
    """A framebuffer with the picture, and its number: red and green above, blue and grey below."""
    made = context.texture(SIZE, 4)
    image = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    image[..., 3] = 255
    half, middle = SIZE[1] // 2, SIZE[0] // 2
    image[:half, :middle, :3], image[:half, middle:, :3] = RED, GREEN
    image[half:, :middle, :3], image[half:, middle:, :3] = BLUE, GREY
    made.write(np.ascontiguousarray(image[::-1]))
    frame = context.framebuffer([made])
    yield context, frame.glo
    frame.release()
    made.release()


@contextmanager
def performing(wall: tuple[moderngl.Context, int], *texts: str) -> Iterator[tuple[Outputs, Callable[..., None]]]:
    """Outputs, and what gives them the wall and a tone for so many seconds, or until something is so."""
    clock = [0.0]

    def play(until: float | Callable[[], object], most: float = 30.0) -> None:
        begun, start = time.perf_counter(), clock[0]
        heard = start
        while (now := time.perf_counter() - begun) < (most if callable(until) else until):
            t = clock[0] = start + now
            outputs.see(*wall, SIZE, t)
            samples = np.arange(round(heard * 48000), round(t * 48000)) / 48000
            outputs.hear((0.5 * np.sin(2 * np.pi * TONE * samples)).astype(np.float32), heard)
            heard = t
            if callable(until) and until():
                return
            time.sleep(1 / 60)
        assert not callable(until), (outputs.facts(), outputs.news)

    with Outputs([asked(text) for text in texts], 48000) as outputs:
        try:
            yield outputs, play
        finally:
            outputs.let_go()


def on(outputs: Outputs) -> bool:
    return all(state == "on" for state in outputs.states.values())


def looks(rgb: np.ndarray, close: int = 26) -> None:
    """It is the wall's picture, top row first."""
    high, wide = rgb.shape[:2]
    for (down, across), colour in {(1, 1): RED, (1, 3): GREEN, (3, 1): BLUE, (3, 3): GREY}.items():
        found = rgb[high * down // 4, wide * across // 4, :3].astype(int)
        assert np.abs(found - colour).max() <= close, ((down, across), found, colour)


def film(container: Any, pictures: int = 20) -> tuple[np.ndarray, float, float]:
    """The last of some pictures, the pitch of the sound in hertz, and the seconds that they are apart at most."""
    last, sound, ends = None, [], {"video": 0.0, "audio": 0.0}
    count = 0
    for frame in container.decode():
        if isinstance(frame, av.VideoFrame):
            last, count = frame, count + 1
            ends["video"] = float(frame.time or 0.0)
        else:
            sound.append(frame.to_ndarray()[0])
            ends["audio"] = float(frame.time or 0.0)
        if count >= pictures and len(sound) > 20:
            break
    assert last is not None
    heard = np.concatenate(sound)[2048:]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    return (
        last.to_ndarray(format="rgb24"),
        float(np.argmax(spectrum) * 48000 / len(heard)),
        ends["video"] - ends["audio"],
    )


class Listener:
    """A server on a TCP port of the loopback that writes what comes to a file; once it is closed nobody answers."""

    def __init__(self, file: Path, port: int = 0) -> None:
        self._server = socket.create_server(("127.0.0.1", port))
        self.port = int(self._server.getsockname()[1])
        self._peers: list[socket.socket] = []
        self._file = file
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError), open(self._file, "wb") as out:
            self._peers.append(self._server.accept()[0])
            while piece := self._peers[0].recv(65536):
                out.write(piece)
                out.flush()

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        for each in (self._server, *self._peers):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("ndi:Stage", {"name": "stage", "kind": "ndi", "target": "Stage", "rate": 60.0}),
        (
            "rtmp://h/app/key,size=1280x720,fps=25,bitrate=4500,name=twitch",
            {"name": "twitch", "size": (1280, 720), "rate": 25.0, "bitrate": 4500, "target": "rtmp://h/app/key"},
        ),
        ("srt://h:9?streamid=#!::r=a,m=publish,off", {"target": "srt://h:9?streamid=#!::r=a,m=publish", "on": False}),
        ("hls:/srv/show,silent", {"target": "/srv/show", "sound": False}),
        ("v4l2:/dev/video9,slice=right", {"kind": "v4l2", "part": part_of("0.5/0/0.5/1", "")}),
        ("ndi:A,alpha=luma,slice=2of3", {"alpha": "luma", "part": part_of([1 / 3, 0, 1 / 3, 1], "")}),
    ],
)
def test_an_output_is_a_target_and_a_few_words(text, fields):
    found = asked(text)
    assert {name: getattr(found, name) for name in fields} == fields


@pytest.mark.parametrize(
    "text",
    ["", "ndi", "nid:x", "rtmp:x", "hls:", "ndi:x,size=1x1", "ndi:x,fps=0", "udp://h:1,alpha=luma", "ndi:x,slice=2of1",
     "ndi:x,slice=0.5/0/0.6/1", "ndi:x,name=record", "ndi:x,slice=nan/0/1/1", "ndi:x,on=perhaps"],
)  # fmt: skip
def test_an_output_that_makes_no_sense_is_told_with_a_hint(text):
    with pytest.raises(VjError) as caught:
        asked(text)
    assert caught.value.hint


def test_a_file_names_its_outputs_and_each_has_a_switch_of_its_own():
    outputs = read_all({"outputs": {"left": "ndi:L,slice=left,off", "web": {"to": "udp://h:1", "fps": 25}}}, "set.toml")
    assert [output.name for output in outputs] == ["left", "web"]
    table = parameters(outputs)
    assert [table[address].default for address in ("/output/left/on", "/output/web/on")] == [False, True]
    with pytest.raises(VjError, match="no 'colour'"):
        read_all({"outputs": {"a": {"to": "ndi:x", "colour": 1}}}, "set.toml")


def test_nobody_is_shown_the_key_of_a_stream():
    assert hidden("rtmp://me:secret@live.example.net/app/KEY") == "rtmp://live.example.net/..."
    assert hidden("srt://h:9?passphrase=secret") == "srt://h:9/..."
    assert "KEY" not in asked("rtmp://live.example.net/app/KEY").title


@pytest.mark.realtime
@pytest.mark.gl
def test_a_folder_of_hls_and_a_pipe_of_a_camera_hold_the_picture_and_the_sound(wall, tmp_path):
    pipe = tmp_path / "camera"
    os.mkfifo(pipe)
    frame = bytearray()
    enough = 4 * 160 * 90 * 2

    def reader() -> None:
        with open(pipe, "rb") as file:
            while piece := file.read(65536):
                if len(frame) < enough:
                    frame.extend(piece[: enough - len(frame)])

    reading = threading.Thread(target=reader, daemon=True)
    reading.start()
    hls = tmp_path / "hls" / "index.m3u8"
    with performing(wall, f"hls:{hls}", f"v4l2:{pipe},size=160x90") as (outputs, play):
        play(lambda: on(outputs) and outputs.senders[0].sent >= 75 and len(frame) >= enough)
        assert all(fact["dropped"] < 20 for fact in outputs.facts())
    with av.open(str(hls)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        picture, pitch, apart = film(container)
    assert picture.shape == (180, 320, 3)
    looks(picture)
    assert abs(pitch - TONE) < 12
    assert abs(apart) < 0.25
    raw = np.frombuffer(bytes(frame[-160 * 90 * 2 :]), np.uint8).reshape(90, 160, 2)
    luma = raw[..., 0].astype(int)
    assert luma[20, 100] > luma[20, 40] > luma[70, 40]  # green is brighter than red, red than blue


@pytest.mark.realtime
@pytest.mark.gl
def test_a_stream_goes_on_when_its_far_end_was_gone(wall, tmp_path):
    first, second = tmp_path / "first.ts", tmp_path / "second.ts"
    with Listener(first) as far, performing(wall, f"tcp://127.0.0.1:{far.port},fps=25,name=club") as (outputs, play):
        play(lambda: outputs.senders[0].sent > 30)
        far.close()
        play(lambda: outputs.states["/output/club/state"].startswith("again"))
        with Listener(second, far.port):
            play(lambda: outputs.states["/output/club/state"] == "on")
            before = outputs.senders[0].sent
            play(lambda: outputs.senders[0].sent > before + 30)
            assert outputs.senders[0].restarts >= 1
            gone = [line for line in outputs.news if "tried again" in line]
            assert len(gone) == 1  # once, however often it is tried
            assert outputs.news[-1] == "club is sent again"
    for file in (first, second):
        with av.open(str(file)) as container:
            looks(film(container)[0])


@pytest.mark.slow
@pytest.mark.realtime
@pytest.mark.gl
def test_an_output_that_is_killed_comes_back_and_one_that_hangs_costs_no_frame(wall, tmp_path):
    with performing(wall, f"hls:{tmp_path / 'a'},name=a", f"hls:{tmp_path / 'b'},name=b") as (outputs, play):
        play(lambda: on(outputs) and all(sender.sent > 10 for sender in outputs.senders))
        lives = [sender.live for sender in outputs.senders]
        assert all(lives)
        os.kill(lives[0].process.pid, signal.SIGKILL)
        os.kill(lives[1].process.pid, signal.SIGSTOP)
        try:
            times: list[float] = []

            def frame() -> bool:
                begun = time.perf_counter()
                outputs.see(*wall, SIZE, 100.0 + time.perf_counter())
                outputs.hear(np.zeros(800, np.float32), 100.0)
                times.append(time.perf_counter() - begun)
                return len(times) > 120

            play(frame)
            assert sorted(times)[len(times) // 2] < 0.01  # nothing waits for a pipe that is full
            assert outputs.senders[1].dropped > 20
        finally:
            os.kill(lives[1].process.pid, signal.SIGCONT)
        play(lambda: on(outputs))
        assert outputs.senders[0].restarts == 1
        assert [fact["restarts"] for fact in outputs.facts()] == [1, 0]


@pytest.mark.slow
@pytest.mark.realtime
@pytest.mark.gl
def test_a_switch_ends_an_output_and_begins_it(wall, tmp_path):
    with performing(wall, f"hls:{tmp_path / 'a'},off,name=a") as (outputs, play):
        play(0.3)
        assert outputs.states["/output/a/state"] == "off"
        outputs.follow({"a": True})
        play(lambda: outputs.senders[0].sent > 5)
        live = outputs.senders[0].live
        assert live is not None
        outputs.follow({"a": False})
        play(lambda: outputs.states["/output/a/state"] == "off")
        assert live.process.poll() == 0
        assert outputs.senders[0].restarts == 0
        assert outputs.news == []


@pytest.mark.realtime
@pytest.mark.gl
@pytest.mark.parametrize("alpha", [pytest.param("none", marks=pytest.mark.slow), "luma"])
def test_ndi_is_received_with_its_sound_and_where_it_is_asked_for_its_alpha(wall, tmp_path, monkeypatch, alpha):
    pytest.importorskip("cyndilib")
    (tmp_path / "ndi-config.v1.json").write_text('{"ndi": {"networks": {"ips": "127.0.0.1"}}}')
    name = f"vj test {os.getpid()} {alpha}"
    got = tmp_path / "got.npz"
    receiver = Path(__file__).resolve().parents[1] / "servers" / "ndi.py"
    monkeypatch.setenv("NDI_CONFIG_DIR", str(tmp_path))
    with (
        performing(wall, f"ndi:{name},alpha={alpha}") as (_, play),
        subprocess.Popen([sys.executable, str(receiver), name, str(got)]) as receiving,
    ):
        try:
            play(lambda: receiving.poll() is not None)
        finally:
            receiving.kill()
        assert receiving.returncode == 0
    found = np.load(got)
    image, sound = found["image"], found["sound"]
    rgb = image[..., 2::-1]
    assert image.shape == (180, 320, 4)
    if alpha == "luma":  # over black it looks as it was
        rgb = (rgb.astype(float) * image[..., 3:] / 255).round()
        assert abs(int(image[45, 80, 3]) - max(RED)) <= 3
    looks(rgb, 16)
    for channel in sound:
        spectrum = np.abs(np.fft.rfft(channel * np.hanning(len(channel))))
        assert abs(np.argmax(spectrum) * 48000 / len(channel) - TONE) < 24


@pytest.mark.gl
@pytest.mark.parametrize(("goal", "size"), [(None, SIZE), ((160, 90), (160, 90)), ((640, 360), SIZE)])
def test_what_a_card_reads_comes_later_and_scaled_down_only(wall, goal, size):
    own, source = wall
    readback = Readback(own, Calls(), 1920 * 1080)
    readback._soft = False  # the way that a card takes
    held: list[np.ndarray] = []

    def place(height: int, width: int) -> np.ndarray:
        held.append(np.zeros((height, width, 4), np.uint8))
        return held[-1]

    assert not readback.ask(source, (0, 0, *SIZE), goal, 1.5, place)
    assert not readback.ask(source, (SIZE[0] // 2, 0, SIZE[0] // 2, SIZE[1]), None, 2.5, place)
    stamps: list[float | None] = []
    end = time.monotonic() + 5
    while len(held) < 2 and time.monotonic() < end:
        if (stamp := readback.come(place)) is not None:
            stamps.append(stamp)
    assert stamps == [1.5, 2.5]
    assert held[0].shape[1::-1] == size
    looks(held[0][::-1, :, 2::-1], 2)
    half = held[1][::-1, :, 2::-1]
    assert np.abs(half[45, 80].astype(int) - GREEN).max() <= 2
    assert np.abs(half[135, 80].astype(int) - GREY).max() <= 2
    readback.release()


@pytest.mark.realtime
@pytest.mark.gl
def test_what_another_system_has_is_told_once_and_not_tried_again(wall):
    if sys.platform in ("darwin", "win32"):
        pytest.skip("here it may be there")
    with performing(wall, "syphon:vj", "spout:vj") as (outputs, play):
        play(lambda: set(outputs.states.values()) == {"cannot be"})
        play(1.2)
        assert set(outputs.states.values()) == {"cannot be"}
        assert len(outputs.news) == 2
        assert all("ndi:NAME" in line for line in outputs.news)


@pytest.mark.slow
@pytest.mark.realtime
@pytest.mark.gl
@pytest.mark.parametrize("scheme", ["udp", "srt", "rtmp", "rtsp"])
def test_every_kind_of_stream_is_taken_by_ffmpeg(wall, tmp_path, scheme):
    there, file = port(socket.SOCK_DGRAM), tmp_path / "got.mkv"
    here = {
        "udp": ([], f"udp://127.0.0.1:{there}"),
        "srt": ([], f"srt://127.0.0.1:{there}?mode=listener"),
        "rtmp": (["-listen", "1"], f"rtmp://127.0.0.1:{there}/live/key"),
        "rtsp": (["-rtsp_flags", "listen"], f"rtsp://127.0.0.1:{there}/live"),
    }[scheme]
    protocols = subprocess.run(["ffmpeg", "-v", "quiet", "-protocols"], capture_output=True, text=True).stdout.split()
    if scheme in ("srt", "rtmp") and scheme not in protocols:
        pytest.skip(f"this ffmpeg has no {scheme}")
    command = ["ffmpeg", "-y", "-v", "error", *here[0], "-i", here[1], "-t", "2", "-c", "copy", str(file)]
    target = {"srt": f"srt://127.0.0.1:{there}"}.get(scheme, here[1])
    with subprocess.Popen(command) as server:
        try:
            with performing(wall, f"{target},fps=25,name=far") as (_, play):
                play(lambda: server.poll() is not None, 60.0)
        finally:
            server.kill()
    with av.open(str(file)) as container:
        picture, pitch, apart = film(container)
    looks(picture)
    assert abs(pitch - TONE) < 12
    assert abs(apart) < 0.3


def port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])

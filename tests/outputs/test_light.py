"""Light out over real UDP: sACN heard by the `sacn` package, Art-Net as bytes, the picture's light by OpenGL."""

import itertools
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from servers.xvfb import xvfb

from vj.core.dmx import artnet
from vj.core.errors import OutputError
from vj.core.types import Frame
from vj.outputs.light.cells import gathered
from vj.outputs.light.sender import Sender, Wish
from vj.outputs.window import Window

sacn = pytest.importorskip("sacn")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(happens: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.01)


class Heard:
    """What a desk hears of universe 1."""

    def __init__(self, port: int) -> None:
        self.packets: list[object] = []
        self.changes: list[tuple[int, str]] = []
        self.receiver = sacn.sACNreceiver(bind_address="127.0.0.1", bind_port=port)
        self.receiver.listen_on("universe", universe=1)(self.packets.append)
        self.receiver.listen_on("availability")(lambda universe, changed: self.changes.append((universe, changed)))
        self.receiver.start()

    @property
    def levels(self) -> tuple[int, ...]:
        return tuple(self.packets[-1].dmxData[:6]) if self.packets else ()  # type: ignore[attr-defined]


@pytest.fixture
def heard() -> Iterator[tuple[Heard, int]]:
    port = free_port()
    made = Heard(port)
    yield made, port
    made.receiver.stop()


def rig(folder: Path, port: int, art: int = 1, priority: int = 120) -> Path:
    path = folder / "rig.toml"
    path.write_text(
        f'format = 1\n[[universe]]\nnumber = 1\nto = "127.0.0.1:{port}"\npriority = {priority}\n'
        f'[[universe]]\nnumber = 5\nprotocol = "artnet"\nto = "127.0.0.1:{art}"\n'
        "[[fixture]]\naddress = 1\nzone = [0, 0, 0.5, 1]\n[[fixture]]\naddress = 4\nzone = [0.5, 0, 0.5, 1]\n"
        '[[fixture]]\naddress = 1\nuniverse = 5\norder = "d"\n'
    )
    return path


def halves(left: tuple[float, ...], right: tuple[float, ...]) -> np.ndarray:
    light = np.zeros((9, 16, 3), np.float32)
    light[:, :8], light[:, 8:] = left, right
    return light


def test_a_desk_hears_sacn_with_priority_and_a_clean_end(heard: tuple[Heard, int], tmp_path: Path) -> None:
    desk, port = heard
    sender = Sender(rig(tmp_path, port))
    sender.take(Wish(halves((1.0, 0.5, 0.0), (0.0, 0.2, 1.0))))
    until(lambda: desk.levels == (255, 128, 0, 0, 51, 255))
    assert desk.packets[-1].priority == 120
    sender.take(Wish(halves((1.0, 0.5, 0.0), (0.0, 0.2, 1.0)), master=0.5, calm=False))
    until(lambda: desk.levels == (128, 64, 0, 0, 26, 128))
    before = len(desk.packets)
    until(lambda: sender.sent > before + 6)  # the same is said on, now and then
    sender.take(Wish(halves((1.0, 1.0, 1.0), (1.0, 1.0, 1.0)), black=True))
    until(lambda: desk.levels == (0,) * 6)
    sender.take(Wish(halves((0.1, 0.1, 0.1), (0.1, 0.1, 0.1)), calm=False))
    until(lambda: desk.levels == (26,) * 6)
    sender.close()
    sender.close()
    until(lambda: (1, "timeout") in desk.changes, 1.5)  # told, not waited for: silence would take 2.5 s
    numbers = [packet.sequence for packet in desk.packets]
    assert all(0 < (b - a) % 256 < 128 for a, b in itertools.pairwise(numbers))


def test_art_net_is_sent_as_its_bytes_say_and_rates_are_capped(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as node:
        node.bind(("127.0.0.1", 0))
        node.settimeout(10.0)
        sender = Sender(rig(tmp_path, free_port(), node.getsockname()[1]))
        sender.take(Wish(halves((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))))
        packet = node.recv(1024)
        assert packet[:14] == b"Art-Net\x00\x00\x50\x00\x0e\x01\x00"
        assert packet[14:18] == b"\x05\x00\x02\x00"
        assert (packet[18], len(packet)) == (128, 18 + 512)
        assert [sender.due(t / 1000) for t in range(0, 1000, 4)].count(True) in (43, 44, 45)
        sender.close()
        node.settimeout(0.2)
        with suppress(TimeoutError):
            while True:
                packet = node.recv(1024)
        found = artnet.parse(packet)
        assert found is not None
        assert not any(found.slots)  # dark at the end


@pytest.mark.slow
def test_a_rig_follows_its_file_and_a_broken_one_changes_nothing(heard: tuple[Heard, int], tmp_path: Path) -> None:
    desk, port = heard
    path = rig(tmp_path, port)
    sender = Sender(path)
    wish = Wish(halves((1.0, 1.0, 1.0), (1.0, 1.0, 1.0)))
    sender.take(wish)
    until(lambda: desk.levels == (255,) * 6)
    path.write_text(path.read_text() + "address = 1\n[[fixture]]")
    until(lambda: "broken" in sender.notice)
    rig(tmp_path, port, priority=150)
    until(lambda: "has changed" in sender.notice)
    sender.take(wish)
    until(lambda: desk.packets[-1].priority == 150)
    sender.close()
    path.write_text("format = 1\n[[fixture]]\naddress = 0\n")
    with pytest.raises(OutputError, match="not in 1 to 512"):
        Sender(path)


def test_nobody_there_is_a_notice_and_no_error(tmp_path: Path) -> None:
    path = tmp_path / "rig.toml"
    path.write_text('format = 1\n[[universe]]\nnumber = 1\nto = "no.such.host.invalid"\n[[fixture]]\naddress = 1\n')
    sender = Sender(path)
    sender.take(Wish(halves((1.0, 1.0, 1.0), (1.0, 1.0, 1.0))))
    until(lambda: "cannot be sent" in sender.notice)
    sender.close()


@pytest.mark.gl
def test_the_light_of_the_finished_picture_is_gathered_a_frame_later() -> None:
    image = np.zeros((90, 160, 3), np.uint8)
    image[:, 80:], image[:45, :80] = 255, 188
    with xvfb(640, 480), Window(size=(320, 180)) as window:
        window.gather = True
        for _ in range(2):
            window.write(Frame(image, 0.0, 0, finish=None))
            window.swap()
        light = window.gathered
        assert light is not None
        assert light.shape == (90, 160, 3)
        assert np.abs(light[5:40, 5:70] - 0.5).max() < 0.01
        assert light[50:85, 5:70].max() < 0.01
        assert np.abs(light[:, 90:] - 1.0).max() < 0.01
        assert window._context.error == "GL_NO_ERROR"
        window.gather = False
        window.write(Frame(image, 0.0, 1))
        window.write(Frame(image, 0.0, 2))
        assert window.gathered is None
    plain = gathered(image)
    assert np.abs(plain - light)[4:40, 4:70].max() < 0.01
    # lines finer than a cell are a mean of light, not of code
    fine = np.zeros((180, 320, 3), np.uint8)
    fine[::2] = 255
    assert abs(gathered(fine).mean() - 0.5) < 1e-6

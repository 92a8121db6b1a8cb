"""Packets, sources, zones and levels of light, as pure functions."""

import random

import numpy as np
import pytest

from vj.core.dmx import artnet, sacn
from vj.core.dmx.calm import Calm
from vj.core.dmx.merge import SACN_SOURCES, SACN_TIMEOUT_S, Universe
from vj.core.dmx.rig import Cell, Rig, parse_rig
from vj.core.dmx.rig import Universe as Sent
from vj.core.dmx.zones import Levels, Zones
from vj.core.errors import OutputError
from vj.core.flash.meter import FlashMeter

RIG = """
format = 1
[[universe]]
number = 1
to = "127.0.0.1"
[[universe]]
number = 2
protocol = "artnet"
to = "127.0.0.1"
[[fixture]]
name = "wash"
address = 10
order = "rgbwd"
zone = [0.0, 0.0, 0.5, 1.0]
[[strip]]
address = 508
order = "grb"
pixels = 4
line = [0.0, 0.5, 1.0, 0.5]
"""


def test_packets_come_back_as_they_went_out() -> None:
    said = sacn.Levels(b"c" * 16, 7, bytes(range(200)), 9, 120, "desk", preview=True)
    assert sacn.parse(said.packed()) == said
    assert len(sacn.Levels(b"c" * 16, 7, bytes(512)).packed()) == 638
    assert sacn.group(0x1234) == "239.255.18.52"
    told = artnet.Levels(0x1234, bytes(range(100)), 3)
    assert artnet.parse(told.packed()) == told
    assert told.packed()[:18].hex() == "4172742d4e6574000050000e030034120064"
    answer = artnet.reply("10.0.0.9", (1, 2))
    assert (len(answer), answer[10:14], answer[173], answer[186:188]) == (239, bytes([10, 0, 0, 9]), 2, b"\x01\x02")


def test_no_packet_is_too_strange() -> None:
    luck = random.Random(5)
    whole = [sacn.Levels(b"c" * 16, 7, bytes(512)).packed(), artnet.Levels(1, bytes(64)).packed()]
    for _ in range(3000):
        packet = bytearray(luck.choice(whole))
        for _ in range(luck.randrange(5)):
            packet[luck.randrange(len(packet))] = luck.randrange(256)
        cut = bytes(packet[: luck.randrange(len(packet) + 1)]) if luck.random() < 0.3 else bytes(packet)
        for found in (sacn.parse(cut), artnet.parse(cut)):
            assert found is None or 1 <= len(found.slots) <= 512 or isinstance(found, sacn.Levels)
        artnet.is_poll(cut)


def test_sources_merge_by_priority_and_the_highest_of_equals() -> None:
    universe = Universe(SACN_TIMEOUT_S, SACN_SOURCES)
    universe.take("a", bytes([10, 200]), 0.0, 1)
    universe.take("b", bytes([50, 100, 7]), 0.0, 1)
    assert universe.levels[:3].tolist() == [50, 200, 7]
    universe.take("c", bytes([1, 2, 3]), 0.5, 1, priority=150)
    assert universe.levels[:3].tolist() == [1, 2, 3]
    universe.end("c")
    assert universe.levels[:3].tolist() == [50, 200, 7]
    universe.take("a", bytes([0, 0]), 2.0, 2)
    assert not universe.take("a", bytes([99, 99]), 2.1, 1)  # it came late
    universe.expire(2.6)  # b has been silent for more than 2.5 s
    assert universe.levels[:3].tolist() == [0, 0, 0]
    universe.take("a", bytes([9]), 3.0, 3)
    universe.expire(60.0)
    assert (universe.alive, universe.levels[0]) == (0, 9)  # the last value holds


def test_zones_are_means_of_light() -> None:
    light = np.zeros((90, 160, 3), np.float32)
    light[:, 80:] = (1.0, 0.5, 0.25)
    light[45:, :80] = 0.4
    boxes = [(0.0, 0.0, 0.5, 1.0), (0.25, 0.0, 0.5, 1.0), (0.9, 0.9, 0.5, 0.5), (0.0, 0.0, 0.001, 0.001)]
    cells = [Cell(1, 0, "rgb", ((x, y), (x + w, y), (x + w, y + h), (x, y + h))) for x, y, w, h in boxes]
    seen = Zones(cells).seen(light)
    assert np.allclose(seen[:, 0], [0.2, 0.6, 1.0, 0.0], atol=1e-6)
    # a leaning band from corner to corner sees what lies along it
    ramp = np.repeat(np.linspace(0, 1, 160, dtype=np.float32)[None, :, None], 90, 0).repeat(3, 2)
    rig = parse_rig(
        "format = 1\n[[universe]]\nnumber = 1\n[[strip]]\naddress = 1\npixels = 8\nline = [0, 0, 1, 1]\n", "r"
    )
    assert np.allclose(Zones(rig.cells).seen(ramp)[:, 1], (np.arange(8) + 0.5) / 8, atol=0.04)


def test_levels_are_laid_in_order_with_white_dimmer_and_sixteen_bits() -> None:
    rig = parse_rig(RIG, "rig.toml")
    light = np.array([(0.8, 0.4, 0.2), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0.5, 0.5, 0.5)])
    frame = Levels(rig).frame(light)
    # white takes what is common to all; the dimmer has the brightness, the others what they are of it
    assert list(frame[1][9:14]) == [round(255 * v) for v in (0.75, 0.25, 0.0, 0.25, 0.8)]
    assert list(frame[1][507:510]) == [0, 255, 0]
    assert frame[1][510:] == b"\x00\x00"  # a pixel is not torn: it begins the next universe
    assert list(frame[2][:9]) == [255, 0, 0, 0, 0, 255, 128, 128, 128]
    assert not any(Levels(rig).frame(light, 0.0)[2])
    wide = Rig((Sent(1),), (Cell(1, 0, "rRd0f", ((0, 0), (1, 0), (1, 1), (0, 1)), gamma=2.0),))
    assert list(Levels(wide).frame(np.array([(0.25, 0.0, 0.0)]))[1][:5]) == [0xFF, 0xFF, 128, 0, 255]
    plain = Rig((Sent(1),), (Cell(1, 0, "rR", ((0, 0), (1, 0), (1, 1), (0, 1))),))
    assert list(Levels(plain).frame(np.array([(0.3, 0.0, 0.0)]))[1][:2]) == list(divmod(round(0.3 * 65535), 256))


@pytest.mark.parametrize(("line", "said"), [
    ("[[fixture]]\naddress = 513", "fixture 1, address"), ('[[fixture]]\naddress = 1\norder = "rgx"', "order"),
    ('[[fixture]]\naddress = 1\norder = "Rgb"', "order"), ("[[fixture]]\naddress = 1\nuniverse = 9", "no universe 9"),
    ("[[strip]]\naddress = 1\npixels = 3", "line"),
    ("[[strip]]\naddress = 1\npixels = 400\nline = [0,0,1,1]", "no universe 2"),
    ('[[universe]]\nnumber = 1', "each once"), ('[[universe]]\nnumber = 3\nprotocol = "artnet"', "to"),
    ("[[fixtur]]\naddress = 1", "fixture"), ("[[fixture]]\naddress = 1\nzone = [0,0,nan,1]", "zone"),
])  # fmt: skip
def test_a_wrong_line_is_told_by_its_key(line: str, said: str) -> None:
    with pytest.raises(OutputError) as error:
        parse_rig(f"format = 1\n[[universe]]\nnumber = 1\n{line}\n", "rig.toml")
    assert said in str(error.value)


def test_lights_are_kept_from_flashing_and_can_always_go_dark() -> None:
    strobe, calm, meter, bare = Calm(2), Calm(2), FlashMeter(), FlashMeter()
    worst = raw = 0.0
    for frame in range(4 * 44):
        t = frame / 44
        on = frame % 6 < 3  # 7.3 flashes a second
        light = np.array([[float(on)] * 3, [0.5 + 0.02 * on] * 3])
        shown = strobe.step(t, light)
        assert np.allclose(shown[1], light[1])  # what only shimmers is left alone
        for m, value in ((meter, shown[0]), (bare, light[0])):
            reading = m.step(t, np.full((36, 64, 3), value, np.float32))
            if m is meter:
                worst = max(worst, reading.worst)
            else:
                raw = max(raw, reading.worst)
    assert raw == 1.0  # the measure can fail
    assert worst == 0.0
    assert strobe.held > 0
    assert not strobe.step(5.0, light, dark=True).any()
    for frame in range(44):  # two a second pass as they are
        light = np.full((2, 3), float(frame % 22 < 11))
        assert np.allclose(calm.step(frame / 44, light), light)

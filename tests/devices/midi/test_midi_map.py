from pathlib import Path

import pytest

from vj.apps.assemble import parameters
from vj.core.errors import ControlError
from vj.core.params import Param
from vj.devices.midi._entry import Control, Entry, read_control
from vj.devices.midi.mapping import FACTORY, default_map, map_for, normalised, read_map, read_maps

TABLE = {
    "/master/level": Param(1.0),
    "/master/blackout": Param(False),
    "/audio/gain": Param(0.0, -24.0, 48.0, unit="dB"),
    "/audio/agc": Param("off", choices=("off", "slow", "fast")),
    "/model/class": Param(0, 0, 99, kind="class"),
    "/cue/goto": Param("", kind="text"),
    "/macro/1": Param(0.5, cc=16),
}
HEAD = 'format = 1\n[device]\nmatch = "Thing"\n'


def write(folder: Path, entry: str, head: str = HEAD) -> Path:
    path = folder / "thing.toml"
    path.write_text(f"{head}map = [\n  {entry}\n]\n")
    return path


@pytest.mark.parametrize(
    ("port", "name"),
    [
        ("nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTR 28:0", "nanoKONTROL2 nanoKONTROL2 _ CTR"),
        ("nanoKONTROL2 1", "nanoKONTROL2"),
        ("APC mini mk2 0", "APC mini mk2"),
        ("Launchpad Mini MK3:Launchpad Mini MK3 LPMiniMK3 MI 24:1", "Launchpad Mini MK3 LPMiniMK3 MI"),
        ("a2j:nanoKONTROL2 [20] (capture): nanoKONTROL2 _ CTR", "a2j:nanoKONTROL2: nanoKONTROL2 _ CTR"),
        ("a2j:nanoKONTROL2 [24] (playback): nanoKONTROL2 _ CTR", "a2j:nanoKONTROL2: nanoKONTROL2 _ CTR"),
        ("Midi-Bridge:nanoKONTROL2 20:0 (capture)", "Midi-Bridge:nanoKONTROL2"),
        ("controller:out", "controller:out"),
    ],
)
def test_a_port_has_one_name_however_it_is_plugged(port: str, name: str) -> None:
    assert normalised(port) == name


def test_controls_are_read_and_written_the_same() -> None:
    for text in (
        "cc:1:16",
        "note:*:*",
        "pc:16:*",
        "bend:3",
        "cc:*:0",
        "pressure:1",
        "poly:1:*",
        "nrpn:1:300",
        "rpn:*:0",
    ):
        assert str(read_control(text)) == text


def test_an_entry_has_everything_the_format_offers(tmp_path: Path) -> None:
    entry = (
        '{ from = "cc:1:0", to = "/master/level", takeover = "none", range = [1.0, 0.0], curve = "square", '
        'threshold = 30, led = { on = 21, off = 1, busy = "pulse:13" } },'
    )
    (read,) = read_map(write(tmp_path, entry), TABLE).entries
    assert (read.control, read.range, read.curve) == (Control("cc", 1, 0), (1.0, 0.0), "square")
    assert (read.takeover, read.threshold) == ("none", 30)
    assert read.led is not None
    assert (read.led.on, read.led.off, read.led.busy) == (("solid", 21), ("solid", 1), ("pulse", 13))


def test_map_may_stand_before_the_device(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('format = 1\nmap = [{ from = "cc:1:0", to = "/master/level" }]\n[device]\nmatch = "Thing"\n')
    assert len(read_map(path, TABLE).entries) == 1


@pytest.mark.parametrize(
    ("entry", "where", "words"),
    [
        ('{ from = "cc:1:0", to = "/master/levle" },', "entry 1 (cc:1:0), to", "'/master/level'"),
        ('{ from = "cc:1:0", too = "/master/level" },', "entry 1", "'to'"),
        ('{ from = "cc:1:0" },', "to", "one of"),
        ('{ from = "cc:0:0", to = "/master/level" },', "from", "channels go from 1 to 16"),
        ('{ from = "cc:1:128", to = "/master/level" },', "from", "0 to 127"),
        ('{ from = "knob 3", to = "/master/level" },', "from", "cc:1:16"),
        ('{ from = 16, to = "/master/level" },', "from", "cc:1:16"),
        ('{ from = "cc:1:0", to = "/master/level", takeover = "pickpu" },', "takeover", "'pickup'"),
        ('{ from = "cc:1:0", to = "/master/level", curve = "lag" },', "curve", "'log'"),
        ('{ from = "cc:1:0", to = "/master/level", curve = "log" },', "curve", "above 0"),
        ('{ from = "cc:1:0", to = "/master/level", range = [0.0] },', "range", "two numbers"),
        ('{ from = "cc:1:0", to = "/audio/agc", range = [0.0, 1.0] },', "range", "leave range out"),
        ('{ from = "cc:1:0", to = "/master/level", threshold = 300 },', "threshold", "such as 64"),
        ('{ from = "note:1:0", to = "/master/level", mode = "toggle" },', "mode", "momentary"),
        ('{ from = "cc:1:40", to = "/master/level", kind = "cc14" },', "kind", "lower"),
        ('{ from = "note:1:4", to = "/master/level", kind = "relative" },', "kind", "leave kind out"),
        ('{ from = "note:1:4", to = "/audio/agc" },', "value", "slow"),
        ('{ from = "note:1:4", to = "/audio/agc", value = "slwo" },', "value", "'slow'"),
        ('{ from = "note:1:4", to = "/master/blackout", led = { on = 128 } },', "led", "0 to 127"),
        ('{ from = "note:1:4", to = "/master/blackout", led = { on = "glow:3" } },', "led", "pulse:13"),
        ('{ from = "note:1:*", to = "/model/class", led = { on = 3 } },', "led", "name channel and number"),
        ('{ from = "bend:1", to = "/master/blackout", led = { on = 3 } },', "led", "a value only"),
        ('{ from = "bend:1", to = "/master/level", led = "value", touch = "cc:1:4" },', "touch", "note:1:104"),
        ('{ from = "nrpn:1:16384", to = "/master/level" },', "from", "0 to 16383"),
        ('{ from = "nrpn:1:5", to = "/master/level", kind = "signed" },', "kind", "leave kind out"),
        ("42,", "entry 1", "from"),
        ('{ from = "note:1:4", to = ["/master/level"] },', "to", "'/master/level'"),
    ],
)
def test_a_mistake_is_told_before_the_show(tmp_path: Path, entry: str, where: str, words: str) -> None:
    with pytest.raises(ControlError) as caught:
        read_map(write(tmp_path, entry), TABLE)
    assert caught.value.where.startswith("thing.toml")
    assert where in caught.value.where
    assert words in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "format = 2\n",
        "",
        "format = 1\nmap = 3\n",
        "format = 1\ndevice = 3\n",
        "format = 1\nmpa = []\n",
        "format = 1\n[device]\nmatsch = 'x'\n",
        "format = 1\n[device]\ninit = ['F0 zz F7']\n",
        "format = 1\n[device]\ninit = ['90 00 00']\n",
        "format = 1\n[device]\nchannels = { glow = 1 }\n",
        "format = 1\n[device]\nchannels = { solid = 17 }\n",
        "format = 1\nmap = [",
    ],
)
def test_a_broken_file_is_a_control_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(ControlError) as caught:
        read_map(path, TABLE)
    assert "x.toml" in caught.value.where


def test_a_missing_or_binary_file_is_a_control_error(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    for name in ("x.toml", "y.toml"):
        with pytest.raises(ControlError):
            read_map(tmp_path / name, TABLE)


@pytest.mark.parametrize("path", sorted(FACTORY.glob("*.toml")), ids=lambda path: path.stem)
def test_every_factory_map_fits_the_real_parameters(path: Path) -> None:
    device = read_map(path, parameters())
    assert device.entries
    controls = [entry.control for entry in device.entries]
    assert len(controls) == len(set(controls))


@pytest.mark.parametrize(
    ("port", "match"),
    [
        ("nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTR 28:0", "nanoKONTROL2"),
        ("APC40 mkII 0", "APC40 mkII"),
        ("APC mini mk2:APC mini mk2 APC mini mk2 Contr 24:0", "APC mini mk2"),
        ("Launchpad Mini MK3:Launchpad Mini MK3 LPMiniMK3 MI 24:1", "LPMiniMK3 MI"),
        ("X-Touch:X-Touch X-TOUCH_INT 24:0", "X-TOUCH_INT"),
        ("Midi Fighter Twister:Midi Fighter Twister MIDI 1 24:0", "Midi Fighter Twister"),
    ],
)
def test_a_known_device_is_recognised(port: str, match: str) -> None:
    table = parameters()
    assert map_for(port, table, *read_maps(table, None)).match == match


def test_an_unknown_device_has_macros_classes_and_cues_and_no_other_cc() -> None:
    entries = {str(entry.control): entry for entry in default_map(parameters()).entries}
    assert {f"cc:*:{15 + n}": f"/macro/{n}" for n in range(1, 9)} == {
        name: entry.to for name, entry in entries.items() if name.startswith("cc")
    }
    assert all(entry.takeover == "pickup" for name, entry in entries.items() if name.startswith("cc"))
    assert (entries["note:*:*"].to, entries["note:*:*"].first) == ("/model/class", 48)
    assert entries["pc:*:*"].to == "/cue/goto"


def test_the_performers_file_replaces_the_same_control_only(tmp_path: Path) -> None:
    write(tmp_path, '{ from = "cc:1:16", to = "/audio/gain" },', HEAD.replace("Thing", "nanokontrol2"))
    table = parameters()
    device = map_for("nanoKONTROL2 0", table, *read_maps(table, tmp_path))
    bound = {str(entry.control): entry.to for entry in device.entries}
    assert bound["cc:1:16"] == "/audio/gain"
    assert bound["cc:1:17"] == "/macro/2"


def test_the_range_of_an_entry_meets_the_parameters_own_scale() -> None:
    gain = TABLE["/audio/gain"]
    entry = Entry(Control("cc", 1, 0), "/audio/gain", range=(12.0, -24.0))
    assert gain.scale(entry.knob(0.0, gain)) == pytest.approx(12.0)
    assert gain.scale(entry.knob(1.0, gain)) == pytest.approx(-24.0)
    for curve, ends in (("linear", (-6.0, 6.0)), ("square", (0.0, 48.0)), ("log", (1.0, 40.0))):
        entry = Entry(Control("cc", 1, 0), "/audio/gain", range=ends, curve=curve)
        for x in (0.0, 0.2, 0.5, 1.0):
            assert entry.unknob(entry.knob(x, gain), gain) == pytest.approx(x, abs=1e-9)

import threading
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mido import Message
from servers.memory_midi import MemoryPorts

from vj.apps.machine import midi
from vj.core.errors import ControlError
from vj.core.params import Param
from vj.devices.midi._entry import read_entry
from vj.devices.midi.learn import judge, write_entry
from vj.devices.midi.mapping import read_map
from vj.devices.midi.ports import Ports

TABLE = {
    "/master/level": Param(1.0),
    "/master/blackout": Param(False),
    "/tempo/tap": Param(0, kind="trigger"),
    "/model/class": Param(0, 0, 99, kind="class"),
    "/audio/agc": Param("off", choices=("off", "slow", "fast")),
}


def moved(number: int, *values: int) -> list[Message]:
    return [Message("control_change", control=number, value=value) for value in values]


@pytest.mark.parametrize(
    ("messages", "source", "kind"),
    [
        ([Message("note_on", channel=9, note=36, velocity=90)], "note:10:36", "button"),
        ([Message("program_change", program=5)], "pc:1:5", "button"),
        ([Message("pitchwheel", pitch=5), Message("pitchwheel", pitch=90)], "bend:1", "bend"),
        (moved(20, 127), "cc:1:20", "button"),
        (moved(20, 127, 0), "cc:1:20", "button"),
        (moved(20, 60, 61, 63, 66, 70), "cc:1:20", "absolute"),
        (moved(20, 3, 2, 1, 0), "cc:1:20", "absolute"),
        (moved(20, 62, 63, 64, 65), "cc:1:20", "absolute"),
        (moved(20, 30, 40, 38, 40), "cc:1:20", "absolute"),  # a hand that trembles
        (moved(20, 1, 1, 1), "cc:1:20", "relative"),
        (moved(20, 127, 127, 126, 127), "cc:1:20", "relative"),
        (moved(20, 1, 1, 127, 1), "cc:1:20", "relative"),
        (moved(20, 65, 65, 66, 65), "cc:1:20", "encoder"),  # right from a centre of 64, or left by sign
        (moved(20, 65, 66, 63, 63), "cc:1:20", "relative64"),
        (moved(20, 1, 1, 65, 65, 1), "cc:1:20", "signed"),
        (moved(20, 65, 65, 1, 2), "cc:1:20", "signed"),
        (moved(20, 1, 2, 4, 7, 5, 3), "cc:1:20", "relative"),  # faster and slower again
        (moved(20, 1, 2, 4, 7), "cc:1:20", "relative"),
        (moved(20, 4, 6, 9, 7, 5), "cc:1:20", "relative"),
        (moved(20, 5, 5, 5), "cc:1:20", "relative"),
        (moved(20, 1, 60, 120), "cc:1:20", "absolute"),  # a fader thrown across
        (moved(20, 70, 70, 71, 71, 72), "cc:1:20", "absolute"),  # one that says everything twice
        (moved(20, 127, 125, 120, 124), "cc:1:20", "relative"),
        (moved(20, 127, 127, 127), "cc:1:20", "relative"),
        (moved(20, 65, 68, 75, 60, 63), "cc:1:20", "relative64"),
        (moved(20, 1, 2, 3, 4, 5), "cc:1:20", "absolute"),
        (moved(20, 0), "cc:1:20", "switch"),
        (moved(20, 63, 63, 62), "cc:1:20", "relative64"),
        (moved(20, 1, 8, 20, 30, 40, 25, 8, 1, 65, 72, 84, 104), "cc:1:20", "encoder"),
        ([m for v in (10, 11) for m in (*moved(7, v), *moved(39, 5 * v))], "cc:1:7", "cc14"),
        ([m for v in (10, 11) for m in (*moved(39, 5 * v), *moved(7, v))], "cc:1:7", "cc14"),
        (moved(39, 5, 20, 40), "cc:1:7", "cc14"),  # so little that the upper half did not change
        (moved(39, 127, 0), "cc:1:39", "button"),
        (
            [m for x in (10, 11) for c, v in ((99, 0), (98, 47), (6, x), (38, 5)) for m in moved(c, v)],
            "nrpn:1:47",
            "absolute",
        ),
        ([m for x in (10, 11) for c, v in ((98, 5), (99, 2), (6, x)) for m in moved(c, v)], "nrpn:1:261", "absolute"),
        ([m for c in (101, 100, 96, 96) for m in moved(c, 0)], "rpn:1:0", "absolute"),
        ([Message("aftertouch", value=5), Message("aftertouch", value=9)], "pressure:1", "absolute"),
        ([Message("polytouch", note=40, value=5)], "poly:1:40", "absolute"),
        ([Message("note_on", note=40, velocity=90), Message("polytouch", note=40, value=5)], "note:1:40", "button"),
        ([Message("note_on", note=40, velocity=0), Message("note_on", note=36, velocity=9)], "note:1:36", "button"),
        ([*moved(3, 64, 65), *moved(20, *range(30, 80, 4))], "cc:1:20", "absolute"),  # the first one only trembled
        ([Message("clock"), *moved(20, 5, 6, 7)], "cc:1:20", "absolute"),
    ],
)
def test_the_kind_of_a_control_is_seen_from_what_it_sends(messages: list[Message], source: str, kind: str) -> None:
    learnt = judge(messages)
    assert learnt is not None
    assert (learnt.source, learnt.kind) == (source, kind)


@pytest.mark.parametrize(
    ("before", "ask", "answer", "kind"),
    [
        ((1, 1, 1), "Turn", (127, 127), "relative"),
        ((1, 1, 1), "Turn", (65, 65), "signed"),
        ((65, 65), "Turn", (63, 63), "relative64"),
        ((65, 66), "Turn", (1, 1), "signed"),
        ((1, 2, 4, 7, 8), "Turn", (6, 5, 3, 2, 1), "absolute"),  # a fader at its end
        ((126, 125, 123, 122), "Turn", (123, 125, 126), "absolute"),  # at its other end
        ((127, 126, 124, 121), "Turn", (1, 2, 4, 6), "relative"),
        ((1, 4, 9, 15, 20, 24), "Turn", (65, 68, 73, 79, 84, 88), "signed"),  # faster and faster, both ways
        ((1, 1, 1), "Turn", (1, 1), "relative"),  # the same way again
        ((127,), "press", (0, 127, 0), "button"),
        ((127,), "press", (0,), "switch"),
    ],
)
def test_what_one_move_leaves_open_is_asked(
    before: tuple[int, ...], ask: str, answer: tuple[int, ...], kind: str
) -> None:
    first, final = judge(moved(20, *before)), judge(moved(20, *before, *answer), asked=True)
    assert first is not None
    assert final is not None
    assert ask in first.ask
    assert (final.kind, final.ask) == (kind, "")


@pytest.mark.parametrize("sure", [(127, 0), (60, 61, 63, 66, 70), (1, 1, 127), (63, 63, 62)])
def test_what_is_sure_is_not_asked(sure: tuple[int, ...]) -> None:
    learnt = judge(moved(20, *sure))
    assert learnt is not None
    assert learnt.ask == ""


def test_nothing_is_learnt_from_a_clock() -> None:
    assert judge([Message("clock"), Message("start")]) is None
    assert judge([]) is None


@given(st.lists(st.tuples(st.integers(0, 127), st.integers(0, 127)), min_size=1, max_size=30))
def test_whatever_moves_gives_an_entry_that_can_be_read(moves: list[tuple[int, int]]) -> None:
    learnt = judge([message for number, value in moves for message in moved(number, value)])
    assert learnt is not None
    for address in ("/master/level", "/master/blackout", "/tempo/tap", "/model/class"):
        assert read_entry(learnt.entry(address, TABLE[address]), TABLE, "test").to == address


def test_a_new_file_is_in_the_format(tmp_path: Path) -> None:
    path = tmp_path / "midi" / "thing.toml"
    write_entry(path, 'My "thing"', {"from": "cc:1:3", "to": "/master/level"})
    write_entry(path, 'My "thing"', {"from": "cc:1:4", "to": "/tempo/tap"})
    device = read_map(path, TABLE)
    assert device.match == 'My "thing"'
    assert [(str(e.control), e.to) for e in device.entries] == [("cc:1:3", "/master/level"), ("cc:1:4", "/tempo/tap")]


def test_comments_and_everything_else_stay(tmp_path: Path) -> None:
    path = tmp_path / "thing.toml"
    before = """# my controller
format = 1

[device]
match = "Thing"  # part of the name
init = ["F0 00 F7"]
map = [
  # the left hand
  { from = "cc:1:0", to = "/master/level", takeover = "none" },  # the long fader
  { from = "note:1:5", to = "/tempo/tap" },
]
"""
    path.write_text(before)
    write_entry(path, "ignored", {"from": "note:1:5", "to": "/master/blackout", "mode": "toggle"})
    write_entry(path, "ignored", {"from": "cc:1:9", "to": "/master/level", "kind": "relative"})
    after = path.read_text()
    for comment in ("# my controller", "# part of the name", "# the left hand", "# the long fader"):
        assert comment in after
    entries = tomllib.loads(after)["device"]["map"]
    assert [entry["from"] for entry in entries] == ["cc:1:0", "note:1:5", "cc:1:9"]
    assert entries[0]["takeover"] == "none"
    assert entries[1]["to"] == "/master/blackout"
    assert tomllib.loads(after)["device"]["init"] == ["F0 00 F7"]


def test_a_broken_file_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "thing.toml"
    path.write_text("map = [")
    with pytest.raises(ControlError):
        write_entry(path, "x", {"from": "cc:1:3", "to": "/master/level"})
    assert path.read_text() == "map = ["


def test_learn_binds_what_is_moved_on_any_device(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ports = MemoryPorts("Thing 0", "Other 1")
    ports.devices["Other 1"].play([0xF8], [0xB2, 20, 60], [0xB2, 20, 62], [0xB2, 20, 70])
    path = midi.learn(TABLE, "/master/level", out=tmp_path / "own.toml", ports=ports)
    device = read_map(path, TABLE)
    assert device.match == "Other"
    assert [(str(entry.control), entry.to) for entry in device.entries] == [("cc:3:20", "/master/level")]
    assert "CC 20 ch 3 (absolute) of Other -> /master/level" in capsys.readouterr().out
    assert all(plugged.closed == plugged.opened for plugged in ports.devices.values())


def test_learn_asks_to_turn_the_other_way_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ports = MemoryPorts("Thing 0")
    playing = threading.Timer(1.0, lambda: ports.devices["Thing 0"].play([0xB0, 16, 65], [0xB0, 16, 65]))
    ports.devices["Thing 0"].play([0xB0, 16, 1], [0xB0, 16, 1])
    playing.start()
    path = midi.learn(TABLE, "/master/level", out=tmp_path / "own.toml", ports=ports)
    playing.join()
    assert [entry.kind for entry in read_map(path, TABLE).entries] == ["signed"]
    assert "the other way" in capsys.readouterr().out


def test_learn_that_cannot_work_leaves_no_file(tmp_path: Path) -> None:
    ports = MemoryPorts("Thing")
    ports.devices["Thing"].play([0x90, 5, 90])
    with pytest.raises(ControlError, match="needs a value"):
        midi.learn(TABLE, "/audio/agc", out=tmp_path / "own.toml", ports=ports)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("address", "port", "hint"), [("/master/levle", "", "'/master/level'"), ("/master/level", "Thnig", "'Thing'")]
)
def test_learn_names_what_it_does_not_know(address: str, port: str, hint: str) -> None:
    with pytest.raises(ControlError) as caught:
        midi.learn(TABLE, address, port, ports=MemoryPorts("Thing"))
    assert hint in caught.value.hint


def test_describe_names_the_map_of_each_input(tmp_path: Path) -> None:
    from vj.apps.assemble import parameters

    rows = midi.describe(parameters(), MemoryPorts("nanoKONTROL2 0", "Thing 1"), tmp_path)
    assert [row[:2] for row in rows] == [("nanoKONTROL2", "nanoKONTROL2"), ("Thing", "default")]


def test_a_list_without_midi_says_so_and_where_maps_lie(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing(backend: str | None = None) -> Ports:
        raise ControlError("there is no MIDI here", "alsa; jack", "start JACK")

    monkeypatch.setattr(midi, "open_ports", nothing)
    midi.print_ports(TABLE)
    told = capsys.readouterr().out
    assert "there is no MIDI here (alsa; jack); start JACK." in told
    assert "Your own maps are in" in told
    with pytest.raises(ControlError):
        midi.print_ports(TABLE, "jack")

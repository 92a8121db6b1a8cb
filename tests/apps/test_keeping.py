"""What is made on stage is on disk at once, is taken up again after the worst, and follows other hands' edits."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from tests_sounds import wav

from vj.apps.assemble import Settings, assemble
from vj.apps.homes import SETLISTS, shipped
from vj.apps.keeping.keeper import Keeper, Places
from vj.apps.keeping.merging import merged
from vj.apps.keeping.saving import free, save
from vj.apps.keeping.session import Session, claim, parse_session, read_session, sent_to
from vj.apps.recorded import header, read_recorded
from vj.core.errors import VjError
from vj.core.types import Event
from vj.core.written import parse_toml
from vj.engine.console import full_table
from vj.engine.cues import editing
from vj.engine.cues.looks import Look, Looks
from vj.engine.cues.presets import PresetReader
from vj.engine.cues.setlist import read_setlist
from vj.engine.desk import Desk
from vj.generators.bundle.catalogue import Catalogue
from vj.outputs.performance import PerformanceLog
from vj.outputs.sending.asked import asked

TABLE = full_table()
CLASSES = {"worlds": ("mandala", "ink"), "testcard": ("rings", "rays")}
Wait = Callable[..., None]
SET = '''\
# A night, written by hand.
title = "Night"   # for the poster
bundle = "worlds"

# people come in
[[cue]]
name = "Doors"       # slow
classes = "ink"
set = { "/latent/psi" = 0.7 }   # not too wild
notes = """
[[cue]] is only a word here
"""

# everybody dances
[[cue]]
name = "Drop"
look = "ember"

[[cue.modulate]]
from = "bands.bass.hits"   # kick
to = "/latent/psi"
amount = 0.2

[[cue]]
number = 5

[macros]
1 = [{ to = "/latent/psi" }]   # the first knob
'''


# ------------------------------------------------------------------------------------------------ a setlist's file


def edits(text: str, *steps: tuple) -> tuple[str, dict]:
    """`text` after some edits, each written by itself, and the document that was meant."""
    document: dict = editing.counted(parse_toml(text))
    for edit, *args in steps:
        document = edit(document, *args)
        document = document[0] if isinstance(document, tuple) else document
        text = merged(text, document, Path("night.toml"))
    return text, document


def comments(text: str) -> set[str]:
    return {line.split("#", 1)[1].strip() for line in text.splitlines() if "#" in line}


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [(editing.told, "2", "notes", "loud"), (editing.told, "1", "name", "Open")],
        [(editing.added, "1", {"name": "New", "whole": True, "set": {"/latent/psi": 0.3}, "classes": {"a b": 0.5}})],
        [(editing.moved, "5", 1), (editing.moved, "1", 3)],
        [(editing.updated, "2", {"look": "none", "whole": True}), (editing.told, "2", "fade", "2 s")],
        [(editing.updated, "1", {"modulate": [{"from": "level.rms", "to": "/latent/psi", "amount": 0.1}]})],
        [(editing.added, None, {"name": 'A "b" \\ c'}), (editing.removed, "5"), (editing.told, "2", "notes", "")],
    ],
)
def test_a_setlist_says_what_is_meant_and_keeps_its_comments(steps: list) -> None:
    text, document = edits(SET, *steps)
    assert editing.counted(parse_toml(text)) == document
    gone = (
        {"not too wild", "slow", "kick"} if any(step[0] in (editing.updated, editing.told) for step in steps) else set()
    )
    assert comments(SET) - comments(text) <= gone
    if not steps:
        assert text == SET
    if all(step[0] is not editing.moved for step in steps):
        assert text.index("# people come in") < text.index("[[cue]]") < text.index("# everybody dances")


def test_a_setlist_that_begins_on_stage_and_one_that_cannot_be_mended() -> None:
    document, _ = editing.added({"format": 1, "title": "Evening"}, None, {"name": "One", "look": "ember"})
    assert editing.counted(parse_toml(merged("", document, Path("x")))) == document
    odd = 'title = "x"\ncue = [{ name = "a" }]\n'  # cues in a list, which nobody writes
    document, _ = editing.added(parse_toml(odd), None, {"name": "b"})
    assert editing.counted(parse_toml(merged(odd, document, Path("x")))) == document


# ------------------------------------------------------------------------------------------------ the keeper


class House:
    """A desk and its keeper, in folders of their own, driven as a show drives them."""

    def __init__(self, folder: Path, setlist: Path | None = None) -> None:
        self.places = Places(folder / "presets", folder / "looks", folder / "setlists", folder / "session.json")
        self.looks = Looks({"ember": Look("ember", values={"/latent/psi": 1.1})}, TABLE)
        read = read_setlist(setlist, TABLE, CLASSES.__getitem__, "worlds", self.looks) if setlist else None
        self.desk = Desk(TABLE, CLASSES, read, self.looks)
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.keeper = Keeper(self.desk, self.events, self.places, lambda: Session(memory=self.desk.memory()))
        self.keeper.start()
        self.taken: list[Event] = []

    def send(self, address: str, *args: float | str | bool) -> bool:
        done = self.desk.apply(Event(address, args, "web:1"))
        self.turn()
        return done

    def turn(self) -> bool:
        """One frame."""
        while not self.events.empty():
            self.taken.append(self.events.get())
            self.desk.apply(self.taken[-1])
        self.desk.tick(self.desk.time + 0.02)
        self.keeper.gather(time.monotonic())
        return True


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "night.toml").write_text(SET)
    made = House(tmp_path, tmp_path / "night.toml")
    yield made
    made.keeper.close()
    assert not made.keeper.errors, made.keeper.notice


def test_what_is_kept_is_on_disk_and_found_again(house: House, tmp_path: Path, wait_until: Wait) -> None:
    house.send("/look", "ember")
    house.send("/latent/psi", 0.1 + 0.2)
    house.send("/preset/store", "2/3", "Drop")
    house.send("/desk/keep", "Night river")
    house.send("/cue/add", "Found")
    wait_until(
        lambda: (tmp_path / "looks" / "night_river.toml").exists() and "Found" in (tmp_path / "night.toml").read_text()
    )
    house.keeper.close()
    found, broken = PresetReader(TABLE, house.desk.taste, CLASSES.__getitem__).folder(tmp_path / "presets")
    assert not broken
    assert found == house.desk.presets.presets
    assert found[2, 3].values["/latent/psi"] == 0.1 + 0.2
    assert comments(SET) <= comments((tmp_path / "night.toml").read_text())
    again = read_setlist(tmp_path / "night.toml", TABLE, CLASSES.__getitem__, "worlds", house.desk.taste)
    assert again.cues == house.desk.setlist.cues
    assert again.cues[-1].name == "Found"
    session, note = read_session(tmp_path / "session.json")
    assert session is not None
    assert not note
    later = Desk(TABLE, CLASSES, house.desk.setlist, house.desk.taste, presets=house.desk.presets.presets)
    later.remember(json.loads(json.dumps(session.memory)))
    assert later.memory() == house.desk.memory()
    assert not house.taken  # nobody else was at work


def test_a_preset_that_is_emptied_goes_from_the_disk(house: House, tmp_path: Path, wait_until: Wait) -> None:
    (tmp_path / "presets/bank1").mkdir(parents=True)
    house.send("/preset/3/store")
    path = tmp_path / "presets/bank1/03.toml"
    wait_until(path.exists)
    house.send("/preset/clear", "3")
    wait_until(lambda: not path.exists())
    house.send("/desk/undo")
    wait_until(path.exists)


def test_files_that_other_hands_change_are_followed(house: House, tmp_path: Path, wait_until: Wait) -> None:
    night = tmp_path / "night.toml"
    night.write_text(SET.replace('"Drop"', '"Peak"'))
    wait_until(lambda: house.turn() and house.desk.setlist.cues[1].name == "Peak")
    night.write_text(SET.replace("ember", "nobody"))
    wait_until(lambda: house.turn() and "nobody" in house.keeper.notice)
    assert house.desk.setlist.cues[1].name == "Peak"
    preset = tmp_path / "presets/bank4/07.toml"
    preset.parent.mkdir(parents=True)
    preset.write_text('name = "By hand"\nbundle = "worlds"\n')
    wait_until(lambda: house.turn() and (4, 7) in house.desk.presets.presets)
    preset.unlink()
    wait_until(lambda: house.turn() and (4, 7) not in house.desk.presets.presets)
    assert [event.args[0] for event in house.taken] == ["setlist", "preset", "preset"]
    house.keeper.errors = 0


def test_what_the_disk_does_not_take_is_told_and_tried_again(house: House, tmp_path: Path, wait_until: Wait) -> None:
    for folder in ("presets", "looks"):
        (tmp_path / folder).write_text("no folder")
    house.send("/preset/store", "3", "Drop")
    house.send("/desk/keep", "Night river")
    wait_until(lambda: "preset 1/3" in house.keeper.waits and "look night_river" in house.keeper.waits)
    house.send("/preset/store", "3", "Later")
    (tmp_path / "presets").unlink()
    wait_until(lambda: 'name = "Later"' in (tmp_path / "presets/bank1/03.toml").read_text())
    assert "look night_river" in house.keeper.waits
    (tmp_path / "looks").unlink()
    wait_until(lambda: (tmp_path / "looks/night_river.toml").exists() and not house.keeper.waits)
    house.keeper.errors = 0


def test_two_shows_that_store_at_the_same_time_lose_nothing(house: House, tmp_path: Path, wait_until: Wait) -> None:
    other = House(tmp_path)
    try:
        for desk, psi in ((house, 0.25), (other, 0.75)):
            desk.desk.apply(Event("/latent/psi", (psi,), "web:1"))
            desk.desk.apply(Event("/preset/store", ("3", f"Mine {psi}"), "web:1"))
            desk.desk.apply(Event("/desk/keep", ("Night river",), "web:1"))
        both = lambda: [house.turn(), other.turn()]  # noqa: E731
        told = lambda one: {p.name: p.values["/latent/psi"] for p in one.desk.presets.presets.values()}  # noqa: E731
        wanted = {"Mine 0.25": 0.25, "Mine 0.75": 0.75}
        wait_until(lambda: both() and told(house) == told(other) == wanted)
        looks = lambda one: {one.desk.taste[n].values.get("/latent/psi") for n in one.desk.taste.names}  # noqa: E731
        wait_until(lambda: both() and looks(house) >= {0.25, 0.75} and looks(other) >= {0.25, 0.75})
        assert "another show stored" in house.keeper.notice + other.keeper.notice
        house.send("/preset/clear", "3")
        wait_until(lambda: both() and len(told(other)) == 1)
    finally:
        other.keeper.close()
        house.keeper.errors = 0


def test_who_edits_at_the_same_time_loses_nothing(house: House, tmp_path: Path, wait_until: Wait) -> None:
    house.send("/cue/name", "1", "Doors open")
    night = tmp_path / "night.toml"
    wait_until(lambda: "Doors open" in night.read_text())
    theirs = night.read_text() + '\n[[cue]]\nname = "Theirs"\n'
    night.write_text(theirs)
    house.send("/cue/name", "2", "Peak")
    wait_until(lambda: "Peak" in night.read_text())
    assert night.with_name("night.toml.before").read_text() == theirs


def test_a_setlist_that_begins_on_stage_gets_a_file(tmp_path: Path, wait_until: Wait) -> None:
    house = House(tmp_path)
    house.send("/cue/add", "One")
    wait_until(lambda: house.turn() and house.desk.setlist.path == tmp_path / "setlists/evening.toml")
    house.send("/cue/add", "Two")
    house.keeper.close()
    names = [cue["name"] for cue in parse_toml((tmp_path / "setlists/evening.toml").read_text())["cue"]]
    assert names == ["One", "Two"]
    assert free(tmp_path / "setlists", "Evening").name == "evening_2.toml"


def test_every_new_set_has_a_file_of_its_own(house: House, tmp_path: Path, wait_until: Wait) -> None:
    written = lambda: {p.stem: parse_toml(p.read_text())["cue"] for p in (tmp_path / "setlists").glob("*.toml")}  # noqa: E731
    for title, stem in (("Evening", "evening"), ("Late", "late"), ("", "evening_2")):
        house.send("/cue/new", title)
        wait_until(lambda stem=stem: house.turn() and house.desk.setlist.path == tmp_path / f"setlists/{stem}.toml")
        if title == "Late":
            house.send("/cue/add", "Two")
    wait_until(lambda: len(written().get("late", ())) == 2)
    assert {name: len(cues) for name, cues in written().items()} == {"evening": 1, "late": 2, "evening_2": 1}
    assert (tmp_path / "night.toml").read_text() == SET
    house.send("/desk/undo")
    house.send("/cue/name", "1", "Early")
    wait_until(lambda: house.turn() and written()["late"][0].get("name") == "Early")
    house.send("/desk/undo")
    house.send("/desk/redo")
    house.send("/desk/undo")
    house.send("/desk/undo")  # before the set was begun that has no name in it
    house.send("/desk/redo")
    wait_until(lambda: house.turn() and written()["late"][0].get("name") is None)
    assert written().keys() == {"evening", "late", "evening_2"}


def test_a_setlist_that_ships_is_copied_before_it_is_changed(tmp_path: Path, wait_until: Wait) -> None:
    ships = shipped(SETLISTS) / "demo.toml"
    before = ships.read_text()
    house = House(tmp_path)
    catalogue = Catalogue()
    setlist = read_setlist(ships, TABLE, catalogue.admit, "worlds", house.looks)
    house.desk = Desk(TABLE, catalogue, setlist, house.looks)
    house.keeper.close()
    house.keeper = Keeper(house.desk, house.events, house.places)
    house.keeper.start()
    house.send("/cue/name", "2", "Up")
    mine = tmp_path / "setlists/demo.toml"
    wait_until(lambda: house.turn() and house.desk.setlist.path == mine)
    house.send("/cue/name", "3", "Down")
    house.keeper.close()
    assert ships.read_text() == before
    assert [cue["name"] for cue in parse_toml(mine.read_text())["cue"]][:3] == ["Groove", "Up", "Down"]
    assert comments(before) <= comments(mine.read_text())


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1, "nobody": 2}', '{"format": 9}', "[" * 100_000])
def test_a_broken_session_is_told_and_set_aside(text: str, tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    path.write_text(text)
    session, note = read_session(path)
    assert session is None
    assert "set aside" in note
    assert (tmp_path / "session.broken.json").read_text() == text
    assert not path.exists()
    assert read_session(path)[0] is None
    with pytest.raises(VjError):
        parse_session(text, path)


def test_a_performance_of_a_resumed_show_has_all_it_needs_with_it(tmp_path: Path) -> None:
    preset = tmp_path / "home/bank2/03.toml"
    preset.parent.mkdir(parents=True)
    preset.write_text('name = "Drop"\nbundle = "testcard"\nset = { "/latent/psi" = 0.3 }\n')
    _, stood = assemble(Settings("testcard", presets=tmp_path / "home"), 48000)
    for address, args in {"/preset/recall": ("2/3",), "/latent/seed": (7,), "/model/mix": ("rays", 0.5)}.items():
        assert stood.apply(Event(address, args, "web:1"))
    settings = Settings("testcard", presets=tmp_path / "home", memory=json.loads(json.dumps(stood.memory())))
    with PerformanceLog(tmp_path / "set", header(settings), 48000, presets=settings.presets):
        pass
    preset.unlink()
    again, _, _ = read_recorded(tmp_path / "set")
    _, desk = assemble(again, 48000)
    assert desk.memory() == stood.memory()
    assert desk.presets.presets == stood.presets.presets
    assert desk.presets.on == (2, 3)


# ------------------------------------------------------------------------------------------------ a real show


class Program:
    """`vj live`, as a process of its own that is steered by OSC."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ear.bind(("127.0.0.1", 0))
        self.ear.settimeout(0.2)
        env = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "XDG_CONFIG_HOME": str(folder / "config")}
        command = [sys.executable, "-m", "vj.apps.cli", "live", "--headless", "--no-guard", "--no-midi"]
        command += ["--osc-port", "0", *more]
        self.out = (folder / "out.txt").open("w+")
        self.process = subprocess.Popen(command, env=env, cwd=folder, stdout=self.out, stderr=subprocess.STDOUT)
        self.port = 0

    def said(self) -> str:
        return Path(self.out.name).read_text()

    def up(self) -> bool:
        assert self.process.poll() is None, self.said()
        words = self.said().partition("port ")[2].split(",")[0].split()
        self.port = int(words[0]) if words else 0
        return bool(self.port)

    def send(self, address: str, *args: float | str | bool) -> None:
        message = OscMessageBuilder(address)
        for arg in args:
            message.add_arg(arg)
        self.ear.sendto(message.build().dgram, ("127.0.0.1", self.port))

    def values(self) -> dict[str, object]:
        """Everything, asked for with /sync."""
        self.send("/sync", self.ear.getsockname()[1])
        found: dict[str, object] = {}
        try:
            while True:
                packet = self.ear.recv(65536)
                at = 16
                while at < len(packet):
                    size = int.from_bytes(packet[at : at + 4], "big")
                    message = OscMessage(packet[at + 4 : at + 4 + size])
                    found[message.address] = tuple(message.params)
                    at += 4 + size
        except TimeoutError:
            return found

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self.out.close()
        self.ear.close()


def test_of_two_shows_at_once_the_first_keeps_the_session(tmp_path: Path) -> None:
    path = tmp_path / "state" / "session.json"
    first = claim(path)
    assert first is not None
    ours = "from vj.apps.keeping.session import claim; sys.exit(claim(pathlib.Path(sys.argv[1])) is None)"
    code = f"import pathlib, sys; {ours}"
    assert subprocess.run([sys.executable, "-c", code, str(path)], timeout=60).returncode == 1
    first.close()
    assert subprocess.run([sys.executable, "-c", code, str(path)], timeout=60).returncode == 0


@pytest.mark.parametrize(
    "text",
    [
        "ndi:Stage,slice=left,size=640x360,alpha=luma,silent",
        "rtmp://live.example.net/app/KEY,fps=30,bitrate=4500,name=twitch",
        "hls:/srv/show/index.m3u8,off",
        "window:2,slice=2of3",
    ],
)
def test_an_output_is_known_by_its_words(text: str) -> None:
    one = asked(text)
    session = parse_session(Session(outputs=[one.words(), {"to": "carrier pigeon"}]).text(), Path("x"))
    assert sent_to(session, ()) == ((one,), "an output is not begun again: 'carrier pigeon' is no output")
    other = replace(one, on=not one.on)
    assert sent_to(session, (other,))[0] == (other,)
    assert sent_to(session, (other,), first=True)[0] == (one,)


def near(one: tuple[Any, ...] | None, other: tuple[Any, ...]) -> bool:
    """Equal, but for what was still on the last thousandth of its way when the show was cut off."""
    return one == other or (one is not None and one == pytest.approx(other, rel=1e-3, abs=1e-3))


@pytest.mark.realtime
def test_a_show_that_was_killed_goes_on_where_it_stood(tmp_path: Path, wait_until: Wait) -> None:
    song = wav(tmp_path / "song.wav", np.zeros((48000, 2)))
    far = "udp://127.0.0.1:39471,off,name=far,slice=left"
    first = Program(tmp_path, "--bundle", "testcard", "--input", str(song), "--output", far)
    try:
        wait_until(first.up, 60)
        first.send("/look", "ember_drum")
        first.send("/model/mix", "rays", 0.25, "rings", 0.75)
        first.send("/latent/psi", 0.375)
        first.send("/preset/store", "3", "Drop")
        first.send("/cue/add", "Found")
        first.send("/preset/bank", 2)
        first.send("/macro/2", 0.75)
        first.send("/master/level", 0.5)
        saved = tmp_path / "state/vj/session.json"
        wait_until(lambda: '"/macro/2": 0.75' in saved.read_text(), 20)
        wait_until(lambda: '"setlist": "/' in saved.read_text(), 20)
        before = first.values()
        first.process.send_signal(signal.SIGKILL)
    finally:
        first.end()
    second = Program(tmp_path, "--resume")
    try:
        wait_until(second.up, 60)
        wait_until(lambda: "/latent/psi" in second.values(), 20)
        after = second.values()
        second.send("/preset/bank", 1)
        second.send("/preset/3/recall")
        wait_until(lambda: second.values().get("/preset/3/name") == ("Drop",), 20)
    finally:
        second.end()
    same = {a for a in before if not a.startswith(("/window", "/quality", "/output", "/tempo/bpm"))}
    assert {a: after.get(a) for a in same if not near(after.get(a), before[a])} == {}
    assert after["/look"] == ("ember_drum",)
    assert after["/output/far/on"] == before["/output/far/on"]
    assert '"slice": [' in saved.read_text()
    assert saved.stat().st_mode & 0o077 == 0
    assert after["/cue/goto"] == ("1",)
    assert (tmp_path / "config/vj/setlists/evening.toml").exists()


def test_two_threads_may_save_the_same_file(tmp_path: Path) -> None:
    """One of a hundred times each took away what the other was about to put in place."""
    texts = ["a" * 100_000, "b" * 100_000]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda n: save(tmp_path / "same", texts[n % 2]), range(200)))
    assert (tmp_path / "same").read_text() in texts
    assert [path.name for path in tmp_path.iterdir()] == ["same"]

"""A venue is saved by itself, holds when its file is broken, and is edited alike by keys, mouse and OSC."""

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vj.apps.assemble import parameters
from vj.apps.homes import VENUES, named_file
from vj.apps.mapping.deeds import Deeds
from vj.apps.mapping.editor import EDIT, OUTPUT, PART, TEST, Editor
from vj.apps.mapping.file import VenueFile, mapping_of, read_venue, sent_by
from vj.core.errors import ControlError, OutputError, VjError
from vj.core.mapping.output import Mapping, Slice
from vj.core.params import Snapshot
from vj.core.types import Event
from vj.devices.keys import key_events


class Screen:
    """What is told a mapping."""

    size = (1280, 720)

    def __init__(self) -> None:
        self.told: list[tuple[Mapping, str, object]] = []

    def map(self, mapping: Mapping, name: str, guides: object) -> None:
        self.told.append((mapping, name, guides))


def _fired(do: Callable[[], None]) -> Callable[[Event], None]:
    return lambda event: do()


class Desk:
    """Does what is wished for, as the real one would."""

    def __init__(self, editor: Editor, events: "queue.SimpleQueue[Event]") -> None:
        self.editor, self.events, self.screen = editor, events, Screen()
        self.values = {EDIT: False, TEST: "none", PART: "corners", OUTPUT: "main"}
        deeds = Deeds(editor)
        self.deeds = {**deeds.table, **{name: _fired(do) for name, do in deeds.firing.items()}}

    def step(self) -> None:
        while not self.events.empty():
            event = self.events.get()
            if event.address in self.deeds:
                self.deeds[event.address](event)
            else:
                self.values[event.address] = event.args[0]
        self.editor.step(Snapshot(self.values), self.screen)

    def key(self, key: str, *mods: str) -> bool:
        taken = self.editor.key(key, mods)
        self.step()
        return taken


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    editor = Editor(VenueFile(tmp_path / "club.toml"), events)
    made = Desk(editor, events)
    made.values[EDIT] = True
    made.step()
    yield made
    editor.close()


def until(happens: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.02)


def test_what_is_edited_is_saved_by_itself_and_at_the_end(desk: Desk, tmp_path: Path) -> None:
    assert not (tmp_path / "club.toml").exists()  # who edits nothing leaves nothing behind
    desk.key("right")
    until((tmp_path / "club.toml").exists)
    assert read_venue(tmp_path / "club.toml").of("main").corners[0] == (round(4 / 1280, 6), 0.0)
    desk.key("right", "ctrl")
    desk.editor.close()
    assert read_venue(tmp_path / "club.toml").of("main").corners[0] == (round(36 / 1280, 6), 0.0)


def test_a_file_that_another_hand_changes_holds_unless_it_is_broken(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "club.toml"
    path.write_text('format = 1\n[output.main]\nturn = 180\n[output."left wing"]\nflip = "across"\n')
    until(lambda: (desk.step(), desk.editor.mapping.turn == 180)[1])
    assert desk.editor.outputs == ["main", "left wing"]
    path.write_text("format = 1\n[output.main]\nturn = 45\n")
    until(lambda: "broken" in desk.editor.notice)
    desk.step()
    assert desk.editor.mapping.turn == 180
    desk.key("r")  # edited on, it is saved, and what could not be read is not lost
    until(lambda: path.with_name("club.broken.toml").exists() and read_venue(path).of("main").turn == 270)


def test_a_broken_venue_is_told_before_the_show(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("format = 1\n[output.main]\ncorners = 3\n")
    with pytest.raises(OutputError, match="no point"):
        VenueFile(tmp_path / "bad.toml")
    assert named_file(VENUES, str(tmp_path / "x.toml")) == tmp_path / "x.toml"
    assert named_file(VENUES, "Club").name == "Club.toml"
    assert named_file(VENUES, "Club").parent.name == "venues"


def test_keys_pick_and_move_handles(desk: Desk) -> None:
    for _ in range(2):
        desk.key("tab")
    desk.key("up", "shift")
    desk.key("left", "ctrl")
    assert desk.editor.mapping.corners[2] == (1 - 32 / 1280, 1 - 1 / 720)
    assert desk.key("b") is False  # blackout is where it was
    desk.key("3")
    desk.key("right")
    assert desk.editor.mapping.blend.left == pytest.approx(4 / 1280, abs=1e-3)
    desk.key("equal")
    assert desk.editor.mapping.blend.gamma == pytest.approx(2.25)
    desk.key("2")
    for _ in range(3):
        desk.key("equal")
    assert desk.editor.mapping.mesh.columns == 5
    desk.key("4")
    desk.key("equal")
    desk.key("insert")
    desk.key("s")
    assert [(len(m.points), m.shows) for m in desk.editor.mapping.masks] == [(5, True)]
    for _ in range(3):
        desk.key("z", "ctrl")
    assert not desk.editor.mapping.masks
    desk.key("g")
    assert desk.screen.told[-1][0].test == "grid"
    desk.key("escape")
    assert not desk.editor.on
    assert desk.screen.told[-1][2] is None
    assert desk.screen.told[-1][0].test == "none"
    assert desk.key("right") is False


def test_the_key_that_begins_it_is_known(desk: Desk) -> None:
    table = parameters()
    assert [e.address for e in key_events("w", (), table)] == [EDIT]
    assert {address for address in table if address.startswith("/output/map/")} >= set(desk.deeds)


def test_the_mouse_drags_what_it_took_and_a_drag_is_undone_at_once(desk: Desk) -> None:
    editor = desk.editor
    assert editor.mouse("down", 0.99, 0.985)
    for step in range(1, 9):
        editor.mouse("move", 1.0 - 0.01 * step, 1.0 - 0.02 * step)
    editor.mouse("up", 0.9, 0.9)
    editor.mouse("move", 0.5, 0.5)
    desk.step()
    assert editor.mapping.corners[2] == (0.92, 0.84)
    editor.mouse("down", 0.5, 0.5)  # nothing is there
    editor.mouse("move", 0.6, 0.6)
    assert editor.mapping.corners[2] == (0.92, 0.84)
    desk.key("z", "ctrl")
    assert editor.mapping == Mapping()
    desk.key("y", "ctrl")
    assert editor.mapping.corners[2] == (0.92, 0.84)


def test_deeds_are_done_by_name_and_nonsense_is_refused(desk: Desk) -> None:
    def do(name: str, *args: object) -> None:
        desk.deeds[f"/output/map/{name}"](Event(f"/output/map/{name}", args))  # type: ignore[arg-type]

    do("point", "left wing", "corners", 0, 0.1, 0.2)
    do("slice", "left wing", 0.0, 0.0, 0.5, 9.0)
    do("turn", "left wing", -90)
    do("flip", "left wing", "both")
    do("mesh", "left wing", 4, 3)
    do("smooth", "left wing", 0)
    do("blend", "left wing", "gamma", 99.0)
    do("rotate", "left wing", 1.0)
    do("mask", "left wing", "add")
    do("mask", "left wing", "feather", 2, 0.3)
    found = desk.editor.venue.of("left wing")
    assert (found.turn, found.flip, found.slice.width, found.slice.height) == (270, "both", 0.5, 1.0)
    assert (found.mesh.columns, found.mesh.smooth, found.blend.gamma, found.masks[0].feather) == (4, False, 3.0, 0.3)
    before = desk.editor.venue
    for name, *args in (("point", "x", "corners", 9, 0, 0), ("point", "x", "corner", 0, 0, 0), ("turn", "x", 45),
                        ("flip", "x", "up"), ("blend", "x", "gama", 1), ("mask", "x", "ad"), ("reset", "x", "all"),
                        ("smooth", "main", 1)):  # fmt: skip
        with pytest.raises(ControlError):
            do(name, *args)
    assert desk.editor.venue == before
    do("undo")
    do("redo")
    assert desk.editor.venue == before
    told = desk.editor.overview()["outputs"][1]
    assert (told["name"], len(told["handles"]["mesh"]), told["masks"]) == ("left wing", 12, [[4, 0.3, False]])


def test_without_a_name_it_begins_with_none_and_what_was_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "unnamed.toml"
    path.write_text("format = 1\n[output.main]\nturn = 90\n")
    editor = Editor(VenueFile(path, fresh=True), queue.SimpleQueue(), unnamed=True)
    assert editor.mapping.plain
    assert editor.place is None
    editor.close()
    assert read_venue(path).of("main").turn == 90  # nothing was edited: nothing is touched
    editor = Editor(VenueFile(path, fresh=True), queue.SimpleQueue(), unnamed=True)
    editor.nudge(4, 0)
    editor.close()
    assert editor.place == str(path)
    assert "--venue unnamed" in editor.notice or "kept as" in editor.notice
    assert read_venue(tmp_path / "unnamed.previous.toml").of("main").turn == 90


def test_a_venue_brings_its_outputs_and_keeps_them_when_it_is_edited(tmp_path: Path) -> None:
    file = tmp_path / "club.toml"
    file.write_text(
        'format = 1\n[output.right]\nto = "window:2"\nslice = [0.5, 0, 0.5, 1]\n'
        '[output.stage]\nto = "ndi:Stage,fps=30"\n'
    )
    right, stage = sent_by(file)
    assert (right.name, right.kind, right.target, right.part) == ("right", "window", "2", Slice(0.5, 0.0, 0.5, 1.0))
    assert (stage.name, stage.kind, stage.fps) == ("stage", "ndi", 30.0)
    edited = read_venue(file).having("main", Mapping(turn=90))
    file.write_text(edited.text())
    assert read_venue(file) == edited
    assert sent_by(file) == (right, stage)
    for wrong, said in (('to = "nid:x"', "no output"), ("to = 3", "a line")):
        file.write_text(f"format = 1\n[output.right]\n{wrong}\n")
        with pytest.raises(VjError, match=said) as caught:
            sent_by(file)
        assert "output.right" in caught.value.where
    file.write_text('format = 1\n[output.main]\nto = "window:2"\n')
    with pytest.raises(VjError, match="main is the window"):
        read_venue(file)


def test_a_film_is_thrown_as_an_output_of_the_venue_and_as_no_other(tmp_path: Path) -> None:
    file = tmp_path / "club.toml"
    file.write_text("format = 1\n[output.right]\nturn = 90\n")
    assert mapping_of(file, "right").turn == 90
    assert mapping_of(file, "main").plain
    with pytest.raises(OutputError, match="no output 'rihgt'") as caught:
        mapping_of(file, "rihgt")
    assert "right" in caught.value.hint
    with pytest.raises(OutputError, match="no such venue"):
        mapping_of(tmp_path / "elsewhere.toml", "main")

"""Cues that go at a time code: passed, chased where it leaps, and switched off."""

from pathlib import Path

import pytest

from vj.core.errors import ControlError, SetlistError
from vj.core.types import Event
from vj.devices.midi.stage import Midi
from vj.engine.console import full_table
from vj.engine.cues.looks import Looks
from vj.engine.cues.reading import parsed
from vj.engine.cues.setlist import setlist_of
from vj.engine.desk import Desk
from vj.engine.hands.filing import told
from vj.engine.timing.chase import CODE, code

TABLE = full_table([Midi])
CLASSES = {"worlds": ("mandala", "ink")}
TEXT = """
fade = "2 s"
[[cue]]
name = "Doors"
[[cue]]
name = "Song"
at = "00:01:00:00"
set = { "/latent/psi" = 0.5 }
[[cue]]
name = "Chorus"
at = "00:01:30:12"
set = { "/latent/psi" = 1.2 }
[[cue]]
name = "Coda"
"""


@pytest.fixture
def desk() -> Desk:
    path = Path("night.toml")
    return Desk(
        TABLE, CLASSES, setlist_of(parsed(TEXT, path), path, TABLE, CLASSES.__getitem__, "worlds", Looks({}, TABLE))
    )


def at(desk: Desk, *codes: str, frames: int = 1) -> str:
    """The cue that is on after these came one by one, with so many frames shown after each."""
    for each in codes:
        assert desk.apply(Event(CODE, (each,), "midi time code"))
        for _ in range(frames):
            desk.tick(desk.time + 0.02)
    return desk.cue.name if desk.cue else ""


def test_a_cue_goes_as_the_code_passes_it_and_not_before(desk: Desk) -> None:
    assert at(desk, "00:00:59:20", "00:00:59:24") == ""
    assert at(desk, "00:01:00:00", frames=50) == "Song"
    assert desk.shown["/latent/psi"] == pytest.approx(0.65, abs=0.02)  # it fades
    assert at(desk, "00:01:00:01", frames=120) == "Song"
    assert desk.shown["/latent/psi"] == pytest.approx(0.5)
    assert at(desk, "00:01:29;28", "00:01:30;11") == "Song"
    assert at(desk, "00:01:30;13") == "Chorus"  # its own frame was never told


def test_where_the_code_leaps_the_cue_of_there_is_on_at_once(desk: Desk) -> None:
    assert at(desk, "00:01:12:00", frames=50) == "Song"  # the first that is heard
    assert desk.shown["/latent/psi"] == pytest.approx(0.5, abs=1e-3)
    assert at(desk, "00:05:00:00") == "Chorus"
    assert desk.wished["/latent/psi"] == 1.2
    assert at(desk, "00:01:10:00", "00:01:09:23") == "Song"  # back, and backwards
    assert at(desk, "00:00:10:00") == "Song"  # before the first: what is on stays


def test_a_hand_goes_on_by_itself_and_the_code_takes_over_at_its_next_cue(desk: Desk) -> None:
    at(desk, "00:01:00:00", "00:01:00:01")
    assert desk.apply(Event("/cue/go", (), "web:1"))
    assert desk.apply(Event("/cue/go", (), "web:1"))
    assert at(desk, "00:01:00:02", "00:01:00:03") == "Coda"
    assert at(desk, "00:01:29:29", "00:01:30:14") == "Chorus"


def test_it_is_switched_off_and_on_again(desk: Desk) -> None:
    for address, off in (("/cue/timecode", False), ("/preset/lock", True)):
        assert desk.apply(Event(address, (off,), "web:1"))
        assert at(desk, "00:00:59:29", "00:01:00:00", "00:01:40:00") == ""
        assert desk.apply(Event(address, (not off,), "web:1"))
    assert at(desk, "00:01:40:01") == "Chorus"


def test_what_was_heard_last_time_is_not_heard_now(desk: Desk) -> None:
    at(desk, "00:01:00:00")
    later = Desk(TABLE, CLASSES, desk.setlist)
    later.remember(desk.memory())
    later.tick(0.02)
    assert later.wished[CODE] == ""


def test_times_are_told_on_the_surface_and_mistakes_at_once(desk: Desk) -> None:
    assert desk.apply(Event("/cue/at", ("4", "1:2:3"), "web:1"))
    assert [cue["at"] for cue in desk.topics["cues"]()["cues"]] == ["", "00:01:00:00", "00:01:30:12", "01:02:03:00"]
    assert desk.apply(Event("/cue/at", ("4", ""), "web:1"))
    assert desk.setlist.cues[3].at is None
    for wrong in ("soon", "25:00:00:00", "00:00:60:00", "1:2", "00:00:00:60"):
        assert not desk.apply(Event("/cue/at", ("4", wrong), "web:1"))
        assert desk.apply(Event(CODE, (wrong,), "osc:t"))
        assert desk.cue is None
        with pytest.raises(ControlError):
            code(wrong)
        with pytest.raises(SetlistError, match="cue 1"):
            desk.files.parse("setlist", "night.toml", f'[[cue]]\nat = "{wrong}"\n')
    assert desk.apply(told("setlist", "night.toml", TEXT.replace("00:01:00:00", "00:02:00:00")))
    assert at(desk, "00:01:59:29", "00:02:00:00") == "Song"

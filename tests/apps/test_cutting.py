"""Performances that are cut and put together: what replays exactly, and what does not."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_parity import FRAMES, RATE, SCRIPT, perform
from typer.testing import CliRunner

from vj.apps.assemble import assemble
from vj.apps.cli import app
from vj.apps.performance.cutting import join, trim
from vj.apps.performance.joint import standing_at
from vj.apps.performance.summary import summary
from vj.apps.recorded import read_recorded
from vj.apps.replay.piece import Again
from vj.core.errors import AudioError, VjError
from vj.core.params import Snapshot
from vj.core.types import Event
from vj.devices.audio.kept import Kept
from vj.directors.spectrum import palettes
from vj.engine.performance import LOG, SOUND, read_performance, replay, sound_in
from vj.outputs.null import Null
from vj.outputs.performance import PerformanceLog

OTHER = {10: Event("/look", ("glass_choir",)), 40: Event("/latent/psi", (0.9,)), 60: Event("/model/class", (2,))}


def again(folder: Path) -> list[tuple[float, str]]:
    """(show time, hash) of every frame of a replay."""
    header, steps = read_performance(folder / LOG)
    settings, sound, _ = read_recorded(folder)
    show, desk = assemble(replace(settings, size=(64, 36)), header["rate"])
    screen = Null()
    times = []
    for frame in replay(steps, Kept(sound).hops(show.analyzer.hop_length), show, desk):
        screen.write(frame)
        times.append(frame.t)
    return list(zip(times, screen.hashes, strict=True))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[float, str]]]:
    """A folder, and (show time, hash) of every frame that was shown."""
    folder = tmp_path_factory.mktemp("played") / "set"
    hashes = perform(folder)
    times = [step["t"] for step in read_performance(folder / LOG)[1] if step["k"] == "show"]
    return folder, list(zip(times, hashes, strict=True))


def test_what_is_kept_replays_as_it_was_in_the_whole(
    played: tuple[Path, list[tuple[float, str]]], tmp_path: Path
) -> None:
    """Its end is cut off; what was before its beginning leads up to it."""
    folder, live = played
    first, last = trim(folder, tmp_path / "part", 0.4, 0.9)
    assert first == 0.4
    assert max(t for t, _ in live if t <= 0.9) <= last <= 0.9
    assert again(tmp_path / "part") == [frame for frame in live if frame[0] <= 0.9]
    found = summary(tmp_path / "part")
    assert (found.missing, found.exact, found.begins) == ([], None, 0.4)
    assert found.sound < 0.95, "the sound is cut too"
    trim(tmp_path / "part", tmp_path / "less", 0.5)
    assert again(tmp_path / "less") == again(tmp_path / "part")
    assert summary(tmp_path / "less").begins == 0.5


def test_what_was_damaged_in_the_whole_is_told_of_its_part(
    played: tuple[Path, list[tuple[float, str]]], tmp_path: Path
) -> None:
    folder, _ = played
    shutil.copytree(folder, tmp_path / "set")
    lines = (tmp_path / "set" / LOG).read_bytes().splitlines(keepends=True)
    (tmp_path / "set" / LOG).write_bytes(b"".join([*lines[:100], *lines[101:]]))
    trim(tmp_path / "set", tmp_path / "part")
    whole, part = summary(tmp_path / "set"), summary(tmp_path / "part")
    assert whole.exact == part.exact
    assert part.exact is not None
    assert any("not as it was written" in what for what in part.missing)


def test_bare_it_begins_anew_from_where_the_desk_stood(
    played: tuple[Path, list[tuple[float, str]]], tmp_path: Path
) -> None:
    folder, live = played
    trim(folder, tmp_path / "bare", 0.7, bare=True)
    found, whole = summary(tmp_path / "bare"), summary(folder)
    assert found.begins == 0.0
    assert found.length == pytest.approx(whole.length - 0.7, abs=0.05)
    assert found.sound == pytest.approx(whole.sound - 0.7, abs=0.05)
    settings, _, script = read_recorded(tmp_path / "bare")
    later = [event for t, event in read_recorded(folder)[2] if t >= 0.7]
    assert [event for _, event in script] == later
    show, desk = assemble(replace(settings, size=(64, 36)), RATE)
    show.close()
    desk.tick(0.0)
    stood = standing_at(folder, 0.7).desk
    assert str(stood.current("/look")) == "ember_drum", "it was chosen before"
    for address, param in desk.table.items():
        if address in ("/master/freeze", "/master/blackout"):  # no desk begins in these
            continue
        if param.kind in ("float", "int", "toggle", "choice") and address.startswith(
            ("/latent", "/master", "/fx", "/look")
        ):
            assert desk.current(address) == stood.current(address), address
    assert len(again(tmp_path / "bare")) == sum(t >= 0.7 for t, _ in live)


def test_the_same_sound_is_in_every_part(played: tuple[Path, list[tuple[float, str]]], tmp_path: Path) -> None:
    folder, _ = played
    trim(folder, tmp_path / "a", 0.0, 0.5)
    trim(folder, tmp_path / "b", 0.5, bare=True)
    hop = 512
    whole, a, b = (list(Kept(sound_in(f)).hops(hop)) for f in (folder, tmp_path / "a", tmp_path / "b"))
    assert all(np.array_equal(*pair) for pair in zip(a, whole, strict=False))
    assert all(np.array_equal(*pair) for pair in zip(b[::-1], whole[::-1], strict=False))
    assert abs(len(a) + len(b) - len(whole)) <= 1


def test_joined_the_second_goes_on_where_the_first_ends(
    played: tuple[Path, list[tuple[float, str]]], tmp_path: Path
) -> None:
    folder, live = played
    perform(tmp_path / "other", OTHER)
    (joint,) = join([folder, tmp_path / "other"], tmp_path / "both")
    found, one, two = (summary(f) for f in (tmp_path / "both", folder, tmp_path / "other"))
    assert found.missing == []
    assert found.sound == pytest.approx(one.sound + two.sound, abs=0.03)
    assert found.length == pytest.approx(joint + two.length, abs=0.05)
    assert found.exact == pytest.approx(joint, abs=0.05)
    frames = again(tmp_path / "both")
    first = [frame for frame in live if frame[0] < joint]
    assert frames[: len(first)] == first
    assert len(frames) > len(first) + FRAMES * 0.9
    assert len({each for _, each in frames[len(first) :]}) > FRAMES / 5, "the picture moves on"
    # at the joint the desk comes to stand where the second began
    settings, _, script = read_recorded(tmp_path / "both")
    show, desk = assemble(replace(settings, size=(64, 36)), RATE)
    show.close()
    for t, event in script:
        if t <= joint:
            desk.apply(event)
    desk.tick(1000.0)
    here = desk.tick(2000.0)
    show, fresh = assemble(replace(read_recorded(tmp_path / "other")[0], size=(64, 36)), RATE)
    show.close()
    wanted = fresh.tick(0.0)
    for address in ("/latent/psi", "/model/select", "/latent/seed", "/master/level", "/master/reactivity", "/fx/on"):
        assert here[address] == wanted[address], address
    assert [event for t, event in script if t > joint + 0.001][-3:] == list(OTHER.values())


def test_what_cannot_be_cut_or_joined_is_told(played: tuple[Path, list[tuple[float, str]]], tmp_path: Path) -> None:
    folder, _ = played
    with pytest.raises(VjError, match="nothing lies between"):
        trim(folder, tmp_path / "a", 2.0, 1.0)
    with pytest.raises(VjError, match="ends at"):
        trim(folder, tmp_path / "b", 100.0)
    with pytest.raises(VjError, match="cannot be written"):
        trim(folder, folder)
    with pytest.raises(VjError, match="name two"):
        join([folder], tmp_path / "c")
    trim(folder, tmp_path / "d", 0.0, 0.3)
    log = tmp_path / "d" / LOG
    log.write_text(log.read_text().replace('"rate": 48000', '"rate": 44100'))
    with pytest.raises(VjError, match="samples a second"):
        join([folder, tmp_path / "d"], tmp_path / "e")
    assert not (tmp_path / "e" / SOUND).exists()


def test_a_performance_without_sound_is_told_as_such_by_all_who_must_hear_it(
    played: tuple[Path, list[tuple[float, str]]], tmp_path: Path
) -> None:
    """Never as a file whose name was misspelt; who needs no sound reads it all the same."""
    folder, _ = played
    dumb = tmp_path / "dumb"
    shutil.copytree(folder, dumb)
    (dumb / SOUND).unlink()
    film = tmp_path / "film.mp4"

    def refused(words: list[str | Path]) -> VjError:
        error = CliRunner().invoke(app, [*map(str, words)]).exception
        assert isinstance(error, VjError), words
        return error

    for error in (
        refused(["render", dumb, "-o", film]),
        refused(["render", dumb, "-o", film, "--exact"]),
        refused(["performance", "trim", dumb, "-o", tmp_path / "part"]),
        refused(["performance", "join", folder, dumb, "-o", tmp_path / "both"]),
    ):
        assert error.what == "this performance has no sound"
        assert error.where == str(dumb / SOUND)
        assert "sound.flac or sound.wav" in error.hint
    with pytest.raises(AudioError, match="this performance has no sound"):
        Again(dumb).read()
    assert not {film, tmp_path / "part", tmp_path / "both"} & set(tmp_path.iterdir()), "nothing half made"
    assert read_recorded(dumb)[2] == read_recorded(folder)[2]
    assert any("the sound" in words for words in summary(dumb).missing)
    shutil.copy(folder / SOUND, dumb)
    assert trim(dumb, tmp_path / "part")[1] > 0.9


def test_a_show_that_ended_before_it_heard_anything_says_so(tmp_path: Path) -> None:
    with PerformanceLog(tmp_path / "set", {"bundle": "testcard", "director": None, "seed": 4}, RATE) as log:
        log.tick(Snapshot({}, 1.5, 1), -1, [])
    assert not (tmp_path / "set" / SOUND).exists()
    assert "the sound: nothing had been heard" in summary(tmp_path / "set").missing


def test_a_palette_of_ones_own_goes_with_the_performance(tmp_path: Path) -> None:
    """To a machine that has none of that name, and through a cut."""
    palette = tmp_path / "reef_of_mine.toml"
    palette.write_text('title = "Reef"\n[[look]]\nclasses = { rays = 0.7, bars = 0.3 }\npsi = 0.9\n')
    with PerformanceLog(
        tmp_path / "set", {"bundle": "testcard", "director": None, "seed": 4}, RATE, None, (), None, [palette]
    ) as log:
        log.tick(Snapshot({}, 0.1, 2), -1, [Event("/director/spectrum/looks", ("reef_of_mine",), "osc:1")])
        log.hop(0, 1, np.zeros(512, np.float32), np.zeros((512, 2), np.float32))
    palette.unlink()
    trim(tmp_path / "set", tmp_path / "part")
    settings, _, script = read_recorded(tmp_path / "part")
    show, desk = assemble(settings, RATE)
    show.close()
    assert desk.apply(script[0][1]), desk.notice
    assert palettes()["reef_of_mine"].parent.parent == tmp_path / "part"
    show, desk = assemble(replace(settings, palettes=None), RATE)
    show.close()
    assert not desk.apply(script[0][1])
    assert "reef_of_mine" not in palettes()


def test_the_command_line_shows_trims_and_joins(played: tuple[Path, list[tuple[float, str]]], tmp_path: Path) -> None:
    folder, _ = played

    def vj(*words: str | Path) -> str:
        done = CliRunner().invoke(app, ["performance", *map(str, words)])
        assert done.exit_code == 0, done.output
        return done.output

    told = vj("show", folder)
    assert "bundle testcard" in told
    web = sum(event.source == "web:1" for event in SCRIPT.values())
    assert f"web {web}" in told
    assert told.rstrip().endswith("missing  nothing")
    found = json.loads(vj("show", folder, "--json"))
    assert found["events"]["/latent/psi"] == 1
    assert found["sources"]["web"] == web
    assert "0.4 s, and 0.2 s that lead up to them" in vj(
        "trim", folder, "--from", "0.2", "--to", "0.6", "-o", tmp_path / "a"
    )
    trim(folder, tmp_path / "b", 0.5, bare=True)
    assert "2 performances, joined at 0.6 s" in vj("join", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "c")
    (tmp_path / "c" / LOG).write_bytes((tmp_path / "c" / LOG).read_bytes()[:-400])
    assert "cut off" in vj("show", tmp_path / "c")

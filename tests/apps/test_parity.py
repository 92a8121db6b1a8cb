"""The keel: a live run on real threads is recorded, and its replay makes the same frames, bit for bit."""

import queue
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from scipy.io import wavfile

from vj.apps.assemble import Settings, assemble
from vj.apps.live.loop import Live, Parts
from vj.apps.recorded import read_recorded
from vj.apps.render.film import render
from vj.core.handoff import SampleRing
from vj.core.types import F32, Event
from vj.devices.audio.file import AudioFile, FilePlayer
from vj.devices.audio.kept import Kept
from vj.engine.hands.filing import told
from vj.engine.performance import LOG, read_performance, replay, sound_in
from vj.engine.show import bpm
from vj.outputs.null import Null
from vj.outputs.performance import PerformanceLog

RATE = 48000
FRAMES = 150
TAIL = RATE // 2
SCRIPT = {
    20: Event("/model/class", (1,)),
    22: Event("/mod/connect", ("lfo.1", "/latent/psi", 0.6), "web:1"),
    23: Event("/lfo/1/shape", ("noise",), "web:1"),
    24: Event("/mod/connect", ("bands.bass.hits", "/fx/coords/warp"), "web:1"),
    25: Event("/macro/assign", (5, "/latent/step/fine", 9.0, 1.0), "web:1"),
    26: Event("/macro/5", (0.25,), "web:1"),
    28: Event("/layer/1/show", ("vj",), "web:1"),
    29: Event("/layer/2/show", ("a name",), "osc:1"),
    30: Event("/latent/psi", (0.4,)),
    32: Event("/mod/connect", ("bands.bass.hits", "/layer/1/scale"), "web:1"),
    33: Event("/layer/2/plane", ("under",)),
    34: Event("/layer/2/text", ("another",)),
    35: Event("/look", ("ember_drum",)),
    45: Event("/director/select", ("drift",)),
    50: Event("/fx/history/half_life", (0.9,)),
    55: Event("/master/reactivity", (1.7,)),
    60: Event("/master/level", (0.5,)),
    62: Event("/quality/rung", (5,)),
    70: Event("/latent/seed", (9,)),
    80: Event("/master/freeze", ("toggle",)),
    90: Event("/master/freeze", ("toggle",)),
    95: Event("/quality/rung", (2,)),
    98: Event("/tempo/bpm", (600.0,), "web:1"),
    100: Event("/tempo/tap"),
    101: Event("/tempo/source", ("fixed",), "web:1"),
    102: Event("/master/quantise", ("beat",), "web:1"),
    103: Event("/auto/on", (True,), "web:1"),
    104: Event("/auto/skip", (), "web:1"),
    110: Event("/audio/gain", (6.0,)),
    112: Event("/nonsense", (1.0,)),
    115: Event("/master/blackout", (True,)),
    135: Event("/model/class", (0,), "web:1"),
}


class Clicks:
    """A microphone that hears a kick every half second."""

    name, rate, overruns, lost, silent, notes = "clicks", RATE, 0, False, False, ()

    def __init__(self) -> None:
        t = np.arange(RATE * 4) / RATE
        kick = np.sin(2 * np.pi * 60 * t) * np.exp(-(t % 0.5) / 0.06)
        hiss = np.random.default_rng(0).standard_normal(len(t)) * 0.01
        self.sound: F32 = (0.5 * kick + hiss).astype(np.float32)


def perform(folder: Path, script: Mapping[int, Event] = SCRIPT) -> list[str]:
    """Hashes of the frames of a live run in which `script` is done, and which is recorded into `folder`."""
    show, desk = assemble(Settings(bundle="testcard", seed=4, size=(64, 36)), RATE)
    screen, ring, events, source = Null(), SampleRing(RATE), queue.SimpleQueue[Event](), Clicks()
    with PerformanceLog(folder, {"bundle": "testcard", "director": None, "seed": 4}, RATE) as log:
        with Live(Parts(show, desk, source, ring, screen, events, log=log), fps=120) as live:
            for n in range(FRAMES):
                ring.write(source.sound[n * 400 : (n + 1) * 400])
                if n in script:
                    events.put(script[n])
                live.frame()
            # on a slow machine the show's clock runs ahead of the sound; let the sound catch up
            ring.write(source.sound[FRAMES * 400 : FRAMES * 400 + TAIL])
            hops, end = (FRAMES * 400 + TAIL) // show.analyzer.hop_length, time.perf_counter() + 10
            while (
                (heard := live.hearing.features.latest) is None or heard.index < hops - 1
            ) and time.perf_counter() < end:
                live.hearing.features.get(timeout=0.1)
            live.hearing.stop()
            live.dreaming.stop()
        assert live.report().errors == 0
    return screen.hashes


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A live run in which SCRIPT was done: its folder, and hashes of its frames."""
    folder = tmp_path_factory.mktemp("recorded") / "set"
    return folder, perform(folder)


@pytest.fixture
def copied(recorded: tuple[Path, list[str]], tmp_path: Path) -> tuple[Path, list[str]]:
    """The same in a folder that may be written to."""
    return shutil.copytree(recorded[0], tmp_path / "set"), recorded[1]


def play_again(folder: Path, pictures: list[bytes] | None = None) -> list[str]:
    """Hashes of the frames of a replay; their bare pictures are added to `pictures`."""
    header, steps = read_performance(folder / LOG)
    show, desk = assemble(Settings(bundle="testcard", seed=header["seed"], size=(64, 36)), RATE)
    again = Null()
    sound = AudioFile(sound_in(folder), header["rate"])
    for frame in replay(steps, sound.blocks(show.analyzer.hop_length), show, desk):
        assert frame.finish is not None
        again.write(frame)
        if pictures is not None:
            pictures.append(frame.image.tobytes())
    return again.hashes


#: A performance that an earlier version recorded: 45 frames of a director that does not listen, then others that do.
RECORDED = Path(__file__).resolve().parent.parent / "data" / "performance"


def test_what_an_earlier_version_recorded_still_plays() -> None:
    """Where nothing listens the pictures are those of then, but for what another processor rounds otherwise."""
    pictures: list[bytes] = []
    frames = play_again(RECORDED, pictures)
    assert len(frames) == 90
    assert len(set(frames)) > 70
    then = np.load(RECORDED / "pictures.npz")["pictures"]
    now = np.stack([small(picture) for picture in pictures[: len(then)]])
    assert np.abs(now - then).max() < 2.0
    moved = np.abs(np.diff(then.astype(float), axis=0)).max(axis=(1, 2, 3))
    assert moved[1:].max() > 15, "what was done must be seen"
    script = read_recorded(RECORDED)[2]
    assert [event.address for _, event in script].count("/director/select") == 2


def small(picture: bytes) -> F32:
    """Mean colours of a picture of 36 x 64 pixels in squares of four, [9, 16, 3]; black before the first picture."""
    if len(picture) < 36 * 64 * 3:
        return np.zeros((9, 16, 3), np.float32)
    return np.frombuffer(picture, np.uint8).reshape(9, 4, 16, 4, 3).mean((1, 3)).astype(np.float32)


def test_a_live_run_and_its_replay_are_the_same_frames(recorded: tuple[Path, list[str]]) -> None:
    folder, live = recorded
    again = play_again(folder)
    assert len(live) == FRAMES
    assert len(set(live)) > FRAMES / 4, "the picture must have moved"
    assert again == live


@pytest.mark.realtime
def test_a_song_of_two_channels_replays_from_its_flac(tmp_path: Path) -> None:
    """Played by the player in real time; its second half is inverted, so that the side is heard, and it is too loud."""
    sound = np.stack([Clicks().sound * 2.4, Clicks().sound * 1.7], axis=1)[: RATE * 2]
    sound[RATE // 2 :, 1] *= -1.0
    wavfile.write(tmp_path / "song.wav", RATE, sound)
    show, desk = assemble(Settings(bundle="testcard", seed=4, size=(64, 36)), RATE)
    screen, ring = Null(), SampleRing(RATE)
    ring.keeps = True
    with (
        FilePlayer(tmp_path / "song.wav", ring, RATE, loop=False, audible=False) as player,
        PerformanceLog(tmp_path / "set", {"bundle": "testcard", "director": None, "seed": 4}, RATE) as log,
        Live(Parts(show, desk, player, ring, screen, queue.SimpleQueue[Event](), log=log), fps=60) as live,
    ):
        live.run(2.5)
        live.hearing.stop()
        live.dreaming.stop()
    steps = read_performance(tmp_path / "set" / LOG)[1]
    hops = [step for step in steps if step["k"] == "hop"]
    assert {step.get("mix") for step in hops} >= {None, "side"}
    assert sum("raw" in step for step in hops) < 20, "only while it turns from one to the other"
    kept = Kept(sound_in(tmp_path / "set"))
    assert kept.channels == 2
    show, desk = assemble(Settings(bundle="testcard", seed=4, size=(64, 36)), RATE)
    again = Null()
    for frame in replay(steps, kept.hops(show.analyzer.hop_length), show, desk):
        again.write(frame)
    assert again.hashes == screen.hashes
    assert len(set(again.hashes)) > 30


def test_what_was_made_on_stage_replays_without_the_files_it_was_written_to(tmp_path: Path) -> None:
    touch = {"source": "web:1"}
    live = perform(
        tmp_path / "set",
        {
            10: Event("/look", ("ember_drum",), **touch),
            20: Event("/latent/psi", (0.4,), **touch),
            25: Event("/preset/store", ("3", "Drop"), **touch),
            30: Event("/desk/keep", ("Night river",), **touch),
            35: Event("/cue/add", ("Found",), **touch),
            40: told("preset", "1/5", 'look = "night_river"\nbundle = "testcard"\nset = { "/latent/seed" = 8 }\n'),
            45: Event("/latent/psi", (1.1,), **touch),
            50: Event("/desk/undo", (), **touch),
            55: Event("/preset/recall", ("5",), **touch),
            60: told("look", "other", 'title = "Other"\nset = { "/latent/psi" = 1.0 }\n'),
            70: Event("/look", ("other",), **touch),
            80: Event("/preset/corner/a", (3,), **touch),
            81: Event("/preset/corner/d", (5,), **touch),
            85: Event("/preset/morph", (True,), **touch),
            95: Event("/preset/x", (0.9,), **touch),
            105: told("setlist", "night.toml", '[[cue]]\nname = "Last"\npreset = "drop"\nbundle = "testcard"\n'),
            110: Event("/cue/go", (), "midi:pads"),
            130: Event("/desk/undo", (), **touch),
        },
    )
    assert len(set(live)) > FRAMES / 4
    assert play_again(tmp_path / "set") == live
    done = [
        event["address"] for step in read_performance(tmp_path / "set" / LOG)[1] for event in step.get("events", ())
    ]
    assert done.count("file") == 3


def test_a_preset_recalled_is_the_picture_of_a_show_that_had_it_from_the_start(tmp_path: Path) -> None:
    """Once its fade and its morph are over, frame by frame and bit by bit, where no director is on the way: a walk goes
    on from where it stands."""
    preset = tmp_path / "bank1" / "03.toml"
    preset.parent.mkdir()
    text = 'look = "ember_drum"\nbundle = "testcard"\nwalk = 2\nclasses = { rays = 0.25, grid = 0.75 }\n'
    preset.write_text(text + 'set = { "/director/select" = "manual", "/latent/psi" = 0.9, "/latent/seed" = 77 }\n')
    others = (
        *(
            Event(a, args)
            for a, args in {"/look": ("glass_choir",), "/latent/psi": (0.3,), "/latent/seed": (5,)}.items()
        ),
        *(
            Event(a, args)
            for a, args in {"/model/class": ("bars",), "/latent/reseed": (), "/model/morph": (7.0,)}.items()
        ),
        Event("/director/select", ("manual",)),
    )
    cut, back = Event("/preset/fade", (0.0,)), Event("/preset/recall", ("3",))
    start = [(0, cut), (0, back)]
    frames = [
        played(tmp_path, script)
        for script in (
            start,
            [(0, cut), *((n, event) for n, event in enumerate(others)), (60, back)],
            [
                *start,
                *((10 + n, event) for n, event in enumerate(others)),
                (60, Event("/preset/fade", (1.0,))),
                (60, back),
            ],
        )
    ]
    assert frames[0][60:200] != frames[1][60:200]
    for each in frames[1:]:
        assert each[-40:] == frames[0][-40:]
    assert frames[0][0] == frames[0][-1] or len(set(frames[0])) > 1


def played(presets: Path, script: list[tuple[int, Event]]) -> list[str]:
    """Hashes of 240 frames of four seconds to a kick, with each event done at the frame it stands at."""
    show, desk = assemble(Settings(bundle="testcard", seed=4, size=(64, 36), presets=presets), RATE)
    screen, sound, hop = Null(), Clicks().sound, show.analyzer.hop_length
    snapshot, features = show.open(desk)
    heard = 0
    for n in range(240):
        for _, event in [done for done in script if done[0] == n]:
            assert desk.apply(event), desk.notice
        while (heard + 1) * hop <= n * RATE // 60:
            features = show.analyze(np.resize(sound[heard * hop % len(sound) :], hop), snapshot)
            heard += 1
        snapshot = desk.tick(n / 60, features, bpm(features))
        latent = show.direct(n / 60, features, snapshot)
        image = show.imagine([latent], "testcard", show.scale(n / 60, snapshot))[0]
        screen.write(
            show.composite(n / 60, show.picture(image, latent, n / 60, snapshot, features), snapshot, features)
        )
    return screen.hashes


def test_what_replays_is_finished_as_it_was(copied: tuple[Path, list[str]]) -> None:
    """The same sound with another taste makes other frames, though the pictures under them are the same."""
    folder, live = copied
    log = folder / LOG
    assert log.read_text().count('"args": [1.7]') == 1
    log.write_text(log.read_text().replace('"args": [1.7]', '"args": [0.2]'))
    pictures: list[bytes] = []
    other = play_again(folder, pictures)
    assert other[:50] == live[:50]
    assert other != live
    log.write_text(log.read_text().replace("/fx/history/half_life", "/fx/history/show"))
    same: list[bytes] = []
    assert play_again(folder, same) != other
    assert same == pictures


def test_a_replay_with_one_event_changed_differs(copied: tuple[Path, list[str]]) -> None:
    folder, live = copied
    log = folder / LOG
    assert log.read_text().count('"args": [0.4]') == 1  # not the first "0.4": that may be a time
    log.write_text(log.read_text().replace('"args": [0.4]', '"args": [0.5]'))
    assert play_again(folder) != live


def test_a_performance_renders_cleanly_on_a_fixed_clock(recorded: tuple[Path, list[str]], tmp_path: Path) -> None:
    """What was done at a moment is done at that moment of the film."""
    settings, sound, script = read_recorded(recorded[0])
    assert [event for _, event in script] == list(SCRIPT.values())
    film = tmp_path / "film.mp4"
    settings = replace(settings, size=(64, 36))
    frames = render(sound, film, settings, Fraction(30), (64, 36), script=script).frames
    assert abs(frames / 30 - (FRAMES * 400 + TAIL) / RATE) < 0.05
    blackout = next(t for t, event in script if event.address == "/master/blackout")
    with av.open(str(film)) as opened:
        light = [frame.to_ndarray(format="gray").mean() for frame in opened.decode(video=0)]
    assert light[int(blackout * 30) - 2] > 5
    assert light[int(blackout * 30) + 2] < 3


def test_a_log_cut_off_by_a_crash_replays_as_far_as_it_goes(copied: tuple[Path, list[str]]) -> None:
    folder, live = copied
    log = folder / LOG
    log.write_text(log.read_text()[: len(log.read_text()) // 2])
    again = play_again(folder)
    assert 10 < len(again) < len(live)
    assert again == live[: len(again)]

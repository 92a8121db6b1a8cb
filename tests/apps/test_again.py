"""A performance rendered again: what docs/performances.md guarantees, cell by cell."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests_songs import RATE, kicks

from vj.apps.assemble import Settings, assemble
from vj.apps.recorded import Script, read_recorded
from vj.apps.render import automation
from vj.apps.render.automation import steady
from vj.apps.render.exact import own_rate, render_exact
from vj.apps.render.film import render
from vj.apps.render.moments import Moment, begun
from vj.apps.track import track_of
from vj.core.errors import BundleError, VjError
from vj.core.sound.mono import Mono
from vj.core.types import F32, Event
from vj.devices.audio.file import AudioFile
from vj.engine.performance import LOG, read_performance, replay
from vj.engine.show import bpm
from vj.outputs.null import Null, frame_hash
from vj.outputs.offscreen import Offscreen
from vj.outputs.performance import PerformanceLog

SECONDS = 6.0
RATES = tuple(map(Fraction, (24, 25, 30, 50, 120, 144))) + (Fraction(30000, 1001), Fraction(60000, 1001))
SMALL = Settings(bundle="testcard", size=(64, 36), seed=4, director="pulse")
#: What hands did: fades, quantised and timed actions, modulation, the autopilot, a freeze and a blackout, at odd times.
DONE: Sequence[tuple[float, str, tuple[float | int | bool | str, ...]]] = (
    (0.11, "/look", ("ember_drum",)),
    (0.313, "/latent/psi", (1.2,)),
    (0.4021, "/mod/connect", ("lfo.1", "/latent/psi", 0.6)),
    (0.41, "/mod/connect", ("bands.bass.hits", "/fx/coords/warp")),
    (0.7, "/model/morph", (1.3,)),
    (0.9077, "/model/class", (2,)),
    (1.2, "/tempo/bpm", (131.0,)),
    (1.2001, "/tempo/source", ("fixed",)),
    (1.3, "/master/quantise", ("bar",)),
    (1.5031, "/model/class", (1,)),
    (2.017, "/preset/fade", (0.8,)),
    (2.1, "/preset/store", ("1",)),
    (2.2, "/latent/dir/1", (0.9,)),
    (2.3, "/look", ("glass_choir",)),
    (2.9, "/fx/history/half_life", (0.9,)),
    (3.0333, "/preset/recall", ("1",)),
    (3.4, "/auto/on", (True,)),
    (3.41, "/auto/skip", ()),
    (4.1, "/master/freeze", (True,)),
    (4.35, "/master/freeze", (False,)),
    (4.6043, "/master/level", (0.3,)),
    (4.9, "/master/blackout", (True,)),
    (5.2021, "/master/blackout", (False,)),
    (5.3, "/latent/seed", (9,)),
)


def script(until: float = SECONDS) -> Script:
    return tuple((t, Event(address, args, "web:1")) for t, address, args in DONE if t < until)


class Nowhere:
    """A film nobody makes."""

    def __init__(self) -> None:
        self.sound = 0

    def write_audio(self, samples: F32) -> None:
        self.sound += len(samples)


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kicks(tmp_path_factory.mktemp("song") / "song.wav", SECONDS)


def track(song: Path, fps: Fraction, since: Fraction = Fraction(0)) -> Iterator[Moment]:
    sound, (show, desk) = AudioFile(song, RATE), assemble(SMALL, RATE)
    left = begun(desk, script())
    return steady(sound, Nowhere(), show, desk, track_of(sound, fps), left, since)  # type: ignore[arg-type]


def told(moment: Moment) -> tuple[object, ...]:
    """All of a moment, but for how many ticks of the history passed since the frame before."""
    latent, finish = moment.latent, moment.finish
    assert finish is not None
    numbers = latent.z.tobytes(), latent.mix.tobytes(), latent.psi, latent.directions.tobytes(), latent.noise_seed
    return (*numbers, repr(replace(finish, ticks=0)), repr(dict(moment.snapshot.values)))


@pytest.fixture(scope="module")
def tracks(song: Path) -> dict[Fraction, dict[Fraction, Moment]]:
    """Rate -> exact show time -> moment."""
    return {fps: {n / fps: moment for n, moment in enumerate(track(song, fps))} for fps in RATES}


def test_every_moment_is_the_same_at_any_rate(tracks: dict[Fraction, dict[Fraction, Moment]]) -> None:
    """Fades, quantised actions, cues, modulation, followers, springs, walk and finish, bit by bit."""
    known: dict[Fraction, tuple[object, ...]] = {}
    common = 0
    for fps, moments in tracks.items():
        assert len(moments) == -(-SECONDS * fps // 1)
        for t, moment in moments.items():
            assert moment.t == float(t)
            common += t in known
            assert known.setdefault(t, told(moment)) == told(moment), f"{float(t)} s at {float(fps)} fps"
    assert common > 800
    # and what was asked for is seen
    by_time = tracks[Fraction(120)]
    assert len({told(moment) for moment in by_time.values()}) > 500
    shown = [moment.snapshot.values for moment in by_time.values()]
    assert len({str(values["/look"]) for values in shown}) >= 3, "a look, the preset's, and the autopilot's"
    assert any(values["/master/blackout"] for values in shown)
    quantised = next(t for t, m in by_time.items() if m.snapshot["/model/mix"] == ((1, 1.0),))
    assert quantised > 1.504, "it waits for its bar"


def test_as_many_ticks_of_the_history_pass_at_any_rate(tracks: dict[Fraction, dict[Fraction, Moment]]) -> None:
    """Up to every common frame; none while the picture is frozen."""
    for fps, moments in tracks.items():
        finishes = [moment.finish for moment in moments.values()]
        ticks = np.cumsum([finish.ticks for finish in finishes if finish is not None])
        for n, t in enumerate(moments):
            frozen = min(max(float(t) - 4.1, 0.0), 0.25) * 60
            assert abs(ticks[n] - (60 * float(t) - frozen)) < 1.2, f"{float(t)} s at {float(fps)} fps"


def test_frames_between_steps_are_between_them(
    song: Path, tracks: dict[Fraction, dict[Fraction, Moment]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a clock six times as fast: how far the steps of the clock are from none at all."""
    monkeypatch.setattr(automation, "CLOCK", 720)
    fine = {n / Fraction(144): moment for n, moment in enumerate(track(song, Fraction(144)))}
    far, lights = [], []
    for t, moment in tracks[Fraction(144)].items():
        other = fine[t]
        cosines = (moment.latent.z * other.latent.z).sum(-1) / moment.latent.z.shape[-1]
        far.append(float(np.arccos(np.clip(cosines, -1.0, 1.0)).max()))
        assert moment.finish is not None
        assert other.finish is not None
        lights.append(abs(moment.finish.level - other.finish.level))
    assert np.median(far) < 0.01, "radians"
    assert np.percentile(lights, 99) < 0.05


def test_a_span_is_that_part_of_the_whole(song: Path, tracks: dict[Fraction, dict[Fraction, Moment]]) -> None:
    whole = tracks[Fraction(30)]
    part = list(track(song, Fraction(30), Fraction(3)))
    assert len(part) == len(whole) - 90
    for n, moment in enumerate(part):
        assert told(moment) == told(whole[3 + Fraction(n, 30)])
    assert part[0].finish is not None
    assert part[0].finish.ticks == 0


class Shown:
    """What a show was: its frames, and at each show time where the walk was and how bright it was."""

    def __init__(self) -> None:
        self.screen = Null()
        self.walk: list[tuple[float, F32, float]] = []


def perform(folder: Path, song: Path, seconds: float = 3.0) -> Shown:
    """A show that stumbles: 40 to 100 frames a second, one hang, some frames without a picture, a governor at work."""
    settings = Settings(bundle="testcard", seed=4, director="pulse")
    (show, desk), shown, rng = assemble(settings, RATE), Shown(), np.random.default_rng(3)
    left = [*script(seconds), (1.7, Event("/quality/rung", (5,), "governor"))]
    mono = Mono(RATE)
    hops = (mono.step(block) for block in AudioFile(song, RATE).blocks(show.analyzer.hop_length, channels=2))
    snapshot, features = show.open(desk)
    t, number, picture = 0.0, 0, None
    header = {"bundle": "testcard", "director": "pulse", "seed": 4}
    with PerformanceLog(folder, header, RATE) as log:
        while t < seconds:
            t += 0.3 if number == 60 else rng.uniform(0.01, 0.025) if number else 0.0
            while (features.index + 2) * show.analyzer.hop_length <= t * RATE:
                samples = next(hops)
                features = show.analyze(samples, snapshot)
                log.hop(features.index, snapshot.tick, samples)
            done = [event for when, event in left if when <= t]
            left = [(when, event) for when, event in left if when > t]
            for event in done:
                desk.apply(event)
            snapshot = desk.tick(t, features, bpm(features))
            log.tick(snapshot, features.index, done)
            if number % 9 != 8:
                latent, scale = show.direct(t, features, snapshot), show.scale(t, snapshot)
                picture = show.picture(
                    show.imagine([latent], "testcard", scale, (256, 144))[0], latent, t, snapshot, features
                )
                log.imagine(picture.index, t, features.index, snapshot.tick, (256, 144))
            frame = show.composite(t, picture, snapshot, features)
            log.show(t, picture.index if picture else -1, snapshot.tick, features.index)
            shown.screen.write(frame)
            assert frame.finish is not None
            shown.walk.append((t, latent.z, frame.finish.level))
            number += 1
    return shown


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory, song: Path) -> tuple[Path, Shown]:
    folder = tmp_path_factory.mktemp("again") / "set"
    return folder, perform(folder, song)


def light_of(film: Path) -> list[float]:
    with av.open(str(film)) as opened:
        return [float(frame.to_ndarray(format="rgb24").mean()) for frame in opened.decode(video=0)]


def test_exact_shows_the_frames_of_the_show_at_their_times(show: tuple[Path, Shown], tmp_path: Path) -> None:
    """Bit by bit, though the film's rate is another; the governor's ladder and a hang are in it."""
    folder, shown = show
    for fps in (None, Fraction(24)):
        film, hashes = tmp_path / "film.mp4", tmp_path / "hashes.txt"
        done = render_exact(folder, film, fps, (128, 72), hashes=hashes)
        lines = [line.split() for line in hashes.read_text().splitlines()]
        assert [line[0] for line in lines] == shown.screen.hashes
        assert [float(line[1]) for line in lines] == pytest.approx(shown.screen.times, abs=1e-6)
        assert done.fps == (fps or 60)
        light = light_of(film)
        assert len(light) == done.frames == pytest.approx(3.0 * done.fps, abs=2)
        # what is on the film at each place is the frame of that time
        with Offscreen((128, 72)) as screen:
            drawn, header = {}, read_performance(folder / LOG)
            fresh, desk = assemble(Settings(bundle="testcard", seed=4, director="pulse"), RATE)
            sound = AudioFile(read_recorded(folder)[1], RATE).blocks(fresh.analyzer.hop_length)
            for frame in replay(header[1], sound, fresh, desk):
                drawn[round(frame.t * done.fps)] = float(screen.draw(frame).mean())
        off = [abs(light[place] - mean) for place, mean in drawn.items() if place < len(light)]
        assert np.median(off) < 4.0
    assert own_rate(shown.screen.times) == 60


def test_a_clean_render_is_the_show_in_full_and_at_its_moments(show: tuple[Path, Shown], tmp_path: Path) -> None:
    folder, shown = show
    settings, sound, done = read_recorded(folder)
    assert all(event.source != "governor" for _, event in done)
    file, (fresh, desk) = AudioFile(sound, RATE), assemble(settings, RATE)
    left = begun(desk, done)
    moments = list(steady(file, Nowhere(), fresh, desk, track_of(file, Fraction(120)), left))  # type: ignore[arg-type]
    assert all(moment.snapshot["/quality/rung"] == 0 for moment in moments)
    off, lights = [], []
    for t, z, level in shown.walk:
        moment = moments[min(round(t * 120), len(moments) - 1)]
        cosines = (moment.latent.z * z).sum(-1) / z.shape[-1]
        off.append(float(np.arccos(np.clip(cosines, -1.0, 1.0)).max()))
        assert moment.finish is not None
        lights.append(abs(moment.finish.level - level))
    for (t,z,l),o in list(zip(shown.walk,off))[::5]: print(round(t,3),round(o,3),round(l,3))
    print("off", np.percentile(off, (50, 90, 100)), np.percentile(lights, (50, 90, 100)))
    assert np.median(off) < 0.1

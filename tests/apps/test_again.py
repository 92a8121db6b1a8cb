"""A performance rendered again: what docs/performances.md guarantees, cell by cell."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests_songs import RATE, kicks
from typer.testing import CliRunner

from vj.apps.assemble import Settings, assemble
from vj.apps.cli import app
from vj.apps.recorded import Script, read_recorded
from vj.apps.render import automation
from vj.apps.render.automation import steady
from vj.apps.render.exact import own_rate
from vj.apps.render.moments import Moment, begun
from vj.apps.track import track_of
from vj.core.shelf import share
from vj.core.sound.mono import Mono
from vj.core.types import F32, U8, Event, Frame
from vj.devices.audio.file import AudioFile
from vj.engine.performance import LOG, read_performance, replay
from vj.engine.show import bpm
from vj.outputs.finish.swscale import reduced
from vj.outputs.null import Null
from vj.outputs.offscreen import Offscreen
from vj.outputs.performance import PerformanceLog

SECONDS = 5.5
#: A film's, one whose frames lie between those of the clock, the clock's, and one faster.
RATES = tuple(map(Fraction, (24, 50, 120, 144)))
SMALL = Settings(bundle="testcard", size=(64, 36), seed=4, director="pulse")
#: What hands did: fades, quantised and timed actions, modulation, the autopilot, a freeze and a blackout, at odd times.
DONE: Sequence[tuple[float, str, tuple[float | int | bool | str, ...]]] = (
    (0.11, "/look", ("ember_drum",)),
    (0.313, "/latent/psi", (1.2,)),
    (0.4021, "/mod/connect", ("lfo.1", "/latent/psi", 0.6)),
    (0.41, "/mod/connect", ("bands.bass.hits", "/fx/coords/warp")),
    (0.55, "/master/level", (0.3,)),
    (0.7, "/model/morph", (1.3,)),
    (0.9077, "/model/class", (2,)),
    (1.0, "/master/level", (1.0,)),
    (1.2, "/tempo/bpm", (131.0,)),
    (1.2001, "/tempo/source", ("fixed",)),
    (1.3, "/master/quantise", ("bar",)),
    (1.5031, "/model/class", (1,)),
    (2.017, "/preset/fade", (0.8,)),
    (2.1, "/preset/store", ("1",)),
    (2.2, "/latent/dir/1", (0.9,)),
    (2.3, "/look", ("glass_choir",)),
    (2.6, "/master/freeze", (True,)),
    (2.75, "/master/freeze", (False,)),
    (2.9, "/fx/history/half_life", (0.9,)),
    (3.0333, "/preset/recall", ("1",)),
    (3.4, "/auto/on", (True,)),
    (3.41, "/auto/skip", ()),
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


def track(song: Path, fps: Fraction, since: Fraction = Fraction(0), end: float | None = None) -> Iterator[Moment]:
    sound, (show, desk) = AudioFile(song, RATE, end=end), assemble(SMALL, RATE)
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
    shared = 0
    for fps, moments in tracks.items():
        assert len(moments) == -(-SECONDS * fps // 1)
        for t, moment in moments.items():
            assert moment.t == float(t)
            shared += t in known
            here = told(moment)
            assert known.setdefault(t, here) == here, f"{float(t)} s at {float(fps)} fps"
    assert shared > 300
    # and what was asked for is seen
    by_time = tracks[Fraction(120)]
    assert len({known[t] for t in by_time}) > 500
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
            frozen = min(max(float(t) - 2.6, 0.0), 0.15) * 60
            assert abs(ticks[n] - (60 * float(t) - frozen)) < 1.2, f"{float(t)} s at {float(fps)} fps"


def test_frames_between_steps_are_between_them(
    song: Path, tracks: dict[Fraction, dict[Fraction, Moment]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a clock six times as fast: how far the steps of the clock are from none at all."""
    monkeypatch.setattr(automation, "CLOCK", 720)
    fine = {n / Fraction(144): moment for n, moment in enumerate(track(song, Fraction(144), end=1.5))}
    pairs = [(tracks[Fraction(144)][t], moment) for t, moment in fine.items()]
    assert np.median([turned(*pair) for pair in pairs]) < 0.01, "radians"
    assert np.percentile([abs(light(a) - light(b)) for a, b in pairs], 95) < 0.05


def test_a_span_is_that_part_of_the_whole(song: Path, tracks: dict[Fraction, dict[Fraction, Moment]]) -> None:
    whole = tracks[Fraction(24)]
    part = list(track(song, Fraction(24), Fraction(3)))
    assert len(part) == len(whole) - 72
    for n, moment in enumerate(part):
        assert told(moment) == told(whole[3 + Fraction(n, 24)])
    assert part[0].finish is not None
    assert part[0].finish.ticks == 0


class Shown:
    """What a show was: its frames, and what they were made of."""

    def __init__(self) -> None:
        self.screen = Null()
        self.moments: list[Moment] = []


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
            fresh = number % 9 != 8
            if fresh:
                latent, scale = show.direct(t, features, snapshot), show.scale(t, snapshot)
                picture = show.picture(
                    show.imagine([latent], "testcard", scale, (256, 144))[0], latent, t, snapshot, features
                )
                log.imagine(picture.index, t, features.index, snapshot.tick, (256, 144))
            frame = show.composite(t, picture, snapshot, features)
            log.show(t, picture.index if picture else -1, snapshot.tick, features.index)
            shown.screen.write(frame)
            if fresh:
                shown.moments.append(Moment(t, latent, features, snapshot, frame.finish))
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
    film, hashes = tmp_path / "film.mp4", tmp_path / "hashes.txt"
    options = ["-o", str(film), "--size", "128x72", "--fps", "24", "--hashes", str(hashes)]
    done = CliRunner().invoke(app, ["render", str(folder), "--exact", *options])
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in hashes.read_text().splitlines()]
    assert [line[0] for line in lines] == shown.screen.hashes
    assert [float(line[1]) for line in lines] == pytest.approx(shown.screen.times, abs=1e-6)
    light = light_of(film)
    assert len(light) == pytest.approx(3.0 * 24, abs=2)
    with Offscreen((128, 72)) as screen:  # what is on the film at each place is the newest frame of that time
        drawn, (fresh, desk) = {}, assemble(Settings(bundle="testcard", seed=4, director="pulse"), RATE)
        sound = AudioFile(read_recorded(folder)[1], RATE).blocks(fresh.analyzer.hop_length)
        for frame in replay(read_performance(folder / LOG)[1], sound, fresh, desk):
            drawn[round(frame.t * 24)] = float(screen.draw(frame).mean())
    off = [abs(light[place] - mean) for place, mean in drawn.items() if place < len(light)]
    assert np.percentile(off, 90) < 2.0
    assert np.ptp(light) > 10.0
    assert own_rate(shown.screen.times) == 60


def test_a_clean_render_is_the_show_in_full_and_at_its_moments(show: tuple[Path, Shown]) -> None:
    folder, shown = show
    settings, sound, done = read_recorded(folder)
    assert all(event.source != "governor" for _, event in done)
    file, (fresh, desk) = AudioFile(sound, RATE), assemble(settings, RATE)
    left = begun(desk, done)
    moments = list(steady(file, Nowhere(), fresh, desk, track_of(file, Fraction(120)), left))  # type: ignore[arg-type]
    assert all(moment.snapshot["/quality/rung"] == 0 for moment in moments)
    clean = [moments[min(round(m.t * 120), len(moments) - 1)] for m in shown.moments]
    off = [turned(m, c) for m, c in zip(shown.moments, clean, strict=True) if not m.snapshot["/master/freeze"]]
    assert np.percentile(off, 90) < 0.1, "radians, where one frame of the show may move by 0.25"
    for what, bound in ((light, 0.05), (lambda m: m.latent.psi, 0.05), (zoomed, 0.1)):
        then, now = (np.array([what(m) for m in each]) for each in (shown.moments, clean))
        assert np.ptp(then) > 4 * bound, "it moved"
        assert np.percentile(np.abs(then - now), 90) < bound
    # what was quantised comes on the same line: at the step that meets it, where the show had to wait for a frame
    (then, mix), (now, same) = changed(shown.moments), changed(moments)
    assert mix == same
    assert -1 / 120 <= then - now < 0.03
    # and what was frozen is what was seen when it was
    frozen = [m for m in moments if m.snapshot["/master/freeze"]]
    first = next(m for m in shown.moments if m.snapshot["/master/freeze"])
    assert len({m.latent.z.tobytes() for m in frozen}) == 1
    assert turned(first, frozen[0]) < 0.25


def turned(a: Moment, b: Moment) -> float:
    """Radians between two places of the walk."""
    cosines = (a.latent.z * b.latent.z).sum(-1) / a.latent.z.shape[-1]
    return float(np.arccos(np.clip(cosines, -1.0, 1.0)).max())


def light(moment: Moment) -> float:
    assert moment.finish is not None
    return moment.finish.level


def zoomed(moment: Moment) -> float:
    """How far a kick throws the trails."""
    assert moment.finish is not None
    return float(moment.finish.values["history"]["zoom_kick"])


def changed(moments: Sequence[Moment]) -> tuple[float, object]:
    """When the classes that were asked for at 1.5 s came, and what they are."""
    before = next(m for m in moments if m.t >= 1.5).snapshot["/model/mix"]
    return next((m.t, m.snapshot["/model/mix"]) for m in moments if m.t > 1.5 and m.snapshot["/model/mix"] != before)


def composited(song: Path, fps: Fraction, done: Script, settings: Settings = SMALL) -> Iterator[Frame]:
    """The frames of a clean render of 1.25 seconds, before they are finished."""
    sound, (show, desk) = AudioFile(song, RATE, end=1.25), assemble(settings, RATE)
    left = begun(desk, done)
    for m in steady(sound, Nowhere(), show, desk, track_of(sound, fps), left):  # type: ignore[arg-type]
        picture = show.picture(show.imagine([m.latent], m.program)[0], m.latent, m.t, m.snapshot, m.features)
        yield show.composite(m.t, picture, m.snapshot, m.features, m.finish)


def drawn(
    song: Path, fps: Fraction, done: Script, settings: Settings = SMALL, samples: int = 1
) -> dict[Fraction, tuple[U8, U8]]:
    """Show time -> the composited picture and the finished one."""
    with Offscreen((192, 108), samples=samples) as screen:
        frames = enumerate(composited(song, fps, done, settings))
        return {n / fps: (frame.image, screen.draw(frame).copy()) for n, frame in frames}


def decibels(a: U8, b: U8) -> float:
    """Peak signal to noise, 100 where there is no noise."""
    return min(10.0 * np.log10(255.0**2 / max(float(np.square(a.astype(float) - b).mean()), 1e-9)), 100.0)


def common(song: Path, done: Script, settings: Settings = SMALL) -> list[tuple[tuple[U8, U8], tuple[U8, U8]]]:
    """The frames of 24 and of 120 fps at their common times, but for the first."""
    slow, fast = (drawn(song, Fraction(fps), done, settings) for fps in (24, 120))
    assert len(slow) == 30
    return [(frame, fast[t]) for t, frame in slow.items() if t]


def images(song: Path, done: Script, settings: Settings = SMALL, times: int = 5) -> list[tuple[U8, U8]]:
    """The composited pictures of 24 and of so many `times` 24 fps at their common times, but for the first."""
    rates = 24, 24 * times
    slow, fast = ([frame.image for frame in composited(song, Fraction(fps), done, settings)] for fps in rates)
    assert len(slow) == 30
    return list(zip(slow[1:], fast[times::times], strict=True))


def test_without_trails_a_frame_is_the_same_at_any_rate(song: Path) -> None:
    pairs = common(song, ((0.5, Event("/model/class", (2,))), (0.7, Event("/latent/psi", (0.3,)))))
    for (image, finished), (other, there) in pairs:
        np.testing.assert_array_equal(image, other)
        assert np.abs(finished.astype(int) - there).max() <= 1
    assert len({pair[0][0].tobytes() for pair in pairs}) > 25


@pytest.mark.parametrize(
    ("bundle", "look", "least", "half"),
    [
        ("testcard", "ember_drum", 25.0, 40.0),
        ("testcard", "undertow", 25.0, 40.0),
        pytest.param("worlds", "neon_loom", 22.0, 32.0, marks=pytest.mark.slow),
    ],
    ids=["lighten", "average", "worlds"],
)
def test_trails_are_alike_at_any_rate(song: Path, bundle: str, look: str, least: float, half: float) -> None:
    """They remember the frames that were there, so those of a slower film have less to remember."""
    size = (64, 36) if bundle == "testcard" else None
    pairs = common(song, (), replace(SMALL, bundle=bundle, look=look, size=size))
    assert all(np.array_equal(image, other) for (image, _), (other, _) in pairs)
    like = [decibels(finished, there) for (_, finished), (_, there) in pairs]
    assert min(like) > least
    assert np.median(like) > half
    assert min(like) < 100.0, "there are trails"


def test_a_picture_that_is_held_is_the_same_at_any_rate(song: Path) -> None:
    froze = images(song, ((0.51, Event("/master/freeze", (True,))), (0.9, Event("/master/freeze", (False,)))))
    for image, other in froze:
        np.testing.assert_array_equal(image, other)
    assert len({image.tobytes() for image, _ in froze[12:21]}) == 1


def test_a_bundle_that_leaves_is_seen_for_as_long_at_any_rate(song: Path) -> None:
    """The last picture of it that is held is that of another frame; its share is that of a frame earlier or later."""
    done = ((0.0, Event("/master/fade", (0.5,))), (0.4, Event("/model/select", ("dream",))))
    crossed = images(song, done, replace(SMALL, size=None), times=2)
    like = [decibels(image, other) for image, other in crossed]
    assert min(like) > 20.0
    assert all(x == 100.0 for x in (*like[:9], *like[-6:]))


def test_a_flash_that_is_held_back_may_be_held_back_otherwise(song: Path) -> None:
    """The limiter looks at frames; where it has nothing to do it changes nothing at any rate."""
    flicker = tuple((n / 10, Event("/model/mix", (n % 2, 1.0), "web:1")) for n in range(1, 20))
    for image, other in images(song, ((0.0, Event("/safety/flash", ("off",))), *flicker)):
        np.testing.assert_array_equal(image, other)


def test_supersampled_light_is_the_mean_of_what_was_drawn(song: Path) -> None:
    """The same moments, drawn at twice the side and made small in linear light; with and without OpenGL."""
    done = ((0.0, Event("/fx/finish/grain", (0.0,))),)
    plain, fine = (drawn(song, Fraction(24), done, samples=samples) for samples in (1, 2))
    assert all(np.array_equal(plain[t][0], fine[t][0]) for t in plain)
    like = [decibels(plain[t][1], fine[t][1]) for t in plain]
    assert min(like) > 24.0
    assert max(like) < 60.0
    board = np.zeros((108, 192, 3), np.uint8)
    board[:, ::2] = 255  # half the light is code 188, not 128
    assert np.abs(reduced(board, 2).astype(int) - 188).max() <= 1
    for opengl in (True, False):
        with Offscreen((96, 54), sharpness=0.0, opengl=opengl, samples=2) as screen:
            flat = screen.draw(Frame(board, 0.0, 0))
            assert flat.shape == (54, 96, 3)
            assert np.abs(flat[10:40, 10:80].astype(int) - 188).max() <= 4


def test_another_bundle_of_the_same_latents_draws_the_same_walk(song: Path, tmp_path: Path) -> None:
    """Its own angles, range and class names do not change where the walk goes."""
    mine = tmp_path / "mine"
    shutil.copytree(share("models") / "dream", mine)
    text = (mine / "bundle.toml").read_text()
    assert "turn_angle" not in text
    (mine / "bundle.toml").write_text(text + "\n[turn_angle]\ncoarse = 0.1\nmiddle = 0.1\nfine = 0.1\n")
    settings = Settings(bundle="dream", seed=4, director="pulse")
    walks = []
    for each in (settings, replace(settings, instead={"dream": str(mine)})):
        show, desk = assemble(each, RATE)
        snapshot, silence = show.open(desk)
        walks.append([show.direct(n / 30, silence, snapshot).z.tobytes() for n in range(30)])
        assert show.programs["dream"].generator.spec.turn_radians[0] == (0.45 if each is settings else 0.1)
        show.close()
    assert len(set(walks[0])) == 30
    assert walks[0] == walks[1]


def test_what_cannot_be_asked_of_a_performance_is_told(show: tuple[Path, Shown], tmp_path: Path, song: Path) -> None:
    folder = show[0]
    runner = CliRunner()

    def said(*options: str) -> str:
        done = runner.invoke(app, ["render", *options, "-o", str(tmp_path / "film.mp4")])
        assert done.exit_code != 0
        return " ".join(str(done.exception or done.output).split())

    assert "only a performance was shown before" in said(str(song), "--exact")
    assert "it cannot draw for testcard" in said(str(folder), "--bundle", "dream")
    assert "does not play worlds" in said(str(folder), "--bundle", "worlds=testcard")
    assert "leave out --bundle" in said(str(folder), "--exact", "--bundle", "testcard")
    assert not (tmp_path / "film.mp4").exists()


def test_the_command_writes_the_hashes_of_a_clean_render(show: tuple[Path, Shown], tmp_path: Path) -> None:
    folder = show[0]
    options = ["-o", str(tmp_path / "film.mp4"), "--size", "128x72", "--hashes", str(tmp_path / "hashes.txt")]
    clean = CliRunner().invoke(app, ["render", str(folder), "--fps", "24", "--to", "1", "--supersample", "2", *options])
    assert clean.exit_code == 0, clean.output
    assert len((tmp_path / "hashes.txt").read_text().splitlines()) == 24

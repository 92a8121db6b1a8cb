"""A real show without a window, steered over UDP and recorded; played again live, wound, gone round in, laid over."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from pythonosc.udp_client import SimpleUDPClient
from tests_songs import kicks

from vj.apps.assemble import Settings, assemble
from vj.apps.assemble import begin as begin_desk
from vj.apps.live.loop import Live, Parts
from vj.apps.live.options import Options
from vj.apps.live.perform import perform
from vj.apps.render.film import render
from vj.apps.replay.comparing import compare
from vj.apps.replay.lanes import Moves, of_the_house
from vj.apps.replay.piece import Again
from vj.apps.replay.playing import Replay
from vj.apps.replay.takes import numbers, read_take, script_of
from vj.apps.replay.winding import heard_again
from vj.core.handoff import SampleRing
from vj.core.types import F32, U8, Event, Frame, Value
from vj.devices.audio.file import AudioFile
from vj.devices.audio.tape import Tape
from vj.devices.osc.input import OscIn
from vj.engine.performance import LOG, read_performance
from vj.engine.performance import replay as exactly
from vj.outputs.null import Null

pytestmark = pytest.mark.realtime
SIZE, LENGTH = (64, 36), 5.0
#: Seconds after the show was up, address and what is sent.
SCRIPT: tuple[tuple[float, str, object], ...] = (
    (0.2, "/master/quantise", "now"),
    (0.3, "/director/select", "manual"),
    (0.4, "/model/class", 1),
    *((0.5 + 0.05 * n, "/latent/psi", 0.2 + 0.02 * n) for n in range(20)),
    (1.6, "/look", "ember_drum"),
    (1.7, "/director/select", "manual"),
    (2.0, "/master/level", 0.6),
    (2.4, "/model/class", 2),
    (2.6, "/window/hud", True),
    (2.8, "/master/level", 0.9),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A performance as vj live records it."""
    home = tmp_path_factory.mktemp("replay")
    song, folder = kicks(home / "song.wav", LENGTH + 3.0), home / "set"

    def steer() -> None:
        while not (folder / LOG).exists():
            time.sleep(0.02)
        time.sleep(0.5)
        began = time.perf_counter()
        with SimpleUDPClient("127.0.0.1", 47431) as osc:
            for t, address, value in SCRIPT:
                time.sleep(max(began + t - time.perf_counter(), 0.0))
                osc.send_message(address, value)

    steering = threading.Thread(target=steer)
    steering.start()
    settings = Settings(bundle="testcard", seed=4, size=SIZE, threads=1)
    # no more than it needs: the song goes on for longer than the show
    options = Options(song=song, loop=False, headless=True, web=False, midi=None, osc_port=47431, fps=30)
    report = perform(settings, replace(options, performance=folder, duration=LENGTH))
    steering.join()
    assert report.errors == 0
    return folder


@dataclass
class Stage:
    """A replay in a live show without a window, run frame by frame."""

    live: Live
    replay: Replay
    osc: SimpleUDPClient
    screen: "Seen"
    done: list[tuple[float, float, Event]]

    def until(self, condition: Callable[[], object], seconds: float = 20.0) -> None:
        end = time.perf_counter() + seconds
        while not condition():
            assert time.perf_counter() < end, "did not happen"
            self.live.frame()

    def value(self, address: str) -> Value:
        return self.live.snapshot[address]

    def set(self, address: str, value: object) -> None:
        """Over UDP; done when the desk has it."""
        before = self.live.parts.desk.told
        self.osc.send_message(address, value)
        event = next(iter(self._come(address)))
        assert event is not None
        assert self.live.parts.desk.told >= before

    def _come(self, address: str) -> Iterator[Event]:
        come: list[Event] = []
        apply = self.replay.apply
        self.replay.apply = lambda event: (come.append(event), apply(event))[1]  # type: ignore[method-assign]
        self.until(lambda: any(event.address == address for event in come))
        del self.replay.apply  # type: ignore[method-assign]
        return iter(come)


class Seen(Null):
    """Keeps the last frame."""

    last: Frame

    def write(self, frame: Frame) -> None:
        self.last = frame
        super().write(frame)


@pytest.fixture
def stage(folder: Path) -> Iterator[Callable[..., Stage]]:
    with ExitStack() as stack:

        def start(**how: object) -> Stage:
            again = Again(folder, **how)  # type: ignore[arg-type]
            read = again.read()
            settings = replace(read.settings, size=SIZE, threads=1, replays=True)
            show, desk = assemble(settings, 48000)
            stack.callback(show.close)
            ring, events, screen = SampleRing(48000), queue.SimpleQueue[Event](), Seen()
            tape = Tape(read.sound, ring, audible=False)
            osc = stack.enter_context(OscIn(desk.table, events, port=0))
            replay = Replay(desk, tape, again, lambda wound: begin_desk(wound, settings, None))
            done: list[tuple[float, float, Event]] = []
            roll, apply = replay._roll_to, desk.apply

            def rolled(t: float, now: float) -> None:
                """What is done while time passes to `t` is recorded."""
                before = replay._done
                desk.apply = lambda event: (done.append((before, t, event)), apply(event))[1]  # type: ignore[method-assign]
                roll(t, now)
                desk.apply = apply  # type: ignore[method-assign]

            replay._roll_to = rolled  # type: ignore[method-assign]
            live = Live(Parts(show, desk, tape, ring, screen, events, (osc,), replay=replay), 30)
            stack.enter_context(live)
            stack.enter_context(tape)
            sender = stack.enter_context(SimpleUDPClient("127.0.0.1", osc.port))
            return Stage(live, replay, sender, screen, done)

        yield start


Truth = tuple[dict[str, Value], U8]


@pytest.fixture(scope="module")
def truth(folder: Path) -> list[tuple[float, Truth]]:
    """The values asked for and the picture after every frame, as the exact replay has them, by show time."""
    header, steps = read_performance(folder / LOG)
    again = Again(folder).read()
    show, desk = assemble(replace(again.settings, size=SIZE), 48000)
    sound, found = AudioFile(again.sound, header["rate"], mono=False), list[tuple[float, Truth]]()
    for frame in exactly(steps, sound.blocks(show.analyzer.hop_length, channels=2), show, desk):
        found.append((frame.t, (asked(dict(desk.wished)), frame.image)))
    show.close()
    return found


def at(truth: list[tuple[float, Truth]], t: float) -> Truth:
    """That of the last frame at second `t` or before it."""
    return [each for then, each in truth if then <= t][-1]


def asked(values: "dict[str, Value]") -> dict[str, Value]:
    """Those that are the show's."""
    return {address: value for address, value in values.items() if not of_the_house(address)}


def recorded(folder: Path) -> Moves:
    return Again(folder).read().recorded


def unlike(one: "dict[str, Value]", other: "dict[str, Value]") -> list[tuple[str, Value, Value]]:
    """What is not the same; the tempo that a fade is counted in is noted to a hundredth."""
    pairs = [(name, value, other[name]) for name, value in one.items()]
    return [pair for pair in pairs if pair[1] != (pytest.approx(pair[2], rel=1e-3) if _float(pair[2]) else pair[2])]


def _float(value: Value) -> bool:
    return isinstance(value, float)


def test_what_was_done_is_done_again_at_its_time(
    folder: Path, stage: Callable[..., Stage], truth: list[tuple[float, Truth]]
) -> None:
    script = recorded(folder)
    assert [event.address for _, event in script if event.source.startswith("osc")] == [a for _, a, _ in SCRIPT]
    here = stage()
    assert here.replay.length > 0.9 * LENGTH
    here.until(lambda: not here.value("/replay/play"))
    again = heard_again(script)
    assert 0 < len(again) < len(script), "a panel that was opened then is no part of it"
    assert [event for _, _, event in here.done] == [event for _, event in again]
    for (t, _), (before, now, _) in zip(again, here.done, strict=True):
        assert before < t <= now, "in the first frame that is at its time or past it"
    desk = here.live.parts.desk
    values, picture = at(truth, 1e9)
    assert asked(dict(desk.wished)) == values
    assert desk.current("/look") == "ember_drum"
    assert np.abs(colour(picture) - colour(here.screen.last.image)).max() < 16.0
    assert here.live.report().errors == 0
    assert numbers(folder) == [1], "nobody laid a hand on it"


def colour(picture: U8) -> F32:
    """[3] its mean in the middle: live, pictures are as large as there is time for, and their stripes others."""
    height, width = picture.shape[:2]
    return np.asarray(picture[height // 5 : -height // 5, width // 5 : -width // 5].mean((0, 1)), np.float32)


def test_it_is_wound_and_goes_round_and_stands(
    folder: Path, stage: Callable[..., Stage], truth: list[tuple[float, Truth]]
) -> None:
    look = next(t for t, event in recorded(folder) if event.address == "/look")
    here = stage()
    here.set("/replay/play", False)
    for t in (look + 0.6, look - 0.3, look + 1.0, look - 0.6):
        here.set("/replay/position", t)
        here.until(lambda t=t: abs(here.replay.position - t) < 1e-3 and not here.replay.standing.winding)
        here.live.frame()
        assert not unlike(asked(dict(here.live.parts.desk.wished)), at(truth, t)[0])
        assert here.value("/look") == ("ember_drum" if t > look else "none")
        assert here.value("/replay/position") == pytest.approx(t, abs=1e-3)
    here.set("/replay/in", look - 0.4)
    here.set("/replay/out", look + 0.4)
    here.set("/replay/loop", True)
    here.set("/replay/play", True)
    here.until(lambda: here.replay.position > look - 0.4)
    seen: list[tuple[float, Value]] = []
    turns = 0
    while turns < 3:
        here.live.frame()
        if here.replay.standing.winding:
            continue
        t = here.replay.position
        turns += bool(seen and t < seen[-1][0] - 0.2)
        seen.append((t, here.value("/look")))
    assert max(t for t, _ in seen) < look + 0.5
    assert min(t for t, _ in seen) > look - 0.5
    wrong = [(t, worn) for t, worn in seen if worn != ("ember_drum" if t >= look else "none")]
    assert not wrong, "each round has the look from where it came, and not before"
    heard = here.live.hearing.features.latest
    assert heard is not None
    assert here.live.report().errors == 0


def test_what_is_moved_now_is_a_take_and_rendered_it_differs_there_only(
    folder: Path, stage: Callable[..., Stage], truth: list[tuple[float, Truth]], tmp_path: Path
) -> None:
    script = recorded(folder)
    dim = next(t for t, event in script if event.address == "/master/level")
    here = stage(mode="touch", start=max(dim - 1.2, 0.0))
    here.until(lambda: here.live.parts.desk.current("/look") == "ember_drum")
    for level in (0.3, 0.25, 0.2):
        here.set("/master/level", level)
    assert here.replay.standing.lanes == ("/master/level",)
    assert here.value("/replay/take") == 1
    here.until(lambda: not here.replay.standing.lanes)
    here.until(lambda: not here.value("/replay/play"))
    assert asked(dict(here.live.parts.desk.wished)) == at(truth, 1e9)[0], "what was let go of is as it was"
    here.live.__exit__(None, None, None)
    assert numbers(folder) == [1, 2]
    take = script_of(folder, 2, script)
    (over,) = read_take(folder, 2).layovers
    (found,) = compare(script, take)
    assert found.lane == "/master/level" == over.lane
    assert over.start < dim < over.end, "what was recorded gave way"
    hidden = [event.args[0] for t, event in script if event.address == "/master/level" and over.hides(t, event)]
    assert hidden
    films = [tmp_path / f"{number}.mp4" for number in (1, 2)]
    settings = replace(Again(folder).read().settings, size=SIZE, threads=1)
    off = (0.0, Event("/fx/on", (False,), "start"))
    for film, moves in zip(films, (script, take), strict=True):
        render(Again(folder).read().sound, film, settings, Fraction(24), SIZE, script=(off, *moves))
    light = [brightness(film) for film in films]
    assert len(light[0]) == len(light[1])
    t = np.arange(len(light[0])) / 24
    same = (t < over.start - 0.05) | (t > over.end + 0.6)
    within = (t > over.start + 0.4) & (t < over.end - 0.1)
    assert np.abs(light[0] - light[1])[same].max() < 1.0
    assert np.abs(light[0] - light[1])[within].min() > 5.0


def brightness(film: Path) -> F32:
    """Mean light of every frame, 0..255."""
    with av.open(str(film)) as opened:
        return np.array([frame.to_ndarray(format="gray").mean() for frame in opened.decode(video=0)], np.float32)

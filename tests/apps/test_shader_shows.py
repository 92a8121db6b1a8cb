"""A live show of shaders on its real threads, and its replay; what is wrong with a shader, and the show goes on."""

import queue
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from tests_shaders import ENDLESS, RINGS, bundle

from vj.apps.assemble import Settings, assemble
from vj.apps.live.loop import Live, Parts
from vj.apps.recorded import header, settings_of
from vj.core.handoff import SampleRing
from vj.core.types import F32, Event
from vj.devices.audio.file import AudioFile
from vj.engine.finish.found import LENT
from vj.engine.performance import LOG, read_performance, replay, sound_in
from vj.outputs.null import Null
from vj.outputs.performance import PerformanceLog

#: Quick in the small picture that it is tried with, not in a larger one.
SLOW = ENDLESS.replace("for (;;)", "for (int k = 0; k < (RENDERSIZE.x < 20.0 ? 1 : 60000); ++k)")
pytestmark = pytest.mark.gl
RATE, SIZE, FRAMES = 48000, (96, 56), 120
#: A filter that looks at sound.
SCOPE = """/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "fft", "TYPE": "audioFFT"}]}*/
void main() { gl_FragColor = IMG_THIS_PIXEL(inputImage) * IMG_NORM_PIXEL(fft, vec2(0.01, 0.5)).r; }
"""
SCRIPT = {
    10: Event("/fx/scope/place", ("graded",)),
    110: Event("/fx/scope/place", ("off",)),
    20: Event("/model/class", (1,)),
    40: Event("/latent/psi", (1.2,), "midi:nano"),
    50: Event("/latent/dir/1", (0.7,), "midi:nano"),
    55: Event("/preset/3/store", (), "web:1"),
    60: Event("/latent/seed", (9,)),
    75: Event("/model/class", (0,)),
    80: Event("/quality/rung", (4,)),
    85: Event("/preset/3/recall", (), "web:1"),
    95: Event("/quality/rung", (0,)),
}


class Clicks:
    """A microphone that hears a kick every half second."""

    name, rate, overruns, lost, silent, notes = "clicks", RATE, 0, False, False, ()


def clicks() -> F32:
    t = np.arange(RATE * 4) / RATE
    kick = np.sin(2 * np.pi * 60 * t) * np.exp(-(t % 0.5) / 0.06)
    return (0.5 * kick + np.random.default_rng(0).standard_normal(len(t)) * 0.01).astype(np.float32)


def perform(folder: Path, name: str, script: Mapping[int, Event]) -> tuple[list[str], Live]:
    """Hashes of the frames of a live run of the bundle `name`, which is recorded into `folder`."""
    show, desk = assemble(Settings(bundle=name, seed=4, size=SIZE), RATE)
    screen, ring, events, sound = Null(), SampleRing(RATE), queue.SimpleQueue[Event](), clicks()
    with PerformanceLog(folder, {"bundle": name, "director": None, "seed": 4}, RATE) as log:
        with Live(Parts(show, desk, Clicks(), ring, screen, events, log=log), fps=60) as live:
            for n in range(FRAMES):
                ring.write(sound[n * 800 : (n + 1) * 800])
                if n in script:
                    events.put(script[n])
                live.frame()
            hops, end = FRAMES * 800 // show.analyzer.hop_length, time.perf_counter() + 10
            while (
                (heard := live.hearing.features.latest) is None or heard.index < hops - 1
            ) and time.perf_counter() < end:
                live.hearing.features.get(timeout=0.1)
            live.hearing.stop()
            live.dreaming.stop()
        assert live.report().errors == 0
    show.close()
    return screen.hashes, live


def play_again(folder: Path) -> list[str]:
    """Hashes of the frames of a replay."""
    header, steps = read_performance(folder / LOG)
    show, desk = assemble(Settings(bundle=header["bundle"], seed=header["seed"], size=SIZE), RATE)
    again = Null()
    sound = AudioFile(sound_in(folder), header["rate"])
    for frame in replay(steps, sound.blocks(show.analyzer.hop_length), show, desk):
        again.write(frame)
    show.close()
    return again.hashes


@pytest.mark.realtime
def test_a_show_of_shaders_replays_bit_for_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time, sound, events, buffers that persist, a morph, pictures of another size, filters' sound: all come back."""
    (tmp_path / "filters").mkdir()
    (tmp_path / "filters" / "scope.fs").write_text(SCOPE)
    monkeypatch.setenv(LENT, str(tmp_path / "filters"))
    name = str(bundle(tmp_path))
    live, _ = perform(tmp_path / "set", name, SCRIPT)
    assert len(set(live)) > FRAMES / 4, "the picture must have moved"
    assert play_again(tmp_path / "set") == live


def test_a_performance_remembers_when_it_was(tmp_path: Path) -> None:
    settings = Settings(bundle="testcard", began=7.8e8)
    assert settings_of(tmp_path, header(settings)).began == settings.began
    assert settings_of(tmp_path, header(Settings(bundle="testcard"))).began == 0.0


@pytest.mark.slow
@pytest.mark.realtime
def test_whatever_becomes_of_a_file_the_show_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken, better, endless and sound again while it plays: the last good program stays, then the class is off."""
    monkeypatch.setattr("vj.generators.shader.process.LOADING_S", 3.0)
    folder = bundle(tmp_path)
    show, desk = assemble(Settings(bundle=str(folder), seed=4, size=SIZE), RATE)
    screen, ring = Null(), SampleRing(RATE)
    generator = show.programs[str(folder)].generator
    file = folder / "rings.fs"
    with Live(Parts(show, desk, Clicks(), ring, screen, queue.SimpleQueue[Event]()), fps=60) as live:

        def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
            end = time.perf_counter() + seconds
            while not condition():
                assert time.perf_counter() < end, f"it did not happen; {generator.notice!r}"
                ring.write(np.zeros(800, np.float32))
                live.frame()

        until(lambda: live.dreaming.pictures.latest is not None)
        file.write_text(RINGS.replace("loud);", "louder);").replace("loud)", "louder)"))
        until(lambda: "louder" in generator.notice)
        assert f"{file}:8" in generator.notice or "rings.fs" in generator.notice
        picture = live.dreaming.pictures.latest
        until(lambda: live.dreaming.pictures.latest is not picture)
        file.write_text(RINGS.replace("sin(10.0", "sin(30.0"))
        until(lambda: not generator.notice)
        file.write_text(ENDLESS)  # it does not even get in
        until(lambda: "takes too long" in generator.notice)
        file.write_text(SLOW)  # it does, and at this size does not end
        until(lambda: "off the air" in generator.notice)
        picture = live.dreaming.pictures.latest
        until(lambda: live.dreaming.pictures.latest is not picture)
        assert live.report().errors == 0
    show.close()

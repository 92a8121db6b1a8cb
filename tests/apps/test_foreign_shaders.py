"""Filters and transitions of one's own in whole films: beside a setlist, by hand, from cue to cue."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests_songs import kicks

from vj.apps.assemble import Settings
from vj.apps.render.asked import Asked
from vj.apps.render.crew.remembered import remember, remembered
from vj.apps.render.crew.tasks import Crew
from vj.apps.render.film import film
from vj.apps.render.workers import Processes
from vj.core.params import Snapshot, defaults
from vj.core.types import Event, Picture
from vj.engine.finish.found import LENT
from vj.engine.finish.limiter import Limiter
from vj.engine.finish.mixer import Mixer
from vj.outputs.null import frame_hash
from vj.outputs.offscreen import Offscreen

pytestmark = pytest.mark.gl
SIZE = (64, 36)


def colours(path: Path) -> np.ndarray:
    """[frames, 3] mean colours."""
    with av.open(str(path)) as film:
        return np.array([frame.to_ndarray(format="rgb24").mean((0, 1)) for frame in film.decode(video=0)])


@pytest.fixture
def beside(tmp_path, monkeypatch):
    """A folder with a setlist, and filters and transitions beside it."""
    monkeypatch.setenv(LENT, "")
    for kind in ("filters", "transitions"):
        (tmp_path / kind).mkdir()
    (tmp_path / "filters" / "green.fs").write_text(
        '/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "much", "TYPE": "float", "DEFAULT": 1.0}]}*/\n'
        "void main() { gl_FragColor = vec4(0.0, much, 0.0, 1.0); }"
    )
    (tmp_path / "transitions" / "blue.fs").write_text(
        '/*{"INPUTS": [{"NAME": "startImage", "TYPE": "image"}, {"NAME": "endImage", "TYPE": "image"},'
        ' {"NAME": "progress", "TYPE": "float"}]}*/\nvoid main() { gl_FragColor = vec4(0.0, 0.0, 1.0, 1.0); }'
    )
    (tmp_path / "set.toml").write_text(
        '[[cue]]\nname = "one"\nbundle = "testcard"\ndirector = "style_walk"\n'
        '[[cue]]\nname = "two"\nbundle = "worlds"\ndirector = "style_walk"\n'
        'set = { "/master/transition" = "blue", "/fx/green/much" = 0.5 }\n'
    )
    return tmp_path


def filmed(folder: Path, script: tuple[tuple[float, Event], ...], crew: Crew | None = None) -> np.ndarray:
    song = kicks(folder / "song.wav", 1.0, 1, 44100)
    settings = Settings(setlist=folder / "set.toml", size=SIZE)
    film(song, folder / "film.mp4", settings, Asked(Fraction(20), (320, 180), script=script), crew=crew)
    return colours(folder / "film.mp4")


def test_a_filter_beside_a_setlist_is_faded_by_hand(beside):
    seen = filmed(beside, ((0.3, Event("/fx/green/place", ("end",))), (0.6, Event("/fx/green/much", (0.25,)))))
    assert np.ptp(seen[:5, 1]) < 100
    assert seen[:5, 0].mean() > 5
    assert np.abs(seen[8:11] - [0, 255, 0]).max() < 12
    assert np.abs(seen[-1] - [0, 64, 0]).max() < 12


def test_a_filter_sees_what_is_heard(beside):
    """It is as bright as the bass is loud, in a film by this process as in one by another."""
    (beside / "filters" / "meter.fs").write_text(
        '/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "fft", "TYPE": "audioFFT", "MAX": 256},'
        ' {"NAME": "wave", "TYPE": "audio"}]}*/\nvoid main() { float loud = IMG_NORM_PIXEL(fft, vec2(0.0, 0.5)).r;'
        " gl_FragColor = vec4(loud, IMG_NORM_PIXEL(wave, vec2(0.9, 0.5)).g, 1.0, 1.0); }"
    )
    script = ((0.0, Event("/fx/meter/place", ("end",))), (0.0, Event("/safety/flash", ("off",))))
    alone = filmed(beside, script)
    struck = alone[:10, 0]
    assert np.ptp(struck) > 60, "a kick, and silence after it"
    assert struck.argmax() < 4
    assert np.abs(alone[:, 1] - 128).max() > 12
    assert np.abs(filmed(beside, script, Processes(1)) - alone).max() < 3


def test_a_transition_sees_what_is_heard(beside):
    """It is as bright as the bass is loud, in a film by this process as in one by another; frozen, it stands still."""
    (beside / "transitions" / "blue.fs").write_text(
        '/*{"INPUTS": [{"NAME": "startImage", "TYPE": "image"}, {"NAME": "endImage", "TYPE": "image"}, {"NAME": "fft",'
        ' "TYPE": "audioFFT", "MAX": 256}, {"NAME": "wave", "TYPE": "audio"}, {"NAME": "progress", "TYPE": "float"}]}*/'
        "\nvoid main() { float loud = IMG_NORM_PIXEL(fft, vec2(0.0, 0.5)).r;"
        " gl_FragColor = vec4(loud, IMG_NORM_PIXEL(wave, vec2(0.9, 0.5)).g, 1.0, 1.0); }"
    )
    slowly = (0.0, Event("/master/fade", (5.0,)))
    script = ((0.0, Event("/safety/flash", ("off",))), slowly, (0.1, Event("/cue/go", ())))
    alone = filmed(beside, script)[6:]
    assert (alone[:, 2] > 200).all(), "on its way from the second cue on"
    assert np.ptp(alone[:, 0]) > 60, "a kick, and silence after it"
    assert np.abs(alone[:, 1] - 128).max() > 12
    assert np.abs(filmed(beside, script, Processes(1))[6:] - alone).max() < 3
    still = filmed(beside, (*script, (0.4, Event("/master/freeze", (True,)))))[9:]
    assert np.ptp(still, 0).max() < 3 < np.ptp(alone[3:], 0).max()


def test_a_cue_brings_its_bundle_in_by_the_transition(beside):
    seen = filmed(beside, ((0.2, Event("/master/fade", (0.4,))), (0.3, Event("/cue/go", ()))))
    assert seen[:5, 0].mean() > 5
    way = np.flatnonzero((seen[:, 2] > 200) & (seen[:, 0] < 30))
    assert 8 <= len(way) <= 9  # 0.4 s at 20 a second
    assert np.array_equal(way, np.arange(6, 6 + len(way)))
    assert seen[-1, 2] < 200


def test_another_process_goes_on_in_the_middle_of_a_transition():
    safe = defaults(Limiter).of(Limiter)
    held = Snapshot({**defaults(Mixer).values, "/master/transition": "wipe", "/master/freeze": True}).of(Mixer)
    first, other = Mixer(), Mixer()
    start, end = (np.full((9, 16, 3), value, np.uint8) for value in (10, 200))
    moving = Snapshot({**defaults(Mixer).values, "/master/transition": "wipe"}).of(Mixer)
    first.step(0.0, Picture(start, 0.0, 0, "a"), moving, safe)
    first.step(0.5, Picture(end, 0.5, 1, "b"), moving, safe)
    first.step(0.7, None, held, safe)  # frozen on its way
    with Offscreen(SIZE) as one, Offscreen(SIZE) as two:
        remember(remembered(first, one), other, two)
    there, here = first.step(0.8, None, held, safe), other.step(0.8, None, held, safe)
    assert there.passage is not None
    assert frame_hash(there) == frame_hash(here)

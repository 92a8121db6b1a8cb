"""Every shipped look through the real chain: a still picture under kicks keeps its light, and moves."""

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from vj.apps.assemble import find_looks, parameters
from vj.core.flash.light import grid, places
from vj.core.flash.meter import FlashMeter
from vj.core.params import Param, Snapshot
from vj.core.types import U8, Features, Frame
from vj.engine.cues.looks import Looks
from vj.engine.desk import Desk
from vj.engine.finish.effects import effects
from vj.engine.finish.finisher import Finisher
from vj.features.bands import DECAY_TAU_S, Band, Bands
from vj.outputs.offscreen import Offscreen

TABLE = parameters()
LOOKS = find_looks(None, TABLE)
SIZE, FPS, BEAT = (160, 90), 30, 0.5
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@pytest.fixture(scope="module")
def screen() -> Iterator[Offscreen]:
    with Offscreen(SIZE) as made:  # closed again: a window of another test needs the thread's context
        if made.renderer == "swscale":
            pytest.skip("no OpenGL here, so no chain")
        yield made


def card() -> U8:
    """Soft hills of colour over black: something dark, something bright, edges, three hues."""
    y, x = np.mgrid[0:64, 0:114] / 64.0
    hills = [np.sin(7 * x + p) * np.cos(5 * y - p) + np.sin(11 * (x * y) + p) for p in (0.0, 2.0, 4.0)]
    return (255 * np.clip(np.stack(hills, axis=2) * 0.55, 0, 1) ** 1.2).astype(np.uint8)


def heard(t: float) -> Features:
    """Kicks, snares and hats, each at full accent, and loud music otherwise."""

    def band(every: float, shift: float) -> Band:
        count = math.floor((t - shift) / every + 1e-6) + 1 if t >= shift else 0
        last = shift + (count - 1) * every if count else -1.0
        return Band(1.2, math.exp(-(t - last) / DECAY_TAU_S) if count else 0.0, 0.8, t, count, last, 1.0)

    bands = Bands(band(BEAT, 0.5), band(2 * BEAT, 1.0), band(BEAT, 0.25), band(BEAT / 2, 0.125))
    return Features(t, 1 / 94, int(t * 94), {Bands: bands})


def worn(name: str, table: dict[str, Param], looks: Looks) -> Snapshot:
    desk = Desk(table, {"worlds": ("ink",)}, None, looks)
    desk.look(name)
    desk.tick(0.0)
    return desk.tick(30.0)


@pytest.mark.gl
@pytest.mark.parametrize("name", [name for name in LOOKS.names if name != "none"])
def test_a_look_dances_without_flashing(screen: Offscreen, name: str) -> None:
    finisher, snapshot, picture = Finisher(effects()), worn(name, TABLE, LOOKS), card()
    meter, light, frames = FlashMeter(), [], []
    for n in range(3 * FPS):
        frame = Frame(picture, n / FPS, n, finish=finisher.step(n / FPS, heard(n / FPS), snapshot))
        shown = screen.draw(frame)
        cells = grid(places(shown))
        reading = meter.step(n / FPS, cells)
        assert reading.passes, f"{reading} at {n / FPS:.2f} s"
        light.append(float((cells @ LUMINANCE).mean()))
        frames.append(shown.astype(np.int16))
    settled = light[2 * FPS :]
    rises = [b - a for a, b in pairwise(settled)]
    assert max(settled) - min(settled) < 0.08, "the whole picture's light must hardly move"
    assert max(rises) < 0.05
    assert np.mean([np.abs(b - a).mean() for a, b in pairwise(frames[2 * FPS :])]) > 0.05, "a still that nothing moves"

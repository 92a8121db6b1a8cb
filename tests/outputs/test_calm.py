"""What flashes only once it is finished is held back, in a window and off screen, and is still a picture."""

from collections.abc import Iterator

import numpy as np
import pytest
from servers.xvfb import xvfb

from vj.core.flash.light import grid, places
from vj.core.flash.meter import FlashMeter
from vj.core.types import U8, Finish, Frame
from vj.engine.finish.blending import fit
from vj.engine.finish.limiter import BLACKOUT
from vj.outputs.offscreen import Offscreen
from vj.outputs.window import Window

pytestmark = pytest.mark.gl
FPS, SIZE = 30, (256, 144)
#: The generator's picture, which never changes its light: it moves only.
CARD = fit((np.random.default_rng(3).uniform(0.3, 1.0, (9, 32, 3)) * 220).astype(np.uint8), 512, 144)


@pytest.fixture(scope="module")
def window() -> Iterator[Window]:
    with xvfb(800, 600), Window(size=SIZE) as made:
        yield made


def frames(seconds: float, rate: float = 5.0, flash: str = "limit") -> Iterator[Frame]:
    """A picture that moves, and whose finish pumps it `rate` times a second."""
    for n in range(round(seconds * FPS)):
        image = np.ascontiguousarray(CARD[:, n : n + 256])
        finish = Finish({"finish": {"grain": 0.0}}, 2, 1.0 if (n / FPS * rate) % 1.0 < 0.5 else 0.3)
        yield Frame(image, n / FPS, n, finish=finish, flash=flash)


def through(window: Window, made: Iterator[Frame]) -> list[U8]:
    shown = []
    for frame in made:
        window.write(frame)
        shown.append(window.read().copy())
        window.swap()
    return shown


def passes(shown: list[U8]) -> bool:
    meter = FlashMeter()
    return all(meter.step(n / FPS, grid(places(picture))).passes for n, picture in enumerate(shown))


def test_what_the_finish_makes_flash_is_held_back_in_the_window(window: Window) -> None:
    window.limiter.reset()
    asked = through(window, frames(3.0, flash="warn"))
    assert not passes(asked)
    assert window.limiter.warned > 20
    window.limiter.reset()
    shown = through(window, frames(3.0))
    assert passes(shown)
    assert window.limiter.limited > 10
    alike = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(asked, shown, strict=True)]
    assert min(alike) > 0.9, "it is the picture that was asked for, in another light"
    assert window._context.error == "GL_NO_ERROR"


def test_off_screen_the_same_is_done(window: Window) -> None:
    window.limiter.reset()
    shown = through(window, frames(2.0))
    for deep in (False, True):
        with Offscreen(SIZE, deep=deep) as screen:
            films = [screen.fine(frame) for frame in frames(2.0)]
            assert screen.limiter.limited == pytest.approx(window.limiter.limited, abs=3)
        bytes_of = [(film >> 8 if deep else film).astype(np.uint8) for film in films]
        assert passes(bytes_of)
        apart = [np.abs(a.astype(int) - b).mean() for a, b in zip(shown, bytes_of, strict=True)]
        assert max(apart) < 4.0


def test_what_is_not_judged_goes_through(window: Window) -> None:
    window.limiter.reset()
    shown = through(window, frames(2.0, flash="off"))
    assert not passes(shown)
    assert (window.limiter.limited, window.limiter.warned) == (0, 0)


def test_blackout_is_black_at_once_and_what_follows_waits(window: Window) -> None:
    """Whoever hammers on the key gets black whenever it is asked for, and not a strobe."""
    window.limiter.reset()
    shown = []
    for n, frame in enumerate(frames(3.0, rate=0.1)):
        dark = n % 6 >= 3
        finish = Finish({}, 2, 0.0 if dark else 1.0)
        made = Frame(frame.image, frame.t, n, finish=finish, flash=BLACKOUT if dark else "limit")
        shown += through(window, iter([made]))
        assert not dark or shown[-1].max() == 0
    assert passes(shown)
    assert window.limiter.limited > 5

"""What is seen before the first picture: never black, never in the film, gone soon after there is a picture."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from servers.xvfb import xvfb

from vj.core.types import Frame
from vj.outputs.overlay.curtain import LIFT_S, Curtain
from vj.outputs.overlay.page import face, wrapped
from vj.outputs.overlay.splash import HEIGHT, WIDTH, SplashState, corner_of, paint, scale_of
from vj.outputs.window import Window

STATE = SplashState(
    facts=(
        ("sound", "Scarlett 2i2 USB, ALSA", False),
        ("OSC", "port 7402 (7400 is taken)", True),
        ("hands", "", False),
    ),
    keys=(("H", "instruments"), ("Ctrl Q", "quit")),
    awaited="waking the generator worlds",
    part=0.5,
)


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with xvfb(800, 600) as name:
        yield name


@pytest.mark.gl
def test_it_covers_what_is_black_until_there_is_a_picture(display, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("vj.outputs.window.time.perf_counter", lambda: now[0])
    grey = np.full((9, 16, 3), 120, np.uint8)
    with Window(size=(640, 360), splash=STATE) as window:
        assert window.first_light is not None, "it is up before the window can do anything else"
        window.capture = True
        window.write(Frame(np.zeros((2, 2, 3), np.uint8), 0.0, 0))
        covered = window.read().astype(int)
        assert covered.max() > 200, "its words"
        assert (covered.max(axis=2) > 2).mean() > 0.99, "its light, all over the window"
        assert window.captured is not None
        assert not window.captured.any(), "a film of it is not what anybody wants"
        window.lift()
        window.write(Frame(grey, 0.1, 1))
        assert np.abs(window.read().astype(int) - covered).mean() < 3, "it does not go at once"
        assert window.captured is not None
        assert (window.captured == 120).all()
        now[0] += LIFT_S / 2
        window.write(Frame(grey, 0.2, 2))
        half = window.read().astype(int)
        assert 0.3 < np.abs(half - covered).mean() / np.abs(120 - covered).mean() < 0.7
        now[0] += LIFT_S / 2
        window.write(Frame(grey, 0.3, 3))
        assert (window.read() == 120).all()
        assert window._context.error == "GL_NO_ERROR"


def test_it_shows_how_far_things_are(context):
    curtain, size = Curtain(context), (640, 360)
    buffer = context.framebuffer([context.texture(size, 4)])
    line = []
    for part in (0.0, 1.0):
        curtain.state = replace(STATE, part=part)
        curtain.draw(buffer, size, 10.0)
        curtain.draw(buffer, size, 40.0)  # the line takes its time
        pixels = np.frombuffer(buffer.read(components=3, alignment=1), np.uint8).reshape(*size[::-1], 3).astype(int)
        line.append((np.abs(pixels - (255, 190, 92)).max(axis=2) < 4).sum())
    curtain.release()
    buffer.release()
    assert line[1] - line[0] > 0.9 * WIDTH * scale_of(size)


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (3840, 2160), (1080, 1920), (800, 800), (2560, 480)])
def test_its_words_fit_into_any_window(size):
    scale = scale_of(size)
    left, top = corner_of(size, scale)
    words = paint(STATE, scale)
    assert words.size == (round(WIDTH * scale), round(HEIGHT * scale))
    assert left >= 0
    assert top >= 0
    assert left + words.width <= size[0]
    assert top + words.height <= size[1]


def test_long_words_are_wrapped_and_none_is_lost():
    words = "recording to /home/performer/shows/2026-11-29/20261129-213012_friday-night_2.mp4 and going on"
    lines = wrapped(words, 13, 200)
    assert all(face(13).getlength(line) <= 200 for line in lines)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")

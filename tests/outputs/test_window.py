import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace

import glfw
import numpy as np
import pytest
from servers.xvfb import xvfb

from vj.core.layers import Layer, Lettering, Source
from vj.core.params import Values, addresses, defaults
from vj.core.types import Finish, Frame
from vj.outputs.finish.viewport import Viewport
from vj.outputs.window import HudState, Window

pytestmark = pytest.mark.gl
pressed: list[tuple[str, frozenset[str]]] = []


@pytest.fixture(scope="module")
def shared() -> Iterator[Window]:
    """One window on one private X server for the whole module: opening costs a third of a second."""
    with (
        xvfb(800, 600),
        Window(size=(320, 180), title="vj test", on_key=lambda key, mods: pressed.append((key, mods))) as window,
    ):
        yield window


@pytest.fixture
def window(shared) -> Iterator[Window]:
    """The shared window at its defaults, free of GL errors before and after."""
    shared.follow(asked())
    shared.state = HudState()
    pressed.clear()
    assert shared._context.error == "GL_NO_ERROR"
    yield shared
    assert shared._context.error == "GL_NO_ERROR"


def asked(**changed: object) -> Values:
    """The desk's values for the wall, its defaults but for `changed`."""
    names = addresses(Viewport)
    values = dict(defaults(Viewport).values) | {names[name]: value for name, value in changed.items()}
    return Values(values, names)


def shown(window, image: np.ndarray, **changed: object) -> np.ndarray:
    window.follow(asked(**changed))
    window.write(Frame(image, 0.0, 0))
    picture = window.read()
    window.swap()
    return picture.astype(int)


def test_pixels_are_the_right_way_up_and_round(window, card):
    got = shown(window, card)
    assert got.shape == (180, 320, 3)
    assert tuple(got[12, 12]) == (255, 0, 0)
    assert tuple(got[12, -13]) == (0, 255, 0)
    assert tuple(got[-13, 12]) == (0, 0, 255)
    assert tuple(got[-13, -13]) == (255, 255, 255)


def test_fit_follows_the_desk(window, card):
    square = np.ascontiguousarray(card[:, 8:32])
    contain = shown(window, square, fit="contain")
    assert not contain[:, :60].any()
    assert contain[90, 160].any()
    mirror = shown(window, square, fit="mirror")
    # 180 pixels of picture in the middle of 320: its left edge is at 70.
    assert np.abs(mirror[:, 70:74] - mirror[:, 66:70][:, ::-1]).max() <= 2
    cover = shown(window, square, fit="cover")
    assert cover.any(axis=2).all()


def test_the_upscaler_can_be_given(window, card):
    crisp = shown(window, card, quality="crisp")
    assert window.hand_over == "upload"  # a picture of the processor's
    assert window.upscaler == "crisp"
    plain = shown(window, card, quality="plain")
    assert window.upscaler == "plain"
    assert (crisp != plain).any()
    shown(window, card, quality="auto")
    assert window.draw_ms > 0


def test_every_frame_is_new(window):
    for value in (0, 200, 13):
        assert (shown(window, np.full((9, 16, 3), value, np.uint8)) == value).all()


def test_picture_sizes_may_change_from_frame_to_frame(window):
    for shape in ((1, 1, 3), (27, 48, 3), (5, 333, 3), (512, 512, 3)):
        assert (shown(window, np.full(shape, 50, np.uint8)) == 50).all()


def test_the_audience_sees_what_is_read_back(window, card):
    if shutil.which("import") is None:
        pytest.skip("ImageMagick is not installed")
    expected = shown(window, card)
    window._context.finish()
    window.poll()
    raw = subprocess.run(
        ["import", "-window", "vj test", "-depth", "8", "rgb:-"], capture_output=True, check=True, timeout=20
    ).stdout
    seen = np.frombuffer(raw, np.uint8).reshape(expected.shape)
    assert np.abs(seen.astype(int) - expected).max() <= 1


def test_hud_changes_only_its_corner_and_can_be_switched(window):
    grey = np.full((9, 16, 3), 120, np.uint8)
    without = shown(window, grey)
    with_hud = shown(window, grey, hud=True)
    changed = (with_hud != without).any(axis=2)
    assert changed[15:180, 15:200].mean() > 0.9
    assert not changed[:, 230:].any()
    np.testing.assert_array_equal(shown(window, grey, hud=False), without)


def test_hud_lamps_follow_every_frame_and_words_five_times_a_second(window, monkeypatch):
    grey = np.full((9, 16, 3), 120, np.uint8)
    now = [time.perf_counter() + 60]
    monkeypatch.setattr("vj.outputs.window.time.perf_counter", lambda: now[0])
    dark = shown(window, grey, hud=True)
    window.state = replace(window.state, beat=1.0, bands=(1.0, 1.0, 1.0, 1.0), director="drift")
    now[0] += 0.05
    lamps = shown(window, grey, hud=True)
    now[0] += 0.2
    words = shown(window, grey, hud=True)
    assert (lamps != dark).any()
    # The director's name stands in the second line, at half scale some 30 pixels below the window's top.
    line = np.s_[28:42, 15:150]
    np.testing.assert_array_equal(lamps[line], dark[line])
    assert (words[line] != dark[line]).any()


def test_help_lists_the_keys_beside_the_panel(window):
    grey = np.full((9, 16, 3), 120, np.uint8)
    window.state = replace(window.state, keys=(("B", "blackout"), ("Z", "freeze")))
    window._panel._due = 0.0
    helped = shown(window, grey, help=True)
    # At half scale the list begins 197 pixels right of the panel's left edge, at 10.
    assert (helped[20:35, 212:316] != 120).any(axis=2).mean() > 0.8
    assert (shown(window, grey) == 120).all()


def test_keys_arrive_by_name(window):
    if shutil.which("xdotool") is None:
        pytest.skip("xdotool is not installed")
    window.poll()
    script = [
        "search",
        "--name",
        "vj test",
        "windowfocus",
        "--sync",
        "key",
        "b",
        "space",
        "F11",
        "Up",
        "1",
        "ctrl+q",
        "shift+p",
    ]
    subprocess.run(["xdotool", *script], check=True, timeout=20)
    for _ in range(200):
        window.poll()
        window.swap()
        if len(pressed) >= 7:
            break
    names = [key for key, _ in pressed]
    assert names == ["b", "space", "f11", "up", "1", "q", "p"]
    assert pressed[5] == ("q", frozenset({"ctrl"}))
    assert pressed[6] == ("p", frozenset({"shift"}))


def test_key_releases_and_unknown_keys_are_silent(window):
    window.hands._key(None, glfw.KEY_B, 0, glfw.RELEASE, 0)
    window.hands._key(None, glfw.KEY_UNKNOWN, 0, glfw.PRESS, 0)
    assert pressed == []
    window.hands._key(None, glfw.KEY_ESCAPE, 0, glfw.PRESS, glfw.MOD_SHIFT | glfw.MOD_ALT)
    assert pressed == [("escape", frozenset({"shift", "alt"}))]


def test_close_button_only_sets_closing(window):
    assert not window.closing
    glfw.set_window_should_close(window._window, True)
    assert window.closing
    glfw.set_window_should_close(window._window, False)


def test_it_knows_its_driver_and_that_nobody_waits_for_a_virtual_screen(window):
    assert "llvmpipe" in window.renderer
    assert window.paced is False
    assert window.upscaler in ("crisp", "plain")
    assert window.draw_ms > 0


def test_never_in_the_way_of_the_operator(window):
    assert not glfw.get_window_attrib(window._window, glfw.AUTO_ICONIFY)
    assert not glfw.get_window_attrib(window._window, glfw.FOCUS_ON_SHOW)
    assert not glfw.get_window_attrib(window._window, glfw.ICONIFIED)


def test_a_glance_is_what_was_shown_the_frame_before_small_and_without_the_panel(window, card):
    window.glance = True
    shown(window, card, hud=True)
    assert window.glanced is None
    window.glance = False
    shown(window, card[::-1])
    got = window.glanced.astype(int)
    assert got.shape == (180, 320, 3)
    plain = shown(window, card)
    assert np.abs(got - plain).mean() < 3.0
    assert window.glanced is None
    assert tuple(got[12, 12]) == (255, 0, 0)


def test_a_layer_comes_into_a_running_window_and_what_is_broken_is_told(window, tmp_path, wait_until):
    (tmp_path / "bad.png").write_bytes(b"bad")
    name = Layer(1, Source("text", "VJ", Lettering(color="#00ff00")), scale=0.9)
    bad = Layer(2, Source("image", "bad.png", path=str(tmp_path / "bad.png")))
    image = np.full((36, 64, 3), 40, np.uint8)

    def seen(*layers: Layer) -> np.ndarray:
        window.write(Frame(image, 0.0, 0, finish=Finish({}, 1, on=False, layers=layers)))
        picture = window.read().astype(int)
        window.swap()
        return picture

    wait_until(lambda: (seen(name, bad)[..., 1] == 255).mean() > 0.03)
    wait_until(lambda: seen(name, bad) is not None and any("bad.png" in line for line in window.notices))
    assert (seen()[..., 1] < 60).all()

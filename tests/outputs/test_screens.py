import pytest
from servers.xvfb import xvfb

from vj.core.errors import OutputError
from vj.outputs.window import Window, displays

pytestmark = pytest.mark.gl


def test_a_window_may_be_closed_twice_and_another_opened_on_another_server():
    for width in (320, 400):
        with xvfb(width, 240):
            assert [display.width for display in displays()] == [width]
            window = Window(size=(64, 48))
            window.close()
            window.close()


def test_no_screen_is_an_error_that_says_what_to_do(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for attempt in (Window, displays):
        with pytest.raises(OutputError, match="no screen") as caught:
            attempt()
        assert "render" in caught.value.hint

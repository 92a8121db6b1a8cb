"""The screen saver is held off: by the desktop, asked over a real session bus, or by the X server itself."""

import ctypes
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from servers.xvfb import xvfb

from vj.outputs.screensaver import ASLEEP, Awake

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="D-Bus and X are Linux's")


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A session bus of our own."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("no dbus-daemon (apt install dbus)")
    daemon = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert daemon.stdout is not None
        address = daemon.stdout.readline().strip()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address
    finally:
        daemon.terminate()
        daemon.wait()
        daemon.stdout.close()  # type: ignore[union-attr]


class Desktop:
    """A desktop that can be asked not to blank the screen; `holding` are the cookies of those who asked."""

    def __init__(self, address: str) -> None:
        from jeepney.bus_messages import message_bus
        from jeepney.io.blocking import open_dbus_connection

        self.holding: set[int] = set()
        self.reason = ""
        self._bus = open_dbus_connection(bus=address)
        self._bus.send_and_get_reply(message_bus.RequestName("org.freedesktop.ScreenSaver"))
        self._closing = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing = True
        self._thread.join(5.0)
        self._bus.close()

    def _serve(self) -> None:
        from jeepney import HeaderFields, MessageType, new_method_return

        while not self._closing:
            try:
                asked = self._bus.receive(timeout=0.1)
            except TimeoutError:
                continue
            if asked.header.message_type is not MessageType.method_call:
                continue
            if asked.header.fields[HeaderFields.member] == "Inhibit":
                self.holding.add(7)
                self.reason = " ".join(asked.body)
                self._bus.send(new_method_return(asked, "u", (7,)))
            else:
                self.holding.discard(asked.body[0])
                self._bus.send(new_method_return(asked))


def test_the_desktop_is_asked_and_let_go(bus: str) -> None:
    desktop = Desktop(bus)
    with Awake() as awake:
        awake.wait(20.0)
        assert awake.by == "org.freedesktop.ScreenSaver"
        assert desktop.holding == {7}
        assert not awake.notice
    end = time.monotonic() + 10.0
    while desktop.holding and time.monotonic() < end:
        time.sleep(0.02)
    assert not desktop.holding
    desktop.close()


def blanks(name: str, seconds: float) -> bool:
    """Whether the X server `name` blanks its screen within so many seconds of nobody touching anything."""
    xss = ctypes.CDLL("libXss.so.1")
    x11 = ctypes.CDLL("libX11.so.6")

    class Info(ctypes.Structure):
        _fields_ = [("window", ctypes.c_ulong), ("state", ctypes.c_int), ("kind", ctypes.c_int)] + [
            (name, ctypes.c_ulong) for name in ("til_or_since", "idle", "mask")
        ]

    x11.XOpenDisplay.restype = x11.XDefaultRootWindow.restype = ctypes.c_void_p
    x11.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
    xss.XScreenSaverQueryInfo.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p]
    display, info = x11.XOpenDisplay(name.encode()), Info()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        xss.XScreenSaverQueryInfo(display, x11.XDefaultRootWindow(display), ctypes.byref(info))
        if blank := info.state == 1:
            break
        time.sleep(0.1)
    x11.XCloseDisplay(ctypes.c_void_p(display))
    return blank


def test_an_x_server_without_a_desktop_does_not_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("xset") is None:
        pytest.skip("no xset (apt install x11-xserver-utils)")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    with xvfb(320, 240) as name:
        subprocess.run(["xset", "s", "1", "1"], check=True, env={**os.environ, "DISPLAY": name})
        assert blanks(name, 6.0)
        subprocess.run(["xset", "s", "reset"], check=True, env={**os.environ, "DISPLAY": name})
        with Awake() as awake:
            awake.wait(20.0)
            assert awake.by == "X server"
            assert not blanks(name, 3.0)
        assert blanks(name, 6.0)


def test_where_nobody_can_be_asked_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with Awake() as awake:
        awake.wait(20.0)
        assert (awake.by, awake.notice) == ("", ASLEEP)

"""Ctrl-C at a moment that native code would not survive."""

import importlib.util
import signal
import sys
import time
from collections.abc import Iterator
from importlib.machinery import ExtensionFileLoader
from types import FrameType
from typing import Any

import pytest

from vj.apps.guard import leaving
from vj.apps.guard.leaving import Leaving

#: Native modules of Python's own that can be opened again: which of them are files differs by who built it.
NATIVE = ("_elementtree", "_lsprof", "_zoneinfo", "_queue")


def is_a_file(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    return spec is not None and isinstance(spec.loader, ExtensionFileLoader)


@pytest.fixture
def native() -> Iterator[str]:
    """The name of one of them."""
    name = next(filter(is_a_file, NATIVE), "")
    if not name:
        pytest.skip(f"{', '.join(NATIVE)} are built into this Python")
    kept = sys.modules.pop(name, None)
    before = signal.getsignal(signal.SIGINT)
    yield name
    sys.setprofile(None)
    signal.signal(signal.SIGINT, before)
    if kept is not None:
        sys.modules[name] = kept


def pressed_while_opening(name: str) -> list[str]:
    """Open that module and press Ctrl-C in the middle; in what of it that was."""
    within = []

    def press(frame: FrameType, event: str, _: Any) -> None:
        if frame.f_code is ExtensionFileLoader.create_module.__code__ and event == "call":
            within.append(event)
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)

    sys.setprofile(press)
    try:
        importlib.import_module(name)
    finally:
        sys.setprofile(None)
    return within


def interrupted_asleep() -> None:
    """The main thread is woken for it."""
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        time.sleep(120)
    assert time.monotonic() - begun < 110


def test_ctrl_c_waits_until_native_code_is_open(native: str) -> None:
    signal.signal(signal.SIGINT, leaving.interrupt)
    assert pressed_while_opening(native)
    assert native in sys.modules
    interrupted_asleep()


def test_a_show_that_is_ended_then_ends_for_that_reason(native: str) -> None:
    with Leaving() as leave:
        assert pressed_while_opening(native)
        assert not leave.asked
        interrupted_asleep()
    assert leave.asked == signal.SIGINT


def test_ctrl_c_is_at_once_otherwise() -> None:
    with pytest.raises(KeyboardInterrupt):
        leaving.interrupt(signal.SIGINT, sys._getframe())

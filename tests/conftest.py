"""What several tests share: waiting for something real to happen, and the way to the real recordings."""

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))

# No test touches where the performer's own show stands.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="vj-state-")
# Before torch is imported: its threads wait for each other by spinning, which takes ten times as long where tests run
# side by side.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# An example may take as long as a busy machine likes.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

# A shell's background job ignores Ctrl-C, and so would the programs that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sound and MIDI happen in real time."""
    for item in items:
        if item.get_closest_marker("audio") or item.get_closest_marker("midi"):
            item.add_marker(pytest.mark.realtime)


@pytest.fixture(autouse=True)
def _threads_of_torch() -> Iterator[None]:
    """As many afterwards as before: what a test asks for is not for those that follow."""
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else 0
    yield
    if before and torch and torch.get_num_threads() != before:
        torch.set_num_threads(before)


@pytest.fixture(scope="session", autouse=True)
def _shipped_networks() -> Iterator[None]:
    """Networks that ship are opened once by each process: they remember nothing, and `worlds` takes seconds to open."""
    from vj.core.shelf import share
    from vj.generators.providers import session

    opened: dict[object, object] = {}

    def load(file: Path, provider: str, *how: Any) -> object:
        if provider != "CPUExecutionProvider" or not file.resolve().is_relative_to(share("models").resolve()):
            return real(file, provider, *how)
        key = (file.resolve(), file.stat().st_mtime_ns, repr(how))
        if key not in opened:
            opened[key] = real(file, provider, *how)
        return opened[key]

    real = session._load
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "_load", load)
        yield


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """`wait_until(condition, seconds)`: returns once `condition()` is true, fails when it does not become so."""

    def wait(condition: Callable[[], object], seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        pause = threading.Event()
        while time.monotonic() < end:
            try:
                if condition():
                    return
            except OSError as error:  # a file that is not there yet
                last = error
            pause.wait(0.05)
        pytest.fail(f"did not happen within {seconds} s: {locals().get('last', condition)}")

    return wait


@pytest.fixture(scope="session")
def real_audio() -> Path:
    """The folder of real recordings, named by VJ_AUDIO or beside the checkout; skips where there is none."""
    folder = Path(os.environ.get("VJ_AUDIO", Path(__file__).resolve().parents[2] / "shared" / "audio"))
    if not folder.is_dir():
        pytest.skip(f"no real recordings at {folder}: set VJ_AUDIO to the folder that has them")
    return folder

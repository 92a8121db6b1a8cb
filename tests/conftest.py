"""What several tests share: waiting for something real to happen, and the way to the real recordings."""

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

# No test touches where the performer's own show stands.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="vj-state-")
# A shell's background job ignores Ctrl-C, and so would the programs that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """`wait_until(condition, seconds)`: returns once `condition()` is true, fails when it does not become so."""

    def wait(condition: Callable[[], object], seconds: float = 10.0) -> None:
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

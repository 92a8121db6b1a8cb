"""What several tests share: waiting for something real to happen, and the way to the real recordings."""

import importlib.util
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
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


# What the workshop needs; without it vj runs, and so must every test that does not speak of it.
WORKSHOP = ("torch", "onnxscript", "diffusers", "transformers", "pytorch_pretrained_biggan")
_LACKING = [name for name in WORKSHOP if importlib.util.find_spec(name) is None]
_SPEAKS = re.compile("|".join(("workshop", *WORKSHOP)))


def _lacks(path: Path, error: BaseException | None, told: str = "") -> str:
    """Why a test that failed cannot be run here; empty where it can: only one that names the workshop may lack it."""
    while error and not (isinstance(error, ModuleNotFoundError) and error.name in _LACKING):
        error = error.__cause__ or error.__context__
    named = re.search(r"No module named '(\w+)'", f"{error or ''} {told}")
    if not named or named[1] not in _LACKING or not _SPEAKS.search(path.read_text(encoding="utf-8")):
        return ""
    return f"Skipped: the extra 'workshop' is not installed: no {named[1]}"


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A file of tests that needs what is not there is left out with its reason."""
    report = yield
    if _LACKING and report.failed and (why := _lacks(collector.path, None, str(report.longrepr))):
        report.outcome, report.longrepr = "skipped", (str(collector.path), 0, why)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """So is a single test."""
    report = yield
    if _LACKING and report.failed and call.excinfo and (why := _lacks(item.path, call.excinfo.value)):
        report.outcome, report.longrepr = "skipped", (str(item.path), item.location[1] or 0, why)
    return report


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


@pytest.fixture(scope="session", autouse=True)
def _one_decoder() -> Iterator[None]:
    """Sound files are decoded by one child of each process: it remembers nothing, and takes half a second to start."""
    from vj.devices.audio import _decode, _decode_wire

    class Shared(_decode_wire.Decoders):
        def __init__(self) -> None:
            super().__init__()
            self._idle = idle

    idle: list[_decode_wire.Decoder] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_decode, "Decoders", Shared)
        yield
    for decoder in idle:
        decoder.release()


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

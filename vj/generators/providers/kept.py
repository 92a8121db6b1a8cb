"""Graphs with branches are opened quickly: as ONNX Runtime left them the last time, and without a plan of their memory.

For a graph of many branches optimising and planning takes seconds, several times what is left. The optimised one is
kept in the user's cache, by digest of the file, level, version of the runtime and processor. It is only ever a help:
one that is missing, damaged or cannot be written costs its time again and nothing else.
"""

import hashlib
import os
import platform
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import onnxruntime as ort
import platformdirs

#: Bytes of a graph that is looked at: what is larger is weights, and those are left as they are.
LARGEST = 16 << 20
#: So many are kept, those that were made last.
MOST = 16
#: What a branch is called in every ONNX file that has one.
_BRANCH = b"then_branch"


def branching(file: Path) -> bytes:
    """What is in `file` if that is a small graph with branches, else nothing."""
    try:
        content = file.read_bytes() if file.stat().st_size <= LARGEST else b""
    except OSError:
        return b""
    return content if _BRANCH in content else b""


def opened(content: bytes, level: str, options: Callable[[str], Any], begin: Callable[[bytes | str, Any], Any]) -> Any:
    """The session that `begin` makes of the branching graph `content` and of the `options` for a level.

    What it finds kept it takes; else it keeps what was made. Raises what `begin` does for `content` itself.
    """
    place = kept(content, level)
    if place.is_file():
        with suppress(Exception):  # damaged: made anew below
            return begin(str(place), _frugal(options("disable_all")))
    with suppress(Exception):  # no place to keep it, or nothing to keep: told below
        place.parent.mkdir(parents=True, exist_ok=True)
        made = place.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
        how = _frugal(options(level))
        how.optimized_model_filepath = str(made)
        how.add_session_config_entry("session.save_model_format", "ORT")
        try:
            session = begin(content, how)
            os.replace(made, place)
            _tidy(place.parent)
            return session
        finally:
            made.unlink(missing_ok=True)
    return begin(content, _frugal(options(level)))


def kept(content: bytes, level: str) -> Path:
    """Where the optimised graph of `content` lies."""
    digest = hashlib.sha256(b"\0".join((content, level.encode(), ort.__version__.encode(), _processor().encode())))
    return platformdirs.user_cache_path("vj", appauthor=False) / "graphs" / f"{digest.hexdigest()[:32]}.ort"


def _frugal(how: Any) -> Any:
    """Without plans of its memory: that of buffers used again takes time in the square of the branches and saves
    nothing, that of places costs as much again for every branch and size that was ever drawn.
    """
    how.enable_mem_reuse = how.enable_mem_pattern = False
    return how


def _tidy(folder: Path) -> None:
    """Leave those that were made last."""
    files = sorted(folder.glob("*.ort"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[MOST:]:
        file.unlink(missing_ok=True)


def _processor() -> str:
    """What the optimised graph is for: its layouts suit one kind of processor."""
    with suppress(OSError):
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
        return "".join(line for line in told.splitlines() if line.startswith(("model name", "flags")))
    return platform.processor() or platform.machine()

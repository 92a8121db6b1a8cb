"""The log of the last shows: what was noticed and what failed, in `show.log` beside the session; it never grows large.

    with diary.keeping(head):           # opens it for this process
        diary.say("the input is lost")
        diary.fault("hearing", error)

A thread of its own writes. Where the disk is full, slow or gone, words are lost and counted, and nobody waits.
"""

import queue
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

#: After so much the log begins anew; the one before stays beside it.
FULL_BYTES = 256 << 10
#: Words that may wait for the disk.
MAX_WAITING = 256
#: What is kept of a traceback.
TRACEBACK_FRAMES = 12
#: How long the end waits for the disk.
PATIENCE_S = 1.0
#: The same fault is written out again only after so many seconds.
AGAIN_S = 60.0


def show_log() -> Path:
    """Where it lies."""
    return platformdirs.user_state_path("vj", appauthor=False) / "show.log"


class Diary:
    """Writes to the file `path`. `lost` counts what could not be written; any thread may call."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._words: queue.Queue[str | None] = queue.Queue(MAX_WAITING)
        self._faults: dict[str, float] = {}
        self.lost = 0
        self._thread = threading.Thread(target=self._run, name="diary", daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        """A line, with the time of day before it."""
        try:
            self._words.put_nowait(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}")
        except queue.Full:
            self.lost += 1

    def fault(self, who: str, error: BaseException) -> None:
        """What failed, and where; the same again only after a while."""
        frames = traceback.extract_tb(error.__traceback__)[-TRACEBACK_FRAMES:]
        where = "".join(f"\n    {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
        key, now = f"{who} {type(error).__name__}{where}", time.monotonic()
        if now - self._faults.get(key, -AGAIN_S) >= AGAIN_S:
            self._faults = {**dict(list(self._faults.items())[-MAX_WAITING:]), key: now}
            self.say(f"FAULT {who}: {type(error).__name__}: {error}{where}")

    def close(self) -> None:
        """Let what waits be written, if the disk takes it."""
        try:
            self._words.put(None, timeout=PATIENCE_S)
        except queue.Full:
            return
        self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        while (text := self._words.get()) is not None:
            if self.lost:
                text, self.lost = f"{text}\n({self.lost} lines before this one were lost)", 0
            try:
                self._write(text)
            except OSError:
                self.lost += 1

    def _write(self, text: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists() and self._path.stat().st_size > FULL_BYTES:
            self._path.replace(self._path.with_suffix(".before.log"))
        with self._path.open("a", encoding="utf-8", errors="replace") as file:  # anew each time: it may be taken away
            file.write(text + "\n")


_current: Diary | None = None


@contextmanager
def keeping(head: str, path: Path | None = None) -> Iterator[Diary]:
    """A diary for this process, which begins with `head`."""
    global _current
    before, _current = _current, Diary(path or show_log())
    diary, hook = _current, threading.excepthook

    def unseen(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            diary.fault(f"thread {args.thread.name if args.thread else ''}", args.exc_value)
        hook(args)

    threading.excepthook = unseen
    diary.say(f"BEGIN {head}")
    try:
        yield diary
    except BaseException as error:
        diary.fault("the end", error)
        raise
    finally:
        diary.say("END")
        threading.excepthook, _current = hook, before
        diary.close()


def say(text: str) -> None:
    """A line, if there is a diary."""
    if _current is not None:
        _current.say(text)


def fault(who: str, error: BaseException) -> None:
    """What failed, if there is a diary."""
    if _current is not None:
        _current.fault(who, error)

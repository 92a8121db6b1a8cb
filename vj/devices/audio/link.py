"""The parent's end of an audio child: starts it, takes its records, and starts it again when its device comes back."""

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vj.core.errors import AudioError, nearest
from vj.devices.audio._child import RECORD
from vj.devices.audio._pace import Pace

#: Without a block for so long a device counts as lost.
STALL_S = 0.5
#: The first block may take longer (PulseAudio does).
FIRST_BLOCK_S = 4.0
#: Seconds between two tries to open a lost device again.
RETRY = 1.0
#: Seconds within which a child must have opened its device or said why not.
ANSWER = 15.0
_SCRIPT = Path(__file__).with_name("_child.py")
_NO_DEVICE = "plug one in, or start a sound server (PipeWire, PulseAudio or jackd); `vj devices` lists what is there"


@dataclass(frozen=True)
class Device:
    """One sound device: `host` is the API it is reached by, `inputs` and `outputs` count channels, `rate` is in Hz.

    `handle` is what that API calls it: PortAudio's index, or the name of a sound server's source.
    """

    index: int
    handle: int | str
    name: str
    host: str
    inputs: int
    outputs: int
    rate: int
    default_input: bool
    default_output: bool

    @property
    def label(self) -> str:
        """Name and host API: stable from one start to the next, which an index is not."""
        return f"{self.name}, {self.host}"


def devices() -> list[Device]:
    """Every sound device as of now; raises AudioError where PortAudio is missing or does not answer."""
    child = Child({"do": "list"})
    try:
        return [Device(**device) for device in child.greeting["devices"]]
    finally:
        child.kill()
        child.release()


class Child:
    """One running child process. `greeting` is what it said first; AudioError if that was an error."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        command = [sys.executable, "-P", str(_SCRIPT), json.dumps(spec)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        self._source, self._sink = self._process.stdout, self._process.stdin
        guard = threading.Timer(ANSWER, self._process.kill)
        guard.start()
        line = self._source.readline()
        guard.cancel()
        self.greeting: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {"error": "dead", "text": ""}
        if "error" in self.greeting:
            self.kill()
            self.release()
            raise _explain(self.greeting, spec)

    def record(self, width: int) -> tuple[int, int, float, bytes] | None:
        """The next record: frames, flags, stamp and `width` bytes a frame. None when the child has gone."""
        head = self._source.read(RECORD.size)
        if len(head) < RECORD.size:
            return None
        frames, flags, stamp = RECORD.unpack(head)
        data = self._source.read(frames * width)
        return (frames, flags, stamp, data) if len(data) == frames * width else None

    def send(self, data: bytes) -> None:
        """Give the child bytes; a dead child takes them too."""
        with contextlib.suppress(OSError, ValueError):
            self._sink.write(data)
            self._sink.flush()

    def kill(self) -> None:
        """End it at once: its sound driver may hang, so nobody is asked. Harmless when called twice."""
        self._process.kill()
        self._process.wait()

    def release(self) -> None:
        """Close the pipes, after `kill` and after the last reader has returned."""
        for pipe in (self._sink, self._source):
            with contextlib.suppress(OSError):
                pipe.close()


def _explain(greeting: Mapping[str, Any], spec: Mapping[str, Any]) -> AudioError:
    """The error that a child's first line stands for."""
    way = "inputs" if spec["do"] == "listen" else "outputs"
    wanted = spec.get("device")
    found = [Device(**device) for device in greeting.get("devices", [])]
    labels = [device.label for device in found if getattr(device, way)]
    word = way[:-1]
    match greeting["error"]:
        case "library":
            hint = "apt-get install libportaudio2 (Debian, Ubuntu), dnf install portaudio, brew install portaudio"
            return AudioError("PortAudio cannot be loaded", greeting["text"], hint)
        case "unknown" if wanted is None or not labels:
            return AudioError(f"there is no audio {word} device", hint=_NO_DEVICE)
        case "unknown":
            return AudioError(
                f"no audio {word} device matches {wanted!r}",
                hint=nearest(str(wanted), {device.name for device in found if getattr(device, way)}),
            )
        case "ambiguous":
            word = str(wanted).lower()
            fitting = ", ".join(repr(label) for label in labels if word in label.lower())
            return AudioError(f"{wanted!r} fits more than one audio device", hint=f"say which: {fitting}")
        case "channels":
            there, asked = greeting["count"], spec["channels"]
            hint = f"choose among 1 to {there} with --channels" if there > 1 else "leave --channels out"
            has = f"it has {there} channel{'s' if there > 1 else ''}, and channel {asked} was asked for"
            return AudioError("this audio input has fewer channels", f"{wanted or 'default'}: {has}", hint)
        case "failed":
            hint = "another program may hold it, or it cannot do this rate or channel count: see `vj devices`"
            return AudioError("the audio device cannot be opened", f"{wanted or 'default'}: {greeting['text']}", hint)
    return AudioError("the sound system does not answer", str(wanted or ""), "restart the sound server and try again")


class Link:
    """Keeps one stream of one device alive, on two threads: one reads its records, one watches and keeps time.

    `block(frames, data, stamp)` is called for each record. While the device is away, `idle(frames, stamp)` is called
    in its place at the pace of a clock, so time goes on; never both at once. `started(child)` is called at each start,
    before the first record. Without a `spec` there is no device at all and only the clock.
    """

    def __init__(
        self,
        spec: Mapping[str, Any] | None,
        rate: int,
        block: Callable[[int, bytes, float], None],
        idle: Callable[[int, float], None],
        started: Callable[[Child], None],
    ) -> None:
        self._spec = dict(spec) if spec else None
        self._block, self._idle, self._started = block, idle, started
        self._grain = int(self._spec["block"]) if self._spec else 256
        self._rate = rate
        self._stop = threading.Event()
        self._turn = threading.Lock()  # one of block and idle at a time
        self._watcher = threading.Thread(target=self._watch, name="vj-audio-watch", daemon=True)
        self._reader: threading.Thread | None = None
        self._child: Child | None = None
        self._last = self._begun = 0.0
        self._ended = False
        self.greeting: dict[str, Any] = {}
        self.flags = self.reopened = 0
        self.lost = False

    def open(self) -> None:
        """Start the stream; raises AudioError. From here on the same device is used, whatever becomes the default."""
        if self._spec:
            self._start()
            label, handle = f"{self.greeting['name']}, {self.greeting['host']}", self.greeting["handle"]
            self._spec |= {"device": label, "handle": handle, "rate": self._rate, "again": True, "clip": True}
        self._begun = time.perf_counter()
        self._watcher.start()

    def close(self) -> None:
        """Stop the threads and the child. Harmless when called twice."""
        self._stop.set()
        if self._watcher.is_alive():
            self._watcher.join()
        self._drop()

    def _start(self) -> None:
        """Start a child and the thread that reads it."""
        child = Child(self._spec or {})
        self.greeting = child.greeting
        self._rate = self._rate or int(child.greeting["rate"])
        self._last, self._begun, self._ended = 0.0, time.perf_counter(), False
        self._started(child)
        self._child = child
        self._reader = threading.Thread(target=self._read, args=(child,), name="vj-audio", daemon=True)
        self._reader.start()

    def _drop(self) -> None:
        """End child and reader, if there are any."""
        child, reader, self._child, self._reader = self._child, self._reader, None, None
        if child is not None and reader is not None:
            child.kill()
            reader.join()
            child.release()

    def _read(self, child: Child) -> None:
        """Thread: hand on what the child says until it says no more."""
        width = 4 * int(child.greeting["channels"]) if self._spec and self._spec["do"] == "listen" else 0
        while record := child.record(width):
            frames, flags, stamp, data = record
            self.flags += bool(flags)
            with self._turn:
                self._last = stamp
                self._block(frames, data, stamp)
        self._ended = True

    def _watch(self) -> None:
        """Thread: notice a lost device, keep time meanwhile, try to get it back."""
        pace = None if self._spec else Pace(self._rate, self._begun)
        retry = 0.0
        while not self._stop.wait(self._grain / self._rate if pace else 0.05):
            now = time.perf_counter()
            if self._child is not None and not self._alive(now):
                self._drop()
                pace = pace or Pace(self._rate, max(self._last or now, now - STALL_S))
                self.lost, retry, self._last = True, now + RETRY, 0.0
            if pace is None:
                continue
            with self._turn:
                if self._last == 0.0:
                    self._idle(pace.due(now, self._grain), now)
            if self._spec and self._child is None and now >= retry:
                retry = now + RETRY
                with contextlib.suppress(AudioError):
                    self._start()
            if self.lost and self._last > 0:
                self.lost, pace = False, None
                self.reopened += 1

    def _alive(self, now: float) -> bool:
        """Whether the child runs and sends."""
        if self._ended:
            return False
        return now - self._last < STALL_S if self._last else now - self._begun < FIRST_BLOCK_S

"""The child process that owns PortAudio and talks to the sound server: lists devices, listens to one, or plays to one.

PortAudio reads its devices once, and when a JACK server dies under it, closing a stream hangs, terminating aborts and
loading it again crashes (PortAudio issue 819 and our own trials). A child can simply be killed and started again, its
callback never waits for the show's interpreter, and a crash in a sound driver cannot take the picture along. Of `vj`
it imports its two neighbours, which need nothing themselves.

Started as `python -P _child.py JSON` with {"do": "list" | "listen" | "speak", ...}. First it writes one line of
JSON: {"devices": [...]}, {"rate": ..., "latency": ...} or {"error": ...}. Then come records, little-endian: frames u32,
flags u32 (1: samples were lost), stamp f64 (`time.perf_counter`, one clock for all processes), and for "listen"
frames * channels float32. A "speak" child takes blocks of float32 on stdin and sends a record for each that it played.
It ends when its stdin does.
"""

import contextlib
import ctypes
import json
import os
import queue
import signal
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))  # our neighbours, not those of another installation

from vj.devices.audio import _list
from vj.devices.audio._pulse import Pulse

if __name__ == "__main__":
    sys.path.pop(0)

RECORD = struct.Struct("<IId")
#: Blocks that may wait for a parent that does not read before new ones are dropped.
PATIENCE = 400
#: Seconds of latency that can be: a loudspeaker in the network has 2. PipeWire's JACK has said 89478.
LATENCY = 2.5


class Child:
    """One stream of one device and the pipe to the parent."""

    def __init__(self, spec: dict[str, Any], pipe: int) -> None:
        self.spec = spec
        self._pipe = pipe
        self._out: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._in: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._lost = self._playing = 0
        self.wishes = _wishes(spec)

    def say(self, **message: Any) -> None:
        """Write one line of JSON to the parent."""
        self._write(json.dumps(message).encode() + b"\n")

    def heard(self, data: Any, frames: int, _time: Any, status: Any) -> None:
        """PortAudio's input callback."""
        self._hand_on(bytes(data), frames, bool(status.input_overflow))

    def _hand_on(self, data: bytes, frames: int, lost: bool) -> None:
        """Stamp, queue, return; drop it where the parent does not read."""
        stamp = time.perf_counter()
        if self._out.qsize() > PATIENCE:
            self._lost = 1
            return
        self._out.put(RECORD.pack(frames, self._lost | lost, stamp) + data)
        self._lost = 0

    def played(self, data: Any, frames: int, _time: Any, status: Any) -> None:
        """PortAudio's output callback: the next block, or silence; says that it was played."""
        stamp = time.perf_counter()
        try:
            block = self._in.get_nowait()
        except queue.Empty:
            data[:] = bytes(len(data))
            self._lost = self._playing  # nothing was lost before the first block
            return
        data[:] = block
        self._playing = 1
        self._out.put(RECORD.pack(frames, self._lost | bool(status.output_underflow), stamp))
        self._lost = 0

    def run(self, sd: Any) -> None:
        """Open what was asked for, then move bytes until the parent closes its end."""
        spec, kind = self.spec, "outputs" if self.spec["do"] == "speak" else "inputs"
        server = _connected()
        found = _list.devices(sd, server)
        if spec["do"] == "list":
            return self.say(devices=found)
        if spec.get("again"):
            matches = _list.again(found, spec["device"], spec["handle"], kind)
        else:
            matches = _list.matching(found, spec["device"], kind)
        if len(matches) != 1:
            return self.say(error="ambiguous" if matches else "unknown", devices=found, text="")
        device = matches[0]
        if kind == "inputs" and (spec["channels"] or 0) > device[kind] and not spec.get("clip"):
            return self.say(error="channels", devices=found, text="", count=device[kind])
        if isinstance(device["handle"], str):
            self._serve(server, device)
        else:
            self._stream(sd, device, kind)
        while True:
            self._write(self._out.get())

    def _stream(self, sd: Any, device: dict[str, Any], kind: str) -> None:
        """Open a device of PortAudio's; to listen, at its own rate if it does not do the one that was asked for."""
        spec, listen = self.spec, kind == "inputs"
        rate = spec["rate"] or device["rate"]
        settings = {
            "blocksize": spec["block"],
            "device": device["handle"],
            "channels": min(spec["channels"] or 2, device[kind]) if listen else spec["channels"],
            "dtype": "float32",
            "latency": spec["latency"],
            "callback": self.heard if listen else self.played,
        }
        kept = sd.RawInputStream if listen else sd.RawOutputStream
        try:
            stream = kept(samplerate=rate, **settings)
        except sd.PortAudioError:
            if not listen or rate == device["rate"]:
                raise
            rate = device["rate"]
            stream = kept(samplerate=rate, **settings)
        stream.start()
        self.say(**device | {"rate": rate, "channels": stream.channels, "latency": sane(stream.latency)})
        size = 0 if listen else spec["block"] * stream.channels * 4
        threading.Thread(target=self._read, args=(size,)).start()

    def _serve(self, server: Any, device: dict[str, Any]) -> None:
        """Listen to a source of the sound server, which makes any rate of it, on a thread that ends the child."""
        rate, width = self.spec["rate"] or device["rate"], 4 * device["inputs"]
        if server.name == "PipeWire" and "PULSE_LATENCY_MSEC" in self.wishes:
            del os.environ["PULSE_LATENCY_MSEC"]  # one block; PulseAudio stumbles on a busy machine with less than two
        latency = server.open(
            device["handle"], rate, self.spec["block"], lambda data, lost: self._hand_on(data, len(data) // width, lost)
        )
        self.say(**device | {"rate": rate, "channels": device["inputs"], "latency": sane(latency)})
        threading.Thread(target=self._read, args=(0,)).start()
        threading.Thread(target=_run, args=(server,)).start()

    def _read(self, size: int) -> None:
        """Take blocks of `size` bytes from the parent until it closes; then leave without asking the sound driver."""
        while block := sys.stdin.buffer.read(size or 1):
            if size and len(block) == size:
                self._in.put(block)
        os._exit(0)

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._pipe, data) :]


def sane(latency: float) -> float | None:
    """Seconds that a driver says it takes, or None where it does not know or talks nonsense."""
    return latency if 0.0 <= latency <= LATENCY else None


def _wishes(spec: dict[str, Any]) -> dict[str, str]:
    """What the sound libraries are told: small buffers, our name, and channels as they are where some were chosen."""
    block, rate = spec.get("block", 256), spec.get("rate") or 48000
    wishes = {
        "PULSE_LATENCY_MSEC": str(max(round(2000 * block / rate), 5)),
        "PIPEWIRE_LATENCY": f"{block}/{rate}",
        "PULSE_PROP": "application.name=vj",
        "JACK_NO_START_SERVER": "1",
    }
    if spec["do"] == "listen" and spec["channels"]:
        wishes["PIPEWIRE_ALSA"] = "{ stream.dont-remix = true }"
    return {name: value for name, value in wishes.items() if name not in os.environ}


def _connected() -> Pulse | None:
    """The sound server, if there is one."""
    try:
        return Pulse()
    except (OSError, AttributeError):  # none runs, or there is no libpulse, or a very old one
        return None


def _run(server: Pulse) -> None:
    """Thread: hear until the source or its server goes away, which ends the child."""
    with contextlib.suppress(OSError):
        server.run()
    os._exit(0)


def main() -> None:
    """Run one child; leaves by `os._exit`, since PortAudio's own exit may abort or hang."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes our stdin
    pipe = os.dup(1)
    os.dup2(2, 1)  # so that a chatty sound library cannot write between our records
    child = Child(json.loads(sys.argv[1]), pipe)
    os.environ.update(child.wishes)
    name = ctypes.c_char_p(b"vj-out" if child.spec["do"] == "speak" else b"vj")
    with contextlib.suppress(OSError, AttributeError):  # not Linux, or built without JACK
        ctypes.CDLL("libportaudio.so.2").PaJack_SetClientName(name)  # must come before PortAudio starts
    try:
        import sounddevice as sd
    except (OSError, ImportError) as error:
        child.say(error="library", devices=[], text=str(error))
        os._exit(1)
    try:
        child.run(sd)
    except BrokenPipeError:
        pass  # the parent has gone
    except (sd.PortAudioError, ValueError, OSError) as error:
        child.say(error="failed", devices=[], text=str(error))
    os._exit(0)


if __name__ == "__main__":
    main()

"""The child process that owns PortAudio: lists devices, listens to one, or plays to one. Imports nothing of `vj`.

PortAudio reads its devices once, and when a JACK server dies under it, closing a stream hangs, terminating aborts and
loading it again crashes (PortAudio issue 819 and our own trials). A child can simply be killed and started again, its
callback never waits for the show's interpreter, and a crash in a sound driver cannot take the picture along.

Started as `python -P _audio_child.py JSON` with {"do": "list" | "listen" | "speak", ...}. First it writes one line of
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
import re
import signal
import struct
import sys
import threading
import time
from typing import Any

RECORD = struct.Struct("<IId")
#: Blocks that may wait for a parent that does not read before new ones are dropped.
PATIENCE = 400
#: ALSA's card number, which changes when a device is plugged in again.
CARD = re.compile(r"\s*\(hw:\d+,\d+\)")


def devices(sd: Any) -> list[dict[str, Any]]:
    """What PortAudio sees, one plain record a device. A running JACK server comes before ALSA's own default.

    (With a JACK server up, ALSA's default is often a bridge to it that costs latency.)
    """
    hosts = sd.query_hostapis()
    inputs, outputs = sd.default.device
    for host in hosts:
        if host["name"].startswith("JACK"):
            inputs = host["default_input_device"] if host["default_input_device"] >= 0 else inputs
            outputs = host["default_output_device"] if host["default_output_device"] >= 0 else outputs
    return [
        {
            "index": number,
            "name": device["name"],
            "host": hosts[device["hostapi"]]["name"],
            "inputs": device["max_input_channels"],
            "outputs": device["max_output_channels"],
            "rate": _rate(device, hosts),
            "default_input": number == inputs,
            "default_output": number == outputs,
        }
        for number, device in enumerate(sd.query_devices())
    ]


def _rate(device: Any, hosts: Any) -> int:
    """The rate to use unless told: the device's own, but 48 kHz for an ALSA name that leads to a sound server.

    Such a name reports 44.1 kHz because it can do anything, while the server behind it mostly runs at 48.
    """
    virtual = hosts[device["hostapi"]]["name"] == "ALSA" and "(hw:" not in device["name"]
    return 48000 if virtual else int(device["default_samplerate"])


def matching(found: list[dict[str, Any]], wanted: Any, kind: str) -> list[dict[str, Any]]:
    """The devices that `wanted` (None, an index, or a part of "name, host") can mean; `kind` is inputs or outputs."""
    able = [device for device in found if device[kind]]
    if wanted is None:
        return [device for device in able if device[f"default_{kind[:-1]}"]]
    if isinstance(wanted, int):
        return [device for device in able if device["index"] == wanted]
    word = wanted.strip().lower()
    labels = [(f"{device['name']}, {device['host']}".lower(), device) for device in able]
    exact = [device for label, device in labels if word in (label, CARD.sub("", label), device["name"].lower())]
    return exact or [device for label, device in labels if word in label]


class Child:
    """One stream of one device and the pipe to the parent."""

    def __init__(self, spec: dict[str, Any], pipe: int) -> None:
        self.spec = spec
        self._pipe = pipe
        self._out: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._in: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._lost = self._playing = 0

    def say(self, **message: Any) -> None:
        """Write one line of JSON to the parent."""
        self._write(json.dumps(message).encode() + b"\n")

    def heard(self, data: Any, frames: int, _time: Any, status: Any) -> None:
        """PortAudio's input callback: stamp, copy, hand over, return."""
        stamp = time.perf_counter()
        if self._out.qsize() > PATIENCE:
            self._lost = 1
            return
        self._out.put(RECORD.pack(frames, self._lost | bool(status.input_overflow), stamp) + bytes(data))
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
        spec, listen = self.spec, self.spec["do"] == "listen"
        found = devices(sd)
        if spec["do"] == "list":
            return self.say(devices=found)
        matches = matching(found, spec["device"], "inputs" if listen else "outputs")
        if spec.get("again"):  # the device we had: its twin will do, and so will another number of its ALSA card
            matches = matches[:1] or matching(found, CARD.sub("", spec["device"]), "inputs" if listen else "outputs")
        if len(matches) != 1:
            return self.say(error="ambiguous" if matches else "unknown", devices=found, text="")
        device = matches[0]
        rate = spec["rate"] or device["rate"]
        stream = (sd.RawInputStream if listen else sd.RawOutputStream)(
            samplerate=rate,
            blocksize=spec["block"],
            device=device["index"],
            channels=spec["channels"] or min(device["inputs" if listen else "outputs"], 2),
            dtype="float32",
            latency=spec["latency"],
            callback=self.heard if listen else self.played,
        )
        stream.start()
        self.say(**device | {"rate": rate, "channels": stream.channels, "latency": stream.latency})
        threading.Thread(target=self._read, args=(0 if listen else spec["block"] * stream.channels * 4,)).start()
        while True:
            self._write(self._out.get())

    def _read(self, size: int) -> None:
        """Take blocks of `size` bytes from the parent until it closes; then leave without asking the sound driver."""
        while block := sys.stdin.buffer.read(size or 1):
            if size and len(block) == size:
                self._in.put(block)
        os._exit(0)

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._pipe, data) :]


def main() -> None:
    """Run one child; leaves by `os._exit`, since PortAudio's own exit may abort or hang."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes our stdin
    pipe = os.dup(1)
    os.dup2(2, 1)  # so that a chatty sound library cannot write between our records
    child = Child(json.loads(sys.argv[1]), pipe)
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
    except (sd.PortAudioError, ValueError) as error:
        child.say(error="failed", devices=devices(sd), text=str(error))
    except BrokenPipeError:
        pass  # the parent has gone
    os._exit(0)


if __name__ == "__main__":
    main()

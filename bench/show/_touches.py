"""A hand on a fader, as a program of its own: moves it to and fro and prints when it did.

python bench/show/_touches.py osc PORT | web PORT | midi NAME, then SECONDS

Prints `time.perf_counter()`, which all processes here share, just before each message; the fader is `/master/level`, or
CC 7 on channel 1 of a JACK MIDI port called NAME, and goes between 0.4 and 1 at random times of 0.2 to 0.4 s.
"""

import json
import random
import sys
import time
from collections.abc import Callable

ADDRESS, LOW, HIGH = "/master/level", 0.4, 1.0


def osc(port: str) -> Callable[[float], object]:
    """Over UDP."""
    import socket

    from vj.devices.osc.wire import message

    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    return lambda value: line.sendto(message(ADDRESS, (value,)), ("127.0.0.1", int(port)))


def web(port: str) -> Callable[[float], object]:
    """Over a WebSocket, attached as a surface that watches everything."""
    import threading

    from websockets.sync.client import connect

    from vj.devices.osc.wire import message

    line = connect(f"ws://127.0.0.1:{port}/", max_size=None, open_timeout=60.0).__enter__()
    line.send(json.dumps({"COMMAND": "VJ_ATTACH", "DATA": {"thumb": True}}))
    threading.Thread(target=lambda: [None for _ in line], daemon=True).start()
    time.sleep(1.0)
    return lambda value: line.send(message(ADDRESS, (value,)))


def midi(name: str) -> Callable[[float], object]:
    """Over JACK MIDI."""
    import rtmidi

    out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="hand")
    out.open_virtual_port(name)
    time.sleep(4.0)  # until it was seen and opened
    return lambda value: out.send_message([0xB0, 7, round(value * 127)])


def main() -> None:
    kind, where, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    move = {"osc": osc, "web": web, "midi": midi}[kind](where)
    luck, value = random.Random(7), LOW
    print("ready", flush=True)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        time.sleep(luck.uniform(0.2, 0.4))
        now = time.perf_counter()
        move(value)
        print(now, flush=True)
        value = HIGH if value == LOW else LOW


if __name__ == "__main__":
    main()

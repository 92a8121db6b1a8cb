"""A player of its own: plays a sine on some channels of a JACK server until it is killed. Run by tests as a child.

python sine.py HERTZ LEVEL CHANNELS(01, 0 or 1)      its JACK client is called "PortAudio"
"""

import sys
import threading

import numpy as np
import sounddevice as sd


def main() -> None:
    hertz, level = float(sys.argv[1]), float(sys.argv[2])
    mask = np.array([float("0" in sys.argv[3]), float("1" in sys.argv[3])], np.float32)
    names = [host["name"] for host in sd.query_hostapis()]
    jack = sd.query_hostapis(next(i for i, name in enumerate(names) if name.startswith("JACK")))
    rate = sd.query_devices(jack["default_output_device"])["default_samplerate"]
    count = 0

    def callback(data: np.ndarray, frames: int, _time: object, _status: object) -> None:
        nonlocal count
        data[:] = level * np.sin(2 * np.pi * hertz / rate * (count + np.arange(frames)))[:, None] * mask
        count += frames

    with sd.OutputStream(device=jack["default_output_device"], channels=2, samplerate=rate, callback=callback):
        threading.Event().wait()


if __name__ == "__main__":
    main()

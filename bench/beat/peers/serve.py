"""Runs one peer in its own environment: paths of WAV files (mono, 16 bit) come in, beats go out, a line of JSON each.

python serve.py by_NAME
"""

import importlib
import json
import sys
import time
import traceback
import wave

import numpy as np


def main(name: str) -> None:
    """Answer every path with {"beats": [[seconds, place or 0]...], "cpu_s", "seconds"} or {"error"}."""
    peer, out = importlib.import_module(name), sys.stdout
    sys.stdout = sys.stderr  # peers that print must not be read
    # what is imported, read and compiled at the first sound is not what a sound costs
    list(peer.track(np.random.default_rng(0).normal(0.0, 0.05, 6 * peer.RATE).astype(np.float32)))
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        try:
            with wave.open(line.strip()) as file:
                samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768.0
            before = time.process_time()
            beats = list(peer.track(samples))
            answer = {"beats": beats, "cpu_s": time.process_time() - before, "seconds": len(samples) / peer.RATE}
        except Exception as error:  # noqa: BLE001  a peer that fails on one sound is asked for the next
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])

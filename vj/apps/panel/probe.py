"""Listens to an input that is only looked at, beside the one that is in use."""

import math
import threading
import time

import numpy as np

from vj.core.errors import AudioError
from vj.core.handoff import SampleRing
from vj.devices.audio.input import AudioIn

#: How long somebody must look at an input before it is opened.
PATIENCE_S = 0.4
#: Of sound, in one reading.
READING_S = 0.05
#: Nothing is quieter.
SILENCE_DB = -120.0
#: How fast a meter falls.
FALL_DB_PER_S = 30.0


class Probe:
    """`listen` to an input by name, or to none with ""; `db` is its peak in dBFS, None until there is one.

    Opening and closing take their time on a thread of its own. `problem` says why it cannot be heard.
    """

    def __init__(self) -> None:
        self._wanted, self._since = "", 0.0
        self._news, self._closing = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self.db: float | None = None
        self.problem = ""

    def listen(self, label: str) -> None:
        """From now on to this one."""
        if label != self._wanted:
            self._wanted, self._since = label, time.perf_counter()
            self.db, self.problem = None, ""
            self._news.set()
        if label and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="probe", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Listen no more. Harmless when called twice."""
        self.listen("")
        self._closing.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._news.wait(0.5)
            label = self._wanted
            if label and time.perf_counter() - self._since >= PATIENCE_S:
                self._hear(label)
            elif label:
                self._closing.wait(0.05)
                continue
            self._news.clear()

    def _hear(self, label: str) -> None:
        """Read its level until another is wanted."""
        ring = SampleRing(48000)
        ears = AudioIn(ring, label, clip=True)
        try:
            with ears:
                while self._wanted == label and not self._closing.is_set():
                    sound = ring.read(round(READING_S * ears.rate), timeout=0.5)
                    peak = float(np.abs(sound).max()) if sound is not None else 0.0
                    fallen = (SILENCE_DB if self.db is None else self.db) - FALL_DB_PER_S * READING_S
                    db = max(20.0 * math.log10(max(peak, 1e-6)), fallen)
                    if self._wanted == label:
                        self.db = db
        except AudioError as error:
            if self._wanted == label:
                self.problem = error.what
                self._news.clear()
                while self._wanted == label and not self._closing.is_set():
                    self._news.wait(0.5)

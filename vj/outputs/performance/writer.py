"""The thread that writes a performance: steps become lines, sound becomes FLAC, and both come to the disk in time."""

import threading
import time
from contextlib import suppress
from typing import Any

import numpy as np

from vj.core.sound.grid import LAYOUTS, sound_of, steps_of
from vj.core.types import F32
from vj.engine.performance.lines import sealed
from vj.engine.performance.mixing import mixed
from vj.outputs.performance.flac import Flac
from vj.outputs.performance.folder import Folder
from vj.outputs.performance.syncing import Syncer
from vj.outputs.performance.waiting import Item, Waiting

#: After so long what was written is handed to the system.
PUSH_S = 0.2
#: Between two tries on a full disk.
AGAIN_S = 0.25
#: For so long the last of it is tried at the end.
PATIENCE_S = 2.0
_STOPPED = "the performance cannot be written"
#: Silence for which an input is waited for, to know its channels; two are as likely as not.
UNKNOWN_S = 1.0
#: For so long a disk that still takes something is waited for at the end.
LONGEST_S = 30.0


class Writer:
    """Takes what is `waiting` and writes it to `folder`, `begun` first. What fails is told in `trouble`, and tried
    again: meanwhile it goes on waiting."""

    def __init__(self, folder: Folder, waiting: Waiting, begun: dict[str, Any], rate: int) -> None:
        self._folder, self._waiting = folder, waiting
        self._rate = rate
        self._seal = 0
        self._flac: Flac | None = None
        self._hops = self._steps = self._length = self._unheard = 0
        self._t = 0.0
        self._pushed = time.perf_counter()
        self._state: dict[str, Any] = {}
        self._syncer = Syncer(self._sync, self._stopped)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="performance log", daemon=True)
        self.trouble = ""
        self._line(begun)

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._syncer.start()

    def close(self) -> None:
        """Write what is left and end, unless the disk takes nothing any more."""
        self._closing.set()
        self._thread.join(LONGEST_S)
        if self._thread.is_alive():
            self.trouble = "the performance's last steps are not written: the disk is too slow"

    def finish(self) -> bool:
        """The end of it; False if the disk did not take all."""
        done = self._finished()
        self._say(ended=done)
        self._folder.close()
        return done

    def _run(self) -> None:
        written = self._written()
        self._syncer.stop()
        if written:
            self.finish()
        else:
            self._say(ended=False)
            self._folder.close()

    def _written(self) -> bool:
        """Write what comes until the show is over; False if the disk did not take all of it."""
        while True:
            item = self._waiting.get(PUSH_S)
            if item is not None:
                self.take(item)
            elif self._closing.is_set() and not self._waiting.end():
                return True
            if time.perf_counter() - self._pushed >= PUSH_S and not self._push():
                return False

    def _finished(self) -> bool:
        """The last lines, and how long the sound is; False if the disk did not take them."""
        if self._flac is None and self._unheard:  # it never came
            self._begin(2)
            self._silence(self._unheard)
        self._line({"k": "end", "t": self._t})
        if self._flac is not None and self._folder.sound is not None:
            self._folder.sound.put(self._flac.finish())
        if not self._push():
            return False
        if self._flac is not None and self._folder.sound is not None:
            for place, data in self._flac.ending():
                self._folder.sound.patch(place, data)
        return True

    def _sync(self) -> None:
        """Have on the disk what was handed to the system, and say how far that is."""
        state = self._state
        self._folder.sync()
        self._folder.say({**state, "trouble": self.trouble})

    def _say(self, ended: bool) -> None:
        """Write how far it came, where no space is needed for it; and that it is over."""
        state = {**self._state, "ended": ended, "trouble": self.trouble}
        with suppress(OSError):
            self._folder.say(state)
            self._folder.sync()

    def take(self, item: Item) -> None:
        """Write one step; who has no thread does so himself, and then `finish`."""
        try:
            step = dict(item.step) if item.late is None else {**item.step, **item.late()}
            if item.samples is not None:
                step |= self._sound(step["n"], item.samples, item.channels)
            if step["k"] == "lost":
                self._silence(step["hop"] + 1)
            self._t = max(self._t, float(step.get("t", 0.0)))
            self._line(step)
        except Exception as error:  # noqa: BLE001  what cannot be written must not end what can
            self.trouble = f"a step of the performance cannot be written: {error}"

    def _line(self, step: dict[str, Any]) -> None:
        text, self._seal = sealed(step, self._seal)
        self._folder.log.put(text.encode() + b"\n")
        self._steps += 1

    def _sound(self, hop: int, mono: F32, channels: F32 | None) -> dict[str, Any]:
        """Encode one hop, and silence for those missing before it; what its step must say of the mix."""
        self._length = len(mono)
        if self._flac is None and channels is None and not mono.any() and hop * len(mono) < UNKNOWN_S * self._rate:
            self._unheard = hop + 1  # the input has not come yet; its silence is filled in
            return {}
        beside = mono[:, None] if channels is None or channels.shape[1] > len(LAYOUTS) else channels
        if self._flac is None:
            self._begin(beside.shape[1] if channels is not None or mono.any() else 2)
        assert self._flac is not None
        if beside.shape[1] != self._flac.channels:
            beside = np.repeat(mono[:, None], self._flac.channels, axis=1)
        self._silence(hop)
        self._hops = hop + 1
        self._encode(beside)
        return mixed(mono, sound_of(steps_of(beside)))

    def _begin(self, channels: int) -> None:
        """There is sound now, of so many channels."""
        flac = Flac(self._rate, channels)
        self._folder.open_sound().put(flac.head)
        self._flac = flac

    def _silence(self, hop: int) -> None:
        """In the place of the hops before number `hop` that are missing."""
        if self._flac is not None:
            for _ in range(hop - self._hops):
                self._encode(np.zeros((self._length, self._flac.channels), np.float32))
            self._hops = max(self._hops, hop)

    def _encode(self, sound: F32) -> None:
        assert self._flac is not None
        assert self._folder.sound is not None
        self._folder.sound.put(self._flac.encode(sound))

    def _push(self) -> bool:
        """Hand it to the system. False where that is given up: the show is over."""
        began = time.perf_counter()
        while True:
            try:
                self._folder.push()
                self._pushed = time.perf_counter()
                if self.trouble.startswith(_STOPPED):
                    self.trouble = ""
                self._state = {"t": self._t, "hops": self._hops, "steps": self._steps, "ended": False}
                return True
            except OSError as error:
                self._stopped(error)
            if self._closing.is_set():
                if time.perf_counter() - began > PATIENCE_S:
                    return False
                time.sleep(AGAIN_S)
            else:
                self._closing.wait(AGAIN_S)

    def _stopped(self, error: OSError) -> None:
        self._waiting.why = why = error.strerror or str(error)
        if not self.trouble:
            self.trouble = f"{_STOPPED} since {self._t:.0f} s: {why}"
            with suppress(OSError):
                self._folder.say({**self._state, "trouble": self.trouble})

"""The input device of a live show, which the performer may change for the next one while it runs."""

import threading
from types import TracebackType
from typing import Self

from vj.core.errors import AudioError
from vj.core.handoff import SampleRing
from vj.core.params import Snapshot
from vj.devices.audio.input import AudioIn
from vj.devices.audio.link import devices
from vj.engine.console import Input

#: Hz of the sound of a show that begins without an input.
RATE = 48000
#: Seconds between two looks for a first input: each starts a program that asks the sound system.
LOOK_S = 3.0
#: Looks for the input of before a fall, after which any other will do.
TRIES = 5
SILENCE = "no audio input: playing in silence, and to the first one that comes"


class Inputs:
    """One AudioIn at a time, all into one ring at one rate. Watches `/audio/next` in the snapshots it is given.

    Opening takes a moment, so it is done by a thread of its own; until then the show hears silence. The `channels` are
    those of the first device; every device keeps its own choice, and one without hears its first two. Where no device
    was named and none can be opened, the show begins in silence and takes the first one that comes; so it does where a
    `rate` in Hz is given, and its device will be there in a moment.
    """

    def __init__(
        self, ring: SampleRing, device: str | int | None, channels: tuple[int, ...] | None, rate: int = 0
    ) -> None:
        self._ring = ring
        self._later, self._tries = rate, 0
        self._now = AudioIn(ring, device, channels)
        self._chosen: dict[str, tuple[int, ...] | None] = {}
        self._asked = 0
        self._wish = ""
        self._turning: threading.Thread | None = None
        self._lost = 0
        self._device = device
        self._named, self._channels = device is not None, channels
        self._closing, self._look = threading.Event(), threading.Event()
        self.problem = self.notice = ""

    def __enter__(self) -> Self:
        if self._later:
            self._look.set()
            self._wait_for_one()
            return self
        try:
            self._now.open()
        except AudioError as error:
            if self._named:
                raise
            # without PortAudio none will come before somebody has done something
            self.problem = f"{SILENCE} ({error.what}: {error.hint})" if "PortAudio" in error.what else SILENCE
            self._wait_for_one()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._closing.set()
        self._look.set()
        if self._turning is not None:
            self._turning.join()
        self._now.close()

    @property
    def name(self) -> str:
        """Of the device in use."""
        return self._now.name

    @property
    def rate(self) -> int:
        """In Hz; that of the first device, which every other must keep."""
        return self._now.rate or self._later or RATE

    @property
    def overruns(self) -> int:
        """Losses of all devices so far."""
        return self._lost + self._now.overruns

    @property
    def reopened(self) -> int:
        """How often the device in use came back."""
        return self._now.reopened

    @property
    def lost(self) -> bool:
        """Whether the device in use is away."""
        return self._now.lost

    @property
    def silent(self) -> bool:
        """Whether it delivers nothing but zeros."""
        return self._now.silent

    @property
    def notes(self) -> tuple[str, ...]:
        """What the performer should know of what is heard."""
        return self._now.notes

    def publish(self, snapshot: Snapshot) -> None:
        """Go on to the next device when `/audio/next` was fired."""
        asked = snapshot[Input.next]
        if asked != self._asked:
            self._go_on("")
        self._asked = asked

    def choose(self, label: str) -> None:
        """Go over to the input of that name, as it stands in the list of devices."""
        self._go_on(label)

    def _go_on(self, label: str) -> None:
        self._wish = label
        if self.problem:
            self._look.set()
        elif not self.turning:
            self._turning = threading.Thread(target=self._turn, name="next input", daemon=True)
            self._turning.start()

    @property
    def turning(self) -> bool:
        """Whether it is on its way to another input."""
        return self._turning is not None and self._turning.is_alive() and not self.problem

    def _wait_for_one(self) -> None:
        """Go on in silence, and look for an input on a thread of its own."""
        self.problem = self.problem or "listening again"
        self._turning = threading.Thread(target=self._await_one, name="first input", daemon=True)
        self._turning.start()

    def _await_one(self) -> None:
        while not self._closing.is_set():
            self._look.wait(LOOK_S)
            self._look.clear()
            wish, self._wish = self._wish, ""
            first = AudioIn(self._ring, wish or self._device, self._channels, rate=self._later or RATE, clip=True)
            try:
                if not self._closing.is_set():
                    first.open()
                    self._now, self.problem = first, ""
                    self.notice = f"hearing {first.name}"
                    return
            except AudioError as error:
                first.close()
                self._tries += 1
                if self._tries >= TRIES:  # what was played to before a fall is not there any more
                    self._device = None
                if "no audio input" not in error.what and "PortAudio" not in error.what:
                    self.problem = f"{SILENCE} ({error.what})"

    def _turn(self) -> None:
        """Go over to what is wished for, or to the next; and on to what is wished for by then."""
        while True:
            wish, self._wish = self._wish, ""
            self._go_to(wish)
            if not self._wish or self._closing.is_set():
                return

    def _go_to(self, wish: str) -> None:
        """Close this device and open `wish`, or the next that opens; the last one tried is this one again."""
        before = self.name
        order = [wish, before] if wish else self._following()
        if wish == before or not order:
            return
        rate = self._now.rate
        self._chosen[before] = self._now.channels
        self._lost += self._now.overruns - self._ring.overruns
        self._now.close()
        for label in order:
            following = AudioIn(self._ring, label, self._chosen.get(label), rate, clip=True)
            try:
                following.open()
            except AudioError as error:
                self.notice = f"{label} cannot be opened: {error.what}" if label == wish else self.notice
                continue
            self._now = following
            return

    def _following(self) -> list[str]:
        """The inputs after this one, itself at the end; none where nobody can say."""
        try:
            labels = [device.label for device in devices() if device.inputs]
        except AudioError:
            return []
        place = labels.index(self.name) if self.name in labels else -1
        return labels[place + 1 :] + labels[: place + 1]

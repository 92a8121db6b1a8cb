"""MIDI in and its lights: one thread polls every port, and puts events in a queue.

A device that vanishes is noticed within RELIST_S and opened again when it returns: initialised, lit, and its knobs
waiting to be picked up. Mapping files: `mapping.py`; the factory's are in `maps/`; one of the user's that changes
holds within RELIST_S too.
"""

import queue
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import platformdirs

from vj.core.errors import ControlError, nearest
from vj.core.handoff import Mailbox
from vj.core.params import AnyParam, Snapshot
from vj.core.threads.side import Side
from vj.core.types import Event
from vj.devices.midi._device import Device, partner, speaks
from vj.devices.midi._echo import MARK, MARKED_S, Wires
from vj.devices.midi._files import MapFiles
from vj.devices.midi._leds import Leds
from vj.devices.midi.clock.ticks import CLOCK, SOURCE, Clocks, MidiClock
from vj.devices.midi.clock.timecode import ADDRESS
from vj.devices.midi.decode import Decoder, parse
from vj.devices.midi.editing import Editing
from vj.devices.midi.mapping import DeviceMap, normalised
from vj.devices.midi.ports import NoPorts, OutPort, Ports, open_ports

#: Between polls while a hand is at work; this costs 3 % of a core.
POLL_S = 0.001
#: ... while none is.
IDLE_POLL_S = 0.004
#: ... while nothing is plugged in.
EMPTY_POLL_S = 0.05
#: A hand is at work for so long after its last message.
BUSY_S = 2.0
#: Listing takes 30 us on ALSA and JACK, so a plug that slips out for a second is seen; elsewhere it can be slow.
RELIST_S = 0.5 if sys.platform.startswith("linux") else 2.0
LED_RATE_HZ = 30.0


def user_maps() -> Path:
    """The folder of the performer's own mapping files."""
    return platformdirs.user_config_path("vj") / "midi"


class MidiIn:
    """Listens to MIDI devices and lights them. A context manager; `publish` may be called by any thread.

    table     address -> Param of everything that can be moved
    port      part of the name of the only device wanted; None or "" for all
    backend   "alsa", "jack", "coremidi", "winmm"; None for the first that works
    maps      folder of the performer's mapping files; None for `user_maps()`
    ports     where ports come from, instead of `backend`

    Raises ControlError for a mistake in a mapping file, and when a port or backend that was asked for is not there.
    Where none was, a machine without MIDI gets a show without MIDI, and `notice` says why.

    `connected` are the names of open devices; `received` and `malformed` are counted by the listening thread only.
    """

    def __init__(
        self,
        table: Mapping[str, AnyParam],
        events: "queue.SimpleQueue[Event]",
        port: str | None = None,
        backend: str | None = None,
        maps: Path | None = None,
        ports: Ports | None = None,
    ) -> None:
        self._table = table
        self._events = events
        self._wanted = (port or "").casefold()
        folder = user_maps() if maps is None else maps
        self._maps = MapFiles(table, folder)
        self.editing = Editing(table, self._maps, folder, events)
        self.notice = ""
        self._ports = self._open_ports(backend) if ports is None else ports
        self._devices: dict[str, Device] = {}
        self._times_opened: dict[str, int] = {}
        self._clocks = Clocks()
        self._wires = Wires()
        self._snapshots: Mailbox[Snapshot] = Mailbox()
        self._closing = threading.Event()
        self._thread = Side("midi", self._run)
        self.received = self.malformed = 0
        self.connected: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def backend(self) -> str:
        """Who gives us the ports: "alsa", "jack", "coremidi" or "winmm"."""
        return self._ports.backend

    @property
    def leading(self) -> str:
        """Full name of the port whose clock leads, "" for none."""
        now = time.perf_counter()
        led = (d.name for d in list(self._devices.values()) if self._clocks.leads(d.clock, d.time.at(now)))
        return next(led, "")

    def open(self) -> None:
        """Open what is plugged in and listen; raises ControlError if the device asked for is not there."""
        self._relist()
        if self._wanted and not self._devices:
            names = [normalised(name) for name in self._ports.inputs()]
            raise ControlError(f"no MIDI device {self._wanted!r}", "--midi", nearest(self._wanted, names))
        self._thread.start()

    def close(self) -> None:
        """Lights out, ports back. Harmless when called twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        for name in list(self._devices):
            self._send(self._devices[name], [*self._devices[name].leds.dark(), *self._devices[name].device.exit])
            self._drop(name)
        self._ports.close()
        self.editing.close()

    @property
    def bindings(self) -> list[dict[str, Any]]:
        """What moves what: `device`, and the keys of a mapping's line."""
        return self.editing.bindings

    def overview(self) -> dict[str, Any]:
        """Everything about MIDI that a surface shows, as plain JSON."""
        return self.editing.overview(self.connected, self._learns)

    def publish(self, snapshot: Snapshot) -> None:
        """Hand over the newest values; lights follow within 1/30 s."""
        self._snapshots.put(snapshot)

    def _open_ports(self, backend: str | None) -> Ports:
        try:
            return open_ports(backend)
        except ControlError as error:
            if backend or self._wanted:
                raise
            self.notice = error.what
            return NoPorts()

    def _run(self) -> None:
        listed = lit = time.perf_counter()
        now, heard = listed, -BUSY_S
        while self._thread.turn() and not self._closing.is_set():
            time.sleep(self._pause(now - heard < BUSY_S))  # not Event.wait, which takes 16 ms at least on Windows
            now = time.perf_counter()
            self._learn(now)  # before the controls: what was pointed at was so before they moved
            for device in self._devices.values():
                if self._poll(device, now):
                    heard = now
            if now - listed >= RELIST_S:
                listed = now
                self._relist()
                self._remap()
            if now - lit >= 1.0 / LED_RATE_HZ:
                lit = now
                self._light(now)

    @property
    def _learns(self) -> bool:
        snapshot = self._snapshots.latest
        return snapshot is not None and bool(snapshot.values.get("/window/learn"))

    def _learn(self, now: float) -> None:
        """Go on with learning; what has been written holds at once."""
        self.editing.step(self._snapshots.latest, now)
        if self.editing.changed.is_set():
            self.editing.changed.clear()
            self._remap()
            self.notice = self.editing.notice

    def _pause(self, busy: bool) -> float:
        """Seconds to the next poll."""
        return POLL_S if busy else IDLE_POLL_S if self._devices else EMPTY_POLL_S

    def _poll(self, device: Device, now: float) -> bool:
        """Take what came at `now`; whether anything did."""
        before = self.received
        while (got := device.inlet.poll()) is not None:
            raw, since = got
            came = device.time.came(since, now)
            message = parse(raw)
            if message is None:
                self.malformed += 1
                continue
            self.received += 1
            if raw == MARK:
                self._loops(device, now)
            elif device.timecode.take(message, now) or self._wires.brought(raw, device.name, now):
                continue
            elif now - device.marked > MARKED_S:
                self._tell(self._clocks.hear(device.clock, message, came), now)
            hands = device.done(message, now)
            if hands:
                self.editing.heard(device.name, hands[-1])
            if self._learns:
                self.editing.hear(device.name, hands, now)
                continue
            for done in hands:
                self._tell(device.decoder.events(done, now), now)
        self._tell(device.decoder.late(now), now)
        self._tell(self._clocks.news(device.clock, device.time.at(now)), now)
        if told := device.timecode.news(now):
            self._tell([Event(ADDRESS, (told,), "midi time code")], now)
        return self.received != before

    def _loops(self, device: Device, now: float) -> None:
        """What we send comes back from `device`: a clock that is ours leads nobody."""
        if now - device.marked > MARKED_S:
            self.notice = f"what vj sends comes back from {normalised(device.name)}: no clock is heard there"
            if self._clocks.gone(device.clock):
                self._tell([Event(CLOCK, (0.0,), SOURCE)], now)
            device.clock = MidiClock()
        device.marked = now

    def _tell(self, events: list[Event], now: float) -> None:
        for event in events:
            self._events.put(replace(event, stamp=now))

    def _light(self, now: float) -> None:
        snapshot = self._snapshots.latest
        if snapshot is not None:
            for device in self._devices.values():
                self._send(device, device.leds.messages(snapshot, now), now)

    def _relist(self) -> None:
        """Open what is new and close what is gone."""
        names = [name for name in self._ports.inputs() if self._wanted in normalised(name).casefold()]
        if names == list(self._devices):
            return
        for name in [name for name in self._devices if name not in names]:
            self._drop(name)
        for name in names:
            if name not in self._devices:
                try:
                    self._devices[name] = self._connect(name)
                except ControlError as error:  # gone again, or another program holds it: try at the next turn
                    self.notice = error.what
        self.connected = tuple(normalised(name) for name in self._devices)
        self.editing.know({name: opened.device for name, opened in self._devices.items()})

    def _remap(self) -> None:
        """Follow mapping files that have changed; what is down stays down, and no port is touched."""
        if not self._maps.refresh():
            return
        self.notice = self._maps.notice
        for name, opened in self._devices.items():
            device = self._maps.of(name)
            if device == opened.device:
                continue
            before, opened.device = opened.device, device
            opened.decoder.follow(device)
            opened.outlet = opened.outlet or self._outlet(name, device)
            self._send(opened, [*opened.leds.follow(device), *(device.init if device.init != before.init else ())])
        self.editing.know({name: opened.device for name, opened in self._devices.items()})

    def _connect(self, name: str) -> Device:
        device = self._maps.of(name)
        inlet = self._ports.open_input(name)
        outlet = self._outlet(name, device)
        short = normalised(name)
        count = self._times_opened[short] = self._times_opened.get(short, 0) + 1
        # another name after a new plug, so that the desk makes its knobs wait to be picked up
        source = f"midi:{short}" if count == 1 else f"midi:{short}#{count}"
        opened = Device(name, inlet, outlet, Decoder(device, self._table, source), Leds(device, self._table), device)
        self._send(opened, list(device.init))
        return opened

    def _outlet(self, name: str, device: DeviceMap) -> OutPort | None:
        """Where the lights of the device at `name` are reached, if it has any; one without them still plays."""
        other = partner(name, self._ports.outputs(), device.match)
        if other is None or not speaks(device):
            return None
        try:
            return self._ports.open_output(other)
        except ControlError as error:
            self.notice = error.what
            return None

    def _send(self, device: Device, messages: list[bytes], now: float | None = None) -> None:
        if device.outlet is None:
            return
        try:
            for message in messages:
                device.outlet.send(message)
                self._wires.sent(message, device.name, time.perf_counter() if now is None else now)
        except ControlError as error:  # the next listing finds out whether it is gone
            self.notice = error.what

    def _drop(self, name: str) -> None:
        device = self._devices.pop(name)
        self._tell(self._clocks.gone(device.clock), time.perf_counter())
        device.inlet.close()
        if device.outlet is not None:
            device.outlet.close()

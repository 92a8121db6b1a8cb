"""One MIDI device while it is plugged in: both its ports, and what is known about them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from mido import Message

from vj.devices.midi._leds import Leds
from vj.devices.midi.clock.ticks import MidiClock, PortTime
from vj.devices.midi.clock.timecode import Timecode
from vj.devices.midi.decode import Decoder, reading
from vj.devices.midi.mapping import DeviceMap, normalised
from vj.devices.midi.ports import InPort, OutPort


@dataclass
class Device:
    """One open port, its other half and what is known about both."""

    name: str
    inlet: InPort
    outlet: OutPort | None
    decoder: Decoder
    leds: Leds
    device: DeviceMap
    clock: MidiClock = field(default_factory=MidiClock)
    time: PortTime = field(default_factory=PortTime)
    timecode: Timecode = field(default_factory=Timecode)
    marked: float = -math.inf  # when what we sent came back here last

    def done(self, message: Message, now: float) -> Sequence[Message]:
        """What a hand did on it, now that `message` came: echoes of its own lights are left out."""
        read = reading(message)
        if read is None:
            return ()
        done = self.leds.echoes.hands(message, read, self.decoder.lets_go(read), now)
        if done:
            self.leds.heard(read, now)
        return done


def speaks(device: DeviceMap) -> bool:
    """Whether there is anything to send to a device."""
    return bool(device.init or device.exit or any(entry.led is not None for entry in device.entries))


def partner(name: str, outputs: list[str], match: str) -> str | None:
    """The output that belongs to an input: of the same name, else of the same make, else the only one of its client."""
    same = [other for other in outputs if normalised(other) == normalised(name)]
    make = [other for other in outputs if match and match.casefold() in other.casefold()]
    client = [other for other in outputs if other.partition(":")[0] == name.partition(":")[0]]
    return next(iter(same + make + (client if len(client) == 1 else [])), None)

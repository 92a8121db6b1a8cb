"""What a surface is told of the ways in: controllers and their bindings, and what has come over OSC and Link."""

from collections.abc import Callable
from typing import Any

from vj.core.params import Snapshot
from vj.core.types import Clock
from vj.devices.midi.input import MidiIn
from vj.devices.osc.input import OscIn


def facts(osc: OscIn, midi: MidiIn | None, now: Callable[[], Snapshot]) -> dict[str, Callable[[], Any]]:
    """Name -> what there is to say, plain JSON, each to be asked a few times a second."""

    def activity() -> dict[str, int | None]:
        """Counts that a dot blinks with when they rise; `link` the others in the session, None while there is none."""
        clock = now().values.get("/tempo/link/clock")
        peers = clock.peers if isinstance(clock, Clock) and clock.runs else None
        return {"osc": osc.received, "link": peers}

    return {"activity": activity, **({"midi": midi.overview} if midi is not None else {})}

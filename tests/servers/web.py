"""A real show without a window, with its surface, for the tests of the surface: run by a thread of its own."""

import json
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vj.apps.assemble import Settings, assemble
from vj.apps.live.loop import Live, Parts
from vj.apps.mapping.deeds import Deeds
from vj.apps.mapping.editor import Editor
from vj.apps.mapping.file import VenueFile
from vj.apps.sending.elsewhere import Elsewhere
from vj.apps.web.link import Link
from vj.apps.web.nodes import COUNTED
from vj.apps.web.streams import heard
from vj.core.handoff import SampleRing
from vj.core.types import Event
from vj.devices.osc.input import OscIn
from vj.engine.desk import Desk
from vj.outputs.null import Null


class Silence:
    """An input that never delivers a block."""

    name, rate, overruns, lost, silent, notes = "nothing", 48000, 0, False, False, ()


@dataclass
class Show:
    """What runs, and where it is reached."""

    link: Link
    live: Live
    desk: Desk
    osc: OscIn
    ring: SampleRing
    taken: list[Event] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.link.port}"

    def value(self, address: str) -> Any:
        """What the show has there now."""
        return self.live.snapshot[address]

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Code, headers and body of an answer; header names with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = urllib.request.Request(f"http://{self.address}{path}", headers=named)
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()

    def json(self, path: str) -> Any:
        """What is answered there."""
        code, _, body = self.get(path, Accept="application/json")
        assert code == 200, (path, code, body)
        return json.loads(body)


@contextmanager
def a_show(
    token: str | None = None, settings: Settings | None = None, venue: Path | None = None, **config: Any
) -> Iterator[Show]:
    """A show on the test card at 20 frames a second, enough for its surface, which is on a port that is free."""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    plain = Settings(bundle="testcard", director="manual", size=(64, 36), threads=1)
    show, desk = assemble(settings or plain, 48000)
    ring, screen = SampleRing(48000), Null((320, 180))
    ending = threading.Event()
    with OscIn(desk.table, events, port=0) as osc:
        link = Link(events, 0, token)
        mapping = None if venue is None else Editor(VenueFile(venue), events)
        if mapping is not None:
            desk.deeds.update((deeds := Deeds(mapping)).table)
            desk.firing.update(deeds.firing)
            link.facts["mapping"] = mapping.overview
        sent = settings.outputs if settings else ()
        elsewhere = Elsewhere(sent, 48000, events) if sent else None
        if elsewhere is not None:
            link.facts["outputs"] = elsewhere.facts
        parts = Parts(
            show, desk, Silence(), ring, screen, events, (osc,), surface=link, mapping=mapping, elsewhere=elsewhere
        )
        with Live(parts, fps=20.0) as live:
            osc.listeners.counted = COUNTED
            osc.listeners.sounds = lambda: heard(live.hearing.features.latest)
            link.features = lambda: live.hearing.features.latest
            link.open(desk.table, osc.port, **config)
            running = threading.Thread(target=lambda: [live.run(0.1) for _ in iter(ending.is_set, True)], daemon=True)
            running.start()
            try:
                while live.meter.displayed < 2:
                    time.sleep(0.01)
                yield Show(link, live, desk, osc, ring)
            finally:
                link.close()
                ending.set()
                running.join(5.0)
                if mapping is not None:
                    mapping.close()
    show.close()

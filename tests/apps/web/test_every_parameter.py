"""The whole registry, walked: each parameter by OSC, OSCQuery, the surface's socket, MIDI, setlist, preset and
modulation, with the same clamp and the same value at the desk."""

import json
import queue
import socket
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mido import Message
from servers.jack import environment
from websockets.sync.client import connect

from vj.apps.assemble import parameters
from vj.apps.web.link import Link
from vj.core.params import Param, Snapshot
from vj.core.types import Event
from vj.devices.midi._entry import read_entry
from vj.devices.midi.decode import Decoder
from vj.devices.midi.learn import judge
from vj.devices.midi.mapping import DeviceMap
from vj.devices.osc import wire
from vj.devices.osc.input import OscIn
from vj.engine.cues.presets import makes_picture
from vj.engine.cues.setlist import read_setlist
from vj.engine.desk import Desk
from vj.engine.finish.bindings import MOST
from vj.engine.modulation.slots import KINDS

CLASSES = {"worlds": ("mandala", "ink", "nebula"), "testcard": ("rings",)}
#: All that may be there: with a filter of somebody's, and what winds a performance that plays again.
with environment(VJ_SHADERS=str(Path(__file__).parents[2] / "data" / "filters")):
    TABLE = Desk(parameters(replays=True), CLASSES).table
#: What a deed is done with, by the type tag of each argument.
SAID = {"s": "/latent/psi", "f": 0.25, "i": 1}
#: Held by nobody: they have something done, and are then as before or as that leaves them.
DONE = {"/look", "/cue/goto", "/model/pad", "/look/pad", "/model/page", "/look/page"}
#: What a setlist says in a word of its own instead.
OWN_WORDS = {"/look", "/model/select", "/model/class", "/model/mix"}


def beyond(param: Param) -> tuple[Any, ...]:
    """What somebody sends who wants too much."""
    if param.kind in ("float", "int"):
        return (param.hi + (param.hi - param.lo),)
    if param.kind == "toggle":
        return (not param.default,)
    if param.kind == "choice":
        return (param.choices[-1],)
    if param.kind == "deed":
        return tuple(SAID[tag] for tag in param.args.replace("?", ""))
    if param.kind == "text" and param.doc.startswith("Load a bundle"):
        return ("worlds",)
    return {"text": ("words",), "class": ("ink",), "mix": ("ink", 0.5, "nebula", 0.25), "clock": (140.0, 2.0)}.get(
        param.kind, ()
    )


@pytest.fixture
def desk() -> Desk:
    made = Desk(TABLE, CLASSES)
    for slot in range(1, 17):  # to be named, and for the corners of the morph pad
        made.apply(Event(f"/preset/{slot}/store", (), "start"))
    return made


def anew(desk: Desk, address: str) -> None:
    """As at the start; the morph pad has a preset in a corner if it is its turn."""
    desk.reset()
    if address == "/preset/morph":
        desk.apply(Event("/preset/corner/a", (1,), "start"))


@dataclass
class Doors:
    """Every way in from outside, and where what comes in lies."""

    events: "queue.SimpleQueue[Event]"
    osc: OscIn
    surface: Link

    def taken(self, count: int) -> dict[str, Event]:
        """The next events, by address."""
        end, found = time.monotonic() + 20.0, dict[str, Event]()
        while len(found) < count and time.monotonic() < end:
            try:
                event = self.events.get(timeout=0.2)
                found[event.address] = event
            except queue.Empty:
                pass
        return found


@pytest.fixture(scope="module")
def doors() -> Iterator[Doors]:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with OscIn(TABLE, events, port=0) as osc:
        surface = Link(events, 0)
        surface.open(TABLE, osc.port)
        surface.publish(Desk(TABLE, CLASSES).tick(0.0))
        try:
            yield Doors(events, osc, surface)
        finally:
            surface.close()


def test_osc_and_the_surface_reach_all_and_ask_for_the_same(doors: Doors, desk: Desk) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for address, param in TABLE.items():
            out.sendto(wire.message(address, beyond(param)), ("127.0.0.1", doors.osc.port))
            time.sleep(0.0005)
        by_osc = doors.taken(len(TABLE))
    with connect(f"ws://127.0.0.1:{doors.surface.port}/", max_size=None) as browser:
        for address, param in TABLE.items():
            browser.send(wire.message(address, beyond(param)))
            time.sleep(0.002)  # as quick as any hand, and no quicker than the server lets anybody be
        by_web = doors.taken(len(TABLE))
    assert set(TABLE) == by_osc.keys() == by_web.keys()
    groups = {"/".join(address.split("/")[:3]) for address in TABLE}
    assert groups >= {"/layer/1", "/output/map", "/output/light", "/fx/everything", "/replay/position", "/macro/8"}
    for address, param in TABLE.items():
        assert by_osc[address].args == pytest.approx(by_web[address].args), address
        if param.kind in ("trigger", "deed", "clock") or address in DONE:
            continue
        values = []
        for event in (by_osc[address], by_web[address]):
            anew(desk, address)
            assert desk.apply(event), desk.notice
            values.append(desk.current(address))
        assert values[0] == values[1], address
        if param.kind in ("float", "int"):
            assert values[0] == param.hi, address


def test_oscquery_tells_all_with_range_and_value(doors: Doors, desk: Desk) -> None:
    values = {**desk.tick(0.0).values}
    plain = {a: p for a, p in TABLE.items() if p.kind in ("float", "int", "toggle", "choice", "text")}
    values |= {a: p.clamp(beyond(p)[0]) for a, p in plain.items()}
    doors.surface.publish(Snapshot(values, 1.0, 2))

    def told() -> dict[str, Any]:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{doors.surface.port}/", headers={"Accept": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=20) as answer:
            nodes, found = [json.load(answer)], dict[str, Any]()
        while nodes:
            node = nodes.pop()
            found[node["FULL_PATH"]] = node
            nodes += node.get("CONTENTS", {}).values()
        return found

    end = time.monotonic() + 10.0
    while (nodes := told())["/master/reactivity"]["VALUE"] != [2.0] and time.monotonic() < end:
        time.sleep(0.1)
    for address, param in TABLE.items():
        node = nodes[address]
        assert node["DESCRIPTION"] == param.doc
        assert node["ACCESS"] == (2 if param.kind in ("trigger", "deed", "clock") else 3), address
        if param.kind in ("float", "int"):
            assert node["RANGE"][0] == {"MIN": param.lo, "MAX": param.hi}, address
        if param.kind == "choice" and address not in ("/model/select", "/look"):  # those follow what there is
            assert node["RANGE"][0]["VALS"] == list(param.choices), address
        if address in plain and address not in DONE:
            assert node["VALUE"] == pytest.approx([values[address]]), address


def test_a_knob_and_a_button_learn_every_one(desk: Desk) -> None:
    knob = judge([Message("control_change", control=20, value=v) for v in (60, 70, 80, 99, 120)])
    button = judge([Message("note_on", note=40, velocity=100), Message("note_off", note=40)])
    assert knob is not None
    assert button is not None
    for address, param in TABLE.items():
        if param.kind in ("deed", "clock"):
            continue  # what has arguments a control cannot say; a clock comes by itself
        turned = param.kind in ("float", "int", "choice")
        if param.kind in ("text", "class", "mix"):
            value = {"text": "words", "class": "ink", "mix": "ink"}[param.kind]
            learnt = button.entry(address, param, value)
        else:
            learnt = (knob if turned else button).entry(address, param)
        entry = read_entry(learnt, TABLE, "here")
        decoder = Decoder(DeviceMap("", (entry,)), TABLE, "midi:knobs")
        anew(desk, address)
        before = desk.current(address)
        sent = (
            [Message("control_change", control=20, value=v) for v in (0, 127)]
            if turned
            else [Message("note_on", note=40, velocity=127)]
        )
        events = [event for message in sent for event in decoder.events(message, 0.0)]
        assert [event.address for event in events] == [address] * len(events)
        assert events, address
        for event in events:
            desk.apply(Event(event.address, event.args, event.source, event.scaled, False))
        if param.kind in ("float", "int") and address not in DONE:
            assert desk.current(address) == pytest.approx(param.scale(1.0)), address
        elif param.kind == "trigger":
            assert desk.current(address) == before + 1, address  # type: ignore[operator]
        elif param.kind == "toggle":
            assert desk.current(address) is not before, address


def test_a_cue_says_every_one(tmp_path: Path, desk: Desk) -> None:
    said = {
        a: p.clamp(beyond(p)[0])
        for a, p in TABLE.items()
        if p.kind in ("float", "int", "toggle", "choice", "text") and a not in OWN_WORDS and a not in DONE
    }
    lines = [f'"{address}" = {json.dumps(value)}' for address, value in said.items()]
    path = tmp_path / "all.toml"
    path.write_text("[[cue]]\n[cue.set]\n" + "\n".join(lines), "utf-8")
    [cue] = read_setlist(path, TABLE, lambda bundle: CLASSES[bundle], "worlds").cues
    desk.take(cue)
    faded = {"/model/morph", "/master/fade"}  # a cue's own fade is told there
    assert {a: desk.current(a) for a in said if a not in faded} == {a: v for a, v in said.items() if a not in faded}


def test_a_preset_keeps_all_that_makes_the_picture(desk: Desk) -> None:
    made = {a: p for a, p in TABLE.items() if makes_picture(a, p)}
    assert len(made) > 200
    for address, param in made.items():
        desk.apply(Event(address, beyond(param), "web:1"))
    kept = {address: desk.current(address) for address in made}
    desk.apply(Event("/preset/3/store", (), "web:1"))
    desk.apply(Event("/master/panic", (), "web:1"))
    assert {address: desk.current(address) for address in made} != kept
    desk.apply(Event("/preset/3/recall", (), "web:1"))
    desk.tick(0.0)
    desk.tick(20.0)
    assert {address: desk.current(address) for address in made} == kept


def test_modulation_moves_every_one_with_a_range(desk: Desk) -> None:
    moved = [a for a, p in TABLE.items() if p.kind in KINDS and not a.startswith("/replay/")]  # hands alone wind that
    assert set(moved) == set(desk.table["/mod/1/target"].choices[1:])
    for address in moved:
        if address.startswith(("/mod/1/", "/lfo/1/")):
            continue  # what moves it
        if address in DONE:
            continue  # these tell where the class and the look lie
        anew(desk, address)
        for key, value in (("source", "lfo.1"), ("target", address), ("amount", 1.0)):
            desk.apply(Event(f"/mod/1/{key}", (value,), "start"))
        desk.apply(Event("/lfo/1/shape", ("square",), "start"))
        desk.tick(0.0)
        values = [float(desk.tick(n * 0.1).values[address]) for n in range(1, 80)]  # type: ignore[arg-type]
        param, before = TABLE[address], float(desk.current(address))  # type: ignore[arg-type]
        if address in MOST:  # so far and no further, for the sake of eyes
            assert max(values) == pytest.approx(min(before + MOST[address], param.hi)), address
        elif param.kind == "toggle":
            assert set(values) == {0.0, 1.0}, address
        else:
            half = param.scale(param.unscale(before) + 0.5)  # a wave goes half of it to either side
            assert max(values) == pytest.approx(half), address

"""`vj midi list` and `vj midi learn`: what is plugged in, and binding a control by moving it."""

import re
import time
from collections.abc import Mapping
from pathlib import Path

from mido import Message

from vj.core.errors import ControlError, nearest
from vj.core.params import AnyParam
from vj.devices.midi.decode import parse, reading
from vj.devices.midi.input import POLL_S, user_maps
from vj.devices.midi.learn import AGAIN, LISTEN_S, Learnt, judge, write_entry
from vj.devices.midi.mapping import map_for, normalised, read_map, read_maps
from vj.devices.midi.ports import InPort, Ports, open_ports

#: How long `vj midi learn` waits for a move, for the answer to a question, and for a button's next press.
PATIENCE_S = 30.0
ANSWER_S = 8.0
PRESS_S = 2.5


def describe(table: Mapping[str, AnyParam], ports: Ports, folder: Path | None = None) -> list[tuple[str, str, int]]:
    """(name, map, number of entries) of every input; the map is a device's name, or "default"."""
    factory, own = read_maps(table, user_maps() if folder is None else folder)
    maps = [(name, map_for(name, table, factory, own)) for name in ports.inputs()]
    return [(normalised(name), found.match or "default", len(found.entries)) for name, found in maps]


def print_ports(table: Mapping[str, AnyParam], backend: str | None = None) -> None:
    """Print every MIDI input and the map it would use."""
    try:
        ports = open_ports(backend)
    except ControlError as error:
        if backend is not None:  # one that was asked for
            raise
        print(f"{error.what} ({error.where}); {error.hint}.")
    else:
        try:
            rows = describe(table, ports)
        finally:
            ports.close()
        print(f"MIDI inputs ({ports.backend}):" if rows else f"No MIDI inputs ({ports.backend}).")
        for name, found, entries in rows:
            print(f"  {name}\t{found} map, {entries} bindings")
    print(f"Your own maps are in {user_maps()}")


def learn(
    table: Mapping[str, AnyParam],
    address: str,
    port: str = "",
    backend: str | None = None,
    out: Path | None = None,
    ports: Ports | None = None,
) -> Path:
    """Bind the control that is moved next to `address`; the mapping file that was written.

    `port` is a part of the device's name ("" listens to all), `out` the file (else one for the device in
    `user_maps()`), `ports` where ports come from instead of `backend`. Raises ControlError if the address or the
    device is unknown, or nothing moves within PATIENCE_S.
    """
    if address not in table:
        raise ControlError(f"no address {address!r}", "vj midi learn", nearest(address, table))
    opened = open_ports(backend) if ports is None else ports
    try:
        print(f"Move the control for {address} ...", flush=True)
        name, learnt = _listen(opened, port)
    finally:
        if ports is None:
            opened.close()
    device = normalised(name)
    path = out or user_maps() / f"{re.sub(r'[^a-z0-9]+', '-', device.casefold()).strip('-') or 'device'}.toml"
    before = path.read_text("utf-8") if path.exists() else None
    write_entry(path, device, learnt.entry(address, table[address]))
    try:
        read_map(path, table)
    except ControlError:
        # never leave a file behind that would stop the next show
        path.unlink() if before is None else path.write_text(before, "utf-8")
        raise
    print(f"{learnt.words} of {device} -> {address}, written to {path}")
    return path


def _listen(ports: Ports, wanted: str) -> tuple[str, Learnt]:
    """The port and the control that move first."""
    names = [name for name in ports.inputs() if wanted.casefold() in normalised(name).casefold()]
    if not names:
        known = [normalised(name) for name in ports.inputs()]
        raise ControlError(
            f"no MIDI device {wanted!r}" if wanted else "no MIDI device", "--port", nearest(wanted, known)
        )
    inlets = {name: ports.open_input(name) for name in names}
    try:
        name, first = _first(inlets)
        messages = [first, *_more(inlets[name], LISTEN_S)]
        learnt = judge(messages)
        assert learnt is not None
        if learnt.ask:
            print(f"{learnt.ask} ...", flush=True)
            learnt = judge([*messages, *_answer(inlets[name], learnt.ask)], asked=True) or learnt
    finally:
        for inlet in inlets.values():
            inlet.close()
    return name, learnt


def _first(inlets: Mapping[str, InPort]) -> tuple[str, Message]:
    """The first message of a control on any port."""
    end = time.perf_counter() + PATIENCE_S
    while time.perf_counter() < end:
        for name, inlet in inlets.items():
            message = _next(inlet)
            if message is not None:
                return name, message
        time.sleep(POLL_S)  # RtMidi cannot be waited for without a callback
    raise ControlError("nothing moved", hint="check the cable, or name the device with --port; see vj midi list")


def _answer(inlet: InPort, ask: str) -> list[Message]:
    """What the performer does when asked; nothing if that is nothing."""
    end = time.perf_counter() + ANSWER_S
    while time.perf_counter() < end:
        message = _next(inlet)
        if message is not None:
            return [message, *_more(inlet, PRESS_S if ask == AGAIN else LISTEN_S)]
        time.sleep(POLL_S)
    return []


def _more(inlet: InPort, seconds: float) -> list[Message]:
    """What follows within so long."""
    end = time.perf_counter() + seconds
    messages: list[Message] = []
    while time.perf_counter() < end:
        message = _next(inlet)
        if message is not None:
            messages.append(message)
        else:
            time.sleep(POLL_S)
    return messages


def _next(inlet: InPort) -> Message | None:
    """The next message that a control sent; clocks and the like are passed over."""
    while (got := inlet.poll()) is not None:
        message = parse(got[0])
        if message is not None and reading(message) is not None:
            return message
    return None

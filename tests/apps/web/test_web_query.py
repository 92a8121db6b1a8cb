"""OSCQuery as others ask it: every node by the letter, every answer by its code, types in as types out."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from servers.web import Show, a_show
from websockets.sync.client import connect

from vj.apps.web.nodes import Node, described, read
from vj.apps.web.query import ATTRIBUTES, Tree
from vj.core.params import Param
from vj.devices.osc import wire

#: What Python type each OSC type tag has in JSON.
JSON_TYPES = {"f": float, "i": int, "T": bool, "s": str}
#: What the desk does not simply hold: it steers the show, turns pages or names something to be opened.
SPECIAL = re.compile(
    r"/(output/(record|film)|show/|model/|look|director/select|cue/|macro/|refine/|window/|audio/|tempo/|latent/seed"
    r"|preset/|preview/|midi/|auto/on|mod/(learn|\d+/(source|target)))"
)


@pytest.fixture(scope="module")
def show() -> Iterator[Show]:
    with a_show() as running:
        yield running


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for name, below in node.get("CONTENTS", {}).items():
        assert below["FULL_PATH"].endswith(f"/{name}")
        assert below["FULL_PATH"] == f"{node['FULL_PATH'].rstrip('/')}/{name}"
        yield from walk(below)


def tags_of(packet: bytes) -> dict[str, str]:
    """Address -> type tags as they stand in a bundle's bytes."""
    found = {}
    for each in re.finditer(rb"(/[a-z0-9_/]+)\0+,([a-zA-Z]*)\0", packet):
        found[each[1].decode()] = each[2].decode()
    return found


def test_every_node_is_as_the_proposal_says(show: Show, wait_until: Any) -> None:
    wait_until(lambda: "/fx/on" in json.dumps(show.json("/fx")))
    nodes = {node["FULL_PATH"]: node for node in walk(show.json("/"))}
    assert nodes.keys() >= show.desk.table.keys()
    for address, node in nodes.items():
        assert set(node) <= {*ATTRIBUTES, "VJ"}, address
        assert node["ACCESS"] in (0, 1, 2, 3)
        assert isinstance(node["DESCRIPTION"], str)
        if address not in show.desk.table and "TYPE" not in node:
            assert node["ACCESS"] == 0
            assert node["CONTENTS"]
            continue
        tags = node["TYPE"]
        assert set(tags) <= set("fisTN"), address
        assert (node["ACCESS"] & 1) or "VALUE" not in node
        for per_tag in ("RANGE", "CLIPMODE", "UNIT", "EXTENDED_TYPE", "VALUE"):
            assert len(node.get(per_tag, tags)) == len(tags), (address, per_tag)
        for tag, value in zip(tags, node.get("VALUE", ()), strict=False):
            assert type(value) is JSON_TYPES[tag], (address, tag, value)
        for span, value in zip(node.get("RANGE", ()), node.get("VALUE", ()), strict=False):
            if span and "MIN" in span and "MAX" in span:
                assert span["MIN"] <= value <= span["MAX"], address
            if span and "VALS" in span and value:
                assert value in span["VALS"], address
        assert all(set(other) == {"TYPE"} for other in node.get("OVERLOADS", ()))
    for address, param in show.desk.table.items():
        assert nodes[address]["DESCRIPTION"] == param.doc
        if param.kind not in ("mix", "toggle"):
            assert nodes[address]["TYPE"] == param.type_tag
    assert nodes["/cue/go"]["ACCESS"] == 2
    assert nodes["/cue/go"]["CRITICAL"] is True
    assert nodes["/audio/out/bpm"]["ACCESS"] == 1
    assert nodes["/tempo/bpm"]["UNIT"] == ["time.bpm"]


def test_what_goes_in_comes_out_in_the_same_types(show: Show) -> None:
    """Each parameter that simply holds a value is set by one client in its declared type; another hears it back."""
    wanted: dict[str, Any] = {}
    for address, param in show.desk.table.items():
        if SPECIAL.match(address) or param.kind not in ("float", "int", "toggle", "choice"):
            continue
        now = show.value(address)
        if param.kind == "choice":
            wanted[address] = next((word for word in param.choices if word != now), None)
        else:
            wanted[address] = param.clamp((not now) if param.kind == "toggle" else param.scale(0.83))
    wanted = {address: value for address, value in wanted.items() if value not in (None, show.value(address))}
    assert len(wanted) > 100
    heard: dict[str, Any] = {}
    tags: dict[str, str] = {}
    with connect(f"ws://{show.address}/") as one, connect(f"ws://{show.address}/") as other:
        for address in wanted:
            other.send(json.dumps({"COMMAND": "LISTEN", "DATA": address}))
        for address, value in wanted.items():
            one.send(wire.message(address, (value,)))
        end = time.monotonic() + 20.0
        while time.monotonic() < end and any(not close(wanted[a], heard.get(a)) for a in wanted):
            packet = other.recv(timeout=20.0)
            assert isinstance(packet, bytes)
            heard.update({said.address: said.args[0] for said in wire.read(packet)})
            tags.update(tags_of(packet))
    missed = {a: (wanted[a], heard.get(a)) for a in wanted if not close(wanted[a], heard.get(a))}
    assert not missed
    declared = {node["FULL_PATH"]: node["TYPE"] for node in walk(show.json("/")) if "TYPE" in node}
    for address in wanted:
        assert tags[address].replace("F", "T") == declared[address], address
        assert close(show.value(address), wanted[address]), address


def close(a: Any, b: Any) -> bool:
    """Equal, as far as 32 bits tell."""
    if isinstance(a, float) and isinstance(b, float | int):
        return abs(a - b) <= 1e-4 * max(abs(a), 1.0)
    return bool(a == b)


def test_answers_have_the_codes_of_the_proposal(show: Show) -> None:
    info = show.json("/master/level?HOST_INFO")
    assert info["OSC_PORT"] == show.osc.port
    assert info["WS_PORT"] == show.link.port
    assert info["OSC_TRANSPORT"] == "UDP"
    assert info["EXTENSIONS"]["LISTEN"] is True
    assert set(show.json("/master/level?VALUE")) == {"VALUE"}
    assert show.json("/master/level?TYPE") == {"TYPE": "f"}
    assert show.json("/master?CONTENTS")["CONTENTS"]["level"]["FULL_PATH"] == "/master/level"
    for path, code in (
        ("/cue/go?VALUE", 204),
        ("/master?RANGE", 204),
        ("/master/level?COLOUR", 204),
        ("/master/level?value", 400),
        ("/master/level?VALUE&TYPE", 400),
        ("/master/level?%00", 400),
        ("/master/loudness", 404),
        ("/master/level/", 200),
        ("/..%2f..%2fetc%2fpasswd", 404),
        ("/-/..%2f..%2fserver.py", 404),
        ("/-/thumb/look/..%2f..%2f..%2fpasswd.jpg", 404),
    ):
        assert show.get(path)[0] == code, path


def test_a_stream_is_heard_by_who_asks(show: Show) -> None:
    node = show.json("/audio/out/spectrum")
    assert node["TYPE"] == "f" * 32
    with connect(f"ws://{show.address}/") as socket:
        socket.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/audio/out"}))
        heard = set()
        while not heard >= {"/audio/out/spectrum", "/audio/out/bass/level", "/audio/out/bpm"}:
            heard |= {said.address for said in wire.read(bytes(socket.recv(timeout=10.0)))}
        assert all(address.startswith("/audio/out/") for address in heard)


def test_a_tree_tells_what_became_of_it() -> None:
    tree = Tree()
    table = {"/a": Param(0.5), "/b/c": Param("x", choices=("x", "y")), "/m": Param((), kind="mix")}
    nodes = {address: read(fields) for address, fields in json.loads(json.dumps(described(table))).items()}
    assert list(tree.plant(nodes)) == []
    changed = {**nodes, "/b/c": Node("choice", choices=("x", "y", "z"))}
    assert list(tree.plant(changed)) == [("PATH_CHANGED", "/b/c")]
    renamed = {("/d" if address == "/a" else address): node for address, node in changed.items()}
    assert list(tree.plant(renamed)) == [("PATH_RENAMED", {"OLD": "/a", "NEW": "/d"})]
    assert list(tree.plant({**renamed, "/e": Node("toggle")})) == [("PATH_ADDED", "/e")]
    assert list(tree.plant(renamed)) == [("PATH_REMOVED", "/e")]
    assert list(tree.hold({"/m": [[0, 1.0]]})) == []
    assert list(tree.hold({"/m": [[0, 0.5], [1, 0.5]]})) == [("PATH_CHANGED", "/m")]
    tree.classes = ("ink", "neon")
    assert tree.arguments("/m") == ("ink", 0.5, "neon", 0.5)
    assert tree.json("/m")["TYPE"] == "sfsf"  # type: ignore[index]


def test_a_deed_lists_what_may_be_left_out() -> None:
    deed = read({"kind": "deed", "args": "sf?i?", "doc": "Does something."})
    assert deed.type_of(None) == "sfi"
    assert deed.overloads == ["sf", "s"]
    assert deed.access == 2

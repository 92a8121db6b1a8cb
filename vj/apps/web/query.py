"""OSCQuery: the tree of nodes as JSON, by the proposal of Vidvox; pure, without a socket.

Beside its attributes a node carries `VJ`, which is ours: kind, curve, default and the arguments of a deed, all that a
surface needs to draw it.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from vj.apps.web.nodes import READ, UNITS, Node

#: Attributes that are supported, those that say something of a value, and those that the proposal knows besides.
ATTRIBUTES = (
    "FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "VALUE", "RANGE", "DESCRIPTION", "TAGS", "UNIT", "EXTENDED_TYPE",
    "CLIPMODE", "CRITICAL", "OVERLOADS",
)  # fmt: skip
COMMANDS = ("LISTEN", "IGNORE", "PATH_CHANGED", "PATH_ADDED", "PATH_REMOVED", "PATH_RENAMED")
#: What must not be lost on its way, so that it goes over TCP.
CRITICAL = ("/master/", "/cue/", "/show/", "/output/")


class Tree:
    """The nodes by address, with what each holds."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.values: dict[str, Any] = {}
        self.classes: tuple[str, ...] = ()

    def plant(self, nodes: Mapping[str, Node]) -> Iterator[tuple[str, Any]]:
        """Take over all nodes; what became of the tree, as OSCQuery commands with their data."""
        before, self.nodes = self.nodes, dict(nodes)
        if not before:
            return
        gone, come = sorted(before.keys() - nodes.keys()), sorted(nodes.keys() - before.keys())
        for old in list(gone):
            new = next((new for new in come if nodes[new] == before[old]), None)
            if new is not None and old.rpartition("/")[0] == new.rpartition("/")[0]:
                gone.remove(old)
                come.remove(new)
                yield "PATH_RENAMED", {"OLD": old, "NEW": new}
        yield from (("PATH_REMOVED", path) for path in gone)
        yield from (("PATH_ADDED", path) for path in come)
        for address in before.keys() & nodes.keys():
            if before[address] != nodes[address]:
                yield "PATH_CHANGED", address

    def hold(self, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Take over what changed; commands for nodes whose type did."""
        for address, value in values.items():
            node = self.nodes.get(address)
            if node and node.kind == "mix" and node.type_of(value) != node.type_of(self.values.get(address)):
                yield "PATH_CHANGED", address
            self.values[address] = value

    def below(self, path: str) -> list[str]:
        """The addresses at and under `path`; none if there is no such node."""
        root = path.rstrip("/")
        return [address for address in self.nodes if address == root or address.startswith(root + "/")]

    def arguments(self, address: str) -> tuple[Any, ...] | None:
        """What the node at `address` holds, of its type; None where it holds nothing that can be told."""
        node, value = self.nodes.get(address), self.values.get(address)
        if node is None or value is None or not node.access & READ:
            return None
        return node.arguments(value, self.classes) or None

    def json(self, path: str) -> dict[str, Any] | None:
        """The node at `path` and all below it; None if there is none."""
        found = self.below(path)
        if not found and path != "/":
            return None
        root = self._node(path)
        for address in found:
            at, walked = root, path.rstrip("/")
            for part in address.removeprefix(walked).strip("/").split("/"):
                if not part:
                    continue
                walked = f"{walked}/{part}"
                below = at.setdefault("CONTENTS", {})
                at = below[part] if part in below else below.setdefault(part, self._node(walked))
        return root

    def _node(self, address: str) -> dict[str, Any]:
        """One node without what is below it."""
        node = self.nodes.get(address)
        if node is None:
            return {"FULL_PATH": address, "ACCESS": 0, "DESCRIPTION": GROUPS.get(address, address.strip("/"))}
        value, arguments = self.values.get(address), self.arguments(address)
        tags = node.type_of(value)
        out: dict[str, Any] = {
            "FULL_PATH": address,
            "DESCRIPTION": node.doc,
            "ACCESS": node.access,
            "TYPE": tags,
            "TAGS": [address.split("/")[1], node.kind],
        }
        if arguments is not None:
            out["VALUE"] = list(arguments)
        if ranges := self._ranges(node, tags):
            out["RANGE"] = ranges
            out["CLIPMODE"] = ["both" if r and "MIN" in r else "none" for r in ranges]
        if node.unit in UNITS:
            out["UNIT"] = [UNITS[node.unit]] * len(tags)
        if node.kind in ("class", "mix"):
            out["EXTENDED_TYPE"] = ["class", "weight"] * (len(tags) // 2) or ["class"]
        elif node.unit:
            out["EXTENDED_TYPE"] = [node.unit] * len(tags)
        if overloads := node.overloads:
            out["OVERLOADS"] = [{"TYPE": other} for other in overloads]
        if node.kind in ("trigger", "deed", "toggle") and address.startswith(CRITICAL):
            out["CRITICAL"] = True
        out["VJ"] = {"kind": node.kind, "curve": node.curve, "unit": node.unit, "default": node.default}
        out["VJ"] |= {name: value for name, value in (("args", node.args), ("cc", node.cc)) if value not in ("", None)}
        return out

    def _ranges(self, node: Node, tags: str) -> list[dict[str, Any] | None]:
        """One range for each type tag."""
        if node.kind in ("float", "int", "class"):
            ends = {"MIN": node.lo, "MAX": node.hi}
            return [{end: value for end, value in ends.items() if math.isfinite(value)}]
        if node.kind == "choice":
            return [{"VALS": list(node.choices)}]
        if node.kind == "mix":
            classes = {"VALS": list(self.classes)} if self.classes else None
            return [classes, {"MIN": -100.0, "MAX": 100.0}] * (len(tags) // 2)
        return [None] * len(tags) if tags not in ("", "N") else []


#: What the groups are for.
GROUPS = {
    "/": "vj: live visuals that hear",
    "/master": "The whole picture",
    "/audio": "What comes in",
    "/audio/out": "What is heard, for others to follow",
    "/tempo": "Who leads, and how fast",
    "/tempo/out": "The beat as it is shown, for others to follow",
    "/latent": "The walk",
    "/model": "The generator and its classes",
    "/director": "Who turns sound into motion",
    "/look": "What it looks like",
    "/cue": "The setlist",
    "/macro": "Eight knobs",
    "/preset": "What was kept",
    "/output": "Where the picture goes",
    "/output/map": "Where each output throws it",
    "/output/light": "Fixtures that it lights",
    "/light": "Faders of light desks",
    "/window": "The window",
    "/fx": "The finishing chain",
    "/status": "How the show runs",
}


def host_info(name: str, address: str, osc_port: int, port: int) -> dict[str, Any]:
    """What `?HOST_INFO` says: where the same nodes are reached, and which attributes are supported."""
    return {
        "NAME": name,
        "EXTENSIONS": dict.fromkeys((*ATTRIBUTES[3:], *COMMANDS, "HTML"), True),
        "OSC_IP": address,
        "OSC_PORT": osc_port,
        "OSC_TRANSPORT": "UDP",
        "WS_IP": address,
        "WS_PORT": port,
    }

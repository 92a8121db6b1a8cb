"""One client on a WebSocket: what it listens to, what it knows, what it is told next. One that is slow is told less.

Everything that waits is a set or the newest of its kind, so that it can grow no further; only commands queue, and a
client that lets those pile up has gone.
"""

import asyncio
import json
import time
from collections import deque
from functools import partial
from itertools import count
from typing import Any, Protocol

from vj.apps.web.nodes import COUNTED
from vj.apps.web.query import Tree
from vj.devices.osc.echo import Echoes
from vj.devices.osc.pattern import is_pattern
from vj.devices.osc.wire import bundles, message, read
from vj.devices.rest import Rest, same

#: A client is told of changed values no oftener.
VALUES_HZ = 30.0
#: ... of what is heard.
STREAMS_HZ = 20.0
#: Commands that may wait for a client.
MAX_WAITING = 512
#: Of a WebSocket frame that is sent or taken.
FRAME_BYTES = 1 << 20
#: Wishes that a client may have in a second, and at once.
RATE_HZ = 1500.0
BURST = 800.0
#: Nobody listens to more.
MAX_PATHS = 4096
#: Nobody sends more at a time.
MAX_PATTERNS = 32
_numbers = count(1)


class Socket(Protocol):
    """What a client needs of its connection."""

    async def send_text(self, data: str) -> None: ...
    async def send_bytes(self, data: bytes) -> None: ...


class House(Protocol):
    """What a client needs of the server."""

    tree: Tree
    topics: dict[str, Any]
    heard: dict[str, tuple[Any, ...]]
    pictures: dict[str, tuple[int, bytes]]

    def wish(self, address: str, args: tuple[Any, ...], source: str) -> None: ...
    def meant(self, pattern: str) -> list[str]: ...
    def count(self) -> None: ...


class Client:
    """A connection; `take` what it says, and let `pump` run beside until it ends."""

    def __init__(self, house: House, socket: Socket) -> None:
        self.number = next(_numbers)
        self.attached = self.thumb = False
        self.listening: set[str] = set()
        self.topics: set[str] = set()
        self.refused = 0
        self._house, self._socket = house, socket
        self._told: dict[str, Any] = {}
        self._heard: dict[str, tuple[Any, ...]] = {}
        self._seen: dict[str, int] = {}
        self._rest, self._echoes = Rest(), Echoes()
        self._words: deque[str] = deque()
        self._left, self._at = BURST, time.perf_counter()
        self._streamed = 0.0

    def tell(self, command: str, data: Any) -> None:
        """Queue a command."""
        if len(self._words) < MAX_WAITING:
            self._words.append(json.dumps({"COMMAND": command, "DATA": data}, separators=(",", ":")))

    def take_text(self, text: str) -> None:
        """A command of the client's; what is none is passed over."""
        if not self._may():
            return
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            self.refused += 1
            return
        command, data = (said.get("COMMAND"), said.get("DATA")) if isinstance(said, dict) else (None, None)
        if command == "VJ_ATTACH":
            self._attach(data if isinstance(data, dict) else {})
        elif command in ("LISTEN", "IGNORE") and isinstance(data, str) and len(data) < 256:
            self._listen(command == "LISTEN", data)
        else:
            self.refused += 1

    def take_bytes(self, packet: bytes) -> None:
        """OSC of the client's: wishes, each its own risk."""
        patterns = 0
        for said in read(packet):
            if not self._may():
                return
            if said.problem:
                self.refused += 1
            elif is_pattern(said.address):
                patterns += 1
                for address in self._house.meant(said.address) if patterns <= MAX_PATTERNS else ():
                    self._wish(address, said.args)
                    self._told.pop(address, None)  # whoever sends a pattern does not know what it met
            else:
                self._wish(said.address, said.args)

    def _wish(self, address: str, args: tuple[Any, ...]) -> None:
        node = self._house.tree.nodes.get(address)
        if node is None or node.kind == "stream":
            self.refused += 1
            return
        if args[:1] == ("?",):
            self._told.pop(address, None)
            self._rest.forget(address)
            self.listening.add(address)
            return
        now = time.perf_counter()
        if not self.attached and self._echoes.back(address, args, now):
            return  # some programs send all back; a surface of ours does not
        self._rest.spoke(address, now)
        if len(args) == 1 and node.kind in ("float", "int", "toggle", "choice", "text"):
            self._told[address] = args[0]
        else:
            self._told.pop(address, None)  # relative, or a mix: only the desk knows what came of it
        self._house.wish(address, args, f"web:{self.number}")

    def _may(self) -> bool:
        """Whether another message is taken now."""
        now = time.perf_counter()
        self._left, self._at = min(self._left + (now - self._at) * RATE_HZ, BURST), now
        if self._left < 1.0:
            self.refused += 1
            return False
        self._left -= 1.0
        return True

    def _attach(self, wanted: dict[str, Any]) -> None:
        """A surface of ours: it gets everything, from the beginning."""
        self.attached, self.thumb = True, wanted.get("thumb") is True
        self.topics = set(self._house.topics)
        self._told.clear()
        self._heard.clear()
        self._seen.clear()
        self._house.count()

    def _listen(self, on: bool, path: str) -> None:
        below = self._house.tree.below(path)
        if not on:
            self.listening.difference_update(below, (path,))
        elif len(self.listening) < MAX_PATHS:
            self.listening.update(below)
            for address in below:
                self._told.pop(address, None)
                self._heard.pop(address, None)
        self._house.count()

    async def pump(self) -> None:
        """Tell the client what it does not know, until it goes. A send waits for a slow client, and so do we."""
        while True:
            now = time.perf_counter()
            while self._words:
                await self._socket.send_text(self._words.popleft())
            if self.topics and self.attached:
                state = {name: self._house.topics[name] for name in self.topics if name in self._house.topics}
                self.topics.clear()
                await self._socket.send_text(json.dumps({"COMMAND": "VJ_STATE", "DATA": state}, separators=(",", ":")))
            for packet in bundles(self._news(now), FRAME_BYTES // 2):
                await self._socket.send_bytes(packet)
            if now - self._streamed >= 1.0 / STREAMS_HZ:
                self._streamed = now
                for packet in bundles(self._sounds(), FRAME_BYTES // 2):
                    await self._socket.send_bytes(packet)
            if self.thumb:
                await self._show()
            await asyncio.sleep(1.0 / VALUES_HZ)

    def _news(self, now: float) -> list[tuple[str, Any]]:
        """Addresses and arguments of values that the client does not show, or may still be touching."""
        tree, out = self._house.tree, []
        for address in tree.nodes if self.attached else self.listening:
            node = tree.nodes.get(address)
            if node is None or node.access != 3 or address not in tree.values:
                continue
            value = tree.values[address]
            if not self._rest.over(address, value, now, partial(same, node)):
                continue
            if address not in self._told or not same(node, self._told[address], value):
                self._told[address] = value
                if arguments := tree.arguments(address):
                    self._echoes.told(address, arguments, now)
                    out.append((address, arguments))
        return out

    def _sounds(self) -> list[tuple[str, tuple[Any, ...]]]:
        """What is heard, as far as it changed."""
        out = []
        for address, args in self._house.heard.items():
            if not (self.attached or address in self.listening):
                continue
            before = self._heard.get(address)
            self._heard[address] = args
            if before != args:
                if address not in COUNTED:
                    out.append((address, args))
                elif before is not None:
                    out.append((address, ()))
        return out

    async def _show(self) -> None:
        for address, (number, jpeg) in self._house.pictures.items():
            if self._seen.get(address) != number:
                self._seen[address] = number
                await self._socket.send_bytes(message(address, (jpeg,)))

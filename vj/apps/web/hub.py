"""What the server knows of the show, and who is connected. All of it on one event loop."""

import asyncio
import os
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

from vj.apps.web import frames, nodes
from vj.apps.web.client import Client
from vj.apps.web.query import Tree
from vj.core.errors import ControlError
from vj.devices.osc.pattern import Addresses

#: So many clients at most; of those that come later none is taken.
CLIENTS = 32
#: Addresses that one pattern may mean.
MEANT = 256
PICTURES = {frames.PROGRAM: "/output/thumbnail", frames.NEXT: "/output/next"}
#: Quality of the small pictures.
QUALITY = 72


class Hub:
    """Keeps the newest of everything. `say` takes a line for the show."""

    def __init__(self, say: Callable[[list[Any]], None]) -> None:
        self.tree = Tree()
        self.topics: dict[str, Any] = {}
        self.heard: dict[str, tuple[Any, ...]] = {}
        self.pictures: dict[str, tuple[int, bytes]] = {}
        self.clients: set[Client] = set()
        self._say = say
        self._addresses = Addresses(())
        self._counted: tuple[int, ...] = ()

    def take(self, kind: bytes, body: bytes, message: dict[str, Any] | None = None) -> None:
        """A frame of the show's; a picture takes a millisecond to pack."""
        if kind == frames.PICTURE:
            self._see(*frames.opened(body))
            return
        message = message or {}
        if "table" in message:
            planted = {address: nodes.read(fields) for address, fields in message["table"].items()}
            self._tell(self.tree.plant(planted))
            # a deed is done by its own name alone, and a stream is not to be set
            self._addresses = Addresses(a for a, node in planted.items() if node.kind not in ("deed", "stream"))
        self._tell(self.tree.hold(message.get("values", {})))
        for address, args in message.get("heard", {}).items():
            self.heard[address] = tuple(args)
            if address not in nodes.COUNTED:
                self.tree.values[address] = tuple(args)
        topics = message.get("topics", {})
        self.topics.update(topics)
        if "classes" in topics:
            self.tree.classes = tuple(topics["classes"].get("names", ()))
        for client in self.clients:
            client.topics.update(topics)

    def join(self, client: Client) -> bool:
        """A client comes; False if there is no room."""
        if len(self.clients) >= CLIENTS:
            return False
        self.clients.add(client)
        self.count()
        return True

    def leave(self, client: Client) -> None:
        """It has gone."""
        self.clients.discard(client)
        self.count()

    def count(self) -> None:
        """Tell the show who listens, if that changed."""
        attached = sum(client.attached or bool(client.listening) for client in self.clients)
        counted = (len(self.clients), attached, sum(client.thumb for client in self.clients))
        if counted != self._counted:
            self._counted = counted
            self._say(["w", *counted])

    def wish(self, address: str, args: tuple[Any, ...], source: str) -> None:
        """Hand on what a client wants."""
        self._say(["e", address, args, source, time.perf_counter()])

    def meant(self, pattern: str) -> list[str]:
        """The addresses that a pattern means; none for one that makes no sense."""
        try:
            return self._addresses.matching(pattern)[:MEANT]
        except ControlError:
            return []

    def _tell(self, commands: Any) -> None:
        for command, data in commands:
            for client in self.clients:
                client.tell(command, data)

    def _see(self, which: int, size: tuple[int, int], rgb: bytes) -> None:
        """Pack a picture; one that nobody asked for is empty."""
        from PIL import Image

        address = PICTURES[which]
        if not rgb:
            self.pictures.pop(address, None)
            return
        packed = BytesIO()
        Image.frombuffer("RGB", size, rgb, "raw", "RGB", 0, 1).save(packed, "JPEG", quality=QUALITY)
        self.pictures[address] = (self.pictures.get(address, (0, b""))[0] + 1, packed.getvalue())


class Line:
    """The way up to the show: a line is taken whole or, where the show does not read, not at all."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self.lost = 0
        os.set_blocking(pipe, False)

    def __call__(self, message: list[Any]) -> None:
        try:
            os.write(self._pipe, frames.line(message))
        except BlockingIOError:
            self.lost += 1
        except OSError:
            os._exit(0)  # the show has gone

    async def beat(self) -> None:
        """Say that we are alive, for ever."""
        while True:
            self(["b", self.lost])
            await asyncio.sleep(1.0)

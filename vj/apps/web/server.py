"""The server's process: `python -m vj.apps.web.server`, fed by the show through its pipes. It ends when the show does.

The first frame says where to listen: a socket that is open already, so that a client who comes while we are being
started waits instead of being refused. Everything else may come at any time and in any order.
"""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

from vj.core.threads.niceness import give_way

#: A connection that has not said what it wants after so long is closed.
PATIENCE_S = 10.0
#: So many may be open.
MAX_CONNECTIONS = 128
#: Garbage is collected every so many seconds: a millisecond or two.
TIDY_S = 5.0


def main() -> None:
    """Serve until the show closes its end."""
    give_way(10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the show
    pipe = os.dup(1)
    os.dup2(2, 1)
    import json

    from vj.apps.web import frames

    first = frames.read(sys.stdin.buffer)
    if first is None:
        os._exit(0)
    config = json.loads(first[1])
    from vj.apps.web.hub import Line

    line = Line(pipe)
    try:
        asyncio.run(_serve(config, line))
    except Exception as error:  # noqa: BLE001  the show is told, and starts another one
        line(["s", f"the surface's server ended: {error!r}"[:300]])
        os._exit(1)
    os._exit(0)


async def _serve(config: dict[str, Any], line: Any) -> None:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    from vj.apps.web.announce import Announced
    from vj.apps.web.hub import Hub
    from vj.apps.web.site import Site

    patience = float(config.get("patience", PATIENCE_S))

    class Patient(H11Protocol):
        """Closes what does not ask, and what is too much."""

        _open: ClassVar[set[Any]] = set()

        def connection_made(self, transport: Any) -> None:
            # looked at rather than counted: one that becomes a WebSocket is lost by another protocol
            Patient._open = {each for each in Patient._open if not each.is_closing()} | {transport}
            super().connection_made(transport)
            if len(Patient._open) > MAX_CONNECTIONS:
                transport.abort()
            self._seen: Any = None
            self._waits = self.loop.call_later(patience, self._look)

        def connection_lost(self, exc: Exception | None) -> None:
            self._waits.cancel()
            super().connection_lost(exc)

        def handle_websocket_upgrade(self, event: Any) -> None:
            self._waits.cancel()  # what is lost by another protocol would be kept until then
            super().handle_websocket_upgrade(event)

        def _look(self) -> None:
            if self.transport.is_closing() or self.transport.get_protocol() is not self:
                return  # it has gone, or become a WebSocket
            answered = self.cycle is None or self.cycle.response_complete
            if answered and self.cycle is self._seen:  # nothing whole was asked since the last look
                self.transport.abort()
                return
            self._seen = self.cycle
            self._waits = self.loop.call_later(patience, self._look)

    class Server(uvicorn.Server):
        """Leaves the signals to us."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    hub = Hub(line)
    site = Site(hub, config)
    loop = asyncio.get_running_loop()
    threading.Thread(target=_listen, args=(hub, loop), daemon=True).start()
    beating, tidying = asyncio.create_task(line.beat()), asyncio.create_task(_tidy())
    announced = Announced(config, config["where"], lambda words: line(["s", words]))
    threading.Thread(target=announced.open, daemon=True).start()
    server = Server(
        uvicorn.Config(
            site.app, loop="asyncio", http=Patient, ws="websockets-sansio", lifespan="off", log_config=None,
            access_log=False, server_header=False, date_header=False, proxy_headers=False, ws_max_size=1 << 16,
            ws_per_message_deflate=False, ws_ping_interval=5.0, ws_ping_timeout=15.0, timeout_keep_alive=5,
            h11_max_incomplete_event_size=1 << 14,
        )
    )  # fmt: skip
    with _socket(config) as listening:
        await server.serve([listening])
    beating.cancel()
    tidying.cancel()


async def _tidy() -> None:
    """Collect what connections leave behind in circles, which Python would do late; what was imported is left alone."""
    gc.freeze()
    while True:
        await asyncio.sleep(TIDY_S)
        gc.collect()


def _socket(config: dict[str, Any]) -> socket.socket:
    """The one that the show opened, or where none can be handed over one of our own at its port."""
    if config.get("fd") is not None:
        return socket.socket(fileno=config["fd"])
    own = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    own.bind((config["host"], config["port"]))
    own.listen(64)
    return own


def _listen(hub: Any, loop: asyncio.AbstractEventLoop) -> None:
    """Thread: what the show says, until it has gone."""
    import json

    from vj.apps.web import frames

    while (frame := frames.read(sys.stdin.buffer)) is not None:
        kind, body = frame
        message = json.loads(body) if kind == frames.JSON else None
        loop.call_soon_threadsafe(hub.take, kind, body, message)
    os._exit(0)


if __name__ == "__main__":
    main()

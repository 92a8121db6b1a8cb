"""What is asked over HTTP and WebSocket, and what is answered. Nothing that comes over the wire names a file."""

import asyncio
import contextlib
import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from vj.apps.web.address import svg_code
from vj.apps.web.client import Client
from vj.apps.web.guard import RATE_HZ, Guard
from vj.apps.web.hub import Hub
from vj.apps.web.query import ATTRIBUTES, host_info
from vj.core.shelf import share

PAGE = Path(__file__).resolve().parent / "page"
KINDS = {
    ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".jpg": "image/jpeg",
    ".png": "image/png", ".webmanifest": "application/manifest+json", ".json": "application/json",
}  # fmt: skip
#: The folder of small pictures is looked through no oftener.
LOOK_S = 1.0
#: ... and for no more.
MAX_FILES = 4096


class Site:
    """The answers. `config` is what the show said: name, port, osc_port, token, names, thumbs, address."""

    def __init__(self, hub: Hub, config: Mapping[str, Any]) -> None:
        self._hub, self._config = hub, config
        found = [path for path in sorted(PAGE.rglob("*")) if path.suffix in KINDS]
        self._files = {path.relative_to(PAGE).as_posix(): path.read_bytes() for path in found}
        self._thumbs: dict[str, Path] = {}
        stills = (share("setlists") / "looks" / "stills").glob(
            "*.jpg"
        )  # of looks that ship, where they are; a wheel has none
        self._files |= {f"still/{path.name}": path.read_bytes() for path in stills}
        self._looked = 0.0
        routes = [
            WebSocketRoute("/{path:path}", self._socket),
            Route("/-/{name:path}", self._ours),
            Route("/{path:path}", self._query),
        ]
        rate = float(config.get("rate", RATE_HZ))
        guard = Middleware(Guard, token=config.get("token"), names=tuple(config.get("names", ())), rate=rate)
        self.app = Starlette(routes=routes, middleware=[guard])

    async def _query(self, request: Request) -> Response:
        """OSCQuery, or at the root for a browser the surface."""
        path = "/" + request.path_params["path"].rstrip("/")
        asked = [part for part in request.url.query.split("&") if part and not part.startswith("token=")]
        page = path == "/" and self._files.get("index.html")
        wants_page = asked == ["HTML"] or (not asked and "text/html" in request.headers.get("accept", ""))
        if page and wants_page:
            return _file("index.html", page, request)
        if len(asked) > 1:
            return Response("one attribute at a time\n", 400)
        tree = self._hub.tree
        if asked == ["HOST_INFO"]:
            server = request.scope.get("server") or ("127.0.0.1", 0)
            config = self._config
            return _json(host_info(config["name"], server[0], config["osc_port"], config["port"]))
        found = tree.json(path)
        if found is None:
            return Response("no such address\n", 404)
        if not asked:
            return _json(found)
        if not (asked[0].isascii() and asked[0].replace("_", "").isalpha() and asked[0].isupper()):
            return Response("that is no attribute\n", 400)
        if asked[0] not in ATTRIBUTES or asked[0] not in found:
            return Response(status_code=204)
        return _json({asked[0]: found[asked[0]]})

    async def _ours(self, request: Request) -> Response:
        """Our own files, by a list of them made beforehand; pictures by a list of those that are there."""
        name = request.path_params["name"]
        if name == "qr.svg":
            return Response(svg_code(self._config["address"]), 200, media_type="image/svg+xml")
        if name in self._files:
            return _file(name, self._files[name], request)
        picture = self._pictures().get(name.removeprefix("thumb/")) if name.startswith("thumb/") else None
        if picture is not None:
            with contextlib.suppress(OSError):  # it has just been taken away
                return _file(picture.name, await asyncio.to_thread(picture.read_bytes), request)
        return Response("no such file\n", 404)

    def _pictures(self) -> dict[str, Path]:
        """Name -> file of the small pictures that the show has put there."""
        now, folder = time.monotonic(), self._config.get("thumbs")
        if folder and now - self._looked > LOOK_S:
            self._looked = now
            found = sorted(Path(folder).glob("*/**/*.jpg"))[:MAX_FILES] if Path(folder).is_dir() else []
            self._thumbs = {path.relative_to(folder).as_posix(): path for path in found}
        return self._thumbs

    async def _socket(self, socket: WebSocket) -> None:
        """A client, until it goes."""
        client = Client(self._hub, socket)
        if not self._hub.join(client):
            await socket.close(1013)
            return
        pump = None
        try:
            await socket.accept()
            pump = asyncio.create_task(client.pump())
            while True:
                said = await socket.receive()
                if said["type"] != "websocket.receive":
                    break
                if said.get("text") is not None:
                    client.take_text(said["text"])
                elif said.get("bytes") is not None:
                    client.take_bytes(said["bytes"])
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self._hub.leave(client)
            if pump is not None:
                pump.cancel()
                with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                    await pump


def _json(data: Any) -> Response:
    body = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    return Response(body, 200, {"Cache-Control": "no-store"}, "application/json")


def _file(name: str, body: bytes, request: Request) -> Response:
    """A file, or that the browser has it already."""
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, KINDS[Path(name).suffix])

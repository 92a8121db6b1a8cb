"""Who is let in: the right host, the right origin, the token where the network is listened to, and not too often.

A page of somebody else's that a browser here has open must neither read nor steer the show: it is known by its Origin,
or, where it had its own name point at us (DNS rebinding), by the Host it asks for. Programs that are no browsers send
no Origin and need none.
"""

import hmac
import ipaddress
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Of a path and of a query, what is looked at.
MAX_BYTES = 512
#: Requests of one address, in a second and at once.
RATE_HZ = 200.0
BURST = 1000.0
REMEMBERED_ADDRESSES = 1024
#: After a wrong token no other of that address is looked at for so long.
PAUSE_S = 1.0
#: Wrong tokens of all addresses that are looked at.
TRIES_HZ = 10.0
COOKIE = "vj"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
REFUSED = {
    400: "that is no request",
    401: "a token is wanted: open the address on the terminal, or scan its code",
    403: "not from there",
    405: "nothing is written here over HTTP: send OSC",
    414: "too long",
    429: "too often",
}


class Guard:
    """ASGI middleware before `app`. `names` are what this machine is called; no `token` where it listens to itself;
    `rate` requests a second of one address are answered."""

    def __init__(self, app: App, token: str | None = None, names: tuple[str, ...] = (), rate: float = RATE_HZ) -> None:
        self._app, self._token, self._rate = app, token, rate
        self._names = {name.lower() for name in (*LOOPBACK, *names)}
        self._buckets: dict[str, tuple[float, float]] = {}
        self._paused: dict[str, tuple[float, str]] = {}
        self._tries = (TRIES_HZ, time.monotonic())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on."""
        if scope["type"] not in ("http", "websocket"):
            return
        code, asked = self._verdict(scope)
        if code:
            await _refuse(scope, send, code)
            return

        async def dressed(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                more = dict(HEADERS)
                if asked and self._token:
                    more["Set-Cookie"] = f"{COOKIE}={self._token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=86400"
                message["headers"] = [*message.get("headers", ()), *((k.encode(), v.encode()) for k, v in more.items())]
            await send(message)

        await self._app(scope, receive, dressed)

    def _verdict(self, scope: Scope) -> tuple[int, bool]:
        """0 or a code to refuse with; and whether a right token came in the address, to be kept as a cookie."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        peer = scope["client"][0] if scope.get("client") else "127.0.0.1"
        if not self._often(peer):
            return 429, False
        if len(scope.get("raw_path") or scope["path"]) > MAX_BYTES or len(scope["query_string"]) > MAX_BYTES:
            return 414, False
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD"):
            return 405, False
        host = headers.get(b"host", [])
        if len(host) != 1 or not self._ours(host[0].decode("latin-1"), scope):
            return 403, False
        origins = headers.get(b"origin", [])
        if any(origin.lower() != b"http://" + host[0].lower() for origin in origins):
            return 403, False
        if headers.get(b"sec-fetch-site") == [b"cross-site"] and headers.get(b"sec-fetch-mode") != [b"navigate"]:
            return 403, False
        return self._admitted(peer, headers, scope)

    def _ours(self, host: str, scope: Scope) -> bool:
        """Whether `host` names this machine and this port."""
        name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        name, server = (name or host).strip("[]").lower(), scope.get("server") or ("127.0.0.1", 0)
        if (port or "80") != str(server[1]):
            return False
        if server[0] in LOOPBACK and self._token is None:
            return name in LOOPBACK
        return name in self._names or name == server[0]

    def _admitted(self, peer: str, headers: dict[bytes, list[bytes]], scope: Scope) -> tuple[int, bool]:
        """Whether a token is needed, and right."""
        if self._token is None or _loopback(peer):
            return 0, False
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        bearer = b"".join(headers.get(b"authorization", [])).removeprefix(b"Bearer ").decode("latin-1")
        given = asked or bearer or _cookie(headers)
        now = time.monotonic()
        until, wrong = self._paused.get(peer, (0.0, ""))
        if not given or given == wrong:  # a tablet that still has yesterday's is no guesser, and goes on asking
            return 401, False
        if now < until or not self._try(now):
            return 429, False
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            if len(self._paused) >= REMEMBERED_ADDRESSES:
                self._paused.pop(next(iter(self._paused)))
            self._paused[peer] = (now + PAUSE_S, given)
            return 401, False
        self._tries = (min(self._tries[0] + 1.0, TRIES_HZ), self._tries[1])  # a right one costs nothing
        return 0, bool(asked)

    def _try(self, now: float) -> bool:
        left = min(self._tries[0] + (now - self._tries[1]) * TRIES_HZ, TRIES_HZ)
        self._tries = (max(left - 1.0, 0.0), now)
        return left >= 1.0

    def _often(self, peer: str) -> bool:
        """Whether another request of `peer` is answered now."""
        now = time.monotonic()
        left, at = self._buckets.pop(peer, (BURST, now))
        left = min(left + (now - at) * self._rate, BURST)
        if len(self._buckets) >= REMEMBERED_ADDRESSES:
            self._buckets.pop(next(iter(self._buckets)))
        self._buckets[peer] = (max(left - 1.0, 0.0), now)
        return left >= 1.0


def _loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


def _cookie(headers: dict[bytes, list[bytes]]) -> str:
    """Our cookie, or nothing."""
    try:
        jar = SimpleCookie(b"; ".join(headers.get(b"cookie", [])).decode("latin-1"))
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""


async def _refuse(scope: Scope, send: Send, code: int) -> None:
    """Say no, in one line."""
    body = (REFUSED[code] + "\n").encode()
    head = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    head += [(k.encode(), v.encode()) for k, v in HEADERS.items()]
    kind = "http.response" if scope["type"] == "http" else "websocket.http.response"
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": f"{kind}.start", "status": code, "headers": head})
    await send({"type": f"{kind}.body", "body": b"" if scope.get("method") == "HEAD" else body})

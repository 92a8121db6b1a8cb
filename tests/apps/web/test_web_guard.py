"""Who is let in: hosts, origins, tokens and rates, as a browser or a stranger would try them."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from servers.web import Show, a_show
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from vj.apps.web import guard
from vj.apps.web.guard import Guard

TOKEN = "4b1fc816"
LAN = ("192.168.1.20", 7480)


#: Seconds after which the server under test looks for connections that say nothing.
PATIENCE_S = 1.0


@pytest.fixture(scope="module")
def show() -> Iterator[Show]:
    with a_show(patience=PATIENCE_S) as running:
        yield running


async def _inner(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"in"})


def ask(
    door: Guard, peer: str = "192.168.1.33", query: str = "", kind: str = "http", method: str = "GET", **headers: str
) -> tuple[int, dict[str, str]]:
    """Code and headers of what the guard answers to a request at the address of LAN."""
    named = {"host": f"{LAN[0]}:{LAN[1]}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    scope = {
        "type": kind,
        "method": method,
        "path": "/",
        "raw_path": b"/",
        "query_string": query.encode(),
        "headers": [(k.encode(), v.encode()) for k, v in named.items() if v],
        "client": (peer, 50000),
        "server": LAN,
        "extensions": {"websocket.http.response": {}},
    }
    asyncio.run(door(scope, None, send))  # type: ignore[arg-type]
    return said[0]["status"], {k.decode().lower(): v.decode() for k, v in said[0]["headers"]}


def test_strangers_need_the_token_and_keep_it_as_a_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(guard.time, "monotonic", lambda: clock[0])
    door = Guard(_inner, TOKEN, ("stage", "stage.local"))
    assert ask(door)[0] == 401
    code, headers = ask(door, query=f"token={TOKEN}")
    assert code == 200
    assert headers["set-cookie"].startswith(f"vj={TOKEN}; Path=/; HttpOnly; SameSite=Strict")
    code, headers = ask(door, cookie=f"other=1; vj={TOKEN}")
    assert code == 200
    assert "set-cookie" not in headers
    assert ask(door, authorization=f"Bearer {TOKEN}")[0] == 200
    assert ask(door, host="stage.local:7480", cookie=f"vj={TOKEN}")[0] == 200
    assert ask(door, peer="127.0.0.1", host="127.0.0.1:7480")[0] == 200
    assert ask(door, kind="websocket")[0] == 401
    assert ask(door, kind="websocket", cookie="vj=wrong")[0] == 401
    assert ask(door, query=f"token={TOKEN}")[0] == 429  # after a wrong one, no other is looked at for a while
    assert ask(door, peer="192.168.1.34", query=f"token={TOKEN}")[0] == 200
    clock[0] += guard.PAUSE_S + 0.1
    assert ask(door, cookie="vj=wrong")[0] == 401  # the same again is nothing new, and costs nobody time
    assert ask(door, query=f"token={TOKEN}")[0] == 200


def test_guessing_is_slow_from_many_addresses_too(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(guard.time, "monotonic", lambda: clock[0])
    door = Guard(_inner, TOKEN)
    codes = [ask(door, peer=f"192.168.{n // 200}.{n % 200 + 1}", query=f"token={n:08x}")[0] for n in range(600)]
    assert codes.count(401) <= guard.TRIES_HZ + 1
    assert codes[-1] == 429


def test_other_hosts_and_origins_are_refused() -> None:
    door = Guard(_inner, TOKEN)
    right = {"cookie": f"vj={TOKEN}"}
    own = f"{LAN[0]}:{LAN[1]}"
    for host in ("evil.example:7480", "192.168.1.20", "192.168.1.20:80", "192.168.1.21:7480", "[::1", "", "a@b:7480"):
        assert ask(door, host=host, **right)[0] == 403, host
    for origin in (
        "http://evil.example",
        "null",
        f"https://{own}",
        "http://192.168.1.20:8080",
        "http://localhost:7480",
    ):
        for kind in ("http", "websocket"):
            assert ask(door, kind=kind, origin=origin, **right)[0] == 403, (kind, origin)
    assert ask(door, kind="http", origin=f"http://{own}", **right)[0] == 200
    assert ask(door, sec_fetch_site="cross-site", sec_fetch_mode="no-cors", **right)[0] == 403
    assert ask(door, sec_fetch_site="cross-site", sec_fetch_mode="navigate", **right)[0] == 200
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "BREW"):
        assert ask(door, method=method, **right)[0] == 405
    assert ask(door, query="x" * 600, **right)[0] == 414


def test_too_many_requests_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(guard.time, "monotonic", lambda: clock[0])
    door = Guard(_inner)
    door_open = [ask(door, peer="127.0.0.1", host="127.0.0.1:7480")[0] for _ in range(int(guard.BURST) + 5)]
    assert door_open.count(429) == 5
    clock[0] += 1.0
    assert ask(door, peer="127.0.0.1", host="192.168.1.20:7480")[0] == 200


def test_the_real_server_refuses_rebinding_and_foreign_pages(show: Show) -> None:
    for host in (f"evil.example:{show.link.port}", "127.0.0.1", f"10.0.0.1:{show.link.port}"):
        assert show.get("/", Host=host)[0] == 403
    assert show.get("/", Host=f"localhost:{show.link.port}")[0] == 200
    assert show.get("/", Origin="http://evil.example")[0] == 403
    code, headers, _ = show.get("/", Accept="application/json")
    assert code == 200
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert not {"server", "access-control-allow-origin"} & headers.keys()
    for origin in ("http://evil.example", "null", f"http://evil.example:{show.link.port}"):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://{show.address}/", origin=origin)  # type: ignore[arg-type]
        assert refused.value.response.status_code == 403
    with connect(f"ws://{show.address}/", origin=f"http://{show.address}"):  # type: ignore[arg-type]
        pass


def test_who_asks_nothing_whole_is_shown_out(show: Show) -> None:
    """A connection that sends half a request, or a whole one and then half another, is closed."""
    with (
        socket.create_connection(("127.0.0.1", show.link.port)) as silent,
        socket.create_connection(("127.0.0.1", show.link.port)) as slow,
    ):
        silent.sendall(b"GET / HTTP/1.1\r\nHost: ")
        slow.sendall(f"GET /master/level HTTP/1.1\r\nHost: {show.address}\r\n\r\n".encode())
        answer = b""
        while not answer.endswith(b"}}"):  # head and body come apart
            answer += slow.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200")
        slow.sendall(b"GET /master")
        for line in (silent, slow):
            line.settimeout(20 * PATIENCE_S)
            with contextlib.suppress(ConnectionResetError):
                assert line.recv(4096) == b""

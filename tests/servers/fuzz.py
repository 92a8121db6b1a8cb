"""Bytes that nobody should send: requests, WebSocket frames and OSC, right ones first, then bent by luck.

`python -m servers.fuzz requests|frames|packets PORT COUNT SEED ADDRESS...` throws them from a process of its own, as
they would come, and prints how many were answered, connections taken, or datagrams sent.
"""

import contextlib
import json
import random
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from vj.devices.osc import wire

#: After a connection has taken so many frames another one is opened.
FRAMES = 40
#: A frame that is not over after so many seconds swallowed the ping behind it.
PATIENCE_S = 0.02
#: So many connections at once: one alone waits most of the time, for answers to what has none.
LINES = 16


def requests(port: int) -> list[bytes]:
    """Requests as they ought to be."""
    host = f"Host: 127.0.0.1:{port}\r\n"
    lines = [
        "GET / HTTP/1.1\r\n{h}Accept: application/json\r\n\r\n",
        "GET /master/level?VALUE HTTP/1.1\r\n{h}\r\n",
        "GET /?HOST_INFO HTTP/1.1\r\n{h}Origin: http://127.0.0.1:{p}\r\n\r\n",
        'GET /-/thumb/look/ember.jpg HTTP/1.1\r\n{h}If-None-Match: "a"\r\n\r\n',
        "GET /-/qr.svg?token=abc HTTP/1.1\r\n{h}Cookie: vj=1; a=b\r\n\r\n",
        "POST /cue/go HTTP/1.1\r\n{h}Content-Length: 5\r\n\r\nhello",
        "GET /fx HTTP/1.1\r\n{h}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HEAD /%2e%2e/%2e%2e/etc/passwd HTTP/1.0\r\n{h}\r\n",
        "GET / HTTP/1.1\r\n{h}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    ]
    return [line.format(h=host, p=port).encode() for line in lines]


def framed(opcode: int, body: bytes, final: bool = True) -> bytes:
    """A masked WebSocket frame; the mask is zeros."""
    head = bytes([opcode | (0x80 if final else 0)])
    size = len(body)
    if size < 126:
        head += bytes([0x80 | size])
    else:
        head += bytes([0x80 | 126]) + struct.pack(">H", size) if size < 65536 else b"\xff" + struct.pack(">Q", size)
    return head + bytes(4) + body


def frames(addresses: Sequence[str]) -> list[bytes]:
    """Frames as they ought to be; of text and control frames as many as of the packets, which are of every address."""
    words = [
        {"COMMAND": "LISTEN", "DATA": "/"},
        {"COMMAND": "LISTEN", "DATA": addresses[0]},
        {"COMMAND": "IGNORE", "DATA": "/fx"},
        {"COMMAND": "VJ_ATTACH", "DATA": {"thumb": True}},
        ["COMMAND"],
        {"COMMAND": {"COMMAND": []}, "DATA": None},
    ]
    texts = [framed(1, json.dumps(each).encode()) for each in words]
    nested = framed(1, b"[" * 3000 + b"]" * 3000)
    values: list[tuple[object, ...]] = [(0.5,), (3,), (True,), ("toggle",), ("+", 0.1), (), ("x" * 500,), (1, "a", 0.5)]
    packets = [wire.message(address, each) for address in addresses for each in values]  # type: ignore[arg-type]
    many = wire.bundles([(address, 0.5) for address in addresses], 1 << 20)
    patterns = [wire.message(each, (0.5,)) for each in ("/*/*", "//level", "/[a-z]*/{level,psi}", "/" + "*" * 100)]
    binary = [framed(2, each) for each in (*packets, *many, *patterns, b"", b"#bundle\0" * 9)]
    control = [framed(9, b"ping"), framed(10, b"pong"), framed(1, b"{", final=False), framed(0, b"}")]
    others = [*texts, nested, *control]
    return [*binary, *others * max(1, len(binary) // len(others))]


def bent(right: Sequence[bytes], luck: random.Random) -> bytes:
    """One of the `right` ones with something wrong with it, or anything at all."""
    data = bytearray(luck.choice(right))
    for _ in range(luck.choice((0, 1, 1, 2, 4, 12))):
        at, deed = luck.randrange(len(data) + 1), luck.randrange(7)
        if deed == 0 and data:
            data[at % len(data)] ^= 1 << luck.randrange(8)
        elif deed == 1:
            data[at:at] = luck.randbytes(luck.choice((1, 2, 8, 64)))
        elif deed == 2:
            del data[at : at + luck.choice((1, 2, 8, 64))]
        elif deed == 3:
            del data[at:]
        elif deed == 4:
            data[at:at] = data[: luck.randrange(200)]
        elif deed == 5:
            data[at : at + 4] = struct.pack(">I", luck.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 65536)))
        else:
            data[at:at] = luck.choice((b"\r\n", b"\0", b"%00", b"%2e%2e", b"\xff\xfe", b"{", b"/", b":", b" " * 300))
    return bytes(data) if luck.random() > 0.02 else luck.randbytes(luck.randrange(1, 400))


def throw_requests(port: int, right: Sequence[bytes], count: int, seed: int) -> int:
    """Send so many requests, each on a connection of its own unless the server keeps it; how many were answered."""
    luck, answered = random.Random(seed), 0
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", port), timeout=10.0) as line, contextlib.suppress(OSError):
            line.sendall(bent(right, luck))
            line.shutdown(socket.SHUT_WR)
            answered += line.recv(4096).startswith(b"HTTP/1.")
    return answered


def throw_frames(port: int, right: Sequence[bytes], count: int, seed: int) -> int:
    """Send so many frames on as many connections as it takes; how many connections that was.

    Each frame is followed by a ping: the next one comes when that was answered, or on another connection.
    """
    luck, opened, sent = random.Random(seed), 0, 0
    hello, ping = requests(port)[-1], framed(9, b"over")
    while sent < count:
        opened += 1
        with socket.create_connection(("127.0.0.1", port), timeout=10.0) as line, contextlib.suppress(OSError):
            line.sendall(hello)
            if not line.recv(4096).startswith(b"HTTP/1.1 101"):
                continue
            line.settimeout(PATIENCE_S)
            for _ in range(FRAMES):
                sent += 1
                line.sendall(bent(right, luck) + ping)
                while b"\x8a\x04over" not in (came := line.recv(1 << 16)):
                    if not came:
                        raise ConnectionError
    return opened


def on_lines(throw: Callable[[int, int], int], count: int, seed: int) -> int:
    """`throw(count, seed)` shared out among LINES connections at once, each with luck of its own; the sum."""
    shares = [(count + n) // LINES for n in range(LINES)]
    with ThreadPoolExecutor(LINES) as pool:
        return sum(pool.map(throw, shares, (seed * LINES + n for n in range(LINES))))


#: What deeds, triggers and values may be told that nobody means.
WORDS = (
    "", "../x", "/etc/passwd", "a\nb", "eagle \U0001f985", "x" * 2000, "nan", "inf", "1e308", "-1", "2/3", "99/99",
    "4 s",
)  # fmt: skip
NUMBERS = (0, 1, -1, 0.5, 1e30, 2**31 - 1, -(2**31), True, False)


def packets(addresses: Sequence[str], luck: random.Random) -> list[bytes]:
    """OSC as it ought to be, to each address, with arguments that are mostly not what it takes."""
    told = [tuple(luck.choices((*WORDS, *NUMBERS), k=luck.randrange(4))) for _ in addresses]
    single = [wire.message(address, args) for address, args in zip(addresses, told, strict=True)]
    many = wire.bundles(list(zip(addresses, told, strict=True)), 8000)
    odd: list[tuple[str, tuple[object, ...]]] = [
        ("/*", (0.5,)), ("//*", ("x",)), ("/{a,b}[!c]?", ()), ("/" + "*" * 60, (1,)), ("/sync", (1,)),
        ("/token", ("x",)),
    ]  # fmt: skip
    return [*single, *many, *(wire.message(address, args) for address, args in odd)]  # type: ignore[arg-type]


def throw_packets(port: int, addresses: Sequence[str], count: int, seed: int) -> int:
    """Send so many datagrams as fast as one may; how many went."""
    luck, sent = random.Random(seed), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        right = packets(addresses, luck)
        for n in range(count):
            if n % 5000 == 4999:
                right = packets(addresses, luck)
            with contextlib.suppress(OSError):
                line.sendto(bent(right, luck), ("127.0.0.1", port))
                sent += 1
    return sent


def main() -> None:
    """Throw what the command line says."""
    kind, port, count, seed, *addresses = sys.argv[1:]
    if kind == "requests":
        done = on_lines(partial(throw_requests, int(port), requests(int(port))), int(count), int(seed))
    elif kind == "frames":
        done = on_lines(partial(throw_frames, int(port), frames(addresses)), int(count), int(seed))
    else:
        done = throw_packets(int(port), addresses, int(count), int(seed))
    sys.stdout.write(f"{done}\n")


if __name__ == "__main__":
    main()

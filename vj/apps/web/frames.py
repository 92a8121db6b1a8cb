"""What goes between the show and its server: frames down a pipe, lines up another; neither trusts the other's pace.

Down: a kind (one byte), a length (u32) and so many bytes: JSON, or a picture. Up: one JSON array a line, shorter than
a pipe takes in one piece.
"""

import json
import struct
from typing import Any, BinaryIO

_HEAD = struct.Struct(">cI")
_SIZE = struct.Struct(">BHH")
#: Kinds of frames.
JSON = b"j"
PICTURE = b"p"
#: The pictures there are: what the audience sees, and what stands by.
PROGRAM = 0
NEXT = 1
#: A line up is shorter than this: pipes take it whole or not at all.
LINE = 4000


def packed(message: dict[str, Any]) -> bytes:
    """A message as a frame. Numbers that are none become null."""
    try:
        body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
    except ValueError:
        body = json.dumps(_finite(message), separators=(",", ":")).encode()
    return _HEAD.pack(JSON, len(body)) + body


def picture(which: int, width: int, height: int, rgb: bytes) -> bytes:
    """`rgb` [height, width, 3] as a frame."""
    return _HEAD.pack(PICTURE, _SIZE.size + len(rgb)) + _SIZE.pack(which, width, height) + rgb


def opened(body: bytes) -> tuple[int, tuple[int, int], bytes]:
    """Which picture, its (width, height), and its bytes."""
    which, width, height = _SIZE.unpack_from(body)
    return which, (width, height), body[_SIZE.size :]


def read(pipe: BinaryIO) -> tuple[bytes, bytes] | None:
    """The next frame's kind and bytes; None where the other side has gone."""
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    kind, size = _HEAD.unpack(head)
    body = pipe.read(size)
    return (kind, body) if len(body) == size else None


def line(message: list[Any]) -> bytes:
    """A message as a line; empty if it is too long or holds what JSON has no word for."""
    try:
        text = json.dumps(message, separators=(",", ":"), allow_nan=False).encode() + b"\n"
    except ValueError:
        return b""
    return text if len(text) < LINE else b""


def _finite(value: Any) -> Any:
    """`value` with null for what is no number."""
    if isinstance(value, float):
        return value if value - value == 0.0 else None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value

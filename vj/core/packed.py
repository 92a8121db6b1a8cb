"""Plain values and arrays as bytes, the same bytes for the same values: no code is in them, so none can be run.

None, bool, numbers, text, bytes, lists, mappings of text to these, and NumPy arrays of plain numbers. Tuples come back
as lists.
"""

import json
import zlib
from typing import Any

import numpy as np

from vj.core.errors import VjError

#: Key of what stands for an array or for bytes in the text that goes before them.
_HELD = "\x00"
_KINDS = "biuf"


def pack(value: Any, level: int = 1) -> bytes:
    """`value` as bytes, compressed at a `level` 0..9. Raises TypeError for what is none of the above."""
    blocks: list[bytes] = []
    text = json.dumps(_out(value, blocks), separators=(",", ":")).encode()
    return zlib.compress(b"".join((len(text).to_bytes(8, "little"), text, *blocks)), level)


def unpack(data: bytes) -> Any:
    """What was packed; arrays cannot be written to. Raises VjError where it is damaged."""
    try:
        raw = zlib.decompress(data)
        start = 8 + int.from_bytes(raw[:8], "little")
        return _in(json.loads(raw[8:start]), memoryview(raw)[start:])
    except (zlib.error, ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise VjError("this is damaged", "packed values", str(error)) from error


def _out(value: Any, blocks: list[bytes]) -> Any:
    if isinstance(value, dict):
        return {str(key): _out(one, blocks) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_out(one, blocks) for one in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in _KINDS:
            raise TypeError(f"an array of {value.dtype}")
        blocks.append(np.ascontiguousarray(value).tobytes())
        return {_HELD: [value.dtype.str, *value.shape]}
    if isinstance(value, bytes):
        blocks.append(value)
        return {_HELD: [len(value)]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} cannot be packed")


def _in(value: Any, rest: memoryview) -> Any:
    at = 0

    def back(value: Any) -> Any:
        nonlocal at
        if isinstance(value, list):
            return [back(one) for one in value]
        if not isinstance(value, dict):
            return value
        if _HELD not in value:
            return {key: back(one) for key, one in value.items()}
        kind, *shape = value[_HELD]
        dtype = np.dtype(np.uint8 if isinstance(kind, int) else str(kind))
        if dtype.kind not in _KINDS or any(side < 0 for side in shape):
            raise ValueError(f"an array of {kind} {shape}")
        count = kind if isinstance(kind, int) else dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        if not 0 <= count <= len(rest) - at:
            raise ValueError("it is cut short")
        part = rest[at : at + count]
        at += count
        return bytes(part) if isinstance(kind, int) else np.frombuffer(part, dtype).reshape(shape)

    return back(value)

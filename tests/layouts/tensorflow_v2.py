"""Writes TensorFlow checkpoints (V2) of float32 variables, as its documents lay them out: one block, one shard."""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])


def entry(shape: tuple[int, ...], offset: int, size: int) -> bytes:
    sides = b"".join(b"\x12" + varint(len(d)) + d for d in (b"\x08" + varint(side) for side in shape))
    checksum = b"\x35" + struct.pack("<I", 0)
    place = (b"\x20" + varint(offset) if offset else b"") + b"\x28" + varint(size)
    return b"\x08\x01\x12" + varint(len(sides)) + sides + place + checksum


def block(pairs: list[tuple[bytes, bytes]]) -> bytes:
    made, before = b"", b""
    for key, value in pairs:
        shared = 0
        while shared < min(len(key), len(before)) and key[shared] == before[shared]:
            shared += 1
        made += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    return made + struct.pack("<II", 0, 1)


def write(prefix: Path, variables: Mapping[str, npt.NDArray[Any]]) -> Path:
    data, pairs = b"", [(b"", b"\x08\x01\x1a\x02\x08\x01")]  # the header has no name
    for name in sorted(variables):
        raw = np.ascontiguousarray(variables[name], "<f4").tobytes()
        pairs.append((name.encode(), entry(variables[name].shape, len(data), len(raw))))
        data += raw
    prefix.with_name(prefix.name + ".data-00000-of-00001").write_bytes(data)
    parts = b""
    handles: list[tuple[int, int]] = []
    for body in (block(pairs), block([]), b""):
        if not body:
            body = block([(b"~", varint(handles[0][0]) + varint(handles[0][1]))])
        handles.append((len(parts), len(body)))
        parts += body + b"\x00" + struct.pack("<I", 0)
    footer = b"".join(varint(number) for handle in (handles[1], handles[2]) for number in handle).ljust(40, b"\x00")
    index = prefix.with_name(prefix.name + ".index")
    index.write_bytes(parts + footer + bytes.fromhex("57fb808b247547db"))
    return index

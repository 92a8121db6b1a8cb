"""Files that are packed as a whole (gzip, bzip2, xz), unpacked within bounds; and files of numpy's arrays.

What is unpacked stays in memory and is at most eight times as large as the file, and some: weights hardly shrink, so
that whatever unpacks to more is a bomb. Formats: RFC 1952; numpy.lib.format.
"""

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from vj.core.errors import CheckpointError
from vj.workshop.checkpoint._pickle import read_pickle
from vj.workshop.checkpoint._pickle_tensors import NumpyArray, NumpyType, numpy_view
from vj.workshop.checkpoint.values import SPARE_BYTES, Budget, Reading, shown

_GROWS = 8
_STEP = 1 << 20
_NPY = b"\x93NUMPY"
_LONGEST_HEADER = 1 << 16


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


#: How a packed file begins -> its format, and what unpacks it.
_PACKED: Mapping[bytes, tuple[str, Callable[[], Any]]] = {
    b"\x1f\x8b": ("gzip", lambda: zlib.decompressobj(31)),
    b"BZh": ("bzip2", bz2.BZ2Decompressor),
    b"\xfd7zXZ\0": ("xz", lzma.LZMADecompressor),
}


def unpacked(data: memoryview) -> memoryview | None:
    """What a packed file holds; None for a file that is none. Raises CheckpointError for a damaged one or a bomb."""
    kind = next((kind for start, kind in _PACKED.items() if bytes(data[: len(start)]) == start), None)
    if kind is None:
        return None
    name, unpacker = kind
    inside = _unpack(data, unpacker(), name, _GROWS * len(data) + SPARE_BYTES)
    if not inside:
        raise CheckpointError(f"the {name} file holds nothing", hint="unpack it and look")
    return memoryview(inside)


def _unpack(data: memoryview, unpacker: _Unpacker, name: str, most: int) -> bytearray:
    """Raises CheckpointError for more than `most` bytes."""
    made, at, waiting = bytearray(), 0, b""
    try:
        while not unpacker.eof:
            if not waiting and getattr(unpacker, "needs_input", True):
                waiting = bytes(data[at : at + _STEP])
                at += len(waiting)
            more = unpacker.decompress(waiting, _STEP)
            if not (waiting or more):
                break
            made += more
            waiting = getattr(unpacker, "unconsumed_tail", b"")
            if len(made) > most:
                raise CheckpointError(f"the {name} file unpacks to far more than weights do", hint="do not trust it")
    except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
        raise CheckpointError(f"the {name} file is damaged") from error
    if not unpacker.eof:
        raise CheckpointError(f"the {name} file is cut off")
    return made


def inflated(data: memoryview, size: int, name: str, budget: Budget) -> memoryview:
    """An entry of a zip file that is said to unpack to `size` bytes; raises CheckpointError if it does not."""
    budget.copy(size)
    made = _unpack(data, zlib.decompressobj(-15), "zip", size)
    if len(made) != size:
        raise CheckpointError(f"{shown(name)} in the zip file is of another size than it says")
    return memoryview(made)


def is_npy(data: memoryview) -> bool:
    """Whether it is one array as numpy.save writes it."""
    return bytes(data[:6]) == _NPY and len(data) > 12


def read_npy(data: memoryview, budget: Budget) -> Any:
    """The array, as a view; where it is one of objects, what lies in it, read as a pickle. Raises CheckpointError."""
    width = 2 if data[6] == 1 else 4
    start = 8 + width + int.from_bytes(data[8 : 8 + width], "little")
    if start - 8 - width > _LONGEST_HEADER or start > len(data):
        raise CheckpointError("a numpy array in the file has no header")
    header = bytes(data[8 + width : start]).decode("latin-1")
    kind = re.search(r"'descr': '([<>=|]?)(\w+)'", header)
    sides = re.search(r"'shape': \(([\d, L]*)\)", header)
    if kind is None or sides is None:
        raise CheckpointError("a numpy array in the file has a header that is none, or holds records")
    if kind[2] == "O":
        return read_pickle(data[start:], Reading(budget))[0]
    shape = tuple(int(side) for side in re.findall(r"\d{1,15}", sides[1]))
    fortran = "'fortran_order': True" in header
    return NumpyArray(numpy_view(data[start:], NumpyType(kind[2], kind[1] or "="), shape, fortran, budget))

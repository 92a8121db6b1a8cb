"""The numbers of an ONNX file, read when somebody wants them: what is played is in memory once, as it is played."""

import mmap
import threading
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from vj.core.errors import BundleError

#: Bytes from which on a constant stays in its file until it is wanted.
LARGE = 2**14
#: Kinds of numbers that lie in a file as they lie in memory.
_PLAIN = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.INT32, TensorProto.INT64)
#: Fields of ONNX's messages: a model's graph, a graph's constants, a constant's name and its bytes.
_MODEL_GRAPH = 7
_GRAPH_INITIALIZER = 5
_TENSOR_NAME = 8
_TENSOR_RAW_DATA = 9
#: Protobuf's wire types, how a field is laid out: a number, eight bytes, a length and so many, four bytes.
_VARINT = 0
_I64 = 1
_LEN = 2
_I32 = 5


@dataclass(frozen=True)
class Place:
    """Where the bytes of a constant lie in the file."""

    start: int
    size: int


class Numbers(Mapping[str, Tensor]):
    """The constants of a graph by name. Large ones are read from the file at `places` and forgotten once nobody holds
    them; the file stays open, so that another one in its place changes nothing. Raises BundleError."""

    def __init__(self, graph: onnx.GraphProto, name: str, places: Mapping[str, Place], file: BinaryIO | None) -> None:
        self._places = {
            t.name: (places[t.name], t.data_type, tuple(t.dims)) for t in graph.initializer if t.name in places
        }
        self._small = {t.name: tensor_of(t, name) for t in graph.initializer if t.name not in places}
        self._held: weakref.WeakValueDictionary[str, Tensor] = weakref.WeakValueDictionary()
        self._name, self._file, self._reading = name, file, threading.Lock()
        if file is not None:
            weakref.finalize(self, file.close)

    def __getitem__(self, name: str) -> Tensor:
        if name in self._small:
            return self._small[name]
        found = self._held.get(name)
        if found is None:
            found = self._held[name] = self._read(*self._places[name])
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._small or name in self._places

    def __iter__(self) -> Iterator[str]:
        yield from self._small
        yield from self._places

    def __len__(self) -> int:
        return len(self._small) + len(self._places)

    def _read(self, place: Place, kind: int, sides: tuple[int, ...]) -> Tensor:
        array = np.empty(sides, helper.tensor_dtype_to_np_dtype(kind))
        if array.nbytes != place.size or self._file is None:
            raise BundleError(f"{self._name} is not a usable ONNX file", self._name, "copy the bundle again")
        with self._reading:
            self._file.seek(place.start)
            count = self._file.readinto(array.reshape(-1).view(np.uint8))  # type: ignore[attr-defined]
        if count != place.size:
            raise BundleError(f"{self._name} was cut short while it was played", self._name, "copy the bundle again")
        return torch.from_numpy(array)


def tensor_of(proto: onnx.TensorProto, file: str) -> Tensor:
    """A tensor of the file, in memory of its own; raises BundleError where its numbers are in another file."""
    if proto.data_location == onnx.TensorProto.EXTERNAL:
        raise BundleError(f"numbers of {file} are in a file of their own", file, "import it: vj models import")
    array = numpy_helper.to_array(proto)
    return torch.from_numpy(np.array(array))


def read_model(path: Path) -> tuple[onnx.ModelProto, dict[str, Place], BinaryIO | None]:
    """The model in a file but for large constants, where those are, and the file to read them from.

    Raises OSError, ValueError and protobuf's DecodeError for what is none.
    """
    file = path.open("rb", buffering=0)
    try:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            text, places = _without(data)
        model = onnx.ModelProto()
        model.ParseFromString(text)
        if model.functions or not places:  # what is to be written out anew needs all of it
            file.close()
            return onnx.load(str(path), load_external_data=False), {}, None
    except BaseException:
        file.close()
        raise
    return model, places, file


def _without(data: Any) -> tuple[bytes, dict[str, Place]]:
    """A model's bytes but for those of large constants of its graph, and where they are."""
    places: dict[str, Place] = {}
    model = []
    for number, at, start, end in _fields(data, 0, len(data)):
        if number != _MODEL_GRAPH:
            model.append(data[at:end])
            continue
        graph = b"".join(
            _constant(data, at, start, end, places) if number == _GRAPH_INITIALIZER else data[at:end]
            for number, at, start, end in _fields(data, start, end)
        )
        model.append(_message(_MODEL_GRAPH, graph))
    return b"".join(model), places


def _constant(data: Any, at: int, start: int, end: int, places: dict[str, Place]) -> bytes:
    """A constant as it is, or if it is large without its bytes, of which is told where they are."""
    if end - start < LARGE:
        return bytes(data[at:end])
    fields = list(_fields(data, start, end))
    kinds = [_varint(data, start)[0] for number, _, start, _ in fields if number == 2]
    names = [bytes(data[start:end]).decode() for number, _, start, end in fields if number == _TENSOR_NAME]
    held = [Place(start, end - start) for number, _, start, end in fields if number == _TENSOR_RAW_DATA]
    if len(held) != 1 or len(names) != 1 or kinds[-1:] not in [[kind] for kind in _PLAIN]:
        return bytes(data[at:end])
    places[names[0]] = held[0]
    return _message(
        _GRAPH_INITIALIZER, b"".join(data[at:end] for number, at, _, end in fields if number != _TENSOR_RAW_DATA)
    )


def _fields(data: Any, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Of each field its number, where it begins, where its value begins and where it ends. Raises ValueError."""
    while at < end:
        began = at
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            start, at = at, _varint(data, at)[1]
        elif kind == _LEN:
            size, start = _varint(data, at)
            at = start + size
        elif kind in (_I64, _I32):
            start = at
            at += 8 if kind == _I64 else 4
        else:
            raise ValueError("it is no protobuf")
        if at > end:
            raise ValueError("it is cut short")
        yield key >> 3, began, start, at


def _varint(data: Any, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = shift = 0
    while shift < 64:
        if at >= len(data):
            raise ValueError("it is cut short")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("it is no protobuf")


def _message(number: int, value: bytes) -> bytes:
    """A field of so many bytes."""
    head, size = bytearray([number << 3 | _LEN]), len(value)
    while size > 0x7F:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*head, size]) + value

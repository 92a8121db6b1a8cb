"""Safetensors files: a JSON header of names, formats, shapes and places, then the numbers.

The header is checked against the file before a number is copied. Format: github.com/huggingface/safetensors, README.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from vj.core.errors import CheckpointError
from vj.workshop.checkpoint._pickle_tensors import Storage, Tensor, is_shape, itemsize, tensor
from vj.workshop.checkpoint.values import Budget, shown

_MOST_HEADER = 4 << 20
_FORMATS: Mapping[str, str] = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}


def is_safetensors(data: memoryview) -> bool:
    """Whether a file looks like one: eight bytes of a length that fits, then a brace."""
    return len(data) > 8 and data[8] == ord("{") and int.from_bytes(data[:8], "little") <= len(data) - 8


def read_safetensors(data: memoryview, budget: Budget) -> tuple[dict[str, str], dict[str, Tensor]]:
    """The metadata and the tensors by name, not copied; raises CheckpointError for a header that lies."""
    size = int.from_bytes(data[:8], "little")
    if size > _MOST_HEADER:
        raise CheckpointError(f"the safetensors file claims a header of {size:,} bytes")
    header = parse_json(bytes(data[8 : 8 + size]), "the header of the safetensors file")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise CheckpointError("the metadata of the safetensors file is no table of text")
    body = data[8 + size :]
    places = sorted((_place(name, entry, len(body)), name) for name, entry in header.items())
    at = 0
    for (start, stop), name in places:
        if start != at:
            raise CheckpointError(f"{shown(name)} in the safetensors file overlaps another tensor or leaves a gap")
        at = stop
    if at != len(body):
        raise CheckpointError(f"the safetensors file has {len(body) - at:,} bytes that belong to no tensor")
    budget.count(len(places))
    return metadata, {name: _tensor(name, header[name], body) for name in header}


def parse_json(raw: bytes, what: str) -> dict[str, Any]:
    """A JSON table without doubled keys; raises CheckpointError naming `what`."""
    try:
        table = json.loads(raw.decode("utf-8"), object_pairs_hook=_single)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{what} is no JSON") from error
    if not isinstance(table, dict):
        raise CheckpointError(f"{what} is no JSON table")
    return table


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise CheckpointError("the file has a JSON table with one key twice")
    return table


def _place(name: str, entry: object, size: int) -> tuple[int, int]:
    """First byte of a tensor and the one after its last."""
    span = entry.get("data_offsets") if isinstance(entry, dict) else None
    if not (isinstance(span, list) and len(span) == 2 and all(type(at) is int for at in span)):
        raise CheckpointError(f"{shown(name)} in the safetensors file has no place")
    if not 0 <= span[0] <= span[1] <= size:
        raise CheckpointError(f"{shown(name)} lies outside the safetensors file")
    return span[0], span[1]


def _tensor(name: str, entry: dict[str, Any], body: memoryview) -> Tensor:
    kind, shape = entry.get("dtype"), entry.get("shape")
    if not isinstance(kind, str) or kind not in _FORMATS:
        raise CheckpointError(
            f"{shown(name)} is of the number format {shown(kind)}, which is not read",
            hint="save it as float32 or float16",
        )
    if not is_shape(shape):
        raise CheckpointError(f"{shown(name)} in the safetensors file has no shape")
    start, stop = entry["data_offsets"]
    elements = math.prod(shape)
    if elements * itemsize(_FORMATS[kind]) != stop - start:
        raise CheckpointError(
            f"{shown(name)} claims a shape of {shown(elements)} elements, but has {stop - start:,} bytes"
        )
    storage = Storage(_FORMATS[kind], elements)
    storage.attach(body[start:stop])
    strides = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
    return tensor(storage, 0, tuple(shape), strides)

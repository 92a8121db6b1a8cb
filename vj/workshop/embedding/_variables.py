"""NSynth's published variables become the encoder here: read from a TensorFlow checkpoint, .npz or .safetensors.

A checkpoint of TensorFlow (V2) is a table of names in `NAME.index` and numbers in `NAME.data-00000-of-00001`. The table
is that of LevelDB (its documentation, table_format.md): blocks of keys that share beginnings, with a footer that says
where the block of blocks is; each value is a small protocol buffer (BundleEntryProto). Nothing in it is code.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
import torch
from torch import nn

from vj.core.errors import CheckpointError
from vj.core.types import F32
from vj.workshop.embedding._nets import CHANNELS, WaveNetEncoder

_MAGIC = bytes.fromhex("57fb808b247547db")
#: TensorFlow's DT_FLOAT.
_FLOAT = 1
_FOOTER_BYTES = 48
#: Trained variables are averaged; their averages are what the authors use.
_AVERAGE = "/ExponentialMovingAverage"
_HINT = "give model.ckpt-200000 of NSynth, its .index beside its .data, or its variables as .npz or .safetensors"


def read_variables(file: Path) -> dict[str, F32]:
    """Name -> array of every float32 variable; raises CheckpointError."""
    try:
        if file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as arrays:
                return {name: np.asarray(arrays[name], np.float32) for name in arrays.files}
        if file.suffix == ".safetensors":
            tensors = safetensors.numpy.load_file(file)
            return {name: np.asarray(value, np.float32) for name, value in tensors.items()}
        return _checkpoint(file.with_name(file.name.removesuffix(".index")))
    except (OSError, ValueError, IndexError, KeyError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"the variables cannot be read: {error}", str(file), _HINT) from error


def encoder_of(variables: Mapping[str, F32]) -> WaveNetEncoder:
    """The encoder with NSynth's `variables`; averages are preferred. Raises CheckpointError for what is not there."""
    width = _found(variables, "ae_startconv/W").shape[-1]
    count = 0
    while any(name.startswith(f"ae_dilatedconv_{count + 1}/") for name in variables):
        count += 1
    encoder = WaveNetEncoder(width, count)
    _fill(encoder.start, variables, "ae_startconv")
    for k, (dilated, joined) in enumerate(zip(encoder.dilated, encoder.joined, strict=True), 1):
        _fill(dilated, variables, f"ae_dilatedconv_{k}")
        _fill(joined, variables, f"ae_res_{k}")
    _fill(encoder.bottleneck, variables, "ae_bottleneck")
    return encoder


def _fill(layer: nn.Module, variables: Mapping[str, F32], scope: str) -> None:
    """[1, k, in, out] becomes [out, in, k]."""
    assert isinstance(layer, nn.Conv1d)
    assert layer.bias is not None
    weight = _found(variables, f"{scope}/W")[0].transpose(2, 1, 0)
    bias = _found(variables, f"{scope}/biases")
    if weight.shape != tuple(layer.weight.shape) or bias.shape != tuple(layer.bias.shape):
        what = f"{scope} is {list(weight.shape)}, not {list(layer.weight.shape)}; {CHANNELS} channels are needed"
        raise CheckpointError(what, "", _HINT)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(np.ascontiguousarray(weight)))
        layer.bias.copy_(torch.tensor(bias))


def _found(variables: Mapping[str, F32], name: str) -> F32:
    for key in (name + _AVERAGE, name):
        if key in variables:
            return variables[key]
    raise CheckpointError(f"there is no variable {name}", "", _HINT)


def _checkpoint(prefix: Path) -> dict[str, F32]:
    table = prefix.with_name(prefix.name + ".index").read_bytes()
    if table[-8:] != _MAGIC:
        raise ValueError("the index is no table of TensorFlow")
    (_, _), at = _handle(table, len(table) - _FOOTER_BYTES)
    (first, size), _ = _handle(table, at)
    shards = sorted(prefix.parent.glob(f"{prefix.name}.data-*"))
    data = [shard.read_bytes() for shard in shards]
    made = {}
    for _, where in _entries(table, first, size):
        (start, length), _ = _handle(where, 0)
        for key, value in _entries(table, start, length):
            entry = dict(_fields(value))
            if key and entry.get(1) == _FLOAT:
                sides = [dict(_fields(side)).get(1, 0) for number, side in _fields(entry.get(2, b"")) if number == 2]
                begin, long = entry.get(4, 0), entry.get(5, 0)
                numbers = data[entry.get(3, 0)][begin : begin + long]
                made[key.decode()] = np.frombuffer(numbers, "<f4").reshape(sides).astype(np.float32)
    return made


def _entries(table: bytes, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of one block, which is not compressed."""
    if table[start + size] != 0:
        raise ValueError("the index is compressed")
    block = table[start : start + size]
    end = size - 4 - 4 * int.from_bytes(block[-4:], "little")
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        own, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + length]
        at += own + length


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of every field of a protocol buffer."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
        elif kind == 2:
            size, at = _varint(message, at)
            yield tag >> 3, message[at : at + size]
            at += size
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError("the index is damaged")


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    offset, at = _varint(data, at)
    size, at = _varint(data, at)
    return (offset, size), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at

"""Pickles written instruction by instruction, so that they can say what no program would."""

import io
import pickle
import struct
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

END = b"."
MAGIC = 0x1950A86A20F9469CFC6C
#: The one tensor of files that are read in spite of what stands beside it.
WEIGHT = np.arange(4, dtype=np.float32)


def value(plain: Any) -> bytes:
    """The instructions that make a plain value, as Python writes them."""
    return pickle.dumps(plain, 2)[2:-1]


def text(words: str) -> bytes:
    raw = words.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def octets(raw: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(raw)) + raw


def name(module: str, of: str) -> bytes:
    return f"c{module}\n{of}\n".encode()


def row(*items: bytes) -> bytes:
    return b"(" + b"".join(items) + b"t"


def table(**entries: bytes) -> bytes:
    return b"(" + b"".join(text(key) + entry for key, entry in entries.items()) + b"d"


def call(module: str, of: str, *args: bytes) -> bytes:
    return name(module, of) + row(*args) + b"R"


def beside(evil: bytes) -> bytes:
    """A state dict of `WEIGHT`, with `evil` beside it."""
    return b"\x80\x04" + table(weight=value(WEIGHT), evil=evil) + END


def storage(
    key: bytes | None = None, numel: bytes | None = None, of: bytes | None = None, rest: Sequence[bytes] = ()
) -> bytes:
    """A reference to a storage of a torch file."""
    parts = (of or name("torch", "FloatStorage"), text("0") if key is None else key, text("cpu"))
    return row(text("storage"), *parts, value(4) if numel is None else numel, *rest) + b"Q"


def tensor(of: bytes, offset: Any = 0, shape: Any = (4,), strides: Any = (1,)) -> bytes:
    """A tensor on a storage."""
    places = (value(offset), value(shape), value(strides))
    return call("torch._utils", "_rebuild_tensor_v2", of, *places, b"\x89", b"}")


def legacy(root: bytes, keys: Any = ("0",), numbers: bytes | None = None, system: Any = None) -> bytes:
    """A torch file of before 1.6."""
    kept = system or {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
    head = b"".join(pickle.dumps(part, 2) for part in (MAGIC, 1001, kept))
    body = struct.pack("<Q", 4) + WEIGHT.tobytes() if numbers is None else numbers
    return head + b"\x80\x02" + root + END + pickle.dumps(list(keys), 2) + body


def nested(file: bytes) -> bytes:
    """A torch file inside a pickle."""
    return call("torch.storage", "_load_from_bytes", octets(file))


def zipped(root: bytes, entries: Mapping[str, bytes] | None = None, method: int = zipfile.ZIP_STORED) -> bytes:
    """A torch file of today."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(_dated("a/data.pkl", method), b"\x80\x02" + root + END)
        for entry, raw in (entries if entries is not None else {"a/data/0": WEIGHT.tobytes()}).items():
            archive.writestr(_dated(entry, method), raw)
    return file.getvalue()


def _dated(entry: str, method: int) -> zipfile.ZipInfo:
    """An entry that is the same on every day."""
    dated = zipfile.ZipInfo()
    dated.filename, dated.compress_type = entry, method
    return dated


def module(arguments: bytes = b"}", parameters: bytes = b"}", modules: bytes = b"}") -> bytes:
    """One of NVIDIA's networks."""
    state = table(_init_kwargs=arguments, _parameters=parameters, _buffers=b"}", _modules=modules)
    meta = table(type=text("class"), class_name=text("Generator"), module_src=text("import evil"), state=state)
    return call("torch_utils.persistence", "_reconstruct_persistent_obj", meta)


def snapshot(network: bytes) -> bytes:
    return b"\x80\x04" + table(G_ema=network) + END


def tensors_file(header: Any, body: bytes = b"\0" * 16, size: int | None = None) -> bytes:
    """A safetensors file; `header` is JSON text."""
    raw = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(raw) if size is None else size) + raw + body


def bomb(levels: int, first: bytes = b")") -> bytes:
    """A tuple of two tuples of two tuples, each stored once: small here, 2^levels values when unfolded."""
    return first + b"".join(b"2\x86" for _ in range(levels))

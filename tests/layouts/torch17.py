"""A StyleGAN2-ADA snapshot as Python 3.7 with PyTorch 1.7 and numpy 1.16 wrote it, instruction by instruction.

What differs from a snapshot written today: every storage is a torch file of its own, keyed by an address and told to
have lain on a graphics card; numbers of numpy come from `numpy.core`; keywords are EasyDicts made by protocol 3; sets
are called; the source of a module is stored once and recalled.
"""

import itertools
import pickle
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from layouts.nvidia import BUFFERS, SOURCE
from layouts.opcodes import END, MAGIC, call, name, octets, row, text, value

Array = npt.NDArray[Any]
_STORAGES = {"f4": "FloatStorage", "f2": "HalfStorage", "f8": "DoubleStorage", "i8": "LongStorage"}
_SYSTEM = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
#: Memo numbers: of the source, then of storages.
_SOURCE, _FIRST = 200, 201


def write(tensors: Mapping[str, Array], kwargs: Mapping[str, Any], shared: tuple[str, str] = ("", "")) -> bytes:
    """The file. `tensors` keep their strides; `shared` names two of one shape that are views of one storage."""
    memo = itertools.count(_FIRST)
    views = {n: _tensor(_storage(array), array) for n, array in tensors.items() if n not in shared}
    if shared[0]:
        both = np.stack([tensors[n] for n in shared])
        kept = next(memo)
        views[shared[0]] = _tensor(_storage(both) + b"q" + bytes([kept]), both[0])
        views[shared[1]] = _tensor(b"h" + bytes([kept]), both[1], both[0].size)
    tree: dict[str, Any] = {}
    for n in tensors:  # in the order of the file, or a storage would be recalled before it is made
        *path, leaf = n.split(".")
        at = tree
        for part in path:
            at = at.setdefault(part, {})
        at[leaf] = views[n]
    source = text(SOURCE) + b"q" + bytes([_SOURCE])
    ema = _network("Generator", tree, kwargs, source)
    other = _network("Generator", {"weight": _tensor(_storage(np.zeros(2, "f4")), np.zeros(2, "f4"))}, {})
    parts = {"training_set_kwargs": value({"path": "faces.zip", "max_size": 7}), "G_ema": ema, "G": other, "D": other}
    return b"\x80\x03" + _table({**parts, "augment_pipe": b"N"}) + END


def _network(class_name: str, tree: Mapping[str, Any], kwargs: Mapping[str, Any], source: bytes = b"") -> bytes:
    """A network and those inside it; `source` is recalled where it is not given."""
    at = "Generator" if class_name == "Generator" else "SynthesisBlock"
    inner = {n: _network(at + n, part, {}) for n, part in tree.items() if isinstance(part, dict)}
    leaves = {n: part for n, part in tree.items() if not isinstance(part, dict)}
    parameters = {
        n: call("torch._utils", "_rebuild_parameter", made, b"\x89", _ordered({})) for n, made in leaves.items()
    }
    missing = {"bias": b"N"} if "bias" not in leaves else {}
    # `_modules` comes last among the tables, so what is recalled in it has been made before.
    state = {
        "training": b"\x89",
        "_parameters": _ordered({n: made for n, made in parameters.items() if n not in BUFFERS} | missing),
        "_buffers": _ordered({"up_filter": b"N"} | {n: made for n, made in leaves.items() if n in BUFFERS}),
        "_non_persistent_buffers_set": call("builtins", "set", b"]"),
        **{hooks: _ordered({}) for hooks in ("_backward_hooks", "_forward_hooks", "_load_state_dict_pre_hooks")},
        "_modules": _ordered(inner),
        "act_gain": _scalar(np.sqrt(2.0)),
        "in_size": _array(np.array([4, 4])),
        "device": call("torch", "device", text("cpu")),
        "_init_args": b")",
        "_init_kwargs": _easy(kwargs),
    }
    src = source or b"h" + bytes([_SOURCE])
    meta = {"type": text("class"), "version": value(6), "module_src": src, "class_name": text(class_name)}
    reduced = name("torch_utils.persistence", "_reconstruct_persistent_obj")
    return reduced + _table({**meta, "state": _table(state)}) + b"\x85R"


def _tensor(storage: bytes, array: Array, offset: int = 0) -> bytes:
    strides = tuple(step // array.itemsize for step in array.strides)
    places = (value(offset), value(array.shape), value(strides))
    return call("torch._utils", "_rebuild_tensor_v2", storage, *places, b"\x89", _ordered({}))


def _storage(array: Array) -> bytes:
    """The storage behind `array`, in the order in which it lies in memory."""
    flat = np.ravel(array, order="K")
    key = text(str(94059344 + flat.size))
    kind = name("torch.cuda", _STORAGES[array.dtype.str[1:]])
    root = row(text("storage"), kind, key, text("cuda:0"), value(flat.size), b"N") + b"Q"
    head = b"".join(pickle.dumps(part, 2) for part in (MAGIC, 1001, _SYSTEM))
    keys = b"\x80\x02]" + key + b"a" + END
    file = head + b"\x80\x02" + root + END + keys + struct.pack("<q", flat.size) + flat.tobytes()
    return call("torch.storage", "_load_from_bytes", octets(file))


def _table(entries: Mapping[str, bytes]) -> bytes:
    return b"}(" + b"".join(text(key) + entry for key, entry in entries.items()) + b"u"


def _ordered(entries: Mapping[str, bytes]) -> bytes:
    filled = b"(" + b"".join(text(key) + entry for key, entry in entries.items()) + b"u" if entries else b""
    return name("collections", "OrderedDict") + b")R" + filled


def _easy(entries: Mapping[str, Any]) -> bytes:
    made = {key: _easy(entry) if isinstance(entry, dict) else value(entry) for key, entry in entries.items()}
    return name("dnnlib.util", "EasyDict") + b")\x81" + _table(made)[1:]


def _kind(code: str) -> bytes:
    return call("numpy", "dtype", text(code), value(0), value(1)) + value((3, "<", None, None, None, -1, -1, 0)) + b"b"


def _scalar(number: float) -> bytes:
    return call("numpy.core.multiarray", "scalar", _kind("f8"), octets(struct.pack("<d", number)))


def _array(array: Array) -> bytes:
    made = call("numpy.core.multiarray", "_reconstruct", name("numpy", "ndarray"), value((0,)), octets(b"b"))
    return made + row(value(1), value(array.shape), _kind("i8"), b"\x89", octets(array.tobytes())) + b"b"

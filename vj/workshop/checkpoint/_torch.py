"""Files of `torch.save`: the zip of today, and the row of pickles of before 1.6, which StyleGAN's pickles hold inside.

Layouts: torch/serialization.py (`_save` and `_legacy_save`).
"""

from collections.abc import Mapping
from typing import Any

from vj.core.errors import CheckpointError
from vj.workshop.checkpoint._pickle import read_pickle
from vj.workshop.checkpoint._pickle_tensors import Storage, itemsize, storage_format
from vj.workshop.checkpoint._zip import Entry, stored, zip_entries
from vj.workshop.checkpoint.values import Budget, Reading, shown

#: The first of the pickles in a legacy file.
MAGIC = 0x1950A86A20F9469CFC6C
#: The second, the version of torch's protocol.
_VERSION = 1001


def read_zip(data: memoryview, budget: Budget, nested: bool = True) -> Any:
    """The value that was saved; storages are views of `data`. Raises CheckpointError.

    Torch files inside it are read where `nested` allows it.
    """
    return read_entries(zip_entries(data), budget, nested)


def read_entries(zipped: Mapping[str, Entry], budget: Budget, nested: bool = True) -> Any:
    """The same, of the entries of the zip file."""
    roots = [name for name in zipped if name == "data.pkl" or name.endswith("/data.pkl")]
    if len(roots) != 1:
        raise CheckpointError("the zip file is none that torch.save writes: it has no data.pkl, or several")
    folder = roots[0].removesuffix("data.pkl")
    entries = stored(zipped, beside=f"{folder}code/")  # the program of a TorchScript file, which nobody reads
    if bytes(entries.get(f"{folder}byteorder", memoryview(b"little"))[:8]) != b"little":
        raise _big_endian()
    storages: dict[str, Storage] = {}

    def resolve(name: Any) -> Storage:
        kind, key, numel = _storage_id(name)
        if key not in storages:
            if f"{folder}data/{key}" not in entries:
                raise CheckpointError(f"the file lacks the numbers of storage {shown(key)}")
            storages[key] = Storage(kind, numel)
            storages[key].attach(entries[f"{folder}data/{key}"])
        return _same(storages[key], kind, numel)

    return read_pickle(entries[roots[0]], Reading(budget, resolve, nested_torch if nested else None))[0]


def read_plain(data: memoryview, budget: Budget) -> Any:
    """The value of a plain pickle, or of a legacy torch file if it turns out to be one. Raises CheckpointError."""
    value, at = read_pickle(data, Reading(budget, None, nested_torch))
    return _legacy(data, at, budget, nested=True) if _is_magic(value) else value


def nested_torch(data: memoryview, budget: Budget) -> Any:
    """The value of a torch file inside a pickle; one more inside of that is refused."""
    if bytes(data[:4]) == b"PK\3\4":
        return read_zip(data, budget, nested=False)
    value, at = read_pickle(data, Reading(budget))
    if not _is_magic(value):
        raise CheckpointError("the pickle holds bytes that should be a torch file and are none")
    return _legacy(data, at, budget, nested=False)


def _legacy(data: memoryview, at: int, budget: Budget, nested: bool) -> Any:
    """What follows the magic number: version, system, value, keys, then the numbers of each key in turn."""
    reading = Reading(budget)
    version, at = read_pickle(data, reading, at)
    system, at = read_pickle(data, reading, at)
    if version != _VERSION:
        raise CheckpointError(f"the torch file is of version {shown(version)}, not {_VERSION}")
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise _big_endian()
    storages: dict[str, Storage] = {}

    def resolve(name: Any) -> Any:
        if isinstance(name, tuple) and len(name) == 4 and name[0] == "module":
            return name[1]  # a class with its source, which nobody reads
        kind, key, numel = _storage_id(name)
        return _same(storages.setdefault(key, Storage(kind, numel)), kind, numel)

    value, at = read_pickle(data, Reading(budget, resolve, nested_torch if nested else None), at)
    keys, at = read_pickle(data, reading, at)
    _attach(data, at, keys, storages)
    return value


def _attach(data: memoryview, at: int, keys: object, storages: dict[str, Storage]) -> None:
    """Give each storage its numbers: a count in eight bytes, then the elements."""
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise CheckpointError("the torch file does not list its storages")
    if len(set(keys)) != len(keys) or set(keys) != storages.keys():
        raise CheckpointError("the torch file lists other storages than its tensors use")
    for key in keys:
        storage = storages[key]
        claimed = int.from_bytes(data[at : at + 8], "little")
        if len(data) - at < 8 or claimed != storage.numel:
            raise CheckpointError(
                f"storage {shown(key)} claims {storage.numel:,} elements, but its numbers are not that many"
            )
        storage.attach(data[at + 8 :])
        at += 8 + claimed * itemsize(storage.format)


def _storage_id(name: object) -> tuple[str, str, int]:
    """Number format, key and number of elements of ("storage", class, key, place, elements[, view])."""
    if not (isinstance(name, tuple) and len(name) in (5, 6) and name[0] == "storage"):
        raise CheckpointError(f"the pickle refers to {shown(name)}, which is no tensor storage")
    _, of, key, _, numel = name[:5]
    if not isinstance(key, str) or isinstance(numel, bool) or not isinstance(numel, int) or not 0 <= numel < 1 << 48:
        raise CheckpointError("the pickle refers to a tensor storage with a key or a size that is none")
    if len(name) == 6 and name[5] is not None:
        raise CheckpointError(
            "the file holds tensors as PyTorch wrote them before 0.4", hint="save it with a newer one"
        )
    return storage_format(of), key, numel


def _same(storage: Storage, kind: str, numel: int) -> Storage:
    if (storage.format, storage.numel) != (kind, numel):
        raise CheckpointError("the pickle describes one tensor storage in two ways")
    return storage


def _is_magic(value: object) -> bool:
    return isinstance(value, int) and value == MAGIC


def _big_endian() -> CheckpointError:
    return CheckpointError("the torch file was written on a big-endian machine", hint="save it again on another one")

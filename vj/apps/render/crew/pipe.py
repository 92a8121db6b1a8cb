"""What a head and a hand's process say, over a pipe: records and plain values by name, so no code comes with them."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from vj.apps.render.crew.blobs import Blob
from vj.apps.render.crew.tasks import Job, Made, Task
from vj.core.errors import VjError
from vj.core.packed import pack, unpack
from vj.outputs.video.asked import Encoding
from vj.outputs.video.formats import Choice

_RECORDS = {record.__name__: record for record in (Blob, Choice, Encoding, Job, Made, Task)}
#: Key of what stands for a value that is none of the plain ones.
_IS = "\x01"
_HEAD = 8


def say(pipe: BinaryIO, what: Any) -> None:
    """Say one thing: a record, plain values, paths, fractions, arrays. Raises OSError where nobody listens."""
    data = pack(_plain(what), 0)
    pipe.write(len(data).to_bytes(_HEAD, "little"))
    pipe.write(data)
    pipe.flush()


def heard(pipe: BinaryIO) -> Any:
    """The next thing that is said. Raises EOFError at the end, VjError for what is none."""
    data = _read(pipe, int.from_bytes(_read(pipe, _HEAD), "little"))
    try:
        return _back(unpack(data))
    except (TypeError, ValueError, KeyError, ZeroDivisionError) as error:
        raise VjError("this is nothing that is said of a film", "a render's pipe", str(error)) from error


def _read(pipe: BinaryIO, count: int) -> bytes:
    data = pipe.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        said = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {_IS: type(value).__name__, "of": said}
    if isinstance(value, Fraction):
        return {_IS: "fraction", "of": [value.numerator, value.denominator]}
    if isinstance(value, Path):
        return {_IS: "path", "of": str(value)}
    if isinstance(value, tuple):
        return {_IS: "tuple", "of": [_plain(one) for one in value]}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return value


def _back(value: Any) -> Any:
    if isinstance(value, list):
        return [_back(one) for one in value]
    if not isinstance(value, dict):
        return value
    if _IS not in value:
        return {key: _back(one) for key, one in value.items()}
    kind, of = value[_IS], _back(value["of"])
    if kind == "fraction":
        return Fraction(*of)
    if kind == "path":
        return Path(of)
    if kind == "tuple":
        return tuple(of)
    return _RECORDS[kind](**of)

"""Arrays inside a pickle: what PyTorch and numpy write, checked before a byte of it is copied."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from vj.core.errors import CheckpointError
from vj.workshop.checkpoint.values import Budget, Global, shown

Array = npt.NDArray[Any]

#: PyTorch's name of a number format -> numpy's; bfloat16 is read as its 16 bits and widened to float32.
FORMATS: Mapping[str, str] = {
    "float64": "<f8",
    "float32": "<f4",
    "float16": "<f2",
    "bfloat16": "<u2",
    "int64": "<i8",
    "int32": "<i4",
    "int16": "<i2",
    "int8": "|i1",
    "uint64": "<u8",
    "uint32": "<u4",
    "uint16": "<u2",
    "uint8": "|u1",
    "bool": "|b1",
}
#: PyTorch's storage classes by the number format they hold; an untyped one counts bytes.
STORAGES: Mapping[str, str] = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "UntypedStorage": "uint8",
    "_UntypedStorage": "uint8",
}
_STORAGE_MODULES = ("torch", "torch.cuda", "torch.storage")
_MOST_AXES = 8
_NUMPY_KINDS = "biuf"


@dataclass(slots=True, eq=False)
class Storage:
    """The numbers behind one or several tensors: `numel` of `format`, whose bytes may follow later in the file."""

    format: str
    numel: int
    data: memoryview | None = None

    def attach(self, data: memoryview) -> None:
        """Give it its bytes; raises CheckpointError when they are fewer than it claims."""
        wanted = self.numel * itemsize(self.format)
        if wanted > len(data):
            raise CheckpointError(
                f"a tensor's storage claims {wanted:,} bytes, but the file holds {len(data):,} for it"
            )
        self.data = data[:wanted]


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A view of a storage: `shape` and `strides` in elements from element `offset` on, all within the storage."""

    storage: Storage
    format: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int

    def array(self, budget: Budget) -> Array:
        """A copy as a writable array in C order; bfloat16 comes out as float32."""
        data = self.storage.data
        if data is None:
            raise CheckpointError("the file holds a tensor without its numbers")
        size = itemsize(self.format)
        budget.copy(math.prod(self.shape) * (4 if self.format == "bfloat16" else size))
        if not math.prod(self.shape):
            return _widened(np.empty(self.shape, FORMATS[self.format]), self.format)
        steps = tuple(step * size for step in self.strides)
        view = np.ndarray(self.shape, FORMATS[self.format], data, self.offset * size, steps)
        return _widened(view, self.format)


@dataclass(slots=True, eq=False)
class NumpyType:
    """A number format of numpy's, or of something else when `code` is empty."""

    code: str
    order: str = "<"

    @property
    def format(self) -> np.dtype[Any] | None:
        """The number format, None unless it is one of plain numbers."""
        if self.code[:1] in _NUMPY_KINDS and self.code[1:] in ("1", "2", "4", "8") and self.order in "<>=|":
            try:
                return np.dtype(self.code).newbyteorder(self.order)  # type: ignore[arg-type]
            except TypeError:
                return None
        return None


@dataclass(slots=True, eq=False)
class NumpyArray:
    """A numpy array: a view of the file once its state is known, else the state as data."""

    value: Array | None = None
    state: Any = None

    def array(self, budget: Budget) -> Array:
        """A copy as a writable array in C order and this machine's byte order."""
        if self.value is None:
            raise CheckpointError("the file holds a numpy array of something else than numbers where it needs numbers")
        budget.copy(self.value.nbytes)
        return np.array(self.value, self.value.dtype.newbyteorder("="), order="C")


def itemsize(format: str) -> int:
    """Bytes of one element."""
    return np.dtype(FORMATS[format]).itemsize


def storage_format(of: object) -> str:
    """The number format of the storage class a pickle names; raises CheckpointError for any other class."""
    if isinstance(of, Global) and of.module in _STORAGE_MODULES and of.name in STORAGES:
        return STORAGES[of.name]
    raise CheckpointError(
        f"the file keeps tensors in {shown(str(of) if isinstance(of, Global) else of)}, no storage known",
        hint="save its weights as float32 or float16, not quantised and not complex" if _odd(of) else "",
    )


def _odd(of: object) -> bool:
    """Whether it is a storage of PyTorch's own, of numbers that no generator here has."""
    return isinstance(of, Global) and of.module in _STORAGE_MODULES and of.name.endswith("Storage")


def tensor(storage: object, offset: object, shape: object, strides: object, format: str | None = None) -> Tensor:
    """The tensor a pickle describes; raises CheckpointError where it does not lie within its storage.

    format      another number format than the storage's, for storages that count bytes
    """
    if not isinstance(storage, Storage):
        raise CheckpointError(f"a tensor in the file lies in a {type(storage).__name__}, which is no storage")
    if not (is_shape(shape) and _sizes(strides) and len(shape) == len(strides) and _size(offset)):
        raise CheckpointError("a tensor in the file has a shape, strides or an offset that are no sizes")
    kind = format or storage.format
    held = storage.numel * itemsize(storage.format) // itemsize(kind)
    last = sum((size - 1) * step for size, step in zip(shape, strides, strict=True))
    if (0 in shape and offset > held) or (0 not in shape and offset + last >= held):
        raise CheckpointError(
            f"a tensor of shape {_listed(shape)} claims element {shown(offset + last)} of a storage of {held:,}"
        )
    return Tensor(storage, kind, tuple(shape), tuple(strides), offset)


def fill_numpy(target: NumpyArray, state: object, budget: Budget) -> None:
    """Give an array its shape, format and bytes: (version, shape, dtype, is Fortran order, bytes)."""
    target.state = state
    if not (isinstance(state, tuple) and len(state) == 5):
        return
    _, shape, kind, fortran, raw = state
    if isinstance(kind, NumpyType) and kind.format is not None and isinstance(raw, str | memoryview):
        target.value = numpy_view(raw, kind, shape, bool(fortran), budget)


def numpy_view(raw: object, kind: object, shape: object, fortran: bool, budget: Budget) -> Array:
    """`raw` as an array; raises CheckpointError unless it holds exactly what `shape` and `kind` say."""
    format = kind.format if isinstance(kind, NumpyType) else None
    if format is None or not is_shape(shape):
        raise CheckpointError("a numpy array in the file has a shape or a format that is none")
    data = octets(raw, budget)
    if math.prod(shape) * format.itemsize != len(data):
        raise CheckpointError(f"a numpy array of shape {_listed(shape)} claims other than its {len(data):,} bytes")
    if not len(data):
        return np.empty(shape, format)
    return np.frombuffer(data, format).reshape(shape, order="F" if fortran else "C")


def octets(raw: object, budget: Budget) -> memoryview:
    """Bytes, which Python 2 and the older protocols write as text."""
    if isinstance(raw, memoryview):
        return raw
    if isinstance(raw, str):
        budget.copy(len(raw))
        try:
            return memoryview(raw.encode("latin-1"))
        except UnicodeEncodeError as error:
            raise CheckpointError("the file has text where it needs bytes") from error
    raise CheckpointError(f"the file has a {type(raw).__name__} where it needs bytes")


def _widened(view: Array, format: str) -> Array:
    if format == "bfloat16":
        wide: Array = (view.astype("<u4") << np.uint32(16)).view("<f4").astype(np.float32)
        return wide
    if format == "bool":
        truth: Array = np.not_equal(view.view("|u1"), 0)
        return truth
    return np.array(view, view.dtype.newbyteorder("="), order="C")


def _size(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and 0 <= value < 1 << 48


def is_shape(value: object) -> TypeGuard[Sequence[int]]:
    """Whether it can be the shape of an array."""
    return _sizes(value) and _size(math.prod(max(size, 1) for size in value))


def _sizes(value: object) -> TypeGuard[Sequence[int]]:
    return isinstance(value, tuple | list) and len(value) <= _MOST_AXES and all(_size(size) for size in value)


def _listed(shape: Sequence[int]) -> str:
    return " x ".join(shown(size) for size in shape) or "a number"

"""The calls a pickle may make: a short list of tensors, arrays and containers, each made here; the rest stays data."""

from collections.abc import Callable, Mapping
from typing import Any

from vj.core.errors import CheckpointError
from vj.workshop.checkpoint._pickle_tensors import (
    FORMATS,
    NumpyArray,
    NumpyType,
    Storage,
    Tensor,
    fill_numpy,
    numpy_view,
    octets,
    tensor,
)
from vj.workshop.checkpoint.values import Global, Inert, Reading, named, shown

#: Mappings that are read as plain dictionaries.
_MAPPINGS = frozenset(
    {
        ("collections", "OrderedDict"),
        ("collections", "defaultdict"),
        ("builtins", "dict"),
        ("__builtin__", "dict"),
        ("dnnlib", "EasyDict"),
        ("dnnlib.util", "EasyDict"),
    }
)
_ARRAY = ("numpy", "ndarray")


def call(reading: Reading, of: object, args: object) -> Any:
    """What calling `of` with `args` stands for, without calling it."""
    if not isinstance(args, tuple):
        raise CheckpointError(f"the pickle calls something with a {type(args).__name__}")
    if isinstance(of, Inert):
        return Inert(of.of, args)
    if not isinstance(of, Global):
        raise CheckpointError(f"the pickle calls a {type(of).__name__}")
    if (of.module, of.name) in _MAPPINGS:
        return _mapping(reading, args)
    rebuild = _REBUILDERS.get((of.module, of.name))
    return Inert(of, args) if rebuild is None else rebuild(reading, Inert(of, args))


def new(reading: Reading, of: object, args: object) -> Any:
    """What a new object of the class `of` stands for, without its class."""
    if not isinstance(args, tuple):
        raise CheckpointError(f"the pickle makes an object from a {type(args).__name__}")
    if not isinstance(of, Global):
        raise CheckpointError(f"the pickle makes an object of a {type(of).__name__}")
    if (of.module, of.name) in _MAPPINGS:
        return _mapping(reading, args)
    return Inert(of, args)


def build(reading: Reading, target: object, state: Any) -> None:
    """Give an object its state, without its class: kept as data, dropped by plain mappings."""
    if isinstance(target, Inert):
        target.state = state
    elif isinstance(target, NumpyArray):
        fill_numpy(target, state, reading.budget)
    elif isinstance(target, NumpyType):
        _order(target, state)
    elif not isinstance(target, dict):
        raise CheckpointError(f"the pickle sets the state of a {type(target).__name__}")


def _mapping(reading: Reading, args: tuple[Any, ...]) -> dict[Any, Any]:
    """A mapping from nothing, a factory, another mapping or a list of pairs."""
    source = args[0] if args else ()
    if isinstance(source, Global) or source is None:
        return {}
    if isinstance(source, dict):
        reading.budget.count(len(source))
        return dict(source)
    if not isinstance(source, list | tuple):
        raise CheckpointError(f"the pickle makes a mapping from a {type(source).__name__}")
    reading.budget.count(len(source))
    filled: dict[Any, Any] = {}
    for pair in source:
        if not (isinstance(pair, list | tuple) and len(pair) == 2):
            raise CheckpointError("the pickle makes a mapping from something else than pairs")
        filled[reading.budget.key(pair[0])] = pair[1]
    return filled


def _reconstructor(reading: Reading, made: Inert) -> Any:
    """`copyreg._reconstructor(class, base, state)`: how protocols 0 and 1 write any object."""
    of, _, state = _args(made, 3)
    if isinstance(of, Global) and (of.module, of.name) in _MAPPINGS:
        return _mapping(reading, (state,))
    return new(reading, of, () if state is None else (state,))


def _persistent(reading: Reading, made: Inert) -> Inert:
    """StyleGAN's persistence-decorated object: its class name and state; its source is dropped unread.

    Layout: torch_utils/persistence.py of StyleGAN2-ADA and StyleGAN3 (type, version, module_src, class_name, state).
    """
    (meta,) = _args(made, 1)
    if not isinstance(meta, dict) or "class_name" not in meta:
        raise CheckpointError("the file has a StyleGAN network that does not name its class")
    return Inert(named(made.of.module, meta["class_name"]), (), meta.get("state"))


def _tensor_v1(reading: Reading, made: Inert) -> Tensor:
    storage, offset, shape, strides = _args(made, 4)
    return tensor(storage, offset, shape, strides)


def _tensor_v3(reading: Reading, made: Inert) -> Tensor | Inert:
    storage, offset, shape, strides, _, _, kind = _args(made, 7)
    if isinstance(kind, Global) and kind.module == "torch" and kind.name in FORMATS:
        return tensor(storage, offset, shape, strides, kind.name)
    return made


def _parameter(reading: Reading, made: Inert) -> Any:
    return _args(made, 1)[0]


def _from_type(reading: Reading, made: Inert) -> Any:
    """`torch._tensor._rebuild_from_type_v2(rebuilder, class, args, state)`: a tensor with attributes."""
    rebuilder, _, args, _ = _args(made, 4)
    if isinstance(rebuilder, Global) and rebuilder.name.startswith(("_rebuild_tensor", "_rebuild_parameter")):
        return call(reading, rebuilder, args)
    return made


def _nested_storage(reading: Reading, made: Inert) -> Storage:
    """`torch.storage._load_from_bytes(bytes)`: a torch file of one storage inside the pickle."""
    if reading.nested is None:
        raise CheckpointError("the pickle holds a torch file inside a torch file inside a pickle")
    value = reading.nested(octets(_args(made, 1)[0], reading.budget), reading.budget)
    if not isinstance(value, Storage):
        raise CheckpointError("the pickle holds a torch file that is more than one storage")
    return value


def _shape(reading: Reading, made: Inert) -> tuple[Any, ...]:
    (sizes,) = _args(made, 1)
    if not isinstance(sizes, tuple | list):
        raise CheckpointError("the file has a tensor's size that is no list")
    reading.budget.count(len(sizes))
    return tuple(sizes)


def _numpy_array(reading: Reading, made: Inert) -> NumpyArray:
    return NumpyArray()


def _numpy_buffer(reading: Reading, made: Inert) -> NumpyArray:
    """`numpy._core.numeric._frombuffer(bytes, dtype, shape, order)`: how protocol 5 writes an array."""
    raw, kind, shape, order = _args(made, 4)
    return NumpyArray(numpy_view(raw, kind, shape, order == "F", reading.budget))


def _numpy_type(reading: Reading, made: Inert) -> NumpyType:
    code = _args(made, 1)[0]
    return NumpyType(code if isinstance(code, str) and len(code) == 2 else "")


def _numpy_number(reading: Reading, made: Inert) -> Any:
    """A numpy number as a Python one, where it is a plain number."""
    kind, raw = made.args if len(made.args) == 2 else (None, None)
    if isinstance(kind, NumpyType) and kind.format is not None:
        return numpy_view(raw, kind, (), False, reading.budget).item()
    return made


def _order(target: NumpyType, state: object) -> None:
    """The state of a numpy type is (version, byte order, ...)."""
    if isinstance(state, tuple) and len(state) >= 2 and isinstance(state[1], str) and len(state[1]) == 1:
        target.order = state[1]
    else:
        raise CheckpointError("the file has a numpy type with a state that is none")


def _encode(reading: Reading, made: Inert) -> Any:
    """`_codecs.encode(text, "latin1")`: how protocol 2 writes bytes."""
    text, encoding = _args(made, 2)
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        return made
    return octets(text, reading.budget)


def _bytes(reading: Reading, made: Inert) -> Any:
    """`bytes()` and `bytearray(bytes)`."""
    if not made.args:
        return memoryview(b"")
    return made.args[0] if isinstance(made.args[0], memoryview) and len(made.args) == 1 else made


def _args(made: Inert, count: int) -> tuple[Any, ...]:
    """The first `count` arguments of a call."""
    if len(made.args) < count:
        raise CheckpointError(f"the pickle calls {shown(str(made.of))} with too few arguments")
    return made.args[:count]


_REBUILDERS: Mapping[tuple[str, str], Callable[[Reading, Inert], Any]] = {
    ("copyreg", "_reconstructor"): _reconstructor,
    ("copy_reg", "_reconstructor"): _reconstructor,
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): _persistent,
    ("torch._utils", "_rebuild_tensor"): _tensor_v1,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor_v1,
    ("torch._utils", "_rebuild_tensor_v3"): _tensor_v3,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    ("torch._tensor", "_rebuild_from_type_v2"): _from_type,
    ("torch.storage", "_load_from_bytes"): _nested_storage,
    ("torch", "Size"): _shape,
    ("numpy", "dtype"): _numpy_type,
    ("_codecs", "encode"): _encode,
    ("builtins", "bytes"): _bytes,
    ("__builtin__", "bytes"): _bytes,
    ("builtins", "bytearray"): _bytes,
    ("__builtin__", "bytearray"): _bytes,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _numpy_array for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _numpy_number for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _numpy_buffer for core in ("core", "_core")},
}

"""Checkpoints that mean harm, and what is said of them: a part of the refusal, or None where they are read as data.

Each program among them would make a file named "canary" in the working folder if it were run.
"""

import struct
import zipfile
from collections.abc import Iterator

import numpy as np
from layouts.opcodes import (
    END,
    WEIGHT,
    beside,
    bomb,
    call,
    legacy,
    module,
    name,
    nested,
    octets,
    row,
    snapshot,
    storage,
    table,
    tensor,
    tensors_file,
    text,
    value,
    zipped,
)

Cases = Iterator[tuple[str, bytes, str | None]]
_TOUCH = text("touch canary")
_OPEN = text("open('canary', 'w').close()")
_SYSTEM = name("posix", "system")


def corpus() -> dict[str, tuple[bytes, str | None]]:
    """Name -> the file, and a part of what must be said of it."""
    parts = (calls, objects, references, lengths, stacks, floods, tensors, numpy_arrays, torch_files, zips, safetensors)
    return {title: (raw, said) for part in parts for title, raw, said in part()}


def calls() -> Cases:
    """Foreign functions: never called, so the tensor beside them is read."""
    programs = {
        "os system": call("os", "system", _TOUCH),
        "posix system": _SYSTEM + row(_TOUCH) + b"R",
        "system by stack global": text("os") + text("system") + b"\x93" + row(_TOUCH) + b"R",
        "system by dotted name": text("vj.workshop.checkpoint.reader") + text("mmap.sys.modules") + b"\x93",
        "subprocess": call("subprocess", "Popen", value(["touch", "canary"])),
        "eval": call("builtins", "eval", _OPEN),
        "exec": call("builtins", "exec", _OPEN),
        "python 2 eval": call("__builtin__", "eval", _OPEN),
        "compile": call("builtins", "compile", _OPEN, text("x"), text("exec")),
        "import": call("builtins", "__import__", text("antigravity")),
        "import module": call("importlib", "import_module", text("this")),
        "getattr chain": call("builtins", "getattr", call("builtins", "__import__", text("os")), text("system"))
        + row(_TOUCH)
        + b"R",
        "attrgetter": call("operator", "attrgetter", text("system")) + row(name("builtins", "os")) + b"R",
        "partial": call("functools", "partial", _SYSTEM, _TOUCH) + b")R",
        "map": call("builtins", "list", call("builtins", "map", _SYSTEM, value(["touch canary"]))),
        "open for writing": call("io", "open", text("canary"), text("w")),
        "ctypes": call("ctypes", "CDLL", text("libc.so.6")),
        "run a path": call("runpy", "run_path", text("/etc/passwd")),
        "pickle in a pickle": call("pickle", "loads", octets(beside(call("os", "system", _TOUCH)))),
        "torch load": call("torch", "load", text("canary")),
        "torch jit": call("torch.jit", "load", text("canary")),
        "dnnlib call": call("dnnlib.util", "call_func_by_name", text("os.system"), _TOUCH),
        "foreign codec": call("_codecs", "encode", text("touch canary"), text("rot13")),
        "factory of a mapping": call("collections", "defaultdict", _SYSTEM),
        "type of a tensor": call("torch._tensor", "_rebuild_from_type_v2", _SYSTEM, b"N", row(_TOUCH), b"}"),
    }
    for title, program in programs.items():
        yield title, beside(program), None


def objects() -> Cases:
    """Foreign classes: kept as records; nonsense is refused."""
    empty = name("argparse", "Namespace") + b")\x81"
    harmless = {
        "inst": b"(" + _TOUCH + b"iposix\nsystem\n",
        "obj": b"(" + _SYSTEM + _TOUCH + b"o",
        "newobj": _SYSTEM + row(_TOUCH) + b"\x81",
        "newobj with keywords": name("subprocess", "Popen") + row(value(["touch", "canary"])) + b"}\x92",
        "planted setstate": empty + table(__setstate__=_SYSTEM) + b"b" + _TOUCH + b"b",
        "planted class": empty + table(__class__=name("subprocess", "Popen")) + b"b",
        "planted slots": empty + row(b"N", table(__reduce__=_SYSTEM)) + b"b",
        "planted reduce": empty + table(__reduce_ex__=_SYSTEM, __del__=_SYSTEM) + b"b",
        "filled foreign list": name("evil", "List") + b")\x81(K\1K\2e",
        "filled foreign mapping": name("evil", "Table") + b")\x81" + text("a") + b"K\1s",
        "set": b"\x8f(K\1K\2\x90",
        "reconstructor": call("copyreg", "_reconstructor", name("evil", "Class"), name("builtins", "object"), b"N"),
        "state of a mapping": call("collections", "OrderedDict") + table(__class__=_SYSTEM) + b"b",
    }
    for title, program in harmless.items():
        yield title, beside(program), None
    yield "source in a network", snapshot(module(parameters=table(weight=value(WEIGHT)))), None
    yield "state of a number", beside(b"K\1}b"), "sets the state of a int"
    yield "state of text", beside(text("a") + b"}b"), "sets the state of a str"
    yield "call of text", beside(text("os.system") + row(_TOUCH) + b"R"), "calls a str"
    yield "call with a list", beside(_SYSTEM + b"]R"), "calls something with a list"
    yield "object of text", beside(text("a") + b")\x81"), "object of a str"
    yield "object from a number", beside(_SYSTEM + b"K\1\x81"), "from a int"
    yield "object from keywords of a number", beside(_SYSTEM + b"K\1}K\1K\1s\x92"), "from a int"
    yield "object of nothing", beside(b"(o"), "no class"
    yield "append to a number", beside(b"K\1K\1a"), "appends to a int"
    yield "keys into a tuple", beside(b")K\1K\1s"), "puts keys into a tuple"
    yield "name of a number", beside(b"K\1K\2\x93"), "names a class by a 1 and a 2"
    yield "mapping from a number", beside(call("collections", "OrderedDict", b"K\1")), "mapping from a int"
    yield "mapping from no pairs", beside(call("collections", "OrderedDict", b"](K\1K\2e")), "else than pairs"
    yield (
        "network without a class",
        snapshot(call("torch_utils.persistence", "_reconstruct_persistent_obj", b"}")),
        "class",
    )
    yield "call with more arguments", beside(call("torch", "Size", b")", b"N", b"N")), None
    yield "call without arguments", beside(call("torch._utils", "_rebuild_parameter")), "too few arguments"
    yield (
        "network in place of a tensor",
        snapshot(module(parameters=table(w=call("os", "system", _TOUCH)))),
        "os.system",
    )
    yield "number in place of a network", snapshot(module(modules=table(w=b"K\1"))), "which is no network"
    yield "network without names", snapshot(module(modules=b"(K\1K\1d")), "by name"
    for number, width in ((0x82, 1), (0x83, 2), (0x84, 4)):
        yield f"extension {width}", beside(bytes([number]) + b"\1" * width), "a class by a number"


def references() -> Cases:
    """Memo tricks and references to outside."""
    yield "persistent text", beside(b"Pcanary\n"), "outside the file"
    yield "persistent tuple", beside(storage()), "outside the file"
    yield "persistent number", beside(b"K\1Q"), "outside the file"
    yield "buffer outside", beside(b"\x97"), "outside the file"
    yield "read-only buffer outside", beside(b"\x98"), "outside the file"
    yield "missing memo", beside(b"h\xff"), "never stored"
    yield "missing memo by text", beside(b"g77777\n"), "never stored"
    yield "missing memo by four bytes", beside(b"j\xff\xff\xff\xff"), "never stored"
    yield "negative memo", beside(b"K\1p-1\n"), "as number -1"
    yield "colliding memo", beside(b"K\1p2305843009213693951\n"), "as number"
    yield "memo of nothing", b"\x80\x04q\0" + END, "never made"
    yield "list in itself", beside(b"]q\xf0h\xf0a"), None
    yield "mapping in itself", beside(b"}q\xf0" + text("a") + b"h\xf0s"), None
    yield "arguments in themselves", snapshot(module(b"}q\xf0" + text("a") + b"h\xf0s")), "nested more than"
    yield "tuple in itself", beside(b"(]q\xf0tq\xf1h\xf0h\xf1a0"), None
    yield "network in itself", snapshot(module(modules=b"}q\xf0" + text("a") + _again()[:-1])), "nested more than"


def _again() -> bytes:
    """A network among whose networks is the table it lies in."""
    return module(modules=b"h\xf0") + b"ss"


def lengths() -> Cases:
    """Lengths that the file does not have."""
    huge, wide = struct.pack("<Q", 1 << 62), struct.pack("<I", (1 << 32) - 1)
    wide_codes = {"text": b"X", "bytes": b"B", "old text": b"T", "number": b"\x8b"}
    for title, code in wide_codes.items():
        yield f"four-byte length of {title}", beside(code + wide), "the file ends|a number of"
    for title, code in {"text": b"\x8d", "bytes": b"\x8e", "byte array": b"\x96"}.items():
        yield f"eight-byte length of {title}", beside(code + huge), "the file ends"
    yield "frame", b"\x80\x04\x95" + huge + beside(b"N")[2:], "a frame of"
    yield "long number", beside(b"\x8b" + struct.pack("<I", 1 << 20) + b"\1" * (1 << 20)), "a number of"
    yield "long digits", beside(b"L" + b"9" * 5000 + b"L\n"), "needs a number"
    yield "long float", beside(b"F" + b"x" * 500 + b"\n"), "for a number"
    yield "endless name", b"\x80\x04c" + b"o" * 200_000, "does not end"
    yield "protocol", b"\x80\x09N.", "protocol 9"
    yield "no instruction", beside(b"\xff"), "no instruction"
    yield "bad text", beside(b"X\2\0\0\0\xff\xfe"), "no text"
    yield "bad raw text", beside(b"V\\uZZZZ\n"), "no text"
    yield "python 2 escapes", beside(b"S'\\x41'\n"), "Python 2"
    yield "digits", beside(b"Ionetwo\n"), "needs a number"


def stacks() -> Cases:
    """Stacks that run out."""
    yield "nothing", END, "never made"
    yield "pop of nothing", b"0" + END, "never opened"
    yield "tuple of nothing", b"\x87" + END, "never made"
    yield "close without open", b"t" + END, "never opened"
    yield "double of nothing", b"2" + END, "never made"
    yield "reduce of nothing", b"R" + END, "never made"
    yield "no stop", b"\x80\x04}", "ends in the middle"
    yield "odd mapping", beside(b"(K\1d"), "no value"
    yield "odd items", beside(b"}(K\1u"), "no value"


def floods() -> Cases:
    """Small files that would take all memory or all time."""
    yield "flood of lists", beside(b"]" * 1_100_000), "more than 1,000,000 values"
    yield "flood of marks", b"(" * 1_100, "inside each other"
    yield "flood of memos", b"N" + b"\x94" * 1_100_000 + END, "more than 1,000,000 values"
    yield "unfolding tuples", beside(bomb(60)), None
    yield "unfolding arguments", snapshot(module(table(a=bomb(60)))), "more than 1,000,000 values"
    yield "unfolding key", beside(b"}" + bomb(60) + b"Ns"), "has a key that is a tuple"
    yield "list as a key", beside(b"}]Ns"), "has a key that is a list"
    yield "deep tuples", beside(b")" + b"\x85" * 50_000), None
    yield "deep lists", beside(b"]" * 50_000 + b"a" * 49_999), None
    yield "deep arguments", snapshot(module(table(a=b")" + b"\x85" * 50_000))), "nested more than"
    yield "unfolding networks", snapshot(_unfolding()), "more than 1,000,000 values"
    odd = b"".join(b"G" + struct.pack(">d", number) + b"N" for number in range(1, 11_000))
    yield "odd keys", beside(b"(" + odd + b"d"), "odd keys"
    many = table(a=b"](" + b"".join(row(value(n), b"N") for n in range(2000)) + b"eq\xf0")
    again = name("collections", "OrderedDict") + b"h\xf0\x85R0"
    yield "mapping copied again and again", b"\x80\x04" + many + again * 600 + END, "more than 1,000,000 values"
    long = b"X" + struct.pack("<I", 1 << 20) + b"a" * (1 << 20) + b"q\xf0"
    yield "long name of a class", beside(text("os") + long + b"\x93"), "a name of 1,048,578 letters"
    yield "long name of a tensor", snapshot(module(b"}" + long + b"Ns", b"}h\xf0" + value(WEIGHT) + b"s")), "a name of"
    called = name("evil", "call") + b")R" + b")R" * 100_000
    yield "calls of calls", beside(called), None
    colliding = b"".join(value(number << 40) + b"N" for number in range(1 << 16))
    yield "colliding numbers", beside(b"(" + colliding + b"d"), None
    words = b"X" + struct.pack("<I", 1 << 20) + b"a" * (1 << 20) + b"q\xf0"
    encoded = name("_codecs", "encode") + b"h\xf0" + text("latin1") + b"\x86R"
    yield "text encoded again and again", b"\x80\x04" + words + b"(" + encoded * 100 + b"t" + END, "more memory"


def _unfolding() -> bytes:
    """Networks each of which holds the next one twice."""
    inner = module()
    for _ in range(40):
        inner = module(modules=b"}(" + text("a") + inner + b"q\xf0" + text("b") + b"h\xf0u")
    return inner


def tensors() -> Cases:
    """Tensors that do not lie where they say."""
    lies = {
        "shape": tensor(storage(), shape=(5,)),
        "huge shape": tensor(storage(), shape=(1 << 40, 1 << 40), strides=(1, 1)),
        "negative shape": tensor(storage(), shape=(-4,)),
        "stride": tensor(storage(), strides=(2,)),
        "negative stride": tensor(storage(), offset=3, strides=(-1,)),
        "offset": tensor(storage(), offset=1),
        "huge offset": tensor(storage(), offset=1 << 47),
        "negative offset": tensor(storage(), offset=-1),
        "empty huge shape": tensor(storage(), shape=(0, 1 << 46, 1 << 46), strides=(1, 1, 1)),
        "shape of text": tensor(storage(), shape="4"),
        "fractional shape": tensor(storage(), shape=(4.0,)),
        "too few strides": tensor(storage(), shape=(2, 2)),
        "many axes": tensor(storage(), shape=(1,) * 40, strides=(1,) * 40),
        "endless number": tensor(storage(), shape=(1 << 900,)),
    }
    for title, lie in lies.items():
        yield f"{title} of a tensor", zipped(table(weight=lie)), "claims element|are no sizes"
        yield f"{title} of a legacy tensor", legacy(table(weight=lie)), "claims element|are no sizes"
    spread = tensor(storage(), shape=(1 << 20, 1 << 20), strides=(0, 0))
    yield "tensor spread over no memory", zipped(table(weight=spread)), "more memory"
    shared = b"(" + b"".join(text(f"w{n}") + (b"h\xf0" if n else _spread(1 << 20)) for n in range(40)) + b"d"
    yield "one tensor under many names", zipped(shared), "more memory"
    yield "storage in a list", zipped(table(weight=tensor(b"]"))), "lies in a list"
    yield "parameter of text", zipped(table(w=call("torch._utils", "_rebuild_parameter", text("a")))), "no generator"


def _spread(size: int) -> bytes:
    return tensor(storage(), shape=(size,), strides=(0,)) + b"q\xf0"


def numpy_arrays() -> Cases:
    """Arrays whose bytes are other than they say."""

    def array(shape: bytes, kind: bytes, raw: bytes) -> bytes:
        made = call("numpy.core.multiarray", "_reconstruct", name("numpy", "ndarray"), row(b"K\0"), octets(b"b"))
        return made + row(b"K\1", shape, kind, b"\x89", raw) + b"b"

    def kind(code: str) -> bytes:
        return call("numpy", "dtype", text(code), b"K\0", b"K\1")

    huge = value((1 << 40,))
    yield "object array", beside(value(np.array([{"a": 1}], object))), None
    yield "object array of bytes", beside(array(value((1,)), kind("O8"), octets(b"\0" * 8))), None
    yield "structured array", beside(value(np.zeros(2, [("a", "f4")]))), None
    yield "array without state", beside(call("numpy.core.multiarray", "_reconstruct", _SYSTEM, row(b"K\0"))), None
    yield "odd kind", beside(array(value((8,)), kind("f1"), octets(b"\0" * 8))), None
    yield "array of a huge shape", beside(array(huge, kind("f4"), octets(b"\0" * 16))), "claims other than its 16 bytes"
    yield (
        "array of a negative shape",
        beside(array(value((-1, -4)), kind("f4"), octets(b"\0" * 16))),
        "format that is none",
    )
    yield (
        "empty array of a huge shape",
        beside(array(value((0, 1 << 47, 1 << 47)), kind("f4"), octets(b""))),
        "format that is none",
    )
    yield "array of text", beside(array(value((1,)), kind("f4"), text("\u20ac\u20ac"))), "where it needs bytes"
    yield "number of bytes", beside(call("numpy.core.multiarray", "scalar", kind("f4"), octets(b"\0"))), "claims other"
    yield "kind without an order", beside(kind("f4") + b"K\1b"), "a state that is none"
    yield (
        "buffer of a huge shape",
        beside(call("numpy.core.numeric", "_frombuffer", octets(b"\0" * 4), kind("f4"), huge, text("C"))),
        "claims other",
    )


def torch_files() -> Cases:
    """Torch files, also inside pickles, whose storages lie."""
    good = tensor(storage())
    ids = {
        "number": b"K\1Q",
        "list": b"]Q",
        "short": row(text("storage"), text("0")) + b"Q",
        "module": row(text("module"), _SYSTEM) + b"Q",
        "class": storage(of=_SYSTEM),
        "class of text": storage(of=text("FloatStorage")),
        "key of a list": storage(key=b"]"),
        "negative size": storage(numel=value(-4)),
        "fractional size": storage(numel=value(4.0)),
        "huge size": storage(numel=value(1 << 47)),
        "endless size": storage(numel=value(1 << 900)),
        "view": storage(rest=[value(("1", 0, 4))]),
    }
    said = "no tensor storage|no storage known|a size that is none|before 0.4|claims|two ways"
    for title, lie in ids.items():
        yield f"zip storage by {title}", zipped(table(weight=tensor(lie))), said
        yield f"legacy storage by {title}", legacy(table(weight=tensor(lie))), said
    yield "storage that is not there", zipped(table(weight=good), {}), "lacks the numbers"
    yield "storage out of its folder", zipped(table(weight=tensor(storage(text("../data.pkl"))))), "lacks the numbers"
    twice = table(a=good, b=tensor(storage(numel=value(2)), shape=(2,)))
    yield "storage of two sizes", zipped(twice), "two ways"
    yield (
        "big-endian zip",
        zipped(table(weight=good), {"a/data/0": WEIGHT.tobytes(), "a/byteorder": b"big"}),
        "big-endian",
    )
    yield "big-endian", legacy(table(weight=good), system={"little_endian": False}), "big-endian"
    yield "legacy key list", legacy(table(weight=good), keys=("0", "0")), "other storages"
    yield "legacy key of a number", legacy(table(weight=good), keys=(0,)), "does not list"
    yield "legacy count", legacy(table(weight=good), numbers=struct.pack("<Q", 1 << 60)), "not that many"
    yield (
        "legacy cut off",
        legacy(table(weight=good), numbers=struct.pack("<Q", 4) + b"\0" * 8),
        "the file holds 8 for it",
    )
    program = legacy(call("os", "system", _TOUCH), keys=(), numbers=b"")
    yield "program in a torch file", snapshot(module(parameters=table(w=nested(program)))), "more than one storage"
    yield "torch file in a torch file", beside(nested(legacy(nested(legacy(storage()))))), "inside a torch file"
    yield "zip in a pickle", beside(nested(zipped(storage()))), None
    yield "zip in a zip in a pickle", beside(nested(zipped(nested(zipped(storage()))))), "inside a torch file"
    yield "bytes in a pickle", beside(nested(beside(b"N"))), "should be a torch file"
    yield "text in a pickle", beside(call("torch.storage", "_load_from_bytes", b"K\1")), "where it needs bytes"
    lie = nested(legacy(storage(numel=value(1 << 40)), numbers=struct.pack("<Q", 1 << 40)))
    yield "storage in a pickle", beside(tensor(lie)), "the file holds 0 for it"
    many = octets(legacy(storage())) + b"q\xf00" + (name("torch.storage", "_load_from_bytes") + b"h\xf0\x85R0") * 40_000
    yield "one torch file opened again and again", b"\x80\x04" + many + END, "more than 1,000,000 values"


def zips() -> Cases:
    """Zip files that unpack to more than they are."""
    good = table(weight=tensor(storage()))
    sound = zipped(good)
    yield "compressed", zipped(good, method=zipfile.ZIP_DEFLATED), "compresses"
    zeros = {"a/data/0": b"\0" * (8 << 20)}
    yield "bomb", zipped(table(weight=tensor(storage(numel=value(2 << 20)))), zeros, zipfile.ZIP_DEFLATED), "compresses"
    for title, entry in {"parent": "../canary", "root": "/tmp/canary", "windows": "a\\..\\canary"}.items():
        yield f"{title} of the zip", zipped(good, {"a/data/0": WEIGHT.tobytes(), entry: b"x"}), "leads out"
    yield "no data.pkl", zipped(good).replace(b"a/data.pkl", b"a/evil.pkl"), "no data.pkl"
    yield "two data.pkl", zipped(good, {"a/data/0": WEIGHT.tobytes(), "b/data.pkl": b"N."}), "or several"
    doubled = zipped(good, {"a/data/0": WEIGHT.tobytes(), "a/data/1": WEIGHT.tobytes()})
    yield "doubled entry", doubled.replace(b"a/data/1", b"a/data/0"), "two entries named"
    directory = sound.index(b"PK\1\2")
    second = sound.index(b"PK\1\2", directory + 4)
    overlap = bytearray(sound)
    overlap[second + 42 : second + 46] = overlap[directory + 42 : directory + 46]
    yield "overlapping entries", bytes(overlap), "overlap"
    stretched = bytearray(sound)
    for field in (20, 24):
        stretched[second + field : second + field + 4] = struct.pack("<I", 1 << 30)
    yield "stretched entry", bytes(stretched), "points to byte"
    locked = bytearray(sound)
    locked[second + 8] |= 1
    yield "locked entry", bytes(locked), "locks"
    wide = bytearray(sound)
    wide[second + 42 : second + 46] = b"\xff" * 4
    yield "entry without its wide place", bytes(wide), "compresses or locks"
    counted = bytearray(sound)
    counted[-12:-10] = b"\xff\xff"
    yield "more entries than there are", bytes(counted), "points to byte"
    moved = bytearray(sound)
    moved[-6:-2] = struct.pack("<I", 4)
    yield "directory elsewhere", bytes(moved), "damaged|points to"
    yield "stray entry", sound.replace(b"PK\3\4", b"PK\7\7").replace(b"PK\7\7", b"PK\3\4", 1), "not there"
    yield "no directory", sound[:directory], "cut off"
    lie = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1 << 50, 1 << 50, 1 << 60, 0)
    where = len(sound) - 22
    point = struct.pack("<4sIQI", b"PK\6\7", 0, where, 1)
    yield "wide directory", sound[:where] + lie + point + sound[where:], "claims 1,125,899,906,842,624 entries"
    astray = struct.pack("<4sIQI", b"PK\6\7", 0, 1 << 60, 1)
    yield "directory beyond the end", sound[:where] + astray + sound[where:], "points to byte"


def safetensors() -> Cases:
    """Safetensors files whose headers lie."""

    def one(dtype: str = '"F32"', shape: str = "[4]", span: str = "[0, 16]", more: str = "") -> bytes:
        return tensors_file(f'{{"w": {{"dtype": {dtype}, "shape": {shape}, "data_offsets": {span}}}{more}}}')

    again = ', "v": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}'
    yield "overlapping tensors", one(more=again), "overlaps"
    yield "gap", one(shape="[3]", span="[4, 16]"), "gap"
    yield "left over", one(shape="[3]", span="[0, 12]"), "belong to no tensor"
    yield "beyond the end", one(shape="[8]", span="[0, 32]"), "lies outside"
    yield "negative place", one(span="[-16, 0]"), "lies outside"
    yield "huge place", one(span=f"[0, {10**30}]"), "lies outside"
    yield "backward place", one(span="[16, 0]"), "lies outside"
    yield "fractional place", one(span="[0.0, 16.0]"), "no place"
    yield "place of truth", one(span="[false, 16]"), "no place"
    yield "no place", one(span="null"), "no place"
    yield "no entry", tensors_file('{"w": 3}'), "no place"
    yield "huge axis", one(shape=f"[{10**4000}]"), "no shape"
    yield "many axes", one(shape=str([1 << 40] * 1000)), "no shape"
    yield "negative axis", one(shape="[-4]"), "no shape"
    yield "empty huge shape", one(shape="[0, 99999999999, 99999999999]", span="[0, 0]"), "no shape|left over|bytes that"
    yield "wrong shape", one(shape="[5]"), "claims a shape"
    yield "many zero axes", one(shape="[0, 281474976710655]"), "claims a shape"
    yield "unknown format", one(dtype='"F8_E4M3"'), "number format"
    yield "format of a list", one(dtype="[]"), "number format"
    yield "doubled name", one(more=again.replace('"v"', '"w"')), "one key twice"
    yield "odd metadata", one(more=', "__metadata__": {"a": 3}'), "no table of text"
    yield "deep header", tensors_file('{"w": ' + "[" * 200_000), "no JSON"
    yield "endless digits", tensors_file('{"w": ' + "9" * 10_000 + "}"), "no JSON"
    yield "header of a list", tensors_file("{]"), "no JSON"
    yield "header of no text", tensors_file(b"{\xff\xfe}"), "no JSON"
    yield "long header", tensors_file("{" + " " * (5 << 20) + "}"), "a header of"
    yield "header beyond the end", tensors_file("{}", size=1 << 60), "no instruction|no pickle|never made|needs"


def truncatable() -> bytes:
    """A small pickle with calls, nested files, memos and containers: every prefix of it must be refused."""
    inner = tensor(nested(legacy(storage())))
    return snapshot(module(table(a=value({"b": [1, 2.5, None, (True, "c")]})), table(weight=inner)))

"""Reads a pickle as data: an interpreter of its instructions that imports nothing, calls nothing and bounds everything.

A pickle is a program for a stack machine (the opcodes are those of CPython's `pickletools`, protocols 0 to 5). Here
instructions that would import, call or build an object hand names and arguments to `_pickle_rebuild`, which knows a
short list of tensors, arrays and containers; all others leave an `Inert` record. Every length is compared with what the
file still holds before anything is copied.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any

from vj.core.errors import CheckpointError
from vj.workshop.checkpoint._pickle_machine import LONGEST_NUMBER, Machine
from vj.workshop.checkpoint._pickle_rebuild import build, call, new
from vj.workshop.checkpoint.values import Global, Inert, Reading, named, shown

_HIGHEST_PROTOCOL = 5


def read_pickle(data: memoryview, reading: Reading, at: int = 0) -> tuple[Any, int]:
    """The value of the pickle that starts at byte `at` of `data`, and the index of the first byte after it.

    Strings of bytes come out as views of `data`. Raises CheckpointError for anything that is no pickle, is cut off, or
    asks for more than its budget has left.
    """
    machine = Machine(data, at, reading)
    while True:
        reading.budget.count()
        code = machine.take(1)[0]
        if code == _STOP:
            return machine.pop(), machine.at
        step = _STEPS.get(code)
        if step is None:
            raise CheckpointError(f"the file is no pickle: {code:#04x} at byte {machine.at - 1} is no instruction")
        step(machine)


def _proto(m: Machine) -> None:
    version = m.unsigned(1)
    if version > _HIGHEST_PROTOCOL:
        raise CheckpointError(f"the pickle is of protocol {version}; {_HIGHEST_PROTOCOL} is the highest there is")


def _frame(m: Machine) -> None:
    size = m.unsigned(8)
    if size > len(m.data) - m.at:
        raise CheckpointError(f"the pickle has a frame of {size:,} bytes, but the file ends before")


def _long(m: Machine, width: int) -> None:
    size = m.unsigned(width)
    if size > LONGEST_NUMBER:
        raise CheckpointError(f"the pickle has a number of {size:,} bytes")
    m.push(int.from_bytes(m.take(size), "little", signed=True))


def _float_line(m: Machine) -> None:
    line = m.line()
    try:
        m.push(float(line[:LONGEST_NUMBER]))
    except ValueError as error:
        raise CheckpointError(f"the file has {shown(line.decode('latin-1'))} for a number") from error


def _string_line(m: Machine) -> None:
    line = m.line()
    if len(line) < 2 or line[:1] not in (b"'", b'"') or line[-1:] != line[:1] or b"\\" in line:
        raise CheckpointError(
            "the pickle has a string as Python 2 wrote it", hint="save it again with protocol 2 or later"
        )
    m.push(line[1:-1].decode("latin-1"))


def _stack_global(m: Machine) -> None:
    name, module = m.pop(), m.pop()
    m.push(named(module, name))


def _global(m: Machine) -> None:
    module = m.words()
    m.push(named(module, m.words()))


def _inst(m: Machine) -> None:
    of = named(m.words(), m.words())
    m.push(new(m.reading, of, tuple(m.since_mark())))


def _obj(m: Machine) -> None:
    items = m.since_mark()
    if not items:
        raise CheckpointError("the pickle makes an object of no class")
    m.push(new(m.reading, items[0], tuple(items[1:])))


def _newobj_ex(m: Machine) -> None:
    keywords, args, of = m.pop(), m.pop(), m.pop()
    m.push(new(m.reading, of, (*_tuple(m, args), keywords) if keywords else args))


def _newobj(m: Machine) -> None:
    args, of = m.pop(), m.pop()
    m.push(new(m.reading, of, args))


def _tuple(m: Machine, args: Any) -> tuple[Any, ...]:
    if not isinstance(args, tuple):
        raise CheckpointError(f"the pickle makes an object from a {type(args).__name__}")
    m.budget.count(len(args))
    return args


def _reduce(m: Machine) -> None:
    args, of = m.pop(), m.pop()
    m.push(call(m.reading, of, args))


def _build(m: Machine) -> None:
    state = m.pop()
    build(m.reading, m.top(), state)


def _append(m: Machine, items: list[Any]) -> None:
    target = m.top()
    if isinstance(target, list):
        target.extend(items)
    elif isinstance(target, Inert):
        target.fill(items)
    else:
        raise CheckpointError(f"the pickle appends to a {type(target).__name__}")


def _pairs(m: Machine, items: list[Any]) -> list[tuple[Any, Any]]:
    if len(items) % 2:
        raise CheckpointError("the pickle has a mapping with a key but no value")
    return list(zip(items[::2], items[1::2], strict=True))


def _dict(m: Machine, items: list[Any]) -> dict[Any, Any]:
    return {m.budget.key(key): value for key, value in _pairs(m, items)}


def _set_items(m: Machine, items: list[Any]) -> None:
    target = m.top()
    if isinstance(target, dict):
        target.update(_dict(m, items))
    elif isinstance(target, Inert):
        target.fill(_pairs(m, items))
    else:
        raise CheckpointError(f"the pickle puts keys into a {type(target).__name__}")


def _set_item(m: Machine) -> None:
    value, key = m.pop(), m.pop()
    _set_items(m, [key, value])


def _pop(m: Machine) -> None:
    if m.stack:
        m.stack.pop()
    else:
        m.since_mark()


def _last(m: Machine, count: int) -> tuple[Any, ...]:
    return tuple(reversed([m.pop() for _ in range(count)]))


def _extension(m: Machine) -> None:
    raise CheckpointError("the pickle names a class by a number that only the program that wrote it knows")


def _buffer(m: Machine) -> None:
    raise CheckpointError("the pickle keeps its arrays outside the file")


def _frozenset(m: Machine) -> Inert:
    return Inert(Global("builtins", "frozenset"), items=m.since_mark())


_STOP = ord(".")
_STEPS: Mapping[int, Callable[[Machine], None]] = {
    ord(code): step
    for code, step in {
        # Constants, numbers, text and bytes.
        "N": lambda m: m.push(None),
        "\x88": lambda m: m.push(True),
        "\x89": lambda m: m.push(False),
        "I": lambda m: m.push(m.number()),
        "L": lambda m: m.push(m.number()),
        "K": lambda m: m.push(m.unsigned(1)),
        "M": lambda m: m.push(m.unsigned(2)),
        "J": lambda m: m.push(int.from_bytes(m.take(4), "little", signed=True)),
        "\x8a": lambda m: _long(m, 1),
        "\x8b": lambda m: _long(m, 4),
        "F": _float_line,
        "G": lambda m: m.push(struct.unpack(">d", m.take(8))[0]),
        "S": _string_line,
        "T": lambda m: m.push(m.text(m.unsigned(4), "latin-1")),
        "U": lambda m: m.push(m.text(m.unsigned(1), "latin-1")),
        "V": lambda m: m.push(m.unicode_line()),
        "\x8c": lambda m: m.push(m.text(m.unsigned(1))),
        "X": lambda m: m.push(m.text(m.unsigned(4))),
        "\x8d": lambda m: m.push(m.text(m.unsigned(8))),
        "C": lambda m: m.push(m.take(m.unsigned(1))),
        "B": lambda m: m.push(m.take(m.unsigned(4))),
        "\x8e": lambda m: m.push(m.take(m.unsigned(8))),
        "\x96": lambda m: m.push(m.take(m.unsigned(8))),
        # Containers.
        ")": lambda m: m.push(()),
        "\x85": lambda m: m.push(_last(m, 1)),
        "\x86": lambda m: m.push(_last(m, 2)),
        "\x87": lambda m: m.push(_last(m, 3)),
        "t": lambda m: m.push(tuple(m.since_mark())),
        "]": lambda m: m.push([]),
        "l": lambda m: m.push(m.since_mark()),
        "a": lambda m: _append(m, [m.pop()]),
        "e": lambda m: _append(m, m.since_mark()),
        "}": lambda m: m.push({}),
        "d": lambda m: m.push(_dict(m, m.since_mark())),
        "s": _set_item,
        "u": lambda m: _set_items(m, m.since_mark()),
        "\x8f": lambda m: m.push(Inert(Global("builtins", "set"))),
        "\x90": lambda m: _append(m, m.since_mark()),
        "\x91": lambda m: m.push(_frozenset(m)),
        # The stack, the marks and the memo.
        "(": Machine.mark,
        "0": _pop,
        "1": lambda m: m.since_mark() and None,
        "2": lambda m: m.push(m.top()),
        "p": lambda m: m.remember(m.number()),
        "q": lambda m: m.remember(m.unsigned(1)),
        "r": lambda m: m.remember(m.unsigned(4)),
        "\x94": lambda m: m.remember(len(m.memo)),
        "g": lambda m: m.recall(m.number()),
        "h": lambda m: m.recall(m.unsigned(1)),
        "j": lambda m: m.recall(m.unsigned(4)),
        # Names, calls and objects: data only.
        "c": _global,
        "\x93": _stack_global,
        "R": _reduce,
        "b": _build,
        "i": _inst,
        "o": _obj,
        "\x81": _newobj,
        "\x92": _newobj_ex,
        "P": lambda m: m.persistent(m.words()),
        "Q": lambda m: m.persistent(m.pop()),
        "\x82": _extension,
        "\x83": _extension,
        "\x84": _extension,
        # The file itself.
        "\x80": _proto,
        "\x95": _frame,
        "\x97": _buffer,
        "\x98": _buffer,
    }.items()
}

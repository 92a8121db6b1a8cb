"""Bends right files by luck: bytes, numbers, words and structure; the same bend for the same seed."""

import random
import re
import struct
from collections.abc import Callable, Sequence

#: Numbers that nobody means.
NUMBERS = (
    "0", "-1", "1e308", "-1e999", "nan", "inf", "9223372036854775807", "-9223372036854775809", "0.1e-320", "1" * 400,
    "65536", "2147483648", "0x7f", "1_000", "true", '"1"', "[]", "{}", "1e999",
)  # fmt: skip
#: Words that nobody means.
WORDS = (
    "", "../../etc/passwd", "\\u0000", "\U0001f985" * 9, "x" * 3000, "[" * 900, "{a=" * 400, "/latent/psi", "nan", "'",
    "\r", "\t", "é" * 200, "%n%s", "__class__", "4 beats", "99999999 bars", "*/", "/*", "#version 110", "\\",
)  # fmt: skip
#: 32 bits that a length or a count may wrongly be.
WHOLE = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WORD = re.compile(rb"[A-Za-z_]{2,}|\"[^\"\n]*\"")

Deed = Callable[[bytearray, Sequence[bytes], random.Random], None]


def bent(right: Sequence[bytes], luck: random.Random, text: bool) -> bytes:
    """One of the `right` ones with up to a dozen things wrong with it; `text` knows of words and lines."""
    data = bytearray(luck.choice(right))
    deeds = (*_BYTES, *(_TEXT * 2)) if text else _BYTES
    for _ in range(luck.choice((0, 1, 1, 1, 2, 3, 12))):
        luck.choice(deeds)(data, right, luck)
        del data[1 << 20 :]
    return bytes(data) if luck.random() > 0.02 else luck.randbytes(luck.randrange(400))


def _flip(data: bytearray, right: Sequence[bytes], luck: random.Random) -> None:
    if data:
        data[_place(data, luck)] ^= 1 << luck.randrange(8)


def _place(data: bytearray, luck: random.Random) -> int:
    """Mostly near the beginning, where headers are."""
    return min(int(len(data) * luck.random() ** luck.choice((1, 3, 6))), max(len(data) - 1, 0))


def _insert(data: bytearray, right: Sequence[bytes], luck: random.Random) -> None:
    at = _place(data, luck)
    data[at:at] = luck.randbytes(luck.choice((1, 2, 4, 64)))


def _cut(data: bytearray, right: Sequence[bytes], luck: random.Random) -> None:
    at = _place(data, luck)
    del data[at : at + luck.choice((1, 2, 4, 64, 4096))]


def _end(data: bytearray, right: Sequence[bytes], luck: random.Random) -> None:
    del data[luck.randrange(len(data) + 1) :]


def _number(data: bytearray, right: Sequence[bytes], luck: random.Random) -> None:
    at, order = _place(data, luck), luck.choice("<>")
    value, size = luck.choice(WHOLE), luck.choice("BHI")
    raw = struct.pack(order + size, value & ((1 << 8 * struct.calcsize(size)) - 1))
    data[at : at + len(raw)] = raw


def _again(data: bytearray, right: Sequence[bytes], luck: random.Random) -> None:
    at, begin = _place(data, luck), _place(data, luck)
    data[at:at] = data[begin : begin + luck.choice((4, 16, 200))] * luck.choice((1, 2, 30))


def _splice(data: bytearray, right: Sequence[bytes], luck: random.Random) -> None:
    other = luck.choice(right)
    data[_place(data, luck) :] = other[luck.randrange(len(other) + 1) :]


def _swap(pattern: "re.Pattern[bytes]", others: Sequence[str]) -> Deed:
    def deed(data: bytearray, right: Sequence[bytes], luck: random.Random) -> None:
        found = list(pattern.finditer(bytes(data)))
        if found:
            one = luck.choice(found)
            data[one.start() : one.end()] = luck.choice(others).encode()

    return deed


def _word(data: bytearray, right: Sequence[bytes], luck: random.Random) -> None:
    """A word in another one's place."""
    found = list(_WORD.finditer(bytes(data)))
    other = _WORD.findall(luck.choice(right))
    if found and other:
        one = luck.choice(found)
        data[one.start() : one.end()] = luck.choice(other)


def _line(data: bytearray, right: Sequence[bytes], luck: random.Random) -> None:
    lines = bytes(data).split(b"\n")
    at, to = luck.randrange(len(lines)), luck.randrange(len(lines))
    deed = luck.randrange(4)
    if deed == 0:
        del lines[at]
    elif deed == 1:
        lines.insert(to, lines[at])
    elif deed == 2:
        lines[at], lines[to] = lines[to], lines[at]
    else:
        lines[at:at] = [lines[at]] * luck.choice((2, 20, 300))
    data[:] = b"\n".join(lines)


_BYTES: tuple[Deed, ...] = (_flip, _insert, _cut, _end, _number, _again, _splice)
_TEXT: tuple[Deed, ...] = (_swap(_NUMBER, NUMBERS), _swap(_WORD, WORDS), _word, _line)

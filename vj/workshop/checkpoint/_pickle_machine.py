"""The machine a pickle is a program for: a stack, marks on it and a memo, each of them bounded."""

from typing import Any

from vj.core.errors import CheckpointError
from vj.workshop.checkpoint.values import Reading, shown

#: Bytes of the longest line, digits or bytes of the longest number.
_LONGEST_LINE = 1 << 16
LONGEST_NUMBER = 128
_MOST_MARKS = 1000
#: Numbers of stored values take four bytes at most.
_MOST_INDEX = 1 << 32


class Machine:
    """The stack, the marks and the memo of one pickle."""

    def __init__(self, data: memoryview, at: int, reading: Reading) -> None:
        self.data = data
        self.at = at
        self.reading = reading
        self.budget = reading.budget
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def take(self, size: int) -> memoryview:
        """The next `size` bytes, not copied."""
        if size > len(self.data) - self.at:
            raise CheckpointError(f"the file ends in the middle of a pickle: {size:,} bytes wanted at byte {self.at:,}")
        start, self.at = self.at, self.at + size
        return self.data[start : self.at]

    def unsigned(self, size: int) -> int:
        """The next `size` bytes as a little-endian number from 0 up."""
        return int.from_bytes(self.take(size), "little")

    def line(self, longest: int = _LONGEST_LINE) -> bytes:
        """The bytes up to the next line feed, at most `longest`."""
        reach = 256
        while reach < 16 * longest:
            part = bytes(self.data[self.at : self.at + min(reach, longest)])
            end = part.find(b"\n")
            if end >= 0:
                self.at += end + 1
                return part[:end]
            if len(part) < reach:
                break
            reach *= 16
        raise CheckpointError(f"the file has a line in its pickle that does not end, at byte {self.at:,}")

    def text(self, size: int, encoding: str = "utf-8", errors: str = "surrogatepass") -> str:
        """The next `size` bytes as text."""
        raw = self.take(size)
        self.budget.copy(size)
        return decoded(raw, encoding, errors)

    def unicode_line(self) -> str:
        """The next line as text of any length: how protocol 0 writes arrays too."""
        line = self.line(len(self.data))
        self.budget.copy(len(line))
        return decoded(line, "raw_unicode_escape", "strict")

    def words(self) -> str:
        """The next line as text."""
        return decoded(self.line(), "utf-8", "strict")

    def number(self) -> int:
        """The next line as a whole number; 00 and 01 are the old spellings of False and True."""
        line = self.line().removesuffix(b"L")
        digits = line.removeprefix(b"-")
        if not digits.isdigit() or len(digits) > LONGEST_NUMBER:
            raise CheckpointError(f"the file has {shown(line.decode('latin-1'))} where its pickle needs a number")
        return {b"00": False, b"01": True}.get(line, int(line))

    def pop(self) -> Any:
        if not self.stack:
            raise CheckpointError(f"the pickle takes a value that it never made, before byte {self.at:,}")
        return self.stack.pop()

    def top(self) -> Any:
        if not self.stack:
            raise CheckpointError(f"the pickle changes a value that it never made, before byte {self.at:,}")
        return self.stack[-1]

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def mark(self) -> None:
        if len(self.marks) >= _MOST_MARKS:
            raise CheckpointError(f"the pickle opens more than {_MOST_MARKS} containers inside each other")
        self.marks.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[Any]:
        """What was pushed since the last mark, taken off the stack."""
        if not self.marks:
            raise CheckpointError(f"the pickle closes a container that it never opened, before byte {self.at:,}")
        items, self.stack = self.stack, self.marks.pop()
        return items

    def remember(self, index: int) -> None:
        if not 0 <= index < _MOST_INDEX:
            raise CheckpointError(f"the pickle stores a value as number {shown(index)}")
        self.memo[index] = self.top()

    def recall(self, index: int) -> None:
        if index not in self.memo:
            raise CheckpointError(f"the pickle refers to value {shown(index)}, which it never stored")
        self.push(self.memo[index])

    def persistent(self, name: Any) -> None:
        if self.reading.resolve is None:
            raise CheckpointError(f"the pickle refers to {shown(name)}, which is outside the file")
        self.push(self.reading.resolve(name))


def decoded(raw: bytes | memoryview, encoding: str, errors: str) -> str:
    """`raw` as text; raises CheckpointError where it is none."""
    try:
        return str(raw, encoding, errors)
    except UnicodeDecodeError as error:
        raise CheckpointError("the file has text in its pickle that is no text") from error

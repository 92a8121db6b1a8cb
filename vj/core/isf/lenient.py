"""JSON as people write it: with comments, commas too many or too few, other quotes, bare words, numbers such as .5."""

import json
import re
from typing import Any

_BLANK = re.compile(r"(?:\s|,|//[^\n]*|#[^\n]*)*")
_STRING = re.compile(r'"((?:\\.|[^"\\])*)"|\'((?:\\.|[^\'\\])*)\'', re.DOTALL)
_WORD = re.compile(r"[^\s,:{}\[\]\"']+")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_WORDS = {"true": True, "false": False, "yes": True, "no": False, "null": None, "none": None, "nil": None}
_DEEPEST = 60


class LenientError(ValueError):
    """What even so is no JSON; `at` is where in the text."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(what)
        self.at = at


def parsed(text: str) -> dict[str, Any]:
    """The object that `text` is, strictly where it can be read so. Raises LenientError."""
    try:
        found = json.loads(text, strict=False)
    except json.JSONDecodeError:
        found = _Reader(text).whole()
    except RecursionError:
        raise LenientError("it is nested too deeply", 0) from None
    if not isinstance(found, dict):
        raise LenientError("it is no object", 0)
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0

    def whole(self) -> Any:
        found = self._value()
        if self._next():
            raise LenientError("there is something after its end", self._at)
        return found

    def _next(self) -> str:
        """The sign that comes next, blanks, comments and commas left out; "" at the end."""
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
        return self._text[self._at : self._at + 1]

    def _value(self) -> Any:
        sign = self._next()
        if sign and sign in "{[":
            self._depth += 1
            if self._depth > _DEEPEST:
                raise LenientError("it is nested too deeply", self._at)
            self._at += 1
            found = self._object() if sign == "{" else self._list()
            self._depth -= 1
            return found
        return self._string() if sign in ('"', "'") else self._word()

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (sign := self._next()) != "}":
            key = self._string() if sign in ('"', "'") else str(self._taken())
            if self._next() not in (":", "="):
                raise LenientError(f"{key!r} has no value", self._at)
            self._at += 1
            found[key] = self._value()
        self._at += 1
        return found

    def _list(self) -> list[Any]:
        found = []
        while self._next() != "]":
            found.append(self._value())
        self._at += 1
        return found

    def _string(self) -> str:
        string = _STRING.match(self._text, self._at)
        if string is None:
            raise LenientError("a string has no end", self._at)
        self._at = string.end()
        raw = string.group(1) if string.group(1) is not None else string.group(2)
        return _ESCAPE.sub(_escaped, raw)

    def _taken(self) -> str:
        word = _WORD.match(self._text, self._at)
        if word is None:
            raise LenientError("a bracket is missing or stands wrong", self._at)
        self._at = word.end()
        return word.group()

    def _word(self) -> Any:
        word = self._taken()
        if word.lower() in _WORDS:
            return _WORDS[word.lower()]
        try:
            return float(word.rstrip("fF")) if "." in word or "e" in word.lower() else int(word)
        except ValueError:
            return word


def _escaped(found: re.Match[str]) -> str:
    """What an escape stands for; one that there is none of stands for itself, as in a path of Windows."""
    sign = found.group(1)
    if len(sign) == 5:
        return chr(int(sign[1:], 16))
    return _ESCAPED.get(sign, sign if sign in "\"'\\/\n" else f"\\{sign}")

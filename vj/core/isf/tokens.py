"""GLSL cut into words and signs, each with its place; comments and directives are left out."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

# One without an end is all that is left: to look for that again from each beginning after it takes minutes.
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|//(?:\\\n|[^\n])*", re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
_TOKEN = re.compile(
    r"[A-Za-z_]\w*|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFuU]?|[+\-*/%&|^<>=!]=|<<|>>|&&|\|\||\+\+|--|\S"
)
_OPEN = ("(", "[", "{")
_CLOSE = (")", "]", "}")
#: What ends a declaration, a value or an argument, and any bracket that closes.
_ENDS = (",", ";")
_SHUT = ")"


class Token(NamedTuple):
    """A word or sign and where in the text it begins."""

    word: str
    at: int

    @property
    def end(self) -> int:
        """Where what comes after it begins."""
        return self.at + len(self.word)

    @property
    def named(self) -> bool:
        """Whether it is a name or a keyword."""
        return self.word[0].isalpha() or self.word[0] == "_"


def bare(text: str) -> str:
    """`text` with comments as blanks, every line where it was; what is beyond ASCII outside them was meant as one."""
    return re.sub(r"[^\t\n -~]", " ", _COMMENT.sub(_blank, text))


class Tokens(list[Token]):
    """Tokens in order, and where what begins at one of them ends: found once for all of them, in one walk back."""

    def until(self, start: int, ends: Sequence[str] = ()) -> int:
        """Index of the first of `ends`, "," or ";", from `start` on that is not within brackets, or of the bracket
        that ends it all."""
        if start >= len(self):
            return len(self)
        return min(self._first[sign][start] for sign in (_SHUT, *ends))

    def parted(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """(first, past the last) of what stands between commas from `start` to `end`."""
        while start < end:
            comma = min(self.until(start, (",",)), end)
            yield start, comma
            start = comma + 1

    def opening(self, index: int) -> int:
        """Index of the "[" that the "]" at `index` closes; 0 where there is none."""
        return self._openings[index]

    @cached_property
    def _openings(self) -> dict[int, int]:
        found, open_ = {}, list[int]()
        for index, token in enumerate(self):
            if token.word == "[":
                open_.append(index)
            elif token.word == "]":
                found[index] = open_.pop() if open_ else 0
        return found

    @cached_property
    def _first(self) -> dict[str, list[int]]:
        """By sign, and _SHUT for any closing bracket, for each token the first from there on as deep as it stands."""
        found = {sign: [len(self)] * len(self) for sign in (_SHUT, *_ENDS)}
        seen: dict[str, dict[int, int]] = {sign: {} for sign in found}
        depth = 0
        for index in range(len(self) - 1, -1, -1):
            word = self[index].word
            depth += (word in _CLOSE) - (word in _OPEN)
            sign = _SHUT if word in _CLOSE else word
            if sign in seen:
                seen[sign][depth] = index
            for name, places in seen.items():
                found[name][index] = places.get(depth, len(self))
        return found


def cut(text: str) -> Tokens:
    """The tokens of bare `text`, directives left out."""
    code = _DIRECTIVE.sub(_blank, text)
    return Tokens(Token(found.group(), found.start()) for found in _TOKEN.finditer(code))


def _blank(found: re.Match[str]) -> str:
    return "\n".join(" " * len(line) for line in found.group().split("\n"))

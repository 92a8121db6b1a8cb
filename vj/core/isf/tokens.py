"""GLSL cut into words and signs, each with its place; comments and directives are left out."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

# One without an end is all that is left: to look for that again from each beginning after it takes minutes.
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|//(?:\\\n|[^\n])*", re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
_TOKEN = re.compile(
    r"[A-Za-z_]\w*|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFuU]?|[+\-*/%&|^<>=!]=|<<|>>|&&|\|\||\+\+|--|\S"
)
_OPEN = ("(", "[", "{")
_CLOSE = (")", "]", "}")


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


def cut(text: str) -> list[Token]:
    """The tokens of bare `text`, directives left out."""
    code = _DIRECTIVE.sub(_blank, text)
    return [Token(found.group(), found.start()) for found in _TOKEN.finditer(code)]


def _blank(found: re.Match[str]) -> str:
    return "\n".join(" " * len(line) for line in found.group().split("\n"))


def until(tokens: Sequence[Token], start: int, ends: tuple[str, ...]) -> int:
    """Index of the first of `ends` from `start` on that is not within brackets, or of the bracket that ends it all."""
    depth = 0
    for index in range(start, len(tokens)):
        word = tokens[index].word
        if depth == 0 and (word in ends or word in _CLOSE):
            return index
        depth += (word in _OPEN) - (word in _CLOSE)
    return len(tokens)


def parted(tokens: Sequence[Token], start: int, end: int) -> Iterator[tuple[int, int]]:
    """(first, past the last) of what stands between commas from `start` to `end`."""
    while start < end:
        comma = min(until(tokens, start, (",",)), end)
        yield start, comma
        start = comma + 1

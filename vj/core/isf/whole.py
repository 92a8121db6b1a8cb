"""Whole numbers where GLSL wants them said: desktops of ISF's days let `int n = 2.5;` pass, GLSL 3.30 does not.

What is given to an int, a bool or a vector of ints, at its declaration, later, on the way into a function or out of
it, is put in a conversion to that type; where it was one before, nothing changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from vj.core.isf.tokens import Token, cut, parted, until

_WHOLE = ("int", "bool", "ivec2", "ivec3", "ivec4")
_TYPES = (*_WHOLE, "void", "float", "vec2", "vec3", "vec4", "mat2", "mat3", "mat4", "uint", "bvec2", "bvec3", "bvec4")
_COMPOUND = ("+=", "-=", "*=", "/=")


@dataclass
class _Known:
    """What names stand for: variables by all types they have anywhere, functions by their parameters."""

    types: dict[str, set[str]] = field(default_factory=dict)
    functions: dict[str, list[list[str]]] = field(default_factory=dict)

    def whole(self, name: str) -> str:
        """The one type of a variable, if that is made of whole numbers."""
        types = self.types.get(name, set())
        only = next(iter(types)) if len(types) == 1 else ""
        return only if only in _WHOLE else ""


def said(text: str) -> str:
    """Bare GLSL `text` with every such conversion said; lines stay."""
    tokens = cut(text)
    known = _known(tokens)
    edits: list[tuple[int, int, str]] = []
    for start, end, kind in _places(tokens, known):
        if start >= end:
            continue
        opening, closing = f"{kind}(", ")"
        operator = tokens[start - 1]
        if operator.word in _COMPOUND:
            edits.append((operator.at, operator.end, "="))
            opening, closing = f"{kind}({tokens[start - 2].word} {operator.word[0]} (", "))"
        edits.append((tokens[start].at, tokens[start].at, opening))
        edits.append((tokens[end - 1].end, tokens[end - 1].end, closing))
    out, last = [], 0
    for at, end, word in sorted(edits, key=lambda edit: (edit[0], not edit[2].startswith(")"))):
        out += [text[last:at], word]
        last = end
    return "".join(out) + text[last:]


def _word(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].word if 0 <= index < len(tokens) else ""


def _known(tokens: Sequence[Token]) -> _Known:
    known = _Known()
    for index, token in enumerate(tokens):
        if token.word not in _TYPES or index + 1 >= len(tokens) or not tokens[index + 1].named:
            continue
        name = tokens[index + 1].word
        if _word(tokens, index + 2) != "(":
            for first, _ in _declared(tokens, index):
                known.types.setdefault(tokens[first].word, set()).add(
                    f"{token.word}[]" if _word(tokens, first + 1) == "[" else token.word
                )
        elif _word(tokens, (end := until(tokens, index + 3, ())) + 1) in ("{", ";"):
            kinds = [_parameter(tokens, *part) for part in parted(tokens, index + 3, end)]
            if kinds not in known.functions.setdefault(name, []):
                known.functions[name].append(kinds)
    return known


def _parameter(tokens: Sequence[Token], start: int, end: int) -> str:
    """Type of a parameter that is only read; "" for one that is written to."""
    words = [token.word for token in tokens[start:end]]
    if "out" in words or "inout" in words or "[" in words:
        return ""
    return next((word for word in words if word in _TYPES), "")


def _declared(tokens: Sequence[Token], index: int) -> Iterator[tuple[int, int]]:
    """(name, past its value) of all that the declaration whose type is at `index` declares."""
    at = index + 1
    while at < len(tokens) and tokens[at].named:
        end = until(tokens, at, (",", ";"))
        yield at, end
        # a comma in a list of parameters begins another declaration, whose type comes first
        if _word(tokens, end) != "," or _word(tokens, end + 1) in (*_TYPES, "in", "out", "inout", "const"):
            return
        at = end + 1


def _indexed(tokens: Sequence[Token], index: int) -> bool:
    """Whether the bracket at `index` looks into something, rather than saying how many a declaration declares."""
    before, further = _word(tokens, index - 1), tokens[index - 2] if index > 1 else None
    if before in _TYPES or not (before in (")", "]") or tokens[index - 1].named):
        return False
    return further is None or not further.named or further.word in ("return", "else")


def _places(tokens: Sequence[Token], known: _Known) -> Iterator[tuple[int, int, str]]:
    """(first, past the last, type) of every expression that becomes a whole number."""
    returns, depth = "", 0
    for index, token in enumerate(tokens):
        word, after = token.word, _word(tokens, index + 1)
        before = _word(tokens, index - 1)
        depth += (word == "{") - (word == "}")
        if word == "}" and depth == 0:
            returns = ""
        elif word == "[" and _indexed(tokens, index):
            yield index + 1, until(tokens, index + 1, ()), "int"
        elif word == "switch":
            yield index + 2, until(tokens, index + 2, ()), "int"
        elif word in _TYPES and after and _word(tokens, index + 2) == "(" and tokens[index + 1].named:
            returns = word if word in _WHOLE else ""
        elif word in _WHOLE and after and tokens[index + 1].named:
            for first, end in _declared(tokens, index):
                if _word(tokens, first + 1) == "=":
                    yield first + 2, end, word
        elif word == "return" and returns:
            yield index + 1, until(tokens, index + 1, (";",)), returns
        elif before in (*_TYPES, "."):
            continue
        elif after in ("=", *_COMPOUND) and (kind := known.whole(word)) and before != ",":
            yield index + 2, until(tokens, index + 2, (";", ",")), kind
        elif after == "(" and len(known.functions.get(word, [])) == 1:
            kinds = known.functions[word][0]
            end = until(tokens, index + 2, ())
            for part, kind in zip(parted(tokens, index + 2, end), kinds, strict=False):
                if kind in _WHOLE:
                    yield *part, kind

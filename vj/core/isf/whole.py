"""Whole numbers where GLSL wants them said: desktops of ISF's days let `int n = 2.5;` pass, GLSL 3.30 does not.

What is given to an int, a bool or a vector of ints, at its declaration, later, on the way into a function or out of
it, is put in a conversion to that type; where it was one before, nothing changes. So is a bool that is counted with.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from vj.core.isf.tokens import Token, Tokens, cut

_WHOLE = ("int", "bool", "ivec2", "ivec3", "ivec4")
_TYPES = (*_WHOLE, "void", "float", "vec2", "vec3", "vec4", "mat2", "mat3", "mat4", "uint", "bvec2", "bvec3", "bvec4")
_COMPOUND = ("+=", "-=", "*=", "/=")
_SUMS = ("+", "-", "*", "/")
_SWIZZLE = re.compile(r"[xyzwrgbastpq]{1,4}\Z")


@dataclass
class _Known:
    """What names stand for: variables by all types they have anywhere, functions by their parameters."""

    types: dict[str, set[str]] = field(default_factory=dict)
    functions: dict[str, list[list[str]]] = field(default_factory=dict)

    def only(self, name: str) -> str:
        """The one type of a variable, "" where it has several."""
        types = self.types.get(name, set())
        return next(iter(types)) if len(types) == 1 else ""

    def taken(self, place: "_Place") -> str:
        """The type of what is written to `place`, if that is made of whole numbers."""
        kind, member = self.only(place.names[:2][-1]), place.names[0]
        if len(place.names) > 1:
            parts = kind.startswith("ivec") and _SWIZZLE.match(member)
            kind = (f"ivec{len(member)}" if len(member) > 1 else "int") if parts else self.only(member)
        if place.indexed:
            kind = kind.removesuffix("[]") if kind.endswith("[]") else "int" if kind.startswith("ivec") else ""
        return kind if kind in _WHOLE else ""


@dataclass(frozen=True)
class _Place:
    """Something that is written to, as `a.b[2]`: where it begins, its names from the last to the first, and whether
    a bracket ends it."""

    start: int
    names: tuple[str, ...]
    indexed: bool


def said(text: str, types: Mapping[str, str] | None = None) -> str:
    """Bare GLSL `text` with every such conversion said; lines stay. `types` are those of names declared before it."""
    tokens = cut(text)
    known = _known(tokens)
    for name, kind in (types or {}).items():
        known.types.setdefault(name, {kind})
    edits: list[tuple[int, int, str]] = []
    for start, end, kind in _places(tokens, known):
        if start >= end:
            continue
        opening, closing = f"{kind}(", ")"
        operator = tokens[start - 1]
        if operator.word in _COMPOUND and kind in _WHOLE and (place := _written(tokens, start - 1)):
            edits.append((operator.at, operator.end, "="))
            opening, closing = f"{kind}({text[tokens[place.start].at : operator.at].strip()} {operator.word[0]} (", "))"
        edits.append((tokens[start].at, tokens[start].at, opening))
        edits.append((tokens[end - 1].end, tokens[end - 1].end, closing))
    out, last = [], 0
    for at, end, word in sorted(edits, key=lambda edit: (edit[0], not edit[2].startswith(")"))):
        out += [text[last:at], word]
        last = end
    return "".join(out) + text[last:]


def _word(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].word if 0 <= index < len(tokens) else ""


def _known(tokens: Tokens) -> _Known:
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
        elif _word(tokens, (end := tokens.until(index + 3)) + 1) in ("{", ";"):
            kinds = [_parameter(tokens, *part) for part in tokens.parted(index + 3, end)]
            if kinds not in known.functions.setdefault(name, []):
                known.functions[name].append(kinds)
    return known


def _parameter(tokens: Sequence[Token], start: int, end: int) -> str:
    """Type of a parameter that is only read; "" for one that is written to."""
    words = [token.word for token in tokens[start:end]]
    if "out" in words or "inout" in words or "[" in words:
        return ""
    return next((word for word in words if word in _TYPES), "")


def _declared(tokens: Tokens, index: int) -> Iterator[tuple[int, int]]:
    """(name, past its value) of all that the declaration whose type is at `index` declares."""
    at = index + 1
    while at < len(tokens) and tokens[at].named:
        end = tokens.until(at, (",", ";"))
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


def _written(tokens: Tokens, at: int) -> _Place | None:
    """What the operator at `at` writes to."""
    names: list[str] = []
    index, indexed = at - 1, _word(tokens, at - 1) == "]"
    while True:
        while _word(tokens, index) == "]":
            index = tokens.opening(index) - 1
        if index < 0 or not tokens[index].named:
            return None
        names.append(tokens[index].word)
        if _word(tokens, index - 1) != ".":
            return _Place(index, tuple(names), indexed)
        index -= 2


def _places(tokens: Tokens, known: _Known) -> Iterator[tuple[int, int, str]]:
    """(first, past the last, type) of every expression that becomes another kind of number."""
    returns, depth = "", 0
    for index, token in enumerate(tokens):
        word, after = token.word, _word(tokens, index + 1)
        before = _word(tokens, index - 1)
        depth += (word == "{") - (word == "}")
        if word == "}" and depth == 0:
            returns = ""
        elif word == "[" and _indexed(tokens, index):
            yield index + 1, tokens.until(index + 1), "int"
        elif word == "switch":
            yield index + 2, tokens.until(index + 2), "int"
        elif word in _TYPES and after and _word(tokens, index + 2) == "(" and tokens[index + 1].named:
            returns = word
        elif word in (*_WHOLE, "float") and after and tokens[index + 1].named:
            for first, end in _declared(tokens, index):
                if _word(tokens, first + 1) == "=" and (word != "float" or _is_bool(tokens, first + 2, end, known)):
                    yield first + 2, end, word
        elif word == "return" and returns:
            end = tokens.until(index + 1, (";",))
            if returns in _WHOLE or (returns == "float" and _is_whole(tokens, index + 1, end)):
                yield index + 1, end, returns
        elif before in (*_TYPES, "."):
            continue
        elif word in ("=", *_COMPOUND):
            place = _written(tokens, index)
            if place and _word(tokens, place.start - 1) not in (",", *_TYPES) and (kind := known.taken(place)):
                yield index + 1, tokens.until(index + 1, (";", ",")), kind
        elif after == "(" and word in known.functions:
            yield from _given(tokens, index, known.functions[word])
        elif known.only(word) == "bool" and (before in _SUMS or after in _SUMS) and after not in ("(", ".", "["):
            yield index, index + 1, "float"


def _given(tokens: Tokens, index: int, functions: Sequence[Sequence[str]]) -> Iterator[tuple[int, int, str]]:
    """As `_places`, what is given to the function that is called at `index`, where it is clear which one that is."""
    parts = list(tokens.parted(index + 2, tokens.until(index + 2)))
    fitting = [kinds for kinds in functions if len(kinds) == len(parts)]
    if len(fitting) == 1:
        for part, kind in zip(parts, fitting[0], strict=True):
            if kind in _WHOLE:
                yield *part, kind


def _is_bool(tokens: Tokens, start: int, end: int, known: _Known) -> bool:
    """Whether what stands from `start` to `end` is a bool by its name."""
    return end - start == 1 and known.only(tokens[start].word) == "bool"


def _is_whole(tokens: Tokens, start: int, end: int) -> bool:
    """Whether what stands from `start` to `end` is made of nothing but whole numbers."""
    words = (tokens[index].word for index in range(start, end))
    return all(word.isdigit() or word in (*_SUMS, "(", ")") for word in words)

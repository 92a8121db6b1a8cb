"""Constants that are none: drivers of ISF's days let `const float speed = level * 2.0;` pass, with `level` an input."""

from collections.abc import Iterable
from itertools import pairwise

from vj.core.isf.tokens import cut

_ALSO = ("gl_FragCoord", "isf_FragColor")


def freed(text: str, changing: Iterable[str]) -> str:
    """Bare GLSL `text` without the `const` of whatever depends on `changing` names; lines and columns stay."""
    tokens = cut(text)
    known = {*changing, *_ALSO}
    # what is a function here is no constant; built-in ones may be
    for before, name, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if before.named and name.named and after.word == "(" and before.word not in ("return", "else", "const"):
            known.add(name.word)
    out, last, past = [], 0, -1
    for index, token in enumerate(tokens):
        if token.word != "const":
            continue
        end = tokens.until(index + 1, (";",))
        if end == past:  # no declaration has two: to go through it again for each takes minutes where it has no end
            continue
        past = end
        words = [one.word for one in tokens[index + 1 : end]]
        if "=" not in words or not known.intersection(words[words.index("=") :]):
            continue
        known |= {name for name, sign in pairwise(words) if sign == "="}
        out += [text[last : token.at], " " * len(token.word)]
        last = token.end
    return "".join(out) + text[last:]

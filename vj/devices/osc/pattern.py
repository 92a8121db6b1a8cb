"""Which addresses an OSC pattern means.

    *      any run of characters but /          ?        any one but /
    [a-e]  one of these, [!a-e] one of others   {a,bc}   one of these words
    //     any number of parts, none too        (OSC 1.1)

Matched part by part along a tree, with the set of places that can have been reached: the time it takes is bounded by
the lengths alone, whatever the pattern.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from vj.core.errors import ControlError

#: The longest pattern that is looked at.
MAX_CHARACTERS = 120
REMEMBERED_ANSWERS = 64
SPECIAL = frozenset("*?[{")

#: ("*" or "?", nothing), ("words", any of these) or ("others", a character that is none of these).
_Tokens = list[tuple[str, tuple[str, ...]]]


def is_pattern(address: str) -> bool:
    """Whether `address` may mean several."""
    return not SPECIAL.isdisjoint(address) or "//" in address


@dataclass
class _Node:
    """A part of addresses; `address` is the whole one that ends here."""

    below: dict[str, "_Node"] = field(default_factory=dict)
    address: str = ""


class Addresses:
    """A tree of addresses to match patterns with."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._root = _Node()
        self._known: dict[str, list[str]] = {}
        for address in addresses:
            node = self._root
            for part in address.split("/")[1:]:
                node = node.below.setdefault(part, _Node())
            node.address = address

    def matching(self, pattern: str) -> list[str]:
        """The addresses that fit `pattern`, each once; raises ControlError for one that makes no sense."""
        if pattern in self._known:
            return self._known[pattern]
        if len(pattern) > MAX_CHARACTERS:
            raise ControlError(
                f"an OSC pattern of {len(pattern)} characters", hint=f"up to {MAX_CHARACTERS} are looked at"
            )
        if pattern.endswith("/"):
            raise ControlError("an OSC pattern ends with /", hint="leave it out")
        reached = [self._root]
        for part in pattern.split("/")[1:]:
            if not part:  # two slashes: here, and everywhere below
                reached = list({id(below): below for node in reached for below in _all(node)}.values())
            else:
                tokens = _tokens(part)
                reached = [b for node in reached for name, b in node.below.items() if _fits(tokens, name)]
        if len(self._known) >= REMEMBERED_ANSWERS:
            self._known.clear()
        self._known[pattern] = [node.address for node in reached if node.address]
        return self._known[pattern]


def _all(node: _Node) -> list[_Node]:
    """`node` and everything below it."""
    found = [node]
    for known in found:
        found += known.below.values()
    return found


def _tokens(part: str) -> _Tokens:
    """What one part of a pattern asks for, in order: (kind, characters or words)."""
    tokens: _Tokens = []
    at = 0
    while at < len(part):
        sign = part[at]
        end = at + 1
        if sign in "[{":
            end = part.find("]" if sign == "[" else "}", at) + 1
            if not end:
                raise ControlError(f"an OSC pattern opens {sign} and does not close it", part)
            inside = part[at + 1 : end - 1]
            tokens.append(("words", tuple(inside.split(","))) if sign == "{" else _choice(inside))
        elif sign in "*?":
            if sign == "?" or tokens[-1:] != [("*", ())]:
                tokens.append((sign, ()))
        else:
            tokens.append(("words", (sign,)))
        at = end
    return tokens


def _choice(inside: str) -> tuple[str, tuple[str, ...]]:
    """What stands between square brackets: single characters and ranges such as a-e, after ! those that are not."""
    wanted = inside.removeprefix("!")
    characters: set[str] = set()
    at = 0
    while at < len(wanted):
        if wanted[at + 1 : at + 2] == "-" and at + 2 < len(wanted):
            ends = sorted((ord(wanted[at]), ord(wanted[at + 2])))
            characters.update(map(chr, range(ends[0], min(ends[1], ends[0] + 255) + 1)))
            at += 3
        else:
            characters.add(wanted[at])
            at += 1
    return ("others" if inside.startswith("!") else "words"), tuple(sorted(characters))


def _fits(tokens: _Tokens, name: str) -> bool:
    """Whether `name` is what `tokens` ask for."""
    places = {0}
    for kind, words in tokens:
        if kind == "*":
            places = set(range(min(places), len(name) + 1))
        elif kind == "?":
            places = {at + 1 for at in places if at < len(name)}
        elif kind == "others":
            places = {at + 1 for at in places if at < len(name) and name[at] not in words}
        else:
            places = {at + len(word) for at in places for word in words if name.startswith(word, at)}
        if not places:
            return False
    return len(name) in places

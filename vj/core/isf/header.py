"""The JSON header of an ISF file, read as leniently as the world writes it."""

import re
from typing import Any, NamedTuple

from vj.core.errors import OutputError
from vj.core.isf import lenient

#: How a comment begins that is a header, and how it ends.
_OPENS = re.compile(r"/\*[\s*]*(?=\{)")
_CLOSES = re.compile(r"\}[\s*]*\*/")
#: How one begins in a comment that says more.
_FIRST_KEY = re.compile(r"""\{\s*["']\w+["']\s*:""")


class _Found(NamedTuple):
    """A comment, text[start:end], and in it the header, text[first:last]."""

    start: int
    end: int
    first: int
    last: int


def split(text: str, where: str) -> tuple[dict[str, Any], str]:
    """The header, its keys in capitals, and `text` with the header blanked: every line stays where it was.

    Raises OutputError naming file and line.
    """
    found = [place for place in (_header(text), _among_words(text)) if place]
    if not found:
        raise OutputError("the shader has no ISF header", f"{where}:1", "begin it with /*{ ... }*/")
    errors = []
    for place in found:
        try:
            header = lenient.parsed(text[place.first : place.last])
        except lenient.LenientError as error:
            line = text[: place.first + error.at].count("\n") + 1
            errors.append(OutputError(f"the shader's header is no JSON: {error}", f"{where}:{line}"))
            continue
        blank = re.sub(r"[^\n]", " ", text[place.start : place.end])
        return _capitals(header), text[: place.start] + blank + text[place.end :]
    raise errors[0]


def has_header(text: str) -> bool:
    """Whether there is anything that looks like one."""
    return (_header(text) or _among_words(text)) is not None


# Each looks through a text once: one expression for all of it takes minutes over a file that only looks like a shader.
def _header(text: str) -> _Found | None:
    """The first comment that is a header and nothing else."""
    opens = _OPENS.search(text)
    closes = _CLOSES.search(text, opens.end()) if opens else None
    return _Found(opens.start(), closes.end(), opens.end(), closes.start() + 1) if opens and closes else None


def _among_words(text: str) -> _Found | None:
    """The first comment that has one among other words: from its first key to the last brace."""
    at = 0
    while (start := text.find("/*", at)) >= 0 and (close := text.find("*/", start + 2)) >= 0:
        at = close - 1  # what begins before has the same end, and less in it
        key = _FIRST_KEY.search(text, start + 2, close)
        last = text.rfind("}", key.end(), close) if key else -1
        if key and last >= 0:
            return _Found(start, close + 2, key.start(), last + 1)
    return None


def _capitals(header: dict[str, Any]) -> dict[str, Any]:
    """Keys in capitals, and those of the entries in its lists."""
    return {key.upper(): _entries(value) for key, value in header.items()}


def _entries(value: Any) -> Any:
    if isinstance(value, list):
        return [_entry(entry) for entry in value]
    return value


def _entry(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    return {key.upper(): inner for key, inner in entry.items()}


def listed(header: dict[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    """The entries under `key`, also where they were written as {name: entry}. Raises OutputError."""
    raw = header.get(key) or []
    if isinstance(raw, list):
        raw = [entry for entry in raw if entry is not None and (entry or key != "INPUTS")]
    if isinstance(raw, dict):
        raw = [{**_entry(entry if isinstance(entry, dict) else {}), "NAME": name} for name, entry in raw.items()]
    if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
        raise OutputError(f"{key} is no list of entries", f"{where}:1", 'write it as [{"NAME": ...}, ...]')
    return raw

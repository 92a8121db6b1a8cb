"""The JSON header of an ISF file, read as leniently as the world writes it."""

import re
from typing import Any

from vj.core.errors import OutputError
from vj.core.isf import lenient

_HEADER = re.compile(r"/\*[\s*]*(\{.*?\})[\s*]*\*/", re.DOTALL)
#: One in a comment that says more.
_AMONG_WORDS = re.compile(r"""/\*(?:(?!\*/).)*?(\{\s*["']\w+["']\s*:(?:(?!\*/).)*\})(?:(?!\*/|\}).)*\*/""", re.DOTALL)


def split(text: str, where: str) -> tuple[dict[str, Any], str]:
    """The header, its keys in capitals, and `text` with the header blanked: every line stays where it was.

    Raises OutputError naming file and line.
    """
    found = [match for match in (_HEADER.search(text), _AMONG_WORDS.search(text)) if match]
    if not found:
        raise OutputError("the shader has no ISF header", f"{where}:1", "begin it with /*{ ... }*/")
    errors = []
    for match in found:
        try:
            header = lenient.parsed(match.group(1))
        except lenient.LenientError as error:
            line = text[: match.start(1) + error.at].count("\n") + 1
            errors.append(OutputError(f"the shader's header is no JSON: {error}", f"{where}:{line}"))
            continue
        blank = re.sub(r"[^\n]", " ", match.group(0))
        return _capitals(header), text[: match.start()] + blank + text[match.end() :]
    raise errors[0]


def has_header(text: str) -> bool:
    """Whether there is anything that looks like one."""
    return _HEADER.search(text) is not None or _AMONG_WORDS.search(text) is not None


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

"""The JSON header of an ISF file, read as leniently as the world writes it."""

import json
import re
from typing import Any

from vj.core.errors import OutputError

_HEADER = re.compile(r"/\*\s*(\{.*?\})\s*\*/", re.DOTALL)
_STRING_OR_COMMA = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])', re.DOTALL)


def split(text: str, where: str) -> tuple[dict[str, Any], str]:
    """The header, its keys in capitals, and `text` with the header blanked: every line stays where it was.

    Raises OutputError naming file and line.
    """
    found = _HEADER.search(text)
    if found is None:
        raise OutputError("the shader has no ISF header", f"{where}:1", "begin it with /*{ ... }*/")
    try:
        header = _parsed(found.group(1))
    except json.JSONDecodeError as error:
        line = text[: found.start(1)].count("\n") + error.lineno
        raise OutputError(f"the shader's header is no JSON: {error.msg}", f"{where}:{line}") from None
    except RecursionError:
        raise OutputError("the shader's header is nested too deeply", f"{where}:1") from None
    blank = re.sub(r"[^\n]", " ", found.group(0))
    return _capitals(header), text[: found.start()] + blank + text[found.end() :]


def has_header(text: str) -> bool:
    """Whether there is anything that looks like one."""
    return _HEADER.search(text) is not None


def _parsed(text: str) -> dict[str, Any]:
    """JSON, with what editors leave behind: commas after the last entry, tabs and ends of lines in a string."""
    try:
        return dict(json.loads(text, strict=False))
    except json.JSONDecodeError:
        mended = _STRING_OR_COMMA.sub(_without_comma, text)
        return dict(json.loads(mended, strict=False))


def _without_comma(found: re.Match[str]) -> str:
    """A blank for a comma that ends a list, which must hold something before it."""
    before = found.string[: found.start()].rstrip()
    return " " if found.group() == "," and before[-1:] not in "[{," else found.group()


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
    if isinstance(raw, dict):
        raw = [{**_entry(entry if isinstance(entry, dict) else {}), "NAME": name} for name, entry in raw.items()]
    if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
        raise OutputError(f"{key} is no list of entries", f"{where}:1", 'write it as [{"NAME": ...}, ...]')
    return raw

"""A setlist's file made to say what is played, with everything in it that people wrote for people left as it is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from vj.core.errors import VjError
from vj.core.written import parse_toml
from vj.engine.cues.editing import counted
from vj.engine.cues.numbering import numbers_of
from vj.engine.cues.writing import scalar

#: What a setlist that begins on stage begins with.
HEAD = "# Begun on stage. Mend it by hand whenever you like: a show that runs reads it again.\n"
#: Keys of a cue in the order in which a new one has them.
_ORDER = (
    "number", "name", "notes", "look", "preset", "whole", "bundle", "director", "classes", "seed", "fade", "follow",
    "at", "set",
)  # fmt: skip
#: Where a cue begins, a table inside of it, and any table.
_CUE = re.compile(r"\s*\[\[\s*cue\s*\]\]")
_INSIDE = re.compile(r"\s*\[+\s*cue\s*\.")
_TABLE = re.compile(r"\s*\[")


def merged(text: str, document: Mapping[str, Any], path: Path) -> str:
    """`text`, TOML that lies at `path`, changed so that it says what `document` says: cues are known again by their
    numbers, and comments and order of keys stay with them. What cannot be mended so is written anew."""
    try:
        mended = _mended(text, document, path) if text else _anew(document)
        if counted(parse_toml(mended)) == counted(document):
            return mended
    except (TOMLKitError, VjError, ValueError, LookupError, TypeError):
        pass
    return _anew(document)


def _mended(text: str, document: Mapping[str, Any], path: Path) -> str:
    entries, said = document["cue"], parse_toml(text)
    before, blocks, after = _parts(text)
    was = said.get("cue", [])
    known = dict(zip(numbers_of(path, was), zip(blocks, was, strict=True), strict=True))
    left = {number: pair for number, pair in known.items() if number not in {str(e["number"]) for e in entries}}
    cues = [_cue(known.get(str(e["number"])) or _same(left, e), e) for e in entries]
    if [str(e["number"]) for e in entries] != list(known):  # nobody counts on any more
        cues = [_numbered(cue, str(e["number"])) for cue, e in zip(cues, entries, strict=True)]
        cues = [cue if cue.endswith("\n\n") else f"{cue.rstrip()}\n\n" for cue in cues]
    text = _top(before, said, document) + "".join(cues) + after
    return text.rstrip() + "\n" if text.endswith("\n\n") else text


def _same(left: dict[str, tuple[str, Any]], entry: Mapping[str, Any]) -> tuple[str, Any] | None:
    """The cue among those `left` that `entry` is under another number, for it was moved."""
    for number, (_, said) in left.items():
        if {**said, "number": ""} == {**entry, "number": ""}:
            return left.pop(number)
    return None


def _cue(known: tuple[str, Any] | None, entry: Mapping[str, Any]) -> str:
    """The text of a cue, which may have been there before."""
    if known is None:
        return _block(entry)
    block, said = known
    as_it_was = {"number": entry["number"], **said} == {**entry, "number": said.get("number", entry["number"])}
    return block if as_it_was and str(said.get("number", entry["number"])) == entry["number"] else _told(block, entry)


def _top(text: str, said: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """What stands before the cues, with those keys told anew that say something else."""
    new = {key: value for key, value in document.items() if key != "cue" and said.get(key) != value}
    if not new:
        return text
    head = tomlkit.parse(text)
    for key, value in new.items():
        head[key] = _item(value)
    return tomlkit.dumps(head)


def _told(block: str, entry: Mapping[str, Any]) -> str:
    """The text of one cue, saying what `entry` says."""
    document = tomlkit.parse(block)
    cue, said = document["cue"][0], document.unwrap()["cue"][0]
    for key in [key for key in said if key not in entry]:
        del cue[key]
    for key, value in entry.items():
        if str(said.get("number", value)) != str(value) if key == "number" else said.get(key) != value:
            if key in said and isinstance(said[key], dict | list):
                del cue[key]
            cue[key] = _item(value)
    end = "\n" * max(len(block) - len(block.rstrip("\n")), 1)
    return tomlkit.dumps(document).rstrip("\n") + end


def _numbered(block: str, number: str) -> str:
    """The text of one cue, with its number in it."""
    if re.search(r"^\s*number\s*=", block, re.M):
        return block
    told = f"number = {scalar(number)}\n"
    return re.sub(r"^\s*\[\[\s*cue\s*\]\][^\n]*\n?", lambda match: match[0] + told, block, count=1, flags=re.M)


def _block(entry: Mapping[str, Any]) -> str:
    """A new cue as text."""
    keys = sorted((key for key in entry if key in _ORDER), key=_ORDER.index)
    lines = ["[[cue]]", *(f"{key} = {scalar(entry[key])}" for key in keys)]
    for modulation in entry.get("modulate", []):
        lines += ["", "[[cue.modulate]]", *(f"{key} = {scalar(value)}" for key, value in modulation.items())]
    return "\n".join(lines) + "\n\n"


def _anew(document: Mapping[str, Any]) -> str:
    """The whole of a setlist as text."""
    top = {key: value for key, value in document.items() if key != "cue"}
    plain = [f"{key} = {scalar(value)}" for key, value in top.items()]
    return HEAD + "\n".join(plain) + "\n\n" + "".join(map(_block, document["cue"])).rstrip() + "\n"


def _item(value: Any) -> Any:
    """`value` as it is written in one line."""
    return tomlkit.parse(f"x = {scalar(value)}").item("x")


def _parts(text: str) -> tuple[str, list[str], str]:
    """What stands before the cues, each cue with the comments right above it, and what stands among and after them."""
    lines = text.splitlines(keepends=True)
    starts = list(_tables(lines))
    before: list[str] = []
    cues: list[str] = []
    after: list[str] = []
    for n, (at, is_cue) in enumerate(starts):
        piece = "".join(lines[at : starts[n + 1][0] if n + 1 < len(starts) else len(lines)])
        (cues if is_cue else after if cues else before).append(piece)
    first = starts[0][0] if starts else len(lines)
    return "".join([*lines[:first], *before]), cues, "".join(after)


def _tables(lines: Sequence[str]) -> Iterator[tuple[int, bool]]:
    """Where tables begin, with the comments above them, and whether each is a cue; what is inside a cue is left out."""
    inside, delimiter = False, ""
    for at, line in enumerate(lines):
        if not delimiter and _TABLE.match(line) and not (inside and _INSIDE.match(line)):
            inside = bool(_CUE.match(line))
            first = at
            while first > 0 and lines[first - 1].lstrip().startswith("#"):
                first -= 1
            yield first, inside
        delimiter = _open(line, delimiter)


def _open(line: str, delimiter: str) -> str:
    """The quotes of a text of several lines that is open after `line`, `delimiter` being that before it."""
    at = 0
    while at < len(line):
        if delimiter:
            end = line.find(delimiter, at)
            if end < 0:
                return delimiter
            at, delimiter = end + 3, ""
        elif line.startswith(('"""', "'''"), at):
            delimiter, at = line[at : at + 3], at + 3
        elif line[at] == "#":
            return ""
        elif line[at] in "\"'":
            match = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'').match(line, at)
            at = match.end() if match else len(line)
        else:
            at += 1
    return delimiter

"""What people write by hand: TOML and paths, read so that nothing in them surprises the reader."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

#: TOML's whole numbers have 64 bits; Python's would read on, and overflow far from here.
_WHOLE = 2**63


class BeyondToml(tomllib.TOMLDecodeError):
    """What TOML's grammar allows and no TOML file means, in words: that of the library wants a place in the text."""

    def __init__(self, told: str) -> None:
        ValueError.__init__(self, told)


def parse_toml(text: str) -> dict[str, Any]:
    """The document in `text`, with or without the mark that some editors put in front of it.

    Raises tomllib.TOMLDecodeError, and nothing else, for what is no TOML or beyond it: numbers of more than 64 bits
    and tables within tables without end.
    """
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"))
        _check(document.values())
    except RecursionError:
        raise BeyondToml("it is nested too deeply") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:  # digits without end
        raise BeyondToml("a number in it is too long") from None
    return document


def _check(values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, dict):
            _check(value.values())
        elif isinstance(value, list):
            _check(value)
        elif isinstance(value, int) and not -_WHOLE <= value < _WHOLE:
            raise BeyondToml(f"{str(value)[:12]}... is too large a number")


def path_of(text: str | Path) -> Path:
    """The path that `text` means; ~ is the home, and a ~name that nobody here has stands for itself."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def is_file(path: Path) -> bool:
    """Whether there is a file at `path`; what cannot be a path, or not be looked at, is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False

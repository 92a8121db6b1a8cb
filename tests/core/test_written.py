"""Files and paths as people write them: whatever is wrong is a sentence, and never another kind of error."""

import tomllib
from pathlib import Path

import pytest

from vj.core.errors import VjError
from vj.core.written import is_file, parse_toml, path_of
from vj.devices.midi.mapping import read_map
from vj.engine.console import full_table
from vj.engine.cues.looks import read_look
from vj.engine.cues.setlist import read_setlist
from vj.generators.bundle.manifest import find_bundle

HUGE, LONG, DEEP = "1" + "0" * 400, "1" * 5000, "[" * 3000 + "]" * 3000


@pytest.mark.parametrize("value", [HUGE, f"-{HUGE}", LONG, DEEP, f"[{{ a = {HUGE} }}]", str(2**63)])
def test_what_is_beyond_toml_is_no_toml(value: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        parse_toml(f"a = {value}")


def test_what_toml_has_is_read_with_any_editors_mark() -> None:
    assert parse_toml(f"\ufeffa = {2**63 - 1}\nb = [{-(2**63)}]") == {"a": 2**63 - 1, "b": [-(2**63)]}


@pytest.mark.parametrize("value", [HUGE, LONG, DEEP])
def test_every_file_that_is_written_by_hand_says_so(tmp_path: Path, value: str) -> None:
    table, file = full_table(), tmp_path / "mine.toml"
    file.write_text(f"format = {value}")
    for read in (
        lambda: read_look(file, table),
        lambda: read_setlist(file, table, lambda name: ("ink",), "worlds"),
        lambda: read_map(file, table),
    ):
        with pytest.raises(VjError, match="TOML"):
            read()


@pytest.mark.parametrize("name", ["x" * 5000, "~nobody-here/x", "a\0b"])
def test_what_cannot_be_a_path_is_no_file(name: str) -> None:
    assert not is_file(path_of(name))
    with pytest.raises(VjError, match="no bundle"):
        find_bundle(name)

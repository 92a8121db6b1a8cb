"""The contract of every importer, also of one that was added a minute ago."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the workshop")

from vj.core import shelf
from vj.core.errors import CheckpointError
from vj.workshop.checkpoint._families import MARKS
from vj.workshop.checkpoint.reader import Checkpoint
from vj.workshop.import_checkpoint import TOOLS

TABLES = shelf.literals("workshop/importers", "FAMILIES")


def test_every_file_brings_a_family_and_no_two_the_same():
    families = [family for table in TABLES.values() for family in table]
    assert sorted(families) == sorted(set(families)) == sorted(TOOLS)
    files = {
        p.stem for p in Path(inspect.getfile(importlib.import_module("vj.workshop.importers"))).parent.glob("*.py")
    }
    assert files - {"__init__"} == TABLES.keys()


@pytest.mark.parametrize("family", sorted(TOOLS))
def test_it_writes_a_bundle_when_asked_and_refuses_what_is_none(family, tmp_path):
    tool = importlib.import_module(f"vj.workshop.importers.{TOOLS[family]}")
    assert tool.__doc__
    assert tool.bundle.__doc__
    wanted = ("checkpoint", "folder", "name", "half", "say")
    assert [name for name in inspect.signature(tool.bundle).parameters if name in wanted] == list(wanted)
    with pytest.raises(CheckpointError) as caught:
        tool.bundle(Checkpoint(family, {}, {}, tmp_path / "weights.pt"), tmp_path / "made", "made")
    assert caught.value.hint
    assert not (tmp_path / "made" / "bundle.toml").exists()


@pytest.mark.parametrize("family", sorted(MARKS))
def test_its_mark_is_no_other_s(family):
    mark = re.compile(MARKS[family])
    assert not mark.fullmatch("weight")
    assert not [other for other in MARKS if other != family and MARKS[other] == MARKS[family]]

"""Layouts drawn from the registry: TouchOSC's by a reader of its format, Open Stage Control's by its own rules."""

import json
import re
import uuid
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import py2tosc
import pytest
from typer.testing import CliRunner

from vj.apps.assemble import parameters
from vj.apps.cli import app
from vj.apps.layouts.plan import HEIGHT, WIDTH, chapters
from vj.apps.layouts.touchosc import tosc
from vj.core.params import AnyParam

TABLE = parameters()
SHOWN = {address for address, param in TABLE.items() if param.kind in ("float", "int", "toggle", "choice", "trigger")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layouts")
    arguments = ["--touchosc", str(folder / "vj.tosc"), "--open-stage-control", str(folder / "vj.json")]
    assert CliRunner().invoke(app, ["osc", "list", *arguments]).exit_code == 0
    return folder


def below(control: Any) -> Iterator[Any]:
    yield control
    for child in control.children:
        yield from below(child)


def test_every_parameter_is_there_for_touchosc(folder: Path) -> None:
    text = zlib.decompress((folder / "vj.tosc").read_bytes()).decode()
    assert set(re.findall(r"<path><partial><type>CONSTANT</type>.*?<value>(.*?)</value>", text)) >= SHOWN


def some(table: Mapping[str, AnyParam]) -> dict[str, AnyParam]:
    """Of each part and kind one, and whatever a test asks about."""
    found = {(address.split("/")[1], param.kind, param.curve): address for address, param in table.items()}
    return {address: table[address] for address in (*found.values(), "/latent/psi", "/master/panic")}


@pytest.mark.parametrize("table", [some(TABLE), pytest.param(TABLE, marks=pytest.mark.slow)], ids=["some", "all"])
def test_touchosc_finds_nothing_wrong(tmp_path: Path, table: Mapping[str, AnyParam]) -> None:
    (tmp_path / "vj.tosc").write_bytes(tosc(table))
    layout = py2tosc.load(tmp_path / "vj.tosc")
    assert layout.version == "6"
    assert [str(issue) for issue in layout.validate()] == []
    messages = [message for control in below(layout.root) for message in control.messages]
    shown = {address for address in SHOWN & set(table) if table[address].kind != "choice" or table[address].choices}
    assert {message.path[0].value for message in messages} >= shown
    psi = next(message for message in messages if message.path[0].value == "/latent/psi")
    (argument,) = psi.arguments
    assert (argument.scale_min, argument.scale_max) == (TABLE["/latent/psi"].lo, TABLE["/latent/psi"].hi)
    panic = next(message for message in messages if message.path[0].value == "/master/panic")
    assert str(panic.triggers[0].condition).endswith("RISE")


def test_the_nodes_of_touchosc_are_named_by_their_number_the_same_in_every_file(folder: Path) -> None:
    """A file that is made anew differs where a parameter does, and nowhere else."""
    text = zlib.decompress((folder / "vj.tosc").read_bytes()).decode()
    ids = re.findall(r"<node ID='([^']*)'", text)
    assert len(ids) == text.count("<node ") > 1000
    assert ids == [str(uuid.uuid5(uuid.NAMESPACE_URL, f"vj:{n}")) for n in range(1, len(ids) + 1)]


def test_open_stage_control_has_every_parameter_once_a_page(folder: Path) -> None:
    session = json.loads((folder / "vj.json").read_text(encoding="utf-8"))
    assert (session["type"], session["createdWith"]) == ("session", "Open Stage Control")
    widgets: list[dict[str, Any]] = []
    names: list[str] = []
    waiting = [session["content"]]
    while waiting:
        at = waiting.pop()
        names.append(at["id"])
        widgets += at.get("widgets", [])
        assert not (at.get("widgets") and at.get("tabs")), "a tab has widgets or tabs, never both"
        waiting += at.get("tabs", [])
    assert {widget["address"] for widget in widgets} >= SHOWN
    assert len(set(names)) == len(names)
    # controls of one id move together: those of one address and word, and no others
    meant = {(widget["address"], widget["on"] if widget.get("typeTags") == "s" else "") for widget in widgets}
    assert len({widget["id"] for widget in widgets} | set(names)) == len(meant) + len(names)
    level = next(widget for widget in widgets if widget["address"] == "/master/level")
    assert level["range"] == {"min": 0.0, "max": 1.0}
    assert level["target"] == "127.0.0.1:7400"


#: What the program's own widgets have (its sources: `defaults` of each class); it drops any other property unsaid.
ALL = {"type", "id", "comments", "top", "left", "width", "height", "html", "default", "address", "target", "typeTags",
       "decimals", "ignoreDefaults"}  # fmt: skip
HAVE = {
    "fader": ALL | {"range", "logScale", "doubleTap", "snap", "steps"},
    "button": ALL | {"label", "mode", "on", "off"},
}
MODES = {"toggle", "push", "momentary", "tap"}


def test_open_stage_control_knows_every_property_and_can_reach_every_value(folder: Path) -> None:
    root = json.loads((folder / "vj.json").read_text(encoding="utf-8"))["content"]
    assert root["onCreate"] == "send('127.0.0.1:7400', '/sync', 'numbers')"  # so that no fader jumps when touched
    waiting, seen = [root], 0
    while waiting:
        at = waiting.pop()
        waiting += at["tabs"]
        for widget in at["widgets"]:
            seen += 1
            assert not set(widget) - HAVE[widget["type"]], widget["id"]
            if (param := TABLE.get(widget["address"])) is None:
                assert widget["address"].startswith("/replay/")
                continue
            if widget["type"] == "button":
                assert widget["mode"] in MODES
                assert widget["on"] != widget["off"]
            elif widget["steps"]:  # so many values, evenly from the one end to the other
                values = [param.lo + n / (widget["steps"] - 1) * (param.hi - param.lo) for n in range(widget["steps"])]
                assert values == pytest.approx([float(round(value)) for value in values]), widget["id"]
            elif param.kind == "float":  # what it rounds to is not seen
                assert 10.0 ** -widget["decimals"] <= 0.01 * (param.hi - param.lo), widget["id"]
    assert seen > len(SHOWN)


def test_nothing_lies_over_anything_or_off_the_page() -> None:
    for pages in chapters(TABLE).values():
        for page in pages:
            assert page.controls
            boxes = [control.frame for control in page.controls]
            assert all(x >= 0 and y >= 0 and x + w <= WIDTH and y + h <= HEIGHT for x, y, w, h in boxes)
            for n, (x, y, w, h) in enumerate(boxes):
                assert not any(x < a + c and a < x + w and y < b + d and b < y + h for a, b, c, d in boxes[:n])


def test_a_folder_that_is_not_there_is_a_word(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["osc", "list", "--touchosc", str(tmp_path / "no" / "vj.tosc")])
    assert "cannot be written" in str(said.exception)

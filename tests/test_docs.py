"""The documentation cannot rot: every parameter and module says what it is, and what the pages name exists."""

import ast
import importlib.util
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from vj.apps import cli
from vj.apps.assemble import find_setlist, outputs_in, parameters
from vj.apps.listed import read_list
from vj.apps.osc import markdown_table, streams_table
from vj.apps.web.streams import STREAMS
from vj.core import shelf
from vj.core.dmx.rig import parse_rig
from vj.core.mapping.venue import parse_venue
from vj.devices.dmx.fader import read_faders
from vj.devices.midi.mapping import read_map
from vj.devices.osc._listeners import LISTEN
from vj.engine.cues.looks import read_look, read_looks
from vj.engine.cues.presets import PresetReader
from vj.engine.cues.setlist import read_setlist
from vj.generators.bundle.manifest import find_bundle, read_bundle
from vj.outputs.sending.all import parameters as switches

ROOT = Path(__file__).resolve().parent.parent
TABLE = parameters(replays=True)
MODULES = sorted(p for p in (ROOT / "vj").rglob("*.py"))
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "models").glob("*/README.md")))
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
#: Names that stand for the reader's own, where an option or address takes the name of something that ships.
YOURS = {"mine", "holiday", "stomp"}


def test_every_parameter_has_a_doc_and_a_sane_range() -> None:
    for address, param in TABLE.items():
        assert len(param.doc) > 5, address
        assert param.doc.endswith((".", "?")), address
        assert address == address.lower()
        assert " " not in address
        if param.kind in ("float", "int"):
            assert param.lo < param.hi, address
            assert param.lo <= param.default <= param.hi, address
            assert param.curve != "log" or param.lo > 0, address


def silent(path: Path) -> Iterator[str]:
    """The module, or a public class in it, that does not say what it is."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    public = [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and not n.name.startswith("_")]
    for node in (tree, *public):
        if not ast.get_docstring(node):
            yield f"{path.relative_to(ROOT)}: {getattr(node, 'name', 'the module')}"


def test_every_module_and_public_class_says_what_it_is() -> None:
    assert not [wrong for path in MODULES for wrong in silent(path)]


def _blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in `language`, "" for those that name none."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)


def _spans(page: Path) -> list[str]:
    """What a page sets as code within its lines."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.findall(r"`([^`\n]+)`", prose)


def _said(page: Path, program: str) -> Iterator[list[str]]:
    """The words of every command of a page, in a block of its own or within a line, that runs `program`."""
    lines = [line for block in _blocks(page, "") for line in block.splitlines()]
    for line in (*lines, *_spans(page)):
        if re.match(rf"{program}(\s|$)", line):
            yield shlex.split(line, comments=True)


@cache
def _command_line() -> Any:
    return typer.main.get_command(cli.app)


def _options(command: Any) -> dict[str, Any]:
    return {name: param for param in command.params for name in (*param.opts, *param.secondary_opts)}


def _all_options(command: Any) -> set[str]:
    below = [_all_options(inner) for inner in getattr(command, "commands", {}).values()]
    return set(_options(command)).union(*below) | {"--help"}


def _ships(option: str, name: str) -> bool:
    """Whether what an option names is there; a file or folder is the reader's own."""
    if name in YOURS or "." in name or "/" in name or name.isupper():
        return True
    if option == "--director":
        return name in shelf.names("directors")
    if option == "--look":
        return set(name.split(",")) <= {*TABLE["/look"].choices, "all"}
    if option == "--bundle":
        return (ROOT / "models" / name).is_dir()
    return option != "--setlist" or find_setlist(name).is_file()


def _check_vj(words: list[str]) -> None:
    """Every subcommand and option of a command line exists, and so does what it names."""
    command, rest, line = _command_line(), words[1:], shlex.join(words)
    while rest and hasattr(command, "commands"):
        if rest[0].startswith("-"):
            break
        assert rest[0] in command.commands, line
        command, rest = command.commands[rest[0]], rest[1:]
    known = _options(command)
    for word, value in zip(rest, [*rest[1:], ""], strict=False):
        if word.startswith("-") and not re.fullmatch(r"-?\d.*", word):
            assert word in known or word == "--help", line
            assert _ships(word, value), line
        if word.startswith("/") and "=" in word:
            assert word.split("=")[0] in TABLE, line


@every_page
def test_every_command_exists(page: Path) -> None:
    for words in _said(page, "vj"):
        _check_vj(words)
    everywhere = _all_options(_command_line())
    for span in _spans(page):
        if re.match(r"--[a-z]", span):
            option = span.split()[0].split("=")[0]
            assert option in everywhere or option == "--check", span
            value = span.partition(" ")[2]
            assert not value or _ships(option, value), span


@every_page
def test_every_target_and_module_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for words in _said(page, "make"):
        targets = [word for word in words[1:] if "=" not in word]
        for target in targets:
            assert re.search(rf"^([\w -]* )?{re.escape(target)}( [\w -]*)?:", makefile, re.M), words
        for variable in set(words[1:]) - set(targets):
            assert re.search(rf"^{variable.split('=')[0]} \?=", makefile, re.M), words
    for words in _said(page, "python"):
        assert words[1] == "-m", words
        assert importlib.util.find_spec(words[2]), words
        for file in (word for word in words[3:] if word.endswith(".py")):
            assert (ROOT / file).is_file(), words


@every_page
def test_every_address_exists(page: Path) -> None:
    sent = [words[3] for words in _said(page, "oscsend")]
    named = [span for span in _spans(page) if re.fullmatch(r"/[a-z0-9_]+(/[a-z0-9_]+)*( .*)?", span)]
    for said in (*sent, *named):
        address = said.split()[0]
        parent = any(known.startswith(address + "/") for known in TABLE)
        streamed = address in STREAMS or address == LISTEN
        assert address in TABLE or parent or streamed or address in ("/sync", "/token"), said


@every_page
def test_every_file_and_test_that_is_named_exists(page: Path) -> None:
    tests = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    for span in _spans(page):
        for file in re.findall(r"(?<!\S)(?:tests|bench|vj|setlists|shaders)/[\w/.]+", span):
            assert (ROOT / file).exists(), span
        if named := re.fullmatch(r"(?:tests/(?:\w+/)*)?(test_\w+)?(?:\.py)?(?:::(test_\w+))?", span):
            assert named[1] is None or named[1] in tests, span
            assert named[2] is None or any(f"def {named[2]}" in text for text in tests.values()), span


@every_page
def test_what_is_sent_as_an_example_is_taken(page: Path) -> None:
    classes = (ROOT / "models" / "worlds" / "classes.txt").read_text(encoding="utf-8").split()
    for words in _said(page, "oscsend"):
        address, tags, values = words[3], "".join(words[4:5]), words[5:]
        assert len(values) == len(tags.replace("T", "").replace("F", "").replace("N", "")), words
        for tag, value in zip(tags, values, strict=False):
            if address in ("/model/class", "/model/mix") and tag == "s":
                assert value in classes, words
            if address == "/look":
                assert value in TABLE["/look"].choices, words


def _slugs(page: Path) -> set[str]:
    """What the headings of a page are called in links."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_every_link_and_picture_exists(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        path, _, heading = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        assert not heading or heading in _slugs(there), target


def test_the_readme_can_be_held_and_leads_to_every_page() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= set(LINK.findall(text))


def test_the_streams_are_listed_as_they_are() -> None:
    assert streams_table() in (ROOT / "docs" / "osc.md").read_text(encoding="utf-8")


def test_the_table_lists_every_parameter() -> None:
    page = (ROOT / "docs" / "osc.md").read_text(encoding="utf-8")
    table = re.search(r"<!-- parameters -->\n(.*?)<!-- end -->", page, re.S)
    assert table, "docs/osc.md has no parameter table"
    assert table[1].strip() == markdown_table(TABLE).strip(), "run: make table"
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in table[1].splitlines() if row} == {6}


def test_every_look_is_told_of_as_it_describes_itself() -> None:
    page = (ROOT / "docs" / "looks-and-setlists.md").read_text(encoding="utf-8")
    told = {name: (mood, use) for name, mood, use in re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", page, re.M)}
    looks = {p.stem: read_look(p, TABLE) for p in (ROOT / "setlists" / "looks").glob("*.toml")}
    assert told == {name: (look.mood, look.use) for name, look in looks.items()}


@every_page
def test_every_example_of_a_file_can_be_read(page: Path, tmp_path: Path) -> None:
    looks = read_looks([ROOT / "setlists" / "looks"], TABLE)
    for number, block in enumerate(_blocks(page, "toml")):
        file = tmp_path / f"example_{number}.toml"
        file.write_text(block, encoding="utf-8")
        if "[[cue]]" in block:
            table = {**TABLE, **switches(outputs_in(file))}
            assert read_setlist(file, table, lambda name: read_bundle(find_bundle(name)).spec.classes, "worlds", looks)
        elif re.search(r"^bundle = ", block, re.M):
            reader = PresetReader(TABLE, looks, lambda name: read_bundle(find_bundle(name)).spec.classes)
            assert reader.text(block, file).values
        elif "[[render]]" in block:
            entries, broken = read_list(file)
            assert entries
            assert not broken
        elif "[output.main]" in block:
            assert not parse_venue(block, page.name).of("main").plain
        elif "[[universe]]" in block:
            assert parse_rig(block, page.name).cells
        elif "sacn:" in block:
            assert read_faders(file, TABLE)
        elif "[device]" in block:
            assert read_map(file, TABLE).entries
        else:
            assert read_look(file, TABLE, read_bundle(find_bundle("worlds")).spec.classes).values


def test_what_sends_a_reader_to_a_page_sends_them_to_one_that_is_there() -> None:
    for path in (*MODULES, *(ROOT / "bench").rglob("*.py"), ROOT / "Makefile"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(in|see) (the )?README\b", text), path
        for page in re.findall(r"\bdocs/[\w-]+\.md\b", text):
            assert (ROOT / page).is_file(), f"{path}: {page}"


def test_every_bench_that_is_named_is_there() -> None:
    """By the Makefile, by the pages and by themselves; a target of a pattern means the one file of its name."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for path in (*PAGES, *(ROOT / "bench").rglob("*.py"), ROOT / "Makefile"):
        for named in re.findall(r"\bbench/[\w/]+\.py\b", path.read_text(encoding="utf-8")):
            assert (ROOT / named).is_file(), f"{path}: {named}"
    (targets,) = re.findall(r"^(.*): bench-%:", makefile, re.M)
    for target in targets.split():
        assert len(list((ROOT / "bench").glob(f"*/{target.removeprefix('bench-')}.py"))) == 1, target

"""A layout for TouchOSC: a `.tosc` file, which is one stream of zlib with XML of version 6 in it."""

import uuid
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from xml.sax.saxutils import escape

from vj.apps.layouts.plan import HEIGHT, WIDTH, WORDS_HEIGHT, Control, Page, chapters
from vj.core.params import AnyParam

TABS = 40
#: Red, green and blue of what lies on which group; others get the last.
COLOURS = {
    "master": (0.86, 0.32, 0.24),
    "macro": (0.93, 0.66, 0.22),
    "tempo": (0.35, 0.72, 0.55),
    "fx": (0.55, 0.5, 0.9),
}
Colour = tuple[float, float, float]
#: Of a control whose group has no colour, of words, and of what lies behind all.
PLAIN = (0.42, 0.6, 0.86)
INK = (0.92, 0.93, 0.95)
PAPER = (0.05, 0.055, 0.065)


def tosc(table: Mapping[str, AnyParam]) -> bytes:
    """The file for all of `table`."""
    return zlib.compress(xml(table).encode("utf-8"), 9)


def xml(table: Mapping[str, AnyParam]) -> str:
    """What is in the file."""
    found = chapters(table)
    inside = "".join(_chapter(title, pages) for title, pages in found.items())
    whole = (0, 0, WIDTH, HEIGHT + 2 * TABS)
    root = _node("GROUP", "vj", whole, PAPER, inside=_pager("chapters", whole, inside), includes=True)
    return f"<?xml version='1.0' encoding='UTF-8'?><lexml version='6'>{_numbered(root)}</lexml>"


def _numbered(root: str) -> str:
    """Each node gets an id by its number, the same in every file."""
    first, *others = root.split("ID=''")
    ids = (uuid.uuid5(uuid.NAMESPACE_URL, f"vj:{number}") for number in range(1, len(others) + 1))
    return first + "".join(f"ID='{own}'{part}" for own, part in zip(ids, others, strict=True))


def _chapter(title: str, pages: list[Page]) -> str:
    """A tab of the first row: a page, or a row of tabs more."""
    frame = (0, TABS, WIDTH, HEIGHT + TABS)
    if len(pages) == 1:
        inside = "".join(map(_control, pages[0].controls))
    else:
        inside = _pager(f"{title} pages", (0, 0, *frame[2:]), "".join(map(_page, pages)))
    return _node("GROUP", title, frame, PAPER, inside=inside, more=_property("s", "tabLabel", escape(title)))


def _page(page: Page) -> str:
    inside = "".join(map(_control, page.controls))
    label = _property("s", "tabLabel", escape(page.title))
    return _node("GROUP", page.title, (0, TABS, WIDTH, HEIGHT), PAPER, inside=inside, more=label)


def _pager(name: str, frame: tuple[int, int, int, int], inside: str) -> str:
    """Pages with a row of tabs."""
    tabs = {"tabbar": 1, "tabLabels": 1, "tabbarDoubleTap": 0}
    sizes = {"tabbarSize": TABS, "textSizeOff": 12, "textSizeOn": 12}
    return _node("PAGER", name, frame, PAPER, tabs, sizes, {"page": "0"}, inside=inside)


def _control(control: Control) -> str:
    """A control with its name; a button has it on itself, by a label that lets touches through."""
    x, y, wide, high = control.frame
    colour = COLOURS.get(control.address.split("/")[1], PLAIN)
    name = f"{control.address} {control.word}".strip()
    if control.kind == "fader":
        param = control.param
        to = _value("INTEGER" if param.kind == "int" else "FLOAT", param.lo, param.hi)
        start = param.unscale(param.default) if param.curve == "linear" else _part(param)
        node = _node(
            "FADER", name, (x, y, wide, high - WORDS_HEIGHT), colour,
            {"bar": 1, "cursor": 1, "grid": 0},
            {"barDisplay": 0, "cursorDisplay": 0, "gridSteps": 11, "response": 1, "responseFactor": 100},
            values={"x": f"{start:.4f}"}, messages=_osc(control.address, "ANY", to),
        )  # fmt: skip
        return node + _label(control.words, (x, y + high - WORDS_HEIGHT, wide, WORDS_HEIGHT), name)
    toggle = control.kind == "toggle"
    argument = _constant("STRING", control.word) if control.word else _value("INTEGER", 0, 1) if toggle else ""
    values = {"x": "1" if toggle and control.param.default else "0"}
    kinds = {"press": 1, "release": int(not toggle), "valuePosition": 0}
    sends = _osc(control.address, "ANY" if toggle else "RISE", argument, receive=toggle)
    node = _node("BUTTON", name, control.frame, colour, kinds, {"buttonType": 2 if toggle else 0}, values, sends)
    return node + _label(control.word.replace("_", " ") or control.words, control.frame, name)


def _part(param: AnyParam) -> float:
    """Where the default lies in the range, evenly: TouchOSC knows no curves."""
    return (float(param.default) - param.lo) / (param.hi - param.lo)  # type: ignore[arg-type]


def _label(words: str, frame: tuple[int, int, int, int], name: str) -> str:
    sizes = {"font": 0, "textAlignH": 2, "textAlignV": 2, "textLength": 0, "textSize": 13}
    more = _colour("textColor", INK)
    return _node(
        "LABEL", f"{name} label", frame, PAPER, {"textClip": 1}, sizes, {"text": escape(words)}, more=more, clear=True
    )


def _node(
    kind: str,
    name: str,
    frame: tuple[int, int, int, int],
    colour: Colour,
    switches: Mapping[str, int] | None = None,
    numbers: Mapping[str, int] | None = None,
    values: Mapping[str, str] | None = None,
    messages: str = "",
    inside: str = "",
    more: str = "",
    clear: bool = False,
    includes: bool = False,
) -> str:
    """A node with what every node has; `clear` ones are seen through and touched through."""
    x, y, wide, high = frame
    alike = _alike(kind, colour, tuple((switches or {}).items()), tuple((numbers or {}).items()), clear)
    return (
        f"<node ID='' type='{kind}'>{'<includes></includes>' if includes else ''}<properties>{alike}"
        f"<property type='r'><key>frame</key><value><x>{x}</x><y>{y}</y><w>{wide}</w><h>{high}</h></value></property>"
        f"{_property('s', 'name', escape(name))}{more}</properties>"
        f"<values>{_kept(tuple((values or {}).items()))}</values>"
        + (f"<messages>{messages}</messages>" if messages else "")
        + (f"<children>{inside}</children>" if inside else "")
        + "</node>"
    )


@cache  # fourteen thousand nodes are of a dozen sorts
def _alike(
    kind: str, colour: Colour, switches: Iterable[tuple[str, int]], numbers: Iterable[tuple[str, int]], clear: bool
) -> str:
    """The properties that nodes of a sort share."""
    pressed = kind in ("FADER", "BUTTON")
    flags = {
        "background": int(not clear), "grabFocus": int(pressed), "interactive": int(pressed or kind == "PAGER"),
        "locked": 0, "outline": int(not clear and pressed), "visible": 1, **dict(switches),
    }  # fmt: skip
    counts = {"orientation": 0, "outlineStyle": 1, "pointerPriority": 0, "shape": 1, **dict(numbers)}
    named = [_property("b", key, str(value)) for key, value in flags.items()]
    named += [_property("i", key, str(value)) for key, value in counts.items()]
    return "".join((*named, _property("f", "cornerRadius", "3"), _colour("color", colour)))


@cache
def _kept(values: Iterable[tuple[str, str]]) -> str:
    """What a node remembers, and what it is at first."""
    return "".join(
        f"<value><key>{key}</key><locked>0</locked><lockedDefaultCurrent>0</lockedDefaultCurrent>"
        f"<default>{default}</default><defaultPull>0</defaultPull></value>"
        for key, default in (*values, ("touch", "false"))
    )


def _property(kind: str, key: str, value: str) -> str:
    return f"<property type='{kind}'><key>{key}</key><value>{value}</value></property>"


@cache
def _colour(key: str, colour: Colour) -> str:
    red, green, blue = colour
    return _property("c", key, f"<r>{red}</r><g>{green}</g><b>{blue}</b><a>1</a>")


def _osc(address: str, when: str, arguments: str, receive: bool = True) -> str:
    """A message to and from `address`."""
    return (
        f"<osc><enabled>1</enabled><send>1</send><receive>{int(receive)}</receive><feedback>0</feedback>"
        "<noDuplicates>0</noDuplicates><connections>1111111111</connections>"
        f"<triggers><trigger><var>x</var><condition>{when}</condition></trigger></triggers>"
        f"<path>{_constant('STRING', address)}</path><arguments>{arguments}</arguments></osc>"
    )


def _constant(conversion: str, value: str) -> str:
    return _partial("CONSTANT", conversion, escape(value), 0, 1)


@cache
def _value(conversion: str, lo: float, hi: float) -> str:
    return _partial("VALUE", conversion, "x", lo, hi)


def _partial(kind: str, conversion: str, value: str, lo: float, hi: float) -> str:
    return (
        f"<partial><type>{kind}</type><conversion>{conversion}</conversion><value>{value}</value>"
        f"<scaleMin>{lo:g}</scaleMin><scaleMax>{hi:g}</scaleMax></partial>"
    )

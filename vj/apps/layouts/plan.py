"""Which controls lie where, on pages of one size: the same plan for every surface. Frames are (x, y, width, height)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vj.core.params import AnyParam

# All in the points of a layout.
#: Of a page.
WIDTH = 1024
HEIGHT = 688
#: Between two controls.
GAP = 8
FADER_SIZE = (76, 300)
BUTTON_SIZE = (120, 56)
#: Of the line of words under a fader.
WORDS_HEIGHT = 34
#: What every performer reaches for, on the first page.
FIRST = (
    "/master/level", "/master/fade", "/master/reactivity", "/master/speed", *(f"/macro/{n}" for n in range(1, 9)),
    "/cue/go", "/cue/back", "/tempo/tap", "/tempo/resync", "/latent/reseed", "/preset/next", "/desk/undo",
    "/output/record", "/master/blackout", "/master/freeze", "/master/panic",
)  # fmt: skip


@dataclass(frozen=True)
class Control:
    """One control: "fader", "toggle", "push" or, with the word that it says, "choice"."""

    kind: str
    address: str
    param: AnyParam
    frame: tuple[int, int, int, int]
    words: str
    word: str = ""


@dataclass
class Page:
    """A page and what lies on it."""

    title: str
    controls: list[Control] = field(default_factory=list)


def chapters(table: Mapping[str, AnyParam]) -> dict[str, list[Page]]:
    """The pages of all that can be shown, by chapter: what is reached for first, then group by group."""
    groups: dict[str, dict[str, list[str]]] = {"play": {"play": [address for address in FIRST if address in table]}}
    for address in table:
        group, *parts = address.strip("/").split("/")
        page = parts[0] if len(parts) > 1 else group
        groups.setdefault(group, {}).setdefault(page, []).append(address)
    found = {}
    for group, addressed in groups.items():
        laid = [page for title, each in addressed.items() for page in _laid(title, list(_wanted(table, each)))]
        if laid:
            found[group] = laid
    return found


def _wanted(table: Mapping[str, AnyParam], addresses: list[str]) -> Iterator[tuple[str, str, AnyParam, str]]:
    """Kind, address, Param and word of every control; faders first. What needs words typed in has none."""
    kinds = {"float": "fader", "int": "fader", "toggle": "toggle", "trigger": "push"}
    for wanted in ("fader", "push", "toggle"):
        for address in addresses:
            param = table[address]
            pushed = param.kind == "deed" and not param.type_tag
            if kinds.get(param.kind, "push" if pushed else "") == wanted:
                yield wanted, address, param, ""
    for address in addresses:
        for word in table[address].choices if table[address].kind == "choice" else ():
            yield "choice", address, table[address], word


def _laid(title: str, wanted: list[tuple[str, str, AnyParam, str]]) -> list[Page]:
    """The controls in rows, on as many pages as it takes."""
    found: list[Page] = []
    x, y, tall, before = GAP, GAP, 0, ""
    for kind, address, param, word in wanted:
        wide, high = FADER_SIZE if kind == "fader" else BUTTON_SIZE
        row = address if kind == "choice" else kind
        if x + wide + GAP > WIDTH or (row != before and tall):
            x, y, tall = GAP, y + tall + GAP, 0
        if not found or y + high + GAP > HEIGHT:
            words = title.replace("_", " ")
            found.append(Page(f"{words} {len(found) + 1}" if found else words))
            x, y = GAP, GAP
        name = address.strip("/").split("/")
        words = " ".join(name[-2:] if name[-1].isdigit() else name[-1:]).replace("_", " ")
        found[-1].controls.append(Control(kind, address, param, (x, y, wide, high), words, word))
        x, tall, before = x + wide + GAP, max(tall, high), row
    return found

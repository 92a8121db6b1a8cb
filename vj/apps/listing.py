"""`vj looks`, `classes`, `features`, `setlists`: what there is to choose from, a line each."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vj.core.errors import BundleError, VjError

#: A name, what it is, and whose: "yours", "broken" or nothing.
Row = tuple[str, str, str]
YOURS = "yours"
BROKEN = "broken"


def looks() -> None:
    """The looks, in the order of their keys: name, mood, and what each is good for."""
    _print(look_rows(), "look", keys=True)
    _homes("looks", "vj live --look NAME, or --look FILE.toml from anywhere; Shift and a digit while it runs")


def classes(
    bundle: Annotated[str, typer.Argument(help="A generator bundle: a name or a folder.")] = "worlds",
) -> None:
    """The classes of a bundle, in the order of their keys."""
    _print(class_rows(bundle), "class", keys=True)
    _say("A digit while it runs, or in a look or a cue: classes = { ink = 0.7, aurora = 0.3 }")


def features() -> None:
    """What is heard: everything that a look or a cue can let the picture follow."""
    _print(feature_rows(), "feature")
    _say('In a look or a cue: [[modulate]] from = "bands.bass.hits", to = "/fx/bloom/gain", amount = 0.2')


def setlists() -> None:
    """The setlists: title and number of cues."""
    _print(setlist_rows(), "setlist")
    _homes("setlists", "vj live --setlist NAME, or --setlist FILE.toml from anywhere")


def presets() -> None:
    """Your presets: bank and slot, name and look."""
    _print(preset_rows(), "preset")
    _homes("presets", "bank1/03.toml is slot 3 of bank 1; /preset/store makes one while a show runs")


def preset_rows() -> Iterator[Row]:
    """Every preset; broken ones say what is wrong."""
    from vj.apps.assemble import find_looks, find_presets, parameters
    from vj.generators.bundle.catalogue import Catalogue

    table, catalogue = parameters(mine=True), Catalogue()
    found, broken = find_presets(table, find_looks(None, table, catalogue), catalogue)
    for (bank, number), preset in sorted(found.items()):
        yield f"{bank}/{number}", ", ".join(filter(None, (preset.name, preset.look, preset.bundle))), YOURS
    for error in broken:
        path = Path(error.where.split(",")[0])
        yield f"{path.parent.name}/{path.stem}", f"{error.what} ({error.where})", BROKEN


def look_rows() -> Iterator[Row]:
    """Every look but the one that is none; broken ones say what is wrong."""
    from vj.apps.assemble import known_classes, parameters
    from vj.apps.homes import owned
    from vj.engine.cues.looks import read_look
    from vj.engine.performance import LOOKS
    from vj.generators.bundle.catalogue import Catalogue

    table, known = parameters(mine=True), known_classes(Catalogue())
    for path, mine in owned(LOOKS):

        def tell(path: Path = path) -> str:
            look = read_look(path, table, known)
            return ". For: ".join(filter(None, (look.mood, look.use))) or look.title

        yield _row(path, mine, tell)


def class_rows(bundle: str) -> Iterator[Row]:
    """Every class of a bundle. Raises BundleError for one that is not there."""
    from vj.generators.bundle.catalogue import Catalogue
    from vj.generators.bundle.manifest import class_words, find_bundle

    names = Catalogue().admit(bundle)
    with suppress(BundleError):  # a generator without a bundle has no words
        said = class_words(find_bundle(bundle))
        yield from ((name, said.get(name, ""), "") for name in names)
        return
    yield from ((name, "", "") for name in names)


def feature_rows() -> Iterator[Row]:
    """Every number that is heard, and what moves besides."""
    from vj.engine.sources import LFOS, numbers

    for name, text in numbers().items():
        yield name, text, ""
    for name in LFOS:
        yield name, f"a slow wave that keeps to the beat, as /{name.replace('.', '/')}/... say", ""


def setlist_rows() -> Iterator[Row]:
    """Every setlist; broken ones say what is wrong."""
    from vj.apps.assemble import DEFAULT_BUNDLE, find_looks, find_presets, outputs_in, parameters
    from vj.apps.homes import SETLISTS, media_folders, owned
    from vj.engine.cues.setlist import read_setlist
    from vj.engine.layers.asking import offered
    from vj.generators.bundle.catalogue import Catalogue
    from vj.outputs.sending.all import parameters as switches
    from vj.sources.folders import Media

    table, catalogue = parameters(mine=True), Catalogue()
    for path, mine in owned(SETLISTS):

        def tell(path: Path = path) -> str:
            here = table | offered(table, Media(media_folders(path)).files) | switches(outputs_in(path))
            looks = find_looks(path, here, catalogue)
            presets, _ = find_presets(here, looks, catalogue)
            setlist = read_setlist(path, here, catalogue.admit, DEFAULT_BUNDLE, looks, presets)
            count = f"{len(setlist.cues)} cue{'s' * (len(setlist.cues) != 1)}"
            return ". ".join((setlist.title, f"{count}{', round and round' * setlist.loop}"))

        yield _row(path, mine, tell)


def _row(path: Path, mine: bool, tell: Callable[[], str]) -> Row:
    """What `tell` says of a file, or what is wrong with it."""
    try:
        return path.stem, tell(), YOURS if mine else ""
    except VjError as error:
        hint = f"; {error.hint}" if error.hint else ""
        return path.stem, f"{error.what} ({error.where}){hint}", BROKEN


def _print(rows: Iterable[Row], title: str, keys: bool = False) -> None:
    """The rows with a heading, or bare and tab-separated into a pipe."""
    console, listed = Console(), list(rows)
    if not console.is_terminal:
        for row in listed:
            print("\t".join(row).rstrip())
        return
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("key", title, "", "") if keys else (title, "", ""):
        table.add_column(heading, justify="right" if heading == "key" else "left")
    place = 0
    for name, text, whose in listed:
        key = "" if whose == BROKEN else _key(place)
        place += whose != BROKEN
        style = {YOURS: "bold", BROKEN: "yellow"}.get(whose)
        table.add_row(*([key] if keys else []), name, escape(text), whose, style=style)
    console.print(table)


def _key(place: int) -> str:
    """The digit that number `place` of a row lies on, and its page after the first: "3", "2 / 3"."""
    from vj.devices.keys import DIGITS

    page, digit = divmod(place, DIGITS)
    return f"{page + 1} / {(digit + 1) % 10}" if page else str((digit + 1) % 10)


def _homes(folder: str, use: str) -> None:
    """Where one's own go, and how one is used."""
    from vj.apps.homes import own

    _say(f"Your own go to {own(folder)[0]}; {use}")


def _say(text: str) -> None:
    Console(stderr=True).print(text, style="dim", highlight=False, markup=False, soft_wrap=True)

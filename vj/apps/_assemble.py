"""Puts the parts of a show together, the same way for live and render."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from vj.apps._ahead import Ahead, opened
from vj.core import shelf
from vj.core.errors import ControlError, SetlistError, nearest
from vj.core.params import Param
from vj.core.types import Cue, Duration, Event, Value
from vj.engine.analyzer import Analyzer
from vj.engine.console import full_table
from vj.engine.desk import Desk
from vj.engine.effects import effects
from vj.engine.finisher import Finisher
from vj.engine.looks import NONE, Looks, read_looks
from vj.engine.mixer import Mixer
from vj.engine.performance import LOOKS
from vj.engine.rack import Program, Rack
from vj.engine.setlist import Setlist, read_setlist
from vj.engine.show import Show
from vj.generators._catalogue import Catalogue
from vj.generators._refine import Refine
from vj.outputs._wall import Wall

DEFAULT_BUNDLE = "worlds"
#: What a show wears that was told nothing at all.
DEFAULT_LOOK = "neon_loom"


@dataclass(frozen=True)
class Settings:
    """What the performer chose on the command line; everything else comes from setlist and declarations.

    `size` is that of the generator's pictures, None for the bundle's own. `refine` is the folder of a diffusion model
    for the second stage, `refine_vae` that of another autoencoder for it.
    """

    bundle: str = DEFAULT_BUNDLE
    director: str | None = None
    setlist: Path | None = None
    seed: int = 1
    size: tuple[int, int] | None = None
    threads: int | None = None
    look: str | None = None
    refine: Path | None = None
    refine_vae: Path | None = None


def find_setlist(name: str) -> Path:
    """The setlist at a path, or the shipped one of that name; raises SetlistError."""
    path = Path(name)
    shipped = shelf.share("setlists") / f"{name}.toml"
    if path.is_file():
        return path
    if shipped.is_file():
        return shipped
    known = [p.stem for p in shelf.share("setlists").glob("*.toml")]
    raise SetlistError(f"no setlist {name!r}", str(path.resolve()), nearest(name, known))


def parameters(rate: int = 48000) -> dict[str, Param]:
    """Address -> Param of everything a performer can change."""
    table = full_table([*Analyzer(rate).stages, Refine, Wall])
    shipped = sorted(path.stem for path in (shelf.share("setlists") / LOOKS).glob("*.toml"))
    return {**table, "/look": replace(table["/look"], choices=(NONE, *shipped))}


@dataclass(frozen=True)
class Loaded:
    """A show but for its ear, which must wait to know the rate of the sound."""

    desk: Desk
    programs: Rack

    def show(self, rate: int) -> Show:
        """The show for sound of `rate` Hz."""
        chain = effects()
        return Show(Analyzer(rate), self.programs, Mixer(), Finisher(chain) if chain else None)


def assemble(settings: Settings, rate: int) -> tuple[Show, Desk]:
    """A show for sound of `rate` Hz and its desk, as `load` makes them. Raises VjError."""
    loaded = load(settings)
    return loaded.show(rate), loaded.desk


def load(
    settings: Settings, tell: Callable[[str, float], None] = lambda what, part: None, ahead: Ahead | None = None
) -> Loaded:
    """The bundles that are needed at first, loaded and warm, and the desk at the first cue. Raises VjError.

    `tell` is called with what is loaded next and the part of all (0..1) that is done when it is; `ahead` is a generator
    that is being opened already.
    """
    table, catalogue, rack = parameters(), Catalogue(), Rack(opener(settings, ahead))
    setlist, looks = Setlist(), find_looks(settings.setlist, table)
    if settings.setlist is not None:
        setlist = read_setlist(settings.setlist, table, catalogue.admit, settings.bundle, looks)
    lineup, opening = setlist.bundles or (settings.bundle,), _opening(settings)
    for name in lineup:
        catalogue.admit(name)
    first = lineup[:1] if setlist.ahead else lineup
    for count, name in enumerate(first, 1):
        tell(f"waking the generator {name}", count / len(first))
        rack.load(name)
    desk = Desk(table, catalogue, setlist, looks, lineup)
    desk.take(opening)
    if setlist.cues:
        desk.take(setlist.cues[0])
    if settings.look is not None:
        _dress(desk, settings)
    return Loaded(desk, rack)


def opener(settings: Settings, ahead: Ahead | None = None) -> Callable[[str], Program]:
    """What opens a generator by name and warms it up, as `settings` say, or takes the one that was opened `ahead`.

    It raises VjError.
    """

    def program(name: str) -> Program:
        return Program(name, (ahead.take if ahead else opened)(name, settings.size, settings.threads), settings.seed)

    return program


def find_looks(setlist: Path | None, table: Mapping[str, Param]) -> Looks:
    """The shipped looks and those in the folder `looks` beside the setlist; raises SetlistError."""
    folders = [shelf.share("setlists") / LOOKS]
    if setlist is not None and (own := setlist.resolve().parent / LOOKS) != folders[0].resolve():
        folders.append(own)
    return read_looks(folders, table)


def _dress(desk: Desk, settings: Settings) -> None:
    """Put on the look that the command line names; a director named there as well stays."""
    assert settings.look is not None
    try:
        desk.look(settings.look, Duration())
    except ControlError as error:
        raise SetlistError(error.what, "--look", error.hint) from error
    if settings.director is not None:
        desk.apply(Event("/director/select", (settings.director,), "start"))


def _opening(settings: Settings) -> Cue:
    """What the command line says, as a cue before the first."""
    values: dict[str, Value] = {"/latent/seed": settings.seed}
    if settings.setlist is None:
        values["/model/select"] = settings.bundle
    if settings.director is not None:
        shelf.load("directors", settings.director)  # says at once if there is no such director
        values["/director/select"] = settings.director
    return Cue("", "opening", values)

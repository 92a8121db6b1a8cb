"""Puts the parts of a show together, the same way for live and render."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vj.apps.ahead import Ahead, opened
from vj.apps.homes import MEDIA, SETLISTS, files, look_file, media_folders, own, own_looks, shipped
from vj.apps.standin import alike
from vj.core import shelf
from vj.core.errors import ControlError, SetlistError, VjError, nearest
from vj.core.params import AnyParam
from vj.core.params import table as declared
from vj.core.types import Cue, Duration, Event, Value
from vj.core.written import is_file, path_of
from vj.devices.dmx.stage import Faders
from vj.devices.link.session import Linking
from vj.devices.midi.stage import Midi
from vj.directors.spectrum import lent
from vj.engine.analyzer import Analyzer
from vj.engine.console import full_table
from vj.engine.cues.looks import NONE, Looks, read_looks
from vj.engine.cues.presets import Preset, PresetReader, Slot
from vj.engine.cues.reading import read_toml
from vj.engine.cues.setlist import Setlist, read_setlist
from vj.engine.desk import Desk
from vj.engine.finish.effects import effects, filters
from vj.engine.finish.finisher import Finisher
from vj.engine.finish.found import FILTERS, TRANSITIONS, lend
from vj.engine.finish.mixer import Mixer
from vj.engine.layers.asking import offered
from vj.engine.layers.layering import Layering
from vj.engine.performance import LOOKS, PRESETS
from vj.engine.rack import Program, Rack
from vj.engine.replaying import Replaying
from vj.engine.show import Show
from vj.generators.bundle.catalogue import Catalogue
from vj.generators.diffusion.refine import Refine
from vj.outputs.finish.viewport import Viewport
from vj.outputs.light.stage import Lit
from vj.outputs.mapping.stage import Mapped
from vj.outputs.sending.all import parameters as switches
from vj.outputs.sending.asked import Asked, each_once, read_all
from vj.sources.folders import Media

DEFAULT_BUNDLE = "worlds"
#: What a show wears that was told nothing at all.
DEFAULT_LOOK = "neon_loom"


@dataclass(frozen=True)
class Settings:
    """What the performer chose on the command line; everything else comes from setlist and declarations.

    `look` is a look's name or its file, `looks` a folder of looks besides those at home. `size` is that of the
    generator's pictures, None for the bundle's own. `refine` is the folder of a diffusion model for the second stage,
    `refine_vae` that of another autoencoder for it. `presets` is a folder of presets in place of that at home, `memory`
    what a desk told to go on from. `instead` names bundles that draw in the place of others, by those.
    `replays` is for a show that was given before: it can be wound.
    `began` is when the show begins, in seconds from the beginning of 2000 by the clocks of the place.
    `palettes` is a folder of palettes that come before those at home. `outputs` are those asked for besides the
    setlist's.
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
    looks: Path | None = None
    presets: Path | None = None
    memory: Mapping[str, Any] | None = None
    instead: Mapping[str, str] = field(default_factory=dict)
    replays: bool = False
    palettes: Path | None = None
    outputs: tuple[Asked, ...] = ()
    began: float = 0.0


def find_setlist(name: str) -> Path:
    """The setlist at a path, or the performer's own of that name, or the shipped one; raises SetlistError."""
    path, known = path_of(name), files((*own(SETLISTS), shipped(SETLISTS)))
    if is_file(path):
        return path
    if name in known:
        return known[name]
    raise SetlistError(f"no setlist {name!r}", str(path.resolve()), f"{nearest(name, known)} (`vj setlists` lists all)")


def parameters(rate: int = 48000, mine: bool = False, replays: bool = False) -> dict[str, AnyParam]:
    """Address -> Param of everything a performer can change; looks and media are the shipped ones, and `mine` those at
    home.

    `replays` adds what winds a performance that is played again, which nothing but hands can move.
    """
    table = full_table([*Analyzer(rate).stages, Refine, Viewport, Mapped, Lit, Linking, Midi, Faders])
    table |= declared([Replaying]) if replays else {}
    names = files((*(own(LOOKS) if mine else ()), shipped(LOOKS)))
    media = Media((*(own(MEDIA) if mine else ()), shipped(MEDIA)))
    return {**table, **offered(table, media.files), "/look": replace(table["/look"], choices=(NONE, *names))}


@dataclass(frozen=True)
class Loaded:
    """A show but for its ear, which must wait to know the rate of the sound."""

    desk: Desk
    programs: Rack
    media: Media
    outputs: tuple[Asked, ...] = ()
    began: float = 0.0

    def show(self, rate: int) -> Show:
        """The show for sound of `rate` Hz."""
        chain = (*effects(), *filters())
        layering = Layering(lambda: self.media.files)
        return Show(Analyzer(rate), self.programs, Mixer(), Finisher(chain) if chain else None, layering, self.began)


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
    if settings.setlist is not None:
        lend(folders=(settings.setlist.resolve().parent / kind for kind in (FILTERS, TRANSITIONS)))
    table, catalogue, rack = parameters(replays=settings.replays), Catalogue(), Rack(opener(settings, ahead))
    table |= lent(settings.palettes)
    outputs = outputs_of(settings)
    table |= switches(outputs)
    media = Media(media_folders(settings.setlist, settings.looks))
    table |= offered(table, media.files)
    setlist, looks = Setlist(), find_looks(settings.setlist, table, catalogue, settings)
    presets, broken = find_presets(table, looks, catalogue, settings.presets)
    if settings.setlist is not None:
        setlist = read_setlist(settings.setlist, table, catalogue.admit, settings.bundle, looks, presets)
    _dress(settings, looks)  # says at once if there is none such
    lineup = setlist.bundles or (settings.bundle,)
    for name in lineup:
        catalogue.admit(name)
    first = lineup[:1] if setlist.ahead else lineup
    for count, name in enumerate(first, 1):
        tell(f"waking the generator {name}", count / len(first))
        rack.load(name)
    desk = Desk(table, catalogue, setlist, looks, lineup, presets)
    for error in broken:
        desk.say(f"broken preset: {error.what} ({error.where})")
    if looks.broken:
        desk.say(f"broken looks: {', '.join(looks.broken)} (see `vj looks`)")
    begin(desk, settings, setlist.cues[0] if setlist.cues else None)
    return Loaded(desk, rack, media, outputs, settings.began)


def outputs_of(settings: Settings) -> tuple[Asked, ...]:
    """The outputs that were asked for, then those of the setlist, each by a name of its own; raises VjError."""
    own = outputs_in(settings.setlist) if settings.setlist else ()
    named = {asked.name for asked in settings.outputs}
    return each_once((*settings.outputs, *(asked for asked in own if asked.name not in named)))


def outputs_in(setlist: Path) -> tuple[Asked, ...]:
    """The outputs of a setlist; raises VjError."""
    return read_all(read_toml(setlist, "setlist"), str(setlist))


def begin(desk: Desk, settings: Settings, first: Cue | None) -> None:
    """How a show begins on a fresh desk: what the command line says, the first cue, the look that is worn."""
    desk.take(_opening(settings))
    if first is not None:
        desk.take(first)
    if dress := _dress(settings, desk.taste):
        desk.look(dress, Duration())
        if settings.director is not None:  # one that is named as well stays
            desk.apply(Event("/director/select", (settings.director,), "start"))
    if settings.memory is not None:
        desk.remember(settings.memory)


def opener(settings: Settings, ahead: Ahead | None = None) -> Callable[[str], Program]:
    """What opens a generator by name and warms it up, as `settings` say, or takes the one that was opened `ahead`.

    It raises VjError.
    """

    def program(name: str) -> Program:
        drawn = settings.instead.get(name, name)
        generator = (ahead.take if ahead else opened)(drawn, settings.size, settings.threads)
        walked = alike(name, generator, drawn) if drawn != name else None
        return Program(name, generator, settings.seed, walked)

    return program


def find_looks(
    setlist: Path | None,
    table: Mapping[str, AnyParam],
    catalogue: Catalogue | None = None,
    settings: Settings | None = None,
) -> Looks:
    """The look asked for by file, those in the folder `looks` beside the setlist, the performer's own and the shipped
    ones, of each name the first. With a catalogue their classes are looked up in it.

    Raises SetlistError, but not for a broken look at home that nobody asked for.
    """
    settings = settings or Settings(setlist=setlist)
    if (file := look_file(settings.look)) and not is_file(file):
        hint = f"{nearest(file.stem, files((*own(LOOKS), shipped(LOOKS))))} A name is given without .toml"
        raise SetlistError("there is no such look", str(file), hint)
    mine = own_looks(settings.look, setlist, settings.looks)
    classes = None if catalogue is None else known_classes(catalogue, setlist, settings.bundle)
    lenient = (*own(LOOKS), *([settings.looks] if settings.looks else []))
    others = {name: path for name, path in files([shipped(LOOKS)]).items() if name not in mine}
    return read_looks({**mine, **others}, table, classes, lenient)


def find_presets(
    table: Mapping[str, AnyParam], looks: Looks, catalogue: Catalogue, folder: Path | None = None
) -> tuple[dict[Slot, Preset], list[SetlistError]]:
    """The presets in `folder`, the performer's own if it is None, and what is wrong with those that cannot be read."""
    return PresetReader(table, looks, catalogue.admit).folder(folder or own(PRESETS)[0])


def known_classes(catalogue: Catalogue, setlist: Path | None = None, bundle: str = DEFAULT_BUNDLE) -> set[str]:
    """Every name of a class of any bundle there is, `bundle` and those that only the setlist names included."""
    document = read_toml(setlist, "setlist") if setlist else {}
    cues = document.get("cue", [])
    entries = (document, *cues) if isinstance(cues, list) else ()
    named = [entry.get("bundle") for entry in entries if isinstance(entry, Mapping)]
    found: set[str] = set()
    for name in {bundle, *(name for name in named if isinstance(name, str)), *catalogue}:
        with suppress(VjError):  # one that nobody plays, or that will be told where it is asked for
            found.update(catalogue.admit(name))
    return found


def _dress(settings: Settings, looks: Looks) -> str:
    """The name of the look to begin in, or nothing; raises SetlistError for one there is not."""
    if settings.look is None:
        return ""
    file = look_file(settings.look)
    try:
        return looks[file.stem if file else settings.look].name
    except ControlError as error:
        raise SetlistError(error.what, error.where or "--look", error.hint or "`vj looks` lists all") from error


def _opening(settings: Settings) -> Cue:
    """What the command line says, as a cue before the first."""
    values: dict[str, Value] = {"/latent/seed": settings.seed}
    if settings.setlist is None:
        values["/model/select"] = settings.bundle
    if settings.director is not None:
        shelf.load("directors", settings.director)  # says at once if there is no such director
        values["/director/select"] = settings.director
    return Cue("", "opening", values)

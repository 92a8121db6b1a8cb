"""A folder of loops: one of each class and look that is asked for, made one after the other."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from vj.apps.ahead import Ahead, opened
from vj.apps.assemble import Settings, load
from vj.apps.loops.film import make
from vj.apps.loops.index import Index, Row, sheet
from vj.apps.loops.round import played
from vj.apps.loops.wish import Wish
from vj.apps.render.delivery import Delivery, labels_of
from vj.apps.track import pairs
from vj.core.errors import ControlError, VjError, nearest
from vj.core.types import F32, U8, Event, Mix
from vj.engine.console import Model
from vj.engine.cues.looks import NONE
from vj.engine.desk import Desk
from vj.engine.detail import HALF, Size
from vj.engine.looping.hearing import Heard
from vj.engine.looping.span import Span, metre_of, spoken
from vj.engine.walker import Walker
from vj.features.state import Name
from vj.generators.contract import Generator
from vj.outputs.video.asked import Labels

RATE = 48000
ALL = "all"
#: States of the music that a loop can have: the others lead somewhere.
STATES: tuple[Name, ...] = ("drop", "groove", "break", "silence")
#: Classes that a name has at most.
NAMED = 3


@dataclass(frozen=True)
class Wanted:
    """What every loop of a folder has in common.

    `sound` gives one round of mono at RATE for a state of the music; `state` is None for that which the look is for.
    """

    bundle: str
    span: Span
    size: Size
    seed: int
    sound: Callable[[Name], F32]
    state: Name | None = None
    detail: str = HALF
    delivery: Delivery = field(default_factory=Delivery)
    threads: int | None = None
    settings: Sequence[str] = ()
    song: str = ""

    @property
    def wish(self) -> Wish:
        """What each film shall be, but for what it says of itself."""
        return Wish(self.size, self.detail, self.delivery)


@dataclass
class Outcome:
    """What came of a folder: files made, those that were there, and what failed with its error; notes on any."""

    made: list[str]
    there: list[str]
    failed: list[tuple[str, VjError]]
    notes: list[str]


class Kept(Ahead):
    """What one show after the other can have: a generator that is opened once, and what was heard."""

    def __init__(self) -> None:
        #: What was heard of the sound, for every loop alike.
        self.known: dict[Hashable, Heard] = {}
        self._generators: dict[tuple[str, Size | None, int | None], Generator] = {}

    def take(self, name: str, size: Size | None, threads: int | None) -> Generator:
        """The generator called `name`, which stays open. Raises VjError."""
        key = (name, size, threads)
        if key not in self._generators:
            self._generators[key] = opened(name, size, threads)
        return self._generators[key]

    def close(self) -> None:
        """Let go of all."""
        for generator in self._generators.values():
            generator.close()
        self._generators.clear()


def chosen(asked: str | None, known: Iterable[str], option: str) -> list[str | None]:
    """The names that an option lists between commas, or all; [None] where it says nothing. Raises VjError."""
    names = list(known)
    if asked is None:
        return [None]
    if asked.strip().lower() == ALL:
        return list(names)
    words = [word.strip() for word in asked.split(",") if word.strip()]
    for word in words:
        if word not in names and not word.lower().endswith(".toml"):
            raise VjError(f"there is no {word!r}", option, f"{nearest(word, names)} Or: all")
    return list(dict.fromkeys(words)) or [None]


def loops(
    wanted: Wanted,
    which: Sequence[tuple[str | None, str | None]],
    folder: Path,
    again: bool = False,
    progress: Callable[[str, float], None] = lambda said, part: None,
) -> Outcome:
    """Make a loop of each class and look of `which` (None: the look's own classes; no look) in `folder`, with an index
    and a sheet.

    One that fails does not stop the rest; one that is there already is left alone, unless `again`. Raises VjError for
    what concerns them all.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VjError("the folder cannot be made", str(folder), str(error)) from error
    index, outcome = Index.of(folder), Outcome([], [], [], [])
    shown: dict[str, list[U8]] = {}
    kept = Kept()
    try:
        for count, (class_, look) in enumerate(which):
            said = " ".join(filter(None, (look or "no look", class_)))

            def moved(part: float, said: str = said, count: int = count) -> None:
                progress(said, (count + part) / len(which))

            moved(0.0)
            try:
                _one(wanted, class_, look, index, outcome, shown, again, kept, moved)
            except VjError as error:
                outcome.failed.append((said, error))
    finally:
        kept.close()
        sheet(index, shown)
    return outcome


def _one(
    wanted: Wanted,
    class_: str | None,
    look: str | None,
    index: Index,
    outcome: Outcome,
    shown: dict[str, list[U8]],
    again: bool,
    kept: Kept,
    progress: Callable[[float], None],
) -> None:
    """Make one loop, or find it made."""
    settings = Settings(wanted.bundle, seed=wanted.seed, threads=wanted.threads, look=look)
    loaded = load(settings, ahead=kept)
    desk = loaded.desk
    if class_ is not None:
        _do(desk, "/model/class", class_, "--class")
    for address, value in pairs(wanted.settings):
        _do(desk, address, value, "--set")
    state = wanted.state or _state(desk, look)
    row = _row(wanted, class_ or _classes(desk), look, state)
    if not again and index.has(row):
        outcome.there.append(row["file"])
        return
    show = loaded.show(RATE)
    loop = played(show, desk, wanted.sound(state), wanted.span, state, kept.known)
    labels = labels_of(Path(row["file"]).stem, settings, desk)
    facts = {**labels.facts, **{key: row[key] for key in ("class", "bpm", "bars", "frames")}}
    wish = replace(wanted.wish, labels=Labels(labels.title, facts))
    made = make(loop, show, index.folder / row["file"], wish, progress)
    index.add({**row, "seam": f"{made.seam.ratio:.3f}"})
    shown[row["file"]] = made.shown
    outcome.made.append(row["file"])
    if made.limited:
        outcome.notes.append(f"{row['file']}: {made.limited} frames were held back, so as not to flash")
    if not made.settled:
        outcome.notes.append(f"{row['file']}: what its effects leave behind never comes round; a seam may show")


def _do(desk: Desk, address: str, value: str, option: str) -> None:
    if not desk.apply(Event(address, (value,), "start")):
        raise ControlError(desk.notice, option, "see: vj classes, vj osc list")


def _state(desk: Desk, look: str | None) -> Name:
    """A drop for a look that is for drops, else a groove."""
    return "drop" if "drop" in desk.taste[Path(look).stem if look else NONE].sections else "groove"


def _classes(desk: Desk) -> str:
    """The classes that cue or look name, the strongest first; "free" where the director chooses."""
    mix: Mix = desk.current(Walker.mix)
    names = desk.availability.classes[desk.current(Model.select)]
    strongest = sorted(mix, key=lambda pair: -abs(pair[1]))[:NAMED]
    return "+".join(names[index % len(names)] for index, _ in strongest) or "free"


def _row(wanted: Wanted, class_: str, look: str | None, state: Name) -> Row:
    span = wanted.span
    bundle, dress = Path(wanted.bundle).name, Path(look).stem if look and look.endswith(".toml") else look or "bare"
    bpm = spoken(span.bpm)
    length = f"{span.bars}bars" if span.bars.denominator == 1 else f"{span.beats}beats"
    parts = (bundle, class_, dress, f"{bpm}bpm", length, *([wanted.song] if wanted.song else []))
    stem = "-".join(parts).replace("/", "_").replace(" ", "_")
    return {
        "file": f"{stem}{wanted.wish.suffix}",
        "bundle": bundle,
        "class": class_,
        "look": dress,
        "bpm": bpm,
        "beats": str(span.beats),
        "bars": spoken(span.bars),
        "frames": str(span.frames),
        "fps": spoken(span.fps) if span.fps.denominator == 1 else str(span.fps),
        "seconds": f"{float(span.seconds):.6g}",
        "width": str(wanted.size[0]),
        "height": str(wanted.size[1]),
        "seed": str(wanted.seed),
        "state": state,
        "song": wanted.song,
        "set": " ".join(wanted.settings),
    }


def span_of(beats: int | None, bars: int | None, bpm: Fraction, fps: Fraction, metre: int | None) -> Span:
    """The span that is asked for by beats or bars, 4 bars where neither is said. Raises VjError."""
    if beats is not None and bars is not None:
        raise VjError("a loop is so many beats or so many bars", "--beats, --bars", "give one of them")
    if beats is not None:
        return Span(beats, bpm, fps, metre or metre_of(beats))
    metre = metre or 4
    return Span((4 if bars is None else bars) * metre, bpm, fps, metre)

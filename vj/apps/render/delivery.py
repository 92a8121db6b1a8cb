"""How a film is handed over: the file it becomes, what it says of itself, and its chapters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib import metadata
from pathlib import Path
from typing import Protocol

from vj import __version__
from vj.apps.assemble import Settings
from vj.apps.homes import look_file
from vj.apps.rehearsal.wish import fingerprint
from vj.apps.render.moments import RATE, Moment
from vj.core.errors import VjError
from vj.core.types import F32
from vj.devices.audio.file import AudioFile
from vj.engine.cues.setlist import Setlist
from vj.engine.desk import Desk
from vj.outputs.video.asked import Encoding, Labels, Sound, Source
from vj.outputs.video.film import Film, job_for, open_film
from vj.outputs.video.formats import FORMATS, Choice, Size, chosen, fitting, suffix_for
from vj.outputs.video.job import Job
from vj.outputs.video.joined import Joined
from vj.outputs.video.streams import encoder_for

#: What becomes of the sound: taken over as it is where that can be, encoded in any case, or left out.
SOUNDS = ("auto", "encode", "none")
#: Threads of the encoder of a segment: a fixed number, for with another one it writes other bytes.
ENCODERS = 4
#: What is at work besides us, as far as it has to do with what is seen.
PACKAGES = ("numpy", "onnxruntime", "moderngl", "av")


@dataclass(frozen=True)
class Delivery:
    """What was asked of a film: its format ("" for what its name says), codec, bits a channel, alpha and sound."""

    form: str = ""
    codec: str = "auto"
    depth: int | None = None
    alpha: str = ""
    sound: str = "auto"

    def path(self, song: Path) -> Path:
        """What a film of `song` is called that nobody gave a name."""
        form = FORMATS.get(self.form)
        return Path(song.resolve().name).with_suffix(form.suffixes[0] if form else suffix_for(self.codec, self.alpha))

    def check(self, out: Path, size: Size) -> None:
        """Raise OutputError for what cannot be, before anything is made."""
        if self.sound not in SOUNDS:
            raise VjError(f"no way of sound {self.sound!r}", "--sound", f"one of: {', '.join(SOUNDS)}")
        fitting(chosen(out, self.form, self.codec, self.depth, self.alpha), size, out)

    def film(self, out: Path, size: Size, fps: Fraction, song: AudioFile, settings: Settings, desk: Desk) -> Film:
        """The film of `song`, open; raises OutputError for what cannot be."""
        self.check(out, size)
        sound = Sound(RATE, kept=self.sound != "none")
        source = source_of(song) if self.sound == "auto" else None
        encoding = Encoding(codec=self.codec, depth=self.depth, alpha=self.alpha)
        labels = labels_of(song.path.stem, settings, desk)
        return open_film(out, size, fps, sound, encoding, form=self.form, source=source, labels=labels)

    def pieces(
        self, out: Path, size: Size, fps: Fraction, song: AudioFile, settings: Settings, desk: Desk
    ) -> "Pieces | None":
        """The same film to be made in segments; None for what is no single file of FFmpeg's. Raises VjError."""
        if self.sound not in SOUNDS:
            raise VjError(f"no way of sound {self.sound!r}", "--sound", f"one of: {', '.join(SOUNDS)}")
        choice = chosen(out, self.form, self.codec, self.depth, self.alpha)
        if FORMATS[choice.format].kind != "container" or choice.codec.startswith("hap"):
            return None
        encoding = Encoding(threads=ENCODERS)
        size, fps = fitting(choice, size, out), Fraction(fps).limit_denominator(1001)
        encoder, _ = encoder_for(job_for(out, size, fps, choice, encoding))
        sound, source = Sound(RATE, kept=self.sound != "none"), source_of(song) if self.sound == "auto" else None
        job = job_for(
            out,
            size,
            fps,
            replace(choice, encoder=encoder),
            encoding,
            sound,
            source,
            labels_of(song.path.stem, settings, desk),
        )
        return Pieces(job, replace(choice, encoder=encoder), encoding)


@dataclass(frozen=True)
class Pieces:
    """A film of segments: `job` is all of it, `choice` and `encoding` are what segments are encoded as."""

    job: Job
    choice: Choice
    encoding: Encoding

    @property
    def size(self) -> Size:
        """Width and height of the film."""
        return self.job.width, self.job.height

    def joined(self, samples: Iterator[F32]) -> Joined:
        """The film, to which segments are added."""
        return Joined(self.job, samples)


def segment(path: Path, size: Size, fps: Fraction, choice: Choice, encoding: Encoding) -> Film:
    """A segment to be written, which has no sound."""
    return Film(path, size, fps, None, encoding, True, choice)


def source_of(song: AudioFile) -> Source:
    """Where the sound of a film lies that is heard from `song`."""
    taken = song.taken
    start, stop = song.span
    return Source(song.path.absolute(), taken.track, start, stop, taken.codec, taken.layout, taken.lead)


def labels_of(title: str, settings: Settings, desk: Desk) -> Labels:
    """What a film says of itself: what is needed to make it again."""
    bundles = [" ".join(dict.fromkeys((name, fingerprint(name)))) for name in desk.availability.lineup]
    file = look_file(settings.look)
    look = file.stem if file else settings.look
    said = {
        "vj": __version__,
        "seed": str(settings.seed),
        "bundle": ", ".join(bundles),
        "setlist": settings.setlist.stem if settings.setlist else "",
        "look": look or "",
        "director": settings.director or "",
        "with": ", ".join(f"{name} {version}" for name in PACKAGES if (version := _version(name))),
    }
    return Labels(title, {key: text for key, text in said.items() if text})


class Chaptered(Protocol):
    """What has chapters."""

    @property
    def fps(self) -> Fraction: ...

    def chapter(self, t: float, name: str) -> None:
        """From second `t` on it is called `name`."""


class Chapters:
    """Begins a chapter of `film` wherever another cue is on."""

    def __init__(self, film: Chaptered) -> None:
        self._film = film
        self._frames = 0
        self._on = ""

    def follow(self, batch: Sequence[Moment], setlist: Setlist) -> None:
        """Take the next moments of the film."""
        for moment in batch:
            number = str(moment.snapshot.values.get("/cue/goto", ""))
            if number and number != self._on:
                self._film.chapter(self._frames / float(self._film.fps), named(number, setlist))
            self._on = number
            self._frames += 1


def named(number: str, setlist: Setlist) -> str:
    """What a cue is called."""
    name = next((cue.name for cue in setlist.cues if cue.number == number), "")
    return name or f"cue {number}"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # onnxruntime has many names
        return ""

"""What is asked of a film of a song, whoever makes it."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from vj.apps.recorded import Script
from vj.apps.render.delivery import Delivery
from vj.apps.render.moments import RATE
from vj.devices.audio.file import AudioFile, Pick
from vj.engine.detail import HALF, Size


@dataclass(frozen=True)
class Asked:
    """How a song becomes a film.

    span       from and to in seconds of the song
    script     what a performer did, each event with its show time
    columns    a CSV of numbers for directors that survey
    detail     how fine the generators' pictures are: see `vj.engine.detail`
    pick       what of the song's sound is heard
    delivery   what kind of film it becomes: what its name says, if nothing else is said
    performed  every moment is the same at any rate, a span is as in the whole: see `vj.apps.render.automation`
    samples    are drawn each way for a pixel
    """

    fps: Fraction = Fraction(30)
    size: Size = (1280, 720)
    span: tuple[float, float | None] = (0.0, None)
    script: Script = ()
    columns: Path | None = None
    detail: str = HALF
    pick: Pick | None = None
    delivery: Delivery = field(default_factory=Delivery)
    performed: bool = False
    samples: int = 1

    @property
    def since(self) -> float:
        """The second of the song at which the first frame is, where what was before is heard as well; else 0."""
        return self.span[0] if self.performed else 0.0

    def heard(self, song: Path) -> AudioFile:
        """The sound that the show hears."""
        return AudioFile(song, RATE, start=0.0 if self.performed else self.span[0], end=self.span[1], pick=self.pick)

    def cut(self, song: Path, heard: AudioFile) -> AudioFile:
        """The sound of the film, where `heard` is what the show hears."""
        return AudioFile(song, RATE, start=self.since, end=self.span[1], pick=self.pick) if self.since else heard

    @property
    def words(self) -> str:
        """What there is to say of it but for what lies in files and is done."""
        return repr(replace(self, script=(), columns=None))

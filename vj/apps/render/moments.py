"""The control track of a render: everything up to what is imagined, moment by moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from vj.apps.recorded import Script
from vj.apps.track import named
from vj.core.errors import ControlError
from vj.core.params import Snapshot
from vj.core.sound.mono import Mono
from vj.core.track import Track
from vj.core.types import F32, Features, Finish, Latent
from vj.devices.audio.file import AudioFile
from vj.engine.console import Model
from vj.engine.desk import Desk
from vj.engine.governor import unhurried
from vj.engine.show import Show, bpm

RATE = 48000


@dataclass(frozen=True)
class Moment:
    """All that is known of one frame before it is imagined. `finish` is how to finish it, None if frame by frame."""

    t: float
    latent: Latent
    features: Features
    snapshot: Snapshot
    finish: Finish | None = None

    @property
    def program(self) -> str:
        return self.snapshot[Model.select]


class Sounding(Protocol):
    """What takes the sound of a film."""

    def write_audio(self, samples: F32) -> None:
        """The next samples [n, 2]."""


class Ear:
    """Hears `sound` sample by sample as far as it is asked to; what it decodes from sample `since` on is the film's."""

    def __init__(self, sound: AudioFile, video: Sounding, show: Show, since: int = 0) -> None:
        self._show, self._video, self._before = show, video, since
        self._hop = show.analyzer.hop_length
        self._blocks, self._mono = sound.blocks(self._hop, channels=2), Mono(RATE)
        self._waiting: list[F32] = []
        self._read = self._heard = 0

    def reaches(self, edge: Fraction) -> bool:
        """Whether the sound goes on after sample `edge`, up to which it is decoded."""
        while self._read <= edge and (block := next(self._blocks, None)) is not None:
            self._waiting.append(self._mono.step(block))
            self._read += len(block)
            if self._before < len(block):
                self._video.write_audio(block[self._before :])
            self._before = max(self._before - len(block), 0)
        return self._read > edge

    def hear(self, edge: Fraction, features: Features, snapshot: Snapshot) -> Features:
        """What is known at sample `edge`, up to which it was decoded, `features` being what was known before."""
        while self._heard + self._hop <= edge and self._waiting and len(self._waiting[0]) == self._hop:
            features = self._show.analyze(self._waiting.pop(0), snapshot)
            self._heard += self._hop
        return features


def begun(desk: Desk, script: Script) -> Script:
    """Do what is done at 0, for it is there from the start; what is left. Raises ControlError."""
    done = 0
    while done < len(script) and script[done][0] <= 0.0:
        if not desk.apply(script[done][1]) and script[done][1].source == "start":
            raise ControlError(desk.notice, "--set", "see: vj osc list")
        done += 1
    return script[done:]


def opened(show: Show, desk: Desk, track: Track, script: Script) -> tuple[Snapshot, Features]:
    """Before the first moment: what `Show.open` gives, once the directors that can survey the track did so."""
    snapshot, features = show.open(desk)
    show.survey(track, named(snapshot, desk.setlist, script), snapshot)
    return snapshot, features


def listen(
    sound: AudioFile, video: Sounding, show: Show, desk: Desk, track: Track, script: Script = ()
) -> Iterator[Moment]:
    """The moments of every frame: frame n is at n / fps and has heard the sound up to there, as exact fractions."""
    snapshot, features = opened(show, desk, track, script)
    ear, n, done = Ear(sound, video, show), 0, 0
    while ear.reaches(edge := n * RATE / track.fps):
        features = ear.hear(edge, features, snapshot)
        t = float(n / track.fps)
        while done < len(script) and script[done][0] <= t:
            desk.apply(script[done][1])
            done += 1
        snapshot = unhurried(desk.tick(t, features, bpm(features)))
        yield Moment(t, show.direct(t, features, snapshot), features, snapshot)
        n += 1

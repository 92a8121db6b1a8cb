"""The control track of a render: everything up to what is imagined, moment by moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from vj.apps.recorded import Script
from vj.apps.track import named
from vj.core.errors import ControlError
from vj.core.params import Snapshot
from vj.core.sound.mono import Mono
from vj.core.track import Track
from vj.core.types import F32, Features, Latent
from vj.devices.audio.file import AudioFile
from vj.engine.desk import Desk
from vj.engine.governor import unhurried
from vj.engine.show import Show, bpm

RATE = 48000


@dataclass(frozen=True)
class Moment:
    """All that is known of one frame before it is imagined."""

    t: float
    latent: Latent
    features: Features
    snapshot: Snapshot

    @property
    def program(self) -> str:
        return str(self.snapshot["/model/select"])


class Sounding(Protocol):
    """What takes the sound of a film."""

    def write_audio(self, samples: F32) -> None:
        """The next samples [n, 2]."""


def begun(desk: Desk, script: Script) -> Script:
    """Do what is done at 0, for it is there from the start; what is left. Raises ControlError."""
    done = 0
    while done < len(script) and script[done][0] <= 0.0:
        if not desk.apply(script[done][1]) and script[done][1].source == "start":
            raise ControlError(desk.notice, "--set", "see: vj osc list")
        done += 1
    return script[done:]


def listen(
    sound: AudioFile, video: Sounding, show: Show, desk: Desk, track: Track, script: Script = ()
) -> Iterator[Moment]:
    """The moments of every frame: frame n is at n / fps and has heard the sound up to there, as exact fractions.

    Before the first, the directors that can survey the track do so.
    """
    snapshot, features = show.open(desk)
    show.survey(track, named(snapshot, desk.setlist, script), snapshot)
    fps = track.fps
    hop = show.analyzer.hop_length
    blocks, mono = sound.blocks(hop, channels=2), Mono(RATE)
    waiting = []
    read = heard = n = done = 0
    while True:
        edge = n * RATE / fps
        while read <= edge and (block := next(blocks, None)) is not None:
            video.write_audio(block)
            waiting.append(mono.step(block))
            read += len(block)
        if read <= edge:
            return
        while heard + hop <= edge and waiting and len(waiting[0]) == hop:
            features = show.analyze(waiting.pop(0), snapshot)
            heard += hop
        t = float(n / fps)
        while done < len(script) and script[done][0] <= t:
            desk.apply(script[done][1])
            done += 1
        snapshot = unhurried(desk.tick(t, features, bpm(features)))
        yield Moment(t, show.direct(t, features, snapshot), features, snapshot)
        n += 1

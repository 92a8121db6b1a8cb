"""What is asked of a film: how it is encoded, and the sound that goes with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Sound:
    """The sound track to expect: `rate` in Hz, 1 or 2 `channels`; one that is not `kept` is taken and left out."""

    rate: int
    channels: int = 2
    kept: bool = True


@dataclass(frozen=True)
class Encoding:
    """How to encode.

    codec    auto (what the format usually holds), a name of `formats.CODECS`, or one encoder such as libx264; NVENC is
             taken once it has encoded a test picture here
    crf      constant quality as x264 counts it, 0 (lossless) to 51; 18 is hard to tell from the source
    preset   x264's effort, ultrafast to veryslow, and what comes near it elsewhere
    threads  encoder threads; 0 leaves it to the encoder
    slots    frames on their way at most
    depth    bits a channel; None for what the codec usually has
    keys     frames from one key frame to the next; 0 for a second. 1 can be played from anywhere, and backwards
    alpha    "" for none; "luma": black is clear, and over black all is as it was
    """

    codec: str = "auto"
    crf: int = 18
    preset: str = "veryfast"
    threads: int = 0
    slots: int = 4
    depth: int | None = None
    alpha: str = ""
    keys: int = 0


@dataclass(frozen=True)
class Source:
    """The file that the sound comes from, so that it can be taken over as it is.

    track   number of its sound track, from 0
    start   second of the music at which the film begins, `stop` the one at which the sound ends, None for its end
    codec   what FFmpeg calls its codec, "" if that is not known or may not be relied on
    layout  what FFmpeg calls its channels
    lead    samples before the music that the file does not say anything of
    """

    path: Path
    track: int = 0
    start: float = 0.0
    stop: float | None = None
    codec: str = ""
    layout: str = ""
    lead: int = 0


@dataclass(frozen=True)
class Labels:
    """What a film says of itself: `title`, and `facts` such as seed, versions and bundle."""

    title: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def comment(self) -> str:
        """The facts in one line: `seed=7; bundle=worlds 1a2b3c`."""
        return "; ".join(f"{key}={value}" for key, value in self.facts.items())

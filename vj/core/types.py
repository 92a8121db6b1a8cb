"""The frozen records that cross from one stage to the next.

    Hop -> Features -> Controls -> Latent -> image -> Frame        and Event, Cue from the side

Times are show times in seconds, counted from audio samples. Arrays are read-only by convention: a stage that wants
to change one makes its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from vj.core.cheap.compiled import rfft
from vj.core.cheap.once import once
from vj.core.layers import Layer

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
I64 = NDArray[np.int64]

Record = TypeVar("Record")

#: One class index and its weight; any real weights are allowed.
Mix = tuple[tuple[int, float], ...]
#: Hours, minutes, seconds and frames of a time code.
Code = tuple[int, int, int, int]


@dataclass(frozen=True)
class Clock:
    """The clock of another machine: `bpm` (0 where there is none) and the `beat` it was at at show time `t`.

    `beat` is None while nobody knows it: the clock was never seen to start, or its song is stopped. `lost` means that
    it fell silent, and that `bpm` was its last. Bars begin at multiples of `metre` beats; `peers` are the others in a
    Link session.
    """

    bpm: float = 0.0
    beat: float | None = None
    t: float = 0.0
    lost: bool = False
    metre: int = 4
    peers: int = 0

    @property
    def runs(self) -> bool:
        """Whether it can lead."""
        return self.bpm > 0.0 and not self.lost

    def at(self, t: float) -> float:
        """The beat it is at at show time `t`."""
        return (self.beat or 0.0) + (t - self.t) * self.bpm / 60.0


#: What a parameter can hold.
Value = float | int | bool | str | Mix | Clock


@dataclass(frozen=True)
class Hop:
    """One analysis step of mono sound, after gain and gate.

    `samples` is [hop_length] float32; `window` is [window_length] float32, the newest samples last, so it ends with
    `samples`. `index` counts hops from 0; `rate` is in Hz. `gain_db` is what the input stage applied; `open` is
    False while the noise gate holds the sound at exact zero. `short` is [k, bins] float32: power spectra of the k short
    frames that end in this hop, the oldest first, as `core.short` makes them.
    """

    samples: F32
    window: F32
    index: int
    rate: int
    gain_db: float = 0.0
    open: bool = True
    clipped: bool = False
    short: F32 = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    @once
    def dt(self) -> float:
        """Length of the hop in seconds."""
        return len(self.samples) / self.rate

    @once
    def t(self) -> float:
        """Show time of the end of the hop in seconds."""
        return (self.index + 1) * len(self.samples) / self.rate

    @once
    def peak(self) -> float:
        """The most amplitude of `samples`."""
        return float(np.maximum.reduce(np.abs(self.samples), initial=0.0))

    @once
    def before_gain(self) -> float:
        """What an amplitude of `samples` is multiplied by to be what it was before gain."""
        return float(10.0 ** (-self.gain_db / 20.0))

    @once
    def mean_square(self) -> float:
        """Mean of the squares of `samples`: the power of this hop."""
        return float(self.samples.dot(self.samples)) / max(len(self.samples), 1)

    @once
    def spectrum(self) -> F32:
        """[window_length // 2 + 1] magnitudes of the Hann-windowed rolling FFT; a full-scale sine peaks at 1."""
        magnitudes: F32 = np.abs(rfft(self.window * _hann(len(self.window))))
        return magnitudes

    @once
    def power(self) -> F32:
        """[window_length // 2 + 1] squares of `spectrum`."""
        return self.spectrum * self.spectrum


@cache
def _hann(n: int) -> F32:
    """Periodic Hann window [n], scaled so that a full-scale sine peaks at 1 in the spectrum; made once per length."""
    window: F32 = ((2.0 - 2.0 * np.cos(2 * np.pi * np.arange(n) / n)) / n).astype(np.float32)
    return window


@dataclass(frozen=True)
class Features:
    """All that was heard up to show time `t`: one record per feature, looked up by its type: `f[Onset].count`.

    `dt` is the hop in seconds, `index` the hop's number. `stamp` is the wall-clock second at which the hop's last
    sample arrived, for latency measurement only; 0 when nobody measures. Nothing may be computed from it.
    """

    t: float
    dt: float
    index: int
    records: Mapping[type, Any] = field(default_factory=dict)
    stamp: float = 0.0

    def __getitem__(self, kind: type[Record]) -> Record:
        return cast(Record, self.records[kind])


def thirds(groups: int) -> tuple[int, ...]:
    """Which third, 0 to 2, each of so many groups belongs to, from coarse to fine."""
    return tuple(g * 3 // groups for g in range(groups))


@dataclass(frozen=True)
class LatentSpec:
    """What a generator can be steered by, read from its bundle.

    `groups` names the style groups from coarse to fine and `layers` how many style layers each spans. `z_dim` is Z.
    `classes` are class names (at least one), `directions` the names of its directions. `psi` is the useful
    truncation range. A *turn* of a group is the change of picture from one of its samples to another; `turns` says how
    many radians of z that takes, group by group, near by where changes still add up; 1 where it does not say.
    """

    groups: tuple[str, ...]
    layers: tuple[int, ...]
    z_dim: int
    classes: tuple[str, ...]
    directions: tuple[str, ...] = ()
    psi: tuple[float, float] = (0.0, 1.0)
    turns: tuple[float, ...] = ()

    @property
    def thirds(self) -> tuple[int, ...]:
        """[G] which of three kinds each group is: 0 coarse, 1 middle, 2 fine, however many groups there are."""
        return thirds(len(self.groups))

    @property
    def turn_radians(self) -> F64:
        """[G] radians of a turn."""
        return np.array([*self.turns, *[1.0] * (len(self.groups) - len(self.turns))])


@dataclass(frozen=True)
class Controls:
    """What a director asks of the walker for this step.

    motion      [G] turns along its loop that each style group should travel in this step (>= 0): the calm walk
    stride      [G] turns besides in answer to hits, or None; it may be quicker than the calm walk
    length      [G] turns once round the loop, or None for loops as long as can be
    section     number of the loop: the same number is the same loop, another one is reached within the morph time
    target      [G, Z] a place to lean towards, or None; only its direction from the origin counts
    pull        [G] 0..1, how far to lean from the walk to `target`; it returns when pull does
    mix         [C] class weights, any real numbers, or None to leave classes to cue and performer
    among       where cue or performer name several classes, `mix` chooses the two strongest among them
    psi         added to the psi of the desk
    directions  [D] added to the desk's direction faders, or None
    cut         a counter: when it rises the walker may jump, and at no other time
    fluid       `mix` moves by itself from step to step: the walker follows it and morphs only to meet it
    exact       `target` is z as it stands, `mix` and `psi` are what is shown: no shell, no step bound, no morph. Only
                for numbers of earlier systems, which are compared with
    """

    motion: F32
    stride: F32 | None = None
    length: F32 | None = None
    section: int = 0
    target: F32 | None = None
    pull: F32 | None = None
    mix: F32 | None = None
    among: bool = False
    psi: float = 0.0
    directions: F32 | None = None
    cut: int = 0
    fluid: bool = False
    exact: bool = False


@dataclass(frozen=True)
class Beside:
    """The program that is leaving dreams at the same z, with class weights `mix` [C] of its own; `x` is gone of it."""

    program: str
    mix: F32
    x: float


@dataclass(frozen=True)
class Moment:
    """When a picture is seen and what is heard then, for generators whose pictures move by themselves.

    t         show time, and `dt` the seconds since the picture before
    index     number of the picture, from 0
    fresh     nothing leads here from the picture before: the walk was cut, or another program was on
    hit       something began to sound since the picture before
    wave      [n] float32 newest sound, the newest last; `spectrum` [m] its magnitudes, up to half of its rate
    date      year, month, day, and seconds of the day
    """

    t: float
    dt: float
    index: int
    fresh: bool
    hit: bool
    wave: F32
    spectrum: F32
    date: tuple[float, float, float, float] = (2000.0, 1.0, 1.0, 0.0)


@dataclass(frozen=True)
class Latent:
    """A point in a generator's latent space: z per style group [G, Z], class weights [C], psi, directions [D].

    `beside` is set while one program gives way to another of the same latent shape. `moment` is there for generators
    that ask for it, in a show; without one their pictures stand still. `cut` says that the walk jumped to get here.
    """

    z: F32
    mix: F32
    psi: float
    directions: F32
    noise_seed: int = 0
    beside: Beside | None = None
    moment: Moment | None = None
    cut: bool = False


@dataclass(frozen=True)
class Picture:
    """What a generator dreamt: `image` [height, width, 3] uint8 sRGB for show time `t`, number `index` from 0.

    `program` names the bundle that made it; `joined` says that the one before is in it as far as it should be; `stamp`
    is that of the newest Features in it. `cut` says that nothing leads to it from the one before.
    """

    image: U8
    t: float
    index: int
    program: str = ""
    stamp: float = 0.0
    joined: bool = False
    cut: bool = False


@dataclass(frozen=True)
class Passage:
    """The way from one picture to the next by the transition `name`: `leaving` [height, width, 3] is what was there,
    of whatever size, `progress` 0..1 how far it is on its way."""

    name: str
    leaving: U8 = field(repr=False)
    progress: float


@dataclass(frozen=True)
class Finish:
    """How a frame is finished after the mixer: `values[effect][input]` for every shader of the finishing chain.

    `ticks` is the number of 60 Hz history ticks that pass with this frame, n = floor(60 t) - floor(60 t_before),
    0..6. `level` is the master, 0..1, and 0 in blackout: it multiplies the very end, for history may hold light that
    the frame no longer has. `on` False draws a plain picture, without the chain but with the level. `tier` is how
    much of the chain is wanted: "auto", "full" or "software". `canvas` is the side of the picture that is finished, as
    a part of the window's; it is enlarged then. `layers` lie round the picture, the lowest first. `heard` is what
    filters and transitions look at that ask for sound, a Moment's wave and spectrum; None where none that does is on.
    """

    values: Mapping[str, Mapping[str, float | int | bool]]
    ticks: int = 0
    level: float = 1.0
    on: bool = True
    tier: str = "auto"
    canvas: float = 1.0
    layers: tuple[Layer, ...] = field(default=(), repr=False)
    heard: tuple[F32, F32] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Frame:
    """A finished picture: `image` [height, width, 3] uint8 sRGB at generator resolution, shown at show time `t`.

    `index` counts frames from 0; `unique` is False when it repeats an earlier generated picture; `stamp` is that of
    the newest Features in it. `finish` is how to finish it; None draws it as it is. With a finish the image itself is
    not dimmed. `flash` says what is to be done where it would flash once finished: "limit", "warn" or "off", or
    "blackout" for one that is black at once, whatever was before. `passage` is the way on which another picture still
    is to this one.
    """

    image: U8
    t: float
    index: int
    unique: bool = True
    stamp: float = 0.0
    finish: Finish | None = None
    flash: str = "off"
    passage: Passage | None = None


@dataclass(frozen=True)
class Event:
    """Something a performer did: `address` of a parameter and raw arguments as they came over the wire.

    `source` names who sent it ("midi:nanoKONTROL2", "osc:127.0.0.1:9000", "key", "cue"). `scaled` means args[0] is
    0..1 and goes through the parameter's curve; `pickup` asks for soft takeover, with `nears` by scaling. No args means
    a trigger. `stamp` is the wall-clock second of its arrival, for latency measurement only.
    """

    address: str
    args: tuple[float | int | bool | str, ...] = ()
    source: str = ""
    scaled: bool = False
    pickup: bool = False
    stamp: float = 0.0
    nears: bool = False


@dataclass(frozen=True)
class Duration:
    """A length of time in seconds, beats or bars."""

    amount: float = 0.0
    unit: Literal["s", "beats", "bars"] = "s"

    def seconds(self, bpm: float, metre: int = 4) -> float:
        """In seconds at `bpm` beats a minute and `metre` beats a bar."""
        beats = {"s": 0.0, "beats": 1.0, "bars": float(metre)}[self.unit]
        return self.amount * beats * 60.0 / max(bpm, 1.0) if beats else self.amount


@dataclass(frozen=True)
class Modulation:
    """What moves a parameter: `source` such as "bands.bass.level" or "lfo.1" adds `amount` x (hi - lo) x its strength.

    It follows in `attack` seconds to 90 % and in `release` seconds down to 10 %. Where neither is said, what belongs to
    the finishing chain takes 0.01 and 0.25 s, and all else follows at once. A `curve` bends the strength, which is
    brought to 0..1 then; where none is said the strength is the number as it stands.
    """

    source: str
    address: str
    amount: float
    attack: float | None = None
    release: float | None = None
    curve: str = ""


@dataclass(frozen=True)
class Cue:
    """One entry of a setlist: `values` by address, reached in `fade`. `number` is a string, such as "1" or "1.5".

    `follow` is how long until the next cue goes by itself, None if it waits for GO; `at` the time code at which this
    one does.
    """

    number: str
    name: str
    values: Mapping[str, Value]
    fade: Duration = Duration()
    notes: str = ""
    follow: Duration | None = None
    modulations: tuple[Modulation, ...] = ()
    at: Code | None = None

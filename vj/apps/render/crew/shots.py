"""What is left of the control track once no stage that remembers is to come but those that look at pixels.

A `Shot` is all that a worker needs to know of one frame: where the generator is asked, by what program, how the frame
is mixed and how it is finished. Shots travel in blocks, a segment of the film each, and say only what has changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vj.apps.render.moments import Moment
from vj.core.packed import pack, unpack
from vj.core.params import Snapshot, addresses
from vj.core.types import U8, Beside, Finish, Latent, Picture
from vj.engine.finish.limiter import Limiter
from vj.engine.finish.mixer import Mixer
from vj.engine.show import Show
from vj.outputs.finish.wall import Wall

#: What a worker reads of the desk.
_READ = ("/model/select", *(a for stage in (Mixer, Limiter, Wall) for a in addresses(stage).values()))
#: A picture that stands for any.
_ANY: U8 = np.zeros((1, 1, 3), np.uint8)
_UNSEEN = Snapshot({addresses(Limiter)["flash"]: "off"})


@dataclass(frozen=True)
class Shot:
    """One frame before it is imagined, with all that was heard taken in. `mixing` are the times that a mixer knows
    after this frame; `busy` says that it then shows a picture from longer ago as well."""

    t: float
    latent: Latent
    snapshot: Snapshot
    finish: Finish | None
    mixing: Mapping[str, float | int]
    busy: bool

    @property
    def program(self) -> str:
        return str(self.snapshot["/model/select"])

    def picture(self, image: U8, index: int) -> Picture:
        """`image` of it, frame number `index`, for a mixer."""
        return Picture(image, self.t, index, self.program, joined=self.latent.beside is not None)

    @property
    def fading(self) -> float:
        """Half-lives by which trails fade while this frame is shown: infinitely many where they end."""
        finish = self.finish
        if finish is None:
            return float("inf")
        if not finish.on:
            return 0.0
        history = finish.values.get("history", {})
        if not history.get("mode"):
            return float("inf")
        return finish.ticks / 60.0 / float(history["half_life"])


def shots(moments: Iterator[Moment], show: Show) -> Iterator[Shot]:
    """The shots of `moments`: what finishes them needs no picture, and when the mixer does what needs none either."""
    mixer = Mixer()
    for index, moment in enumerate(moments):
        snapshot = Snapshot({address: moment.snapshot[address] for address in _READ})
        shot = Shot(moment.t, moment.latent, snapshot, None, {}, False)
        mixer.step(moment.t, shot.picture(_ANY, index), snapshot.of(Mixer), _UNSEEN.of(Limiter))
        finish = show.finish(moment.t, moment.snapshot, moment.features)
        times = {key: value for key, value in mixer.memory.items() if isinstance(value, float | int)}
        yield Shot(moment.t, moment.latent, snapshot, finish, times, mixer.busy)


def pack_shots(block: Sequence[Shot]) -> bytes:
    """`block` as bytes."""
    before: dict[str, Any] = {}
    rows = []
    for shot in block:
        now = _flat(shot)
        changed = {key: value for key, value in now.items() if key not in before or not _same(value, before[key])}
        rows.append([changed, [key for key in before if key not in now], _latent(shot.latent)])
        before = now
    return pack(rows)


def unpack_shots(data: bytes) -> list[Shot]:
    """The inverse of `pack_shots`; raises VjError."""
    block, now = [], dict[str, Any]()
    for changed, gone, latent in unpack(data):
        now = {key: value for key, value in now.items() if key not in gone} | changed
        block.append(_shot(now, latent))
    return block


def _flat(shot: Shot) -> dict[str, Any]:
    """All of a shot but its latent, by one name each."""
    flat: dict[str, Any] = {"t": shot.t, "busy": shot.busy}
    flat |= {f"mixing {key}": value for key, value in shot.mixing.items()}
    flat |= {f"value {address}": value for address, value in shot.snapshot.values.items()}
    if (finish := shot.finish) is not None:
        flat |= {"ticks": finish.ticks, "level": finish.level, "on": finish.on}
        flat |= {"tier": finish.tier, "canvas": finish.canvas}
        flat |= {f"fx {name} {key}": v for name, values in finish.values.items() for key, v in values.items()}
        flat |= {f"fx {name}": None for name in finish.values}
    return flat


def _shot(flat: Mapping[str, Any], latent: Sequence[Any]) -> Shot:
    mixing, values, effects = dict[str, Any](), dict[str, Any](), dict[str, dict[str, Any]]()
    for name, value in flat.items():
        kind, *path = name.split(" ")
        if kind == "mixing":
            mixing[path[0]] = value
        elif kind == "value":
            values[path[0]] = value
        elif kind == "fx":
            effect = effects.setdefault(path[0], {})
            if len(path) > 1:
                effect[path[1]] = value
    finish = None
    if "ticks" in flat:
        finish = Finish(effects, flat["ticks"], flat["level"], flat["on"], flat["tier"], flat["canvas"])
    z, mix, psi, directions, seed, beside = latent
    there = Beside(*beside) if beside else None
    return Shot(flat["t"], Latent(z, mix, psi, directions, seed, there), Snapshot(values), finish, mixing, flat["busy"])


def _latent(latent: Latent) -> list[Any]:
    beside = latent.beside
    there = [beside.program, beside.mix, beside.x] if beside else None
    return [latent.z, latent.mix, latent.psi, latent.directions, latent.noise_seed, there]


def _same(one: Any, other: Any) -> bool:
    """Whether both are the same to the bit; 0.0 and -0.0 are not, nor are 1 and 1.0."""
    return type(one) is type(other) and one == other and (one != 0 or str(one) == str(other))

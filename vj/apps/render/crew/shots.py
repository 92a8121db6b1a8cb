"""What is left of the control track once no stage that remembers is to come but those that look at pixels.

A `Shot` is all that a worker needs to know of one frame: where the generator is asked, by what program, how the frame
is mixed and how it is finished. Shots travel in blocks, a segment of the film each, and say only what has changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vj.core.layers import layers_of, plain
from vj.core.packed import pack, unpack
from vj.core.params import Snapshot
from vj.core.types import U8, Beside, Finish, Latent, Moment, Picture
from vj.engine.console import Model


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
        return self.snapshot[Model.select]

    def picture(self, image: U8, index: int) -> Picture:
        """`image` of it, frame number `index`, for a mixer."""
        return Picture(image, self.t, index, self.program, joined=self.latent.beside is not None, cut=self.latent.cut)

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


def pack_shots(block: Sequence[Shot]) -> bytes:
    """`block` as bytes."""
    before: dict[str, Any] = {}
    rows = []
    for shot in block:
        now = _flat(shot)
        changed = {key: value for key, value in now.items() if key not in before or not _same(value, before[key])}
        rows.append([changed, [key for key in before if key not in now], _latent(shot.latent), _heard(shot.finish)])
        before = now
    return pack(rows)


def unpack_shots(data: bytes) -> list[Shot]:
    """The inverse of `pack_shots`; raises VjError."""
    block, now = [], dict[str, Any]()
    for changed, gone, latent, heard in unpack(data):
        now = {key: value for key, value in now.items() if key not in gone} | changed
        block.append(_shot(now, latent, heard))
    return block


def _flat(shot: Shot) -> dict[str, Any]:
    """All of a shot but its latent, by one name each."""
    flat: dict[str, Any] = {"t": shot.t, "busy": shot.busy}
    flat |= {f"mixing {key}": value for key, value in shot.mixing.items()}
    flat |= {f"value {address}": value for address, value in shot.snapshot.values.items()}
    if (finish := shot.finish) is not None:
        flat |= {"ticks": finish.ticks, "level": finish.level, "on": finish.on}
        flat |= {"tier": finish.tier, "canvas": finish.canvas}
        flat |= {"layers": plain(finish.layers)} if finish.layers else {}
        flat |= {f"fx {name} {key}": v for name, values in finish.values.items() for key, v in values.items()}
        flat |= {f"fx {name}": None for name in finish.values}
    return flat


def _shot(flat: Mapping[str, Any], latent: Sequence[Any], heard: Sequence[Any] | None) -> Shot:
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
        layers = layers_of(flat.get("layers", ()))
        light = flat["ticks"], flat["level"], flat["on"], flat["tier"], flat["canvas"]
        finish = Finish(effects, *light, layers, (heard[0], heard[1]) if heard else None)
    z, mix, psi, directions, seed, beside, moment = latent
    there = Beside(*beside) if beside else None
    then = Moment(**{**moment, "date": tuple(moment["date"])}) if moment else None
    seen = Latent(z, mix, psi, directions, seed, there, then)
    return Shot(flat["t"], seen, Snapshot(values), finish, mixing, flat["busy"])


def _heard(finish: Finish | None) -> list[Any] | None:
    """The sound that its filters look at, other in every frame."""
    return list(finish.heard) if finish is not None and finish.heard is not None else None


def _latent(latent: Latent) -> list[Any]:
    beside = latent.beside
    there = [beside.program, beside.mix, beside.x] if beside else None
    then = latent.moment and {**vars(latent.moment), "date": list(latent.moment.date)}
    return [latent.z, latent.mix, latent.psi, latent.directions, latent.noise_seed, there, then]


def _same(one: Any, other: Any) -> bool:
    """Whether both are the same to the bit; 0.0 and -0.0 are not, nor are 1 and 1.0."""
    return type(one) is type(other) and one == other and (one != 0 or str(one) == str(other))

"""All that a film still knows of the frames before: the mixer's pictures, the trails, the flash limiter's changes."""

import hashlib
from collections.abc import Callable
from typing import Any

from vj.core.packed import pack, unpack
from vj.core.types import Passage, Picture
from vj.engine.finish.mixer import Mixer
from vj.outputs.offscreen import Offscreen


def remembered(mixer: Mixer, screen: Offscreen) -> bytes:
    """The history at this moment, so that another mixer and another screen can go on from it."""
    limiter = screen.limiter
    return pack({**_pictured(mixer, screen), "meter": limiter.memory["meter"], "counts": limiter.memory["counts"]})


def remember(data: bytes, mixer: Mixer, screen: Offscreen) -> None:
    """Go on from what was `remembered`. Raises VjError."""
    told = unpack(data)
    mixer.remember({key: _raised.get(key, _same)(value) for key, value in told["mixer"].items()})
    screen.limiter.remember({"meter": told["meter"], "last": told["last"], "counts": told["counts"]})
    screen.remember(told["trails"])


def sign(mixer: Mixer, screen: Offscreen) -> str:
    """What tells this history from any other, to the bit, but for what the flash meter counts: that is compared by
    what it would have done."""
    return hashlib.sha256(pack(_pictured(mixer, screen), 0)).hexdigest()


def counted(data: bytes) -> tuple[dict[str, Any], int, str]:
    """Of what was `remembered` what the flash meter had counted, the frames that were held back, and the sign of it."""
    told = unpack(data)
    signed = {key: told[key] for key in ("mixer", "last", "trails")}
    return told["meter"], int(told["counts"][0]), hashlib.sha256(pack(signed, 0)).hexdigest()


def _pictured(mixer: Mixer, screen: Offscreen) -> dict[str, Any]:
    memory = {key: _flat(value) for key, value in mixer.memory.items()}
    return {"mixer": memory, "last": screen.limiter.memory["last"], "trails": screen.memory}


def _flat(value: Any) -> Any:
    if isinstance(value, Passage):
        return [value.name, value.leaving, value.progress]
    if not isinstance(value, Picture):
        return value
    return [value.image, value.t, value.index, value.program, value.joined]


def _picture(flat: Any) -> Picture | None:
    if flat is None:
        return None
    image, t, index, program, joined = flat
    return Picture(image, t, index, program, joined=joined)


def _passage(flat: Any) -> Passage | None:
    return None if flat is None else Passage(*flat)


def _same(value: Any) -> Any:
    return value


#: What is no plain value of a mixer's memory, by its name there.
_raised: dict[str, Callable[[Any], Any]] = {"now": _picture, "before": _picture, "passage": _passage}

"""Which of the tensors of a checkpoint are the generator to show, and of which family it is."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vj.core import shelf

#: Family -> the end of a tensor's name that only its networks have, as the importers say.
MARKS: Mapping[str, str] = {
    family: mark
    for table in shelf.literals("workshop/importers", "FAMILIES").values()
    for family, mark in table.items()
    if mark
}
#: StyleGAN2 in TensorFlow is told from StyleGAN1 by a tensor ending like this.
_STYLEGAN2_TF = "/mod_weight"
_END = re.compile(
    r"(?P<before>(?:.*[./])?)(?:" + "|".join(f"(?P<m{k}>{mark})" for k, mark in enumerate(MARKS.values())) + ")"
)
#: Words in the name of a network that is the mean of many steps of training: the one to show.
_MEANT = frozenset({"ema", "gs", "swa", "avg", "average", "averaged", "shadow", "running"})
#: Networks beside a generator, as training keeps them, by the first part of a name; never parts of a generator.
_BESIDE = re.compile(
    r"d|netd|disc\w*|d_\w+|.*discriminator\w*|\w*loss\w*|lpips|vgg\w*|inception\w*|\w*optim\w*|\w*scheduler\w*"
    r"|encoder|e4e|psp|pixel2style2pixel|arcface|clip\w*|augment\w*|face_pool|perceptual\w*|n_averaged",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Place:
    """A generator: its family, and the beginning of the names of its tensors, which is not part of the names."""

    family: str
    prefix: str

    def own(self, name: str) -> str | None:
        """The network's own name of a tensor; None for one that belongs to something else."""
        if not name.startswith(self.prefix):
            return None
        own = name[len(self.prefix) :]
        return None if "." in own and _BESIDE.fullmatch(own[: own.index(".")]) and self.family != "lucidrains" else own


def find(names: Iterable[str]) -> Place | None:
    """Where the generator to show lies; None where there is none of a known family.

    Among several the mean of training steps is taken (G_ema, g_ema, params_ema, Gs ...), else the first; of a row of
    networks, which is numbered, the last.
    """
    best: tuple[int, Place] | None = None
    several = list(names)
    for name in several:
        found = _END.fullmatch(name)
        if found and found.lastgroup:
            family, before = list(MARKS)[int(found.lastgroup[1:])], found["before"]
            place = Place(family, before)
            rank = sum(_meant(part) for part in before.split("."))
            if best is None or rank > best[0] or (rank == best[0] and _next(best[1].prefix, before)):
                best = rank, place
    if best is None:
        return None
    place = best[1]
    if place.family == "stylegan1" and any(n.startswith(place.prefix) and n.endswith(_STYLEGAN2_TF) for n in several):
        return Place("stylegan2-tf", place.prefix)
    return place


def _next(one: str, other: str) -> bool:
    """Whether these are places in the same row."""
    return one != other and re.sub(r"\d+", "0", one) == re.sub(r"\d+", "0", other)


def _meant(part: str) -> bool:
    """Whether a part of a name says that this is a mean."""
    words = re.split(r"[^a-z]+", part.lower())
    return any(word in _MEANT or word.endswith("ema") for word in words)

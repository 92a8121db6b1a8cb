"""The second stage: some pictures of the generator are painted over, and those in between move on with the generator.

Pure scheduling; what paints is a `Painter` (a diffusion model, see `_model.py`). Every n-th picture is a
key. What the painter changed in a key, its residual, is carried along the motion of the generator's pictures since
(`flow.py`) and added to each of them, so light and motion are never late and only the texture is up to n pictures old.
A new key's residual takes over from the one before within n pictures, both in the same place: nothing is seen twice.

The seed's way (Plexatic: a cross-fade between keys) and interpolation in the latent space of the autoencoder are there
to choose; both lag n pictures behind, for they need the key that follows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np

from vj.core.params import Param
from vj.core.types import F32, U8
from vj.generators.diffusion.flow import even, flow, resize, resize_flow, resize_picture, small_grey, trust, warp_plane

#: A prompt's share is told to so many parts, so that a morph between two classes asks for few different ones.
SHARES = 16
#: As many classes of a mix have a say in the prompt.
VOICES = 2
#: Where more than this share of the picture is followed everywhere, nothing is softened.
_SURE = 0.98


@dataclass(frozen=True)
class Ask:
    """How to paint a picture: weighted prompts, strength 0..1, steps taken, guidance (1 is none) and noise seed."""

    prompts: tuple[tuple[str, float], ...]
    strength: float
    steps: int
    guidance: float
    seed: int


@dataclass(frozen=True)
class Key:
    """A picture to be painted: `image` [height, width, 3] at the painter's size, number `index` of the generator's."""

    index: int
    image: U8
    ask: Ask


@dataclass(frozen=True)
class Painted:
    """A painted key: `image` as that of its Key, and the latent it was decoded from."""

    image: U8
    latent: F32


class Painter(Protocol):
    """What paints keys. `paint` may take long; the others may be called from another thread meanwhile."""

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """The width and height at which it paints pictures of that size."""

    def paint(self, image: U8, ask: Ask) -> Painted:
        """`image`, painted over as `ask` says; the same for the same arguments."""

    def decode(self, latent: F32) -> U8:
        """The picture of a latent between those of painted ones."""

    def warp(self, pixels: F32, found: F32) -> F32:
        """`pixels` [H, W, 3] carried along the flow [H, W, 2], as `flow.warp`."""

    def close(self) -> None:
        """Give back memory."""


@dataclass
class _Track:
    """A key on its way: where its parts are in the newest picture, and where they were in the key before it."""

    key: Key
    grey: F32
    found: F32
    since: F32 | None = None
    faith: F32 | None = None
    painted: Painted | None = None
    residual: F32 | None = None


class Refine:
    """Chooses the keys and makes every picture of them. Give it each picture with `step`, then take it from `show`.

    Between the two, or any number of pictures later, `arrive` brings the key that `step` asked for. There is one on its
    way at a time. The same calls give the same pictures.
    """

    address = "/refine"
    on = Param(False, doc="Paint over the generator's pictures with a diffusion model, where one is loaded.")
    every = Param(
        4, 1, 60, unit="pictures", doc="Every n-th picture is painted; those between move with the generator."
    )
    strength = Param(0.5, smooth=0.05, doc="How far a painting may leave its picture: 0 not at all, 1 altogether.")
    steps = Param(1, 1, 100, doc="Denoising steps taken; one is enough for Turbo models, others want 4 to 20.")
    guidance = Param(
        1.0, 0.0, 10.0, doc="How strictly to follow the prompt; 1 and below cost half and suit Turbo models."
    )
    seed = Param(42, 0, 9999, doc="Noise of the paintings; the same number is the same brush.")
    prompt = Param(
        "{class}, intricate, luminous, high contrast",
        kind="text",
        doc="What to paint; {class} becomes the words for the class that is on.",
    )
    blend = Param(1.0, smooth=0.05, doc="How much of the painting is seen.")
    between = Param(
        "flow",
        choices=("flow", "latent", "fade"),
        doc="Between painted pictures: carried along the motion, or, n pictures late, a glide in latent space, a fade.",
    )

    def __init__(self, painter: Painter) -> None:
        self._painter = painter
        self.reset()

    def reset(self) -> None:
        """Forget every picture; the next one is a key."""
        self._index = -1
        self._image: U8 | None = None
        self._grey: F32 | None = None
        self._track: _Track | None = None  # the key that is shown
        self._coming: _Track | None = None  # the key that is being painted
        self._before: Painted | None = None
        self._left: F32 | None = None  # the residual of the key before, where the key that is shown has its parts
        self._shown = 0
        self._span = 1

    def step(self, picture: U8, cut: bool, ask: Ask, p: Self) -> Key | None:
        """The next picture [height, width, 3]; the Key to paint now, if it is time for one.

        `cut` says that the picture has nothing to do with the one before.
        """
        working = p.on and ask.strength > 0.0
        if cut or not working:
            self.reset()
        self._index += 1
        self._shown += 1
        self._image = picture
        if not working:
            return None
        width, height = self._painter.fit(picture.shape[1], picture.shape[0])
        self._image = resize_picture(picture, height, width)
        self._grey = small_grey(picture)
        for track in (self._track, self._coming) if p.between == "flow" else ():
            if track is not None:
                track.found = flow(track.grey, self._grey, track.found)
        return self._begin(ask) if self._due(ask, p.every) else None

    def _due(self, ask: Ask, every: int) -> bool:
        """Whether the newest picture is to be a key. Nothing new, as in a freeze, is not painted again."""
        if self._coming is not None or self._track is None:
            return self._coming is None
        key = self._track.key
        if self._index - key.index < every:
            return False
        assert self._image is not None
        return key.ask != ask or not np.array_equal(key.image, self._image)

    def _begin(self, ask: Ask) -> Key:
        assert self._image is not None
        assert self._grey is not None
        key, grey, shown = Key(self._index, self._image, ask), self._grey, self._track
        self._coming = track = _Track(key, grey, np.zeros((*grey.shape, 2), np.float32))
        if shown is not None and shown.grey.shape == grey.shape:
            track.since = shown.found
            track.faith = trust(even(shown.grey), even(grey), shown.found)
        return key

    def arrive(self, key: Key, painted: Painted | None) -> None:
        """`key` has been painted, or could not be. One that nobody waits for any more is ignored."""
        track, shown = self._coming, self._track
        if track is None or track.key is not key:
            return
        self._coming = None
        if painted is None:
            return
        track.painted, track.residual = painted, painted.image.astype(np.float32) - key.image
        self._left = self._handed_over(shown, track) if shown else None
        self._before = shown.painted if shown else None
        self._span = key.index - shown.key.index if shown else 1
        self._track, self._shown = track, 0

    def _handed_over(self, shown: _Track, track: _Track) -> F32 | None:
        """What is seen of the residual of `shown`, moved to where its parts are in the picture of `track`."""
        if shown.residual is None or track.since is None or shown.residual.shape != track.key.image.shape:
            return None
        return self._carry(self._mixed(shown.residual), track.since, track.faith)

    def show(self, p: Self) -> U8:
        """The newest picture, refined; as it is while nothing is painted."""
        assert self._image is not None
        track = self._track
        if track is None or track.painted is None or p.blend <= 0.0:
            return self._image
        if p.between == "flow":
            return self._flowed(track, p.blend)
        before = self._before or track.painted
        if p.between == "latent" and before.latent.shape == track.painted.latent.shape:
            seen = self._painter.decode(arc(before.latent, track.painted.latent, self._share))
        else:
            seen = _mix(resize_picture(before.image, *track.painted.image.shape[:2]), track.painted.image, self._share)
        return _mix(self._image, resize_picture(seen, *self._image.shape[:2]), p.blend)

    @property
    def _share(self) -> float:
        """How far the key that is shown has taken over from the one before, 0..1."""
        return min((self._shown + 1) / self._span, 1.0)

    def _mixed(self, residual: F32) -> F32:
        """`residual`, with what is left of the one before it."""
        x = np.float32(self._share)
        return residual if self._left is None or x >= 1 else self._left + x * (residual - self._left)

    def _flowed(self, track: _Track, blend: float) -> U8:
        """The newest picture with the residual carried to it."""
        assert self._image is not None
        assert self._grey is not None
        assert track.residual is not None
        residual = self._mixed(track.residual)
        if residual.shape != self._image.shape or track.grey.shape != self._grey.shape:
            return self._image  # pictures have changed their size: the next key will fit
        if track.key.index != self._index:
            faith = trust(even(track.grey), even(self._grey), track.found)
            residual = self._carry(residual, track.found, faith)
        painted = self._image + np.float32(blend) * residual
        painted += np.float32(0.5)
        return np.clip(painted, 0, 255, out=painted).astype(np.uint8)

    def _carry(self, residual: F32, found: F32, faith: F32 | None) -> F32:
        """`residual` [H, W, 3] moved by the flow. Where that is not to be trusted only its soft colours remain."""
        height, width = residual.shape[:2]
        moved = self._painter.warp(residual, resize_flow(found, height, width))
        if faith is None or faith.mean() > _SURE:
            return moved
        sure = resize(faith, height, width)
        h, w = found.shape[0] // 4, found.shape[1] // 4
        for c in range(3):
            soft = resize(warp_plane(resize(residual[..., c], h, w), resize_flow(found, h, w)), height, width)
            moved[..., c] -= soft
            moved[..., c] *= sure
            moved[..., c] += soft
        return moved


def ask_of(p: Refine, mix: F32, classes: Sequence[str], words: Mapping[str, str]) -> Ask:
    """What the parameters ask for while the classes weigh `mix` [C].

    `words` are what to say for a class in place of its name. With two classes on, each has its share of the prompt.
    """
    prompts = {str(p.prompt): 1.0}
    if "{class}" in p.prompt and len(classes):
        weights = np.clip(np.nan_to_num(mix[: len(classes)]), 0.0, None)
        strongest = np.argsort(-weights, kind="stable")[:VOICES]
        total = float(weights[strongest].sum())
        shares = {int(n): round(SHARES * float(weights[n]) / total) if total else 0 for n in strongest}
        shares = {n: share for n, share in shares.items() if share} or {int(strongest[0]): SHARES}
        whole, prompts = sum(shares.values()), {}
        for n, share in shares.items():
            prompt = p.prompt.replace("{class}", words.get(classes[n], classes[n].replace("_", " ")))
            prompts[prompt] = prompts.get(prompt, 0.0) + share / whole
    return Ask(tuple(prompts.items()), round(float(p.strength), 3), p.steps, round(float(p.guidance), 2), p.seed)


def arc(a: F32, b: F32, x: float) -> F32:
    """The latent a share `x` of the way from `a` to `b` along the arc between them: its length changes evenly."""
    if x >= 1.0:
        return b
    u, v = a.ravel().astype(np.float64), b.ravel().astype(np.float64)
    size_a, size_b = np.linalg.norm(u), np.linalg.norm(v)
    if min(size_a, size_b) < 1e-9:
        return (a + np.float32(x) * (b - a)).astype(np.float32)
    angle = float(np.arccos(np.clip(u @ v / (size_a * size_b), -1.0, 1.0)))
    if np.sin(angle) < 1e-6:
        return (a + np.float32(x) * (b - a)).astype(np.float32)
    way = (np.sin((1 - x) * angle) * u / size_a + np.sin(x * angle) * v / size_b) / np.sin(angle)
    return np.asarray(way * ((1 - x) * size_a + x * size_b), np.float32).reshape(a.shape)


def _mix(a: U8, b: U8, x: float) -> U8:
    """The picture a share `x` of the way from `a` to `b`."""
    if x >= 1.0:
        return b
    mixed: Any = a + np.float32(x) * (b.astype(np.float32) - a)
    return np.asarray(mixed + 0.5).astype(np.uint8)

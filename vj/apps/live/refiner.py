"""The second stage in a show: one call in a render, two threads of its own in a live one.

Live, one thread paints the keys and another makes the pictures, so that pictures never wait for a painting: they go on
with the newest there is, and a key is begun from the newest picture as soon as the painter is free.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from vj.apps.assemble import Settings
from vj.apps.worker import Worker
from vj.core.errors import VjError
from vj.core.handoff import Mailbox
from vj.core.params import Snapshot
from vj.core.types import U8, Latent, Picture
from vj.engine.console import Model
from vj.engine.desk import Desk
from vj.engine.rack import Rack
from vj.generators.diffusion.opening import open_painter
from vj.generators.diffusion.refine import Ask, Key, Painted, Painter, Refine, ask_of

#: Seconds after which a picture has nothing to do with the one before: it was off meanwhile.
STALE = 1.0
NO_MODEL = "refine is on, but no model is loaded: start with --refine FOLDER"


class Refiner:
    """Refines the pictures of a show one after the other; see Refine. `words` say what to paint for a class."""

    def __init__(self, painter: Painter, programs: Rack, words: Mapping[str, str]) -> None:
        self.painter = painter
        self.refine = Refine(painter)
        self._programs = programs
        self._words = words
        self._on = ""

    def begin(self, image: U8, latent: Latent, snapshot: Snapshot) -> Key | None:
        """`image` of `latent` is the next picture; the Key to paint now, if it is time for one."""
        name = snapshot[Model.select]
        cut, self._on = name != self._on and latent.beside is None, name
        return self.refine.step(image, cut, self._ask(name, latent, snapshot), snapshot.of(Refine))

    def picture(self, image: U8, latent: Latent, snapshot: Snapshot) -> U8:
        """`image`, refined; it waits for what there is to paint."""
        key = self.begin(image, latent, snapshot)
        if key is not None:
            self.refine.arrive(key, self.painter.paint(key.image, key.ask))
        return self.refine.show(snapshot.of(Refine))

    def _ask(self, name: str, latent: Latent, snapshot: Snapshot) -> Ask:
        return ask_of(snapshot.of(Refine), latent.mix, self._programs[name].generator.spec.classes, self._words)

    def close(self) -> None:
        """Let go of the model."""
        self.painter.close()


def open_refiner(settings: Settings, programs: Rack, desk: Desk) -> Refiner | None:
    """The second stage that `settings` ask for, if they do. Raises VjError."""
    if settings.refine is None:
        return None
    return Refiner(open_painter(settings.refine, settings.refine_vae), programs, desk.setlist.words)


def open_refining(settings: Settings, programs: Rack, desk: Desk) -> tuple["Refining | None", str]:
    """As `open_refiner`, for a live show, which goes on without it: then a sentence for the operator."""
    try:
        refiner = open_refiner(settings, programs, desk)
    except VjError as error:
        return None, f"refine is bypassed: {error.what}"
    return (Refining(refiner) if refiner else None), ""


@dataclass(frozen=True)
class Sketch:
    """A picture that is to be refined, the latent it was made of and the values of its moment."""

    picture: Picture
    latent: Latent
    snapshot: Snapshot


class Painting(Worker):
    """Paints the key in `keys` and puts it in `done`, with None where it could not be painted."""

    limit = 60.0  # on a processor a painting takes that long

    def __init__(self, painter: Painter) -> None:
        super().__init__("painting")
        self._painter = painter
        self.keys: Mailbox[Key] = Mailbox()
        self.done: Mailbox[tuple[Key, Painted | None]] = Mailbox()

    def step(self) -> None:
        """Wait for a key and paint it."""
        key = self.keys.get(timeout=0.1)
        if key is None:
            return
        painted: Painted | None = None
        try:
            painted = self._painter.paint(key.image, key.ask)
        finally:
            self.done.put((key, painted))


class Refining(Worker):
    """Takes the newest Sketch and puts its Picture, refined, into `out`, where the show looks for pictures."""

    again = True  # all pictures come through it

    def __init__(self, refiner: Refiner) -> None:
        super().__init__("refining")
        self._refiner = refiner
        self._t = 0.0
        self.out: Mailbox[Picture] = Mailbox()
        self.painting = Painting(refiner.painter)
        self.sketches: Mailbox[Sketch] = Mailbox()

    def start(self) -> None:
        """Begin, the painter too."""
        self.painting.start()
        super().start()

    def stop(self) -> None:
        """End after the steps in hand; a painting that takes long is left behind."""
        super().stop()
        self.painting.stop()

    def take(self, picture: Picture, latent: Latent, snapshot: Snapshot) -> None:
        """A picture was dreamt: pass it on, to be refined first where that is on. Any thread may call this."""
        if snapshot[Refine.on]:
            self.sketches.put(Sketch(picture, latent, snapshot))
        else:
            self.out.put(picture)

    def step(self) -> None:
        """Wait for a sketch and refine it with what is painted by now."""
        sketch = self.sketches.get(timeout=0.1)
        if sketch is None:
            return
        refine = self._refiner.refine
        if sketch.picture.t - self._t > STALE:
            refine.reset()
        self._t = sketch.picture.t
        done = self.painting.done.get()
        if done is not None:
            refine.arrive(*done)
            self.notice = self.painting.notice or self.notice
        key = self._refiner.begin(sketch.picture.image, sketch.latent, sketch.snapshot)
        if key is not None:
            self.painting.keys.put(key)
        self.out.put(replace(sketch.picture, image=refine.show(sketch.snapshot.of(Refine))))

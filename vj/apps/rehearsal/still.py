"""One picture of a whole show: two seconds into a look, to music that is always the same."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from PIL import Image

from vj.apps.assemble import parameters
from vj.apps.rehearsal.wish import Wish
from vj.core.types import U8, Cue, Features
from vj.devices.audio.file import AudioFile
from vj.engine.analyzer import Analyzer
from vj.engine.console import Model
from vj.engine.desk import Desk
from vj.engine.detail import FULL, sized
from vj.engine.finish.effects import effects, filters
from vj.engine.finish.finisher import Finisher
from vj.engine.finish.mixer import Mixer
from vj.engine.layers.asking import offered
from vj.engine.layers.layering import Layering
from vj.engine.rack import Program, Rack
from vj.engine.show import Show, bpm
from vj.generators.bundle.catalogue import Catalogue
from vj.generators.bundle.opening import open_generator
from vj.generators.contract import Generator
from vj.outputs.finish.viewport import Viewport
from vj.outputs.offscreen import Offscreen
from vj.workshop import loop

#: Width and height of a still, and how finely JPEG keeps it.
SIZE = (320, 180)
QUALITY = 84
RATE_HZ = 48000
#: The part of the loop that is heard before: enough for its tempo to be found.
HEARD_S = 5.0
#: How long a look is played.
LENGTH_S = 2.0
#: From then on its frames are drawn.
DRAWN_FROM_S = 1.0
#: From then on one of them is taken.
TAKEN_FROM_S = 1.5
FPS = 15
#: Generators that stay open.
OPEN = 2


class Stills:
    """Makes stills, one after the other, in an OpenGL context of its own. `wait` is called before everything that takes
    long, and may take its time.
    """

    def __init__(self, wait: Callable[[], None] = lambda: None) -> None:
        self._wait = wait
        self._table, self._catalogue = parameters(), Catalogue()
        self._generators: dict[str, Generator] = {}
        self._heard = self._listen()
        self._screen = Offscreen(SIZE)

    def _listen(self) -> list[Features]:
        """What is heard of the loop, hop by hop; time 0 is where stills begin."""
        sound = AudioFile(loop.cached(), RATE_HZ, end=HEARD_S + LENGTH_S)
        analyzer, desk = Analyzer(RATE_HZ), Desk(self._table, self._catalogue)
        snapshot, heard = desk.tick(0.0), []
        for block in sound.blocks(analyzer.hop_length):
            if len(block) == analyzer.hop_length:
                self._wait()
                features = analyzer.step(block, snapshot)
                heard.append(replace(features, t=features.t - HEARD_S))
        return heard

    def picture(self, wish: Wish) -> U8:
        """The still, [height, width, 3] of SIZE: the frame of the last half second that shows most.

        Raises VjError, for instance where the bundle cannot be opened.
        """
        taken = [image for t, image in self.frames(wish) if t >= TAKEN_FROM_S]
        return max(taken, key=interest)

    def frames(self, wish: Wish) -> Iterator[tuple[float, U8]]:
        """Seconds into the look and the picture there, of those that are drawn."""
        table = self._table | offered(self._table, wish.media)
        desk = Desk(table, self._catalogue, lineup=(wish.bundle,))
        desk.take(Cue("", "still", wish.values, modulations=wish.modulations))
        rack = Rack(lambda name: Program(name, self._generator(name), wish.seed))
        chain = (*effects(), *filters())
        layering = Layering(lambda: wish.media)
        show = Show(Analyzer(RATE_HZ, features=()), rack, Mixer(), Finisher(chain) if chain else None, layering)
        self._screen.forget()
        size = sized(self._generator(wish.bundle).usual, SIZE, FULL)
        for n in range(round(LENGTH_S * FPS) + 1):
            self._wait()
            t = n / FPS
            features = self._at(t)
            snapshot = desk.tick(t, features, bpm(features))
            latent = show.direct(t, features, snapshot)
            if t < DRAWN_FROM_S:
                continue
            image = show.imagine([latent], snapshot[Model.select], size=size)[0]
            self._wait()
            picture = show.picture(image, latent, t, snapshot, features)
            self._screen.follow(snapshot.of(Viewport))
            yield t, self._screen.draw(show.composite(t, picture, snapshot, features))

    def _at(self, t: float) -> Features:
        """The newest heard at `t`."""
        hop = self._heard[0].dt
        return self._heard[min(int((HEARD_S + t) / hop), len(self._heard)) - 1]

    def _generator(self, name: str) -> Generator:
        """The generator of that name, on one thread of the processor: the card is the show's."""
        if name not in self._generators:
            while len(self._generators) >= OPEN:
                self._generators.pop(next(iter(self._generators))).close()
            self._generators[name] = open_generator(name, threads=1)
        return self._generators[name]

    def close(self) -> None:
        """Let go of everything."""
        self._screen.close()
        while self._generators:
            self._generators.popitem()[1].close()


def jpeg(picture: U8) -> bytes:
    """A still as a file of JPEG."""
    kept = io.BytesIO()
    Image.fromarray(picture).save(kept, "JPEG", quality=QUALITY, optimize=True)
    return kept.getvalue()


def interest(image: U8) -> float:
    """How much there is to see: shapes that stand out, and colour, in a picture neither dark nor blown out."""
    small = image[::4, ::4].astype(np.float32) / 255.0
    light = small @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    colour = small.max(-1) - small.min(-1)
    lit = float(((light > 0.04) & (light < 0.92)).mean())
    return lit * (float(light.std()) + 0.5 * float(colour.mean()))

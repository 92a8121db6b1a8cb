"""Films of a look at one level of the governor's ladder, through the whole chain, as live would show them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from vj.apps.assemble import Settings, assemble
from vj.apps.render.moments import RATE, listen
from vj.apps.track import track_of
from vj.core.types import F32, U8, Finish, Frame
from vj.devices.audio.file import AudioFile
from vj.engine.governor import LADDER, RUNG
from vj.outputs.offscreen import Offscreen

WALL, FPS, TIER = (1280, 720), 30, "software"


class _Deaf:
    """Stands where the encoder stands."""

    def write_audio(self, block: F32) -> None:
        """Nothing is kept."""


def frames(look: str, rung: int, song: Path, span: tuple[float, float], since: float) -> Iterator[Frame]:
    """Every frame of `look` on `rung`, FPS a second; those before `since` seconds have the top rung's."""
    sound = AudioFile(song, RATE, start=span[0], end=span[1])
    show, desk = assemble(Settings(look=look, threads=1), RATE)
    picture = None
    listening = listen(sound, _Deaf(), show, desk, track_of(sound, Fraction(FPS), None))
    for n, moment in enumerate(listening):
        on = rung if moment.t >= since else 0
        snapshot = replace(moment.snapshot, values={**moment.snapshot.values, RUNG: on})
        scale = show.scale(moment.t, snapshot)
        if picture is None or not LADDER[on].rest or n % 2 == 0:
            image = show.imagine([moment.latent], moment.program, scale)[0]
            picture = show.picture(image, moment.latent, moment.t, snapshot, moment.features)
        yield show.composite(moment.t, picture, snapshot, moment.features)
    show.close()


def without_grain(finish: Finish) -> Finish:
    """`finish` on the processor, without the grain, which is never the same."""
    values = {**finish.values, "finish": {**finish.values["finish"], "grain": 0.0}}
    return replace(finish, values=values, tier=TIER)


def late(rung: int) -> int:
    """Frames that a picture may be late on `rung`, besides the one that it was always."""
    return 4 if LADDER[rung].rest else 0


def film(
    look: str,
    rung: int,
    song: Path,
    span: tuple[float, float],
    drawn: float = 0.0,
    since: float = 0.0,
    finish: Callable[[Finish], Finish] = without_grain,
) -> list[U8]:
    """The frames of the wall from `drawn` seconds on, as a rasteriser draws them with what `finish` makes of each.

    On `rung` from `since` seconds on, on the top rung before.
    """
    shown = []
    with Offscreen(WALL) as screen:
        for frame in frames(look, rung, song, span, since):
            if frame.t >= drawn:
                assert frame.finish is not None
                shown.append(screen.draw(replace(frame, finish=finish(frame.finish))).copy())
    return shown

"""Render a song to a film: the same show as live, on a fixed frame clock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

from vj.apps.assemble import Settings, assemble
from vj.apps.live.refiner import NO_MODEL, open_refiner
from vj.apps.recorded import Script
from vj.apps.render.cost import costs
from vj.apps.render.crew.identity import heard, key, needed
from vj.apps.render.crew.reel import Reel, reel
from vj.apps.render.crew.segments import frames_of
from vj.apps.render.crew.together import render_together
from vj.apps.render.crew.workers import Crew
from vj.apps.render.delivery import Chapters, Delivery
from vj.apps.render.drawing import Drawing
from vj.apps.render.moments import RATE, begun, listen
from vj.apps.render.pictures import composite, imagine
from vj.apps.track import track_of
from vj.core.errors import VjError
from vj.devices.audio.file import AudioFile, Pick
from vj.engine.detail import HALF, Size
from vj.outputs.offscreen import Offscreen
from vj.outputs.video.film import Film

#: Seconds from which on a film is kept in segments while it is rendered.
LONG = 20.0


@dataclass(frozen=True)
class Rendered:
    """What came of a render: the number of frames, and what was wrong though it could be done all the same.

    `limited` counts frames that the flash limiter held back.
    """

    frames: int
    warning: str = ""
    limited: int = 0


def render(
    song: Path,
    out: Path,
    settings: Settings,
    fps: Fraction = Fraction(30),
    size: Size = (1280, 720),
    span: tuple[float, float | None] = (0.0, None),
    progress: Callable[[float, float | None], None] = lambda done, total: None,
    script: Script = (),
    columns: Path | None = None,
    detail: str = HALF,
    tell: Callable[[str], None] | None = None,
    pick: Pick | None = None,
    delivery: Delivery | None = None,
    crew: Crew | None = None,
) -> Rendered:
    """Render `song` to `out`. `span` is from and to in seconds of the song, `pick` what of its sound is heard.

    `detail` says how fine the generators' pictures are: see `vj.engine.detail`; those of `settings.size` stay as they
    are. `tell` is told, before it begins, what this costs and what other choices would: that takes seconds.

    `delivery` is what kind of film it becomes; without one, what its name says.
    `columns` is a CSV of numbers for directors that survey. `progress` is told the seconds done and, where known, the
    seconds there are. `script` is what a performer did, each event with its show time. A `crew` makes the same
    frames together. Interrupted, it leaves a playable file of what was done and, if it is long, goes on from there when
    it is called again. Raises VjError.
    """
    if crew is not None:
        outcome, warning = render_together(
            song, out, settings, crew, fps, size, span, progress, script, columns, detail, tell, pick, None, delivery
        )
        return Rendered(outcome.frames, warning, outcome.limited)
    sound = AudioFile(song, RATE, start=span[0], end=span[1], pick=pick)
    if out.exists() and out.samefile(song):
        raise VjError("the film would take the place of what it is made of", str(out), "give it another name: -o FILE")
    show, desk = assemble(settings, RATE)
    script = begun(desk, script)  # before there is a film: what is wrong must not cost an older one
    refiner = open_refiner(settings, show.programs, desk)
    track = track_of(sound, fps, columns)
    drawing = Drawing(show, None if settings.size else size, detail)
    delivery, batches, frames, unrefined = delivery or Delivery(), drawing.batch, 0, False
    whole = refiner is not None or (sound.duration is not None and sound.duration < LONG)
    pieces = None if whole else delivery.pieces(out, size, fps, sound, settings, desk)

    def moved(done: float, hint: float | None) -> None:
        progress(done, None if hint is not None and done > hint + 1.0 else hint)  # a hint may be wrong

    with ExitStack() as stack:
        video: Film | Reel
        if pieces is None:
            video = film = stack.enter_context(delivery.film(out, size, fps, sound, settings, desk))
            what, shown = film.choice, film.size
        else:
            what, shown = pieces.choice, pieces.size
        screen = stack.enter_context(Offscreen(shown, deep=what.deep))
        # The generator works one batch ahead of the encoder.
        dreamer = stack.enter_context(ThreadPoolExecutor(1))
        if tell is not None:
            for line in costs(drawing, screen, fps, sound.duration, what):
                tell(line)
        if pieces is not None:
            asked = (size, fps, span, detail, pick, pieces, batches, screen.renderer, "one")
            wanted = key(song, settings, script, columns, needed(settings, desk, script), *asked)
            samples, count = heard(song, span, pick), frames_of(fps, batches)
            video = stack.enter_context(reel(out, pieces, fps, wanted, count, samples, show.mixer, screen))
            frames = video.start
        chapters = Chapters(video)
        listening = listen(sound, video, show, desk, track, script)
        for moment in islice(listening, frames):  # those are there already
            chapters.follow([moment], desk.setlist)
            show.skip(moment.t, moment.snapshot, moment.features)
        ahead = None
        while batch := list(islice(listening, batches)):
            chapters.follow(batch, desk.setlist)
            dreaming = dreamer.submit(imagine, drawing, batch, refiner)
            unrefined |= refiner is None and any(moment.snapshot["/refine/on"] for moment in batch)
            if ahead:
                frames += composite(show, screen, video, *ahead)
                moved(frames / float(fps), sound.duration)
            ahead = (batch, dreaming)
        if ahead:
            frames += composite(show, screen, video, *ahead)
            progress(frames / float(fps), frames / float(fps))
    show.close()
    if refiner is not None:
        refiner.close()
    warnings = [sound.note, sound.warning, NO_MODEL if unrefined else "", *video.notes]
    if what.deep and not screen.deep:
        warnings.append(f"there is no OpenGL here: pictures had 8 bits of the {what.depth} of the film")
    return Rendered(frames, "; ".join(filter(None, warnings)), show.mixer.limiter.limited)

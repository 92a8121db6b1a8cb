"""Render a song to a film: the same show as live, on a fixed frame clock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

from vj.apps.assemble import Settings, assemble
from vj.apps.live.refiner import NO_MODEL, open_refiner
from vj.apps.render.asked import Asked
from vj.apps.render.automation import steady
from vj.apps.render.cost import costs
from vj.apps.render.crew.identity import apart, key, laid, needed
from vj.apps.render.crew.media import shown as shown_in_layers
from vj.apps.render.crew.media import signed
from vj.apps.render.crew.segments import frames_of
from vj.apps.render.crew.tasks import Crew
from vj.apps.render.delivery import Chapters
from vj.apps.render.drawing import Drawing
from vj.apps.render.moments import RATE, begun, listen
from vj.apps.render.pictures import Hashes, composite, imagine
from vj.apps.render.reel import Reel, reel, shared
from vj.apps.render.together import render_together
from vj.apps.render.workers import Processes
from vj.apps.standin import check
from vj.apps.track import track_of
from vj.core.errors import VjError
from vj.core.mapping.output import Mapping
from vj.engine.detail import Size
from vj.outputs.offscreen import Offscreen
from vj.outputs.video.film import Film

#: Seconds from which on a film is kept in segments while it is rendered.
LONG = 20.0


@dataclass(frozen=True)
class Rendered:
    """What came of a render: the number of frames, and what was wrong though it could be done all the same.

    `limited` counts frames that the flash limiter held back; `kind` is what kind of film it is, `fps` its rate.
    """

    frames: int
    warning: str = ""
    limited: int = 0
    kind: str = ""
    fps: Fraction = Fraction(30)

    @property
    def seconds(self) -> float:
        """How long it is."""
        return float(self.frames / self.fps)


Progress = Callable[[float, float | None], None]


def render(
    song: Path,
    out: Path,
    settings: Settings,
    fps: Fraction = Fraction(30),
    size: Size = (1280, 720),
    span: tuple[float, float | None] = (0.0, None),
    progress: Progress = lambda done, total: None,
    tell: Callable[[str], None] | None = None,
    **asked: Any,
) -> Rendered:
    """`film` of what is said one by one: `asked` are other fields of `Asked`."""
    return film(song, out, settings, Asked(fps, size, span, **asked), progress, tell)


def film(
    song: Path,
    out: Path,
    settings: Settings,
    asked: Asked,
    progress: Progress = lambda done, total: None,
    tell: Callable[[str], None] | None = None,
    hashes: Path | None = None,
    crew: Crew | None = None,
    mapping: Mapping | None = None,
) -> Rendered:
    """Render `song` to `out` as it is `asked`; pictures of `settings.size` stay as they are.

    `progress` is told the seconds done and, where known, the seconds there are; `tell`, before it begins, what this
    costs and what other choices would: that takes seconds. Interrupted, it leaves a playable file of what was done and,
    if it is long, goes on from there when it is called again, whoever made what is there. Raises VjError.

    `hashes` is a file to write the hashes of the composited frames to. A `crew` makes the same frames together. With a
    `mapping` they are as an output throws them.
    """
    if crew is not None:
        if hashes is not None:
            raise VjError(
                "the hashes of frames are one machine's to tell", "--hashes", "leave out --workers, --cluster"
            )
        if mapping is not None:
            raise VjError("what is mapped is one machine's to draw", "--venue", "leave out --workers, --cluster")
        outcome, warning = render_together(song, out, settings, crew, asked, progress, tell)
        return Rendered(outcome.frames, warning, outcome.limited, fps=asked.fps)
    fps, size, delivery = asked.fps, asked.size, asked.delivery
    sound = asked.heard(song)
    apart(out, song)
    show, desk = assemble(settings, RATE)
    script = begun(desk, asked.script)  # before there is a film: what is wrong must not cost an older one
    check(settings.instead, desk, script)
    refiner = open_refiner(settings, show.programs, desk)
    track = track_of(sound, fps, asked.columns)
    drawing = Drawing(show, None if settings.size else size, asked.detail)
    batches, frames, unrefined = drawing.batch, 0, False
    duration = None if sound.duration is None else sound.duration - asked.since
    cut = asked.cut(song, sound)

    def moved(done: float, hint: float | None) -> None:
        progress(done, None if hint is not None and done > hint + 1.0 else hint)  # a hint may be wrong

    whole = refiner is not None or hashes is not None or (duration is not None and duration < LONG)
    pieces = None if whole else delivery.pieces(out, size, fps, cut, settings, desk)
    count, wanted = frames_of(fps, batches), ""
    if pieces is not None:
        media = signed(shown_in_layers(show, desk, script))
        names = needed(settings, desk, script)
        wanted = key(song, settings, script, asked.columns, names, asked.words, pieces, batches, media, mapping)
        if shared(out, wanted, count):  # many began it: one goes on as they did
            show.close()
            return film(song, out, settings, asked, progress, tell, crew=Processes(1))
    with ExitStack() as more:
        video: Film | Reel
        if pieces is None:
            video = one = more.enter_context(delivery.film(out, size, fps, cut, settings, desk))
            what, shown = one.choice, one.size
        else:
            what, shown = pieces.choice, pieces.size
        screen = more.enter_context(Offscreen(shown, deep=what.deep, samples=asked.samples, mapping=mapping))
        # The generator works one batch ahead of the encoder.
        dreamer = more.enter_context(ThreadPoolExecutor(1))
        seen = more.enter_context(Hashes(hashes)).see if hashes else lambda frame: None
        if tell is not None:
            for line in costs(drawing, screen, fps, duration, what):
                tell(line)
        if pieces is not None:
            heard = laid(song, RATE, asked.span, asked.pick)
            video = more.enter_context(reel(out, pieces, fps, wanted, count, heard, show.mixer, screen))
            frames = video.start
        chapters = Chapters(video)
        if asked.performed:
            listening = steady(sound, video, show, desk, track, script, Fraction(asked.since))
        else:
            listening = listen(sound, video, show, desk, track, script)
        for moment in islice(listening, frames):  # those are there already
            chapters.follow([moment], desk.setlist)
            show.skip(moment.t, moment.snapshot, moment.features, moment.finish)
        ahead = None
        while batch := list(islice(listening, batches)):
            chapters.follow(batch, desk.setlist)
            dreaming = dreamer.submit(imagine, drawing, batch, refiner)
            unrefined |= refiner is None and any(moment.snapshot["/refine/on"] for moment in batch)
            if ahead:
                frames += composite(show, screen, video, *ahead, seen)
                moved(frames / float(fps), duration)
            ahead = (batch, dreaming)
        if ahead:
            frames += composite(show, screen, video, *ahead, seen)
            progress(frames / float(fps), frames / float(fps))
        missed = screen.notices
    show.close()
    if refiner is not None:
        refiner.close()
    kind = video.kind if isinstance(video, Film) else what.title
    warnings = [sound.note, sound.warning, NO_MODEL if unrefined else "", *video.notes, *missed]
    if what.deep and not screen.deep:
        warnings.append(f"there is no OpenGL here: pictures had 8 bits of the {what.depth} of the film")
    return Rendered(frames, "; ".join(filter(None, warnings)), screen.limiter.limited, kind, fps)

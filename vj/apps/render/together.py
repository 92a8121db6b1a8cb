"""A film made by many: the song is listened to here, its frames are made by a crew."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from vj.apps.assemble import Settings, assemble
from vj.apps.render.asked import Asked
from vj.apps.render.automation import steady
from vj.apps.render.cost import costs
from vj.apps.render.crew.blobs import bundle_files
from vj.apps.render.crew.code import code
from vj.apps.render.crew.head import Head, Outcome
from vj.apps.render.crew.identity import apart, key, laid, needed, writable
from vj.apps.render.crew.media import shown, signed
from vj.apps.render.crew.parts import Parts
from vj.apps.render.crew.segments import Plan, frames_of
from vj.apps.render.crew.shots import Shot
from vj.apps.render.crew.tasks import Crew, Job
from vj.apps.render.delivery import Chapters
from vj.apps.render.drawing import Drawing
from vj.apps.render.moments import RATE, Moment, begun, listen
from vj.apps.standin import check
from vj.apps.track import track_of
from vj.core.errors import VjError
from vj.core.params import Snapshot, addresses
from vj.core.types import F32, U8
from vj.engine.desk import Desk
from vj.engine.finish.limiter import Limiter
from vj.engine.finish.mixer import Mixer
from vj.engine.show import Show
from vj.generators.shader.recipe import remembers
from vj.outputs.finish.viewport import Viewport
from vj.outputs.offscreen import Offscreen
from vj.outputs.video.joined import Joined

#: What a worker reads of the desk.
_READ = ("/model/select", *(a for stage in (Mixer, Limiter, Viewport) for a in addresses(stage).values()))
#: A picture that stands for any.
_ANY: U8 = np.zeros((1, 1, 3), np.uint8)
_UNSEEN = Snapshot({addresses(Limiter)["flash"]: "off"})


class Unheard:
    """Where the sound of a control track goes: nowhere, for the film takes it from the song."""

    def write_audio(self, samples: F32) -> None:
        """Let it be."""


def render_together(
    song: Path,
    out: Path,
    settings: Settings,
    crew: Crew,
    asked: Asked,
    progress: Callable[[float, float | None], None] = lambda done, total: None,
    tell: Callable[[str], None] | None = None,
    seconds: float | None = None,
) -> tuple[Outcome, str]:
    """As `film.film`, by the hands of `crew`; segments are of about so many `seconds`. What came of it, and what was
    wrong though it could be done all the same.

    Interrupted, it leaves a film of what was done and, in FILM.parts, what it goes on from when it is called again.
    Raises VjError.
    """
    if settings.refine is not None:
        hint = "leave out --refine, or --workers and --cluster"
        raise VjError("the second stage paints from picture to picture, so one machine must make all", "--refine", hint)
    fps, size = asked.fps, asked.size
    sound = asked.heard(song)
    apart(out, song)
    writable(out)
    show, desk = assemble(settings, RATE)
    script = begun(desk, asked.script)
    check(settings.instead, desk, script)
    duration = None if sound.duration is None else sound.duration - asked.since
    pieces = asked.delivery.pieces(out, size, fps, asked.cut(song, sound), settings, desk)
    if pieces is None:
        raise VjError(
            "this kind of film is not made of segments", str(out), "MP4, QuickTime or Matroska; or one worker"
        )
    track = track_of(sound, fps, asked.columns)
    drawing = Drawing(show, None if settings.size else size, asked.detail)
    if tell is not None:
        with Offscreen(pieces.size, deep=pieces.choice.deep, samples=asked.samples) as screen:
            for line in costs(drawing, screen, fps, duration, pieces.choice):
                tell(line)
    batch = drawing.batch
    plan = Plan(frames_of(fps, batch, seconds) if seconds else frames_of(fps, batch), batch)
    names = needed(settings, desk, script)
    if painted := [name for name in names if remembers(settings.instead.get(name, name))]:
        what = f"{painted[0]} paints from picture to picture, so one machine must make all"
        raise VjError(what, "--workers", "leave out --workers and --cluster")
    media = shown(show, desk, script)
    told = asked.words, pieces, batch, signed(media), None  # and no mapping
    parts = Parts(out, key(song, settings, script, asked.columns, names, *told), plan.size)
    files = {name: bundle_files(settings.instead.get(name, name)) for name in names}
    done = 0

    def moved(frames: int) -> None:
        nonlocal done
        done += frames
        hint = duration
        progress(done / float(fps), None if hint is not None and done / float(fps) > hint + 1.0 else hint)

    try:
        programs = {
            name: None if found is None else {file: crew.share(path) for file, path in found.items()}
            for name, found in files.items()
        }
        crew.begin(
            Job(
                programs=programs,
                size=pieces.size,
                fps=fps,
                drawn=None if settings.size else size,
                picture=settings.size,
                detail=asked.detail,
                threads=settings.threads,
                choice=pieces.choice,
                encoding=pieces.encoding,
                batch=batch,
                samples=asked.samples,
                instead=settings.instead,
                media={str(path): crew.share(path) for path in media.values()},
                code=code(),
            )
        )
        with pieces.joined(laid(song, RATE, asked.span, asked.pick)) as joined:
            if asked.performed:
                moments = steady(sound, Unheard(), show, desk, track, script, Fraction(asked.since))
            else:
                moments = listen(sound, Unheard(), show, desk, track, script)
            moments = followed(moments, joined, desk)
            outcome = Head(crew, plan, shots(moments, show), parts, joined, moved).run()
    finally:
        crew.close()
        show.close()
    parts.remove()
    progress(outcome.frames / float(fps), outcome.frames / float(fps))
    unlike = len(outcome.about) - sum(
        a["picture"] == next(iter(outcome.about.values()))["picture"] for a in outcome.about.values()
    )
    words = [sound.note, sound.warning, f"{unlike} workers draw otherwise and were left out" if unlike else ""]
    words += joined.notes
    return outcome, "; ".join(filter(None, words))


def followed(moments: Iterator[Moment], joined: Joined, desk: Desk) -> Iterator[Moment]:
    """`moments`, whose cues become chapters of the film."""
    chapters = Chapters(joined)
    for moment in moments:
        chapters.follow([moment], desk.setlist)
        yield moment


def shots(moments: Iterator[Moment], show: Show) -> Iterator[Shot]:
    """The shots of `moments`: what finishes them needs no picture, and when the mixer does what needs none either."""
    mixer = Mixer()
    for index, moment in enumerate(moments):
        snapshot = Snapshot({address: moment.snapshot[address] for address in _READ})
        shot = Shot(moment.t, moment.latent, snapshot, None, {}, False)
        mixer.step(moment.t, shot.picture(_ANY, index), snapshot.of(Mixer), _UNSEEN.of(Limiter))
        finish = moment.finish or show.finish(moment.t, moment.features, moment.snapshot)
        times = {key: value for key, value in mixer.memory.items() if isinstance(value, float | int)}
        yield Shot(moment.t, moment.latent, snapshot, finish, times, mixer.busy)

"""Render a song to MP4: the same show as live, on a fixed frame clock."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, islice
from pathlib import Path

from vj.apps._cost import costs
from vj.apps.assemble import Settings, assemble
from vj.apps.drawing import Drawing
from vj.apps.live.refiner import NO_MODEL, Refiner, open_refiner
from vj.apps.recorded import Script
from vj.apps.track import named, track_of
from vj.core.errors import ControlError, VjError
from vj.core.params import Snapshot
from vj.core.sound.mono import Mono
from vj.core.track import Track
from vj.core.types import U8, Features, Latent
from vj.devices.audio.file import AudioFile, Pick
from vj.engine.desk import Desk
from vj.engine.detail import HALF, Size
from vj.engine.governor import unhurried
from vj.engine.show import Show, bpm
from vj.outputs.finish.wall import Wall
from vj.outputs.mp4 import Mp4, Sound
from vj.outputs.offscreen import Offscreen

RATE = 48000


@dataclass(frozen=True)
class Moment:
    """All that is known of one frame before it is imagined."""

    t: float
    latent: Latent
    features: Features
    snapshot: Snapshot

    @property
    def program(self) -> str:
        return str(self.snapshot["/model/select"])


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
) -> Rendered:
    """Render `song` to `out`. `span` is from and to in seconds of the song, `pick` what of its sound is heard.

    `detail` says how fine the generators' pictures are: see `vj.engine.detail`; those of `settings.size` stay as they
    are. `tell` is told, before it begins, what this costs and what other choices would: that takes seconds.

    `columns` is a CSV of numbers for directors that survey. `progress` is told the seconds done and, where known, the
    seconds there are. `script` is what a performer did, each event with its show time. Interrupted, it leaves a
    playable file of what was done. Raises VjError.
    """
    sound = AudioFile(song, RATE, start=span[0], end=span[1], pick=pick)
    if out.exists() and out.samefile(song):
        raise VjError("the film would take the place of what it is made of", str(out), "give it another name: -o FILE")
    show, desk = assemble(settings, RATE)
    script = begun(desk, script)  # before there is a film: what is wrong must not cost an older one
    refiner = open_refiner(settings, show.programs, desk)
    track = track_of(sound, fps, columns)
    drawing = Drawing(show, None if settings.size else size, detail)
    frames, unrefined = 0, False

    def moved(done: float, hint: float | None) -> None:
        progress(done, None if hint is not None and done > hint + 1.0 else hint)  # a hint may be wrong

    with (
        Offscreen(size) as screen,
        Mp4(out, size, fps, Sound(RATE)) as video,
        ThreadPoolExecutor(1) as dreamer,  # the generator works one batch ahead of the encoder
    ):
        if tell is not None:
            for line in costs(drawing, screen, fps, sound.duration):
                tell(line)
        listening = listen(sound, video, show, desk, track, script)
        ahead = None
        while batch := list(islice(listening, drawing.batch)):
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
    warnings = [sound.note, sound.warning, NO_MODEL if unrefined else ""]
    return Rendered(frames, "; ".join(filter(None, warnings)), show.mixer.limiter.limited)


def begun(desk: Desk, script: Script) -> Script:
    """Do what is done at 0, for it is there from the start; what is left. Raises ControlError."""
    done = 0
    while done < len(script) and script[done][0] <= 0.0:
        if not desk.apply(script[done][1]) and script[done][1].source == "start":
            raise ControlError(desk.notice, "--set", "see: vj osc list")
        done += 1
    return script[done:]


def listen(sound: AudioFile, video: Mp4, show: Show, desk: Desk, track: Track, script: Script = ()) -> Iterator[Moment]:
    """The moments of every frame: frame n is at n / fps and has heard the sound up to there, as exact fractions.

    Before the first, the directors that can survey the track do so.
    """
    snapshot, features = show.open(desk)
    show.survey(track, named(snapshot, desk.setlist, script), snapshot)
    fps = track.fps
    hop = show.analyzer.hop_length
    blocks, mono = sound.blocks(hop, channels=2), Mono(RATE)
    waiting = []
    read = heard = n = done = 0
    while True:
        edge = n * RATE / fps
        while read <= edge and (block := next(blocks, None)) is not None:
            video.write_audio(block)
            waiting.append(mono.step(block))
            read += len(block)
        if read <= edge:
            return
        while heard + hop <= edge and waiting and len(waiting[0]) == hop:
            features = show.analyze(waiting.pop(0), snapshot)
            heard += hop
        t = float(n / fps)
        while done < len(script) and script[done][0] <= t:
            desk.apply(script[done][1])
            done += 1
        snapshot = unhurried(desk.tick(t, features, bpm(features)))
        yield Moment(t, show.direct(t, features, snapshot), features, snapshot)
        n += 1


def imagine(drawing: Drawing, batch: list[Moment], refiner: Refiner | None = None) -> list[U8]:
    """The pictures [height, width, 3] of a batch, each dreamt by the program that was on, and refined."""
    images: list[U8] = []
    for program, moments in groupby(batch, key=lambda moment: moment.program):
        latents = [moment.latent for moment in moments]
        images.extend(drawing.show.imagine(latents, program, size=drawing.size(program)))
    if refiner is None:
        return images
    return [refiner.picture(image, m.latent, m.snapshot) for image, m in zip(images, batch, strict=True)]


def composite(show: Show, screen: Offscreen, video: Mp4, batch: list[Moment], images: Future[list[U8]]) -> int:
    """Mix, draw and encode a batch; the number of frames in it."""
    for moment, image in zip(batch, images.result(), strict=True):
        picture = show.picture(image, moment.latent, moment.t, moment.snapshot, moment.features)
        screen.follow(moment.snapshot.of(Wall))
        video.write(screen.draw(show.composite(moment.t, picture, moment.snapshot, moment.features)))
    return len(batch)

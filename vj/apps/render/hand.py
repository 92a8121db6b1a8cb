"""A hand makes segments of a film: it imagines, mixes, draws and encodes what the control track says.

It knows nothing of the song, nor of looks and setlists. Where a segment does not follow the one it made last, it first
lives through some seconds before it, so that trails and the like are there; or it is given what they were.
"""

import hashlib
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np

from vj.apps.ahead import opened
from vj.apps.passing import Passing
from vj.apps.render.crew.blobs import Blob, Store, bundle_files, sha_of
from vj.apps.render.crew.remembered import remember, remembered, sign
from vj.apps.render.crew.shots import Shot, unpack_shots
from vj.apps.render.crew.tasks import Job, Made, Task, meter_sign
from vj.apps.render.delivery import segment
from vj.apps.render.drawing import Drawing
from vj.apps.render.moments import RATE
from vj.apps.render.pictures import imagine
from vj.core.errors import VjError
from vj.core.flash.light import grid
from vj.core.layers import Layer
from vj.core.packed import unpack
from vj.core.types import U8, Finish, Frame, Latent
from vj.engine.analyzer import Analyzer
from vj.engine.finish.limiter import looked
from vj.engine.finish.mixer import Mixer
from vj.engine.rack import Program, Rack
from vj.engine.show import Show, mixed
from vj.outputs.finish.viewport import Viewport
from vj.outputs.offscreen import Offscreen
from vj.outputs.video.film import Pixels

#: Histories of runs that ended, kept for whoever goes on from them.
ENDS = 4


class Hand:
    """Makes segments of the film of `job`, on one thread; `store` brings what is not on this machine."""

    def __init__(self, job: Job, store: Store, code: str) -> None:
        if job.code != code:
            raise VjError("this worker runs another version of vj", code[:12], "install the same vj on every machine")
        self.job = job
        self._store = store
        self._rack = Rack(self._open)
        self._show = Show(Analyzer(RATE), self._rack, Mixer())
        self._drawing = Drawing(self._show, job.drawn, job.detail)
        self._screen = Offscreen(job.size, deep=job.choice.deep, samples=job.samples)
        self._dreamer = ThreadPoolExecutor(1)
        self._at, self._end = 0, ""
        self._ends: dict[str, bytes] = {}
        self._media: dict[str, str] = {}
        for name in job.programs:
            self._rack.load(name)

    @property
    def about(self) -> dict[str, str]:
        """What makes and draws pictures here."""
        providers = {name: self._rack[name].generator.provider for name in self._rack}
        process = f"{platform.node()}:{os.getpid()}"
        return {"process": process, "draws": self._screen.renderer, "picture": self._probe(), **providers}

    def _here(self, layer: Layer) -> Layer:
        """`layer`, with its file where that is on this machine."""
        path = layer.source.path
        if path in self.job.media and path not in self._media:
            self._media[path] = str(self._store.path(self.job.media[path]))
        return replace(layer, source=replace(layer.source, path=self._media.get(path, path)))

    def _probe(self) -> str:
        """What tells pictures that are made and drawn here from those of a machine that rounds otherwise."""
        found = hashlib.sha256()
        for name in self._rack:
            spec, rng = self._rack[name].generator.spec, np.random.default_rng(0)
            z = rng.standard_normal((len(spec.groups), spec.z_dim), np.float32)
            mix, still = np.eye(1, len(spec.classes), 0, np.float32)[0], np.zeros(len(spec.directions), np.float32)
            latents = [Latent(z * x, mix, min(1.0, spec.psi[1]), still) for x in np.linspace(0.5, 1.5, self.job.batch)]
            images = self._show.imagine(latents, name, size=self._drawing.size(name))
            found.update(images.tobytes())
            found.update(self._screen.draw(Frame(images[0], 0.0, 0, finish=Finish({}, 1))).tobytes())
        self._screen.forget()
        return found.hexdigest()

    def _open(self, name: str) -> Program:
        if name not in self.job.programs:
            raise VjError("nobody said that it would be needed", name, "name it in the setlist: bundles = [...]")
        called = self._known(self.job.instead.get(name, name), self.job.programs[name])
        return Program(name, opened(called, self.job.picture, self.job.threads))

    def _known(self, name: str, files: Mapping[str, Blob] | None) -> str:
        """What to open `name` as: the bundle of that name if it is the same one here, else that which came."""
        if files is None:
            return name
        here = bundle_files(name) or {}
        if here.keys() == files.keys() and all(sha_of(path) == files[file].sha for file, path in here.items()):
            return name
        return str(self._store.bundle(files))

    def make(self, task: Task, moved: Callable[[int], None] = lambda frames: None) -> Made:
        """Make a segment; `moved` is told the frames that are new. Raises VjError."""
        began = time.perf_counter()
        mixer, limiter, first = self._show.mixer, self._screen.limiter, task.first
        self._place(task)
        self._at, self._end = -1, ""  # until it is done, it is nowhere
        made = self._frames(task, task.begin)
        for n, shot, image in made if task.begin < first else ():
            self._draw(n, shot, image)
            if n == task.begin > 0:
                mixer.remember(shot.mixing)
            if n == first - 1:
                break
        if task.meter is not None:
            limiter.remember({**limiter.memory, "meter": unpack(task.meter)})
        warm = time.perf_counter()
        start, meter = sign(mixer, self._screen), meter_sign(limiter.memory["meter"])
        before = limiter.limited + limiter.warned
        seen, looked, times = [], [], []
        with closing(Passing("vj-segment-")) as folder:
            path, job = folder.path / "segment", self.job
            with segment(path, job.size, job.fps, job.choice, job.encoding) as film:
                for n, shot, image in made:
                    picture, looks = self._draw(n, shot, image)
                    film.write(picture)
                    if looks is not None:
                        seen.append(looks)
                        looked.append(n - first)
                        times.append(shot.t)
                    moved(1)
            data = path.read_bytes()
        self._at, self._end = first + task.count, sign(mixer, self._screen)
        return Made(
            number=task.number,
            film=data,
            start=start,
            end=self._end,
            meter=meter,
            seen=np.array(seen, np.float32),
            looked=np.array(looked, np.int32),
            times=np.array(times),
            held=limiter.limited + limiter.warned - before,
            wary=limiter.memory["meter"]["wary"],
            cost={"before": round(warm - began, 3), "itself": round(time.perf_counter() - warm, 3)},
        )

    def history(self, end: str) -> bytes | None:
        """The history at the end of a run that ended so, if it is still known here."""
        return remembered(self._show.mixer, self._screen) if end == self._end else self._ends.get(end)

    def close(self) -> None:
        """Let go of everything."""
        self._dreamer.shutdown()
        self._screen.close()
        self._rack.close()

    def _place(self, task: Task) -> None:
        """Stand where the task begins: there already, at what it brings, or with no memory at all."""
        if task.history is None and task.begin == task.first == self._at and (self._end or not self._at):
            return
        if self._end:
            self._ends[self._end] = remembered(self._show.mixer, self._screen)
            self._ends = dict([*self._ends.items()][-ENDS:])
        self._end = ""
        self._show.mixer.reset()
        self._screen.forget()
        if task.history is not None:
            remember(task.history, self._show.mixer, self._screen)

    def _shots(self, task: Task, first: int) -> Iterator[tuple[int, Shot]]:
        """Frame numbers and shots from frame `first` to the end of the task, a block in memory at a time."""
        n = task.at
        for block in task.blocks:
            for shot in unpack_shots(self._store.read(block)):
                if first <= n < task.first + task.count:
                    yield n, shot
                n += 1

    def _frames(self, task: Task, first: int) -> Iterator[tuple[int, Shot, U8]]:
        """The frames from `first` on, imagined a batch ahead: batches are always the same ones, for a picture may
        differ in its last bit by what is imagined beside it."""
        coming = self._batches(task, first)
        ahead = None
        for batch in coming:
            dreaming = self._dreamer.submit(self._imagine, [shot for _, shot in batch])
            if ahead:
                yield from self._joined(*ahead)
            ahead = (batch, dreaming)
        if ahead:
            yield from self._joined(*ahead)

    def _batches(self, task: Task, first: int) -> Iterator[list[tuple[int, Shot]]]:
        batch: list[tuple[int, Shot]] = []
        for n, shot in self._shots(task, first):
            if batch and n % self.job.batch == 0:
                yield batch
                batch = []
            batch.append((n, shot))
        if batch:
            yield batch

    def _imagine(self, batch: list[Shot]) -> list[U8]:
        return imagine(self._drawing, batch)

    @staticmethod
    def _joined(batch: list[tuple[int, Shot]], dreaming: Any) -> Iterator[tuple[int, Shot, U8]]:
        for (n, shot), image in zip(batch, dreaming.result(), strict=True):
            yield n, shot, image

    def _draw(self, n: int, shot: Shot, image: U8) -> tuple[Pixels, Any]:
        """The finished picture of frame `n`, and what the flash meter sees of it, if it looks."""
        finish = shot.finish
        if finish is not None and finish.layers:
            finish = replace(finish, layers=tuple(map(self._here, finish.layers)))
        frame = mixed(self._show.mixer, shot.t, shot.picture(image, n), shot.snapshot, finish)
        self._screen.follow(shot.snapshot.of(Viewport))
        picture = self._screen.fine(frame)
        return picture, None if frame.flash == "off" else grid(looked(picture))

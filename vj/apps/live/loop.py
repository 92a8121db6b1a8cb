"""Perform live: three threads with a mailbox between each pair, and the main thread showing."""

import sys
import time
from dataclasses import replace
from types import TracebackType
from typing import Self

from vj.apps.blackbox import diary
from vj.apps.guard import pulse
from vj.apps.guard.sides import Sides
from vj.apps.live._detail import Detailing
from vj.apps.live.facing import Facing
from vj.apps.live.hud import Taps, gather, lamps, words
from vj.apps.live.meter import Meter, Report
from vj.apps.live.parts import Control, Parts, Screen
from vj.apps.live.preloader import Preloader
from vj.apps.live.quality import Quality
from vj.apps.live.threads import Dreaming, Hearing, Request
from vj.core.clock import AudioClock
from vj.core.handoff import Mailbox
from vj.core.params import Snapshot
from vj.core.types import Event, Picture
from vj.devices.intake import Intake
from vj.devices.midi.clock_out import pace
from vj.engine import pads
from vj.engine.addresses import carried
from vj.engine.console import Model, Output, Running
from vj.engine.finish.mixer import Mixer
from vj.engine.governor import rung_of
from vj.engine.show import bpm
from vj.engine.timing.pacing import Pacing
from vj.features.tempo import Tempo
from vj.outputs.finish.viewport import Viewport
from vj.outputs.light.sender import wish
from vj.outputs.overlay.panel import HudState

__all__ = ["Control", "Live", "Parts", "Screen"]

#: Threads hand the interpreter over this often; 5 ms, Python's own, costs whole frames.
SWITCH_INTERVAL = 0.0005
#: Of a frame, what each of the two looks at what hands ask for may take.
HANDS_SHARE = 0.12
#: Of a frame, what is left for pictures to begin with where the processor draws the window too.
SOFTWARE_SHARE = 0.4


class Live:
    """A running show. Use it as a context manager and call `run`, or `frame` once per displayed frame."""

    def __init__(self, parts: Parts, fps: float = 60.0, started: float | None = None) -> None:
        self.parts = parts
        self.period = 1.0 / fps
        self.meter = Meter(self.period)
        self.errors = 0
        self._started = time.perf_counter() if started is None else started
        self.clock = AudioClock()
        self._intake = Intake(parts.events)
        self._snapshots: Mailbox[Snapshot] = Mailbox()
        self.preloader = Preloader(parts.show, parts.desk, parts.log)
        self.detail = Detailing(parts.show)
        self.quality = Quality(parts.show, parts.events, parts.screen.renderer, fps, self.detail.give)
        snapshot, silence = parts.show.open(parts.desk)
        self._silence = silence
        self._snapshots.put(snapshot)
        self.snapshot = snapshot
        self._features = silence
        taps = tuple(taker.hear for taker in (parts.recording, parts.elsewhere) if taker)
        self.hearing = Hearing(parts.show, parts.ring, self.clock, self._snapshots, parts.log, taps)
        self.dreaming = Dreaming(parts.show, self.hearing.features, silence, parts.log)
        self._refining = (parts.refining, parts.refining.painting) if parts.refining else ()
        if parts.refining:
            parts.refining.out, self.dreaming.deliver = self.dreaming.pictures, parts.refining.take
        self.pacing = Pacing(self.period)
        self.taps = Taps()
        self.sides = Sides(diary.fault)
        self.displayed = self.heard = 0  # notices of the screen, and of the desk, that were passed on
        self._hud_at = 0.0
        self._words = HudState()
        takes = parts.replay.takes if parts.replay else None
        others = (parts.refining, self.preloader, parts.ticker, parts.rehearsal, takes)
        self._workers = [self.hearing, self.dreaming, *(worker for worker in others if worker)]
        self._facing = Facing(parts.surface, parts) if parts.surface else None

    def __enter__(self) -> Self:
        parts = self.parts
        self._switch_interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_INTERVAL)
        period = 1.0 / self.quality.target(self.snapshot)
        self.detail.begin(period * (SOFTWARE_SHARE if self.quality.software else 1.0), self.snapshot, parts.screen.size)
        for worker in self._workers:
            worker.start()
        if parts.keeper:
            parts.keeper.start()
        self.pacing.begin(time.perf_counter())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self.parts.replay:
            self.parts.replay.close()
        for worker in self._workers:
            worker.stop()
        if self.parts.keeper:
            self.parts.keeper.close()
        sys.setswitchinterval(self._switch_interval)

    def run(self, duration: float | None = None) -> None:
        """Show frames until the window closes, the show is quit, or `duration` seconds are over."""
        end = None if duration is None else time.perf_counter() + duration
        quits = self.snapshot[Running.quit]
        while not self.parts.screen.closing and (end is None or time.perf_counter() < end):
            try:
                self.frame()
            except Exception as error:  # noqa: BLE001  the show must go on
                self.errors += 1
                self.parts.notices.heed("showing", f"showing: {error}", self.errors)
                diary.fault("showing", error)
                time.sleep(self.period)
            if self.snapshot[Running.quit] != quits:
                return

    def frame(self) -> None:
        """One displayed frame: inputs, request, wait, composite, swap."""
        parts = self.parts
        pulse.beat()
        _wait(self.pacing.before_asking(time.perf_counter()))
        began = time.perf_counter()
        parts.screen.poll()
        events_at = self._tick()
        busy = time.perf_counter() - began
        picture = self._await_picture(self.snapshot.t) if self._ask(began) else self.dreaming.pictures.latest
        ms = self.dreaming.ms.get()
        if ms is not None:
            self.meter.generated(ms)
            self.pacing.generated(ms / 1000.0)
        self._listen()
        if self._intake:  # blackout and master need no new picture, so they still make this frame
            later = self._tick()
            events_at = events_at or later
        drawing = time.perf_counter()
        features = self._features
        frame = parts.show.composite(self.snapshot.t, picture, self.snapshot, features)
        if parts.log:
            parts.log.show(self.snapshot.t, picture.index if picture else -1, self.snapshot.tick, features.index)
        self._draw_hud(drawing)
        if picture is not None:
            parts.screen.lift()
        recorded = parts.recording is not None and picture is not None  # no film begins before there is a picture
        parts.screen.capture = recorded and parts.recording is not None and parts.recording.wants(frame.t)
        parts.screen.glance = parts.surface is not None and parts.surface.due(drawing)
        parts.screen.gather = parts.lights is not None and parts.lights.due(drawing)
        parts.screen.write(frame)
        if parts.lights is not None and parts.screen.gathered is not None:
            parts.lights.take(wish(parts.screen.gathered, self.snapshot))
        if parts.surface is not None and parts.screen.glanced is not None:
            parts.surface.see(parts.screen.glanced, drawing)
        drawn = time.perf_counter()
        self.pacing.drew(drawn - drawing, also_read=parts.screen.glance)
        if not parts.screen.paced:
            _wait(self.pacing.before_swapping(time.perf_counter()))
        self.pacing.goes_on(time.perf_counter(), parts.screen.paced)
        pulse.beat(patience=pulse.SWAP_S)
        parts.screen.swap()
        now = time.perf_counter()
        if parts.journal:
            parts.journal.step(now, events_at is not None, picture is not None)
        self.pacing.shown(now)
        busy += drawn - drawing - parts.screen.waited
        self.quality.step(now, busy, self.snapshot)
        if parts.rehearsal:
            parts.rehearsal.swapped(now, 1.0 / self.quality.target(self.snapshot), self.snapshot)
        if ms is not None:
            self.detail.step(now, ms / 1000.0, 1.0 / self.quality.target(self.snapshot) - busy, self.snapshot)
        if parts.recording:
            shown = parts.screen.captured if parts.screen.capture else None
            wanted = self.snapshot[Output.record]
            parts.recording.see(wanted, frame if recorded else None, shown)
        if picture is not None:
            self.meter.swapped(now, frame.unique, frame.stamp, events_at)

    def _ask(self, now: float) -> bool:
        """Ask for a picture of this frame's time, unless the generator is to rest."""
        if not self.pacing.asks(now, rung_of(self.snapshot).rest):
            return False
        size = self.detail.size(self.snapshot, self.parts.screen.size)
        self.dreaming.requests.put(Request(self.snapshot.t, self.snapshot, size))
        return True

    def _await_picture(self, t: float) -> Picture | None:
        """The picture asked for at show time `t`, or the newest there is when there is no more time to wait."""
        pictures = self.dreaming.pictures
        while (newest := pictures.latest) is None or newest.t < t:
            left = self.pacing.patience(time.perf_counter(), self.parts.screen.paced)
            if left <= 0.0 or pictures.get(timeout=left) is None:
                break
        return pictures.latest

    def _listen(self) -> None:
        """Listen to hands until there is just the time to draw."""
        now, surface = time.perf_counter(), self.parts.surface
        if self.parts.screen.paced or (surface is not None and surface.due(now)):
            return  # what a card takes to draw is not known, and a small picture of it takes longer
        _wait(self.pacing.before_drawing(now))

    def report(self) -> Report:
        """The figures so far."""
        parts = self.parts
        generator = parts.show.programs[self.snapshot[Model.select]].generator
        errors = self.errors + self.hearing.errors + self.dreaming.errors
        errors += sum(worker.errors for worker in self._refining)
        limited = parts.screen.limiter.limited
        report = self.meter.report(
            self._started, errors, parts.source.overruns, generator.provider, parts.screen.renderer, limited
        )
        return replace(
            report,
            quality=tuple(self.quality.history),
            pictures=tuple(self.detail.history),
            audio_unclean=parts.ring.unclean,
        )

    @property
    def notices(self) -> tuple[str, ...]:
        """What the operator should know, the newest last."""
        gather(self)
        return self.parts.notices.standing()

    @property
    def notice(self) -> str:
        """The same in one line."""
        return "; ".join(self.notices)

    def _tick(self) -> float | None:
        """Apply what the performer did, publish a snapshot. The arrival of the oldest event, if there was any."""
        parts = self.parts
        events: list[Event] = []
        now = time.perf_counter()
        seen = self.pacing.seen(now, self.snapshot[Viewport.latency])
        self.preloader.step(now, self.snapshot)
        t = self.clock.now(seen)
        if parts.replay and not parts.replay.step(seen, t, bpm(self._features)):
            return None  # hands wait until the desk is where it goes
        apply = parts.replay.apply if parts.replay else parts.desk.apply
        for event in self._intake.take(HANDS_SHARE * self.period):
            events.append(carried(event, parts.desk.table.get(event.address), seen))
            if apply(events[-1]) and parts.done:
                parts.done.note(events[-1], now)
            if parts.link:
                parts.link.heed(events[-1])
            if event.address == Mixer.panic.key:
                self._intake.forget()  # else what a flood left over would be done after it
        features = self._features = self.hearing.features.latest or self._silence
        if self._intake.lost:
            parts.notices.hold("more is asked for than can be done: some of it is left out", now)
            self._intake.lost = 0
        self.snapshot = parts.desk.tick(t, features, bpm(features))
        if parts.clock_out:
            parts.clock_out.follow(pace(features[Tempo], self.snapshot.t, features.t, seen))
        if parts.log:
            parts.log.tick(self.snapshot, features.index, events, features)
        self._snapshots.put(self.snapshot)
        if parts.keeper:
            parts.keeper.gather(now)
        self.taps.step(now, self.snapshot)
        lit = pads.seen(self.snapshot, parts.show.programs[self.snapshot[Model.select]].walker.weights)
        for control in (*parts.controls, *((parts.surface,) if parts.surface else ())):
            control.publish(lit)
        return events[0].stamp or now if events else None

    def _draw_hud(self, now: float) -> None:
        """Give the window its parameters and, while the panel is on, what it shows; words five times a second."""
        self.parts.screen.follow(self.snapshot.of(Viewport))
        ticker = self.parts.ticker
        surface = self.parts.surface
        told = ticker is not None and ticker.due(now)
        picker = self.parts.picker
        if picker is not None:
            picker.step(now, self.snapshot)
        if self.parts.mapping is not None:
            self.parts.mapping.step(self.snapshot, self.parts.screen)
        if self.parts.elsewhere is not None:
            self.parts.elsewhere.follow(self.snapshot)
        seen = any(self.snapshot[f"/window/{panel}"] for panel in ("hud", "help", "learn"))
        seen = seen or (picker is not None and picker.open)
        read = seen or (surface is not None and surface.attached)
        if now - self._hud_at > (0.2 if read else 0.5) or told:
            self._hud_at, self._words = now, words(self)
            if surface is not None and self._facing is not None:
                heard = self.hearing.features.latest or self._silence
                self._facing.step()
                surface.tell(self.parts.desk.overview, lamps(self._words, heard), self.snapshot, self.parts.source)
        if ticker is not None and told:
            ticker.tell(lamps(self._words, self.hearing.features.latest or self._silence))
        if seen:
            state = lamps(self._words, self.hearing.features.latest or self._silence)
            self.parts.screen.state = state if picker is None else picker.over(state)


def _wait(seconds: float) -> None:
    if seconds > 0.0:
        time.sleep(seconds)

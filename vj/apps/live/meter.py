"""What a live run measures of itself: rates, frame times, latency, losses."""

import json
import math
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

#: Frames that the running figures on the HUD look back on.
_RECENT = 240


@dataclass(frozen=True)
class Report:
    """The figures of a live run. Rates are per second; unique pictures and displayed frames are counted apart.

    `first_frame_s` and `splash_s` are seconds from the start of the program to the first picture and to the first light
    of the window; None if there was none. `quality` lists the governor's steps: show time in seconds and the rung gone
    to; `pictures` the sizes that pictures were asked for: show time in seconds, width and height. `audio_unclean`
    counts samples that came as no numbers or far too loud. `notes` is what the performer should know afterwards.
    `outputs` are those that the picture went to besides the window: how each stood at the end, sent and dropped.
    """

    seconds: float
    generated_fps: float
    displayed_fps: float
    frame_ms_p50: float
    frame_ms_p99: float
    block_to_swap_ms_p50: float
    block_to_swap_ms_p99: float
    event_to_swap_ms_p50: float
    generator_ms_p50: float
    generator_ms_p99: float
    displayed_frames: int
    unique_frames: int
    dropped_frames: int
    flashes_limited: int
    errors: int
    audio_overruns: int
    first_frame_s: float | None
    provider: str
    renderer: str
    quality: tuple[tuple[float, int], ...] = ()
    splash_s: float | None = None
    audio_unclean: int = 0
    notes: tuple[str, ...] = ()
    pictures: tuple[tuple[float, int, int], ...] = ()
    outputs: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {key: round(v, 3) if isinstance(v, float) else v for key, v in asdict(self).items()}

    def write(self, path: Path) -> None:
        """To a file of JSON."""
        path.write_text(json.dumps(self.as_dict(), indent=2) + "\n", encoding="utf-8")


class Histogram:
    """Counts of times in bins of a tenth of a millisecond up to a second, of a percent beyond: percentiles of hours
    in constant memory.
    """

    #: Bins of a tenth of a millisecond, and where they end.
    _FINE_BINS = 10_000
    _FINE_MS = 1000.0
    #: Bins of a percent, and the logarithm of their width.
    _COARSE_BINS = 2000
    _LOG_STEP = math.log(1.01)

    def __init__(self) -> None:
        self._counts = np.zeros(self._FINE_BINS + self._COARSE_BINS, np.int64)

    def add(self, ms: float) -> None:
        """Count one time in milliseconds."""
        place = int(max(ms, 0.0) * 10.0) if ms < self._FINE_MS else self._FINE_BINS + self._beyond(ms)
        self._counts[min(place, len(self._counts) - 1)] += 1

    def _beyond(self, ms: float) -> int:
        return int(math.log(ms / self._FINE_MS) / self._LOG_STEP)

    def percentile(self, q: float) -> float:
        """Milliseconds that `q` percent of the times do not exceed, 0 if there were none."""
        total = int(self._counts.sum())
        if not total:
            return 0.0
        place = int(np.searchsorted(np.cumsum(self._counts), total * q / 100.0))
        if place < self._FINE_BINS:
            return (place + 0.5) / 10.0
        return self._FINE_MS * math.exp((place - self._FINE_BINS + 0.5) * self._LOG_STEP)


class Meter:
    """Collects what happened at each swap. Times are wall-clock seconds unless they say ms."""

    def __init__(self, period: float) -> None:
        self._period = period
        self._swaps: deque[float] = deque(maxlen=_RECENT)
        self._fresh: deque[float] = deque(maxlen=_RECENT)
        self._recent_latency: deque[float] = deque(maxlen=_RECENT)
        self._intervals = Histogram()
        self._latencies = Histogram()
        self._event_latencies = Histogram()
        self._generator = Histogram()
        self.first: float | None = None
        self.last = 0.0
        self.displayed = 0
        self.unique = 0
        self.dropped = 0

    def generated(self, ms: float) -> None:
        """A picture took `ms` to direct and dream."""
        self._generator.add(ms)

    def swapped(self, now: float, unique: bool, stamp: float, events_at: float | None) -> None:
        """A frame was swapped at `now`. `stamp` is the arrival of the newest sound in it, `events_at` of an event."""
        if self.first is None:
            self.first = now
        else:
            self._intervals.add((now - self.last) * 1000.0)
            self.dropped += max(round((now - self.last) / self._period) - 1, 0)
        self.last = now
        self.displayed += 1
        self._swaps.append(now)
        if unique:
            self.unique += 1
            self._fresh.append(now)
            if stamp > 0.0:
                self._latencies.add((now - stamp) * 1000.0)
                self._recent_latency.append(now - stamp)
        if events_at is not None:
            self._event_latencies.add((now - events_at) * 1000.0)

    @property
    def displayed_fps(self) -> float:
        """Over the last few seconds."""
        return _rate(self._swaps)

    @property
    def generated_fps(self) -> float:
        """Unique pictures a second over the last few seconds."""
        return _rate(self._fresh)

    @property
    def frame_ms_p95(self) -> float:
        """Of the last few seconds."""
        return float(np.percentile(np.diff(self._swaps), 95)) * 1000.0 if len(self._swaps) > 1 else 0.0

    @property
    def latency_ms(self) -> float:
        """Median from a block of sound to the swap that shows it, over the last few seconds."""
        return float(np.median(self._recent_latency)) * 1000.0 if self._recent_latency else 0.0

    def report(
        self, started: float, errors: int, overruns: int, provider: str, renderer: str, limited: int = 0
    ) -> Report:
        """The figures since the first swap; `started` is when the programme began."""
        first = self.first if self.first is not None else self.last
        seconds = max(self.last - first, 1e-9)
        return Report(
            seconds=seconds,
            generated_fps=max(self.unique - 1, 0) / seconds,
            displayed_fps=max(self.displayed - 1, 0) / seconds,
            frame_ms_p50=self._intervals.percentile(50),
            frame_ms_p99=self._intervals.percentile(99),
            block_to_swap_ms_p50=self._latencies.percentile(50),
            block_to_swap_ms_p99=self._latencies.percentile(99),
            event_to_swap_ms_p50=self._event_latencies.percentile(50),
            generator_ms_p50=self._generator.percentile(50),
            generator_ms_p99=self._generator.percentile(99),
            displayed_frames=self.displayed,
            unique_frames=self.unique,
            dropped_frames=self.dropped,
            flashes_limited=limited,
            errors=errors,
            audio_overruns=overruns,
            first_frame_s=None if self.first is None else first - started,
            provider=provider,
            renderer=renderer,
        )


def _rate(times: deque[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else 0.0

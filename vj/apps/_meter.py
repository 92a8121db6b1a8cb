"""What a live run measures of itself: rates, frame times, latency, losses."""

from collections import deque
from dataclasses import asdict, dataclass

import numpy as np

#: Frames that the running figures on the HUD look back on.
_RECENT = 240


@dataclass(frozen=True)
class Report:
    """The figures of a live run. Rates are per second; unique pictures and displayed frames are counted apart."""

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
    errors: int
    audio_overruns: int
    first_frame_s: float
    provider: str
    renderer: str

    def as_dict(self) -> dict[str, float | int | str]:
        """Plain values for JSON."""
        return {key: round(v, 3) if isinstance(v, float) else v for key, v in asdict(self).items()}


class Meter:
    """Collects what happened at each swap. Times are wall-clock seconds."""

    def __init__(self, period: float) -> None:
        self._period = period
        self._swaps: deque[float] = deque(maxlen=_RECENT)
        self._fresh: deque[float] = deque(maxlen=_RECENT)
        self._recent_latency: deque[float] = deque(maxlen=_RECENT)
        self._intervals: list[float] = []
        self._latencies: list[float] = []
        self._event_latencies: list[float] = []
        self.generator_ms: deque[float] = deque(maxlen=4096)
        self.first: float | None = None
        self.last = 0.0
        self.displayed = 0
        self.unique = 0
        self.dropped = 0

    def swapped(self, now: float, unique: bool, stamp: float, events_at: float | None) -> None:
        """A frame was swapped at `now`. `stamp` is the arrival of the newest sound in it, `events_at` of an event."""
        if self.first is None:
            self.first = now
        else:
            self._intervals.append(now - self.last)
            self.dropped += max(round((now - self.last) / self._period) - 1, 0)
        self.last = now
        self.displayed += 1
        self._swaps.append(now)
        if unique:
            self.unique += 1
            self._fresh.append(now)
            if stamp > 0.0:
                self._latencies.append(now - stamp)
                self._recent_latency.append(now - stamp)
        if events_at is not None:
            self._event_latencies.append(now - events_at)

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
        return _percentile(np.diff(np.array(self._swaps)) if len(self._swaps) > 1 else [], 95)

    @property
    def latency_ms(self) -> float:
        """Median from a block of sound to the swap that shows it, over the last few seconds."""
        return _percentile(self._recent_latency, 50)

    def report(self, started: float, errors: int, overruns: int, provider: str, renderer: str) -> Report:
        """The figures since the first swap; `started` is when the programme began."""
        first = self.first if self.first is not None else self.last
        seconds = max(self.last - first, 1e-9)
        return Report(
            seconds=seconds,
            generated_fps=max(self.unique - 1, 0) / seconds,
            displayed_fps=max(self.displayed - 1, 0) / seconds,
            frame_ms_p50=_percentile(self._intervals, 50),
            frame_ms_p99=_percentile(self._intervals, 99),
            block_to_swap_ms_p50=_percentile(self._latencies, 50),
            block_to_swap_ms_p99=_percentile(self._latencies, 99),
            event_to_swap_ms_p50=_percentile(self._event_latencies, 50),
            generator_ms_p50=float(np.percentile(self.generator_ms, 50)) if self.generator_ms else 0.0,
            generator_ms_p99=float(np.percentile(self.generator_ms, 99)) if self.generator_ms else 0.0,
            displayed_frames=self.displayed,
            unique_frames=self.unique,
            dropped_frames=self.dropped,
            errors=errors,
            audio_overruns=overruns,
            first_frame_s=first - started,
            provider=provider,
            renderer=renderer,
        )


def _rate(times: deque[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else 0.0


def _percentile(
    seconds: "list[float] | deque[float] | np.ndarray[tuple[int], np.dtype[np.float64]]", q: float
) -> float:
    return float(np.percentile(np.asarray(seconds), q)) * 1000.0 if len(seconds) else 0.0

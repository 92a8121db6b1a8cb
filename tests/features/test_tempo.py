"""Tempo: clicks, drum machine, taps, nudge, lock, silence."""

import numpy as np
import pytest

from vj.core.params import Snapshot, Value, defaults
from vj.core.types import F32
from vj.engine.analyzer import Analyzer
from vj.features.tempo import Tempo

RATE, HOP = 48000, 512


class Listener:
    """Plays sound to the tempo stage and turns its knobs meanwhile."""

    def __init__(self) -> None:
        self.analyzer = Analyzer(RATE, features=["tempo"])
        self.values: dict[str, Value] = dict(defaults(*self.analyzer.stages).values)

    def hear(self, sound: F32, **changed: Value) -> list[Tempo]:
        self.values.update({f"/tempo/{name}": value for name, value in changed.items()})
        snapshot = Snapshot(dict(self.values))
        return [self.analyzer.step(sound[i : i + HOP], snapshot)[Tempo] for i in range(0, len(sound) - HOP + 1, HOP)]

    def tap(self, times: int, interval: float) -> Tempo:
        """Tap in silence, `interval` seconds apart."""
        for _ in range(times):
            count = self.values["/tempo/tap"]
            assert isinstance(count, int)
            record = self.hear(silence(interval), tap=count + 1)[-1]
        return record


def silence(seconds: float) -> F32:
    return np.zeros(round(seconds * RATE / HOP) * HOP, np.float32)


def clicks(bpm: float, seconds: float, first: float = 0.2) -> F32:
    """Short 1.5 kHz clicks over faint noise."""
    sound = 2e-4 * np.random.default_rng(0).standard_normal(int(seconds * RATE))
    since = np.arange(2000) / RATE
    click = 0.6 * np.sin(2 * np.pi * 1500 * since) * np.exp(-since / 0.008)
    for at in np.arange(first, seconds - 0.1, 60 / bpm):
        sound[int(at * RATE) : int(at * RATE) + 2000] += click
    return sound.astype(np.float32)


@pytest.mark.parametrize("bpm", [60, 90, 110, 128, 150, 174])
def test_clicks_lock_within_six_seconds_and_stay(bpm: int) -> None:
    heard = Listener().hear(clicks(bpm, 16.0))
    late = np.array([h.bpm for h in heard])[int(6.0 * RATE / HOP) :]
    np.testing.assert_allclose(late, bpm, atol=1.0)
    assert heard[-1].confidence > 0.7
    assert heard[-1].source == "auto"


@pytest.mark.parametrize("bpm", [90, 128])
def test_beats_fall_on_the_clicks(bpm: int) -> None:
    heard = Listener().hear(clicks(bpm, 14.0))
    beats = np.array([h.beat for h in heard])
    t = (np.arange(len(beats)) + 1) * HOP / RATE
    fell = t[1:][np.diff(beats) > 0]
    truth = np.arange(0.2, 14.0, 60 / bpm)
    for at in fell[fell > 7.0]:
        assert np.abs(truth - at).min() < 0.03
    assert set(np.diff(beats)) == {0, 1}


def test_phase_never_runs_backwards() -> None:
    listener = Listener()
    heard = listener.hear(clicks(100, 8.0)) + listener.hear(clicks(140, 8.0, first=0.31))
    position = np.array([h.beat + h.phase for h in heard])
    assert (np.diff(position) >= 0).all()
    assert heard[-1].bpm == pytest.approx(140, abs=1.5)


def test_silence_loses_confidence_and_keeps_the_beat_going() -> None:
    listener = Listener()
    before = listener.hear(clicks(128, 10.0))[-1]
    after = listener.hear(silence(12.0))[-1]
    assert before.confidence > 0.7
    assert after.confidence < 0.1
    assert after.beat - before.beat == pytest.approx(12 * 128 / 60, abs=1)
    assert after.bpm == pytest.approx(before.bpm, abs=0.5)


@pytest.mark.parametrize("bpm", [75.0, 140.0, 200.0])
def test_four_taps_set_tempo_and_phase(bpm: float) -> None:
    listener = Listener()
    listener.hear(silence(0.5))
    record = listener.tap(4, 60 / bpm)
    assert record.bpm == pytest.approx(bpm, rel=0.02)
    assert record.source == "tap"
    # A whole beat has passed since the last tap, which was at phase 0.
    assert min(record.phase, 1 - record.phase) < 0.08


def test_taps_win_over_the_tracker() -> None:
    listener = Listener()
    listener.hear(clicks(120, 8.0))
    sound = clicks(120, 1.0, first=0.0)
    for count in range(1, 6):
        listener.hear(sound[: round(RATE * 60 / 60 / HOP) * HOP], tap=count)
    after = listener.hear(clicks(120, 6.0, first=0.0))[-1]
    assert after.bpm == pytest.approx(60, rel=0.03)
    assert after.source == "tap"


def test_fixed_tempo_runs_exactly() -> None:
    listener = Listener()
    heard = listener.hear(silence(10.0), source="fixed", bpm=150.0)
    assert heard[-1].bpm == 150.0
    assert heard[-1].source == "fixed"
    assert heard[-1].beat + heard[-1].phase == pytest.approx(len(heard) * HOP / RATE * 2.5, rel=1e-6)


def test_nudge_bends_the_beat_while_held() -> None:
    free = Listener().hear(silence(4.0), source="fixed", bpm=120.0)[-1]
    pushed = Listener().hear(silence(4.0), source="fixed", bpm=120.0, nudge=1.0)[-1]
    assert (pushed.beat + pushed.phase) / (free.beat + free.phase) == pytest.approx(1.05, abs=0.001)


def test_resync_starts_a_bar() -> None:
    listener = Listener()
    listener.hear(silence(0.7), source="fixed", bpm=120.0)
    record = listener.hear(np.zeros(HOP, np.float32), resync=1)[0]
    assert record.beat % 4 == 0
    assert record.phase < 0.05


def test_lock_holds_the_tempo() -> None:
    listener = Listener()
    listener.hear(clicks(100, 8.0))
    held = listener.hear(clicks(140, 12.0), lock=True)[-1]
    assert held.bpm == pytest.approx(100, abs=1.0)
    assert listener.hear(clicks(140, 12.0), lock=False)[-1].bpm == pytest.approx(140, abs=1.5)


def test_double_and_halve_hold() -> None:
    listener = Listener()
    listener.hear(clicks(100, 8.0))
    assert listener.hear(clicks(100, 4.2, first=0.0), halve=1)[-1].bpm == pytest.approx(50, abs=1)
    after = listener.hear(clicks(100, 4.2, first=0.0), double=1)[-1]
    assert after.bpm == pytest.approx(100, abs=1.5)
    assert after.source == "tap"


def test_a_tapped_tempo_is_let_go_between_songs() -> None:
    listener = Listener()
    listener.tap(4, 1.0)
    listener.hear(silence(20.0))
    after = listener.hear(clicks(140, 8.0))[-1]
    assert after.source == "auto"
    assert after.bpm == pytest.approx(140, abs=1.5)


def _song(bpm: float, kicks: str, notes: str, hats: str, seconds: float = 16.0) -> F32:
    """A bar of sixteenths again and again, "x" where an instrument plays: kicks, a bass, hats."""
    rng, t = np.random.default_rng(3), np.arange(round(0.2 * RATE)) / RATE
    sounds = (
        (kicks, 0.9 * np.sin(2 * np.pi * (50 * t + 2.6 * (1 - np.exp(-t * 35)))) * np.exp(-t * 14)),
        (notes, 0.35 * np.sign(np.sin(2 * np.pi * 55 * t)) * np.exp(-t * 12)),
        (hats, 0.2 * np.diff(rng.standard_normal(len(t)), prepend=0) * np.exp(-t * 90)),
    )
    step, x = 15.0 / bpm, np.zeros(round((seconds + 1.0) * RATE), np.float32)
    for k in range(int(seconds / step)):
        at = round((0.05 + k * step) * RATE)
        for pattern, sound in sounds:
            if pattern[k % len(pattern)] == "x":
                x[at : at + len(sound)] += sound
    return x


@pytest.mark.parametrize(
    ("kicks", "notes", "hats", "tempi"),
    [
        ("x...", ".xxx", "..x.", (132, 138, 144)),  # a rolling bass: sixteenths, which four fifths suit
        ("x...", "x.x.", "x.x.", (152, 180, 200)),  # eighths, which two thirds suit
        ("xxxx", "xxxx", "x...", (140, 160)),
        ("x.......x.x.....", "x.....x...x.....", "x.x.x.x.x.x.x.x.", (84, 112, 172)),
    ],
)
def test_music_of_even_notes_is_heard_at_its_tempo_or_an_octave_of_it(
    kicks: str, notes: str, hats: str, tempi: tuple[int, ...]
) -> None:
    for bpm in tempi:
        heard = Listener().hear(_song(bpm, kicks, notes, hats))
        late = [tempo for tempo in heard[len(heard) // 2 :] if tempo.confidence >= 0.4]
        octaves = np.log2(np.array([tempo.bpm for tempo in late]) / bpm)
        assert np.abs(octaves - np.clip(np.round(octaves), -1, 1)).max(initial=0.0) < 0.03, bpm


def test_a_tapped_beat_is_not_dragged_to_the_offbeat() -> None:
    """Kicks on every beat, loud hats between: whoever taps the kicks, or the hats, keeps that."""
    for late in (0.0, 0.5):
        listener, bpm = Listener(), 126.0
        song = _song(bpm, "x...", "..x.", "..x.", seconds=40.0)
        tapped = round((0.05 + (16 + late) * 60 / bpm) * RATE / HOP) * HOP
        listener.hear(song[:tapped])
        for tap in range(4):
            end = tapped + round((tap + 1) * 60 / bpm * RATE / HOP) * HOP
            start = tapped + round(tap * 60 / bpm * RATE / HOP) * HOP
            heard = listener.hear(song[start:end], tap=tap + 1)
        heard = listener.hear(song[end:])
        times = (end + (1 + np.arange(len(heard))) * HOP) / RATE - 0.05
        off = np.array([tempo.beat + tempo.phase for tempo in heard]) - times * bpm / 60 + late
        assert np.abs((off + 0.5) % 1 - 0.5).max() * 60 / bpm < 0.07, late


@pytest.mark.parametrize("sound", ["tone", "hum", "noise", "red noise"])
def test_what_has_no_beat_moves_nothing_and_is_not_believed(sound: str) -> None:
    t, luck = np.arange(12 * RATE) / RATE, np.random.default_rng(0)
    made = {
        "tone": 0.3 * np.sin(2 * np.pi * 440 * t),
        "hum": 0.2 * np.sin(2 * np.pi * 50 * t),
        "noise": 0.1 * luck.standard_normal(len(t)),
        "red noise": 1e-3 * np.cumsum(luck.standard_normal(len(t))),
    }[sound]
    late = Listener().hear(made.astype(np.float32))[2 * RATE // HOP :]
    assert max(h.confidence for h in late) < 0.4
    assert np.mean([h.confidence for h in late]) < 0.15
    assert {round(h.bpm) for h in late[-400:]} == {round(late[-400].bpm)}

"""The bench of the beat, tested by errors that are known beforehand: it must see every one of them, and no other."""

import json
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from bench.beat import trackers
from bench.beat._measures import Shown, calibration, judge, worst_gap
from bench.beat._ours import hear
from bench.beat._pieces import band_of, chosen
from bench.beat._summary import Row, compact, tables
from bench.beat.wall import errors, summary
from vj.core.beats import crossings

BENCH = Path(__file__).resolve().parent.parent / "bench" / "beat"
BPM, SECONDS = 174.0, 60.0
GAP = 60.0 / BPM
BEATS = np.arange(0.4, SECONDS, GAP)
PLACES = np.arange(len(BEATS)) % 4 + 1
T = np.arange(1, int(SECONDS * 90)) / 90.0


def oscillator(bpm=BPM, off=0.0, wrong_until=0.0, sure=None, place=0):
    """What a tracker shows that runs at `bpm`, `off` beats late, and at 2/3 of the tempo at first."""
    rate = np.where(wrong_until > T, bpm * 2 / 3, bpm) / 60.0
    at = np.cumsum(rate) / 90.0
    at += (T[-1] - BEATS[0]) * bpm / 60.0 - at[-1] - off
    beats, which = crossings(T, at)
    return Shown(beats, (np.floor(at[which]) + place) % 4 == 0, T, at, rate * 60.0, sure)


def test_a_perfect_tracker_is_perfect_in_everything():
    told = judge(BEATS, PLACES, oscillator()).figures
    for name in ("f", "cmlt", "amlt", "downbeat_f", "right", "tempo", "tempo_octave"):
        assert told[name] == pytest.approx(1.0, abs=0.02), name
    assert told["gain"] > 0.9
    assert told["last_wrong_s"] < 0.5
    assert told["lock_s"] < 0.5


@pytest.mark.parametrize(
    ("shown", "kind", "octave"),
    [
        (oscillator(BPM * 2 / 3), "2/3", 0.0),
        (oscillator(BPM / 2), "half", 1.0),
        (oscillator(BPM * 2), "double", 1.0),
        (oscillator(BPM * 0.93), "lost", 0.0),
        (oscillator(off=0.5), "off-beat", 1.0),
        (oscillator(off=0.27), "off", 1.0),
    ],
    ids=["2/3", "half", "double", "lost", "off-beat", "off"],
)
def test_what_is_wrong_is_never_right_and_is_called_by_its_name(shown, kind, octave):
    found = judge(BEATS, PLACES, shown)
    assert (found.kind == kind).mean() > 0.98
    assert found.figures["right"] < 0.02
    assert found.figures["cmlt"] < (0.4 if kind == "lost" else 0.1)  # mir_eval lets a tempo be off by 17.5 %
    assert found.figures["lock_s"] is None
    assert found.figures["last_wrong_s"] > SECONDS - 1.0
    assert found.figures["tempo_octave"] == octave
    assert found.figures["tempo"] == float(kind in ("off-beat", "off"))
    # mir_eval's AMLt forgives octaves and the off-beat, and nothing else
    assert (found.figures["amlt"] > 0.95) == (kind in ("half", "double", "off-beat"))


def test_a_bar_that_begins_elsewhere_is_seen_though_every_beat_is_right():
    told = judge(BEATS, PLACES, oscillator(place=2)).figures
    assert told["f"] > 0.98
    assert told["downbeat_f"] < 0.05


def test_the_time_until_it_is_right_for_good_is_told_and_the_warm_up_left_out():
    found = judge(BEATS, PLACES, oscillator(wrong_until=6.0)).figures
    assert found["lock_s"] == pytest.approx(6.0, abs=0.2)
    assert found["last_wrong_s"] == pytest.approx(6.0, abs=0.2)
    assert found["right_settled"] == 1.0
    assert found["right"] == pytest.approx(1.0 - 5.6 / 59.6, abs=0.02)
    assert found["f_settled"] > 0.98 > found["f"]


def test_a_tracker_that_tells_only_beats_is_judged_alike_though_it_leaves_some_out_and_counts_in_20_ms():
    rough = np.round(np.delete(BEATS, slice(5, None, 6)) / 0.02) * 0.02
    found = judge(BEATS, PLACES, Shown(rough))
    assert found.figures["right"] > 0.95
    assert found.figures["tempo"] == 1.0
    assert found.figures["downbeat_f"] is None
    assert 0.88 < found.figures["f"] < 0.95
    assert judge(BEATS, PLACES, Shown(np.zeros(0))).figures["right"] == 0.0


def test_boasting_shows_in_the_calibration_and_honesty_does_not():
    half = oscillator(wrong_until=30.0, sure=np.full(len(T), 0.95))
    boast = calibration([judge(BEATS, PLACES, half)])
    assert boast[9]["time"] == 1.0
    assert worst_gap(boast) == pytest.approx(0.45, abs=0.02)
    honest = oscillator(wrong_until=30.0, sure=np.where(T > 30.0, 0.97, 0.04))
    assert worst_gap(calibration([judge(BEATS, PLACES, honest)])) < 0.06


def click(folder, name, bpm, seconds, **told):
    """A piece of decaying clicks and its JSON."""
    rate, since = 44100, np.arange(3000) / 44100
    x = 1e-3 * np.random.default_rng(0).standard_normal(int(seconds * rate))
    beats = np.arange(0.25, seconds - 0.2, 60.0 / bpm)
    for at in beats:
        x[int(at * rate) : int(at * rate) + 3000] += 0.6 * np.sin(2 * np.pi * 90 * since) * np.exp(-since / 0.02)
    with wave.open(str(folder / f"{name}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((x * 32000).astype("<i2").tobytes())
    rows = [[float(t), n % 4 + 1] for n, t in enumerate(beats)]
    about = {"name": name, "source": "made", "genre": "clicks", "split": "test", "metre": 4, "beats": rows}
    (folder / f"{name}.json").write_text(json.dumps(about | told))


def test_the_whole_bench_runs_on_real_sound_and_writes_what_it_found(tmp_path, monkeypatch, capsys):
    for name, bpm in (("a", 120.0), ("b", 96.0)):
        click(tmp_path, name, bpm, 10.0)
    click(tmp_path, "learnt", 120.0, 10.0, split="train")
    (tmp_path / "other.json").write_text("[]")
    out, picture = tmp_path / "beat.out", tmp_path / "beat.png"
    options = ["--peers", "none", "--seconds", "9", "--out", str(out), "--picture", str(picture)]
    monkeypatch.setattr(sys, "argv", ["trackers.py", str(tmp_path), *options])
    trackers.main()
    told = json.loads(out.read_text())
    assert set(told["pieces"]) == {"a", "b"}
    assert told["material"]["tempo"] == {"80-100": 1, "120-140": 1}
    everything = told["trackers"]["vj"]["all"]
    value, low, high = everything["right"]
    assert 0.0 < low <= value <= high <= 1.0
    assert 0.0 < everything["cpu_ms_per_s_beat"] < everything["cpu_ms_per_s_hearing"]
    assert picture.stat().st_size > 10000
    assert "tempo_octave" in capsys.readouterr().out


def test_a_peer_answers_from_its_own_process(tmp_path):
    click(tmp_path, "a", 120.0, 12.0)
    command = [sys.executable, str(BENCH / "peers" / "serve.py"), "by_aubio"]
    run = subprocess.run(command, input=f"{tmp_path}/a.wav\n{tmp_path}/no.wav\n", capture_output=True, text=True)
    ready, heard, refused = run.stdout.splitlines()
    beats = np.array(json.loads(heard)["beats"])
    assert ready == "ready"
    assert np.median(np.diff(beats[:, 0])) == pytest.approx(0.5, abs=0.03)
    assert "FileNotFoundError" in json.loads(refused)["error"]


def test_a_limit_takes_from_every_tempo_and_tables_tell_them_apart(tmp_path):
    for k, bpm in enumerate((120.0, 121.0, 122.0, 75.0, 174.0)):
        click(tmp_path, f"p{k}", bpm, 9.0, genre="house" if k < 3 else "other")
    pieces = chosen([tmp_path], "test", 3)
    assert {p.band for p in pieces} == {"60-80", "120-140", "160-180"}
    rows = [Row(p, judge(p.beats, p.places, Shown(p.beats)), {"beat": 0.001}) for p in pieces]
    told = json.loads(compact(tables(rows)))
    assert list(told["by"]["tempo"]) == ["60-80", "120-140", "160-180"]
    assert told["by"]["genre"]["other"]["pieces"] == 2
    assert told["all"]["f"] == [1.0, 1.0, 1.0]
    assert [band_of(b) for b in (59.0, 60.0, 119.999, 209.9, 210.0)] == [
        *("under 60", "60-80", "120-140", "180-210", "over 210")
    ]


def test_what_is_heard_is_what_the_analyzer_shows(tmp_path):
    click(tmp_path, "a", 120.0, 10.0)
    piece = chosen([tmp_path], "test")[0]
    shown, cost = hear(piece.sound(48000, 10.0))
    assert shown.t[-1] == pytest.approx(10.0, abs=0.03)
    assert np.all(np.diff(shown.at) >= 0.0)
    late = shown.beats[shown.beats > 6.0]
    assert np.abs((late - 0.25 + 0.25) % 0.5 - 0.25).max() < 0.05
    assert 0.0 < cost["beat"] < cost["hearing"]


def test_a_flash_on_the_wall_is_timed_from_the_beat_that_sounds_and_a_missing_one_is_told():
    gap, beats = 0.46875, 0.2 + np.arange(60) * 0.46875
    t = np.arange(0.0, 28.0, 1 / 60)
    bright = np.full(len(t), 20.0)
    for beat in np.delete(beats, 40):
        since = t - beat - 0.012
        bright = np.where((since >= 0.0) & (since < gap), 20.0 + 200.0 * np.exp(-since / 0.1), bright)
    noticed = beats + np.random.default_rng(0).normal(0.0, 0.001, len(beats))  # the player's clock trembles
    late = errors(np.stack([t, bright], 1), noticed, gap)
    assert np.isnan(late).sum() == 1
    told = summary(late, len(late))
    assert 12.0 <= told["ms_p5"] <= told["ms_p95"] <= 12.0 + 17.7
    assert told["flashed"] == told["beats"] - 1
    early = summary(errors(np.stack([t - 0.05, bright], 1), noticed, gap), 0)
    assert -38.5 <= early["ms_p5"] <= early["ms_p95"] <= -20.0

"""Pieces as lessons for the beat network: their sound in bands and where their beats are, changed at random."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from vj.core.sound import short
from vj.core.types import F32, F64
from vj.features.beat.ear import (
    BANDS,
    COMPRESSION,
    FARTHEST_HALVES,
    HALF_S,
    HEARD_S,
    HIGH_HZ,
    INPUTS,
    LOOK_S,
    LOW_HZ,
    MEAN_TAU_S,
    SILENCE_AMPLITUDE,
)
from vj.features.beat.net import DELAY as DELAY
from vj.features.beat.pointer import SPREAD_HALVES

#: Samples that the short spectra are made of at once.
CHUNK = 4096


@dataclass(frozen=True)
class Lesson:
    """One piece: `heard` [halves, BANDS] amplitudes; `beats` [n] seconds; `places` [n] in the bar from 1, 0 unknown."""

    name: str
    split: str
    genre: str
    source: str
    metre: int
    heard: F32
    beats: F64
    places: F64


def amplitudes(samples: F32, rate: int) -> F32:
    """[halves, BANDS] what the tracker is told of mono `samples` [n] at `rate` Hz, one row for two short frames."""
    ear, bands = short.Short(rate, CHUNK), short.bands(rate, LOW_HZ, HIGH_HZ, BANDS)
    rows = np.concatenate([ear.step(samples[i : i + CHUNK]) @ bands for i in range(0, len(samples), CHUNK)])
    halves: F32 = np.sqrt(rows[: len(rows) // 2 * 2].reshape(-1, 2, BANDS).mean(axis=1))
    return halves


def load(folder: Path, cache: Path) -> list[Lesson]:
    """All pieces of `folder`; what is heard of them is kept in `cache`."""
    out = []
    cache.mkdir(parents=True, exist_ok=True)
    for page in sorted(folder.glob("*.json")):
        said = json.loads(page.read_text())
        if not isinstance(said, dict) or not said.get("beats"):
            continue
        kept = cache / f"{folder.name}-{page.stem}.npy"
        if not kept.exists():
            sound, rate = soundfile.read(page.with_suffix(".flac"), dtype="float32", always_2d=True)
            heard = amplitudes(sound.mean(axis=1), rate)
            np.save(kept, np.log(heard + SILENCE_AMPLITUDE / 10).astype(np.float16))
        beats = np.array(said["beats"], float)
        out.append(
            Lesson(
                said["name"], said["split"], said.get("genre", ""), said["source"], int(said.get("metre") or 0),
                np.load(kept), beats[:, 0], beats[:, 1],
            )
        )  # fmt: skip
    return out


def targets(beats: F64, places: F64, halves: int) -> F32:
    """[halves, 3] how much each half is a beat, a downbeat, and whether downbeats are known there."""
    out = np.zeros((halves, 3), np.float32)
    known = places > 0
    for chosen, column in ((np.ones(len(beats), bool), 0), (places == 1, 1)):
        at = beats[chosen] / HALF_S - 0.5
        for step in range(-3, 4):
            near = np.floor(at).astype(int) + step
            fits = (near >= 0) & (near < halves)
            value = np.exp(-0.5 * ((near - at) / SPREAD_HALVES) ** 2)
            np.maximum.at(out[:, column], near[fits], value[fits].astype(np.float32))
    if known.all():
        out[:, 2] = 1.0
    elif known.any():
        first, last = beats[known][0] / HALF_S, beats[known][-1] / HALF_S
        out[max(int(first) - 4, 0) : int(last) + 4, 2] = 1.0
    return out


def excerpt(lesson: Lesson, looks: int, chance: np.random.Generator) -> tuple[F32, F32]:
    """[2 looks, BANDS] amplitudes and [2 looks, 3] targets of a stretch, at another speed, tilt, level and noise."""
    speed = float(np.exp(chance.uniform(-0.13, 0.13))) if chance.random() < 0.8 else 1.0
    need = math.ceil(2 * looks * speed) + 4
    total = len(lesson.heard)
    begin = (
        int(chance.integers(-looks // 4, max(total - need, 0) + looks // 4))
        if chance.random() < 0.85
        else -int(chance.integers(0, looks // 2))
    )
    at = begin + np.arange(2 * looks) * speed
    low = np.clip(np.floor(at).astype(int), 0, total - 2)
    part = np.clip(at - low, 0.0, 1.0)[:, None].astype(np.float32)
    log = lesson.heard[low].astype(np.float32) * (1 - part) + lesson.heard[low + 1].astype(np.float32) * part
    shift = int(chance.integers(-2, 3)) if chance.random() < 0.3 else 0
    if shift:
        log = np.roll(log, shift, axis=1)
        edge = slice(0, shift) if shift > 0 else slice(shift, None)
        log[:, edge] = log[:, [shift if shift > 0 else shift - 1]]
    x = np.linspace(-1, 1, BANDS)
    gains = chance.normal(0, 0.6) * x + chance.normal(0, 0.5) * (x * x - 0.4) + chance.normal(0, 0.3, BANDS)
    log = log + gains.astype(np.float32)
    if chance.random() < 0.15:  # a level step
        where = int(chance.integers(0, 2 * looks))
        log[where:] += np.float32(chance.uniform(-3.0, 3.0))
    if chance.random() < 0.1:  # a filtered break
        where, long = int(chance.integers(0, 2 * looks)), int(chance.integers(200, 800))
        cut = int(chance.integers(4, 18))
        log[where : where + long, slice(0, cut) if chance.random() < 0.6 else slice(cut, None)] -= np.float32(4.0)
    heard = np.exp(log)
    if chance.random() < 0.3:  # steady noise
        tilt = np.exp(chance.normal(0, 1.0) * x)
        loud = heard.mean() * np.exp(chance.uniform(-4.5, -0.7))
        heard = np.hypot(heard, (loud * tilt * np.sqrt(chance.chisquare(12, heard.shape) / 12)).astype(np.float32))
    outside = (at < 0) | (at > total - 1)
    heard[outside] = 0.0
    halves = (np.asarray(lesson.beats) / HALF_S - begin) / speed * HALF_S
    said = targets(halves, lesson.places, 2 * looks)
    return heard.astype(np.float32), said


def looks(heard: F32) -> F32:
    """[pieces, looks, INPUTS] what the network sees of amplitudes [pieces, 2 looks, BANDS]: Look, for many at once."""
    pieces, halves, _ = heard.shape
    level = heard.reshape(pieces, halves // 2, 2 * BANDS).mean(axis=2)
    mean, past = np.full(pieces, math.log(SILENCE_AMPLITUDE)), np.full(pieces, HEARD_S)
    means = np.empty((pieces, halves // 2), np.float32)
    logs = np.log(np.maximum(level, SILENCE_AMPLITUDE))
    for k in range(halves // 2):
        live = level[:, k] > SILENCE_AMPLITUDE
        past = np.where(live, np.minimum(past + LOOK_S, MEAN_TAU_S), past)
        part = np.where(past > HEARD_S + LOOK_S, -np.expm1(-LOOK_S / past), 1.0)
        mean = np.where(live, mean + (logs[:, k] - mean) * part, mean)
        means[:, k] = mean
    scale = (COMPRESSION * np.exp(-means)).astype(np.float32).repeat(2, axis=1)[..., None]
    loud = np.log1p(heard * scale)
    before = np.zeros_like(loud)
    padded = np.concatenate([np.zeros((pieces, FARTHEST_HALVES, BANDS), np.float32), loud], axis=1)
    for k in range(FARTHEST_HALVES):
        np.maximum(before, padded[:, k : k + halves], out=before)
    rise = np.maximum(loud - before, 0.0)
    both = np.concatenate(
        [loud.reshape(pieces, halves // 2, 2 * BANDS), rise.reshape(pieces, halves // 2, 2 * BANDS)], axis=2
    )
    return both.reshape(pieces, halves // 2, INPUTS)

"""Renders a composed song: every part on a sound font, a synthesizer or recorded drums, then the mix."""

from typing import Any

import numpy as np
from numpy.random import Generator

from bench.beat.songs import _kit as kit
from bench.beat.songs import fonts as fluid
from bench.beat.songs._compose import DRUM, FAINT, GROUPS, Part, Song, heard
from bench.beat.songs._effects import breaths, consonants, echoed, opened, place, risers
from bench.beat.songs._mix import Stem, mix
from bench.beat.songs._synth import RATE, Player, patch
from vj.core.types import F32, F64

#: General MIDI programs that suit a role or the style of a line; any other may be drawn as well.
PROGRAMS = {
    "bass": [32, 33, 33, 34, 35, 36, 37], "synth bass": [38, 39, 87, 81], "guitar": [24, 25, 26, 27, 28],
    "heavy": [29, 30, 30], "keys": [0, 1, 2, 4, 5, 6, 7, 16, 17, 18, 19, 21],
    "pad": [48, 49, 50, 51, 52, 88, 89, 90, 91, 94],
    "stab": [0, 4, 16, 61, 62, 63, 55, 80, 81],
    "arp": [0, 10, 11, 12, 24, 45, 46, 80, 81, 98],
    "lead": [40, 56, 64, 65, 66, 68, 71, 73, 75, 80, 81, 82, 85, 26, 27, 22], "voice": [52, 53, 54, 85],
    "orchestra": [40, 41, 42, 44, 45, 48, 49, 60, 61, 68, 70, 71, 73, 46],
}  # fmt: skip


def program(rng: Generator, song: Song, part: Part) -> int:
    """A program for a part."""
    if rng.uniform() < 0.08:
        return int(rng.integers(0, 112))
    electronic = song.genre.sound == "electronic"
    if part.role == "bass":
        name = "synth bass" if electronic and rng.uniform() < 0.7 else "bass"
    elif part.role == "comp":
        heavy = part.style in ("chug", "gallop", "tremolo") or song.kind in ("metal", "punk", "blast metal")
        strummed = part.style in ("strum", "scratch", "skank", "oom", "bossa", "eights", "shuffle")
        name = "heavy" if heavy else "guitar" if strummed and rng.uniform() < 0.75 else "keys"
        name = "pad" if part.style == "pad" else "stab" if electronic else name
    else:
        name = "arp" if part.role == "arp" else "voice" if part.style == "vocal" and rng.uniform() < 0.4 else "lead"
    if song.kind == "orchestra" and rng.uniform() < 0.8:
        name = "orchestra"
    return int(rng.choice(PROGRAMS[name]))


def instrument(rng: Generator, part: Part) -> str:
    """What kind of patch plays a part."""
    if part.role == "bass":
        return part.style if part.style in ("sub", "808", "acid", "reese", "wobble", "neuro") else "bass"
    if part.role == "comp":
        guitar = part.style in ("strum", "scratch", "skank", "oom", "chug", "gallop", "tremolo", "eights", "shuffle")
        return "pad" if part.style == "pad" else "guitar" if guitar else str(rng.choice(["stab", "keys"]))
    if part.role == "lead" and part.style in ("vocal", "sparse", "soaring") and rng.uniform() < 0.5:
        return "voice"
    return str(rng.choice(["keys", "lead", "stab"]))


def drum_times(song: Song, rng: Generator) -> tuple[dict[str, F64], dict[str, list[float]], list[float]]:
    """(lane -> [n, 2] seconds and loudness, drum -> seconds, seconds of strokes too soft to insist on)."""
    lanes: dict[str, F64] = {}
    labels: dict[str, list[float]] = {"kick": [], "snare": [], "hat": []}
    vague: list[float] = []
    for lane in sorted({h.lane for h in song.hits}):
        hits = [h for h in song.hits if h.lane == lane]
        at = heard(song, np.array([h.beat for h in hits]), rng)
        loud = np.array([h.loud for h in hits]) * rng.uniform(0.9, 1.0, len(hits))
        lanes[lane] = np.stack([at, loud], axis=1)[(at >= 0) & (at < song.stop - 0.02)]
        for t, how in lanes[lane] if lane in DRUM else ():
            (labels[DRUM[lane]] if how > FAINT else vague).append(round(float(t), 4))
    return lanes, {d: sorted(set(ts)) for d, ts in labels.items()}, sorted(vague)


def drums_of(song: Song, rng: Generator, lanes: dict[str, F64], recorded: bool = True) -> dict[str, F32]:
    """kick, snare and hat stems [n], of one recorded kit, of any, or synthesized; always that if not `recorded`."""
    n = round(song.seconds * RATE)
    band = song.genre.sound != "electronic"
    kits = kit.kits() if recorded else {}
    real = rng.uniform() < (0.9 if band else 0.5) and bool(kits)
    whole = [k for k, lanes_of in kits.items() if {"k", "s", "h"} <= lanes_of.keys()]
    one = str(rng.choice(whole)) if real and rng.uniform() < 0.6 else None
    stems = {}
    for role, letters in GROUPS.items():
        tape = np.zeros(n, np.float32)
        for lane in letters:
            if lane not in lanes or not len(lanes[lane]):
                continue
            strokes = kit.recorded(rng, lane, one) if real or (kits and band and lane in "rxpt") else []
            strokes = strokes or kit.made(rng, lane)
            if lane in "pt":  # several of them, in turn
                others = kit.made(rng, lane), kit.recorded(rng, lane, one) if kits else []
                strokes = [strokes[-1], *(s[-1] for s in others if s)]
            if lane in "ks" and not band and rng.uniform() < 0.25:
                strokes = [_layered(s, kit.made(rng, lane)[0]) for s in strokes]
            gain = 1.0 if lane in "ksh" else rng.uniform(0.4, 1.0)
            for at, loud in lanes[lane]:
                choice = min(len(strokes) - 1, int(loud * len(strokes) * rng.uniform(0.8, 1.0)))
                choice = int(rng.integers(len(strokes))) if lane in "pt" else choice
                place(tape, strokes[choice], at, gain * loud)
        if tape.any():
            stems[role] = tape
    return stems


def _layered(a: F32, b: F32) -> F32:
    out = np.zeros(max(len(a), len(b)), np.float32)
    out[: len(a)] += 0.6 * a
    out[: len(b)] += 0.6 * b
    return out


def drum_events(rng: Generator, lanes: dict[str, F64], letters: str) -> list[fluid.Event]:
    """Strokes for a kit of a sound font."""
    events = []
    for lane in letters:
        keys = rng.choice(kit.KEYS[lane], 3 if lane in "pt" else 1)
        for at, loud in lanes.get(lane, ()):
            key = int(rng.choice(keys))
            events += [(float(at), key, max(20, int(120 * loud))), (float(at) + 0.3, key, 0)]
    return events


def timed(song: Song, part: Part, rng: Generator) -> list[tuple[float, float, Any]]:
    """(from, to, note) in seconds of the notes that begin within the piece."""
    begin = np.array([x.beat for x in part.notes])
    offset = np.zeros(len(begin))
    keys, which = np.unique(begin, return_inverse=True)  # a chord is played by one hand
    singer = part.role == "lead" and part.style in ("vocal", "soaring")
    at = heard(song, keys, rng, rng.uniform(0.002, 0.018) if singer else None)[which]
    end = song.clock.at(begin + np.array([x.length for x in part.notes])) - song.start
    offset += [x.late for x in part.notes]
    inside = (at >= 0) & (at < song.stop - 0.02)
    return [(float(a + o), float(max(b, a + 0.03)), x)
            for a, b, o, x, ok in zip(at, end, offset, part.notes, inside, strict=True) if ok]  # fmt: skip


def synthesized(song: Song, part: Part, rng: Generator) -> F32:
    """[n] a part on the synthesizer."""
    kind, tape = instrument(rng, part), np.zeros(round(song.seconds * RATE), np.float32)
    player, notes = Player(rng, patch(rng, kind)), timed(song, part, rng)
    for at, until, note in notes:
        place(tape, player.note(note.pitch, min(until - at, 8.0), note.loud, note.slide), at, 1.0)
    if kind == "voice":
        consonants(rng, tape, [at for at, _, _ in notes])
    return tape


def render(song: Song, seed: int, index: int, fonts: list[str], recorded: bool = True) -> tuple[F32, dict[str, Any]]:
    """([1 or 2, n] samples at RATE, the labels); without `fonts` and `recorded` drums it is the same everywhere."""
    rng = np.random.default_rng([seed, index, 1])
    electronic = song.genre.sound == "electronic"
    lanes, labels, vague = drum_times(song, rng)
    stems: dict[str, F32] = {}
    played: list[tuple[str, tuple[int, bool, list[fluid.Event]]]] = []
    if fonts and lanes and rng.uniform() < (0.15 if electronic else 0.4):
        which = int(rng.choice(kit.PROGRAMS))
        played += [(role, (which, True, drum_events(rng, lanes, letters))) for role, letters in GROUPS.items()]
    else:
        stems |= drums_of(song, rng, lanes, recorded)
    for part in song.parts:
        if fonts and rng.uniform() < (0.25 if electronic else 0.75):
            events: list[fluid.Event] = []
            for at, until, x in timed(song, part, rng):
                events += [(at, min(max(x.pitch, 0), 127), int(40 + 80 * x.loud)), (until, x.pitch, 0)]
            played.append((part.role, (program(rng, song, part), False, events)))
        else:
            stems[part.role] = synthesized(song, part, rng)
    played = [p for p in played if p[1][2]]
    if played:
        font = fluid.font(fonts[int(rng.integers(len(fonts)))])
        for (role, _), sound in zip(played, font.play([p for _, p in played], song.seconds), strict=True):
            stems[role] = sound
    if (fx := risers(song, rng)) is not None:
        stems["fx"] = fx
    span = float(np.median(np.diff(song.clock.times)))
    for role in [r for r in stems if r in ("comp", "arp", "lead")]:
        stems[role] = opened(rng, song, stems[role]) if electronic else stems[role]
        if rng.uniform() < (0.3 if electronic else 0.06):
            stems[role] = echoed(rng, stems[role], span)
    gain = breaths(rng, song)
    stems = {role: sound if role in GROUPS else sound * gain for role, sound in stems.items()}
    heavy = any(p.style in ("chug", "gallop", "tremolo") for p in song.parts) or song.kind == "punk"
    drive = {"comp": rng.uniform(1.5, 8) if heavy else 0.0}
    whole = [Stem(role, sound, drive.get(role, 0.0)) for role, sound in sorted(stems.items()) if sound.any()]
    kicks = lanes["k"][:, 0] if "k" in lanes else np.zeros(0)
    total = mix(
        rng, whole, round(song.seconds * RATE), kicks, electronic and rng.uniform() < 0.65, span, rng.uniform() < 0.35
    )
    fade = int(rng.uniform(4, 12) * RATE) if rng.uniform() < 0.06 else 220
    ramp = np.linspace(0, 1, fade, dtype=np.float32)[: total.shape[1]]
    if rng.uniform() < 0.5 or fade == 220:
        total[:, : len(ramp)] *= ramp
    else:
        total[:, total.shape[1] - len(ramp) :] *= ramp[::-1]
    return total, song.truth(labels, vague)

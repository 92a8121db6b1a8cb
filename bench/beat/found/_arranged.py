"""Pieces in the styles of MMA's library: written by hand in every metre, arranged for a song that a name chooses."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from bench.beat.found import _midi
from bench.beat.found._pieces import Found, Maker, chance
from bench.beat.found._score import Bar, Score

PACKAGES = ("mma",)
#: Beats a minute by words in a style's name, the first that fits.
TEMPI = (
    ("vien", 150, 185), ("fast.*waltz|waltz.*fast", 140, 190), ("slow|ballad|hymn|lullab|ambient|spirit", 62, 92),
    ("waltz", 88, 165), ("68|6-8", 62, 112), ("techno|trance|house|dance|disco", 116, 142), ("hip|rap", 82, 104),
    ("funk|soul|rb|r&b|motown|groove", 88, 122), ("reggae|dub", 66, 92), ("metal|punk|hard", 108, 168),
    ("ska|twist|surf|rockabilly|jive|boogie|boggie", 125, 178), ("quickstep|bebop|charleston|fast", 150, 196),
    ("swing|jazz|big.?band|foxtrot|dixie|ragtime|broadway", 96, 180), ("polka|march|bluegrass|country", 98, 140),
    ("bossa|samba|salsa|mambo|merengue|latin|cha|rumba|rhumba|tango|beguine|calypso|son", 92, 138),
)  # fmt: skip
ELSE = (86, 140)
CHORDS = (
    "C Am F G", "Am F C G", "Dm7 G7 C C", "C C F C G7 F C G7", "Am Am Dm E7", "Em C G D", "F G Em Am", "Cm Ab Bb Cm",
    "C7 C7 F7 C7 G7 F7 C7 G7", "D A Bm G", "Gm Eb Bb F", "Am G F E7", "CM7 A7 Dm7 G7", "Dm Dm Gm A7",
)  # fmt: skip


def songs(package: str, folder: Path) -> Iterator[tuple[str, Maker]]:
    """(name, what makes its song) of each style of the library."""
    for path in sorted((folder / "usr/share/mma/lib").rglob("*.mma")):
        name = f"arranged-{path.parent.name}-{path.stem.lower()}"
        yield name, partial(song, path, name, package, folder)


def song(path: Path, name: str, package: str, folder: Path) -> Found | None:
    """A style's song; None where it is no style, counts in a way that is not known here, or hides its beats."""
    text = path.read_text(errors="replace")
    grooves = re.findall(r"^\s*DefGroove\s+(\S+)", text, re.MULTILINE | re.IGNORECASE)
    times = {t.split("/")[0] for t in re.findall(r"^\s*Time\s+([\d/]+)", text, re.MULTILINE | re.IGNORECASE)}
    bars: dict[str, Bar] = {"3": (1.0, 3), "4": (1.0, 4), "5": (1.0, 5), "6": (3.0, 2)}
    if not grooves or len(times) != 1 or not times & set(bars):
        return None
    bar = bars[times.pop()]
    low, high = next(((a, b) for words, a, b in TEMPI if re.search(words, path.stem.lower())), ELSE)
    bpm = round(low + (high - low) * chance(name, "tempo"), 2)
    midi = arranged(_written(name, grooves, bpm * bar[0], bpm, bar), path, folder)
    return _midi.song(midi, name, package, bar, path.stem.lower(), shows) if midi else None


def shows(score: Score) -> str:
    """Why the beats of a style, known by its metre, are also the listener's: "" where the snare halves them."""
    drums = score.notes[score.notes[:, 1] == 9, 0]
    if len(drums) < 24:
        return ""
    near = np.abs(score.beats[:, None] - drums[None, :]).min(1) < 0.03
    snare = np.abs(score.beats[:, None] - score.hits((38, 40))[None, :]).min(1, initial=9.0) < 0.03
    at = [float(snare[score.places == place].mean()) for place in range(1, score.metre + 1)]
    if score.metre == 4 and at[2] > 0.4 and at[2] > 1.5 * max(at[1], at[3]):
        return ""
    return "style" if near.mean() > 0.75 else ""


def _written(name: str, grooves: list[str], tempo: float, bpm: float, bar: Bar) -> str:
    """The song in MMA's language: a minute and a half of two or three of the grooves."""
    plain = [g for g in grooves if not re.search("intro|end|fill|break", g, re.IGNORECASE)] or grooves
    parts = [plain[int(chance(name, f"groove {k}") * len(plain))] for k in range(3)]
    parts[0] = next((g for g in grooves if re.search("intro", g, re.IGNORECASE)), parts[0])
    count, lines, at = int(90 * bpm / 60 / bar[1]), [f"Tempo {tempo:.3f}"], 0
    chords = CHORDS[int(chance(name, "chords") * len(CHORDS))].split()
    while at < count:
        # four bars of introduction, then the two grooves in turn
        groove = parts[0] if at < 4 else parts[1 + (at - 4) // 8 % 2]
        if at % 4 == 0:
            lines.append(f"Groove {groove}")
        at += 1
        lines.append(f"{at} {chords[(at - 1) % len(chords)]}")
    return "\n".join(lines) + "\n"


def arranged(text: str, style: Path, folder: Path) -> bytes | None:
    """The MIDI file that MMA makes of a song, None where it refuses."""
    with tempfile.TemporaryDirectory() as work:
        score, midi = Path(work) / "a.mma", Path(work) / "a.mid"
        score.write_text(f"Use {style.with_suffix('')}\n{text}")
        home = folder / "usr/share/mma"
        command = [sys.executable, str(folder / "usr/bin/mma"), "-f", str(midi), str(score)]
        subprocess.run(command, env={**os.environ, "MMA_HOME": str(home)}, capture_output=True, timeout=120)
        return midi.read_bytes() if midi.exists() else None

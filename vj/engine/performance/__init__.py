"""A performance is what was done and heard: a log of every step, from which the same frames can be made again.

One JSON object a line. The first holds the versions and settings; then, in the order they happened:

    {"k": "tick", "n": tick, "t": t, "hop": hop, "events": [...]}   the desk published snapshot n at show time t
    {"k": "hop", "n": hop, "tick": n}                               hop n was analysed with snapshot n
    {"k": "imagine", "n": picture, "t": t, "hop": hop, "tick": n, "size": [w, h] or null}   picture n was imagined
    {"k": "show", "t": t, "picture": n, "tick": n, "hop": n}        a frame was composited
    {"k": "bundle", "name": bundle, "now": "ready" or "gone" or why it cannot be loaded}
    {"k": "note", "t": t, ...}                                      what else is to be known: inputs, renderers
    {"k": "lost", "since": t, "t": t, "why": why, "steps": {kind: n}, "hop": n}      no room for so much, up to hop n
    {"k": "joined", "t": t, "of": name}                             another performance follows
    {"k": "damaged", "t": t}                                        a line of what it was cut from was not as written
    {"k": "end", "t": t}                                            it was closed; without this line it was cut off

hop -1 means nothing had been heard yet, picture -1 none imagined; size null the bundle's own, before the governor took
of it. A tick's "heard" are the numbers that the header names under "heard". Each line ends with a checksum (`lines`),
each hop says how it was mixed from the channels (`mixing`). The sound lies beside the log: LOG, SOUND, SETLIST, LOOKS,
PRESETS, PALETTES and MEDIA (folders) are the names of the files in a performance's folder, which
`vj/outputs/performance` writes; STATE says how far it came. What other files came to say meanwhile is told by events
of the source "file".

Format 1 had neither checksums nor notes, and its sound, mono, lay in OLD_SOUND.
"""

from pathlib import Path

from vj.engine.performance.again import GONE, READY, happened, replay
from vj.engine.performance.reading import Reading, read_performance

__all__ = [
    "FORMAT", "GONE", "LOG", "LOOKS", "MEDIA", "OLD_SOUND", "PALETTES", "PRESETS", "READY", "SETLIST", "SOUND", "STATE",
    "Reading", "happened", "read_performance", "replay", "sound_in",
]  # fmt: skip

FORMAT = 2
LOG = "performance.jsonl"
SOUND = "sound.flac"
OLD_SOUND = "sound.wav"
STATE = "state.json"
SETLIST = "setlist.toml"
LOOKS = "looks"
PRESETS = "presets"
PALETTES = "spectrum_looks"
MEDIA = "media"


def sound_in(folder: Path) -> Path:
    """The sound of the performance in `folder`."""
    old = folder / OLD_SOUND
    return old if old.exists() and not (folder / SOUND).exists() else folder / SOUND

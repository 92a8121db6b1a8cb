"""The genres of made songs: what each may play, how fast, and with what."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator


@dataclass(frozen=True)
class Genre:
    """Names are keys of the tables of grooves and lines; `bpm` is what a listener taps."""

    bpm: tuple[float, float]
    grooves: str
    bass: str
    comp: str
    lead: str = "none vocal riff"
    arp: str = "none"
    chords: str = "minor"
    scales: str = "minor"
    sound: str = "electronic"  # or band, free (players without drums)
    form: str = "dance"  # or song, steady
    metre: int = 4
    sub: int = 4  # steps a beat
    swing: tuple[float, float] = (0.0, 0.0)
    cell: float = 1.0  # what swings: two eighths (1) or two sixteenths (0.5)
    weight: float = 1.0


G = Genre
GENRES: dict[str, Genre] = {
    "house": G((112, 130), "four", "offbeat octaves broken tresillo", "house offbeat pad", arp="none runs", cell=0.5,
               swing=(0, 0.14), weight=1.6),
    "deep house": G((108, 126), "four", "sub broken offbeat funk", "house stabs pad", "none vocal sparse", cell=0.5,
                    swing=(0, 0.16), scales="dorian minor"),
    "techno": G((120, 152), "techno four", "rolling offbeat sub thirds none", "stabs dotted none",
                "none sparse", "none runs thirds gated", "modal", "minor phrygian", weight=1.6),
    "minimal": G((116, 130), "techno", "broken tresillo thirds", "stabs none", "none sparse", "none thirds", "modal",
                 weight=0.6),
    "acid": G((118, 150), "techno four", "acid", "stabs none pad", "none", chords="modal", scales="minor phrygian"),
    "trance": G((126, 146), "trance", "rolling offbeat pumping", "pad dotted gated", "soaring riff none",
                "runs gated thirds", weight=1.2),
    "psytrance": G((138, 150), "trance techno", "rolling", "none stabs pad", "none sparse riff", "none runs gated",
                   "modal", "phrygian harmonic"),
    "big room": G((124, 134), "four", "offbeat octaves pumping", "dotted block pad gated", "riff soaring",
                  "none gated"),
    "drum and bass": G((160, 184), "dnb", "sub reese broken", "pad stabs none", "none vocal sparse", "none runs",
                       weight=1.4),
    "neurofunk": G((168, 180), "dnb", "neuro reese rolling", "none stabs", "none sparse", chords="modal",
                   scales="phrygian minor"),
    "jungle": G((155, 178), "jungle dnb", "sub reggae broken", "pad stabs", "none vocal", "none thirds"),
    "dubstep": G((134, 148), "half", "wobble sub neuro", "stabs pad none", "none vocal riff", chords="modal minor"),
    "drill": G((136, 150), "half trap", "808 broken", "pad dotted block", "none vocal sparse"),
    "trap": G((120, 164), "trap half", "808 sub", "pad stabs block", "riff vocal none", "none thirds runs", weight=1.2),
    "breakbeat": G((98, 142), "breaks", "broken funk acid tresillo", "stabs pad house", "none vocal riff", "none runs"),
    "garage": G((124, 138), "garage", "broken sub offbeat", "house stabs offbeat", "none vocal", cell=0.5,
                swing=(0.08, 0.17)),
    "footwork": G((150, 168), "footwork", "808 sub tresillo", "stabs pad", "none vocal", "none thirds"),
    "hip-hop": G((68, 106), "hiphop", "broken sub 808 funk", "stabs pad block none", "none vocal sparse", cell=0.5,
                 swing=(0, 0.16), weight=1.8, form="song"),
    "lo-fi": G((62, 94), "hiphop soul", "sub broken", "charleston block pad", "none sparse vocal", chords="jazz",
               scales="major dorian", cell=0.5, swing=(0.04, 0.18), form="steady"),
    "trip-hop": G((64, 100), "hiphop breaks", "sub broken reggae", "pad stabs", "vocal sparse", form="song"),
    "synthwave": G((76, 122), "four rock", "pumping octaves rolling", "pad dotted block", "soaring riff none",
                   "none runs gated", form="song"),
    "industrial": G((90, 150), "industrial", "metal rolling acid", "chug stabs", "none vocal", "none gated", "heavy",
                    "phrygian minor"),
    "hardstyle": G((145, 170), "hardcore four", "offbeat pumping none", "dotted pad block", "soaring riff",
                   "none gated runs"),
    "happy hardcore": G((158, 212), "hardcore", "offbeat pumping octaves", "dotted offbeat pad eights",
                        "soaring riff busy", "none runs gated", "minor major", "major minor", weight=2.2),
    "rhythm game": G((140, 214), "hardcore chip dnb", "pumping rolling broken", "dotted sixteens pad", "busy riff",
                     "runs thirds gated", "minor major", "minor major harmonic", weight=1.6),
    "chiptune": G((88, 212), "chip rock four", "pumping octaves broken", "none dotted", "busy riff vocal", "runs gated",
                  "minor major", "major minor dorian", form="steady", weight=1.5),
    "ambient": G((58, 116), "four", "pedal sub none", "pad", "none sparse", "runs thirds eights", "modal minor",
                 "lydian minor dorian", form="steady", weight=1.2),
    "pop": G((84, 132), "four rock soul", "pumping octaves rock sub", "pad eights strum dotted block",
             "vocal soaring", "none runs", "major minor", "major minor", form="song", weight=1.3),
    "reggaeton": G((84, 108), "reggaeton", "sub tresillo 808", "stabs pad dotted", "vocal none"),
    "reggae": G((60, 96), "onedrop", "reggae", "skank", "none vocal", sound="band", form="song", weight=1.6,
                scales="minor major dorian", chords="modal minor two", swing=(0, 0.1), cell=0.5),
    "ska": G((108, 190), "ska two", "walking two rock", "skank", "vocal riff", sound="band", form="song",
             chords="major two", scales="major mixolydian"),
    "rock": G((78, 168), "rock", "rock pumping", "eights strum block chug", "vocal riff none", sound="band",
              form="song", chords="major minor", scales="major minor mixolydian", weight=1.8),
    "punk": G((148, 212), "punk", "pumping rock", "eights chug", "vocal none", sound="band", form="song",
              chords="major", scales="major minor", weight=1.8),
    "metal": G((88, 212), "metal", "metal pumping", "chug gallop tremolo", "none vocal riff", sound="band",
               form="song", chords="heavy", scales="phrygian minor harmonic", weight=2.2),
    "blast metal": G((150, 212), "blast metal", "metal pumping", "tremolo chug", "none soaring", sound="band",
                     form="song", chords="heavy", scales="harmonic phrygian", weight=1.2),
    "funk": G((84, 126), "funk", "funk", "scratch stabs", "none vocal riff", sound="band", form="song",
              chords="modal", scales="dorian mixolydian", cell=0.5, swing=(0, 0.08), weight=1.4),
    "disco": G((104, 134), "disco", "octaves funk", "scratch offbeat pad", "vocal soaring", sound="band", form="song",
               chords="minor major jazz", scales="minor dorian major"),
    "soul": G((58, 112), "soul funk", "broken funk sub", "block stabs pad scratch", "vocal none", sound="band",
              form="song", chords="jazz major minor", scales="major dorian minor", weight=1.8),
    "swing": G((96, 214), "swing", "triplets", "comping", "bebop none vocal", sound="band", form="steady",
               chords="jazz blues", scales="major dorian mixolydian", swing=(-0.09, 0.04), sub=3, weight=2.0),
    "blues": G((56, 132), "shuffle", "shuffle", "shuffle", "vocal riff", sound="band", form="steady", chords="blues",
               scales="mixolydian", sub=3, weight=2.0),
    "bossa": G((108, 172), "bossa", "bossa", "bossa", "vocal sparse", sound="band", form="steady", chords="jazz",
               scales="major dorian"),
    "samba": G((84, 132), "samba", "samba", "montuno bossa scratch", "vocal none", sound="band", form="steady",
               chords="jazz major", scales="major"),
    "salsa": G((150, 214), "salsa", "tumbao", "montuno", "vocal riff", sound="band", form="song",
               chords="major minor two", scales="minor major", weight=1.6),
    "afrobeat": G((92, 132), "afro", "afro funk", "scratch stabs montuno", "riff vocal none", sound="band",
                  form="steady", chords="modal", scales="dorian minor"),
    "country": G((76, 198), "two rock", "two", "oom strum", "vocal riff", sound="band", form="song",
                 chords="major two", scales="major mixolydian", weight=1.4),
    "march": G((84, 146), "two", "two", "oom", "riff vocal", sound="band", form="steady", chords="two major",
               scales="major harmonic", weight=0.7),
    "tango": G((106, 134), "", "walking two", "tango block", "vocal busy", sound="free", form="song",
               chords="two minor", scales="harmonic", weight=0.7),
    "ballad": G((56, 84), "soul rock", "sub two", "eights block", "vocal soaring", "none eights", "major minor",
                "major minor", "band", "song", weight=1.6),
    "ballad 6/8": G((58, 86), "ballad6", "slow6", "slow6", "vocal soaring", "none six", "major minor", "major minor",
                    "band", "song", 2, 3, weight=1.5),
    "six": G((112, 168), "ballad6", "slow6", "slow6", "vocal soaring", "none six", "major minor", "major minor",
             "band", "song", 6, 1, weight=6.0),
    "waltz": G((84, 208), "", "oom", "oompah", "vocal soaring riff", sound="free", form="song", chords="two major",
               scales="major harmonic minor", metre=3, weight=3.6),
    "jazz waltz": G((92, 196), "jazzwaltz", "walk3", "jazz3", "bebop vocal none", sound="band", form="steady",
                    chords="jazz", scales="major dorian", metre=3, sub=3, weight=1.6),
    "three": G((62, 186), "odd", "odd", "odd", "vocal riff none", "none eights", "major minor", "major minor dorian",
               "band", "song", 3, weight=5.0),
    "five": G((84, 212), "odd", "odd", "odd", "vocal riff bebop none", "none eights runs", "modal minor jazz",
              "dorian minor", "band", "song", 5, weight=2.6),
    "seven": G((84, 212), "odd", "odd", "odd", "riff vocal none", "none eights runs", "modal minor heavy",
               "phrygian minor dorian", "band", "song", 7, weight=2.6),
    "folk": G((66, 176), "", "two none", "strum oom", "vocal riff none", "none eights", "major two",
              "major dorian mixolydian", "free", "song", weight=1.5),
    "piano": G((56, 150), "", "pedal none", "block eights", "vocal soaring", "eights runs none", "major jazz minor",
               "major minor", "free", "steady", weight=1.3),
    "orchestra": G((58, 190), "", "pumping pedal two", "block eights sixteens pad", "soaring riff busy",
                   "none runs eights", "minor major", "minor harmonic major", "free", "steady", weight=1.8),
}  # fmt: skip


#: What is played in clubs is needed the most.
MORE = {"electronic": 1.7}


def pick(rng: Generator, bpm: float) -> str:
    """A genre that is played at this tempo; narrow ones are the likelier there, so that every one has its share."""
    fit = {
        n: g.weight * MORE.get(g.sound, 1.0) / np.log(g.bpm[1] / g.bpm[0])
        for n, g in GENRES.items()
        if g.bpm[0] <= bpm <= g.bpm[1]
    }
    odds = np.array(list(fit.values()))
    return str(rng.choice(list(fit), p=odds / odds.sum()))

"""The grooves: what drums and bass play in one bar of each kind of music, and how fast."""

from typing import NamedTuple


class Groove(NamedTuple):
    """One bar, a character a step: x a stroke, o a soft one, . none; an empty lane is silent.

    `bpm` is what a listener taps, `metre` beats a bar, `sub` steps a beat, `bass` lines to choose from. The second of
    two sixteenths is late by `swing` times two thirds of a sixteenth.
    """

    bpm: tuple[float, float]
    metre: int
    sub: int
    kick: str
    snare: str
    hat: str
    bass: tuple[str, ...]
    swing: float = 0.0


G = Groove
GROOVES: dict[str, Groove] = {
    "house": G((118, 130), 4, 4, "x...x...x...x...", "....x.......x...", "..x...x...x...x.",
               ("..x...x...x...x.", "x..x..x.x..x..x.")),
    "techno": G((125, 150), 4, 4, "x...x...x...x...", "....o.......o...", "..x...x...x...x.",
                (".xxx.xxx.xxx.xxx", "x.xxx.xxx.xxx.xx")),
    "trance": G((132, 145), 4, 4, "x...x...x...x...", "....x.......x...", "..x...x...x...x.",
                ("..x...x...x...x.", ".xxx.xxx.xxx.xxx")),
    "dnb": G((160, 180), 4, 4, "x.........x.....", "....x.......x...", "x.x.x.x.x.x.x.x.",
             ("x.....x...x.....", "x..x..x..x..x.x.", "x...............")),
    "dnb2": G((160, 180), 4, 4, "x.....x...x.....", "....x..x.x..x...", "xxxxxxxxxxxxxxxx",
              ("x..x..x..x..x..x", "xx.xx.xx.xx.xx.x")),
    "dubstep": G((136, 144), 4, 4, "x...............", "........x.......", "x...x...x...x...",
                 ("x..x..x.x.....x.", "x.....x.x..x....")),
    "breakbeat": G((105, 140), 4, 4, "x.........x..x..", "....x.......x...", "x.x.x.x.x.x.x.x.",
                   ("x..x..x...x.....", "x.x...x...x...x.")),
    "garage": G((126, 136), 4, 4, "x.........x.....", "....x.......x...", "..x...x...x...x.",
                ("x..x......x..x..", "...x..x...x..x.."), 0.3),
    "hiphop": G((78, 102), 4, 4, "x......x..x.....", "....x.......x...", "x.x.x.x.x.x.x.x.",
                ("x......x..x.....", "x..x....x......."), 0.25),
    "trap": G((64, 80), 4, 4, "x.....x...x.....", "....x.......x...", "xxxxxxxxxxxxxxxx",
              ("x.....x...x.....", "x...............")),
    "reggae": G((66, 90), 4, 4, "........x.......", "........x.......", "..x...x...x...x.",
                ("..x.x...x.x...x.", "x...x.x.....x.x."), 0.15),
    "ska": G((130, 190), 4, 4, "x.......x.......", "....x.......x...", "..x...x...x...x.",
             ("x...x...x...x...", "x.x.x.x.x.x.x.x.")),
    "rock": G((84, 150), 4, 4, "x.......x.x.....", "....x.......x...", "x.x.x.x.x.x.x.x.",
              ("x.x.x.x.x.x.x.x.", "x.....x.x.x.....")),
    "rock2": G((95, 180), 4, 4, "x.x.....x.......", "....x.......x...", "x...x...x...x...",
               ("x.x.x.x.x.x.x.x.", "x...x...x...x...")),
    "punk": G((150, 208), 4, 4, "x...x...x...x...", "..x...x...x...x.", "x...x...x...x...", ("x.x.x.x.x.x.x.x.",)),
    "punk2": G((150, 208), 4, 4, "x.......x.x.....", "....x.......x...", "x.x.x.x.x.x.x.x.", ("x.x.x.x.x.x.x.x.",)),
    "metal": G((100, 208), 4, 4, "x.x.x.x.x.x.x.x.", "....x.......x...", "x...x...x...x...",
               ("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx")),
    "metal2": G((100, 200), 4, 4, "xxxxxxxxxxxxxxxx", "....x.......x...", "x...x...x...x...",
                ("x.xxx.xxx.xxx.xx", "xxxxxxxxxxxxxxxx")),
    "metalhalf": G((110, 200), 4, 4, "x..x..x.x.......", "........x.......", "x...x...x...x...",
                   ("x..x..x.x..x..x.", "x.x.x.x.x.x.x.x.")),
    "blast": G((160, 210), 4, 4, "x...x...x...x...", "..x...x...x...x.", "x.x.x.x.x.x.x.x.", ("xxxxxxxxxxxxxxxx",)),
    "funk": G((88, 118), 4, 4, "x.x....x..x.....", "....x..x.x..x..x", "xxxxxxxxxxxxxxxx",
              ("x..x..xx..x..x..", "x.xx...x..xx..x."), 0.1),
    "disco": G((110, 132), 4, 4, "x...x...x...x...", "....x.......x...", "x.x.x.x.x.x.x.x.",
               ("x.x.x.x.x.x.x.x.", "..x...x...x...x.")),
    "swing": G((110, 210), 4, 3, "x.....x.....", "...o.....o..", "x..x.xx..x.x", ("x..x..x..x..",)),
    "shuffle": G((70, 140), 4, 3, "x.....x.....", "...x.....x..", "x.xx.xx.xx.x", ("x.xx.xx.xx.x", "x..x..x..x..")),
    "blues12": G((60, 90), 4, 3, "x.....x....x", "...x.....x..", "xxxxxxxxxxxx", ("x..x..x..x..", "x.xx.xx.xx.x")),
    "samba": G((92, 132), 4, 4, "x..xx..xx..xx..x", "..x..x..x.x..x..", "xxxxxxxxxxxxxxxx", ("x..xx..xx..xx..x",)),
    "bossa": G((110, 150), 4, 4, "x..xx..xx..xx..x", "x..x..x...x..x..", "x.x.x.x.x.x.x.x.", ("x..xx..xx..xx..x",)),
    "salsa": G((85, 115), 4, 4, "......x.......x.", "x..x...x..x.x...", "x.x.xx.xx.x.xx.x", ("...x..x....x..x.",)),
    "tango": G((110, 130), 4, 4, "x..x..x.x...x...", "", "x...x...x...x...", ("x..x..x.x...x...",)),
    "ballad": G((60, 84), 4, 4, "x.......x.......", "....x.......x...", "x.x.x.x.x.x.x.x.",
                ("x.......x.......", "x......xx.......")),
    "ballad68": G((50, 76), 2, 6, "x.....x.....", "......x.....", "x.x.x.x.x.x.", ("x.....x.....",)),
    "68": G((60, 100), 2, 6, "x.....x...x.", "......x.....", "xxxxxxxxxxxx", ("x...x.x...x.",)),
    "waltz": G((84, 190), 3, 4, "x...........", "....x...x...", "x...x...x...", ("x...........",)),
    "waltz2": G((90, 140), 3, 4, "x.........x.", "....x.......", "x.x.x.x.x.x.", ("x.....x.x...",)),
    "chip": G((110, 190), 4, 4, "x...x...x...x...", "....x.......x...", "x.x.x.x.x.x.x.x.",
              ("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx")),
    "synthwave": G((80, 120), 4, 4, "x.......x.......", "....x.......x...", "x.x.x.x.x.x.x.x.",
                   ("xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx")),
    "happy": G((160, 210), 4, 4, "x...x...x...x...", "", "..x...x...x...x.", ("..x...x...x...x.",)),
    "game": G((100, 200), 4, 4, "x.....x.x.......", "....x.......x..x", "x.xxx.xxx.xxx.xx", ("x..x..x.x..x..x.",)),
    "march": G((100, 130), 2, 4, "x.......", "....x...", "x.x.x.x.", ("x...x...",)),
    "polka": G((105, 140), 2, 4, "x...x...", "..x...x.", "x.x.x.x.", ("x...x...",)),
    "five": G((100, 190), 5, 4, "x.....x.....x.......", "........x.......x...", "x.x.x.x.x.x.x.x.x.x.",
              ("x.....x.....x...x...",)),
    "seven": G((110, 200), 7, 4, "x...........x.......x.......", "....x...x.......x.......x...",
              "x...x...x...x...x...x...x...", ("x.......x...x...x...x...x...",)),
    "six": G((110, 200), 6, 4, "x...........x...........", "........x...........x...", "x...x...x...x...x...x...",
             ("x...........x...x.......",)),
    "orch": G((60, 160), 4, 4, "", "", "", ("x...x...x...x...", "x.......x.......")),
    "folk": G((80, 170), 4, 4, "", "", "", ("x.......x.......", "x...x...x...x...")),
    "four": G((90, 180), 4, 4, "x...x...x...x...", "....x.......x...", "xxxxxxxxxxxxxxxx",
              ("xxxxxxxxxxxxxxxx", "x..x..x..x..x.x.", "..x...x...x...x.")),
    "afro": G((100, 128), 4, 4, "x...x...x...x...", "...x...x..x...x.", "xx.xxx.xxx.xxx.x", ("x..x..x...x.x...",)),
    "reggaeton": G((84, 100), 4, 4, "x...x...x...x...", "...x..x....x..x.", "x.x.x.x.x.x.x.x.", ("x...x...x...x...",)),
}  # fmt: skip

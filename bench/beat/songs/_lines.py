"""What basses, chords and melodies of made songs play, as text; steps as in the grooves.

Basses name a note of the chord: r root, o its octave, f fifth, t third, s seventh, a any of the scale, n a step towards
the next root. Chords: x the chord, u a lighter one, l the root below. `-` holds, `.` rests.
"""

#: Patterns that begin with `~` run on over bar lines: the hardest to count.
BASS: dict[str, list[str]] = {
    "rolling": [".rrr", ".rrr.rrr.rrr.rro", ".rro", ".r.r", "rrrr"],
    "offbeat": ["..r-", "..r.", "..r...r...r.o.r.", "..o-"],
    "octaves": ["r.o.", "r-o-", "rro.", "r.oor.o.r.oor.f."],
    "sub": ["r---------------", "r-------r-------", "r-----------r---", "r-----r-----r---"],
    "pumping": ["r-r-", "r.r.", "r.r.r.r.r.r.f.s."],
    "tresillo": ["r--r--r-", "r..r..r.", "r--r--r-r--f--o-", "r--r--r--r--r-r-"],
    "thirds": ["~r-.", "~r..", "~rr.", "~r--"],
    "acid": ["rr.ar.oarra.r.sa", "r.ra.ro.r.rar.a.", "raoa.rsar.aor.as", "r.r.rorar.r.sr.o"],
    "broken": ["r--..r..f-..r.r.", "r..r......r.s.r.", "r.....r.r--....n", "..r.r-....r--.a.", "r......rr-....o."],
    "reese": ["r-------------..", "r-----t-----f---", "r-----------s---", "r---------r-o---", "r--.r--.r-----.."],
    "neuro": ["r-.r..r-r..rr-.r", "r-r.r--.rr.r-.r.", "r.rr.r-.r--r.rr."],
    "wobble": ["r-------r-------", "r-----r-----r-r-", "r-----------t---", "r--r--r---------"],
    "808": ["r-------........", "r-----r---......", "r---------r--r--", "r-----....s-----"],
    "reggae": ["..r.r-..f.r-t...", "r-.r..f-....r.t.", "....r-r-f-....r.", "r-..r-..t-..f.r."],
    "walking": ["r---a---a---n---", "r---t---f---n---", "r---f---o---n---", "r---a---f-a-n---"],
    "walk3": ["r--a--n--", "r--t--f--", "r--t-rf-n"],
    "triplets": ["r--a--a--n--", "r--t--f--n--", "r--f--o--n--", "r--a-af--n-n"],
    "two": ["r---f---", "r-......f-......", "r---....f---....", "r-------f-----n-"],
    "rock": ["r-r-", "r-r-r-r-r-r-r-n-", "r---r-r-r---r-n-", "r---r-r-....r-r-", "r-------r---r---"],
    "metal": ["rrrr", "r-rrr-rr", "r.r.rrr.r.r.rrs.", "r--r--r--r--r-r-"],
    "funk": ["r..r..r.o..s.f.r", "r-.r....r.o.s.r.", "r..o....r.r.s.f.", "rr.o..r..s.r.f.n", "r..r.r..f-..s.n."],
    "bossa": ["r-----ff------rr", "r-----f-f-----r-", "r-----f-------f-"],
    "samba": ["r--rf--f", "r--.f--.", "r--rf---"],
    "tumbao": ["......f-----o---", "r-----f-----n---", "......f-....n---"],
    "afro": ["r-.r..f-..r.o.s.", "..r.r..f..r-s...", "r..r.o..r..f.s.."],
    "shuffle": ["r.ra.af.fa.a", "r.rr.rr.rr.r", "r--t--f--s--", "r-rf-fs-sf-f", "r-.r-.f-.f-."],
    "slow6": ["r-----", "r--..r", "r-----f-----", "r--f--"],
    "oom": ["r-..........", "r---........", "r-......f-.."],
    "pedal": ["r---------------", "r-------........"],
    "none": [""],
}
COMP: dict[str, list[str]] = {
    "pad": ["x---------------"],
    "offbeat": ["..x-", "..x.", "..x...xx"],
    "house": ["x..x..x...x..x..", "..x..x..x..x..x.", "x..x....x..x..x.", "...x..x....x.x..", "x.....x..x......"],
    "dotted": ["x--x--x--x--x-x-", "x..x..x..x..x.x.", "~x..", "~x--"],
    "gated": ["x.xx.x.xx.x.x.xx", "xx.xx.xx", "x.x.xx.x", "xxx.xxx.xx.x.xx."],
    "stabs": ["x...............", "..........x.....", "x..x............", "......x.....x..."],
    "eights": ["x-x-", "x.x.", "x-u-"],
    "sixteens": ["xxxx", "xuxu", "x.xx"],
    "gallop": ["x.xx", "x-xx", "xx.x"],
    "chug": ["xxxxxxxx", "x.x.x.x.", "x.xxx.xx", "x-------x.x.x.x.", "x..x..x..x..x.x."],
    "tremolo": ["xxxx"],
    "strum": ["x---x-xux-xux-xu", "x---x-u---u-x-u-", "x-u-x-u-", "x---x-x-..u-x-u-"],
    "skank": ["..x.", "..x...xx", "....x..."],
    "bubble": [".xux", "..x.", ".x.x"],
    "scratch": ["x.uu.ux.uu.u.xuu", "..x...x..x.u..x.", "uuxuuuxu", "...x...x..xu..x."],
    "montuno": ["x..x.xx..x.x.x..", "x.x..x.x.x.x.x..", "x..x..x...x.x..."],
    "bossa": ["x...x..x..x..x..", "x..x..x...x..x..", "..x..x....x..x.."],
    "tango": ["l...x...x...x...", "l..x..x.l..x..x."],
    "comping": ["x-...x......", "...x-.......", "..x.....x-..", "x-......x-..", ".....x.....x", "..x..x......"],
    "charleston": ["x-....x-........", "......x-......x-", "x-............x-", "..x-......x-...."],
    "jazz3": ["x-...x-..", ".....x-..", "...x..x-.", "x-......x"],
    "oom": ["l-x-", "l...x...", "l.xx"],
    "oompah": ["l---x---x---", "l-..x-..x-..", "l...x.x.x.x."],
    "block": ["x---", "x-------", "x-----x-x-------"],
    "shuffle": ["x-.x-.", "x.xx.x", "..x..x", "x-----", "x..x..x..x.x"],
    "slow6": ["x-----", "x--x--", "lxxxxx"],
    "none": [""],
}
ARP: dict[str, list[str]] = {
    "runs": ["xxxx", "x.x.", "x-x-", "xxx.", ".xxx"],
    "thirds": ["~x..", "~xx.", "x..x..x..x..x.x.", "~x.x..x"],
    "gated": ["x.xx.x.xx.xx.x.x", "xxx.xxx.xx.xxx.x"],
    "eights": ["x-x-", "l-x-x-x-"],
    "six": ["xxxxxx", "lxxxxx", "x-x-x-"],
    "none": [""],
}
#: Kinds of melody: how many of the strong and of the weak steps are sung, notes held, and steps leapt.
LEADS: dict[str, tuple[float, float, float, int]] = {
    "vocal": (0.55, 0.25, 0.9, 2),
    "soaring": (0.45, 0.08, 1.0, 3),
    "riff": (0.6, 0.35, 0.6, 4),
    "busy": (0.85, 0.6, 0.7, 2),
    "sparse": (0.2, 0.08, 0.7, 4),
    "bebop": (0.8, 0.75, 0.95, 2),
    "none": (0.0, 0.0, 0.0, 0),
}
#: Degrees of the scale, a chord each.
CHORDS: dict[str, list[list[int]]] = {
    "minor": [[0, 5, 2, 6], [0, 3, 5, 4], [0, 6, 5, 4], [0, 0, 5, 6], [0, 6, 5, 6], [5, 6, 0, 0], [0, 2, 6, 3]],
    "modal": [[0], [0, 0, 0, 6], [0, 3], [0, 1], [0, 0, 5, 5], [0, 0, 3, 6], [0, 5]],
    "major": [[0, 4, 5, 3], [0, 5, 3, 4], [5, 3, 0, 4], [0, 3, 4, 3], [0, 3, 0, 4], [3, 4, 0, 5], [0, 2, 3, 4]],
    "jazz": [[1, 4, 0, 5], [2, 5, 1, 4], [0, 5, 1, 4], [0, 3, 1, 4], [1, 4, 0, 0], [0, 6, 2, 5, 1, 4, 0, 4]],
    "blues": [[0, 0, 0, 0, 3, 3, 0, 0, 4, 3, 0, 4], [0, 3, 0, 0, 3, 3, 0, 0, 4, 3, 0, 0], [0, 0, 3, 3, 0, 0, 4, 4]],
    "heavy": [[0, 0, 0, 1], [0, 1], [0, 5, 6, 0], [0, 0, 2, 1], [0, 6, 5, 1], [0]],
    "two": [[0, 4], [0, 4, 4, 0], [0, 3, 4, 0], [0, 0, 4, 4, 4, 4, 0, 0]],
}
SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "harmonic": (0, 2, 3, 5, 7, 8, 11),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
}

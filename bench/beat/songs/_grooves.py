"""Drum grooves as text, for one bar or more: `lane:steps`, repeated over the bar.

Lanes: k kick, s snare, c clap, i side stick, h closed hat, o open hat, r ride, b shaker, p percussion, t tom.
Steps: `x` a stroke, `o` a softer one, `g` a ghost, `?` now and then, `.` none. Four steps are a beat, or three where a
beat is divided by three.
"""

Groove = dict[str, str]


def read(text: str) -> Groove:
    """Lane -> steps."""
    return dict(part.split(":", 1) for part in text.split())


_TEXT = {
    "four": """
        k:x... c:....x... o:..x.
        k:x... c:....x... h:xoxo o:..x.
        k:x... s:....x... h:o.x.
        k:x... c:....x... h:..x. b:xgog p:..x..x....x..x..
        k:x... o:..x. b:oggo
        k:x..............x k:x... c:....x... h:gogx p:x..x..x.
        k:x... s:....x..?....x... h:..x? p:......x..x....x.
        k:x... h:..x.
        k:x...
        k:x... h:..xx b:xxxx s:....x...
        k:x...x...x...x.x. c:....x... o:..x. h:x?x?
        k:x... o:..x. c:............x... p:...x......x.....""",
    "techno": """
        k:x... h:..x.
        k:x... h:xxxx c:....x...
        k:x... o:..x. h:xgog p:...x..x...x..x..
        k:x... r:..x. i:...x..x....x..x.
        k:x..x..x.x...x..x h:..x. s:....x...
        k:x... h:o?x. p:x..x..x..x..x.x.
        k:x... o:..x. t:......x..x......""",
    "trance": """
        k:x... o:..x. c:....x...
        k:x... o:..x. h:xoxo s:....x...
        k:x... h:..x. c:....x... b:xxxx
        k:x...x...x...x... h:..x.""",
    "dnb": """
        k:x.........x..... s:....x.......x... h:x.x.
        k:x.........x..... s:....x.......x... h:xoxo r:x...
        k:x..x......x..... s:....x..g.g..x... h:x.x.
        k:x.....x...x..... s:....x.......x..g h:x.xo
        k:x.........x....x..x.......x..... s:....x.......x... h:x.x.
        k:x.......x....x.. s:....x..g....x... r:x.x.
        k:x... s:....x... h:..x. b:xgxg
        k:x.x.......xx.... s:....x..g.g..x..g h:x.x. o:......x.
        k:x............... s:........x....... h:x.xo
        k:x.........x..... s:....x.......x... b:xoxo""",
    "jungle": """
        k:x.x.......xx.... s:....x..x.x..x..x h:x.x.x.x.x.x.x.x.
        k:x.x.......xx....x.x.......x..... s:....x..x.x..x..x....x..x.x....x. r:x.x.
        k:x..x..x...x..... s:....x..g.x..x.g. h:x.xx
        k:x.....x..x...... s:....x.xg..x.x..x h:xoxo""",
    "half": """
        k:x............... s:........x....... h:x.x.
        k:x.....x......... s:........x....... h:..x.
        k:x.........x..x.. s:........x....... h:x.xxx.x.
        k:x..x......x..... s:........x......? h:xoxo
        k:x.....x.........x.........x..... s:........x....... o:......x......... h:x.xx
        k:x............x..x.x............. c:........x....... h:x..x..x.
        k:x...........x... s:........x....... b:xgxg p:......x.....x...""",
    "breaks": """
        k:x..x......x..... s:....x.......x... h:x.x.
        k:x.....x...x..... s:....x.......x..g h:xoxo
        k:x.x.......xx.... s:....x..g.g..x..g h:x.x.
        k:x..x..x...x..x.. s:....x.......x... o:..x.
        k:x......x..x..... s:....x..g.g..x... h:x.xg b:xgxg
        k:x.......x.x..... s:....x.......x..x h:xxxx""",
    "garage": """
        k:x.........x..... s:....x.......x... h:oox.
        k:x.........x..x.. c:....x.......x... h:.ox. i:...x.....x..x...
        k:x......x..x..... s:....x.......x... h:..xo b:xgog
        k:x... c:....x... h:..x. i:.......x.x....x.
        k:x..............x..x.......x..... c:....x.......x... o:..x. h:x.xo""",
    "hiphop": """
        k:x.....x...x..... s:....x.......x... h:x.x.
        k:x......x..x..... s:....x.......x... h:xoxo
        k:x..x......x..x.. s:....x.......x..g h:x.x.
        k:x.x.......x..... s:....x.......x... h:x.x.x.xx
        k:x......xx....... s:....x..g....x... o:..............x. h:x.x.
        k:x.........x...... s:....x.......x... i:..x......
        k:x..x..x......x.. c:....x.......x... b:x.x.""",
    "trap": """
        k:x.....x...x...x..x......x..... c:........x....... h:x.x.x.xxx.x.xxxx
        k:x.........x..... s:........x....... h:x.x.
        k:x..x......x..x..x.....x......... c:........x....... h:xxxxx.xxx.xxx.x.
        k:x......x..x..... s:........x....... h:x.x.x.x.xxxxx.x. o:......x.........
        k:x.............x...x.......x..... c:........x.......i h:x..x..x.x..x..x.
        k:x.......x......... s:......x.......x. h:x..x..x.""",
    "onedrop": """
        k:........x....... i:........x....... h:x.x.
        k:........x....... s:........x....... h:xox.
        k:x...x...x...x... i:........x....... h:..x.
        k:x.......x....... s:....x.......x... h:x.xo
        k:........x....... i:...x....x..x..x. h:x.xg
        k:x...x...x...x... s:........x....... h:x.x. o:..............x.""",
    "ska": """
        k:x.......x....... s:....x.......x... h:..x.
        k:x... s:....x... h:x.x.
        k:x.......x.x..... s:....x... o:..x.""",
    "rock": """
        k:x.......x....... s:....x.......x... h:x.x.
        k:x.....x.x....... s:....x.......x... h:x.x.
        k:x..x....x.x..... s:....x.......x... h:x.x.
        k:x.......x.x...x. s:....x.......x... r:x.x.
        k:x...x...x...x... s:....x.......x... o:x...
        k:x.......x..x.... s:....x.......x..g h:xoxo
        k:x.x.....x.x..... s:....x.......x... o:x.x.
        k:x.......x....... s:....x.......x... t:x.x.
        k:x.....x...x..... s:....x.......x... r:x...
        k:x.x.x.x.x.x.x.x. s:....x... o:x...""",
    "punk": """
        k:x.......x.x..... s:....x.......x... h:x.x.
        k:x.x...x.x.x...x. s:....x... o:x...
        k:x...x... s:..x. o:x...
        k:x...x... s:..x...x. r:x...
        k:x.....x.x.x..... s:....x.......x... r:x.x.""",
    "metal": """
        k:xxxxxxxxxxxxxxxx s:....x.......x... o:x...
        k:x.x.x.x.x.x.x.x. s:....x.......x... r:x...
        k:x.xxx.xxx.xxx.xx s:....x.......x... r:x...
        k:xxx.xxx.xxx.xxx. s:........x....... o:x...
        k:x..x..x..x..x.x. s:....x.......x... o:x...
        k:x.x.....x.x..xx. s:....x.......x... o:x...
        k:xxxxxxxxxxxxxxxx s:........x....... o:x.......
        k:xx.xx.xx.xx.xx.x s:....x.......x... r:x...""",
    "blast": """
        k:x.x.x.x. s:.x.x.x.x r:x.x.
        k:x.x.x.x. s:x.x.x.x. r:x.x.
        k:xxxxxxxx s:..x...x. r:x.x.
        k:xxxxxxxx s:x.x.x.x. o:x...""",
    "funk": """
        k:x.x....x..x..... s:....x..g.g..x..g h:x.x.
        k:x..x......x..x.. s:....x..g.g..x... h:xoxo
        k:x......x..x.x... s:....x..g....x.gg h:xxxx o:......x.........
        k:x.x...x...x..x.. s:....x..g.x..x..g h:x.xo
        k:x..x..x...x..... s:....x.g..g.gx..g h:xxxx
        k:x............... s:...gx..g.g..x... h:x.x. p:x..x..x.""",
    "disco": """
        k:x... s:....x... o:..x.
        k:x... s:....x... h:xxxx o:..x.
        k:x... c:....x... o:..x. b:xxxx p:...x..x....x..x.
        k:x... s:....x..g....x.gg h:xx.x o:..x.""",
    "swing": """
        r:x..x.x h:...x..
        r:x..x.x h:...x.. k:o..o..
        r:x..x.x h:...x.. s:..g..?.....g
        r:x..x.x k:x........... s:.....o..g...
        h:x..x.x s:...x..
        r:x..x.x h:...x.. s:...x.....x..""",
    "jazzwaltz": """
        r:x..x.xx.x h:...x..x.. k:x........
        r:x..x..x.x h:...x..... s:.....g...
        h:x..x.xx.x k:x........ s:......x..""",
    "shuffle": """
        k:x.....x..... s:...x.....x.. h:x.x
        k:x....xx..... s:...x.....x.. r:x.x
        k:x..x.. s:...x.. h:x.x
        k:x.....x....x s:..gx.g..gx.g h:x.x
        k:x........... s:......x..... h:x.x
        k:x.....x..... s:...x.....x.. h:xxx""",
    "samba": """
        k:x..xx..x b:xoox p:x.x.xx.x.x.xx.x. t:....x...
        k:x..xx..x h:xoxx s:o.xo.xoxo.xo.xox
        k:x..xx..x t:....x..... b:xoox i:x..x..x...x.x... p:x.xx.x.x""",
    "bossa": """
        k:x.....x.x.....x. h:x.x. i:x.....x.....x......x....x.....
        k:x.....x.x.....x. b:xoxo i:x.....x.....x.......x...x.......
        k:x.....x.x.....x. r:x.x. i:x.....x.....x...""",
    "salsa": """
        p:x.xxx.xxx.xxx.xx i:x.....x.....x.......x...x....... t:......x...x.x...
        k:......x......... p:x...x.x.x.x.x.x. i:....x...x.......x.....x.....x... t:............x.x.
        b:x.x. p:x.x.x.xx i:x.....x.....x.......x...x....... k:......x.....x...""",
    "reggaeton": """
        k:x... s:...x..x.
        k:x... s:...x..x....x..x. h:x.x.
        k:x... c:...x..x. b:xoxo p:x..x..x.
        k:x......x..x..... s:...x..x....x..x. h:xxxx""",
    "afro": """
        k:x..x..x...x..... s:......x..x.....x. h:x.xo b:xoxx p:x.x.xx.x.x.x
        k:x......x..x..... s:....g..x....x..g h:x.x.x.xx p:x..x..x...x.x...
        k:x... p:x..x..x...x.x... b:xoox i:..x..x..
        k:..x...x...x...x. s:....x..g.x..x... h:x.xo p:x.xx.x.x.xx.""",
    "two": """
        k:x.......x....... s:....x.......x... h:..x.
        k:x...x... s:..x...x. h:x.x.
        k:x.......x....... s:..o.x.o...o.x.oo
        k:x.......x....... i:....x... b:xoxo
        k:x.......x....... s:....x...x.x.x...""",
    "ballad6": """
        k:x..... s:...x.. h:xxxxxx
        k:x....xx..... s:...x.. h:x.xx.x
        k:x..... i:...x.. h:xxxxxx
        k:x....x s:...x.. r:x..x..
        k:x......x..x. s:...x.. h:xxxxxx
        k:x..... s:...x.....x.x h:x.x.xx""",
    "soul": """
        k:x......x..x..... s:....x.......x... h:x.x.
        k:x.......x.x..... i:....x.......x... h:xoxo
        k:x............... s:........x....... h:x.x.
        k:x.x.......x..... s:....x.......x... r:x.x.""",
    "chip": """
        k:x...x... s:....x... h:x.x.
        k:x... s:....x... h:..x.
        k:x.x.....x.x..... s:....x... h:xxxx
        k:x.....x.x..... s:....x...""",
    "hardcore": """
        k:x... o:..x.
        k:x... o:..x. c:....x...
        k:x... s:....x..g.g..x..g h:..x.
        k:x... s:....x... h:x.x. o:..x.
        k:x..x..x.x..x..x. o:..x.
        k:x...............""",
    "footwork": """
        k:x..x..x.x..x..x. c:............x... h:..x.
        k:x..x..x..x..x..x h:x... s:........x...
        k:x.....x..x..x... c:............x... t:x..x..x. h:..x.""",
    "industrial": """
        k:x...x..xx...x... s:....x... h:xxxx p:...x....
        k:x... s:....x... p:x..x..x.x.x..x..
        k:x..xx..xx..xx..x s:....x... o:..x.""",
}

GROOVES: dict[str, list[Groove]] = {
    name: [read(line) for line in text.strip().splitlines()] for name, text in _TEXT.items()
}

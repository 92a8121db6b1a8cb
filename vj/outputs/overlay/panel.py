"""The instrument panel as a picture: what it says, and where its meters lie. Pillow only, no OpenGL."""

import math
from dataclasses import dataclass

from PIL import Image, ImageDraw

from vj.outputs.overlay.page import ALARM, AMBER, GREEN, PAPER, QUIET, WORDS, Colour, Page, wrapped
from vj.outputs.overlay.picks import METER_TALL, Picks, meter, paint_picks
from vj.outputs.overlay.tape import TALL as TAPE_TALL
from vj.outputs.overlay.tape import Tape, paint_tape

#: Keys and what they do.
Keys = tuple[tuple[str, str], ...]

LINE = (58, 62, 70, 230)
TRACK: Colour = (34, 38, 45)
BANDS = ("bass", "snare", "mids", "highs")
WIDTH = 384
MARGIN = 18
#: Space between the panel and the list of keys, the list's width and the height of one of its rows.
GAP = 10
KEYS_WIDTH = 320
KEY_ROW = 19
#: Where knobs and notices begin.
FOOT = 374
#: Height of a knob's row, and how many there may be.
KNOB_ROW = 22
MOST_KNOBS = 3
#: Height of a row of a notice, the space under a notice, and how many rows there may be: what is no longer read is no
#: longer there.
NOTICE_ROW = 17
NOTICE_GAP = 4
MOST_NOTICE_ROWS = 10
#: The meter of the input shows this many decibels, up to full scale.
RANGE_DB = 60.0
#: From here on a frame time or a delay is shown as an alarm.
SLOW_MS = 33.0
LATE_MS = 50.0


@dataclass(frozen=True)
class HudState:
    """What the panel shows. Levels and lamps are 0..1 and followed every frame; words and numbers five times a second.

    bands, hits    bass, snare, mids, highs: level, and a lamp that is 1 at a hit and falls
    input_db       peak of the input in dBFS; `clip` lights its lamp
    beat           a lamp that is 1 on the beat and falls; `bpm` 0 means that no tempo is known; `confidence` 0..1
    tempo          who leads the tempo: "MIDI clock", "tapped"; nothing while it is only heard
    preferred      the tempi that are preferred while it is heard: "80-160"
    generated_fps  unique pictures a second; `displayed_fps` pictures shown
    latency_ms     from a block of sound to the swap that shows it
    classes        names and weights, the heaviest first
    quality        what the governor has taken away, nothing at the top of its ladder
    badges         states that stop or change the picture: "BLACKOUT", "FROZEN", "REC"
    reach          where the show is reached: "OSC port 7400"
    tap            how the tapping stands: "tap 3"; `tempo` who sets the tempo where it is not the tracker: "tapped"
    waiting        knobs that have not met their value: name, where the knob and where the value is, 0..1
    notices        warnings, newest last: "input is silent"
    bank           which classes lie on the digits: "keys 11-20 of 24"
    keys           keys and what they do, shown beside the panel: ("B", "blackout")
    picks          a list to pick from, in their place; `pick_db` is the peak of the input that the eye is at
    tape           where a performance stands that is played again
    done           what was just done, at the foot of the picture: "look Ember Drum, fades in 2 beats"
    """

    bands: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    hits: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    input_name: str = ""
    input_db: float = -120.0
    gain_db: float = 0.0
    clip: bool = False
    bpm: float = 0.0
    confidence: float = 0.0
    tempo: str = ""
    preferred: str = ""
    beat: float = 0.0
    generated_fps: float = 0.0
    displayed_fps: float = 0.0
    frame_ms_p95: float = 0.0
    latency_ms: float = 0.0
    provider: str = ""
    bundle: str = ""
    director: str = ""
    classes: tuple[tuple[str, float], ...] = ()
    cue: str = ""
    next_cue: str = ""
    dropped: int = 0
    overruns: int = 0
    quality: str = ""
    bank: str = ""
    badges: tuple[str, ...] = ()
    reach: str = ""
    tap: str = ""
    waiting: tuple[tuple[str, float, float], ...] = ()
    notices: tuple[str, ...] = ()
    keys: Keys = ()
    picks: Picks | None = None
    pick_db: float | None = None
    done: str = ""
    tape: Tape | None = None


@dataclass(frozen=True)
class Bar:
    """A lit rectangle of the panel, in its pixels from the top left."""

    x: int
    y: int
    width: int
    height: int
    colour: Colour


def _height(state: HudState) -> int:
    """Height of the panel at scale 1; it grows with waiting knobs and notices."""
    told = _notices(state)
    return _notices_y(state) + (sum(NOTICE_ROW * len(lines) + NOTICE_GAP for lines in told) + 6 if told else -2)


def _notices_y(state: HudState) -> int:
    """Where the notices begin."""
    return _knobs_y(state) + (KNOB_ROW * len(state.waiting[-MOST_KNOBS:]) + 10 if state.waiting else 0)


def _knobs_y(state: HudState) -> int:
    """Where the knobs that wait begin."""
    return FOOT + (TAPE_TALL if state.tape else 0)


def _notices(state: HudState) -> list[list[str]]:
    """The newest notices, each in as many lines as it takes; what has no room above is left out, the oldest first."""
    kept: list[list[str]] = []
    for notice in reversed(state.notices):
        lines = wrapped(notice, 13, WIDTH - 2 * MARGIN - 12)[:MOST_NOTICE_ROWS]
        if sum(map(len, kept)) + len(lines) > MOST_NOTICE_ROWS:
            break
        kept.insert(0, lines)
    return kept


def bars(state: HudState, scale: float) -> list[Bar]:
    """Everything that moves with the sound, to be lit over the panel every frame."""
    lit: list[Bar] = []
    for place, (level, hit) in enumerate(zip(state.bands, state.hits, strict=True)):
        x, full = MARGIN + 46 * place, 72
        tall = round(full * _unit(level))
        if tall:
            lit.append(Bar(x, 134 + full - tall, 22, tall, _glow(GREEN, 0.75)))
        if hit > 0.02:
            lit.append(Bar(x, 122, 22, 6, _glow(AMBER, hit)))
    if state.beat > 0.02:
        lit.append(Bar(224, 106, 10, 10, _glow(AMBER, state.beat)))
    sure = round(142 * _unit(state.confidence))
    if sure:
        lit.append(Bar(224, 200, sure, 4, _glow(QUIET, 0.9)))
    loud = round(308 * _unit(1 + state.input_db / RANGE_DB))
    if loud:
        lit.append(Bar(MARGIN, 258, loud, 8, AMBER if state.input_db > -3 else GREEN))
    if state.clip:
        lit.append(Bar(334, 258, 32, 8, ALARM))
    if state.picks is not None and state.pick_db is not None:
        at, below = (round(place) for place in meter(state.picks, WIDTH + GAP, MARGIN))
        heard = round((KEYS_WIDTH - 2 * MARGIN) * _unit(1 + state.pick_db / RANGE_DB))
        lit.append(Bar(at, below, KEYS_WIDTH - 2 * MARGIN, METER_TALL, TRACK))
        lit += [Bar(at, below, heard, METER_TALL, AMBER if state.pick_db > -3 else GREEN)] if heard else []
    return [_scaled(bar, scale) for bar in lit]


def paint(state: HudState, scale: float, room: float = math.inf) -> Image.Image:
    """The panel without its moving bars, as RGBA; keys higher than `room`, pixels at scale 1, stand in columns."""
    picks, tall = state.picks, _height(state)
    columns = _columns(state.keys, room)
    listed = picks.tall if picks else 24 + KEY_ROW * max(map(len, columns), default=0)
    beside = 1 if picks else len(columns)
    wide, high = (WIDTH + beside * (GAP + KEYS_WIDTH), max(tall, listed)) if beside else (WIDTH, tall)
    image = Image.new("RGBA", (round(wide * scale), round(high * scale)), (0, 0, 0, 0))
    page = Page(ImageDraw.Draw(image), scale)
    if picks:
        page.box(WIDTH + GAP, 0, KEYS_WIDTH, listed, PAPER, radius=10)
        paint_picks(page, picks, WIDTH + GAP, KEYS_WIDTH, MARGIN)
    for place, keys in enumerate([] if picks else columns):
        left = WIDTH + GAP + place * (KEYS_WIDTH + GAP)
        page.box(left, 0, KEYS_WIDTH, listed, PAPER, radius=10)
        for row, (key, deed) in enumerate(keys):
            page.right(left + 108, 12 + KEY_ROW * row, key, 13, WORDS)
            page.text(left + 122, 12 + KEY_ROW * row, deed, 13, QUIET, KEYS_WIDTH - 122 - MARGIN)
    page.box(0, 0, WIDTH, tall, PAPER, radius=10)
    _paint_look(page, state)
    _paint_sound(page, state)
    _paint_machine(page, state)
    if state.tape:
        paint_tape(page, state.tape, MARGIN, FOOT, WIDTH - 2 * MARGIN)
    _paint_knobs(page, state)
    _paint_notices(page, state)
    return image


def _columns(keys: Keys, room: float) -> list[Keys]:
    """The keys in as few columns as fit, about as long as each other."""
    if not keys:
        return []
    count = math.ceil(len(keys) / max(1.0, min((room - 24) // KEY_ROW, len(keys))))
    rows = math.ceil(len(keys) / count)
    return [keys[first : first + rows] for first in range(0, len(keys), rows)]


def _paint_look(page: Page, state: HudState) -> None:
    """Classes, director, cue and badges."""
    right: float = WIDTH - MARGIN
    for badge in state.badges:
        right = page.badge(right, 20, badge) - 6
    room = right - MARGIN
    heaviest = [f"{name} {weight:.0%}" if weight < 0.995 else name for name, weight in state.classes[:3] if weight > 0]
    page.text(MARGIN, 15, "  ".join(heaviest) or "no class", 20, WORDS, room)
    played = " · ".join(filter(None, (state.bundle, state.director)))
    room = page.right(WIDTH - MARGIN, 43, state.bank, 12, QUIET) - 10 - MARGIN
    page.text(MARGIN, 42, played, 13, QUIET, room)
    page.text(MARGIN, 67, "cue", 12, QUIET)
    page.text(MARGIN + 34, 66, state.cue or "none", 14, WORDS, 160)
    if state.next_cue:
        page.text(222, 67, "next", 12, QUIET)
        page.text(256, 66, state.next_cue, 14, QUIET, WIDTH - MARGIN - 256)
    page.box(MARGIN, 94, WIDTH - 2 * MARGIN, 1, LINE)


def _paint_sound(page: Page, state: HudState) -> None:
    """Tracks and names of the meters, tempo, input."""
    for place, name in enumerate(BANDS):
        x = MARGIN + 46 * place
        page.box(x, 122, 22, 6, (*TRACK, 255))
        page.box(x, 134, 22, 72, (*TRACK, 255))
        page.text(x - 1, 103, name, 12, QUIET)
    page.text(240, 103, state.tap or "beat", 12, AMBER if state.tap else QUIET)
    page.box(224, 106, 10, 10, (*TRACK, 255))
    page.number(366, 124, f"{state.bpm:.1f}" if state.bpm else "--", 40, WORDS if state.confidence > 0.4 else QUIET)
    page.right(366, 103, f"{state.preferred} BPM".strip(), 12, QUIET)
    page.box(224, 200, 142, 4, (*TRACK, 255))
    page.text(224, 182, state.tempo or "confidence", 12, AMBER if state.tempo else QUIET, 104)
    page.right(366, 182, f"{state.confidence:.0%}", 12, QUIET)
    page.text(MARGIN, 233, state.input_name or "no input", 13, WORDS, 176)
    if state.input_db <= -RANGE_DB:
        page.right(276, 233, "silent", 13, ALARM)
    else:
        page.number(254, 233, f"{state.input_db:.1f}", 14, WORDS)
        page.text(257, 234, "dB", 12, QUIET)
    page.text(300, 234, "gain", 12, QUIET)
    page.number(366, 233, f"{state.gain_db:+.0f}", 14, WORDS)
    page.box(MARGIN, 258, 308, 8, (*TRACK, 255))
    page.box(334, 258, 32, 8, (*TRACK, 255))
    page.box(MARGIN, 280, WIDTH - 2 * MARGIN, 1, LINE)


def _paint_machine(page: Page, state: HudState) -> None:
    """Rates, delays, counters."""
    slow, late = state.frame_ms_p95 > SLOW_MS, state.latency_ms > LATE_MS
    cells = (
        (MARGIN, 96, "made", f"{state.generated_fps:.1f}", "fps", False),
        (136, 236, "frame p95", f"{state.frame_ms_p95:.1f}", "ms", slow),
        (274, 366, "dropped", f"{state.dropped}", "", False),
        (MARGIN, 96, "shown", f"{state.displayed_fps:.1f}", "fps", False),
        (136, 236, "delay", f"{state.latency_ms:.1f}", "ms", late),
        (274, 366, "overruns", f"{state.overruns}", "", state.overruns > 0),
    )
    for place, (left, end, name, value, unit, bad) in enumerate(cells):
        y = 290 + 20 * (place // 3)
        page.text(left, y, name, 12, QUIET)
        page.number(end, y - 1, value, 14, ALARM if bad else WORDS)
        page.text(end + 3, y, unit, 12, QUIET)
    room: float = WIDTH - 2 * MARGIN
    if state.quality:
        room = page.right(WIDTH - MARGIN, 331, state.quality, 12, AMBER) - 10 - MARGIN
    page.text(MARGIN, 331, state.provider, 12, QUIET, room)
    page.text(MARGIN, 350, state.reach, 12, QUIET, WIDTH - 2 * MARGIN)


def _paint_knobs(page: Page, state: HudState) -> None:
    """Knobs that wait: a mark where the value is, a block where the knob is, and which way to turn it."""
    left, long = 176, 118
    for row, (name, knob, value) in enumerate(state.waiting[-MOST_KNOBS:]):
        y = _knobs_y(state) + 2 + KNOB_ROW * row
        page.text(MARGIN, y, name, 13, WORDS, left - MARGIN - 10)
        page.box(left, y + 6, long, 4, (*TRACK, 255))
        page.box(left + (long - 2) * _unit(value), y, 2, 16, (*WORDS, 255))
        page.box(left + (long - 8) * _unit(knob), y + 4, 8, 8, (*AMBER, 255))
        page.right(WIDTH - MARGIN, y, "turn up" if knob < value else "turn down", 12, AMBER)


def _paint_notices(page: Page, state: HudState) -> None:
    """Warnings, whole: a bar beside each."""
    y = _notices_y(state)
    for lines in _notices(state):
        page.box(MARGIN, y + 3, 3, NOTICE_ROW * len(lines) - 5, (*AMBER, 255))
        for line in lines:
            page.text(MARGIN + 12, y, line, 13, AMBER)
            y += NOTICE_ROW
        y += NOTICE_GAP


def _unit(x: float) -> float:
    return min(max(x, 0.0), 1.0)


def _glow(colour: Colour, light: float) -> Colour:
    """A lamp's colour between unlit and fully lit."""
    light = _unit(light)
    red, green, blue = (round(dark + (lit - dark) * light) for dark, lit in zip(TRACK, colour, strict=True))
    return red, green, blue


def _scaled(bar: Bar, s: float) -> Bar:
    x, y = round(bar.x * s), round(bar.y * s)
    right, bottom = round((bar.x + bar.width) * s), round((bar.y + bar.height) * s)
    return Bar(x, y, max(right - x, 1), max(bottom - y, 1), bar.colour)

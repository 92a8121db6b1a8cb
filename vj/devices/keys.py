"""Keys of the program window (and of the web page) to events: one table, no window system.

    F, F11, Ctrl+F  fullscreen               Up / Down     audio gain +1 / -1 dB
    Esc, H          HUD (Esc never quits)    T, Shift+T    tap, resync
    Ctrl+Q          quit                     1..9, 0       class, look or preset 1 to 10 of the page
    Space           GO; without cues freeze  Tab           which of these; with Shift it is the next
    B, Z, Shift+P   blackout, freeze, panic  Ctrl+1..0     store what is on as that preset
    N, P            next, previous cue       Left, Right   page of what the digits choose
    Backspace       previous cue             I, M          inputs, displays: pick from a list
    L, F1           MIDI learn, help         Ctrl+I, M     next audio device, next monitor
    R               another seed             Ctrl+R        record
    S               the story goes on        Ctrl+S, Z, Y  keep as a look, undo, redo
    W               edit the mapping

Of a performance that is played again:

    Enter           play, stand              Comma, Period 5 s back, 5 s on
    Home            from the beginning       [ and ]       the round begins, ends here
    O               go round                 D             lay over: another mode

Page Up and Page Down turn pages as Left and Right do; with Shift those of what the digits choose with Shift. Shift with
N, Backspace and R is taken as without: a cue carries its own fade.
"""

from collections.abc import Collection, Mapping, Sequence

from vj.core.types import Event

_TOGGLE = ("toggle",)
_CTRL = frozenset({"ctrl"})
_SHIFT = frozenset({"shift"})
_NONE: frozenset[str] = frozenset()
_Chord = tuple[str, frozenset[str]]
_Act = tuple[str, tuple[float | int | bool | str, ...]]

#: Keys that turn a page, and which way.
_PAGES = {"right": 1, "pagedown": 1, "left": -1, "pageup": -1}
#: What the digits can choose, in the order in which Tab goes through them.
KINDS = ("class", "look", "preset")
#: Words of the help that are left out where there are no cues.
NEXT_CUE = "next cue"
CUE_BEFORE = "cue before"
#: What the operator is told of keys.
HELP = (
    ("B", "blackout"),
    ("Z", "freeze"),
    ("Shift P", "panic: let go"),
    ("Space N", NEXT_CUE),
    ("P", CUE_BEFORE),
    ("Left Right", "page of the digits"),
    ("Ctrl 1 .. 0", "store a preset"),
    ("R", "another walk"),
    ("S", "story goes on"),
    ("T", "tap tempo"),
    ("Shift T", "this is the one"),
    ("Up Down", "input gain"),
    ("F", "fullscreen"),
    ("H Esc", "instruments"),
    ("Ctrl R", "record"),
    ("Ctrl S", "keep as a look"),
    ("Ctrl Z", "undo"),
    ("I M", "pick input, display"),
    ("L", "bind a knob or pad"),
    ("W", "edit the mapping"),
    ("Ctrl Q", "quit"),
)
#: And of those for a performance that is played again.
REPLAYED = (
    ("Enter Home", "play, from the start"),
    (", .", "5 s back, 5 s on"),
    ("[ ] O", "round: in, out, go round"),
    ("D", "lay over: next mode"),
)
#: So many classes and looks lie on the digits at a time: 1 to 9, and 0.
DIGITS = 10
#: (key, modifiers) -> address and arguments.
KEYS: Mapping[_Chord, _Act] = {
    ("f", _NONE): ("/window/fullscreen", _TOGGLE),
    ("f11", _NONE): ("/window/fullscreen", _TOGGLE),
    ("f", _CTRL): ("/window/fullscreen", _TOGGLE),
    ("escape", _NONE): ("/window/hud", _TOGGLE),
    ("h", _NONE): ("/window/hud", _TOGGLE),
    ("f1", _NONE): ("/window/help", _TOGGLE),
    ("l", _NONE): ("/window/learn", _TOGGLE),
    ("q", _CTRL): ("/show/quit", ()),
    ("space", _NONE): ("/cue/go", ()),
    ("b", _NONE): ("/master/blackout", _TOGGLE),
    ("z", _NONE): ("/master/freeze", _TOGGLE),
    ("p", _SHIFT): ("/master/panic", ()),
    ("n", _NONE): ("/cue/go", ()),
    ("n", _SHIFT): ("/cue/go", ()),
    ("p", _NONE): ("/cue/back", ()),
    ("backspace", _NONE): ("/cue/back", ()),
    ("backspace", _SHIFT): ("/cue/back", ()),
    ("r", _NONE): ("/latent/reseed", ()),
    ("r", _SHIFT): ("/latent/reseed", ()),
    ("s", _NONE): ("/director/ganterpretations/switch", ()),
    ("t", _NONE): ("/tempo/tap", ()),
    ("t", _SHIFT): ("/tempo/resync", ()),
    ("up", _NONE): ("/audio/gain", ("+", 1.0)),
    ("down", _NONE): ("/audio/gain", ("-", 1.0)),
    ("i", _NONE): ("/window/pick", ("input",)),
    ("m", _NONE): ("/window/pick", ("display",)),
    ("w", _NONE): ("/output/map/edit", _TOGGLE),
    ("i", _CTRL): ("/audio/next", ()),
    ("m", _CTRL): ("/window/next", ()),
    ("r", _CTRL): ("/output/record", _TOGGLE),
    ("s", _CTRL): ("/desk/keep", ()),
    ("z", _CTRL): ("/desk/undo", ()),
    ("z", _CTRL | _SHIFT): ("/desk/redo", ()),
    ("y", _CTRL): ("/desk/redo", ()),
    ("enter", _NONE): ("/replay/play", _TOGGLE),
    ("comma", _NONE): ("/replay/position", ("-", 5.0)),
    ("period", _NONE): ("/replay/position", ("+", 5.0)),
    ("home", _NONE): ("/replay/position", (0.0,)),
    ("bracketleft", _NONE): ("/replay/mark/in", ()),
    ("bracketright", _NONE): ("/replay/mark/out", ()),
    ("o", _NONE): ("/replay/loop", _TOGGLE),
    ("d", _NONE): ("/replay/mode/next", ()),
    **{(str(n % 10), _CTRL): (f"/preset/{n}/store", ()) for n in range(1, DIGITS + 1)},
}


def after(kind: str) -> str:
    """What the digits choose with Shift, and after Tab, where they choose `kind`."""
    return KINDS[(KINDS.index(kind) + 1) % len(KINDS)]


def _on_digits(key: str, held: frozenset[str], digits: str) -> _Act | None:
    """What a digit, a page key or Tab does while the digits choose `digits`."""
    if held - _SHIFT:
        return None
    if key == "tab":
        return "/window/digits", (after(digits),)
    kind = after(digits) if held else digits
    row = {"class": "/model", "look": "/look"}.get(kind)
    if key in _PAGES:
        way = _PAGES[key]
        bank: _Act = ("/preset/bank", ("+" if way > 0 else "-", 1))
        return (f"{row}/page", (DIGITS * way,)) if row else bank
    if len(key) == 1 and key.isdecimal():
        number = int(key) or 10
        return (f"{row}/pad", (number - 1,)) if row else (f"/preset/{number}/recall", ())
    return None


def told(
    classes: Sequence[str],
    looks: Sequence[str],
    cues: bool = True,
    presets: Sequence[str] = (),
    digits: str = "class",
) -> tuple[tuple[str, str], ...]:
    """What the operator is told of the keys: HELP, and last what lies on the digits now, with Shift and without.

    Without `cues` Space holds the picture, and those that go from cue to cue are left out.
    """
    keys = (
        HELP
        if cues
        else (HELP[0], ("Z Space", "freeze"), *(row for row in HELP[2:] if row[1] not in (NEXT_CUE, CUE_BEFORE)))
    )
    names = {"class": classes, "look": looks, "preset": presets}
    first, second = ((*names[kind], *[""] * DIGITS) for kind in (digits, after(digits)))
    on = ((str((n + 1) % 10), " · ".join(filter(None, (first[n], second[n])))) for n in range(DIGITS))
    words = f"{digits} · with Shift: {after(digits)}"
    return (
        *keys,
        ("Tab", f"digits: {after(digits)}"),
        ("1 .. 0", words),
        *((key, names) for key, names in on if names),
    )


def key_events(
    key: str,
    mods: Collection[str] = (),
    known: Collection[str] | None = None,
    cues: bool = True,
    digits: str = "class",
) -> tuple[Event, ...]:
    """What a key means; nothing if it means nothing.

    key     lower-case name: "b", "1", "space", "escape", "backspace", "up", "down", "f11"
    mods    any of "shift", "ctrl", "alt", "super"; Command on macOS is "super" and counts as ctrl
    known   addresses that exist in this show; keys for others do nothing
    cues    whether there is a setlist; without one Space holds the picture
    digits  what the keys 1 to 0 choose: "class", "look" or "preset"
    """
    held = frozenset("ctrl" if mod == "super" else mod for mod in mods)
    act = KEYS.get((key.lower(), held)) or _on_digits(key.lower(), held, digits)
    if act is None:
        return ()
    address, args = act
    if key.lower() == "space" and not cues:
        address, args = "/master/freeze", _TOGGLE
    if known is not None and address not in known:
        return ()
    return (Event(address, args, source="key"),)

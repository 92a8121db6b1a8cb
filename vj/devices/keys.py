"""Keys of the program window (and of the web page) to events: one table, no window system.

    F, F11, Ctrl+F  fullscreen               Up / Down     audio gain +1 / -1 dB
    Esc, H          HUD (Esc never quits)    T, Shift+T    tap, resync
    Ctrl+Q          quit                     1..9, 0       class 1 to 10 of the page, with Shift look 1 to 10
    Space           GO; without cues freeze  R             another seed
    B, Z, Shift+P   blackout, freeze, panic  L, F1         MIDI learn, help
    N, P            next, previous cue       Ctrl+R        record
    Backspace       previous cue             Ctrl+I, M     next audio device, next monitor
    Ctrl+S          keep as a look           Ctrl+Z, Y     undo, redo (with Shift, Ctrl+Z redoes too)
    Left, Right     page of classes          S             the story of ganterpretations goes on
                    with Shift of looks

Page Up and Page Down turn pages as Left and Right do. Shift with N, Backspace and R is taken as without: a cue carries
its own fade.
"""

from collections.abc import Collection, Mapping, Sequence

from vj.core.types import Event

_TOGGLE = ("toggle",)
_CTRL, _SHIFT = frozenset({"ctrl"}), frozenset({"shift"})
_NONE: frozenset[str] = frozenset()
_Chord = tuple[str, frozenset[str]]
_Act = tuple[str, tuple[float | int | bool | str, ...]]

#: Keys that turn a page.
_PAGES = {"right": 10, "pagedown": 10, "left": -10, "pageup": -10}
NEXT, BEFORE = "next cue", "cue before"
#: What the operator is told of them.
HELP = (
    ("B", "blackout"),
    ("Z", "freeze"),
    ("Shift P", "panic: let go"),
    ("Space N", NEXT),
    ("P", BEFORE),
    ("Left Right", "page of classes"),
    ("Shift Left Right", "page of looks"),
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
    ("Ctrl I", "next input"),
    ("Ctrl M", "next display"),
    ("Ctrl Q", "quit"),
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
    ("i", _CTRL): ("/audio/next", ()),
    ("m", _CTRL): ("/window/next", ()),
    ("r", _CTRL): ("/output/record", _TOGGLE),
    ("s", _CTRL): ("/desk/keep", ()),
    ("z", _CTRL): ("/desk/undo", ()),
    ("z", _CTRL | _SHIFT): ("/desk/redo", ()),
    ("y", _CTRL): ("/desk/redo", ()),
    **{(str(n % 10), _NONE): ("/model/pad", (n - 1,)) for n in range(1, DIGITS + 1)},
    **{(str(n % 10), _SHIFT): ("/look/pad", (n - 1,)) for n in range(1, DIGITS + 1)},
    **{(key, _NONE): ("/model/page", (by,)) for key, by in _PAGES.items()},
    **{(key, _SHIFT): ("/look/page", (by,)) for key, by in _PAGES.items()},
}


def told(classes: Sequence[str], looks: Sequence[str], cues: bool = True) -> tuple[tuple[str, str], ...]:
    """What the operator is told of the keys: HELP, and last the classes and, with Shift, looks on the digits now.

    Without `cues` Space holds the picture, and those that go from cue to cue are left out.
    """
    keys = (
        HELP if cues else (HELP[0], ("Z Space", "freeze"), *(row for row in HELP[2:] if row[1] not in (NEXT, BEFORE)))
    )
    rows = (((*classes, *[""] * DIGITS)[n], (*looks, *[""] * DIGITS)[n]) for n in range(DIGITS))
    digits = ((str((n + 1) % 10), " · ".join(filter(None, row))) for n, row in enumerate(rows))
    return (*keys, ("1 .. 0", "class · with Shift: look"), *((key, names) for key, names in digits if names))


def key_events(
    key: str, mods: Collection[str] = (), known: Collection[str] | None = None, cues: bool = True
) -> tuple[Event, ...]:
    """What a key means; nothing if it means nothing.

    key     lower-case name: "b", "1", "space", "escape", "backspace", "up", "down", "f11"
    mods    any of "shift", "ctrl", "alt", "super"; Command on macOS is "super" and counts as ctrl
    known   addresses that exist in this show; keys for others do nothing
    cues    whether there is a setlist; without one Space holds the picture
    """
    held = frozenset("ctrl" if mod == "super" else mod for mod in mods)
    act = KEYS.get((key.lower(), held))
    if act is None:
        return ()
    address, args = act
    if key.lower() == "space" and not cues:
        address, args = "/master/freeze", _TOGGLE
    if known is not None and address not in known:
        return ()
    return (Event(address, args, source="key"),)

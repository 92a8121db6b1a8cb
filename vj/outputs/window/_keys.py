"""Names for the keys of a keyboard, as GLFW counts them."""

import glfw

#: Letters and digits carry their own character; the others these names.
_NAMED = {
    "space": glfw.KEY_SPACE,
    "escape": glfw.KEY_ESCAPE,
    "enter": glfw.KEY_ENTER,
    "tab": glfw.KEY_TAB,
    "backspace": glfw.KEY_BACKSPACE,
    "insert": glfw.KEY_INSERT,
    "delete": glfw.KEY_DELETE,
    "right": glfw.KEY_RIGHT,
    "left": glfw.KEY_LEFT,
    "down": glfw.KEY_DOWN,
    "up": glfw.KEY_UP,
    "pageup": glfw.KEY_PAGE_UP,
    "pagedown": glfw.KEY_PAGE_DOWN,
    "home": glfw.KEY_HOME,
    "end": glfw.KEY_END,
    "minus": glfw.KEY_MINUS,
    "equal": glfw.KEY_EQUAL,
    "comma": glfw.KEY_COMMA,
    "period": glfw.KEY_PERIOD,
    "slash": glfw.KEY_SLASH,
    "bracketleft": glfw.KEY_LEFT_BRACKET,
    "bracketright": glfw.KEY_RIGHT_BRACKET,
}
KEYS = {code: name for name, code in _NAMED.items()}
KEYS |= {code: chr(code).lower() for code in (*range(glfw.KEY_A, glfw.KEY_Z + 1), *range(glfw.KEY_0, glfw.KEY_9 + 1))}
KEYS |= {glfw.KEY_F1 + n: f"f{n + 1}" for n in range(12)}
MODS = {
    "shift": glfw.MOD_SHIFT,
    "ctrl": glfw.MOD_CONTROL,
    "alt": glfw.MOD_ALT,
    "super": glfw.MOD_SUPER,
}


def key_name(code: int) -> str | None:
    """The name of a key, such as "b", "1", "space", "f11" or "up"; None for keys that play no part."""
    return KEYS.get(code)


def layout_name(code: int, scancode: int) -> str | None:
    """Like `key_name`, but a letter is the one that the player's keyboard layout prints on that key."""
    name = KEYS.get(code)
    if name is not None and len(name) == 1 and name.isalpha():
        printed = glfw.get_key_name(code, scancode)
        if printed and len(printed) == 1 and printed.isascii() and printed.isalpha():
            return str(printed).lower()
    return name


def mod_names(bits: int) -> frozenset[str]:
    """The modifiers held: any of "shift", "ctrl", "alt", "super"."""
    return frozenset(name for name, bit in MODS.items() if bits & bit)

"""What is asked of an output: where the picture goes, which part of it, how large and how often.

As the command line has it: the target, and behind commas what is not as usual:

    ndi:Stage
    rtmp://live.example.net/app/KEY,size=1280x720,fps=30,bitrate=4500,name=twitch
    hls:/srv/show/index.m3u8,off
    window:2,slice=right

In a file it is a table of the same words: `[outputs]`, a table or a line for each name.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

from vj.core.errors import VjError, nearest
from vj.core.mapping.output import WHOLE, Slice
from vj.outputs.sending.kinds import KINDS
from vj.outputs.sending.parts import part_of

#: What a sender is called unless it is called something.
_USUAL = "vj"
#: Other ways to begin a target.
_SCHEMES = {"rtmps": "rtmp", "v4l": "v4l2"}
_WORDS = ("name", "size", "fps", "slice", "bitrate", "alpha", "sound", "on")
ALPHAS = ("none", "luma")
#: Names that `/output` has for other things.
_TAKEN = frozenset(("display", "record", "film", "thumbnail", "next", "map", "light", "main"))
_OPTION = re.compile(rf"({'|'.join(_WORDS)})=([^,]*)|(off|silent)")
#: What an output may be called.
NAME = r"[a-z0-9][a-z0-9_-]{0,31}"
#: What may be asked for: sides, pictures a second, and kilobits a second.
SIDES_PX = (16, 8192)
RATES_HZ = (1.0, 240.0)
KILOBITS = (100, 100_000)


@dataclass(frozen=True)
class Asked:
    """One output, by `name`, which is a part of its addresses.

    target   what the kind understands: a name, a URL, a device, a folder
    size     (width, height) sent, None for that of the `part` of the wall's picture
    fps      pictures a second, at most
    bitrate  kilobits a second of a stream's picture, 0 for what its size asks for
    alpha    "luma" makes black clear, where the format has alpha
    sound    whether the show's sound goes with it, where the format has sound
    on       whether it begins switched on
    """

    name: str
    kind: str
    target: str
    size: tuple[int, int] | None = None
    fps: float = 0.0
    part: Slice = WHOLE
    bitrate: int = 0
    alpha: str = "none"
    sound: bool = True
    on: bool = True

    @property
    def rate(self) -> float:
        """Pictures a second: what was asked for, else what is usual."""
        return self.fps or KINDS[self.kind].fps or 60.0

    def words(self) -> dict[str, Any]:
        """The table that `read` makes this of."""
        url = KINDS[self.kind].target == "url"
        told: dict[str, Any] = {"to": self.target if url else f"{self.kind}:{self.target}", "name": self.name}
        told |= {"size": list(self.size)} if self.size else {}
        told |= {"slice": list(astuple(self.part))} if self.part != WHOLE else {}
        told |= {word: getattr(self, word) for word in ("fps", "bitrate") if getattr(self, word)}
        return {**told, "alpha": self.alpha, "sound": self.sound, "on": self.on}

    @property
    def title(self) -> str:
        """What it is, for people: "NDI Stage"."""
        return f"{KINDS[self.kind].title} {hidden(self.target)}".strip()


def asked(text: str, where: str = "--output") -> Asked:
    """An output as the command line has it; raises VjError."""
    target, options = _parted(text)
    entry: dict[str, Any] = {"to": target}
    for option in options:
        word, _, value = option.partition("=")
        if word in ("off", "silent"):
            entry["on" if word == "off" else "sound"] = False
        else:
            entry[word] = value
    return read(entry, where)


def read(entry: Mapping[str, Any], where: str, name: str = "") -> Asked:
    """An output from its words: `to` and any of `name`, `size`, `fps`, `slice`, `bitrate`, `alpha`, `sound`, `on`.

    Raises VjError.
    """
    for word in entry:
        if word not in ("to", *_WORDS):
            raise VjError(f"an output has no {word!r}", where, nearest(str(word), ("to", *_WORDS)))
    kind, target = _kind(str(entry.get("to", "")), where)
    known = Asked(_name(str(entry.get("name", name)), kind, target, where), kind, target)
    if "size" in entry:
        known = replace(known, size=_size(entry["size"], where))
    for word, (low, high) in {"fps": RATES_HZ, "bitrate": KILOBITS}.items():
        if word in entry:
            known = replace(known, **{word: type(getattr(known, word))(_number(entry, word, low, high, where))})
    if "slice" in entry:
        known = replace(known, part=part_of(entry["slice"], where))
    alpha = str(entry.get("alpha", "none"))
    if alpha not in ALPHAS:
        raise VjError(f"alpha is {alpha!r}", where, f"one of: {', '.join(ALPHAS)}")
    if alpha != "none" and not KINDS[kind].alpha:
        clear = ", ".join(sorted(name for name, each in KINDS.items() if each.alpha))
        raise VjError(f"{KINDS[kind].title} has no alpha", where, f"these have: {clear}")
    sound, on = (_switch(entry.get(word, True), word, where) for word in ("sound", "on"))
    return replace(known, alpha=alpha, sound=sound, on=on)


def read_all(document: Mapping[str, Any], where: str) -> tuple[Asked, ...]:
    """The outputs in the table `[outputs]` of a file: NAME = "target,...", or a table; raises VjError."""
    table = document.get("outputs", {})
    if not isinstance(table, Mapping):
        raise VjError("outputs is no table", where, '[outputs] and below it NAME = "ndi:Stage"')
    found = []
    for name, entry in table.items():
        place = f"{where}, [outputs] {name}"
        if isinstance(entry, str):
            entry = {**_words(entry, place)}
        if not isinstance(entry, Mapping):
            raise VjError("an output is a line or a table", place, f'{name} = "ndi:Stage"')
        found.append(read(entry, place, name))
    return each_once(found)


def each_once(outputs: Iterable[Asked]) -> tuple[Asked, ...]:
    """The same; what has a name that is taken already is numbered."""
    names: set[str] = set()
    found = []
    for output in outputs:
        name, n = output.name, 2
        while name in names or name in _TAKEN:
            name, n = f"{output.name}-{n}", n + 1
        names.add(name)
        found.append(replace(output, name=name))
    return tuple(found)


def hidden(target: str) -> str:
    """A target to be shown: of a stream's address the last part is a key, and nobody's business."""
    found = re.fullmatch(r"(\w+://)(?:[^/@]*@)?([^/?]+)(.*)", target)
    return target if found is None else found[1] + found[2] + ("/..." if found[3].strip("/") else "")


def _words(text: str, where: str) -> dict[str, Any]:
    target, options = _parted(text)
    pairs = (option.partition("=")[::2] for option in options if option not in ("off", "silent"))
    off = {"off": {"on": False}, "silent": {"sound": False}}
    said: dict[str, Any] = {"to": target, **dict(pairs)}
    for option in options:
        said |= off.get(option, {})
    return said


def _parted(text: str) -> tuple[str, list[str]]:
    """The target and its options. A URL may have commas of its own: only known words at the end are options."""
    options: list[str] = []
    while "," in text and _OPTION.fullmatch(last := text.rpartition(",")[2].strip()):
        text = text.rpartition(",")[0]
        options.insert(0, last)
    return text.strip(), options


def _kind(text: str, where: str) -> tuple[str, str]:
    """Kind and target of "ndi:Stage" or a URL."""
    scheme, colon, rest = text.partition(":")
    kind = _SCHEMES.get(scheme.lower(), scheme.lower())
    if not colon or kind not in KINDS:
        known = ", ".join(f"{name}:" for name in KINDS)
        raise VjError(f"{text!r} is no output", where, f"{nearest(kind, KINDS)} It begins with one of: {known}")
    target = KINDS[kind].target
    if target == "display":
        return kind, rest
    if target == "name":
        return kind, rest or _USUAL
    if target in ("folder", "device"):
        if not rest:
            raise VjError(f"{text!r} names no {target}", where, f"{kind}:/...")
        return kind, str(Path(rest).expanduser())
    if not re.match(r"//[^/]", rest):
        raise VjError(f"{text!r} is no address", where, f"{scheme}://HOST:PORT/...")
    return kind, text


def _name(text: str, kind: str, target: str, where: str) -> str:
    """The name that is asked for, or one of the kind."""
    if not text:
        own = KINDS[kind].target == "name" and target != _USUAL
        plain = re.sub(r"[^a-z0-9]+", "-", target.lower()).strip("-") if own else kind
        return plain if plain and plain not in _TAKEN else kind
    if not re.fullmatch(NAME, text) or text in _TAKEN:
        raise VjError(f"an output cannot be called {text!r}", where, "small letters, digits and dashes")
    return text


def _size(value: Any, where: str) -> tuple[int, int]:
    sides = [str(side) for side in value] if isinstance(value, list) else str(value).lower().split("x")
    if len(sides) != 2 or not all(side.isdigit() and SIDES_PX[0] <= int(side) <= SIDES_PX[1] for side in sides):
        raise VjError(f"{value!r} is no picture size", where, "write it like 1280x720")
    return int(sides[0]), int(sides[1])


def _number(entry: Mapping[str, Any], word: str, low: float, high: float, where: str) -> float:
    try:
        number = float(entry[word])
    except (TypeError, ValueError):
        number = -1.0
    if not low <= number <= high:
        raise VjError(f"{word} is {entry[word]!r}", where, f"a number from {low:g} to {high:g}")
    return number


def _switch(value: Any, word: str, where: str) -> bool:
    known = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
    if isinstance(value, bool):
        return value
    if str(value).lower() not in known:
        raise VjError(f"{word} is {value!r}", where, "write on or off")
    return known[str(value).lower()]

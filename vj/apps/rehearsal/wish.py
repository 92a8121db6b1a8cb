"""All that a still depends on, made from what the desk would do."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Any

from vj import __version__
from vj.core.errors import BundleError
from vj.core.params import AnyParam
from vj.core.types import Cue, Modulation, Value
from vj.engine.layers.asking import NUMBERS, ROOT
from vj.generators.bundle.manifest import find_bundle, read_bundle

#: The kind of parameter that holds the words of a layer.
TEXT_KIND = "text"
#: What a layer shows that only one program at a time can have open.
EXCLUSIVE = ("camera", "ndi")
#: Raise this when stills are made differently, so that nobody sees an old one out of the cache.
VERSION = 2
#: What says nothing about the picture itself, or would hide it.
ASIDE = ("/window", "/output", "/quality", "/audio", "/light", "/tempo", "/show", "/cue", "/macro", "/preview", "/web")
HIDING = ("/master/level", "/master/blackout", "/master/freeze", "/master/fade", "/model/morph")
#: Kinds that hold no state of the picture.
IDLE = ("trigger", "clock", "text", "deed")


@dataclass(frozen=True)
class Wish:
    """A picture that is wanted: values by address, what moves them, and the luck of director and walk; `media` are the
    files that its layers name, and where they lie."""

    values: Mapping[str, Value] = field(default_factory=dict)
    modulations: tuple[Modulation, ...] = ()
    seed: int = 1
    media: Mapping[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """The same in lists and mappings."""
        moved = [asdict(modulation) for modulation in self.modulations]
        return {"values": dict(self.values), "modulations": moved, "seed": self.seed, "media": dict(self.media)}

    @property
    def bundle(self) -> str:
        """The bundle that dreams it."""
        return str(self.values["/model/select"])

    def key(self, fingerprint: str = "") -> str:
        """Sixteen hex digits that change with anything the picture depends on; `fingerprint` is the bundle's."""
        said = [(address, _rounded(value)) for address, value in sorted(self.values.items())]
        whole = repr((VERSION, __version__, fingerprint, said, self.modulations, self.seed, sorted(self.media.items())))
        return blake2b(whole.encode(), digest_size=8).hexdigest()


def wished(
    table: Mapping[str, AnyParam],
    cue: Cue,
    bundle: str,
    now: Mapping[str, Value] | None = None,
    seed: int = 1,
    media: Mapping[str, str] | None = None,
) -> Wish:
    """What `cue` would show: out of the values of `now`, or out of the declared ones, and from `bundle` unless it names
    another. `media` are the files that layers may show."""
    values = {**(now or {}), "/model/select": bundle, **cue.values}
    told = {address: value for address, value in values.items() if address in table and seen(address, table[address])}
    for number in NUMBERS:
        source = f"{ROOT}/{number}/source"
        if told.get(source) in EXCLUSIVE:
            told[source] = "none"
    named = {str(told.get(f"{ROOT}/{number}/{word}", "")) for number in NUMBERS for word in ("file", "font")}
    return Wish(told, cue.modulations, seed, {name: path for name, path in (media or {}).items() if name in named})


def of_plain(plain: Mapping[str, Any]) -> Wish:
    """The inverse of `Wish.plain`, whose lists were tuples."""
    values = {address: _tuples(value) for address, value in plain["values"].items()}
    moved = (Modulation(**{word: _tuples(value) for word, value in one.items()}) for one in plain["modulations"])
    return Wish(values, tuple(moved), plain["seed"], plain["media"])


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def seen(address: str, param: AnyParam) -> bool:
    """Whether a parameter can matter to a still."""
    if param.kind == TEXT_KIND and address.startswith(f"{ROOT}/"):
        return True
    return param.kind not in IDLE and address not in HIDING and not address.startswith(ASIDE)


def fingerprint(bundle: str) -> str:
    """Of the bundle of that name; its name where it is made without files."""
    try:
        return read_bundle(find_bundle(bundle), verify=False).fingerprint
    except BundleError:
        return bundle


def _rounded(value: Value) -> Value:
    """As fine as can be seen."""
    return round(value, 3) if isinstance(value, float) else value

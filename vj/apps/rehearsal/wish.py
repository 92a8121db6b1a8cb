"""All that a still depends on, made from what the desk would do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from vj import __version__
from vj.core.errors import BundleError
from vj.core.params import Param
from vj.core.types import Cue, Modulation, Value
from vj.generators.bundle.manifest import find_bundle, read_bundle

#: Raise this when stills are made differently, so that nobody sees an old one out of the cache.
VERSION = 1
#: What says nothing about the picture itself, or would hide it.
ASIDE = ("/window", "/output", "/quality", "/audio", "/light", "/tempo", "/show", "/cue", "/macro", "/preview", "/web")
HIDING = ("/master/level", "/master/blackout", "/master/freeze", "/master/fade", "/model/morph")
#: Kinds that hold no state of the picture.
IDLE = ("trigger", "clock", "text", "deed")


@dataclass(frozen=True)
class Wish:
    """A picture that is wanted: values by address, what moves them, and the luck of director and walk."""

    values: Mapping[str, Value] = field(default_factory=dict)
    modulations: tuple[Modulation, ...] = ()
    seed: int = 1

    @property
    def bundle(self) -> str:
        """The bundle that dreams it."""
        return str(self.values["/model/select"])

    def key(self, fingerprint: str = "") -> str:
        """Sixteen hex digits that change with anything the picture depends on; `fingerprint` is the bundle's."""
        said = [(address, _rounded(value)) for address, value in sorted(self.values.items())]
        whole = repr((VERSION, __version__, fingerprint, said, self.modulations, self.seed))
        return blake2b(whole.encode(), digest_size=8).hexdigest()


def wished(
    table: Mapping[str, Param], cue: Cue, bundle: str, now: Mapping[str, Value] | None = None, seed: int = 1
) -> Wish:
    """What `cue` would show: out of the values of `now`, or out of the declared ones, and from `bundle` unless it names
    another."""
    values = {**(now or {}), "/model/select": bundle, **cue.values}
    told = {address: value for address, value in values.items() if address in table and seen(address, table[address])}
    return Wish(told, cue.modulations, seed)


def seen(address: str, param: Param) -> bool:
    """Whether a parameter can matter to a still."""
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

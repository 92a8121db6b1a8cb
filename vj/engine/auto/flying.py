"""The autopilot at the desk: it flies while nobody's hand is on anything, and learns what is liked."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vj.core.errors import ControlError, nearest
from vj.core.params import Param
from vj.core.types import Event, Features
from vj.engine.addresses import resolve_mix
from vj.engine.auto.pilot import Likes, Pilot
from vj.engine.auto.suiting import Suit, suit
from vj.engine.cues.looks import NONE
from vj.engine.hands.deck import Deck
from vj.engine.hands.registry import Memory, Part
from vj.engine.timing.lines import Lines
from vj.engine.touching import person
from vj.engine.walker import Walker

ROOT = "/auto"
#: What may be touched without taking over: the beat, and what the audience does not see of it.
_ASIDE = (f"{ROOT}/", "/tempo/", "/window/", "/output/", "/midi/", "/light/", "/status/")


class Flying:
    """What is said to the autopilot."""

    address = ROOT
    on = Param(False, doc="The autopilot chooses looks and classes, until a hand is laid on anything.")
    least = Param(32, 1, 1024, unit="bars", address="/auto/dwell/min", doc="A look stays at least so long.")
    most = Param(192, 1, 1024, unit="bars", address="/auto/dwell/max", doc="A look stays about so long at the most.")
    keep = Param(0, kind="trigger", doc="The look that is on is liked: it stays, and comes more often.")
    skip = Param(0, kind="trigger", doc="Another look on the next bar; this one comes less often.")
    never = Param(0, kind="trigger", doc="Another look on the next bar, and this one never by itself again.")
    forget = Param((), kind="deed", args="s?", doc="Forget what is thought of a look, or of all.")


class Autopilot:
    """Does what the pilot wishes for, and tells it what the performer thinks."""

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self._suits: tuple[Any, Mapping[str, Suit]] = (None, {})
        self._pilot = Pilot(Likes())
        self._flew = False
        deck.firing |= {
            f"{ROOT}/keep": lambda: self._thought("keep"),
            f"{ROOT}/skip": lambda: self._thought("skip"),
            f"{ROOT}/never": lambda: self._thought("never"),
        }
        deck.deeds[f"{ROOT}/forget"] = lambda event: self._forget(*map(str, event.args))
        deck.topics["auto"] = self._topic
        deck.memories["auto"] = Memory(self._tell, self._remember)
        deck.parts["auto"] = Part(self._opinions, lambda said: self._think(*said))

    def reset(self) -> None:
        """Nothing heard yet; what is liked stays liked."""
        likes = self._pilot.likes
        self._pilot, self._flew = Pilot(Likes(likes.counts, likes.never)), False

    @property
    def on(self) -> bool:
        """Whether it flies."""
        return bool(self._deck.current(f"{ROOT}/on"))

    @property
    def ahead(self) -> str:
        """The look that comes next, as the words of a preview, while it flies."""
        return f"look {self._pilot.next}" if self.on and self._pilot.next else ""

    def touched(self, event: Event) -> None:
        """Let go if `event` is that of a hand laid on the show."""
        if self.on and person(event) and not event.address.startswith(_ASIDE):
            self._deck.settle({f"{ROOT}/on": False})
            self._flew = False
            self._pilot.why = f"a hand is on {event.address}"
            self._deck.say("the autopilot lets go")

    def step(self, t: float, lines: Lines, features: Features | None) -> None:
        """Hear, and do at show time `t` what is wished for; raises ControlError where that cannot be."""
        deck = self._deck
        if features is None:
            return
        look = str(deck.current("/look"))
        self._pilot.hear(t, features, "" if look == NONE else look)
        on = self.on
        if on and not self._flew:
            self._pilot.begin(t)
        self._flew = on
        if not on or deck.current("/preset/lock"):
            return
        least, most = (int(deck.current(f"{ROOT}/dwell/{end}")) for end in ("min", "max"))  # type: ignore[arg-type]
        seed = deck.current(Walker.seed)
        wish = self._pilot.step(t, lines, self._looks(), (least, most), (self._own(look), deck.cast), seed)
        if wish is None:
            return
        if wish.look:
            deck.go(deck.taste.cue(wish.look, deck.cast, wish.fade))
        elif wish.classes:
            deck.settle({"/model/mix": resolve_mix(wish.classes, deck.cast)})
        else:
            worn = deck.taste.cue(look, deck.cast).values
            deck.settle({"/model/mix": worn["/model/mix"]} if "/model/mix" in worn else {})

    def _looks(self) -> Mapping[str, Suit]:
        """What every look suits; read once, for there may be others later."""
        taste = self._deck.taste
        if self._suits[0] is not taste:
            self._suits = taste, {name: suit(taste[name]) for name in taste.names if name != NONE}
        return self._suits[1]

    def _own(self, look: str) -> list[str]:
        """The classes of the look that is on, as far as the bundle has them."""
        ours = {name.casefold(): name for name in self._deck.cast}
        said = [str(name).casefold() for name in self._deck.taste[look].classes[::2]]
        return [ours[name] for name in said if name in ours]

    def _thought(self, what: str) -> None:
        look = str(self._deck.current("/look"))
        if look == NONE:
            raise ControlError("no look is on", hint="/look first")
        if what == "keep":
            self._pilot.keep(look, self._deck.time)
        elif what == "skip":
            self._pilot.skip(look)
        else:
            self._pilot.ban(look)
        said = {"keep": "is liked", "skip": "is skipped", "never": "never comes by itself again"}
        self._deck.say(f"{look} {said[what]}")

    def _forget(self, look: str = "") -> None:
        counts, never = self._opinions()
        if look and look not in counts and look not in never:
            raise ControlError(f"nothing is thought of {look!r}", hint=nearest(look, [*counts, *never]))
        self._think({n: c for n, c in counts.items() if look and n != look}, {n for n in never if look and n != look})

    def _opinions(self) -> tuple[Mapping[str, int], frozenset[str]]:
        return self._pilot.likes.counts, self._pilot.likes.never

    def _think(self, counts: Mapping[str, int], never: Any) -> None:
        self._pilot.likes = replace(self._pilot.likes, counts=dict(counts), never=frozenset(never))

    def _topic(self) -> dict[str, Any]:
        counts, never = self._opinions()
        look = str(self._deck.current("/look"))
        return {
            "on": self.on,
            "look": "" if look == NONE else look,
            "next": self._pilot.next if self.on else "",
            "why": self._pilot.why,
            "likes": dict(sorted(counts.items())),
            "never": sorted(never),
        }

    def _tell(self) -> dict[str, Any]:
        """Likes, and how many minutes ago each look was on."""
        likes, now = self._pilot.likes, self._deck.time
        ago = {name: round(max(now - t, 0.0) / 60.0) for name, t in sorted(likes.seen.items())}
        return {"likes": dict(sorted(likes.counts.items())), "never": sorted(likes.never), "ago": ago}

    def _remember(self, told: Mapping[str, Any]) -> None:
        counts = {str(name): int(count) for name, count in dict(told.get("likes", {})).items()}
        seen = {str(name): self._deck.time - 60.0 * float(ago) for name, ago in dict(told.get("ago", {})).items()}
        self._pilot.likes = Likes(counts, frozenset(map(str, told.get("never", ()))), seen)

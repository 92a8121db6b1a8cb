"""Who asked to hear what is heard: streams for OSC clients, only for those that asked, and only for so many."""

from collections.abc import Callable, Collection, Mapping

from vj.devices.osc._feedback import Place
from vj.devices.osc.wire import Arg, bundles

#: Asks for streams with 1, and to be spared with 0.
LISTEN = "/audio/out/listen"
#: So many at most, the first forgotten first.
MAX_LISTENERS = 8
#: How often streams are told.
STREAMS_HZ = 20.0


class Listeners:
    """Remembers places; `packets` says what to send them now. Times are seconds on any one clock.

    sounds   address -> arguments of all that can be heard, asked when somebody listens
    counted  those of the addresses that tell a count: what is sent is a message without arguments when it rises
    """

    def __init__(self) -> None:
        self.sounds: Callable[[], Mapping[str, tuple[Arg, ...]]] = dict
        self.counted: Collection[str] = ()
        self._places: list[Place] = []
        self._told: Mapping[str, tuple[Arg, ...]] = {}
        self._next = 0.0

    def __len__(self) -> int:
        return len(self._places)

    def ask(self, place: Place, on: bool) -> None:
        """`place` wants to hear, or no longer."""
        if place in self._places:
            self._places.remove(place)
        if on:
            self._places = [*self._places, place][-MAX_LISTENERS:]
            self._told = {}  # whoever is new hears everything once

    def packets(self, now: float, numbers: Collection[Place] = ()) -> list[tuple[Place, bytes]]:
        """Datagrams to send now; none before the next turn. `numbers` are told 1 and 0 for true and false."""
        if not self._places or now < self._next:
            return []
        self._next = now + 1.0 / STREAMS_HZ
        before, self._told = self._told, self.sounds()
        news: list[tuple[str, tuple[Arg, ...]]] = []
        for address, args in self._told.items():
            if before.get(address) == args:
                continue
            if address not in self.counted:
                news.append((address, args))
            elif address in before:
                news.append((address, ()))
        words, plain = bundles(news), bundles(news, numbers=True)
        return [(place, packet) for place in self._places for packet in (plain if place in numbers else words)]

    def wait(self, now: float) -> float:
        """Seconds until the next turn."""
        return max(self._next - now, 0.0)

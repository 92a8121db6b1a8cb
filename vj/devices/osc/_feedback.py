"""Who must be told which value, and when: OSC feedback without a socket or a clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from vj.core.params import AnyParam, Snapshot
from vj.core.types import Value
from vj.devices.osc.echo import Echoes
from vj.devices.osc.wire import Arg, bundles
from vj.devices.rest import Rest, same

Place = tuple[str, int]

FEEDBACK_PORT = 7401
#: Coalescing: no client hears from us more often than this.
RATE_HZ = 30.0
MAX_CLIENTS = 32


@dataclass
class _Client:
    """One place that is told about changes."""

    told: dict[str, Value] = field(default_factory=dict)  # what it shows now, as far as we know
    rest: Rest = field(default_factory=Rest)  # which addresses it moved itself
    echoes: Echoes = field(default_factory=Echoes)  # what may come back


class Feedback:
    """Remembers clients and what each knows; `packets` says what to send them now.

    A client is (host, `port`) unless it asked for another port with `/sync`. Triggers, deeds and clocks are never sent
    back: a mirror of them would fire again. Times are seconds on any one clock.
    """

    def __init__(self, table: Mapping[str, AnyParam], port: int = FEEDBACK_PORT) -> None:
        self._table = table
        self._port = port
        self._clients: dict[Place, _Client] = {}
        self._asked: dict[Place, Place] = {}
        self.numbers: set[Place] = set()  # who is told 1 and 0 for true and false
        self._next = 0.0

    @property
    def clients(self) -> int:
        """How many clients are known."""
        return len(self._clients)

    def is_echo(self, origin: Place, address: str, args: Sequence[Arg], now: float) -> bool:
        """Whether `origin` only sends back what it was told, which is then no wish."""
        client = self._clients.get(self.place(origin))
        return client is not None and client.echoes.back(address, args, now)

    def heard(self, origin: Place, address: str, args: Sequence[Arg], now: float) -> None:
        """`origin` sent a message: it becomes a client, and is not told about `address` for a while."""
        client = self._client(origin)
        client.rest.spoke(address, now)
        if len(args) == 1:
            client.told[address] = args[0]
        else:
            client.told.pop(address, None)  # relative or a mix: only the desk knows what came of it

    def ask(self, origin: Place, address: str) -> None:
        """`origin` wants the value of `address` at the next turn."""
        client = self._client(origin)
        client.told.pop(address, None)
        client.rest.forget(address)

    def sync(self, origin: Place, port: int | None = None, numbers: bool = False) -> None:
        """`origin` wants everything, from now on at `port` if given; with `numbers` 1 and 0 for true and false."""
        if port is not None:
            if len(self._asked) >= MAX_CLIENTS:
                self._asked.pop(next(iter(self._asked)))
            self._asked[origin] = (origin[0], port)
        place = self.place(origin)
        self._clients.pop(place, None)
        (self.numbers.add if numbers else self.numbers.discard)(place)
        self._client(origin)

    def packets(self, snapshot: Snapshot, now: float) -> list[tuple[Place, bytes]]:
        """Datagrams to send now; none before the next turn of RATE_HZ."""
        if now < self._next:
            return []
        self._next = now + 1.0 / RATE_HZ
        out: list[tuple[Place, bytes]] = []
        for place, client in self._clients.items():
            news = [(a, v) for a, v in snapshot.values.items() if self._is_news(client, a, v, now)]
            client.told.update(news)
            for address, value in news:
                client.echoes.told(address, value, now)
            out += [(place, packet) for packet in bundles(news, numbers=place in self.numbers)]
        return out

    def wait(self, now: float) -> float:
        """Seconds until the next turn."""
        return max(self._next - now, 0.0)

    def _is_news(self, client: _Client, address: str, value: Value, now: float) -> bool:
        param = self._table.get(address)
        if param is None or param.kind in ("trigger", "deed", "clock") or value == ():
            return False
        if not client.rest.over(address, value, now, partial(same, param)):
            return False
        return not same(param, client.told.get(address), value)

    def place(self, origin: Place) -> Place:
        """Where `origin` is told: where it asked to be."""
        return self._asked.get(origin, (origin[0], self._port))

    def _client(self, origin: Place) -> _Client:
        """The client that `origin` speaks for, moved to the end of the line of those to forget."""
        place = self.place(origin)
        client = self._clients.pop(place, None) or _Client()
        if len(self._clients) >= MAX_CLIENTS:
            forgotten = next(iter(self._clients))
            self._clients.pop(forgotten)
            self.numbers.discard(forgotten)
        self._clients[place] = client
        return client

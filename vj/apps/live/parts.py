"""What a live show is made of, and what it asks of each part."""

import queue
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any, Protocol

from vj.apps.guard.journal import Journal
from vj.apps.keeping.keeper import Keeper
from vj.apps.live.notices import Notices
from vj.apps.live.recorder import Recording
from vj.apps.live.refiner import Refining
from vj.apps.live.threads import Source
from vj.apps.live.ticker import Ticker
from vj.apps.mapping.editor import Editor
from vj.apps.panel.done import Done
from vj.apps.panel.picker import Picker
from vj.apps.rehearsal.backstage import Rehearsal
from vj.apps.replay.playing import Replay
from vj.apps.sending.elsewhere import Elsewhere
from vj.core.handoff import SampleRing
from vj.core.mapping.output import Mapping
from vj.core.params import Snapshot
from vj.core.types import F32, U8, Event, Frame
from vj.devices.dmx.input import DmxIn
from vj.devices.link.session import LinkIn
from vj.devices.midi.clock_out import ClockOut
from vj.devices.midi.input import MidiIn
from vj.engine.desk import Desk
from vj.engine.finish.limiter import Limiter
from vj.engine.show import Show
from vj.outputs.finish.viewport import Viewport
from vj.outputs.light.sender import Sender
from vj.outputs.mapping.guides import Guides
from vj.outputs.overlay.panel import HudState
from vj.outputs.performance import PerformanceLog
from vj.outputs.screensaver import Awake


class Screen(Protocol):
    """Where a live show is seen: the window, or a stand-in without one."""

    state: HudState
    paced: bool
    #: Whether the next frame written is to be kept in `captured`, as finished, without the panel.
    capture: bool
    captured: U8 | None
    #: Whoever takes the finished picture elsewhere: gets the context, the framebuffer, its size and show time.
    watch: Callable[[Any, int, tuple[int, int], float], None] | None
    #: What its display did, for the operator.
    notices: list[str]
    #: Whether the next frame written is to be kept in `glanced`, small, finished and without the panel; a frame later.
    glance: bool
    glanced: U8 | None
    #: Whether the light of the next frame written is to be kept in `gathered`, [rows, columns, 3]; a frame later.
    gather: bool
    gathered: F32 | None

    @property
    def limiter(self) -> Limiter: ...
    @property
    def waited(self) -> float:
        """For how many seconds `write` waited for the last frame to be drawn."""

    @property
    def size(self) -> tuple[int, int] | None: ...
    @property
    def closing(self) -> bool: ...
    @property
    def renderer(self) -> str: ...
    @property
    def on_display(self) -> str: ...
    @property
    def displays(self) -> Sequence[str]: ...
    @property
    def hand_over(self) -> str: ...

    def lift(self) -> None: ...
    def write(self, frame: Frame) -> None: ...
    def swap(self) -> None: ...
    def poll(self) -> None: ...
    def read(self) -> U8: ...
    def follow(self, values: Viewport) -> None: ...
    def choose_display(self, name: str) -> None: ...
    def paint(self, size: tuple[int, int] | None) -> None: ...
    def map(self, mapping: Mapping, name: str, guides: Guides | None = None) -> None: ...


class Control(Protocol):
    """A control surface that wants to know the values: OSC feedback, LEDs."""

    def publish(self, snapshot: Snapshot) -> None: ...


class Surface(Protocol):
    """The surface in a browser: it is told how things are, and sees the picture when it asks for it."""

    #: How many watch.
    attached: int
    notice: str
    #: What else there is to say of the show, by name.
    facts: dict[str, Callable[[], Any]]

    def publish(self, snapshot: Snapshot) -> None: ...
    def tell(
        self, overview: Callable[[], Table[str, Any]], words: HudState, snapshot: Snapshot, source: Source
    ) -> None: ...
    def due(self, now: float) -> bool: ...
    def see(self, picture: U8, now: float) -> None: ...
    def next_picture(self, picture: U8 | None) -> None: ...


@dataclass(frozen=True)
class Parts:
    """Everything a live show is made of, opened by the caller. `reach` says where OSC is heard, for the panel."""

    show: Show
    desk: Desk
    source: Source
    ring: SampleRing
    screen: Screen
    events: "queue.SimpleQueue[Event]"
    controls: tuple[Control, ...] = ()
    log: PerformanceLog | None = None
    recording: Recording | None = None
    refining: Refining | None = None
    rehearsal: Rehearsal | None = None
    picker: Picker | None = None
    done: Done | None = None
    notices: Notices = field(default_factory=Notices)
    ticker: Ticker | None = None
    reach: str = ""
    link: LinkIn | None = None
    clock_out: ClockOut | None = None
    midi: MidiIn | None = None
    surface: Surface | None = None
    keeper: Keeper | None = None
    awake: Awake | None = None
    replay: Replay | None = None
    mapping: Editor | None = None
    elsewhere: Elsewhere | None = None
    lights: Sender | None = None
    faders: DmxIn | None = None
    journal: Journal | None = None

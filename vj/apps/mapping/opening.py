"""Opens the mapping of a show: its venue's file, and the hands that change it."""

import queue
from contextlib import ExitStack

from vj.apps.homes import VENUES, named_file
from vj.apps.mapping.deeds import Deeds
from vj.apps.mapping.editor import Editor
from vj.apps.mapping.file import UNNAMED, VenueFile
from vj.core.errors import OutputError
from vj.core.types import Event
from vj.engine.desk import Desk


def open_mapping(
    venue: str | None,
    resumed: bool,
    desk: Desk,
    screen: object,
    events: "queue.SimpleQueue[Event]",
    stack: ExitStack,
) -> Editor:
    """What outputs show of the picture, and the hands that change it; `venue` is a name or file, None edits one without
    a name. Raises OutputError, but not for a show that is `resumed`."""
    mapping = Editor(_file(venue, resumed), events, venue is None)
    stack.callback(mapping.close)
    desk.deeds.update((deeds := Deeds(mapping)).table)
    desk.firing.update(deeds.firing)
    if (hands := getattr(screen, "hands", None)) is not None:
        hands.on_mouse = mapping.mouse
    return mapping


def _file(venue: str | None, resumed: bool) -> VenueFile:
    """The file of the venue; a show that is resumed goes on without one that cannot be read any more."""
    try:
        return VenueFile(named_file(VENUES, venue or UNNAMED), venue is None)
    except OutputError:
        if not resumed:
            raise
        return VenueFile(named_file(VENUES, UNNAMED), fresh=True)

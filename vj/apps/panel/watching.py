"""The media folders of a running show: what is put there while it runs can be chosen a moment later."""

import threading

from vj.core.params import Snapshot
from vj.engine.desk import Desk
from vj.engine.layers.asking import NUMBERS, ROOT, offered
from vj.sources.folders import Media

#: Seconds between two looks.
LOOK_S = 1.0


class MediaWatch:
    """Keeps the choices of `desk` as `media` has them; the folders are looked through by a thread of its own."""

    def __init__(self, desk: Desk, media: Media) -> None:
        self._desk, self._media = desk, media
        self._closing = threading.Event()
        self._files = media.files
        self._thread = threading.Thread(target=self._look, name="media", daemon=True)
        self._thread.start()

    def publish(self, snapshot: Snapshot) -> None:
        """Offer what there is now; what is chosen stays a choice, even if it is gone."""
        files = self._media.files
        if files is self._files:
            return
        self._files = files
        chosen = {str(snapshot[f"{ROOT}/{n}/{key}"]) for n in NUMBERS for key in ("file", "font")}
        self._desk.table.update(offered(self._desk.table, {*files, *filter(None, chosen)}))

    def _look(self) -> None:
        """Thread: see what is there."""
        while not self._closing.wait(LOOK_S):
            self._media.scan()

    def close(self) -> None:
        """Look no more."""
        self._closing.set()
        self._thread.join()

"""Who of a guarded show is who, for people and tests: `guard/PID.json` beside the session, by the guard's id."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import platformdirs

from vj.apps.keeping.saving import save


class StateFile:
    """Written whenever something changes, taken away at the end. A disk that refuses it hinders nobody.

    guard, show, spare, wall, forkserver
                              process ids, 0 for none; `parts` those of the show's own children by name
    warm                      whether the spare can take over at once; `window` whether its window is ready too
    starts                    how often the show was begun; `falls` why, for how many seconds it was away, and after how
                              many the steps were done that led to a picture
    phase                     "opening", "on", "ending" or "over"
    block                     the file in memory that they share
    """

    def __init__(self, guard: int) -> None:
        self.path = platformdirs.user_state_path("vj", appauthor=False) / "guard" / f"{guard}.json"
        self._known: Mapping[str, Any] | None = None

    def tell(self, **facts: Any) -> None:
        """These are the facts now."""
        if facts != self._known:
            self._known = facts
            try:
                save(self.path, json.dumps(facts, indent=1) + "\n")
            except OSError:
                self._known = None

    def remove(self) -> None:
        """It is over."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

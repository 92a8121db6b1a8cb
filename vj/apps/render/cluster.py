"""A crew on a Ray cluster: each hand is an actor there, whose files come to it by their content.

Everything that knows of Ray is here. Ray's dashboard and its reports on usage stay off.
"""

import importlib
import itertools
import os
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from vj.apps.render.crew.blobs import Blob, Store, sha_of
from vj.apps.render.crew.code import code
from vj.apps.render.crew.tasks import Job, Task, Word
from vj.apps.render.hand import Hand
from vj.apps.render.workers import REPLACED
from vj.core.errors import VjError
from vj.core.install import extra

#: Blocks of the control track that are kept for hands to fetch; older ones are sent anew where they are needed.
KEPT = 256
#: Seconds between two words on how far a hand is.
PULSE = 0.5
#: Address at which a cluster is begun on this machine, for this film only.
LOCAL = "local"


class Far:
    """A hand as an actor. What it does is done on one thread of its own, for a GL context belongs to its thread."""

    def __init__(self, job: Job) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._moved, self._lock = 0, threading.Lock()
        self._ray = _ray()
        self._hand: Hand | None = None
        self._job = job

    def about(self) -> tuple[str, Any]:
        """Get ready, and say what is used here."""
        return self._thread.submit(self._tried, "ready", self._wake).result()

    def make(self, task: Task) -> tuple[str, Any]:
        """Make a segment."""
        return self._thread.submit(self._tried, "made", lambda: self._awake.make(task, self._count)).result()

    def history(self, end: str) -> tuple[str, Any]:
        """The history at the end of a run."""
        return self._thread.submit(self._tried, "history", lambda: self._awake.history(end)).result()

    def moved(self) -> tuple[str, Any]:
        """Frames that were made since this was last asked, after a while."""
        time.sleep(PULSE)
        return "moved", self._since()

    def _since(self) -> int:
        with self._lock:
            moved, self._moved = self._moved, 0
        return moved

    def _count(self, frames: int) -> None:
        with self._lock:
            self._moved += frames

    @property
    def _awake(self) -> Hand:
        assert self._hand is not None
        return self._hand

    def _wake(self) -> Mapping[str, str]:
        self._hand = Hand(self._job, Store(lambda where: bytes(self._ray.get(where))), code())
        return self._hand.about

    @staticmethod
    def _tried(word: str, do: Any) -> tuple[str, Any]:
        try:
            return word, do()
        except VjError as error:
            return "failed", (error.what, error.where, error.hint)


class Cluster:
    """A crew of `count` hands, or of as many as there is room for, on the cluster at `address`: host:port, "auto" for
    the one that this machine belongs to, "local" for one that lasts as long as the film. Raises VjError."""

    def __init__(self, address: str, count: int | None = None) -> None:
        self._ray = _ray()
        self.where = f"the Ray cluster {address}"
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        begun: dict[str, Any] = {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
        if address == LOCAL and count is not None:
            begun["num_cpus"] = max(count, os.cpu_count() or 1)
        try:
            self._ray.init(
                address=address, log_to_driver=False, logging_level="ERROR", **(begun if address == LOCAL else {})
            )
        except Exception as error:
            hint = "begin one with: ray start --head, and on other machines: ray start --address=HOST:6379"
            raise VjError("there is no such cluster", address, f"{hint} ({str(error).splitlines()[0]})") from error
        self._options = room(self._ray.cluster_resources())
        self._count = count or self._options.pop("hands")
        self._options.pop("hands", None)
        self._numbers = itertools.count()
        self._actors: dict[int, Any] = {}
        self._asked: dict[Any, tuple[int, str]] = {}
        self._sent: dict[str, Any] = {}
        self._left = REPLACED * self._count
        self._job: Job | None = None

    @property
    def hands(self) -> Sequence[int]:
        return tuple(self._actors)

    def begin(self, job: Job) -> None:
        programs = {
            name: files if files is None else {file: self._put(blob) for file, blob in files.items()}
            for name, files in job.programs.items()
        }
        media = {path: self._put(blob) for path, blob in job.media.items()}
        self._job = replace(job, programs=programs, media=media)
        self._bundles, self._sent = self._sent, {}  # these are kept for hands that come later
        for _ in range(self._count):
            self._hire()

    def _hire(self) -> None:
        hand = next(self._numbers)
        far = self._ray.remote(max_concurrency=2, max_restarts=0, **self._options)(Far)
        self._actors[hand] = far.remote(self._job)
        self._ask(hand, "about")

    def share(self, path: Path) -> Blob:
        return Blob(sha_of(path), path)

    def forget(self, blob: Blob) -> None:
        self._sent.pop(blob.sha, None)

    def _put(self, blob: Blob) -> Blob:
        """`blob` in the cluster's store, from which any hand can fetch it."""
        if blob.sha not in self._sent:
            self._sent[blob.sha] = self._ray.put(Path(blob.where).read_bytes())
            while len(self._sent) > KEPT and self._job is not None:
                self._sent.pop(next(iter(self._sent)))
        return Blob(blob.sha, self._sent[blob.sha])

    def make(self, hand: int, task: Task) -> None:
        self._ask(hand, "make", replace(task, blocks=tuple(map(self._put, task.blocks))))
        self._ask(hand, "moved")

    def tell(self, hand: int, end: str) -> None:
        self._ask(hand, "history", end)

    def _ask(self, hand: int, verb: str, *what: Any) -> None:
        if hand in self._actors:
            self._asked[getattr(self._actors[hand], verb).remote(*what)] = hand, verb

    def next(self, timeout: float) -> Word | None:
        done, _ = self._ray.wait(list(self._asked), timeout=timeout) if self._asked else ([], None)
        if not done:
            return None
        hand, verb = self._asked.pop(done[0])
        try:
            word, what = self._ray.get(done[0])
        except self._ray.exceptions.RayError as error:
            return self._gone(hand, str(error).strip().splitlines()[0])
        if verb == "moved" and (hand, "make") in self._asked.values():
            self._ask(hand, "moved")
        return hand, word, what

    def _gone(self, hand: int, why: str) -> Word:
        """An actor died, or its machine."""
        self._asked = {ref: asked for ref, asked in self._asked.items() if asked[0] != hand}
        actor = self._actors.pop(hand, None)
        if actor is not None:
            with suppress(Exception):
                self._ray.kill(actor)
            if self._left > 0:
                self._left -= 1
                self._hire()
        return hand, "lost", why

    def close(self) -> None:
        for actor in self._actors.values():
            with suppress(Exception):
                self._ray.kill(actor)
        self._actors.clear()
        self._asked.clear()
        self._ray.shutdown()


def room(resources: Mapping[str, float]) -> dict[str, Any]:
    """How many `hands` a cluster of those resources has room for, and what each is to have: a card of its own where
    there are any, else a processor."""
    cards, processors = int(resources.get("GPU", 0)), int(resources.get("CPU", 1))
    if cards:
        return {"hands": cards, "num_gpus": 1, "num_cpus": max(1, processors // cards // 2)}
    return {"hands": max(1, processors), "num_gpus": 0, "num_cpus": 1}


def _ray() -> Any:
    """Ray, which is imported here only. Raises VjError."""
    try:
        return importlib.import_module("ray")
    except ModuleNotFoundError as error:
        raise VjError(f"a cluster needs the package {error.name}", "--cluster", extra("cluster")) from None

"""A generator in a process of its own: it may hang or die, and is begun again while the show goes on.

generator = Apart("worlds")     # like any other; while it is away `generate` raises, and then it is there again
"""

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from vj.apps.guard import proc, pulse
from vj.apps.guard.block import Pulse
from vj.apps.guard.judge import Judge
from vj.apps.guard.painter import Painter, copied, read, write
from vj.core.errors import BundleError
from vj.core.types import U8, Latent, LatentSpec, Moment

#: How long opening may take.
OPENS_S = 120.0
#: How long the first picture may take.
FIRST_S = 4.0
#: Later ones may take so many times the longest lately.
PATIENCE_FACTOR = 8.0
#: What of the longest is left with every picture.
FADES = 0.9
#: Seconds between two looks at who is waited for.
LOOK_S = 0.1
#: After so many deaths in a row it is begun again only every REST_S.
MAX_DEATHS = 3
REST_S = 10.0

#: A painter that was copied and that no generator has yet.
_painter: Painter | None = None


def copy_painter() -> None:
    """Have a painter ready that need not import anything: a copy of this process, which must have no other thread yet.
    The first generator that is opened is its."""
    global _painter
    if can_be_apart():
        _painter = copied()


class Apart:
    """Plays what `open_generator` knows as `name`. Raises BundleError where it cannot be opened, and from `generate`
    while it is away. One that is `modest` gives way to others while it is opened, but not any more when it plays.
    `deaths` counts how often it had to be begun again."""

    def __init__(
        self,
        name: str,
        size: tuple[int, int] | None = None,
        threads: int | None = None,
        timed: bool = False,
        runtime: str | None = None,
        modest: bool = False,
    ) -> None:
        self._asked = {"name": name, "size": size, "threads": threads, "timed": timed, "runtime": runtime}
        self._modest = modest
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | Painter | None = None
        self._took, self._row, self._again, self._closed = FIRST_S / PATIENCE_FACTOR, 0, 0.0, False
        self.deaths = 0
        self.spec: LatentSpec
        self._begin()
        self.size = self.usual

    @property
    def pid(self) -> int:
        """Of its process; 0 while there is none."""
        return self._child.pid if self._child is not None else 0

    @property
    def free(self) -> bool:
        """Whether its size may change from picture to picture."""
        return self._free

    @property
    def provider(self) -> str:
        """What runs it, as it says itself."""
        return self._provider

    def generate(self, latents: Sequence[Latent]) -> U8:
        """[N, height, width, 3] uint8 sRGB, one picture a latent."""
        with self._lock:
            if self._child is None:
                self._begin()
            asked = {
                "size": self.size,
                "z": np.stack([latent.z for latent in latents]),
                "mix": np.stack([latent.mix for latent in latents]),
                "directions": np.stack([latent.directions for latent in latents]),
                "psi": [float(latent.psi) for latent in latents],
                "seeds": [int(latent.noise_seed) for latent in latents],
                "cuts": [bool(latent.cut) for latent in latents],
                "moments": [_plain(latent.moment) for latent in latents] if self._timely else [],
            }
            began = time.perf_counter()
            said, pixels = self._say(asked, max(pulse.PATIENCE_S, PATIENCE_FACTOR * self._took))
            took = time.perf_counter() - began
            self._took, self._row = max(took, FADES * self._took), 0
            self.size = tuple(said["size"])
            return np.frombuffer(pixels, np.uint8).reshape(said["shape"])

    def resize(self, size: tuple[int, int]) -> None:
        """Make pictures of `size` (width, height) from now on; nothing where the size is fixed."""
        if self._free:
            self.size = size

    def warm_up(self) -> None:
        """It is warm when it is there."""

    def close(self) -> None:
        """End its process. Harmless when called twice."""
        with self._lock:
            self._closed = True
            self._end()

    def _begin(self) -> None:
        """Start the process and wait until it has opened its generator."""
        if self._closed:
            raise BundleError("the generator is closed", str(self._asked["name"]))
        if (left := self._again - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_S))
            raise BundleError("the generator keeps dying", str(self._asked["name"]), "take another bundle or look")
        self._child = _copy_at_hand() or self._begun()
        proc.spared(self._child.pid, 300)  # where memory ends rather this one than the show
        said, _ = self._say({**self._asked, "modest": self._modest}, OPENS_S)
        self._modest = False
        self.spec = LatentSpec(**{name: _tuples(value) for name, value in said["spec"].items()})
        self.usual: tuple[int, int] = tuple(said["usual"])
        self._free, self._provider = bool(said["free"]), str(said["provider"])
        self._timely = said["remembers"] is not None
        if self._timely:  # only who has this is asked for pictures of moments
            self.remembers = bool(said["remembers"])
        self._took = FIRST_S / PATIENCE_FACTOR

    def _begun(self) -> "subprocess.Popen[bytes]":
        package = Path(__file__).resolve().parents[3]
        paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
        return subprocess.Popen(
            [sys.executable, "-m", "vj.apps.guard.painter"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,  # out of reach of a Ctrl-C meant for us
        )

    def _say(self, asked: dict[str, Any], patience: float) -> tuple[dict[str, Any], bytearray]:
        """What it answers; raises BundleError where it dies, hangs, or says what is wrong."""
        child = self._child
        assert child is not None
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            write(child.stdin, asked)
            self._wait(child, patience)
            answer = read(child.stdout)
        except OSError:
            answer = None
        if answer is None:
            raise self._died(f"died ({child.wait()})" if child.poll() is not None else "did not answer")
        said, pixels = answer
        if "error" in said:
            raise BundleError(*said["error"])
        return said, pixels

    def _wait(self, child: "subprocess.Popen[bytes] | Painter", patience: float) -> None:
        """Until it answers or is gone; ends it where it hangs. The thread that waits lives."""
        assert child.stdout is not None
        judge, name = Judge(), threading.current_thread().name
        while not select.select([child.stdout.fileno()], [], [], LOOK_S)[0]:
            pulse.still(name)
            if judge.look(time.monotonic(), child.pid, [Pulse("picture", 1, patience, 0)]):
                child.kill()
                return

    def _died(self, how: str) -> BundleError:
        """It is gone: the next picture begins it again."""
        self._end()
        self.deaths += 1
        self._row += 1
        if self._row >= MAX_DEATHS:
            self._again = time.monotonic() + REST_S
        return BundleError(f"the generator {how} and is begun again", str(self._asked["name"]))

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    try:
                        pipe.close()
                    except OSError:
                        continue


def _copy_at_hand() -> Painter | None:
    """The one that was made beforehand, if it lives and nobody has it."""
    global _painter
    painter, _painter = _painter, None
    return painter if painter is not None and painter.poll() is None else None


def _plain(moment: Moment | None) -> list[Any] | None:
    return None if moment is None else [getattr(moment, each.name) for each in fields(moment)]


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def can_be_apart() -> bool:
    """Whether pictures may go through the memory of the processor: with a card's build they had better not."""
    from importlib.metadata import PackageNotFoundError, version

    for package in ("onnxruntime-gpu", "onnxruntime-directml"):
        try:
            version(package)
        except PackageNotFoundError:
            continue
        return False
    return sys.platform == "linux"

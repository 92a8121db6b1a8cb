"""One output: its child process, begun, watched, told of and begun again when it dies."""

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress

from vj.core.types import F32, U8
from vj.outputs.sending.asked import Asked
from vj.outputs.sending.kinds import KINDS
from vj.outputs.sending.slots import Shared
from vj.outputs.sending.talk import HEADER, SAMPLES, Task
from vj.outputs.video.child import environment

#: Before each new try.
AGAIN_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
#: A try must have gone well for so long for the next to be the first again.
WELL_S = 20.0
#: What a child has to end by itself.
GRACE_S = 2.0
#: A child that takes no picture for so long is stuck.
STUCK_S = 15.0
#: Pixels that there is room for at least, whatever the wall is when it begins: it may be made larger.
ROOM_PX = 1920 * 1200


class Live:
    """A child at work. Nothing here waits: what finds no room is dropped and counted."""

    def __init__(self, process: "subprocess.Popen[bytes]", shared: Shared) -> None:
        assert process.stdin is not None
        self.process, self.shared = process, shared
        self._pipe = process.stdin.fileno()
        self._slot = 0
        self.began = self.moved = time.monotonic()
        self._beat = -1
        self.dropped = 0

    def place(self, height: int, width: int) -> U8 | None:
        """Where the next picture [height, width, 4] goes, or None."""
        slot = self.shared.free()
        if slot is None or 4 * height * width > self.shared.capacity:
            self.dropped += 1
            return None
        self._slot = slot
        return self.shared.view(slot, height, width)

    def post(self, height: int, width: int, t: float) -> None:
        """What was put in its place is a picture of show time `t`."""
        self.shared.give(self._slot)
        if not self._write(HEADER.pack(b"F", self._slot, round(t * 1e6), height, width)):
            self.shared.back(self._slot)
            self.dropped += 1

    def hear(self, samples: F32, t: float, rate: int) -> None:
        """[n] mono samples, the first of show time `t`."""
        for start in range(0, len(samples), SAMPLES):
            body = samples[start : start + SAMPLES].tobytes()
            self._write(HEADER.pack(b"A", len(body), round((t + start / rate) * 1e6), 0, 0) + body)

    @property
    def stuck(self) -> bool:
        """Whether it has not moved for long."""
        now, beat = time.monotonic(), self.shared["beat"]
        if beat != self._beat:
            self._beat, self.moved = beat, now
        return now - self.moved > STUCK_S

    def end(self) -> None:
        """Let it finish; it is stopped if that takes long."""
        self._write(HEADER.pack(b"E", 0, 0, 0, 0))
        timer = threading.Timer(GRACE_S, self.kill)
        timer.daemon = True
        timer.start()

    def kill(self) -> None:
        """Stop it at once."""
        with suppress(OSError):
            self.process.kill()

    def _write(self, message: bytes) -> bool:
        """Whether the pipe took it."""
        try:
            return os.write(self._pipe, message) == len(message)
        except OSError:  # it is full, or nobody is there any more, which is found out elsewhere
            return False


class Sender:
    """The output `asked` for, while it is `wanted`; `news` are lines for the operator, each told once.

    state     "off", "starting", "on", "again in 4 s", "cannot be"
    told      what it is, once it is on; `trouble` why it ended last
    restarts  how often it was begun again; `dropped` pictures that found no room
    """

    def __init__(self, asked: Asked, sound: int, news: list[str]) -> None:
        self.asked = asked
        self._sound = sound if asked.sound and KINDS[asked.kind].sound else 0
        self._news = news
        self._size: tuple[int, int] | None = None
        self._wanted = False
        self._changed = threading.Condition()
        self._closing = self._final = False
        self._thread: threading.Thread | None = None
        self._before = [0, 0]
        self.live: Live | None = None
        self.state, self.told, self.trouble = "off", "", ""
        self.restarts = 0

    @property
    def sent(self) -> int:
        """Pictures that went out."""
        live = self.live
        return self._before[0] + (live.shared["sent"] if live else 0)

    @property
    def dropped(self) -> int:
        """Pictures that did not: there was no room, or a newer one was there."""
        live = self.live
        return self._before[1] + (live.dropped + live.shared["late"] if live else 0)

    @property
    def watched(self) -> int:
        """How many receive it, -1 where that is not known."""
        live = self.live
        return live.shared["eyes"] if live and self.state == "on" else -1

    def want(self, wanted: bool, size: tuple[int, int]) -> None:
        """Whether it is to be on; `size` is that of its part of the picture."""
        self._size = self._size or size
        if self._thread is None and wanted:
            self._thread = threading.Thread(target=self._run, name=f"output {self.asked.name}", daemon=True)
            self._thread.start()
        live = self.live
        if live is not None and live.stuck:
            self.trouble = f"it took nothing for {STUCK_S:.0f} s"
            live.kill()
        if wanted != self._wanted:
            with self._changed:
                self._wanted, self._size = wanted, size
                self._changed.notify()
            if live is not None and not wanted:
                live.end()

    def hear(self, samples: F32, t: float) -> None:
        """[n] mono samples of the show, the first of show time `t`."""
        live = self.live
        if live is not None and self._sound and self.state == "on":
            live.hear(samples, t, self._sound)

    def close(self) -> None:
        """Begin to end; `join` waits for it."""
        with self._changed:
            self._closing, self._wanted = True, False
            self._changed.notify()
        live = self.live
        if live is not None:
            live.end()

    def join(self, seconds: float) -> None:
        """Wait for the end that `close` began."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        """Thread: one child after the other, and nothing while it is off."""
        tries = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted or self._closing)
                if self._closing:
                    return
            began = time.monotonic()
            self.state = "starting"
            self.trouble = ""
            self._final = False
            try:
                self._perform(tries)
            except Exception as error:  # noqa: BLE001  an output's trouble is its own
                self.trouble = self.trouble or str(error).splitlines()[0]
            if not self._wanted:
                self.state, tries = "off", 0
                continue
            if self._final:
                self._news.append(f"{self.asked.name}: {self.trouble}")
                self.state = "cannot be"
                with self._changed:
                    self._changed.wait_for(lambda: not self._wanted)
                self.state, tries = "off", 0
                continue
            tries = 1 if time.monotonic() - began > WELL_S else tries + 1
            self.restarts += 1
            pause = AGAIN_S[min(tries, len(AGAIN_S)) - 1]
            if tries == 1:
                self._news.append(f"{self.asked.name}: {self.trouble}; the show goes on, and it is tried again")
            self.state = f"again in {pause:.0f} s"
            with self._changed:
                self._changed.wait_for(lambda: not self._wanted, pause)

    def _perform(self, tries: int) -> None:
        """One child from its beginning to its end."""
        size = self.asked.size or self._size
        assert size is not None
        shared = Shared.create(max(ROOM_PX, size[0] * size[1]))
        try:
            process = spawn()
            live = Live(process, shared)
            assert process.stdin is not None
            assert process.stdout is not None
            task = Task(self.asked, size, self._sound, str(shared.path), shared.capacity)
            process.stdin.write(task.line())
            with suppress(OSError, AttributeError):  # Windows before Python 3.12: there a pipe is written to as it is
                os.set_blocking(process.stdin.fileno(), False)
            self.live = live
            if not self._wanted:
                live.end()
            for line in process.stdout:
                self._told(line.decode(errors="replace").rstrip("\n"), tries)
            code = process.wait()
            self.trouble = self.trouble or (f"it died (exit code {code})" if code else "it ended")
        finally:
            live_, self.live = self.live, None
            shared.unlink()
            if live_ is not None:
                self._before[0] += shared["sent"]
                self._before[1] += live_.dropped + shared["late"]
                live_.kill()
                live_.process.wait()
                for pipe in filter(None, (live_.process.stdin, live_.process.stdout)):
                    with suppress(OSError):
                        pipe.close()

    def _told(self, line: str, tries: int) -> None:
        word, _, rest = line.partition(" ")
        if word == "ready":
            self.told = rest
            self.state = "on"
            if tries:
                self._news.append(f"{self.asked.name} is sent again")
        elif word == "note":
            self._news.append(f"{self.asked.name}: {rest}")
        elif word == "error":
            what, where, hint, self._final = json.loads(rest)
            self.trouble = what + (f" ({where})" if where else "") + (f": {hint}" if hint else "")


def spawn() -> "subprocess.Popen[bytes]":
    """The child's process, out of reach of a Ctrl-C meant for us. Where there is little time the show has most of it;
    at 19 a stream sent a picture a second beside a show that draws on both processors."""
    command = [sys.executable, "-m", "vj.outputs.sending.child"]
    if os.name == "posix":
        command = ["nice", "-n", "10", *command]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        env=environment(),
        start_new_session=os.name == "posix",
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )

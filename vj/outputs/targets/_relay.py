"""Where our FFmpeg does not speak a protocol, the program `ffmpeg` may: it carries the stream on as it is."""

import shutil
import subprocess
import threading
from contextlib import suppress

from vj.core.errors import OutputError
from vj.outputs.sending.asked import hidden
from vj.outputs.sending.talk import ImpossibleError


class Relay:
    """A file to write a transport stream to, which goes to `url`; OutputError once the far end is gone."""

    def __init__(self, url: str) -> None:
        program = shutil.which("ffmpeg")
        if program is None:
            raise ImpossibleError("the program ffmpeg is needed for that", hidden(url), "apt install ffmpeg")
        quick = ["-fflags", "nobuffer", "-analyzeduration", "1000000", "-probesize", "500000"]
        command = [program, "-v", "error", *quick, "-f", "mpegts", "-i", "pipe:0", "-c", "copy", "-f", "mpegts", url]
        self._url, self._said = url, ""
        self._program = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        """Thread: the last thing it says is why it ended."""
        assert self._program.stderr is not None
        with self._program.stderr as lines:
            for line in lines:
                self._said = line.decode(errors="replace").strip() or self._said

    def write(self, data: bytes) -> int:
        """Pass it on."""
        assert self._program.stdin is not None
        try:
            return self._program.stdin.write(data)
        except (OSError, ValueError):
            self._program.wait(1.0)
            why = self._said.rpartition("] ")[2].rpartition(": ")[2].rstrip(".") or "the far end is gone"
            raise OutputError(f"the stream ended: {why[:1].lower()}{why[1:]}", hidden(self._url)) from None

    def close(self) -> None:
        """Let it send what it has."""
        with suppress(OSError, subprocess.TimeoutExpired):
            if self._program.stdin is not None:
                self._program.stdin.close()
            self._program.wait(1.0)
        self._program.kill()
        self._program.wait()
        self._listener.join()

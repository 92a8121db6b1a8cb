"""The child process that decodes sound files, so that no file can end a show: a crash in a decoder ends only this.

Started as `python -P -m vj.devices.audio._decode_child`; one request a line of JSON on its standard input:

{"do": "look", "path", "track", "pick", "start"}   what the file is, or why it cannot be heard
{"do": "play", "path", "track", "pick", "rate", "width", "first", "last"}   its samples first to last at `rate`

Out come records headed by `RECORD` (kind, bytes that follow): S for float32 samples, [n] or [n, 2] by `width`, and J
for a JSON object, with which every answer ends. The pipe holds the child back while its parent does not read.
It ends when its standard input does.
"""

import json
import os
import signal
import sys
from typing import Any

import numpy as np

from vj.core.errors import AudioError
from vj.core.types import F32
from vj.devices.audio._decode_mix import Mixer, joined
from vj.devices.audio._decode_open import HINT, Opened, refused
from vj.devices.audio._decode_wire import RECORD

#: A sound track counts as silent after so much of nothing louder than SILENCE_AMPLITUDE.
SILENT_S = 60.0
#: Of full scale: -80 dB.
SILENCE_AMPLITUDE = 1e-4


class Child:
    """Answers the parent's requests one after the other."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def answer(self, request: dict[str, Any]) -> None:
        """Do what is asked for; what goes wrong is an answer too."""
        try:
            done = look(**request) if request.pop("do") == "look" else self.play(**request)
        except BrokenPipeError:
            raise
        except AudioError as error:
            done = {"error": error.what, "hint": error.hint}
        except Exception as error:  # noqa: BLE001  whatever a file does to a decoder, its reader is told in words
            done = {"error": f"this file cannot be decoded ({error})", "hint": HINT}
        self._write(b"J", json.dumps(done).encode())

    def play(
        self,
        path: str,
        track: int | None,
        pick: list[int],
        rate: int,
        width: int,
        first: int,
        last: int | None,
    ) -> dict[str, Any]:
        """Send the samples from `first` up to `last`, or to the end; what was noticed on the way."""
        opened = Opened(path, track)
        try:
            mixer = Mixer(rate, width, opened.places, tuple(pick))
            position = 0
            for samples, native in joined(opened.pieces()):
                for part in mixer.mix(samples, native):
                    self._send(part, position, first, last)
                    position += len(part)
                if last is not None and position >= last:
                    return self._seen(opened, mixer, None)
            for part in mixer.flush():
                self._send(part, position, first, last)
                position += len(part)
            if position <= first:
                raise past_the_end(position / rate, first / rate)
            return self._seen(opened, mixer, position / rate)
        finally:
            opened.close()

    def _seen(self, opened: Opened, mixer: Mixer, seconds: float | None) -> dict[str, Any]:
        """`seconds` the file really lasts, None unless it was decoded to its end."""
        return {"seconds": seconds, "damaged": opened.damaged, "unclean": mixer.unclean, "peak": mixer.peak}

    def _send(self, part: F32, position: int, first: int, last: int | None) -> None:
        """What of `part`, which begins at `position`, lies between `first` and `last`."""
        stop = len(part) if last is None else max(last - position, 0)
        piece = part[max(first - position, 0) : stop]
        if len(piece):
            self._write(b"S", piece.tobytes())

    def _write(self, kind: bytes, data: bytes) -> None:
        view = memoryview(RECORD.pack(kind, len(data)) + data)
        while view:
            view = view[os.write(self._pipe, view) :]


def look(path: str, track: int | None, pick: list[int], start: float) -> dict[str, Any]:
    """What a file is. AudioError unless it has the channels and there is sound at second `start`."""
    opened = Opened(path, track)
    try:
        if pick and max(pick) >= opened.channels:
            has = f"{opened.channels} channel{'s' if opened.channels > 1 else ''}"
            raise refused(f"this file has {has}, so there is no channel {max(pick) + 1}", "channels count from 1")
        native, seconds = 0, 0.0
        for piece, native in opened.pieces():
            seconds += len(piece) / native
            if seconds > start:
                break
        else:
            raise past_the_end(seconds, start)
        known = {"native": native, "length": opened.length, "guessed": opened.guessed}
        return (
            known
            | {"channels": opened.channels, "track": opened.track, "tracks": opened.tracks}
            | {"note": told(opened, track is None)}
            | {"codec": opened.codec, "layout": opened.layout, "lead": max(opened.lead, 0)}
        )
    finally:
        opened.close()


def past_the_end(seconds: float, start: float) -> AudioError:
    """Why there is nothing to hear from second `start` on in a file of so many seconds."""
    if seconds == 0.0:
        return refused("there is no sound in this file", "is it empty or cut off? " + HINT)
    return refused(f"the file ends at {seconds:.1f} s, before the start at {start:g} s", "choose an earlier --from")


def told(opened: Opened, chose: bool) -> str:
    """What to know of a file of several sound tracks: which is heard, and whether it is the wrong one."""
    if opened.tracks == 1:
        return ""
    language = f" ({opened.language})" if opened.language else ""
    words = (
        f"sound track {opened.track + 1} of {opened.tracks}{language} is heard; --track chooses another"
        if chose
        else ""
    )
    if silent(opened.path, opened.track):
        others = [n for n in range(opened.tracks) if n != opened.track and not silent(opened.path, n)]
        if others:
            which = f"sound track {opened.track + 1} is silent for its first minute, track {others[0] + 1} is not"
            words = f"{words}; {which}" if words else which
    return words


def silent(path: str, track: int) -> bool:
    """Whether a sound track has nothing to hear in its first minute."""
    seconds = 0.0
    try:
        opened = Opened(path, track)
        try:
            for samples, rate in joined(opened.pieces()):
                if np.abs(samples).max() > SILENCE_AMPLITUDE:
                    return False
                seconds += len(samples) / rate
                if seconds >= SILENT_S:
                    break
        finally:
            opened.close()
    except AudioError:
        pass
    return True


def main() -> None:
    """Answer until there are no more questions."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes our stdin
    pipe = os.dup(1)
    os.dup2(2, 1)  # so that a chatty library cannot write between our records
    child = Child(pipe)
    try:
        for line in sys.stdin.buffer:
            child.answer(json.loads(line))
    except BrokenPipeError:
        pass  # the parent has gone
    os._exit(0)


if __name__ == "__main__":
    main()

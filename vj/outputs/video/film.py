"""Writes a film of any format, in a child process fed through shared memory.

The encoder would eat a core and hold our interpreter up; in a process of its own it can do neither. A file of MP4,
MOV or MKV is playable at any moment, also when either process is killed; so are the pictures of a sequence.
"""

import json
import math
import queue
import subprocess
import threading
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from vj.core.errors import OutputError
from vj.core.threads.standstill import Standstill
from vj.core.types import F32, U8, U16, Frame
from vj.outputs.unfinished import unfinished
from vj.outputs.video.asked import Encoding, Labels, Sound, Source
from vj.outputs.video.child import hint, spawn
from vj.outputs.video.formats import CODECS, FORMATS, Choice, Size, chosen, fitting
from vj.outputs.video.job import HEADER, Job
from vj.outputs.video.outbox import Outbox
from vj.outputs.video.ring import SharedSlots

#: A picture [h, w, 3] of 8 or 16 bits.
Pixels = U8 | U16
#: Sound is passed on in pieces of this many samples, so that one message never holds the pipe for long.
PIECE = 4096
#: Sound that comes so much too late or too early is taken as it is.
HOLE_S = 0.01
#: A live recording is waited for so long until it can begin, ...
OPENING_S = 60.0
#: ... and so long without any progress at its end: on a disk that stands still it would be for ever; ...
PATIENCE_S = 30.0
#: ... a slice at a time.
SLICE_S = 0.1
#: A live recording takes pictures of up to so many pixels; of larger ones it takes every other pixel, or fewer.
LIVE_PIXELS = 1920 * 1200


def open_film(
    path: Path | str,
    size: Size,
    fps: Fraction | float,
    sound: Sound | None = None,
    encoding: Encoding | None = None,
    *,
    form: str = "",
    source: Source | None = None,
    labels: Labels | None = None,
    block: bool = True,
) -> "Film":
    """A film of the format `form`, or the one that the suffix of `path` says; raises OutputError for what cannot be."""
    encoding = encoding or Encoding()
    choice = chosen(Path(path), form, encoding.codec, encoding.depth, encoding.alpha)
    return Film(path, size, fps, sound, encoding, block, choice, source, labels)


def job_for(
    path: Path,
    size: Size,
    fps: Fraction,
    choice: Choice,
    encoding: Encoding,
    sound: Sound | None = None,
    source: Source | None = None,
    labels: Labels | None = None,
) -> Job:
    """All that is known of a film before there is anybody to write it."""
    return replace(
        Job.of(choice, encoding, sound, source, labels or Labels()),
        path=str(path),
        width=size[0],
        height=size[1],
        fps=(fps.numerator, fps.denominator),
    )


class Film:
    """A film of constant frame rate.

    With `block` (a render) every frame written becomes the next frame of the file and `write` waits while the encoder
    is behind. Without it (recording a live show) a frame goes where its show time belongs, counted from the first
    one's; a frame that finds no free slot is dropped and counted, and its place is filled by the one before.
    Sound starts at the first frame; that of a `source` is taken over as it is where the format takes it, and what is
    written as sound is then left alone. `size` is what the codec makes of the size asked for, `deep` whether pictures
    may come as uint16, `codec` the encoder at work, `sounds` what became of the sound, `notes` what to tell.
    """

    def __init__(
        self,
        path: Path | str,
        size: Size,
        fps: Fraction | float,
        sound: Sound | None = None,
        encoding: Encoding | None = None,
        block: bool = True,
        choice: Choice | None = None,
        source: Source | None = None,
        labels: Labels | None = None,
    ) -> None:
        if sound is not None and sound.channels not in (1, 2):
            raise OutputError(f"{sound.channels} channels of sound", str(path), "mix them down to one or two")
        encoding = encoding or Encoding()
        self.path = Path(path)
        self.choice = choice or chosen(self.path, "mp4", encoding.codec, encoding.depth, encoding.alpha)
        self.size = fitting(self.choice, size, self.path)
        self.fps = Fraction(fps).limit_denominator(1001)
        self.sound = sound
        self.block = block
        self.dropped = 0
        self.frames = 0
        self.codec = self.sounds = ""
        self.notes: list[str] = []
        if self.size != tuple(size) and block:
            codec = CODECS[self.choice.codec]
            became = f"{size[0]}x{size[1]} becomes {self.size[0]}x{self.size[1]}"
            self.notes.append(f"{became}: {codec.title} has sides in steps of {codec.sides[0]}")
        self._source, self._labels = source, labels or Labels()
        self._first: float | None = None
        self._last = -1
        self._samples = self._heard = 0
        self._error: OutputError | None = None
        self._closed = self._copied = False
        self._start(encoding)

    @property
    def deep(self) -> bool:
        """Whether pictures of 16 bits a channel are worth making."""
        return self.choice.deep

    @property
    def kind(self) -> str:
        """What it is, in words: the pictures, who makes them, and the sound."""
        return f"{self.choice.title} ({self.codec}), sound: {self.sounds or 'none'}"

    def _start(self, encoding: Encoding) -> None:
        """Start the child, hand it its job and wait until the file is open."""
        folder = self.path.parent
        if FORMATS[self.choice.format].kind == "sequence" and folder.parent.is_dir():
            folder.mkdir(exist_ok=True)
        if not folder.is_dir():
            raise OutputError("the folder does not exist", str(folder), "create it first")
        # Generators may make larger pictures than the film is, and a window be larger; the child scales them.
        self._capacity = max(self.size[0] * self.size[1], 1024 * 1024 if self.block else LIVE_PIXELS) * self._pixel
        self._slots = SharedSlots.create(self._capacity, encoding.slots)
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for slot in range(encoding.slots):
            self._free.put(slot)
        self._ready = threading.Event()
        self._child = spawn(background=not self.block)
        assert self._child.stdin is not None
        self._outbox = None if self.block else Outbox(self._child.stdin)  # type: ignore[arg-type]
        self._listener = threading.Thread(target=self._listen, name="film", daemon=True)
        self._listener.start()
        job = job_for(self.path, self.size, self.fps, self.choice, encoding, self.sound, self._source, self._labels)
        self._send(replace(job, slots=str(self._slots.path), capacity=self._capacity).line())
        if not self._ready.wait(None if self.block else OPENING_S) and self._error is None:
            told, advice = "the encoder does not answer", "close what else keeps the processor busy, and record again"
            self._error = OutputError(told, str(self.path), advice)
            self._child.kill()
        if self._error is not None:
            self._finish()
            raise self._error

    @property
    def _pixel(self) -> int:
        """Bytes a pixel on their way."""
        return 6 if self.deep else 3

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def write(self, frame: Frame | Pixels) -> None:
        """Take one frame, or a picture [h, w, 3] of 8 or 16 bits; one of another size is scaled to cover the film's.

        Raises OutputError when the encoder has failed.
        """
        image: Pixels = unfinished(frame) if isinstance(frame, Frame) else frame
        number = self._number(frame.t if isinstance(frame, Frame) else None)
        if number <= self._last:
            return
        slot = self._slot()
        if slot is None:
            self.dropped += 1
            return
        height, width = image.shape[:2]
        if width * height * self._pixel > self._capacity:
            if self.block:
                raise OutputError(f"a frame of {width}x{height} is too large for this film", str(self.path), "scale it")
            step = math.ceil(math.sqrt(width * height * self._pixel / self._capacity))
            image = image[::step, ::step]
            height, width = image.shape[:2]
        self._slots.put(slot, image, self.deep)
        if not self._send(HEADER.pack(b"F", slot, number, height, width)):
            self._free.put(slot)
            self.dropped += 1
            return
        self._last = number
        self.frames += 1

    def _number(self, t: float | None) -> int:
        """The frame's place in the film."""
        if self.block or t is None:
            return self._last + 1
        if self._first is None:
            self._first = t
        return round((t - self._first) * float(self.fps))

    def _slot(self) -> int | None:
        """A free slot: waits for one, or returns None at once when we may not wait. A dead child raises."""
        try:
            slot = self._free.get(block=self.block)
        except queue.Empty:
            return None
        if slot < 0:
            self._free.put(slot)
            raise self._error or OutputError("the encoder is gone", str(self.path))
        return slot

    def write_audio(self, samples: F32, t: float | None = None) -> None:
        """Append sound [n, channels], -1..1. Send it along with the frames, not all at once.

        In a live recording give `t`, the show time of the first sample: what was before the first frame is left out,
        and a hole is filled with silence. Without it sound follows sound, from the first frame on.
        """
        if self.sound is None:
            raise OutputError("this film has no sound track", str(self.path), "give it a Sound")
        if self._copied or not self.sound.kept:
            return
        block = np.ascontiguousarray(samples, np.float32).reshape(len(samples), self.sound.channels)
        if t is not None and not self.block:
            block = self._placed(block, t, self.sound)
        for start in range(0, len(block), PIECE):
            piece = block[start : start + PIECE].tobytes()
            if not self._send(HEADER.pack(b"A", len(piece), 0, 0, 0) + piece):
                return  # the next sound that has room is put in its place, after silence
            self._samples += len(block[start : start + PIECE])

    def _placed(self, block: F32, t: float, sound: Sound) -> F32:
        """`block` cut at its beginning, or with silence before it, so that it begins where the sound so far ends."""
        if self._first is None:
            return block[:0]
        hole = round((t - self._first) * sound.rate) - self._samples
        # Time stamps round; a sample here or there would be heard as a click.
        if abs(hole) <= HOLE_S * sound.rate and self._samples:
            return block
        if hole < 0:
            return block[-hole:]
        return np.concatenate([np.zeros((hole, sound.channels), np.float32), block])

    def chapter(self, t: float, name: str) -> None:
        """From second `t` of the film on, up to the next one, it is the chapter `name`, where the format has any."""
        text = json.dumps([max(0.0, t), name]).encode()
        self._send(HEADER.pack(b"C", len(text), 0, 0, 0) + text)

    def close(self) -> None:
        """Wait until the last frame is written and the file finished. May be called twice.

        Raises OutputError when the encoder failed on the way.
        """
        if self._closed:
            return
        self._closed = True
        end = HEADER.pack(b"E", 0, 0, 0, 0)
        if self._outbox is not None:
            self._outbox.end(end)
        else:
            with suppress(OutputError):
                self._send(end)
        self._finish()
        if self._error is not None:
            raise self._error

    def _finish(self) -> None:
        """Let the child go and take back what was shared with it."""
        self._closed = True
        pipe = self._child.stdin
        if pipe is not None and self._outbox is None:
            with suppress(BrokenPipeError):
                pipe.close()
        if self._ended():
            self._listener.join()
        elif self._error is None:  # it finishes the file by itself, should its disk go on
            told = "the end of the film is not written: its disk stands still"
            self._error = OutputError(told, str(self.path), "leave it plugged in until it rests, or use another disk")
        self._slots.unlink()

    @property
    def moved(self) -> int:
        """What grows while the encoder gets on: messages that it took, and its answers."""
        return self._heard + (self._outbox.sent if self._outbox is not None else 0)

    def _ended(self) -> bool:
        """Wait for the child's end, however long that takes; False for a live recording that gets on no more."""
        standstill = Standstill(PATIENCE_S)
        while True:
            try:
                self._child.wait(None if self.block else SLICE_S)
                return True
            except subprocess.TimeoutExpired:
                if standstill.waited(SLICE_S, self.moved):
                    return False

    def _send(self, message: bytes) -> bool:
        """Whether it went; a live recording has no room for more than so much."""
        if self._error is not None:
            raise self._error
        if self._outbox is not None:
            return self._outbox.put(message)
        pipe = self._child.stdin
        assert pipe is not None
        try:
            pipe.write(message)
            pipe.flush()
            return True
        except (BrokenPipeError, ValueError):
            self._listener.join()
            raise self._error or OutputError("the encoder is gone", str(self.path)) from None

    def _listen(self) -> None:
        """Thread: free slots and failures come back from the child."""
        pipe = self._child.stdout
        assert pipe is not None
        finished = False
        for line in pipe:
            self._heard += 1
            word, _, rest = line.decode().rstrip("\n").partition(" ")
            if word == "free":
                self._free.put(int(rest))
            elif word == "ready":
                self.codec, self.sounds, self._copied, notes = json.loads(rest)
                self.notes += notes
                self._ready.set()
            elif word == "note":
                self.notes.append(json.loads(rest))
            elif word == "error":
                what, where, advice = json.loads(rest)
                told = f"cannot write the film: {what}"
                self._error = OutputError(told, where or str(self.path), advice or hint(what))
            elif word == "done":
                finished = True
        pipe.close()
        if not finished and self._error is None:
            self._error = OutputError("the encoder died", str(self.path), "what was written before it can be played")
        self._free.put(-1)
        self._ready.set()

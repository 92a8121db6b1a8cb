"""One sound file opened by FFmpeg: which of its sound tracks is heard, and its frames as float samples.

Runs in the decoder's child process only. PyAV 17.1 to 18.1 frees the map of a channel layout that a file describes
channel by channel once too often, for every object that shows such a layout. So the number of channels comes first,
a plain layout of that number is put in the decoder's place for the file's own before anything is decoded, and the
file's own is asked for in words only, which FFmpeg writes itself.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import av.logging
import numpy as np

from vj.core.errors import AudioError
from vj.core.types import F32
from vj.devices.audio._decode_wav import true_codec

HINT = "any file that FFmpeg decodes will do: wav, flac, mp3, ogg, opus, m4a, or a film with sound"
#: Samples a second that are believed; DSD comes as 352800 and more.
RATES = (1000, 4_000_000)
#: Samples by which these come late, where nothing in the file says so and FFmpeg has not cut them off: LAME's 576 and
#: the 529 of every decoder; the first window of MP2 (481), AC-3 (256) and Opus (312). AAC: one frame.
LATE = {"mp3": 1105, "mp2": 481, "ac3": 256, "eac3": 256, "opus": 312}
#: Containers that hold no length; FFmpeg guesses from the bit rate.
GUESSED = {"aac", "mp3", "ac3", "eac3", "loas", "mpegts", "dts", "flv"}
#: WAV comes in pieces of so many bytes; FFmpeg's own 4096 are ten samples of 200 channels.
READING = {"max_size": "65536"}
_TRACK = re.compile(r"^  Stream #0:(\d+)\S*: Audio: .* Hz, ([^,]+)", re.MULTILINE)
_PLACE = re.compile(r"(\d+) channels")


def refused(what: str, hint: str = HINT) -> AudioError:
    """A file that cannot be heard; its reader knows where it is."""
    return AudioError(what, hint=hint)


class Opened:
    """An opened file and its sound track number `track` (from 0; None for the one marked as default).

    channels   of the track, `places` their names where they have one, `tracks` how many sound tracks there are
    length     seconds the file says it lasts, None if it does not; `guessed` where that is no more than a guess
    damaged    pieces that could not be decoded so far
    codec      FFmpeg's name of its codec, "" where it must not be believed; `layout` that of the channels
    lead       samples before the music, known once the first frame was looked at; -1 before that
    """

    def __init__(self, path: str, track: int | None) -> None:
        self.path = path
        try:
            # "file:" keeps a name such as "a:b.wav" from being read as a network protocol.
            self._container = av.open(f"file:{path}", container_options=READING)
        except FileNotFoundError as error:
            raise refused("there is no such sound file", "check the spelling and the folder") from error
        except (av.error.FFmpegError, OSError) as error:
            raise refused(f"this is no sound file that can be read ({error.strerror})") from error
        streams = self._container.streams.audio
        self.tracks = len(streams)
        if not streams:
            raise refused("there is no audio stream in this file")
        if track is not None and track >= self.tracks:
            raise refused(f"there is no sound track {track + 1} in this file", f"it has {self.tracks}: count from 1")
        self.track = self._chosen(streams) if track is None else track
        stream = self._stream = streams[self.track]
        words = self._words()
        self.language = "" if stream.language in (None, "und") else str(stream.language)  # "und": not told
        supposed = stream.codec_context.name if stream.codec_context else ""
        codec, self._gain = true_codec(Path(path), supposed if supposed != "none" else "")
        if not codec:
            raise refused("the sound is in a codec that nobody here knows", "convert it to wav, flac or mp3 first")
        self.channels, self.places, own = _layout(words.get(stream.index, ""), stream)
        self._decoder: av.AudioCodecContext = stream.codec_context
        if codec != supposed:
            rate = _rate(stream)
            other = av.CodecContext.create(codec, "r")
            assert isinstance(other, av.AudioCodecContext)
            other.sample_rate = rate
            self._decoder = other
        self._decoder.layout = own
        self.rate = self._decoder.sample_rate
        self.damaged = 0
        self._late = -1
        believed = codec == supposed and self._gain == 1.0
        self.codec = str(self._decoder.codec.canonical_name) if believed else ""
        self.layout = {1: "mono", 2: "stereo"}.get(self.channels) or words.get(stream.index, "")
        # a wrong decoder means a wrong width of samples, and so a wrong length
        self.guessed = codec != supposed or self._container.format.name.split(",")[0] in GUESSED
        duration = self._container.duration
        self.length = None if duration is None else duration / av.time_base
        if stream.duration is not None and stream.time_base is not None:
            self.length = float(stream.duration * stream.time_base)

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def frames(self) -> Iterator[av.AudioFrame]:
        """Decoded frames from the beginning; what cannot be decoded is counted and left out."""
        packets = self._container.demux(self._stream)
        first = True
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError:  # the file is cut off in the middle of a packet
                self.damaged += 1
                return
            if first:
                first, trimmed = False, packet.has_sidedata("skip_samples") or packet.is_discard
                self._late = 0 if trimmed else -1
                self.guessed = self.guessed and not trimmed
            try:
                yield from self._decoded(packet)
            except av.error.FFmpegError:
                self.damaged += 1

    def _decoded(self, packet: "av.Packet[av.AudioStream]") -> list[av.AudioFrame]:
        if self._decoder is self._stream.codec_context:
            return self._decoder.decode(packet)
        return self._decoder.decode(av.Packet(bytes(packet)) if packet.size else None)

    def pieces(self) -> Iterator[tuple[F32, int]]:
        """[n, channels] float samples, and their rate, from the first that belongs to the music."""
        late = 0
        for number, frame in enumerate(self.frames()):
            if not RATES[0] <= frame.sample_rate <= RATES[1]:
                raise refused(f"this file says it has {frame.sample_rate} samples a second", "is it a sound file?")
            if number == 0:
                late = self.late(frame)
            samples = floats(frame)
            cut = min(late, len(samples))
            late -= cut
            if cut < len(samples):
                yield samples[cut:] if self._gain == 1.0 else samples[cut:] * np.float32(self._gain), frame.sample_rate

    def late(self, frame: av.AudioFrame) -> int:
        """Samples before the music that the file's first frame begins with, and that nobody has cut off."""
        if self._late < 0:
            name = self._decoder.name
            known = next((late for codec, late in LATE.items() if name.startswith(codec)), 0)
            self._late = frame.samples if name.startswith("aac") else known
        return self._late

    @property
    def lead(self) -> int:
        return self._late

    def _words(self) -> dict[int, str]:
        """FFmpeg's own words for the channel layout of each stream, by its index."""
        describe = getattr(self._container, "dumps_format", lambda: "")
        av.logging.set_level(av.logging.INFO)
        try:
            return {int(index): word for index, word in _TRACK.findall(describe())}
        finally:
            av.logging.set_level(None)

    @staticmethod
    def _chosen(streams: Sequence[av.AudioStream]) -> int:
        """The first track that is marked as default, else the first, of those that can be decoded."""
        able = [number for number, stream in enumerate(streams) if stream.codec_context] or [0]
        return next((n for n in able if streams[n].disposition & av.stream.Disposition.default), able[0])


def _rate(stream: av.AudioStream) -> int:
    """Samples a second of a stream, also where no decoder is known for it."""
    return stream.codec_context.sample_rate if stream.codec_context else round(1 / (stream.time_base or 1))


def _layout(word: str, stream: av.AudioStream) -> tuple[int, tuple[str, ...], str]:
    """The number of channels, their names where known, and the name of a plain layout of as many."""
    counted = _PLACE.match(word)
    places: tuple[str, ...] = ()
    if counted:
        count = int(counted[1])
    elif word:
        layout = av.AudioLayout(word)
        count, places = layout.nb_channels, tuple(channel.name for channel in layout.channels)
    else:  # FFmpeg said nothing; the number alone may be asked for, once, as the layout is replaced right after
        count = stream.codec_context.channels if stream.codec_context else 0
    if not 0 < count <= 512:
        raise refused("there is no telling how many channels this file has", "up to 512 can be heard")
    try:
        return count, places, av.AudioLayout(f"{count}c").name
    except ValueError:
        return count, places, f"{count} channels"


_SCALES = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0}


def floats(frame: av.AudioFrame) -> F32:
    """A frame of any format as [n, channels] float32, full scale 1."""
    channels = frame.layout.nb_channels
    kind = frame.format.name
    planar = frame.format.is_planar and channels > 1
    if kind.startswith("s64") or (planar and channels > 7):  # PyAV reads one plane too many of eight
        frame.pts = None
        (frame,) = av.AudioResampler("flt", frame.layout, frame.sample_rate).resample(frame)
        kind, planar = "flt", False
    data = frame.to_ndarray()
    samples = data.T if planar else data.reshape(-1, channels)
    kind = kind.removesuffix("p")
    if kind in ("flt", "fltp"):
        return np.asarray(samples, np.float32)
    if kind == "dbl":
        return np.clip(samples, -1e30, 1e30).astype(np.float32)
    whole = samples.astype(np.float32)
    return (whole - 128.0 if kind == "u8" else whole) / np.float32(_SCALES[kind])

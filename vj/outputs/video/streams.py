"""How each encoder is set up: the one place where the settings of a stream of pictures are made.

The same pictures give the same bytes as long as the number of threads is the same, which x264 also writes into them;
every second begins a group that needs no other.
"""

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

from vj.core.errors import OutputError
from vj.outputs.video.formats import CODECS, Size
from vj.outputs.video.job import Job

#: H.273 codes: BT.709 primaries, transfer and matrix; limited range.
BT709 = 1
LIMITED = 1
#: x264's names of effort, the quickest first; SVT-AV1 counts them down, and is meant for films up to 9.
_PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")


def encoder_for(job: Job) -> tuple[str, str]:
    """The encoder to use and its pixels: the one asked for, else the first that encodes a test picture here.

    Raises OutputError that names what there is.
    """
    known = CODECS[job.codec]
    for name in (job.encoder,) if job.encoder else known.encoders:
        pixels = pixels_for(name, job.codec, job.depth, job.alpha)
        if job.encoder or encodes(name, pixels):
            return name, pixels
    there = ", ".join(word for word in able() if word != job.codec)
    raise OutputError(
        f"nothing here encodes {known.title} with {job.depth} bits ({', '.join(known.encoders)} were tried)",
        job.path,
        f"there are: {there} (vj render --list-formats)",
    )


def able() -> Iterator[str]:
    """The codecs of `CODECS` that FFmpeg encodes here, each with the fewest bits it has; HAP is another program's."""
    for word, known in CODECS.items():
        depths = known.pixels or known.alpha
        if any(encodes(name, pixels_for(name, word, min(depths))) for name in known.encoders):
            yield word


def pixels_for(encoder: str, codec: str, depth: int, alpha: str = "") -> str:
    """The pixels that go into `encoder`."""
    known = CODECS[codec]
    pixels = (known.alpha if alpha else known.pixels or known.alpha)[depth]
    if pixels == "yuv420p10le" and encoder.endswith("_nvenc"):  # it takes 10 bits only so
        return "p010le"
    return {"rgb24": "bgra", "rgba": "bgra"}[pixels] if encoder == "libwebp" else pixels


def encodes(encoder: str, pixels: str = "yuv420p") -> bool:
    """Whether a test picture goes through `encoder` on this machine."""
    try:
        context = av.CodecContext.create(encoder, "w")
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height = 256, 256
        context.time_base, context.framerate = Fraction(1, 30), Fraction(30)
        context.options = _quiet(encoder)
        pixels = context.pix_fmt = "rgb8" if pixels == "pal8" else pixels
        frame = av.VideoFrame.from_ndarray(np.zeros((256, 256, 3), np.uint8), format="rgb24").reformat(format=pixels)
        frame.pts = 0
        return bool(context.encode(frame) + context.encode(None))
    except (av.FFmpegError, ValueError, OSError):
        return False


def video_stream(file: av.container.OutputContainer, job: Job, encoder: str, pixels: str) -> av.VideoStream:
    """A stream for pictures of `job` in `file`, tagged BT.709, limited range, a key frame (so a fragment) a second."""
    fps = Fraction(*job.fps)
    stream = file.add_stream(encoder, rate=fps)
    assert isinstance(stream, av.VideoStream)
    stream.time_base = 1 / fps
    if job.codec == "hevc" and job.format in ("mp4", "mov"):
        stream.codec_context.codec_tag = "hvc1"  # under its other name Apple's players do not know it
    set_up(stream.codec_context, job, encoder, pixels)
    return stream


def set_up(context: av.VideoCodecContext, job: Job, encoder: str, pixels: str) -> None:
    """Tell an encoder all that `job` asks of it."""
    size: Size = (job.width, job.height)
    fps = Fraction(*job.fps)
    context.width, context.height = size
    context.pix_fmt = pixels
    context.time_base = 1 / fps
    context.framerate = fps
    context.gop_size = job.keys or max(1, round(fps))
    if pixels.startswith(("yuv", "p010")):
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = LIMITED
    context.thread_count = job.threads
    # PyAV asks for slices too, and x264 then gives each thread one: more bytes, and others for every number of threads.
    context.thread_type = "FRAME"
    context.options = {**_quiet(encoder), **options(job, encoder)}


def options(job: Job, encoder: str) -> dict[str, str]:
    """The options of an encoder for the quality and effort that `job` asks for."""
    if encoder == "libx264":
        # its macroblock tree adds up floats as the processor likes, and not always the same way twice
        return {"crf": str(job.crf), "preset": job.preset, "x264-params": "cpu-independent=1"}
    if encoder == "libx265":
        # an open group cannot be cut from the one before
        return {"crf": str(job.crf), "preset": job.preset, "x265-params": "log-level=error:open-gop=0"}
    if encoder == "libsvtav1":
        effort = min(9, 10 - _PRESETS.index(job.preset)) if job.preset in _PRESETS else 8
        threads = f"lp={job.threads}" if job.threads else ""
        return {"crf": str(job.crf), "preset": str(effort), "svtav1-params": threads}
    if encoder == "libaom-av1":
        return {"crf": str(round(job.crf * 63 / 51)), "cpu-used": "6", "row-mt": "1"}
    if encoder.endswith("_nvenc"):
        return {"rc": "vbr", "cq": str(job.crf), "preset": "p4"}
    if encoder == "prores_ks":
        deep = {"profile": "4444", "alpha_bits": "16" if job.alpha else "0"}
        return {"vendor": "apl0", **(deep if job.codec == "prores4444" else {"profile": "hq"})}
    if encoder == "libwebp":
        return {"lossless": "1"} if job.crf == 0 else {"quality": "95"}
    if encoder == "exr":
        return {"format": "half", "compression": "zip16"}
    return {}


def _quiet(encoder: str) -> dict[str, str]:
    """What keeps an encoder from talking to the terminal."""
    return {"x265-params": "log-level=error"} if encoder == "libx265" else {}

"""Sound files of every make, written byte by byte or by real encoders."""

import struct
from pathlib import Path

import av
import numpy as np

#: The rest of a WAVEFORMATEXTENSIBLE sub-format, after the two bytes that count.
GUID = bytes.fromhex("000000001000800000aa00389b71")


def wav(
    path: Path,
    samples: np.ndarray,
    rate: int = 48000,
    kind: int | None = None,
    valid: int = 0,
    mask: int | None = None,
) -> Path:
    """`samples` [n, channels] as they are; `kind` 1 integers, 3 floats, else what the numbers are.

    With `mask` (which loudspeakers) or with `valid` bits below a sample's width the header is an extensible one;
    with `valid` and `kind` 1 and no mask a plain one.
    """
    width, channels = samples.dtype.itemsize, samples.shape[1]
    kind = kind or (3 if samples.dtype.kind == "f" else 1)
    bits = valid or 8 * width
    align = width * channels
    if mask is None:
        head = struct.pack("<HHIIHH", kind, channels, rate, rate * align, align, bits)
    else:
        head = struct.pack("<HHIIHHHHIH", 0xFFFE, channels, rate, rate * align, align, 8 * width, 22, bits, mask, kind)
        head += GUID
    data = samples.tobytes()
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def encoded(
    path: Path,
    tracks: list[np.ndarray],
    codec: str,
    layout: str = "stereo",
    rate: int = 48000,
    container: str | None = None,
    pipe: bool = False,
    **options: str,
) -> Path:
    """`tracks` of float [n, channels], each an audio stream; `pipe` writes as into one, so without going back."""
    with path.open("wb") as file:
        sink = type("Pipe", (), {"write": lambda self, data: file.write(data)})() if pipe else file
        with av.open(sink, "w", format=container or path.suffix[1:], options=options) as out:
            streams = [out.add_stream(codec, rate=rate, layout=layout) for _ in tracks]
            for sound, stream in zip(tracks, streams, strict=True):
                out.mux([p for frame in _frames(sound, stream, layout, rate) for p in stream.encode(frame)])
    return path


def _frames(sound: np.ndarray, stream: av.AudioStream, layout: str, rate: int) -> list[av.AudioFrame | None]:
    resampler = av.AudioResampler(stream.codec_context.format or "fltp", layout, rate)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound, np.float32).reshape(1, -1), "flt", layout)
    frame.sample_rate = rate
    frame.pts = 0
    fifo = av.AudioFifo()
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        fifo.write(part)
    frames: list[av.AudioFrame | None] = []
    while part := fifo.read(stream.codec_context.frame_size or 1024, partial=True):
        frames.append(part)
    return [*frames, None]


def click(seconds: float, at: float, rate: int = 48000, channels: int = 2) -> np.ndarray:
    """[n, channels] silence with a short knock at second `at`."""
    sound = np.zeros((round(seconds * rate), channels), np.float32)
    knock = np.exp(-np.arange(200) / 25.0) * np.cos(np.arange(200) * 0.4)
    sound[round(at * rate) :][:200] = 0.8 * knock[:, None]
    return sound

"""What a WAV file's samples really are, where FFmpeg goes by the valid bits and not by the room a sample takes.

FFmpeg reads "24 valid bits in 32" as Cool Edit's old 24-bit floats, which gives noise of 1e31, "20 in 32" as 24-bit
samples out of step, and knows no decoder for floats that call themselves 24 bits wide. The header says how wide a
sample is (`nBlockAlign` / `nChannels`) and of which kind: Microsoft, WAVEFORMATEXTENSIBLE.
"""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

#: Format tags of a WAV file: integers, floats, and one whose real tag comes later.
PCM = 1
FLOAT = 3
EXTENSIBLE = 0xFFFE
#: FFmpeg's decoders by the bytes that a sample takes.
_INTEGERS = {1: "pcm_u8", 2: "pcm_s16le", 3: "pcm_s24le", 4: "pcm_s32le", 8: "pcm_s64le"}
_FLOATS = {4: "pcm_f32le", 8: "pcm_f64le"}
#: Bytes of sound that are looked at where the header leaves it open.
_LOOK = 1 << 20


def true_codec(path: Path, supposed: str) -> tuple[str, float]:
    """The decoder for a WAV that FFmpeg takes for `supposed` ("" for none), and the gain its samples need.

    `supposed` itself and 1 where that is right, and for whatever is no WAV of plain samples.
    """
    if supposed and not supposed.startswith("pcm_"):
        return supposed, 1.0
    try:
        with path.open("rb") as file:
            found = _format(file.read(1 << 16))
            if found is None:
                return supposed, 1.0
            kind, width, data = found
            file.seek(data)
            look = np.frombuffer(file.read(_LOOK), np.uint8)
    except OSError:
        return supposed, 1.0
    if kind == FLOAT:
        return _FLOATS.get(width, supposed), 1.0
    if kind == PCM and supposed == "pcm_f24le":
        return _four_bytes(look[: len(look) // 4 * 4].view("<i4"))
    return (_INTEGERS.get(width, supposed) if kind == PCM else supposed), 1.0


def _format(head: bytes) -> tuple[int, int, int] | None:
    """Kind of samples, bytes each takes, and where the sound begins (or the look ended). None if it is no WAV."""
    if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:12] != b"WAVE":
        return None
    at, found = 12, None
    while at + 8 <= len(head):
        name, size = struct.unpack_from("<4sI", head, at)
        at += 8
        if name == b"data":
            break
        if name == b"fmt " and size >= 16 and at + size <= len(head):
            kind, channels, _, _, align, _ = struct.unpack_from("<HHIIHH", head, at)
            if kind == EXTENSIBLE and size >= 40:
                kind = struct.unpack_from("<H", head, at + 24)[0]
            if channels and align % channels == 0:
                found = kind, align // channels
        at += size + size % 2
    return None if found is None else (*found, at)


def _four_bytes(look: NDArray[np.int32]) -> tuple[str, float]:
    """Of which kind samples "of 24 bits in 32" are: whole numbers in the upper bits, in the lower ones, or floats."""
    look = look[look != 0]
    if not (look & 0xFF).any():
        return "pcm_s32le", 1.0
    if (np.abs(look.astype(np.int64)) <= 1 << 23).all():
        return "pcm_s32le", 256.0
    with np.errstate(all="ignore"):
        size = np.abs(look.view("<f4"))
    # As floats, whole numbers would lie anywhere between 1e-38 and 1e38; Cool Edit's "24.0 float" goes to +-2**23.
    floats = bool(np.mean((size > 1e-3) & (size < 2.0**26)) > 0.99)
    return ("pcm_f24le" if floats else "pcm_s32le"), 1.0

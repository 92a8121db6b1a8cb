#!/bin/sh
# FFmpeg decodes a WAV of 24 valid bits in 32-bit samples as floats, which gives noise of 1e31 and NaN.
#
# Version:  PyAV 18.1.0 with FFmpeg 8.1.2.
# Input:    WAVEFORMATEXTENSIBLE, sub-format PCM, wBitsPerSample 32, wValidBitsPerSample 24: what the format's own
#           documentation describes for 24-bit converters, a sine at half of full scale.
# Expected: integers (pcm_s32le), peak 0.5.
# Seen:     pcm_f24le, the old "24.0 float" of Cool Edit: finite values up to 1e31 and NaN among them.
# Source:   libavformat/wavdec.c takes PCM_S24LE with a block of 4 bytes a channel for PCM_F24LE, extensible or not;
#           Microsoft, WAVEFORMATEXTENSIBLE: "wValidBitsPerSample ... less than or equal to wBitsPerSample".
# Exit:     0 while it is so, 1 once it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q av==18.1.0 numpy
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import struct
import sys

import av
import numpy as np

sine = 0.5 * np.sin(2 * np.pi * 440 * np.arange(48000) / 48000)
data = np.repeat((sine * (2**23 - 1)).astype("<i4") << 8, 2).tobytes()
head = struct.pack("<HHIIHHHHIH", 0xFFFE, 2, 48000, 384000, 8, 32, 22, 24, 3, 1)
head += bytes.fromhex("000000001000800000aa00389b71")
body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(data)) + data
with open("24in32.wav", "wb") as file:
    file.write(b"RIFF" + struct.pack("<I", len(body)) + body)
with av.open("24in32.wav") as opened:
    codec = opened.streams.audio[0].codec_context.name
    heard = np.concatenate([frame.to_ndarray() for frame in opened.decode(audio=0)], axis=1)
wrong = int(np.count_nonzero(~np.isfinite(heard)))
peak = float(np.abs(heard[np.isfinite(heard)]).max())
print(f"codec {codec}, peak {peak:g}, {wrong} of {heard.size} samples no numbers (right: pcm_s32le, 0.5, 0)")
sys.exit(codec != "pcm_f24le" or peak < 1e6)
PY

#!/bin/sh
# libswscale makes YUV of 16-bit RGB too bright: white becomes 943 instead of 940, as if full scale were 65280.
#
# Version:  PyAV 18.1.0 with FFmpeg 8.1.2 (libswscale 9.5.102).
# Input:    one flat colour a picture, full-range RGB, once as rgb24 and once as rgb48le with every value times 257, which
#           is the same colour; converted to yuv420p10le, BT.709, limited range.
# Expected: the same YUV from both, white at 940 (Rec. ITU-R BT.709-6, digital representation at 10 bits).
# Seen:     rgb24 gives 940 and at most half a step of error; rgb48le gives 943 and up to 3 steps, and so do gbrp16le
#           and gbrpf32le. Where every value v is replaced by v - (v >> 8) beforehand, so that white is 65280, rgb48le
#           is right to half a step.
# Source:   libswscale/input.c, rgb64ToY_c_template: the coefficients that make 219 of 255 are used on 16 bits as they are,
#           and what comes out is counted in 256ths: 65535 gives 219 * 257 where 219 * 256 is white.
# Exit:     0 while it is so, 1 once it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q av==18.1.0 numpy
"$folder/venv/bin/python" - <<'PY'
import sys

import av
import numpy as np
from av.video.reformatter import VideoReformatter

COLOURS = [(255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128), (200, 120, 40), (0, 0, 0)]


def right(colour):
    r, g, b = np.array(colour) / 255
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    return np.array([64 + 876 * y, 512 + 896 * (b - y) / 1.8556, 512 + 896 * (r - y) / 1.5748])


def seen(colour, form, change=lambda v: v):
    picture = np.full((64, 64, 3), colour, np.uint8)
    if form != "rgb24":
        picture = change(picture.astype(np.uint16) * 257)
    frame = VideoReformatter().reformat(
        av.VideoFrame.from_ndarray(picture, format=form), format="yuv420p10le", interpolation="BICUBIC",
        dst_colorspace=1, src_color_range=2, dst_color_range=1,
    )
    return np.array([np.frombuffer(plane, np.uint16)[0] for plane in frame.planes], float)


ways = {"rgb24": ("rgb24",), "rgb48le": ("rgb48le",), "rgb48le, white at 65280": ("rgb48le", lambda v: v - (v >> 8))}
worst = {}
for name, way in ways.items():
    worst[name] = max(float(np.abs(seen(colour, *way) - right(colour)).max()) for colour in COLOURS)
    print(f"{name:24} white {seen(COLOURS[0], *way)[0]:.0f}, worst error {worst[name]:.2f} steps of 10 bits")
eight, sixteen, changed = worst.values()
sys.exit(not (eight < 0.6 and changed < 0.6 and sixteen > 2.0 and seen(COLOURS[0], "rgb48le")[0] == 943))
PY

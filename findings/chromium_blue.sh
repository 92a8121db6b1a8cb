#!/bin/sh
# Chromium that paints films without a graphics card shows BT.709's blue up to 12 steps wrong.
#
# Version:  Chromium 156.0.8078.108 of Debian 12 (the command `chromium`), playwright 1.65.2, PyAV 18.1.0 (libx264).
# Input:    an MP4 of H.264, yuv420p, tagged BT.709 (primaries, transfer, matrix), limited range, of four flat squares:
#           yellow (255, 255, 0), blue (0, 0, 255), a brown (200, 120, 40) and grey (128, 128, 128). Decoded by
#           FFmpeg, its planes are what BT.709 says to half a step.
# Expected: drawn to a canvas and read back, each channel within 2 of 255 of what it was.
# Seen:     the blue channel is 12 in yellow, 243 in blue, 46 in the brown. With --use-angle=swiftshader, where a shader
#           paints, all is within 2. The error is 0.112 * (U - 128): 2.112, by which U counts for blue in BT.709 of
#           limited range, has become 2.
# Source:   libyuv, source/row_common.cc: "#define UB 128 /* max(128, round(2.112 * 64)) */", unless it is built with
#           LIBYUV_UNLIMITED_BT709. Rec. ITU-R BT.709-6: B' = Y' + 1.8556 Cb.
# Needs:    Debian or a relative with `chromium` installed; python3-venv and a network. Installs into a temporary folder only.
# Exit:     0 while it is so, 1 once it has changed, 2 where it cannot be tried.
set -eu
command -v chromium >/dev/null || { echo "there is no command chromium: apt-get install chromium"; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q av==18.1.0 numpy playwright==1.65.2
cd "$folder"
chromium --version --no-sandbox 2>/dev/null || true
"$folder/venv/bin/python" - <<'PY'
import base64
import shutil
import sys
from fractions import Fraction

import av
import numpy as np
from playwright.sync_api import sync_playwright

COLOURS = [(255, 255, 0), (0, 0, 255), (200, 120, 40), (128, 128, 128)]
picture = np.concatenate([np.full((64, 64, 3), colour, np.uint8) for colour in COLOURS], axis=1)
with av.open("film.mp4", "w", options={"movflags": "+write_colr"}) as film:
    stream = film.add_stream("libx264", rate=25)
    stream.width, stream.height, stream.pix_fmt = 256, 64, "yuv420p"
    context = stream.codec_context
    context.options = {"crf": "4"}
    context.color_primaries = context.color_trc = context.colorspace = context.color_range = 1
    for n in range(5):
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
            format="yuv420p", dst_colorspace=1, src_color_range=2, dst_color_range=1
        )
        frame.pts, frame.time_base = n, Fraction(1, 25)
        film.mux(stream.encode(frame))
    film.mux(stream.encode(None))
data = "data:video/mp4;base64," + base64.b64encode(open("film.mp4", "rb").read()).decode()
SCRIPT = """async (data) => {
    const video = document.createElement('video');
    video.muted = true;
    await new Promise((good, bad) => { video.onloadeddata = good; video.onerror = bad; video.src = data; });
    await new Promise(good => { video.onseeked = good; video.currentTime = 0.1; });
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [256, 64];
    const drawing = canvas.getContext('2d');
    drawing.drawImage(video, 0, 0);
    return [32, 96, 160, 224].map(x => [...drawing.getImageData(x, 32, 1, 1).data].slice(0, 3));
}"""
SHADER = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
worst = []
with sync_playwright() as driver:
    for name, more in (("as it is without a card", []), ("painted by a shader", [*SHADER, "--enable-gpu-rasterization"])):
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", *more])
        page = browser.new_page()
        seen = page.evaluate(SCRIPT, data)
        worst.append(int(np.abs(np.array(seen) - COLOURS).max()))
        print(f"{name}: {seen}, at most {worst[-1]} of 255 wrong")
        browser.close()
sys.exit(not (worst[0] >= 8 and worst[1] <= 2))
PY

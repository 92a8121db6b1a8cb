"""Cameras and NDI: a pattern of FFmpeg's in place of a camera, and NDI sent to and received from this machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vj.core.errors import MediaError
from vj.core.layers import Layer, Source
from vj.sources import camera
from vj.sources.camera import Camera

CANVAS = (320, 180)
TEST = Layer(1, Source("camera", "test"))


def test_the_pattern_moves():
    shown = Camera(TEST)
    first, second = (shown.draw(TEST, CANVAS) for _ in range(2))
    assert first.pixels.shape == (180, 320, 4)
    assert first.pixels[..., :3].std() > 20
    assert np.any(first.pixels != second.pixels)
    shown.close()


@pytest.mark.skipif(sys.platform != "linux", reason="Video4Linux")
def test_cameras_are_found_by_number_and_by_part_of_their_name(tmp_path):
    for number, title in {0: "Integrated Camera", 2: "HDMI Grabber", 10: "Loopback"}.items():
        (tmp_path / f"video{number}").mkdir()
        (tmp_path / f"video{number}" / "name").write_text(f"{title}\n")
    found = {name: camera._device(name, tmp_path) for name in ("", "2", "video10", "grab", "LOOP")}
    assert list(found.values()) == ["/dev/video0", "/dev/video2", "/dev/video10", "/dev/video2", "/dev/video10"]
    with pytest.raises(MediaError) as caught:
        camera._device("7", tmp_path)
    assert "HDMI Grabber" in caught.value.hint


def test_a_camera_that_is_not_there_says_so():
    with pytest.raises(MediaError) as caught:
        Camera(Layer(1, Source("camera", "no such camera")))
    assert caught.value.what
    assert caught.value.hint


NDI = """
import threading, time
from fractions import Fraction
import cyndilib, numpy as np
from vj.core.layers import Layer, Source
from vj.sources.ndi import Ndi

sender, frame = cyndilib.Sender("layers of vj"), cyndilib.VideoSendFrame()
frame.set_resolution(320, 180)
frame.set_frame_rate(Fraction(30))
frame.set_fourcc(cyndilib.FourCC.RGBA)
sender.set_video_frame(frame)
over = threading.Event()
picture = np.zeros((180, 320, 4), np.uint8)
picture[:, :160], picture[:, 160:] = (200, 100, 50, 255), (200, 100, 50, 128)

def send():
    with sender:
        while not over.wait(1 / 30):
            sender.write_video_async(picture.reshape(-1))

thread = threading.Thread(target=send)
thread.start()
try:
    layer = Layer(1, Source("ndi", "layers of"))
    source = Ndi(layer)
    still = source.draw(layer, (320, 180))
    print(still.clear, still.natural, *still.pixels[90, 40], *still.pixels[90, 280])
    source.close()
finally:
    over.set()
    thread.join()
"""


@pytest.mark.realtime
def test_ndi_is_received_with_alpha(tmp_path):
    pytest.importorskip("cyndilib")
    (tmp_path / "ndi-config.v1.json").write_text(json.dumps({"ndi": {"networks": {"ips": "127.0.0.1,"}}}))
    root = Path(__file__).resolve().parents[2]
    env = {**os.environ, "NDI_CONFIG_DIR": str(tmp_path), "PYTHONPATH": str(root)}
    # a process of its own: the library reads its settings once
    done = subprocess.run([sys.executable, "-c", NDI], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    words = done.stdout.split()
    assert words[:3] == ["True", "(320.0,", "180.0)"]
    assert np.abs(np.array(words[3:], int) - (200, 100, 50, 255, 100, 50, 25, 128)).max() <= 4

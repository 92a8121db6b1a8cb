"""Another program that receives NDI: python ndi.py NAME FILE.npz; ends with a picture and half a second of sound."""

import sys
import time

import numpy as np
from cyndilib.audio_frame import AudioRecvFrame
from cyndilib.finder import Finder
from cyndilib.receiver import ReceiveFrameType, Receiver
from cyndilib.video_frame import VideoRecvFrame
from cyndilib.wrapper.ndi_recv import RecvBandwidth, RecvColorFormat


def main(name: str, path: str) -> int:
    """Receive the source of that name; 1 if there is none within twenty seconds."""
    finder = Finder()
    finder.open()
    receiver = Receiver(color_format=RecvColorFormat.BGRX_BGRA, bandwidth=RecvBandwidth.highest)
    video, audio = VideoRecvFrame(), AudioRecvFrame()
    receiver.set_video_frame(video)
    receiver.set_audio_frame(audio)
    end = time.monotonic() + 20
    connected = False
    image = None
    heard: list[np.ndarray] = []
    while time.monotonic() < end:
        finder.update_sources()
        found = next((source for source in finder.get_source_names() if f"({name})" in source), None)
        if found is not None and not connected:
            receiver.set_source(finder.get_source(found))
            connected = True
        if not connected:
            time.sleep(0.02)
            continue
        kind = receiver.receive(ReceiveFrameType.recv_video | ReceiveFrameType.recv_audio, 50)
        if kind & ReceiveFrameType.recv_video:
            image = np.zeros(video.get_buffer_size(), np.uint8)
            video.fill_p_data(image)
            image = image.reshape(video.yres, video.xres, 4)
        while audio.get_buffer_depth():
            heard.append(np.array(audio.get_read_data()[0]))
        if image is not None and sum(part.shape[1] for part in heard) >= 24000:
            np.savez(path, image=image, sound=np.concatenate(heard, axis=1)[:, -20000:])
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

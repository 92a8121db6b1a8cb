#!/bin/sh
# cyndilib 0.1.3: an AudioSendFrame made for 4800 samples, given 1000, leaves `channel_stride_in_bytes` at 4800: every
# channel but the first is silent. vj sends blocks of one size.
#
#     pip install cyndilib==0.1.3 && sh findings/cyndilib_second_channel.sh
set -e
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo '{"ndi": {"networks": {"ips": "127.0.0.1"}}}' > "$folder/ndi-config.v1.json"
for most in 1000 4800; do
    NDI_CONFIG_DIR="$folder" python3 - "$most" "$here/tests/servers/ndi.py" "$folder/got.npz" << 'PYTHON'
import subprocess, sys, time
import numpy as np
from cyndilib.audio_frame import AudioSendFrame
from cyndilib.sender import Sender
from cyndilib.video_frame import VideoSendFrame

most, receiver, got = int(sys.argv[1]), sys.argv[2], sys.argv[3]
sender, video, audio = Sender("finding"), VideoSendFrame(), AudioSendFrame(most)
video.set_resolution(64, 36)
audio.sample_rate, audio.num_channels = 48000, 2
sender.set_video_frame(video)
sender.set_audio_frame(audio)
with sender:
    far = subprocess.Popen([sys.executable, receiver, "finding", got])
    while far.poll() is None:
        sender.write_video(np.zeros(video.get_data_size(), np.uint8))
        sender.write_audio(np.full((2, 1000), 0.25, np.float32))
        time.sleep(1 / 60)
print(f"made for {most}: loudest of each channel {np.abs(np.load(got)['sound']).max(1)}")
PYTHON
done

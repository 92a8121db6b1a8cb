"""A virtual camera of Linux: a v4l2loopback device, from which every program that knows a camera takes the picture.

Written to what the kernel's `videodev2.h` says. Anything else that can be written to, a pipe or a file, gets the same
pictures one after the other, which is how it is tested.
"""

import os
import stat
import struct
import sys

from vj.core.errors import OutputError
from vj.core.types import U8
from vj.outputs.sending.far import Far
from vj.outputs.sending.fitting import Fitting
from vj.outputs.sending.talk import ImpossibleError, Task

#: What targets begin with, and what they are: see `vj.outputs.sending.kinds`.
KINDS = {"v4l2": {"title": "virtual camera", "target": "device"}}
#: `struct v4l2_format` of 64 bits: the type, its padding, `struct v4l2_pix_format`, and the rest of its union.
_FORMAT = struct.Struct("=I4x12I152x")
#: VIDIOC_S_FMT, _IOWR('V', 5, struct v4l2_format).
_SET_FORMAT = 0xC0000000 | _FORMAT.size << 16 | ord("V") << 8 | 5
#: V4L2_BUF_TYPE_VIDEO_OUTPUT.
_VIDEO_OUTPUT = 2
#: V4L2_FIELD_NONE: progressive.
_FIELD_NONE = 1
#: V4L2_COLORSPACE_REC709.
_REC709 = 3
#: What all readers know: two pixels in four bytes.
_YUYV = int.from_bytes(b"YUYV", "little")


class Camera(Far):
    """Pictures of a fixed size as YUYV. Raises OutputError where the device cannot be opened or takes no pictures."""

    def __init__(self, task: Task) -> None:
        if not sys.platform.startswith("linux"):
            raise ImpossibleError("it is of Linux only", task.asked.title, "ndi:NAME goes from any system to any")
        width, height = task.size[0] // 2 * 2, task.size[1] // 2 * 2
        path = task.asked.target
        try:
            self._device = os.open(path, os.O_WRONLY)
        except OSError as error:
            raise OutputError(
                f"the camera cannot be opened: {error.strerror}", path, "modprobe v4l2loopback exclusive_caps=1"
            ) from None
        if stat.S_ISCHR(os.fstat(self._device).st_mode):
            self._set(width, height, path)
        self._fitting = Fitting((width, height), "yuyv422")
        self.told = f"virtual camera {path}, {width}x{height} YUYV"

    def _set(self, width: int, height: int, path: str) -> None:
        """Tell the device what comes."""
        import fcntl  # which Windows lacks

        fields = (width, height, _YUYV, _FIELD_NONE, 2 * width, 2 * width * height, _REC709, 0, 0, 0, 0, 0)
        try:
            fcntl.ioctl(self._device, _SET_FORMAT, bytearray(_FORMAT.pack(_VIDEO_OUTPUT, *fields)))
        except OSError as error:
            os.close(self._device)
            raise OutputError(f"it takes no pictures: {error.strerror}", path, "a device of v4l2loopback") from None

    def picture(self, image: U8, t: float) -> None:
        """Write it, all of it."""
        frame = self._fitting.frame(image)
        plane, wide = frame.planes[0], 2 * frame.width
        rows = memoryview(plane)
        if plane.line_size != wide:
            rows = memoryview(b"".join(rows[y * plane.line_size :][:wide] for y in range(frame.height)))
        while rows:
            rows = rows[os.write(self._device, rows) :]

    def close(self) -> None:
        """Let go of the device."""
        os.close(self._device)

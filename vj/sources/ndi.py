"""The picture of another program in the network, by NDI."""

import time
from contextlib import suppress
from typing import Any

import numpy as np

from vj.core.errors import MediaError
from vj.core.install import extra
from vj.core.layers import Layer, Size
from vj.sources.contract import Still, multiplied, translucent

#: For so long a source is looked for, ...
LOOK_S = 5.0
#: ... and its first picture waited for.
FIRST_S = 5.0


class Ndi:
    """The source of NDI that a layer names: the first whose name has these words in it. It is what is there now."""

    def __init__(self, layer: Layer) -> None:
        try:
            import cyndilib
        except ImportError as error:
            raise MediaError("nothing here takes NDI", "cyndilib", extra("ndi")) from error
        self._name = layer.source.name
        self._finder: Any = cyndilib.Finder()
        self._finder.open()
        try:
            source = self._found()
            self._receiver: Any = cyndilib.Receiver(
                color_format=cyndilib.RecvColorFormat.RGBX_RGBA, bandwidth=cyndilib.RecvBandwidth.highest
            )
            self._frame: Any = cyndilib.VideoFrameSync()
            self._receiver.frame_sync.set_video_frame(self._frame)
            self._receiver.set_source(source)
        except BaseException:
            self._finder.close()
            raise
        self._clear = cyndilib.FourCC.RGBA
        self._last: tuple[float, Still] | None = None

    def _found(self) -> Any:
        wanted, until = self._name.strip().lower(), time.monotonic() + LOOK_S
        names: list[str] = []
        while time.monotonic() < until:
            self._finder.wait_for_sources(0.5)
            self._finder.update_sources()
            names = list(self._finder.get_source_names())
            for name in names:
                if wanted in name.lower():
                    return self._finder.get_source(name)
        hint = f"there is {', '.join(names)}" if names else "start it, in the same network; on Linux NDI needs Avahi"
        raise MediaError(f"no NDI source {self._name!r}" if wanted else "no NDI source", "the network", hint)

    def draw(self, layer: Layer, canvas: Size) -> Still:
        """Its newest picture."""
        until = time.monotonic() + FIRST_S
        while True:
            connected = self._receiver.is_connected()
            if connected:
                self._receiver.frame_sync.capture_video()
            if connected and min(self._frame.xres, self._frame.yres) > 0:
                return self._still()
            if self._last is not None and not connected:
                raise MediaError("the NDI source is gone", self._name, "it is taken up again when it is back")
            if time.monotonic() > until:
                raise MediaError("the NDI source sends no picture", self._name, "is it playing?")
            time.sleep(0.02)

    def _still(self) -> Still:
        width, height, stride = self._frame.xres, self._frame.yres, self._frame.get_line_stride()
        stamp = self._frame.get_timestamp_posix()
        if self._last is not None and stamp and self._last[0] == stamp:
            return self._last[1]
        rows = np.frombuffer(self._frame, np.uint8)[: stride * height].reshape(height, stride)
        pixels = rows[:, : 4 * width].reshape(height, width, 4)
        clear = self._frame.get_fourcc() == self._clear and translucent(pixels)
        pixels = multiplied(pixels) if clear else pixels.copy()
        pixels[..., 3] = pixels[..., 3] if clear else 255
        still = Still(pixels, (float(width), float(height)), clear)
        self._last = stamp, still
        return still

    def close(self) -> None:
        """Leave the source."""
        with suppress(Exception):
            self._receiver.disconnect()
        with suppress(Exception):
            self._finder.close()

"""A camera: Video4Linux, AVFoundation or DirectShow by FFmpeg; and a pattern that moves, to rehearse without one."""

import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import av

from vj.core.errors import MediaError
from vj.core.layers import Layer, Size
from vj.sources.contract import Still, pixels_for
from vj.sources.frames import picture

#: The camera that is none.
PATTERN = "test"
_WANTED = {"video_size": "1280x720", "framerate": "30"}
#: Seconds to wait for a camera to open, and for a picture of it.
PATIENCE = (5.0, 3.0)


class Camera:
    """The camera that a layer's source names. `live`: it is what is there now, and no render can have it."""

    live = True

    def __init__(self, layer: Layer) -> None:
        self._name = layer.source.name
        self._container: Any = _opened(self._name)
        self._frames = self._container.decode(video=0)

    def draw(self, layer: Layer, canvas: Size) -> Still:
        """Its next picture, for which it waits."""
        try:
            frame = next(self._frames)
        except (StopIteration, OSError, av.FFmpegError) as error:
            raise MediaError(f"the camera stopped: {error}", self._name or "camera", "plug it in again") from error
        natural = (float(frame.width), float(frame.height))
        wanted = pixels_for(layer, natural, canvas)
        size = wanted if wanted[0] < frame.width and wanted[1] < frame.height else (frame.width, frame.height)
        return picture(frame, size, natural)

    def close(self) -> None:
        """Let go of the device."""
        with suppress(Exception):
            self._container.close()


def _opened(name: str) -> Any:
    if name.strip().lower() == PATTERN:
        return av.open("testsrc2=size=1280x720:rate=30,realtime", format="lavfi")
    ways: list[tuple[str, str, dict[str, str]]]
    if sys.platform == "darwin":
        ways = [(name or "0", "avfoundation", {**_WANTED, "pixel_format": "nv12"})]
    elif sys.platform == "win32":
        ways = [(f"video={name}", "dshow", _WANTED)]
    else:
        device = _device(name)
        ways = [(device, "v4l2", _WANTED), (device, "v4l2", {})]
    problem: Exception | None = None
    for where, form, options in ways:
        try:
            return av.open(where, format=form, options=options, timeout=PATIENCE)
        except (OSError, ValueError, av.FFmpegError) as error:
            problem = error
    raise MediaError(f"the camera cannot be opened: {problem}", name or "camera", "is another program using it?")


def _device(name: str, folder: Path = Path("/sys/class/video4linux")) -> str:
    """The device on Linux that a number or part of a name means; raises MediaError where there is none such."""
    found = sorted(folder.glob("video*"), key=lambda path: int(re.sub(r"\D", "", path.name) or 0))
    titles = {path.name: _title(path) for path in found}
    wanted = name.strip().lower()
    for device, title in titles.items():
        if wanted in ("", device, device.removeprefix("video")) or (not wanted.isdigit() and wanted in title.lower()):
            return f"/dev/{device}"
    known = ", ".join(title or device for device, title in titles.items())
    raise MediaError(
        f"no camera {name!r}" if name else "no camera", "Video4Linux", known or f"plug one in, or {PATTERN!r}"
    )


def _title(path: Path) -> str:
    try:
        return (path / "name").read_text().strip()
    except OSError:
        return ""

"""From sRGB pictures to the pixels that codecs take: BT.709, linear light, alpha."""

from functools import cache
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from vj.core.types import F32, U8, U16
from vj.outputs.finish.swscale import threads
from vj.outputs.video.streams import BT709, LIMITED

Pixels = U8 | U16
#: H.273 code of sRGB's transfer curve.
SRGB = 13
#: Pixels that are linear light.
LINEAR = ("gbrpf32le", "gbrapf32le")


class Colours:
    """Makes of pictures [h, w, 3] frames of `pixels`; with `alpha` black is clear."""

    def __init__(self, pixels: str, alpha: bool = False) -> None:
        self.pixels = pixels
        self._alpha = alpha
        # One for all frames: a frame of its own would make tables anew, and threads that take longer than it does.
        self._reformatter = VideoReformatter()

    def frame(self, image: Pixels) -> av.VideoFrame:
        """An sRGB picture as a frame, which says what its colours are."""
        if self.pixels in LINEAR:
            frame = av.VideoFrame.from_ndarray(associated(image) if self._alpha else linear(image), format=self.pixels)
            frame.color_primaries, frame.color_trc = BT709, 8
            return frame
        coded = self.pixels.startswith(("yuv", "p010"))
        if self._alpha:
            image = unmatted(image)
        if coded:
            image = scaled(image)
        names = {(1, 3): "rgb24", (2, 3): "rgb48le", (1, 4): "rgba", (2, 4): "rgba64le"}
        name = names[image.dtype.itemsize, image.shape[2]]
        if coded and name == "rgb24":  # in place: to copy it first takes longer than the conversion
            frame = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(image, np.uint8), format=name)
        else:
            frame = av.VideoFrame.from_ndarray(image, format=name)
        if not coded:
            frame.color_primaries, frame.color_trc, frame.color_range = BT709, SRGB, 2
            return self._reformatter.reformat(frame, format=self.pixels, threads=1)
        return self._reformatter.reformat(
            frame,
            format=self.pixels,
            dst_colorspace=BT709,
            src_color_range=2,
            dst_color_range=LIMITED,
            dst_color_trc=BT709,
            dst_color_primaries=BT709,
            interpolation=Interpolation.BICUBIC,
            threads=threads(image),
        )


def unmatted(image: Pixels) -> Pixels:
    """[h, w, 4]: as clear as `image` is dark, and its colour as if it lay on nothing. Over black it is as it was.

    Alpha is the brightest of red, green and blue; straight, not multiplied in.
    """
    full = np.iinfo(image.dtype).max
    out = np.empty((*image.shape[:2], 4), image.dtype)
    out[..., 3] = alpha = brightest(image)
    share = np.float32(full) / np.maximum(alpha, 1).astype(np.float32)
    for channel in range(3):
        colour = image[..., channel] * share
        colour += np.float32(0.5)  # never above full scale: no channel is above alpha
        out[..., channel] = colour
    return out


def brightest(image: Pixels | F32) -> Any:
    """[h, w]: the brightest channel; by pairs, as a reduction over three takes ten times as long."""
    return np.maximum(np.maximum(image[..., 0], image[..., 1]), image[..., 2])


def linear(image: Pixels) -> F32:
    """[h, w, 3] of linear light, 0..1."""
    light: F32 = _light(image.dtype.itemsize)[image]
    return light


def associated(image: Pixels) -> F32:
    """[h, w, 4] of linear light with alpha multiplied in, as OpenEXR has it: black is clear."""
    light = linear(image)
    joined: F32 = np.concatenate([light, brightest(light)[..., None]], axis=2)
    return joined


def scaled(image: Pixels) -> Pixels:
    """`image` as libswscale expects 16 bits that go into YUV: with white at 255 * 256, and not at 255 * 257."""
    if image.dtype != np.uint16:
        return image
    out: Pixels = image - (image >> 8)
    if image.shape[2] == 4:
        out[..., 3] = image[..., 3]  # it takes alpha for what it is
    return out


@cache
def _light(size: int) -> F32:
    """Every value of `size` bytes as linear light."""
    code = np.arange(256**size) / (256**size - 1)
    light: F32 = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return light

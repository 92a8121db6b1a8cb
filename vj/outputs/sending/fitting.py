"""From a picture as it was read back to one of the size and order that its receiver takes."""

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from vj.core.types import U8
from vj.outputs.finish.fit import placement
from vj.outputs.video.colours import unmatted
from vj.outputs.video.streams import BT709, LIMITED

#: Pixels of full range, as screens have them.
_PLAIN = frozenset(("bgra", "rgba", "bgr0", "rgb24"))


class Fitting:
    """Makes frames of `size` and `pixels` of BGRA pictures [h, w, 4], their lowest row first.

    One of another shape covers the size, and what is over is cut. With `luma` black is clear.
    """

    def __init__(self, size: tuple[int, int], pixels: str, luma: bool = False) -> None:
        self.size, self.pixels = size, pixels
        self._luma = luma
        self._reformatter = VideoReformatter()

    def array(self, image: U8) -> U8:
        """[height, width, 4] of `size`, BGRA."""
        image = self._cut(image)
        if (image.shape[1], image.shape[0]) != self.size:
            frame = av.VideoFrame.from_numpy_buffer(image, format="bgra")
            frame = self._reformatter.reformat(frame, *self.size, format="bgra", interpolation="BILINEAR", threads=1)
            image = frame.to_ndarray().astype(np.uint8, copy=False)
        return _cleared(image) if self._luma else image

    def frame(self, image: U8) -> av.VideoFrame:
        """A frame of `size` and `pixels`; of video range and BT.709 where it is no RGB."""
        frame = av.VideoFrame.from_numpy_buffer(self._cut(image), format="bgra")
        coded = {} if self.pixels in _PLAIN else {
            "dst_colorspace": BT709, "src_color_range": 2, "dst_color_range": LIMITED,
            "dst_color_trc": BT709, "dst_color_primaries": BT709,
        }  # fmt: skip
        return self._reformatter.reformat(
            frame, *self.size, format=self.pixels, interpolation="BILINEAR", threads=1, **coded
        )

    def _cut(self, image: U8) -> U8:
        """The part of `image` that has the shape of `size`, its top row first."""
        height, width = image.shape[:2]
        place = placement((width, height), self.size, "cover")
        left, right = round(place.left * width), round(place.right * width)
        low, high = round((1.0 - place.bottom) * height), round((1.0 - place.top) * height)
        return np.ascontiguousarray(image[low:high, left:right][::-1])


def _cleared(image: U8) -> U8:
    """As clear as it is dark; straight alpha."""
    made = unmatted(image[..., 2::-1])
    return np.ascontiguousarray(made[..., (2, 1, 0, 3)], np.uint8)

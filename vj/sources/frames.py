"""Frames of FFmpeg as pictures of a layer."""

from typing import Any

import numpy as np
from av.video.reformatter import Colorspace

from vj.core.layers import Size
from vj.sources.contract import Still, multiplied, translucent


def picture(frame: Any, size: Size, natural: tuple[float, float]) -> Still:
    """A frame of FFmpeg's at that size."""
    clear = frame.format.has_palette or any(component.is_alpha for component in frame.format.components)
    coded = {}
    if not frame.format.is_rgb and int(frame.colorspace) in (
        Colorspace.DEFAULT,
        2,
    ):  # nobody says what its colours mean
        coded["src_colorspace"] = Colorspace.ITU709 if frame.height >= 720 else Colorspace.ITU601
    same = size == (frame.width, frame.height)
    how = "POINT" if same else "AREA" if size[0] < frame.width / 2 else "BICUBIC"
    pixels = frame.reformat(*size, format="rgba", interpolation=how, **coded).to_ndarray()
    if clear and translucent(pixels):
        return Still(multiplied(pixels), natural, True)
    return Still(np.ascontiguousarray(pixels), natural, False)

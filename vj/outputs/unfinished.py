"""The picture of a frame for outputs that draw no finishing chain: as it is, but as bright as the master says."""

from vj.core.types import U8, Frame
from vj.engine.finish.blending import dim


def unfinished(frame: Frame) -> U8:
    """[height, width, 3] of `frame`, dimmed where the finish would dim it."""
    return frame.image if frame.finish is None else dim(frame.image, frame.finish.level)

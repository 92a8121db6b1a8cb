"""An MP4: what a live show is recorded to, and a film that was not asked to be anything else."""

from vj.outputs.video.asked import Encoding, Sound
from vj.outputs.video.film import Film

__all__ = ["Encoding", "Mp4", "Sound"]


class Mp4(Film):
    """H.264 and AAC in MP4, unless the encoding says otherwise; of an odd side the last row or column is left out."""

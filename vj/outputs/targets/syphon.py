"""Syphon: the picture as a texture for other programs of a Mac. Written to `syphon-python` 0.2; not run."""

import platform
from typing import Any

import numpy as np

from vj.core.install import extra
from vj.core.types import U8
from vj.outputs.sending.far import Far
from vj.outputs.sending.fitting import Fitting
from vj.outputs.sending.talk import ImpossibleError, Task

#: What targets begin with, and what they are: see `vj.outputs.sending.kinds`.
KINDS = {"syphon": {"title": "Syphon", "target": "name", "alpha": True}}


class Syphon(Far):
    """A Metal server called as the output says. Raises ImpossibleError where there is no Syphon."""

    def __init__(self, task: Task) -> None:
        if platform.system() != "Darwin":
            raise ImpossibleError("Syphon is of macOS only", task.asked.title, "ndi:NAME goes from any system to any")
        try:
            import syphon
            from syphon.utils.numpy import copy_image_to_mtl_texture
            from syphon.utils.raw import create_mtl_texture
        except ImportError as error:
            raise ImpossibleError(f"Syphon is not installed ({error})", task.asked.title, extra("syphon")) from None
        self._fitting = Fitting(task.size, "rgba", task.asked.alpha == "luma")
        self._server: Any = syphon.SyphonMetalServer(task.asked.target)
        self._texture: Any = create_mtl_texture(self._server.device, *task.size)
        self._copy: Any = copy_image_to_mtl_texture
        self.told = f"Syphon server {task.asked.target}, {task.size[0]}x{task.size[1]}"

    def picture(self, image: U8, t: float) -> None:
        """Publish it; Metal counts rows from the top, Syphon from below."""
        rgba = np.ascontiguousarray(self._fitting.array(image)[..., (2, 1, 0, 3)])
        self._copy(rgba, self._texture)
        self._server.publish_frame_texture(self._texture, is_flipped=True)

    @property
    def watched(self) -> int:
        """Whether anybody takes it."""
        return int(bool(self._server.has_clients))

    def close(self) -> None:
        """The server is gone."""
        self._server.stop()

"""Spout: the picture as a texture for other programs of Windows. Written to `liru` 0.2; not run."""

import platform
from typing import Any

import numpy as np

from vj.core.install import extra
from vj.core.types import U8
from vj.outputs import context
from vj.outputs.sending.far import Far
from vj.outputs.sending.fitting import Fitting
from vj.outputs.sending.talk import ImpossibleError, Task

#: What targets begin with, and what they are: see `vj.outputs.sending.kinds`.
KINDS = {"spout": {"title": "Spout", "target": "name", "alpha": True}}


class Spout(Far):
    """A sender called as the output says, in a context of its own. Raises ImpossibleError where there is no Spout."""

    def __init__(self, task: Task) -> None:
        if platform.system() != "Windows":
            raise ImpossibleError("Spout is of Windows only", task.asked.title, "ndi:NAME goes from any system to any")
        try:
            import liru
        except ImportError as error:
            raise ImpossibleError(f"Spout is not installed ({error})", task.asked.title, extra("spout")) from None
        made = context.standalone()
        if made is None:
            raise ImpossibleError("no OpenGL 3.3", "moderngl", "install the card's driver")
        self._fitting = Fitting(task.size, "rgba", task.asked.alpha == "luma")
        self._texture = made.texture(task.size, 4)
        self._sender: Any = liru.Sender(task.asked.target, *task.size)
        self.told = f"Spout sender {task.asked.target}, {task.size[0]}x{task.size[1]}"

    def picture(self, image: U8, t: float) -> None:
        """Send it; textures of OpenGL begin with the lowest row."""
        self._texture.write(np.ascontiguousarray(self._fitting.array(image)[::-1, :, (2, 1, 0, 3)]))
        self._sender.send_texture(self._texture.glo)

    def close(self) -> None:
        """The sender is gone."""
        self._sender.release()
        self._texture.release()

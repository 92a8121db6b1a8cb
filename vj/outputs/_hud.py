"""stub"""

from dataclasses import dataclass

import moderngl


@dataclass(frozen=True)
class HudState:
    """stub"""


class Hud:
    """stub"""

    def __init__(self, context: moderngl.Context) -> None:
        pass

    def draw(self, target: moderngl.Framebuffer, size: tuple[int, int], state: HudState, now: float) -> None:
        pass

    def release(self) -> None:
        pass

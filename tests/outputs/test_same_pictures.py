"""The software tier's shortcuts leave the picture as it was: frames that were kept before any of them, within 45 dB.

python tests/outputs/test_same_pictures.py   draws them again, after a change that is meant to be seen
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vj.core.types import Finish, Frame
from vj.outputs.offscreen import Offscreen

KEPT = Path(__file__).parent.parent / "data" / "finish"
SETTINGS = {
    "plain": {},
    "trails": {
        "history": {"mode": 1, "show": 0.9},
        "finish": {"chroma": 0.0015, "edge": 0.3},
        "coords": {"punch": 1.03},
    },
    "folded": {
        "history": {"mode": 2},
        "coords": {"fold": 6, "displace": 0.01, "warp": 0.01},
        "finish": {"edge": 0.3, "relief": 0.6},
        "grade": {"attract": 0.5, "map": 0.3, "contrast": 1.5, "saturation": 1.6},
    },
}


def drawn(name):
    """The third frame of a moving picture that has flat colours, soft slopes and hard edges."""
    y, x = np.mgrid[0:96, 0:172].astype(np.float32) / 96
    with Offscreen((320, 180)) as offscreen:
        for k in range(3):
            soft = 0.5 + 0.5 * np.sin(np.stack([5 * x + 3 * y + k, 4 * y - 2 * x, 6 * x * y - k]))
            soft *= 0.2 + 0.8 * (np.hypot(x - 0.9 - 0.05 * k, y - 0.5) < 0.35) + 0.6 * (np.abs(x - y - 0.3) < 0.02)
            image = (255 * np.clip(soft, 0, 1)).astype(np.uint8).transpose(1, 2, 0)
            finish = Finish(SETTINGS[name], 2, tier="software")
            film = offscreen.draw(Frame(np.ascontiguousarray(image), k / 30, k, finish=finish))
        return film.copy()


@pytest.mark.parametrize("name", SETTINGS)
def test_as_before(name):
    before = np.asarray(Image.open(KEPT / f"{name}.png"), np.float64)
    apart = np.mean((drawn(name) - before) ** 2)
    assert 10 * np.log10(255**2 / max(apart, 1e-9)) >= 45.0


if __name__ == "__main__":
    for known in SETTINGS:
        Image.fromarray(drawn(known)).save(KEPT / f"{known}.png", optimize=True)

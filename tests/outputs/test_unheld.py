"""While a rasteriser draws, the interpreter is nobody's: who hears goes on."""

import threading
import time
from pathlib import Path

import moderngl
import numpy as np
import pytest

from vj.core.types import Frame
from vj.outputs import context
from vj.outputs.finish.shader import Shader
from vj.outputs.offscreen import Offscreen

#: Takes long for every pixel.
SLOW = """/*{"ISFVSN": "2", "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/
void main() {
    float sum = isf_FragNormCoord.x + texture(inputImage, isf_FragNormCoord).x;
    for (int i = 0; i < TURNS; i++) sum = sin(sum * 1.7 + 0.1);
    isf_FragColor = vec4(sum);
}
"""
#: Of the milliseconds of a drawing, those in which a thread that sleeps one at a time is run, however busy the machine;
#: it was one in fifty and less.
RUN_LEAST = 0.05


class Ticking:
    """Counts how often a thread was run in the meantime."""

    def __enter__(self) -> "Ticking":
        self.count, self._over = 0, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.001):
            self.count += 1


def slow(folder: Path, turns: int) -> Path:
    path = folder / "slow.fs"
    path.write_text(SLOW.replace("TURNS", str(turns)))
    return path


@pytest.mark.gl
def test_a_thread_goes_on_while_a_shader_is_drawn(tmp_path: Path) -> None:
    made = context.standalone()
    if made is None or "llvmpipe" not in made.info["GL_RENDERER"]:
        pytest.skip("no rasteriser draws here")
    image = made.texture((4, 4), 4, bytes(64))
    targets = [made.framebuffer([made.texture((1280, 720), 4)]) for _ in range(2)]
    shader = Shader(made, slow(tmp_path, 1000))
    targets[0].use()
    shader.draw(image, (8, 8))  # compiled by now
    with Ticking() as ticking:
        began = time.perf_counter()
        for drawn, target in zip((image, targets[0].color_attachments[0]), targets, strict=True):
            target.use()
            assert isinstance(drawn, moderngl.Texture)
            shader.draw(drawn, (1280, 720))  # the second one waits for the first
        took, count = time.perf_counter() - began, ticking.count
    shader.release()
    made.release()
    context.let_go()
    assert count > RUN_LEAST * 1000.0 * took


@pytest.mark.gl
def test_a_thread_goes_on_while_a_frame_is_drawn_and_read() -> None:
    with Offscreen((1920, 1080), samples=4) as screen:
        if "llvmpipe" not in screen.renderer:
            pytest.skip("no rasteriser draws here")
        image = np.random.default_rng(0).integers(0, 255, (540, 960, 3), dtype=np.uint8)
        screen.draw(Frame(image, 0.0, 0))
        with Ticking() as ticking:
            began = time.perf_counter()
            for k in range(1, 4):
                screen.draw(Frame(image + np.uint8(k), k / 30, k))
            took, count = time.perf_counter() - began, ticking.count
    assert count > RUN_LEAST * 1000.0 * took

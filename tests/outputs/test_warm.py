"""What is compiled before a show is all that it can ask for: no program is compiled while it is on."""

import os
import random
import subprocess
import sys
from pathlib import Path

import moderngl
import pytest

from vj.core.types import Finish
from vj.engine.finish.effects import effects
from vj.engine.governor import LADDER
from vj.outputs.finish._warm import like, warming
from vj.outputs.finish.chain import Chain
from vj.outputs.finish.enlarge import texture
from vj.outputs.finish.fit import placement
from vj.outputs.finish.shader import Shader

pytestmark = pytest.mark.gl
#: Wide enough that red and blue may be drawn a pixel apart.
WALL = (480, 270)
#: Of what is asked for, how often something is nothing, and all of it: that is where programs part.
ENDS = 0.4
#: What moves by itself.
MOVES = {"lean": (-0.1, 0.1), "ring_age": (0.0, 3.0), "punch": (0.9, 1.1), "bounce_y": (0.0, 0.04)}


def by_luck(luck: random.Random) -> Finish:
    """Anything that hands, looks and sound may ask for."""
    values: dict[str, dict[str, object]] = {}
    for effect in effects():
        asked = values[effect.name] = {}
        for one in effect.source.inputs:
            name, low, high = one["NAME"], one.get("MIN"), one.get("MAX")
            if one.get("VALUES"):
                asked[name] = luck.choice(one["VALUES"])
            elif one["TYPE"] == "float" and low is not None:
                zero = min(max(0.0, low), high)
                end = luck.random() < ENDS
                asked[name] = luck.choice((zero, one["DEFAULT"], high)) if end else luck.uniform(low, high)
    for name, (low, high) in MOVES.items():
        values["coords"][name] = luck.uniform(low, high)
    return Finish(values, 1, canvas=luck.choice([rung.canvas for rung in LADDER]))


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, str]]:
    """The programs that are compiled, as they are."""
    known: list[tuple[str, int, str]] = []
    before = Shader._compiled

    def noted(self: Shader, source: object, key: tuple[int, frozenset[str]]) -> object:
        known.append((self.path.name, key[0], " ".join(sorted(key[1]))))
        return before(self, source, key)

    monkeypatch.setattr(Shader, "_compiled", noted)
    return known


@pytest.mark.parametrize("full", [False, True])
def test_a_show_compiles_nothing(full: bool, context: moderngl.Context, compiled: list[tuple[str, int, str]]) -> None:
    luck = random.Random(7)
    chain = Chain(context)
    target = context.framebuffer([context.texture(WALL, 4)])
    tiny = texture(context, like(WALL, not full), 3)
    for _ in warming(chain, [tiny], [target], full):
        pass
    before = set(compiled)
    assert len(before) == len(compiled)
    compiled.clear()
    images = [texture(context, size, 3) for size in ((64, 36), (128, 128), (190, 107))]
    for n in range(200):
        image, finish = luck.choice(images), by_luck(luck)
        chain.draw(image, target, placement(image.size, WALL, luck.choice(("cover", "contain"))), finish, full, n)
    assert compiled == []
    chain.release()


#: Shows a picture in a window, then whatever comes by luck, and counts what the driver has kept of what it compiled.
SHOWN = """
import os, random, sys, time
from pathlib import Path
import numpy as np
from servers.xvfb import xvfb
from test_warm import by_luck
from vj.core.types import Frame
from vj.engine.finish.mixer import NOTHING
from vj.outputs.window import Window

wall, size = (tuple(map(int, word.split("x"))) for word in sys.argv[1:])
luck, noise = random.Random(3), np.random.default_rng(3)


def kept():
    count = -1
    while count != (count := sum(1 for path in Path(os.environ["MESA_SHADER_CACHE_DIR"]).rglob("*") if path.is_file())):
        time.sleep(0.7)
    return count


def show(index, image, finish):
    window.write(Frame(image, index / 30, index, finish=finish, flash="limit"))
    window.swap()
    window._context.finish()


with xvfb(1100, 800), Window(size=wall) as window:
    if "llvmpipe" not in window.renderer:
        sys.exit(77)
    for _ in window.prepare():
        pass
    show(0, NOTHING, by_luck(luck))
    for index in (1, 2):
        show(index, noise.integers(0, 255, (*size[::-1], 3), np.uint8), by_luck(luck))
    before = kept()
    for index in range(3, 150):
        window._show_hud = index == 149
        show(index, noise.integers(0, 255, (*size[::-1], 3), np.uint8), by_luck(luck))
    print(before, kept())
"""


@pytest.mark.parametrize(("wall", "picture"), [("640x360", "86x48"), ("512x384", "64x64")])
def test_a_rasteriser_compiles_nothing_either_whatever_the_sides(wall: str, picture: str, tmp_path: Path) -> None:
    here = Path(__file__).resolve().parent
    paths = os.pathsep.join(map(str, (here.parents[1], here.parent, here)))
    env = {**os.environ, "MESA_SHADER_CACHE_DIR": str(tmp_path), "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-c", SHOWN, wall, picture], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode == 77:
        pytest.skip("nothing is drawn by llvmpipe here")
    assert done.returncode == 0, done.stderr
    before, after = map(int, done.stdout.split())
    assert before > 50, "else nothing was kept, and this says nothing"
    assert after == before

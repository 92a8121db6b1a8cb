"""What is compiled before a show is all that it can ask for: no program is compiled while it is on."""

import random

import moderngl
import pytest

from vj.core.types import Finish
from vj.engine.finish.effects import effects
from vj.engine.governor import LADDER
from vj.outputs.finish._warm import warming
from vj.outputs.finish.chain import Chain
from vj.outputs.finish.enlarge import texture
from vj.outputs.finish.fit import placement
from vj.outputs.finish.picture import PLAIN
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
    tiny = texture(context, PLAIN, 3)
    for _ in warming(chain, tiny, target, full):
        pass
    before = set(compiled)
    assert len(before) == len(compiled)
    compiled.clear()
    images = [texture(context, size, 3) for size in ((64, 36), (128, 128), (190, 107))]
    for n in range(400):
        image, finish = luck.choice(images), by_luck(luck)
        chain.draw(image, target, placement(image.size, WALL, luck.choice(("cover", "contain"))), finish, full, n)
    assert compiled == []
    chain.release()

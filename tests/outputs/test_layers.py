"""What lies in the layers, read back pixel by pixel and held against what is computed here."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vj.core.layers import BLENDS, Layer, Lettering, Source, anchored
from vj.core.types import U8, Finish, Frame
from vj.outputs.finish.enlarge import texture
from vj.outputs.finish.picture import Picture, Way

pytestmark = pytest.mark.gl
SIZE = (96, 64)
#: A step of 8 bits on the way there and one on the way back.
NEAR = 2


@pytest.fixture
def draw(context) -> Callable[..., np.ndarray]:
    """`draw(image, layers, ...)`: what is seen, [h, w, 3] from 0 to 1; with the finishing chain if `finished`."""
    made = []

    def draw(image: U8, *layers: Layer, finished: bool = False, level: float = 1.0, size=SIZE, **values) -> np.ndarray:
        picture = Picture(context)
        target = context.framebuffer([texture(context, size, 4)])
        made.extend([picture, target])
        finish = Finish(values, 1, level, on=finished, layers=layers)
        picture.show(Frame(image, 0.0, 0, finish=finish), target, size, Way("stretch", 0.0))
        raw = np.frombuffer(target.read(components=3, alignment=1), np.uint8)
        return raw.reshape(size[1], size[0], 3)[::-1] / 255.0

    yield draw
    for each in made:
        each.release()


@pytest.fixture(scope="module")
def dream() -> U8:
    """[64, 96, 3] soft in all colours, dark at the left and bright at the right."""
    down, across = np.mgrid[0 : SIZE[1], 0 : SIZE[0]] / 95.0
    return (255 * np.stack([across, across * down * 1.4, across * (1 - down)], -1).clip(0, 1)).astype(np.uint8)


@pytest.fixture(scope="module")
def glass() -> U8:
    """[64, 96, 4] straight alpha: colours that change across, clear at the top and solid at the bottom."""
    down, across = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    return np.stack([across * 2, 200 - across, down * 3, down * 4], -1).clip(0, 255).astype(np.uint8)


def file(folder: Path, pixels: U8, name: str = "a.png") -> Source:
    Image.fromarray(pixels).save(folder / name)
    return Source("image", name, path=str(folder / name))


def blended(below: np.ndarray, over: U8, mode: str, opacity: float) -> np.ndarray:
    """By the book: `over` [h, w, 4] straight, premultiplied and laid over `below`."""
    alpha = over[..., 3:] / 255.0 * opacity
    light = over[..., :3] / 255.0 * alpha
    if mode == "mask":
        return below * (1 - opacity * (1 - over[..., 3:] / 255.0))
    return {
        "normal": below * (1 - alpha) + light,
        "add": (below + light).clip(0, 1),
        "screen": 1 - (1 - below) * (1 - light),
        "multiply": below * (1 - alpha) + below * light,
        "difference": abs(below - light),
    }[mode]


@pytest.mark.parametrize("finished", [False, True])
@pytest.mark.parametrize("mode", BLENDS)
def test_blend_modes_are_those_of_the_book(mode, finished, draw, dream, glass, tmp_path):
    layer = Layer(1, file(tmp_path, glass), blend=mode, opacity=0.7, fit="own")
    below = draw(dream, finished=finished)
    got = draw(dream, layer, finished=finished)
    assert np.abs(got - blended(below, glass, mode, 0.7)).max() * 255 <= NEAR
    assert np.abs(got - below).max() * 255 > 20


def test_two_layers_lie_over_each_other_and_the_master_takes_of_both(draw, dream, glass, tmp_path):
    solid = np.full((20, 30, 3), (255, 120, 0), np.uint8)
    layers = (
        Layer(1, file(tmp_path, glass), fit="own"),
        Layer(2, file(tmp_path, solid, "b.png"), fit="own", anchor="top_left", x=0.25, y=0.25, opacity=0.5),
    )
    expected = blended(draw(dream), glass, "normal", 1.0)
    expected[16:36, 24:54] = 0.5 * expected[16:36, 24:54] + 0.5 * solid / 255.0
    assert np.abs(draw(dream, *layers) - expected).max() * 255 <= NEAR
    assert np.abs(draw(dream, *layers, level=0.5) - 0.5 * expected).max() * 255 <= NEAR
    assert not draw(dream, *layers, level=0.0).any()


def test_a_picture_that_stands_is_the_same_to_the_bit(draw, dream, tmp_path):
    luck = np.random.default_rng(1).integers(0, 256, (31, 47, 3), np.uint8)
    got = draw(dream, Layer(1, file(tmp_path, luck), fit="own"), finished=True, grade={"contrast": 1.5})
    found = [
        (y, x) for y in range(15, 19) for x in range(23, 27) if np.array_equal(got[y : y + 31, x : x + 47] * 255, luck)
    ]
    assert len(found) == 1  # in the middle, to the nearest pixel


@pytest.mark.parametrize("anchor", ["top_left", "bottom_right", "right", "centre"])
@pytest.mark.parametrize("turn", [0.0, 90.0])
def test_anchor_scale_and_turn_put_it_where_they_say(anchor, turn, draw, tmp_path):
    white = np.full((10, 20, 3), 255, np.uint8)
    black = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    layer = Layer(1, file(tmp_path, white), fit="own", anchor=anchor, x=0.5, y=0.5, scale=1.5, turn=turn)
    got = draw(black, layer)[..., 0]
    ax, ay = anchored(anchor)
    corners = [((u - ax) * 30, (v - ay) * 15) for u in (0, 1) for v in (0, 1)]
    if turn:  # clockwise by a right angle: what was right is below
        corners = [(-y, x) for x, y in corners]
    xs, ys = zip(*corners, strict=True)
    left, right, top, bottom = 48 + min(xs), 48 + max(xs), 32 + min(ys), 32 + max(ys)
    inside = got[round(top) + 1 : round(bottom) - 1, round(left) + 1 : round(right) - 1]
    assert inside.size
    assert inside.min() == 1.0
    assert abs(got.sum() - 30 * 15) <= 0.02 * 30 * 15


@pytest.mark.parametrize("fit", ["contain", "cover", "stretch"])
def test_fit(fit, draw, tmp_path):
    white = np.full((16, 16, 3), 255, np.uint8)
    got = draw(np.zeros((8, 12, 3), np.uint8), Layer(1, file(tmp_path, white), fit=fit, scale=0.5))[..., 0]
    expected = {"contain": (32, 32), "cover": (48, 48), "stretch": (48, 32)}[fit]
    assert (int(got.any(0).sum()), int(got.any(1).sum())) == expected


def test_a_mask_goes_by_alpha_where_there_is_one_else_by_light(draw, dream, glass, tmp_path):
    grey = np.repeat(np.linspace(0, 255, SIZE[0])[None, :, None], SIZE[1], 0).repeat(3, 2).astype(np.uint8)
    below = draw(dream)
    mask = Layer(1, file(tmp_path, grey), blend="mask", fit="own")
    assert np.abs(draw(dream, mask) - below * (grey / 255.0)).max() * 255 <= NEAR
    assert np.abs(draw(dream, replace(mask, invert=True)) - below * (1 - grey / 255.0)).max() * 255 <= NEAR
    small = Layer(1, file(tmp_path, np.full((8, 8, 3), 255, np.uint8), "b.png"), blend="mask", fit="own")
    outside = draw(dream, small)
    assert not outside[:24].any()
    assert np.abs(outside[28:36, 44:52] - below[28:36, 44:52]).max() * 255 <= NEAR


def test_what_lies_under_the_dream_is_seen_where_that_is_dark_or_masked(draw, dream, glass, tmp_path):
    red = np.full((SIZE[1], SIZE[0], 3), (255, 0, 0), np.uint8)
    under = Layer(1, file(tmp_path, red), plane="under", fit="stretch")
    below = draw(dream)
    light = below.max(2, keepdims=True)
    assert np.abs(draw(dream, under) - (below + red / 255.0 * (1 - light)).clip(0, 1)).max() * 255 <= NEAR
    mask = Layer(2, file(tmp_path, glass, "b.png"), plane="over", blend="mask", fit="own")
    open_ = glass[..., 3:] / 255.0
    expected = (below * open_ + red / 255.0 * (1 - open_)).clip(0, 1)
    assert np.abs(draw(dream, under, mask) - expected).max() * 255 <= NEAR


def test_what_lies_over_the_dream_is_finished_with_it_and_what_is_on_top_is_not(draw, tmp_path):
    grey, orange = np.full((32, 48, 3), 90, np.uint8), np.full((40, 60, 3), (255, 120, 0), np.uint8)
    layer = Layer(1, file(tmp_path, orange), fit="own")
    look = {"grade": {"saturation": 0.0}}
    middle = {
        plane: draw(grey, replace(layer, plane=plane), finished=True, **look)[32, 48] for plane in ("top", "over")
    }
    assert np.array_equal(np.rint(middle["top"] * 255), (255, 120, 0))
    assert np.ptp(middle["over"]) < 0.05


def test_words_are_as_bright_as_their_colour_and_nothing_is_round_them(draw, dream):
    words = Layer(1, Source("text", "VJ", Lettering(color="#00ff80")), scale=0.9)
    below = draw(dream, finished=True, size=(320, 180))
    got = draw(dream, words, finished=True, size=(320, 180))
    ink = np.abs(got * 255 - (0, 255, 128)).max(2) <= 1
    assert 0.03 < ink.mean() < 0.5
    same = np.abs(got - below).max(2) == 0
    # crisp: between ink and picture lies no more than one soft pixel round the letters
    assert (~ink & ~same).mean() < 0.06


def test_nothing_is_opened_or_compiled_while_no_layer_is_on(context, dream):
    picture = Picture(context)
    target = context.framebuffer([texture(context, SIZE, 4)])
    picture.show(Frame(dream, 0.0, 0, finish=Finish({}, 1)), target, SIZE, Way())
    assert picture.layers.idle
    picture.release()

import numpy as np
import pytest

from vj.core.types import U8
from vj.outputs.finish.enlarge import texture
from vj.outputs.finish.fit import FITS, placement
from vj.outputs.finish.picture import Picture, Way

pytestmark = pytest.mark.gl


def catmull_rom(count: int, first: float, last: float, size: int) -> np.ndarray:
    """Matrix [size, count] that resamples `count` texels between first and last; texels beyond are mirrored."""
    matrix = np.zeros((size, count))
    for pixel in range(size):
        at = first + (pixel + 0.5) / size * (last - first) - 0.5
        whole = int(np.floor(at))
        f = at - whole
        weights = (
            f * (-0.5 + f * (1 - 0.5 * f)),
            1 + f * f * (-2.5 + 1.5 * f),
            f * (0.5 + f * (2 - 1.5 * f)),
            f * f * (-0.5 + 0.5 * f),
        )
        for tap, weight in enumerate(weights):
            index = whole - 1 + tap
            index = -1 - index if index < 0 else 2 * count - 1 - index if index >= count else index
            matrix[pixel, min(max(index, 0), count - 1)] += weight
    return matrix


def expected(image: U8, size: tuple[int, int], fit: str) -> np.ndarray:
    """What the crisp upscaler should draw without sharpening, on a smooth picture, by plain matrices."""
    height, width = image.shape[:2]
    place = placement((width, height), size, fit)
    across = catmull_rom(width, place.left * width, place.right * width, place.width)
    down = catmull_rom(height, place.top * height, place.bottom * height, place.height)
    canvas = np.zeros((size[1], size[0], 3))
    window = np.einsum("yh,hwc,xw->yxc", down, image.astype(float), across)
    canvas[place.y : place.y + place.height, place.x : place.x + place.width] = window
    return canvas


def drawn(context, image: U8, size: tuple[int, int], way: Way, upscaler: str = "crisp") -> np.ndarray:
    picture = Picture(context)
    picture.upscaler = upscaler
    picture.upload(image)
    target = context.framebuffer([texture(context, size, 4)])
    picture.draw(target, size, way)
    out = np.frombuffer(target.read(components=3, alignment=1), np.uint8).reshape(size[1], size[0], 3)[::-1]
    picture.release()
    return out.astype(int)


@pytest.fixture(scope="module")
def smooth() -> U8:
    """A soft picture [20, 32, 3] with no edge at which the clamp would act."""
    down, across = np.mgrid[0:20, 0:32]
    waves = [128 + 90 * np.sin(across / 5 + k) * np.cos(down / (4 + k)) for k in range(3)]
    return np.stack(waves, -1).astype(np.uint8)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("size", [(160, 90), (90, 160), (97, 61)])
def test_the_crisp_upscaler_is_catmull_rom(fit, size, context, smooth):
    got = drawn(context, smooth, size, Way(fit, 0.0))
    difference = np.abs(got - expected(smooth, size, fit))
    # Two roundings and two dithers of half a step, and the clamp on the tops of waves.
    assert np.percentile(difference, 99) <= 2.0
    assert difference.max() <= 8.0


@pytest.mark.parametrize("upscaler", ["crisp", "plain"])
@pytest.mark.parametrize("fit", ["cover", "stretch"])
def test_the_right_way_up_and_round_with_the_right_colours(upscaler, fit, context, card):
    got = drawn(context, card, (200, 120), Way(fit), upscaler)
    assert tuple(got[8, 8]) == (255, 0, 0)
    assert tuple(got[8, -9]) == (0, 255, 0)
    assert tuple(got[-9, 8]) == (0, 0, 255)
    assert tuple(got[-9, -9]) == (255, 255, 255)


@pytest.mark.parametrize("value", [0, 1, 127, 200, 254, 255])
def test_flat_colour_stays_exactly_flat_under_the_dither(value, context):
    flat = np.full((16, 16, 3), value, np.uint8)
    assert (drawn(context, flat, (101, 77), Way()) == value).all()


def test_no_halo_beside_a_hard_edge(context):
    edge = np.full((16, 16, 3), 60, np.uint8)
    edge[:, 8:] = 200
    got = drawn(context, edge, (160, 160), Way("cover", 1.0))
    assert got.min() >= 60
    assert got.max() <= 200


def test_sharpness_makes_a_soft_edge_steeper(context):
    soft = np.zeros((16, 16, 3), np.uint8)
    soft[:] = (220 / (1 + np.exp(-(np.arange(16) - 7.5) / 1.2)))[None, :, None]
    rows = [drawn(context, soft, (160, 160), Way("cover", s))[80, :, 0] for s in (0.0, 0.5, 1.0)]
    rises = [(row[10:] - row[:-10]).max() for row in rows]
    assert rises[0] < rises[1] < rises[2]


def test_the_dither_moves_with_the_frame_and_hides_steps(context):
    gradient = np.zeros((4, 64, 3), np.uint8)
    gradient[:] = (np.arange(64) // 16 + 100)[None, :, None]
    picture = Picture(context)
    picture.upload(gradient)
    target = context.framebuffer([texture(context, (640, 40), 4)])
    shots = []
    for index in (0, 1):
        picture.draw(target, (640, 40), Way("stretch", 0.0), index)
        shots.append(np.frombuffer(target.read(components=1, alignment=1), np.uint8).reshape(40, 640).astype(int))
    picture.release()
    assert (shots[0] != shots[1]).any()
    # Between two steps of the source both values appear in one column: that is what hides the step.
    assert (np.ptp(shots[0], axis=0) == 1).any()


def test_mirror_shows_the_picture_in_the_middle_and_its_reflection_beside_it(context, card):
    got = drawn(context, card, (120, 24), Way("mirror", 0.0), "plain")
    np.testing.assert_allclose(got[:, 40:80], card, atol=1)
    np.testing.assert_allclose(got[:, :40], card[:, ::-1], atol=1)
    np.testing.assert_allclose(got[:, 80:], card[:, ::-1], atol=1)


def test_contain_leaves_black_bars(context, card):
    got = drawn(context, card, (120, 24), Way("contain"))
    assert not got[:, :39].any()
    assert not got[:, 81:].any()
    assert got[12, 60].any()


def test_a_draw_over_budget_settles_for_the_plain_upscaler(context, card, monkeypatch):
    picture = Picture(context)
    picture.upload(card)
    target = context.framebuffer([texture(context, (64, 36), 4)])
    assert picture.choose(target, (64, 36)) > 0
    assert picture.upscaler == "crisp"
    monkeypatch.setattr("vj.outputs.finish.picture.BUDGET_MS", 0.0)
    picture.choose(target, (64, 36))
    assert picture.upscaler == "plain"
    picture.release()


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 5, 3), (241, 17, 3)])
@pytest.mark.parametrize("upscaler", ["crisp", "plain"])
def test_odd_sizes(shape, upscaler, context):
    image = np.full(shape, 90, np.uint8)
    assert (drawn(context, image, (33, 21), Way(), upscaler) == 90).all()

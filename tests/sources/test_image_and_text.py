from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from vj.core.errors import MediaError
from vj.core.layers import Layer, Lettering, Source
from vj.core.shelf import share
from vj.sources.image import Image
from vj.sources.text import Text

CANVAS = (320, 180)
RING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><circle cx="50" cy="50" r="40" fill="{}"/></svg>'


def image(path: Path, **how) -> Layer:
    return Layer(1, Source("image", path.name, path=str(path)), **how)


def words(text: str, **style) -> Layer:
    return Layer(1, Source("text", text, Lettering(**style)))


def drawn(text: str, **style) -> np.ndarray:
    return Text(words(text, **style)).draw(words(text, **style), CANVAS).pixels.astype(int)


def test_alpha_is_multiplied_in_and_kept_in_bounds_at_any_size(tmp_path):
    straight = np.random.default_rng(2).integers(0, 256, (40, 40, 4), np.uint8)
    Pillow.fromarray(straight).save(tmp_path / "a.png")
    own = Image(image(tmp_path / "a.png")).draw(image(tmp_path / "a.png", fit="own"), CANVAS)
    expected = straight[..., :3] * (straight[..., 3:] / 255.0)
    assert own.clear
    assert np.abs(own.pixels[..., :3] - expected).max() <= 1
    large = Image(image(tmp_path / "a.png")).draw(image(tmp_path / "a.png"), CANVAS).pixels
    assert large.shape == (180, 180, 4)
    assert (large[..., :3] <= large[..., 3:]).all()


def test_an_svg_is_drawn_for_the_size_it_has(tmp_path):
    (tmp_path / "ring.svg").write_text(RING.format("#ff0000"))
    layer = image(tmp_path / "ring.svg")
    still = Image(layer).draw(layer, CANVAS)
    assert still.natural == (100.0, 100.0)
    cover = still.pixels[..., 3] / 255.0
    down, across = np.mgrid[0:180, 0:180] + 0.5
    away = np.hypot(across - 90, down - 90) - 72.0
    assert (cover[away < -1] == 1).all()
    assert (cover[away > 1] == 0).all()
    assert cover.sum() == pytest.approx(np.pi * 72**2, rel=0.002)


def test_what_moves_gets_enough_pixels_in_few_steps(tmp_path):
    (tmp_path / "ring.svg").write_text(RING.format("#fff"))
    picture = Image(image(tmp_path / "ring.svg"))
    sizes = set()
    for scale in np.linspace(0.5, 1.0, 60):
        layer = image(tmp_path / "ring.svg", scale=float(scale), still=False)
        high = picture.draw(layer, CANVAS).pixels.shape[0]
        assert 180 * scale <= high + 1 <= 180 * scale * 1.5
        sizes.add(high)
    assert len(sizes) <= 4


@pytest.mark.parametrize("name", ["broken.png", "broken.svg", "missing.png", "missing.svg"])
def test_a_broken_picture_says_so_in_three_parts(name, tmp_path):
    if "broken" in name:
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\nno more")
    layer = image(tmp_path / name)
    with pytest.raises(MediaError) as caught:
        Image(layer).draw(layer, CANVAS)
    assert caught.value.what
    assert name in caught.value.where
    assert caught.value.hint


def test_a_name_fits_and_stands_in_the_middle():
    for name in ("DJ KOZE", "Øyvind Žižek", "A"):
        layer = words(name)
        still = Text(layer).draw(layer, CANVAS)
        assert still.pixels.shape[1] <= 320
        assert still.pixels.shape[0] <= 180
        ink = still.pixels[..., 3] > 128
        xs, ys = np.flatnonzero(ink.any(0)), np.flatnonzero(ink.any(1))
        assert abs(xs[0] + xs[-1] - ink.shape[1]) <= 0.06 * ink.shape[1]
        assert not still.pixels[[0, -1]].any()
        assert ys[-1] - ys[0] > 0.3 * ink.shape[0]


def test_letters_with_accents_are_letters_and_no_boxes():
    one, other = (drawn(letter)[..., 3] for letter in "éü")
    assert one.shape != other.shape or np.abs(one - other).max() > 100


def test_colour_outline_and_shadow():
    plain = drawn("VJ", color="#3366ff")
    solid = plain[plain[..., 3] == 255]
    assert np.array_equal(np.median(solid, 0)[:3], (0x33, 0x66, 0xFF))
    lined = drawn("VJ", color="white", outline=0.06, outline_color="red")
    red = (lined[..., 0] > 250) & (lined[..., 1] < 5) & (lined[..., 3] == 255)
    white = lined.min(2) == 255
    assert red.sum() > 200
    assert white.sum() > 200
    shadowed = drawn("VJ", shadow=0.8)
    dark = (shadowed[..., :3].max(2) < 10) & (shadowed[..., 3] > 60)
    assert dark.mean() > 0.05
    assert shadowed[..., 3][shadowed[..., 0] < 10].max() <= round(0.8 * 255) + 1


def test_lines_align_and_letters_are_spaced():
    left, right = (drawn("WWWWWW\nI", align=side)[..., 3] > 128 for side in ("left", "right"))
    half = left.shape[0] // 2
    assert np.flatnonzero(left[half:].any(0)).mean() < np.flatnonzero(right[half:].any(0)).mean() - 0.5 * left.shape[1]
    close, wide = (np.divide(*drawn("ABCD", spacing=x).shape[1::-1]) for x in (0.0, 0.5))
    assert wide > 1.3 * close


@pytest.mark.parametrize("style", [{"color": "no colour"}, {"outline_color": "#12"}])
def test_a_bad_colour_says_so(style):
    with pytest.raises(MediaError, match="no colour"):
        drawn("VJ", **style)


def test_a_font_of_ones_own_and_one_that_is_none(tmp_path):
    light = share("setlists") / "media" / "fonts" / "Manrope-Light.ttf"
    bold, thin = (
        Text(layer).draw(layer, CANVAS).pixels[..., 3].mean()
        for layer in (words("VJ"), Layer(1, Source("text", "VJ", Lettering(font="light"), str(light))))
    )
    assert thin < 0.7 * bold
    (tmp_path / "no.ttf").write_bytes(b"no font")
    with pytest.raises(MediaError, match="font"):
        Text(Layer(1, Source("text", "VJ", Lettering(), str(tmp_path / "no.ttf"))))

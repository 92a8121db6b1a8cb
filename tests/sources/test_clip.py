import numpy as np
import pytest

from vj.core.errors import MediaError
from vj.core.layers import Layer, Source
from vj.sources.clip import Clip

CANVAS = (64, 48)


def layer(path, **how) -> Layer:
    return Layer(1, Source("clip", path.name, path=str(path)), fit="own", **how)


def number(clip: Clip, asked: Layer) -> int:
    """Which of the greys is seen."""
    return round((int(clip.draw(asked, CANVAS).pixels[24, 32, 0]) - 20) / 5)


@pytest.mark.parametrize(
    ("name", "codec", "form"), [("a.mp4", "libx264", "yuv444p"), ("a.mov", "qtrle", "rgb24"), ("a.gif", "gif", "gray")]
)
def test_a_clip_shows_the_frame_of_its_time_whichever_way_it_runs(name, codec, form, write, greys):
    path = write(name, greys, codec, form)
    clip = Clip(layer(path))
    assert clip.duration == pytest.approx(40 / 25, abs=0.011)
    forward = [k * 0.037 for k in range(60)]
    there = forward + forward[::-1] + list(np.random.default_rng(3).uniform(0, 9, 25))
    for seconds in there:
        asked = layer(path, seconds=seconds)
        assert number(clip, asked) == int(asked.at(clip.duration) * 25 + 1e-6), seconds
    clip.close()


def test_it_goes_round_in_so_many_beats_or_stands_at_its_end(write, greys):
    path = write("a.mp4", greys, "libx264", "yuv444p")
    clip = Clip(layer(path))
    for beat in (0.0, 0.5, 1.9, 3.99, 4.01, 6.0, -0.5):
        assert number(clip, layer(path, rounds=beat / 4)) == int(beat / 4 % 1 * 40)
    assert number(clip, layer(path, seconds=99.0, loop=False)) == 39
    assert number(clip, layer(path, seconds=-99.0, loop=False)) == 0


@pytest.mark.parametrize(
    ("name", "codec", "form", "options"),
    [
        ("a.mov", "prores_ks", "yuva444p10le", {"profile": "4444"}),
        ("a.mov", "qtrle", "argb", {}),
        ("a.webm", "libvpx-vp9", "yuva420p", {"lossless": "1"}),
    ],
)
def test_alpha_is_multiplied_in(name, codec, form, options, write):
    picture = np.zeros((48, 64, 4), np.uint8)
    picture[:, :32] = (200, 200, 200, 255)
    picture[:, 32:] = (200, 200, 200, 128)
    picture[:16] = (200, 200, 200, 0)
    path = write(name, [picture] * 3, codec, form, **options)
    clip = Clip(layer(path))
    still = clip.draw(layer(path), CANVAS)
    assert still.clear
    for (y, x), expected in {(40, 8): 255, (40, 56): 128, (4, 8): 0}.items():
        got = still.pixels[y, x].astype(int)
        assert abs(got[3] - expected) <= 3
        assert np.abs(got[:3] - 200 * expected / 255).max() <= 4


def test_a_large_film_is_decoded_no_larger_than_it_is_seen(write):
    path = write("a.mp4", [np.full((360, 640, 3), 99, np.uint8)] * 2, "libx264", "yuv420p")
    still = Clip(layer(path)).draw(Layer(1, layer(path).source, scale=0.5), (320, 180))
    assert still.pixels.shape == (90, 160, 4)
    assert still.natural == (640.0, 360.0)


def test_what_is_no_film_says_so_in_three_parts(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no film" * 100)
    with pytest.raises(MediaError) as caught:
        Clip(layer(path))
    assert caught.value.what
    assert str(path) in caught.value.where
    assert caught.value.hint

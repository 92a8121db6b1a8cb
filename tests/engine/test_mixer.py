import numpy as np
import pytest

from vj.core.params import Snapshot, Values, defaults
from vj.core.types import U8, Picture
from vj.engine.finish.blending import blend, dim, dissolve, fit
from vj.engine.finish.limiter import Limiter
from vj.engine.finish.mixer import Mixer, level


def plain(value: int, size: tuple[int, int] = (8, 6)) -> U8:
    return np.full((size[1], size[0], 3), value, np.uint8)


def values(**changed: object) -> Values:
    named = {f"/master/{k}": v for k, v in changed.items()}
    return Snapshot({**defaults(Mixer).values, **named}).of(Mixer)  # type: ignore[arg-type]


SAFE = defaults(Limiter).of(Limiter)


def test_without_a_picture_it_is_black() -> None:
    assert Mixer().step(0.0, None, values(), SAFE).image.max() == 0


def test_master_and_blackout() -> None:
    """The mixer leaves the light alone: what comes after it may hold light of its own, so it is dimmed at the end."""
    mixer, picture = Mixer(), Picture(plain(200), 0.0, 0)
    assert level(values()) == 1.0
    assert level(values(level=0.5)) == 0.5
    assert level(values(blackout=True)) == 0.0
    frame = mixer.step(0.0, picture, values(level=0.5, blackout=True), SAFE)
    assert frame.image.max() == 200
    assert abs(int(dim(frame.image, 0.5).max()) - 100) <= 1
    assert dim(frame.image, 0.0).max() == 0
    assert dim(frame.image, 1.0) is frame.image


def test_freeze_holds_and_lets_go() -> None:
    mixer = Mixer()
    mixer.step(0.0, Picture(plain(10), 0.0, 0), values(), SAFE)
    mixer.step(0.02, Picture(plain(20), 0.02, 1), values(freeze=True), SAFE)
    held = mixer.step(0.04, Picture(plain(30), 0.04, 2), values(freeze=True), SAFE)
    assert held.image.max() == 20
    assert mixer.step(0.06, Picture(plain(40), 0.06, 3), values(), SAFE).image.max() == 40


def test_frames_say_whether_they_are_new() -> None:
    mixer = Mixer()
    picture = Picture(plain(1), 0.0, 0, stamp=5.0)
    frames = [mixer.step(t, picture, values(), SAFE) for t in (0.0, 0.1)]
    assert [f.unique for f in frames] == [True, False]
    assert [f.index for f in frames] == [0, 1]
    assert frames[0].stamp == 5.0


def test_another_program_is_crossfaded_in_even_at_another_size() -> None:
    mixer = Mixer()
    mixer.step(0.0, Picture(plain(200), 0.0, 0, "a"), values(fade=1.0), SAFE)
    path = [
        int(mixer.step(0.1 + t, Picture(plain(0, (4, 10)), t, 1 + n, "b"), values(fade=1.0), SAFE).image.max())
        for n, t in enumerate((0.0, 0.25, 0.5, 0.75, 1.1))
    ]
    assert path[0] >= 199
    assert path == sorted(path, reverse=True)
    assert abs(path[2] - 100) < 5
    assert path[-1] == 0


def test_it_glides_between_slow_pictures_and_only_those() -> None:
    slow, seen = Mixer(), []
    for n in range(60):
        picture = Picture(plain(4 * (n // 4)), n // 4 / 15, n // 4)
        seen.append(int(slow.step(n / 60, picture, values(), SAFE).image.max()))
    steps = np.diff(seen[30:])
    assert steps.max() <= 2  # 4 every fourth frame became 1 a frame
    fast = Mixer()
    for n in range(30):
        frame = fast.step(n / 60, Picture(plain(4 * n), n / 60, n), values(), SAFE)
        assert frame.image.max() == 4 * n


@pytest.mark.parametrize("x", [0.0, 0.25, 1.0])
def test_blend_and_dim_are_exact_to_a_level(x: float) -> None:
    a, b = plain(255), plain(3)
    assert abs(float(blend(a, b, x).mean()) - (255 + (3 - 255) * x)) <= 1.0
    assert abs(float(dim(a, x).mean()) - 255 * x) <= 1.0


def test_fit_keeps_the_picture_in_place() -> None:
    image = plain(0, (4, 4))
    image[:2, 2:] = 255
    bigger = fit(image, 8, 6)
    assert bigger.shape == (6, 8, 3)
    assert bigger[0, 7, 0] == 255
    assert bigger[5, 0, 0] == 0


def test_a_picture_of_another_size_has_no_squares() -> None:
    ramp = np.repeat(np.repeat(np.arange(0, 240, 20, dtype=np.uint8)[None, :, None], 6, 0), 3, 2)
    wide = fit(ramp, 96, 48).astype(int)
    assert wide.shape == (48, 96, 3)
    assert np.diff(wide, axis=1).max() <= 3, "20 from pixel to pixel, over eight"
    assert (wide[:, 0] == 0).all()
    assert (wide[:, -1] == 220).all()
    assert (fit(ramp, 12, 6) == ramp).all()


def test_a_dissolve_keeps_the_light() -> None:
    a, b = np.full((2, 2, 3), 200, np.uint8), np.zeros((2, 2, 3), np.uint8)
    assert (dissolve(a, b, 0.0) == a).all()
    assert (dissolve(a, b, 1.0) == b).all()
    assert (dissolve(a, b, 0.5) == round(200 / 2**0.5)).all()
    assert (dissolve(a, a, 0.3) == a).all()

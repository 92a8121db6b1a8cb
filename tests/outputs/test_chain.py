"""The finishing chain by what it must never do, and by the light that it keeps."""

import shutil
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from servers.xvfb import xvfb

from vj.core.errors import OutputError
from vj.core.isf.source import Source
from vj.core.params import table
from vj.core.shelf import share
from vj.core.types import U8, Finish, Frame
from vj.engine.finish.effects import Effect, effects
from vj.engine.governor import LADDER
from vj.generators.gl.context import at_work
from vj.outputs.finish.chain import EFFECTS, Chain
from vj.outputs.finish.enlarge import texture
from vj.outputs.finish.shader import Shader
from vj.outputs.offscreen import Offscreen
from vj.outputs.window import Window

pytestmark = pytest.mark.gl
#: Every effect off: what is left is enlarging.
BARE = {
    "grade": {"saturation": 1.0, "contrast": 1.0, "black": 0.0},
    "coords": {"punch_amount": 0.0, "ring": 0.0},
    "bloom": {"gain": 0.0, "halation": 0.0},
    "finish": {"edge": 0.0, "vignette": 0.0, "grain": 0.0},
}
TIERS = ("software", "full")


def asked(**changed: dict[str, float]) -> dict[str, dict[str, float]]:
    """Everything off but for `changed`."""
    return {name: {**BARE.get(name, {}), **changed.get(name, {})} for name in EFFECTS}


class Stage:
    """An Offscreen and a running frame number."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.offscreen = Offscreen(size)
        if self.offscreen.renderer == "swscale":
            pytest.skip("no OpenGL without a screen")
        self.index = 0

    def draw(self, image: U8, values: object = None, ticks: int = 1, **finish: object) -> np.ndarray:
        """One frame as it is shown, [h, w, 3] of int."""
        made = replace(Finish(values if values is not None else {}, ticks, tier="software"), **finish)
        frame = Frame(image, self.index / 60, self.index, finish=made)
        self.index += 1
        return self.offscreen.draw(frame).astype(int)

    def close(self) -> None:
        """Give all back, whoever's context was current."""
        self.offscreen._context.__enter__()
        assert self.offscreen._context.error == "GL_NO_ERROR"
        self.offscreen.close()

    def stored(self) -> np.ndarray:
        """The history in linear light, [h, w, 3]."""
        texture = self.offscreen._picture._chain._buffers.last("stored")
        raw = np.frombuffer(texture.read(), np.float16).reshape(texture.size[1], texture.size[0], 4)
        return raw[..., :3].astype(float)


@pytest.fixture(scope="module")
def built() -> Iterator[Stage]:
    """A small stage for many tests: building one takes longer than most of what is drawn on it."""
    made = Stage((192, 108))
    yield made
    made.close()


@pytest.fixture
def stage(built: Stage) -> Iterator[Stage]:
    """The same as if it were new, free of GL errors at the end."""
    offscreen, built.index = built.offscreen, 0
    way, chain = offscreen._way, offscreen._picture._chain
    with at_work(offscreen._context):
        offscreen.forget()
        yield built
        assert offscreen._context.error == "GL_NO_ERROR"
        if offscreen._picture._chain is not chain:  # a test brought one of its own
            offscreen._picture._chain = None
        offscreen._way = way


@pytest.fixture(scope="module")
def world() -> U8:
    """A picture like a generator's [54, 96, 3]: lights, soft forms, and a third of it black."""
    down, across = np.mgrid[0:54, 0:96]
    height = np.sin(across / 7) * np.cos(down / 5 + across / 20)
    glow = np.clip(height, 0, 1)[..., None] ** 1.5 * np.array([250, 120, 210])
    glow[10:13, 20:60] = 255
    return glow.astype(np.uint8)


@pytest.mark.parametrize("tier", TIERS)
def test_with_every_effect_off_the_picture_is_only_enlarged(tier, stage, world):
    smooth = np.repeat((np.sin(np.arange(96) / 6) * 90 + 120)[None, :, None], 54, 0).repeat(3, 2).astype(np.uint8)
    got = stage.draw(smooth, asked(clean={"sharpen": 0.0}, rcas={"stops": 3.0}), tier=tier)
    plain = stage.offscreen.draw(Frame(smooth, 0.0, 0)).astype(int)
    assert np.abs(got - plain).max() <= 5
    assert np.abs(got - plain).mean() <= 1.5


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("mode", [1, 2, 3])
def test_history_is_the_same_at_any_frame_rate(tier, mode, stage, world):
    pictures = (world, world[::-1].copy(), np.roll(world, 20, 1))
    values = asked(history={"mode": mode, "half_life": 0.3, "zoom": 0.3, "warp": 0.3, "spin": 0.1, "show": 0.6})
    results = []
    for fps in (30, 60, 120):
        stage.offscreen._picture._chain = None
        # One picture every tenth of a second; each frame stands for the ticks since the last one.
        for n in range(int(0.3 * fps)):
            ticks = int(60 * (n + 1) / fps) - int(60 * n / fps)
            stage.draw(pictures[n * 10 // fps], values, ticks, tier=tier)
        results.append(stage.stored())
    assert results[0].max() > 0.1
    for other in results[1:]:
        np.testing.assert_allclose(other, results[0], atol=2e-3)


@pytest.mark.parametrize("mode", [1, 2, 3])
def test_trails_end_in_true_black(mode, stage, world):
    values = asked(history={"mode": mode, "half_life": 1.2, "show": 0.9, "zoom": 0.0}, bloom={"gain": 0.6})
    for _ in range(3):
        stage.draw(world, values, 6)
    black = np.zeros_like(world)
    first = stage.draw(black, values, 1)
    assert first.max() > 60
    lights = [stage.stored().max()]
    for _ in range(80):
        last = stage.draw(black, values, 6)
        lights.append(stage.stored().max())
    # What sharpens itself may flare a little on its way.
    assert np.all(np.diff(lights) <= (0.01 if mode == 3 else 0.0))
    assert lights[-1] == 0
    assert not last.any()


def test_half_life_is_a_half_life(stage):
    white, black = np.full((54, 96, 3), 255, np.uint8), np.zeros((54, 96, 3), np.uint8)
    values = asked(history={"mode": 1, "half_life": 0.2, "zoom": 0.0, "warp": 0.0})
    stage.draw(white, values, 1)
    for _ in range(12):
        stage.draw(black, values, 1)
    # 12 ticks of a 60th are 0.2 s; the leak takes a little more.
    assert 0.47 <= np.median(stage.stored()) <= 0.5


def test_trails_grow_by_as_many_octaves_as_asked(stage):
    spot = np.zeros((54, 96, 3), np.uint8)
    spot[24:30, 45:51] = 255
    sizes = []
    for zoom in (0.0, 0.6):
        stage.offscreen._picture._chain = None
        values = asked(history={"mode": 1, "half_life": 1.2, "zoom": zoom, "warp": 0.0})
        stage.draw(spot, values, 1)
        for _ in range(10):
            stage.draw(np.zeros_like(spot), values, 6)
        sizes.append((stage.stored()[..., 1] > 0.1).sum())
    # 0.6 octaves a second for a second: 2^1.2 in area.
    assert sizes[1] / sizes[0] == pytest.approx(2**1.2, rel=0.2)


def test_a_freeze_keeps_the_history(stage, world):
    values = asked(history={"mode": 2, "half_life": 0.3})
    for _ in range(5):
        stage.draw(world, values, 1)
    before = stage.stored()
    stage.draw(np.zeros_like(world), values, 0)
    np.testing.assert_array_equal(stage.stored(), before)


@pytest.mark.parametrize("mode", [1, 2, 3])
def test_switching_history_on_makes_no_flash(mode, stage, world):
    plain = stage.draw(world, asked())
    first = stage.draw(world, asked(history={"mode": mode, "show": 0.7, "zoom": 0.1}))
    assert np.abs(first.mean() - plain.mean()) <= 4


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("canvas", [1.0, 0.4])
@pytest.mark.parametrize("on", [True, False])
def test_master_and_blackout_act_at_once(on, canvas, tier, stage, world):
    values = {"history": {"mode": 1, "half_life": 1.0, "show": 1.0}}
    asked_for = {"on": on, "canvas": canvas, "tier": tier}
    for _ in range(5):
        full = stage.draw(world, values, **asked_for)
    assert stage.draw(world, values, level=0.5, **asked_for).mean() == pytest.approx(full.mean() / 2, rel=0.03)
    assert not stage.draw(world, values, level=0.0, **asked_for).any()


@pytest.mark.parametrize("canvas", [1.0, 0.4])
def test_a_card_has_grain_of_the_walls_own_pixels(canvas: float) -> None:
    """However small the canvas: as strong, and as fine."""
    wall = Stage((320, 180))
    grey = np.full((54, 96, 3), 128, np.uint8)
    values = asked(finish={"grain": 0.08})
    still = wall.draw(grey, asked(), tier="full", canvas=canvas)
    grain = wall.draw(grey, values, tier="full", canvas=canvas) - still
    wall.offscreen.close()
    assert grain.std() == pytest.approx(0.08 * 255 * 0.41, rel=0.1), "two even noises of -1..1 have a spread of .41"
    assert np.corrcoef(grain[:, 1:, 0].ravel(), grain[:, :-1, 0].ravel())[0, 1] < 0.1


def test_without_opengl_the_master_works_too(world):
    with Offscreen((96, 54), opengl=False) as offscreen:
        assert not offscreen.draw(Frame(world, 0.0, 0, finish=Finish({}, level=0.0))).any()


@pytest.mark.parametrize("fold", [3, 6, 7, 12])
@pytest.mark.parametrize("mix", [0.3, 1.0])
def test_the_kaleidoscope_has_no_seam(fold, mix, stage):
    down, across = np.mgrid[0:54, 0:96] / 54
    soft = np.stack([120 + 70 * np.sin(3 * across + k) * np.cos(2 * down) for k in range(3)], -1).astype(np.uint8)
    values = asked(coords={"fold": fold, "fold_mix": mix, "turned": 0.7})
    got = stage.draw(soft, values)
    steps = max(np.abs(np.diff(got, axis=axis)).max() for axis in (0, 1))
    assert steps <= 14
    if mix == 1.0 and fold % 2 == 0:
        # As many axes as wedges: the left half is the right half's mirror image.
        assert np.abs(got - got[:, ::-1]).max() <= 4


def test_past_its_edge_the_picture_is_its_own_mirror_image(stage):
    ramp = np.repeat((np.arange(54) * 4 + 20)[:, None, None], 96, 1).repeat(3, 2).astype(np.uint8)
    still = stage.draw(ramp, asked())
    lifted = stage.draw(ramp, asked(coords={"bounce_y": 0.04}))
    # Lifted by 4.3 rows of 108: what was at row 20 is seen at row 16, and below the last row the ramp turns round.
    assert np.abs(lifted[16] - (still[20] + still[21]) / 2).max() <= 4
    assert lifted[-1].mean() < still[-1].mean() - 4


@pytest.mark.parametrize("size", [(193, 109), (33, 17), (1, 1), (254, 3), (3, 254)])
@pytest.mark.parametrize("tier", TIERS)
def test_any_size_of_picture_and_canvas(size, tier):
    stage = Stage(size)
    values = {"history": {"mode": 2}, "coords": {"fold": 6, "displace": 0.01, "jitter": 1.0}}
    for shape in ((7, 5, 3), (54, 96, 3), (1, 1, 3)):
        got = stage.draw(np.full(shape, 77, np.uint8), values, 2, tier=tier)
        assert got.shape == (size[1], size[0], 3)
        assert 30 < got.mean() < 160
    assert stage.offscreen._context.error == "GL_NO_ERROR"
    stage.offscreen.close()


def test_bars_stay_black(stage, world):
    stage.offscreen._way = replace(stage.offscreen._way, fit="contain")
    got = stage.draw(world[:, :54].copy(), {"history": {"mode": 1}})
    assert not got[:, :41].any()
    assert not got[:, -41:].any()
    assert got[:, 60:130].any()


def _extremes() -> list[tuple[str, str, float]]:
    """Every input of the chain that has a range, at both ends, and at each of its values."""
    found = []
    for effect in EFFECTS:
        for entry in Source.read(share("shaders") / f"{effect}.fs").inputs:
            ends = entry.get("VALUES", [entry["MIN"], entry["MAX"]] if "MIN" in entry else [])
            found += [(effect, entry["NAME"], end) for end in ends]
    return found


@pytest.fixture(scope="module")
def small() -> Iterator[Stage]:
    """One small stage for the many tests of inputs."""
    made = Stage((96, 54))
    yield made
    made.close()


@pytest.mark.parametrize(("effect", "name", "value"), _extremes(), ids=lambda part: str(part))
def test_no_input_at_its_end_burns_the_picture_out(effect, name, value, small, world):
    lively = {"history": {"mode": 2, "show": 0.8}, "coords": {"fold": 6, "ring_age": 0.2, "warp": 0.01}, "finish": {}}
    lively["grade"] = {"attract": 0.5, "map": 0.3}
    values = {key: dict(inputs) for key, inputs in lively.items()}
    values.setdefault(effect, {})[name] = value
    for _ in range(4):
        got = small.draw(world, values, 6)
    assert (got.min(axis=2) >= 250).mean() <= (world.min(axis=2) >= 250).mean() + 0.03
    assert 3 < got.mean() < 150
    if values["history"]["mode"]:
        assert np.isfinite(small.stored()).all()


def test_every_input_with_a_range_has_a_default_within_it():
    for effect in EFFECTS:
        for entry in Source.read(share("shaders") / f"{effect}.fs").inputs:
            if "MIN" in entry:
                assert entry["MIN"] <= entry["DEFAULT"] <= entry["MAX"], entry["NAME"]
            if "VALUES" in entry:
                assert entry["DEFAULT"] in entry["VALUES"]
                assert len(entry["VALUES"]) == len(entry["LABELS"])


def _graded(stage):
    """[9, 16, 3] the graded picture as it lies in OpenGL, 0..1: halves, or bytes on a rasteriser."""
    graded = stage.offscreen._picture._chain._buffers.last("graded")
    if graded.dtype == "f1":
        return np.frombuffer(graded.read(), np.uint8).reshape(9, 16, 4)[..., :3] / 255.0
    return np.frombuffer(graded.read(), np.float16).reshape(9, 16, 4)[..., :3].astype(float)


def test_neutral_grade_changes_no_colour(stage):
    colours = np.random.default_rng(0).integers(0, 256, (9, 16, 3)).astype(np.uint8)
    stage.draw(colours, asked())
    raw = _graded(stage)[::-1] * 255
    assert np.abs(raw - colours).max() <= 1.0


def test_attraction_moves_hues_and_no_lightness(stage):
    colours = np.random.default_rng(1).integers(40, 200, (9, 16, 3)).astype(np.uint8)
    hue = {"hue_1": 40.0, "hue_2": 40.0, "hue_3": 40.0, "hue_4": 220.0, "attract": 1.0}
    labs = []
    for grade in (BARE["grade"], {**BARE["grade"], **hue}):
        stage.draw(colours, asked(grade=grade))
        labs.append(_oklab(_graded(stage)))
    np.testing.assert_allclose(labs[1][..., 0], labs[0][..., 0], atol=0.02)
    strong = np.hypot(labs[0][..., 1], labs[0][..., 2]) > 0.08

    def off(lab: np.ndarray) -> np.ndarray:
        angle = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
        return np.minimum(*(np.abs((angle - h + 180) % 360 - 180) for h in (40, 220)))[strong]

    assert off(labs[1]).mean() < 0.5 * off(labs[0]).mean()


def _oklab(code: np.ndarray) -> np.ndarray:
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    lms = linear @ np.array([[0.41222, 0.2119, 0.0883], [0.53633, 0.6807, 0.28172], [0.05145, 0.1074, 0.62998]])
    to_lab = [[0.21045, 1.978, 0.0259], [0.79362, -2.42859, 0.78277], [-0.00407, 0.45059, -0.80868]]
    return np.cbrt(lms) @ np.array(to_lab)


def test_the_default_bloom_is_no_veil(stage, world):
    without = stage.draw(world, {"bloom": {"gain": 0.0, "halation": 0.0}, "finish": {"grain": 0.0}})
    bloomed = stage.draw(world, {"finish": {"grain": 0.0}})
    assert bloomed.mean() > without.mean()
    assert ((bloomed / 255) ** 2.2).mean() - ((without / 255) ** 2.2).mean() <= 0.05


def test_black_stays_black_under_grain_and_dither(stage):
    black = np.zeros((54, 96, 3), np.uint8)
    assert not stage.draw(black, {"finish": {"grain": 0.08}, "history": {"mode": 2}}).any()


@pytest.mark.parametrize("tier", TIERS)
def test_an_edge_is_crisp_on_a_big_wall(tier):
    stage = Stage((1920, 1080))
    edge = np.full((192, 344, 3), 40, np.uint8)
    edge[:, 172:] = 210
    got = stage.draw(edge, asked(), tier=tier)[540, 900:1020, 1]
    stage.offscreen.close()
    low, high = got[:20].mean(), got[-20:].mean()
    rise = (got - low) / (high - low)
    ten, ninety = (np.interp(part, rise, np.arange(len(rise))) for part in (0.1, 0.9))
    assert ninety - ten <= 3.0
    assert rise.max() <= 1.02
    assert rise.min() >= -0.02


def disc(height: int) -> U8:
    """A white disc on black, a third of the height across, with a rim no pixel wide."""
    down, across = (np.mgrid[0:height, 0 : 16 * height // 9] + 0.5) / height
    away = np.hypot(down - 0.5, across - 8 / 9) - 1 / 6
    return np.repeat((np.clip(0.5 - away * height, 0, 1) * 200).astype(np.uint8)[..., None], 3, 2)


@pytest.mark.parametrize("tier", TIERS)
def test_a_picture_is_doubled_only_where_it_is_small(stage, tier):
    sizes = []
    for height in (54, 72, 90, 108, 216):
        stage.draw(disc(height), asked(), tier=tier)
        sizes.append(stage.offscreen._picture._chain._buffers.last("crisp").size[1])
    assert sizes == [108, 144, 90, 108, 216]
    stage.draw(disc(54), asked(), tier=tier, canvas=0.5)
    assert stage.offscreen._picture._chain._buffers.last("crisp").size[1] == 108, "as the window is, not its canvas"


@pytest.mark.parametrize("tier", TIERS)
def test_edges_are_as_wide_whatever_the_size_of_the_picture(tier):
    """The light that edges add, and how far it reaches, on a wall of 1080 rows: 270 rows, 540 and all of them."""
    stage, lit, wide = Stage((1920, 1080)), [], []
    for height in (270, 540, 1080):
        plain, edged = (
            stage.draw(disc(height), asked(finish={"edge": edge}), tier=tier)[540, 1100:1200, 1] for edge in (0.0, 0.6)
        )
        added = np.clip(edged - plain, 0, None)
        lit.append(added.sum())
        wide.append((added > added.max() / 4).sum())
    stage.offscreen.close()
    assert max(lit) < 1.8 * min(lit), lit
    assert max(wide) < 1.8 * min(wide), wide


def test_glow_is_as_wide_on_a_larger_wall():
    """What a disc spills outside its rim, far off and near, at 1080 rows and at 2160."""
    spilt = []
    for height in (1080, 2160):
        stage = Stage((16 * height // 9, height))
        bright = asked(bloom={"gain": 0.6})
        row = stage.draw(disc(270), bright)[height // 2, :: height // 1080, 1][960 + 190 : 960 + 500]
        stage.offscreen.close()
        spilt.append(row)
    near, far = (np.array([part[:40].sum() for part in spilt]), np.array([part[40:200].sum() for part in spilt]))
    assert near.min() > 100
    assert near.max() < 1.15 * near.min(), near
    assert far.max() < 1.25 * far.min() + 40, far


def test_a_bad_edit_of_a_variant_leaves_the_last_good_one(context, tmp_path):
    good = (share("shaders") / "finish.fs").read_text()
    path = tmp_path / "finish.fs"
    path.write_text(good)
    shader = Shader(context, path)
    picture = texture(context, (1, 1), 4)
    picture.write(bytes([200, 200, 200, 255]))
    target = context.framebuffer([texture(context, (1, 1), 4)])
    target.use()
    names = frozenset({"CHROMA"})
    shader.draw(picture, (1, 1), 0, names, **shader.defaults)
    before = target.read()
    path.write_text(good.replace("#ifdef CHROMA", "#ifdef CHROMA\n    nonsense;"))
    with pytest.raises(OutputError, match="nonsense"):
        shader.reload()
    shader.draw(picture, (1, 1), 0, names, **shader.defaults)
    assert target.read() == before
    shader.release()


def test_an_unchanged_picture_is_not_cleaned_again_and_looks_the_same(stage, world):
    values = {"finish": {"grain": 0.0}}
    first = stage.draw(world, values)
    stage.index -= 1
    np.testing.assert_array_equal(stage.draw(world, values), first)
    stage.index -= 1
    assert (stage.draw(world, {**values, "grade": {"saturation": 0.2}}) != first).any()


def test_the_window_shows_what_is_drawn_offscreen_and_keeps_it_without_the_panel(world):
    values = {"history": {"mode": 1}, "finish": {"grain": 0.0}}
    frames = [Frame(world, n / 30, n, finish=Finish(values, 2, tier="software")) for n in range(4)]
    with Offscreen((320, 180)) as offscreen:
        for frame in frames:
            alone = offscreen.draw(frame)
    with xvfb(), Window(size=(320, 180)) as window:
        window.capture = True
        for frame in frames:
            window.write(frame)
        assert window.captured is not None
        assert np.abs(alone.astype(int) - window.captured).max() <= 2
        assert window._context.error == "GL_NO_ERROR"


@pytest.mark.parametrize("fit", ["cover", "contain", "mirror"])
@pytest.mark.parametrize("canvas", [0.75, 0.5])
def test_a_smaller_canvas_shows_the_same_picture_a_little_softer(
    stage: Stage, world: U8, canvas: float, fit: str
) -> None:
    """Same place, same light, same way up; and back at the whole canvas nothing of the small one is left."""
    lopsided = world.copy()
    lopsided[:20, :30] = (250, 40, 10)
    stage.offscreen._way = replace(stage.offscreen._way, fit=fit)
    whole = stage.draw(lopsided, asked())
    small = stage.draw(lopsided, asked(), canvas=canvas)
    assert np.abs(small.mean(axis=(0, 1)) - whole.mean(axis=(0, 1))).max() < 2.0
    assert np.abs(small - whole).mean() < 6.0
    assert np.abs(small - whole).mean() < 0.25 * np.abs(small[::-1] - whole).mean()
    assert np.abs(np.diff(small, axis=1)).mean() < np.abs(np.diff(whole, axis=1)).mean()
    again = stage.draw(lopsided, asked())
    assert np.abs(again - whole).mean() < 1.0


@pytest.mark.parametrize("tier", TIERS)
def test_trails_outlive_a_change_of_canvas(tier: str, stage: Stage, world: U8) -> None:
    """As bright as they were, and where they were."""
    values = asked(history={"mode": 1, "half_life": 1.0, "zoom": 0.0, "warp": 0.0, "show": 1.0})
    black = np.zeros_like(world)
    stage.draw(world, values, tier=tier)
    whole = stage.draw(black, values, 0, tier=tier)
    for canvas in (0.75, 0.4, 0.75, 1.0):
        small = stage.draw(black, values, 0, tier=tier, canvas=canvas)
        assert small.mean() == pytest.approx(whole.mean(), rel=0.1)
        assert np.abs(small - whole).mean() < 0.25 * np.abs(small[::-1] - whole).mean()


def squares(image: np.ndarray, cells: int) -> float:
    """How unevenly the change from pixel to pixel along a row is spread over cells of which there are so many: 0 where
    nothing shows of them, 2 and more where each is a square."""
    steps = np.abs(np.diff(image.astype(float), axis=1)).mean(axis=(0, 2))
    phase = (np.arange(1, image.shape[1]) * cells / image.shape[1]) % 1.0
    parts = [steps[(phase >= low) & (phase < low + 0.25)] for low in np.arange(4) / 4]
    spread = [part.mean() for part in parts if len(part)]
    return float((max(spread) - min(spread)) / np.mean(spread))


def rough(width: int, height: int) -> U8:
    """A picture whose contrast is in its pixels."""
    noise = gaussian_filter(np.random.default_rng(0).standard_normal((height, width, 3)), (0.8, 0.8, 0))
    return (128 + 60 * noise / noise.std()).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("tier", TIERS)
def test_enlarged_pixels_never_show_as_squares(tier: str) -> None:
    """On any rung, on a wall, whether finished or not; and the measure knows a square."""
    wall, pictures = Stage((1280, 720)), set()
    for canvas, picture in {(rung.canvas, rung.picture): None for rung in LADDER}:
        image = rough(round(344 * picture), round(192 * picture))
        got = wall.draw(image, asked(), tier=tier, canvas=canvas)
        assert squares(got, image.shape[1]) < 0.35, (canvas, picture)
        assert squares(got, round(1280 * canvas)) < 0.35, (canvas, picture)
        if picture in pictures:  # bare, it has no canvas
            continue
        pictures.add(picture)
        for upscaler in ("crisp", "plain"):
            wall.offscreen._picture.upscaler = upscaler
            bare = wall.draw(image, on=False)
            assert squares(bare, image.shape[1]) < 0.35, (picture, upscaler)
        nearest = image[np.arange(720)[:, None] * image.shape[0] // 720, np.arange(1280) * image.shape[1] // 1280]
        assert squares(nearest, image.shape[1]) > 2.0
    wall.offscreen.close()


def test_hard_tones_are_no_stairs_on_the_lowest_rung() -> None:
    """A slanting edge as a print has it is straight on the wall, not drawn by the texels that it goes through."""
    wall, rung = Stage((1280, 720)), LADDER[-1]
    height, width = round(192 * rung.picture), round(344 * rung.picture)
    off = np.arange(height)[:, None] - 0.5 * height - 0.2 * (np.arange(width) - 0.5 * width)
    ink = np.repeat((128 + 100 * np.clip(1.5 * off, -1.0, 1.0)).astype(np.uint8)[..., None], 3, axis=2)
    got = wall.draw(ink, asked(grade={"contrast": 2.3}), tier="software", canvas=rung.canvas).mean(axis=2)
    wall.offscreen.close()
    columns = np.arange(200, 1080)
    rows = np.arange(720)
    edge = [float(np.interp(0.5 * (got.min() + got.max()), got[:, x], rows)) for x in columns]
    astray = edge - np.polyval(np.polyfit(columns, edge, 1), columns)
    assert np.std(astray) * height / 720 < 0.075  # of a texel
    assert np.ptp(got) > 200  # hard all the same


NEGATIVE = """/*{
  "ISFVSN": "2",
  "DESCRIPTION": "The negative.",
  "CREDIT": "vj",
  "CATEGORIES": ["Finish"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "amount", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0, "LABEL": "How much of it"}
  ]
}*/
void main() {
    vec4 seen = texelFetch(inputImage, ivec2(gl_FragCoord.xy), 0);
    gl_FragColor = vec4(mix(seen.rgb, 1.0 - seen.rgb, amount), 1.0);
}
"""


@pytest.mark.parametrize("tier", TIERS)
def test_a_shader_that_is_dropped_has_a_fader_and_is_drawn(tier, stage, world, tmp_path):
    shaders = shutil.copytree(share("shaders"), tmp_path / "shaders")
    (shaders / "negative.fs").write_text(NEGATIVE, encoding="utf-8")
    assert "/fx/negative/amount" in addresses_of(effects(shaders))
    plain = stage.draw(world, asked(), tier=tier)
    stage.offscreen._picture._chain = Chain(stage.offscreen._context, shaders)
    assert np.abs(stage.draw(world, asked(), tier=tier) - plain).max() <= 1
    black, white = np.zeros_like(world), np.full_like(world, 255)
    negative = {**asked(), "negative": {"amount": 1.0}}
    assert stage.draw(black, negative, tier=tier).min() > 235
    assert stage.draw(white, negative, tier=tier).max() < 20
    assert stage.draw(white, {**asked(), "negative": {"amount": 0.0}}, tier=tier).min() > 235


def addresses_of(chain: tuple[Effect, ...]) -> set[str]:
    """Where the faders of some effects are."""
    return set(table(effect.stage for effect in chain))


def test_every_effect_that_ships_has_its_place_in_the_chain():
    assert {effect.name for effect in effects()} == set(EFFECTS)

"""Anybody's filters in the chain and transitions between pictures, by the light that comes out."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vj.apps.assemble import parameters
from vj.core.errors import OutputError, VjError
from vj.core.params import Snapshot, Values, defaults
from vj.core.types import Features, Finish, Frame, Passage, Picture
from vj.engine.finish.blending import blend
from vj.engine.finish.effects import effects, filters
from vj.engine.finish.finisher import Finisher
from vj.engine.finish.found import LENT, PLACES, lend, shelf
from vj.engine.finish.limiter import Limiter
from vj.engine.finish.mixer import DISSOLVE, TRANSITION, Mixer
from vj.outputs.finish import guests
from vj.outputs.null import frame_hash
from vj.outputs.offscreen import Offscreen

pytestmark = pytest.mark.gl
SIZE = (64, 36)
INPUTS = """/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}%s]}*/
"""
#: Every effect off: a plain picture stays as it is.
BARE = {
    "grade": {"saturation": 1.0, "contrast": 1.0, "black": 0.0},
    "coords": {"punch_amount": 0.0, "ring": 0.0},
    "bloom": {"gain": 0.0, "halation": 0.0},
    "finish": {"edge": 0.0, "vignette": 0.0, "grain": 0.0},
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where a test puts its files; nothing is read less than at every frame."""
    monkeypatch.setenv(LENT, str(tmp_path))
    monkeypatch.setattr(guests, "LOOK", 0.0)
    return tmp_path


def put(folder: Path, name: str, main: str, inputs: str = "", before: str = "") -> Path:
    file = folder / f"{name}.fs"
    file.write_text(f"{INPUTS % inputs}{before}\nvoid main() {{ {main} }}\n")
    os.utime(file, ns=(0, _clock()))
    return file


def _clock(now=[1]):  # noqa: B006 - what the file system's clock may be too coarse for
    now[0] += 1
    return now[0]


@pytest.fixture
def screen():
    with Offscreen(SIZE) as made:
        if made.renderer == "swscale":
            pytest.skip("no OpenGL without a screen")
        yield made


def plain(*colour):
    return np.broadcast_to(np.array(colour, np.uint8), (SIZE[1], SIZE[0], 3)).copy()


def drawn(screen, image, values=None, passage=None, **finish):
    """Mean colour of the frame as it is shown."""
    made = replace(Finish({**BARE, **(values or {})}, 1, tier="full"), **finish)
    return screen.draw(Frame(image, 0.5, 0, finish=made, passage=passage)).reshape(-1, 3).mean(0)


def at(place, **inputs):
    return {"place": PLACES.index(place), **inputs}


def test_a_filter_stands_where_it_is_told(folder, screen):
    """Red before the grade loses its colour in it, red after it does not; at the end nothing else has a say."""
    put(folder, "red", "gl_FragColor = vec4(IMG_THIS_PIXEL(inputImage).r, 0.0, 0.0, 1.0);")
    grey = {"grade": {**BARE["grade"], "saturation": 0.0}}
    image = plain(120, 120, 120)
    assert np.ptp(drawn(screen, image, grey)) < 2
    assert np.ptp(drawn(screen, image, {**grey, "red": at("off")})) < 2
    before, graded, end = (drawn(screen, image, {**grey, "red": at(place)}) for place in PLACES[1:])
    assert np.ptp(before) < 2
    assert graded[0] > 100
    assert graded[1:].max() < 2
    assert end == pytest.approx([120, 0, 0], abs=1.5)


def test_nothing_that_a_filter_adds_outshines_the_master(folder, screen):
    put(folder, "white", "gl_FragColor = vec4(1.0);")
    assert drawn(screen, plain(0, 0, 0), {"white": at("end")}) == pytest.approx([255] * 3)
    assert drawn(screen, plain(0, 0, 0), {"white": at("end")}, level=0.5) == pytest.approx([127.5] * 3, abs=1)
    for place in PLACES[1:]:
        assert drawn(screen, plain(200, 200, 200), {"white": at(place)}, level=0.0).max() == 0


def test_filters_take_their_turn_by_name(folder, screen):
    put(folder, "a_half", "gl_FragColor = vec4(IMG_THIS_PIXEL(inputImage).rgb * 0.5, 1.0);")
    put(folder, "b_more", "gl_FragColor = vec4(IMG_THIS_PIXEL(inputImage).rgb + 0.25, 1.0);")
    both = drawn(screen, plain(100, 100, 100), {"a_half": at("end"), "b_more": at("end")})
    assert both == pytest.approx([100 / 2 + 255 / 4] * 3, abs=1.5)


def test_inputs_reach_the_shader_by_their_parts(folder, screen):
    more = (
        ', {"NAME": "tint", "TYPE": "color", "DEFAULT": [0, 0, 0, 1]}, {"NAME": "spot", "TYPE": "point2D"},'
        ' {"NAME": "mode", "TYPE": "long", "VALUES": [3, 7], "LABELS": ["low", "high"], "DEFAULT": 7},'
        ' {"NAME": "on", "TYPE": "bool", "DEFAULT": 1.0}, {"NAME": "gain", "TYPE": "float", "MAX": 4},'
        ' {"NAME": "place", "TYPE": "float", "DEFAULT": 0.25}, {"NAME": "hit", "TYPE": "event"}'
    )
    put(folder, "told", "gl_FragColor = vec4(tint.r * gain, on ? spot.y : 0.0, float(mode) / 10.0 + place, 1.0);", more)
    (effect,) = (one for one in filters() if one.name == "told")
    table = {name.removeprefix("/fx/told/"): p for name, p in parameters().items() if name.startswith("/fx/told/")}
    assert set(table) == {
        *(f"tint_{part}" for part in ("red", "green", "blue", "alpha")),
        *("spot_x", "spot_y", "mode", "on", "gain", "place_", "hit", "place"),
    }
    assert table["place"].choices == PLACES
    assert (table["mode"].choices, table["mode"].default, table["gain"].hi, table["on"].default) == (
        ("low", "high"), "high", 4.0, True,
    )  # fmt: skip
    assert effect.number("mode", "low") == 3
    told = at("end", tint_red=0.25, tint_green=0, tint_blue=0, tint_alpha=1, spot_x=0, spot_y=0.5, mode=3, on=True,
              gain=2.0, place_=0.25, hit=False)  # fmt: skip
    assert drawn(screen, plain(9, 9, 9), {"told": told}) == pytest.approx([127.5, 127.5, 0.55 * 255], abs=1)


def test_passes_buffers_and_time_are_those_of_isf(folder, screen):
    """Each frame adds a tenth of what persists; TIME is the show's."""
    header = INPUTS.replace(
        '"INPUTS"', '"PASSES": [{"TARGET": "sum", "PERSISTENT": true, "FLOAT": true}, {}], "INPUTS"'
    )
    (folder / "adds.fs").write_text(
        header % ""
        + """void main() {
    if (PASSINDEX == 0) gl_FragColor = IMG_THIS_PIXEL(sum) + vec4(0.1);
    else gl_FragColor = vec4(IMG_THIS_PIXEL(sum).r, TIME, TIMEDELTA, 1.0);
}"""
    )
    seen = [drawn(screen, plain(0, 0, 0), {"adds": at("end", TIME=0.5, TIMEDELTA=0.25)}) for _ in range(3)]
    for count, colour in enumerate(seen, 1):
        assert colour == pytest.approx([25.5 * count, 127.5, 63.75], abs=1)
    screen.forget()
    assert drawn(screen, plain(0, 0, 0), {"adds": at("end")})[0] == pytest.approx(25.5, abs=1)


def test_a_changed_file_is_drawn_and_a_broken_one_told_with_its_line(folder, screen):
    put(folder, "mine", "gl_FragColor = vec4(0.2);")
    one = {"mine": at("end")}
    assert drawn(screen, plain(0, 0, 0), one)[0] == pytest.approx(51, abs=1)
    file = put(folder, "mine", "gl_FragColor = vec4(0.2) oops;")
    assert drawn(screen, plain(0, 0, 0), one)[0] == pytest.approx(51, abs=1)
    (told,) = screen._picture.notices
    assert told.startswith(f"{file}:3: ")
    file.unlink()
    assert drawn(screen, plain(0, 0, 0), one)[0] == pytest.approx(51, abs=1)
    put(folder, "mine", "gl_FragColor = vec4(0.6);")
    assert drawn(screen, plain(0, 0, 0), one)[0] == pytest.approx(153, abs=1)
    assert len(screen._picture.notices) == 1


def test_what_is_no_shader_is_told_and_the_rest_is_there(folder, screen):
    put(folder, "good", "gl_FragColor = vec4(1.0);")
    (folder / "bad.fs").write_text("/*{ nothing }*/")
    (folder / "neither.fs").write_text("/*{}*/ void main() { gl_FragColor = vec4(1.0); }")
    assert [one.name for one in shelf().filters] == ["good"]
    assert len(shelf().broken) == 2
    drawn(screen, plain(0, 0, 0), {"good": at("end")})
    assert {Path(line.split(":")[0]).name for line in screen._picture.notices} == {"bad.fs", "neither.fs"}


def test_a_filter_is_lent_by_its_file_and_its_place(tmp_path, monkeypatch):
    monkeypatch.setenv(LENT, "")
    file = put(tmp_path, "Color Controls", "gl_FragColor = vec4(1.0);")
    lend([f"{file}@graded"])
    assert parameters()["/fx/Color_Controls/place"].default == "graded"
    lend([str(put(tmp_path, "last", "gl_FragColor = vec4(1.0);"))])
    assert {one.name: one.place for one in shelf().filters} == {"Color_Controls": "graded", "last": "end"}
    with pytest.raises(VjError, match="no place 'nowhere'"):
        lend([f"{file}@nowhere"])
    with pytest.raises(OutputError, match="cannot read the shader"):
        lend([str(tmp_path / "gone.fs")])
    (tmp_path / "source.fs").write_text("/*{}*/ void main() { gl_FragColor = vec4(1.0); }")
    with pytest.raises(VjError, match="is no filter"):
        lend([str(tmp_path / "source.fs")])


def test_the_finisher_tells_time_to_filters_that_stand_somewhere(folder):
    put(folder, "one", "gl_FragColor = vec4(1.0);", ', {"NAME": "gain", "TYPE": "float", "DEFAULT": 0.5}')
    chain = (*effects(), *filters())
    stages = [Finisher, Mixer, *(effect.stage for effect in chain)]
    snapshot = Snapshot({**parameters_of(stages), "/fx/one/place": "end", "/quality/rung": 0})
    values = Finisher(chain).step(0.75, Features(0.75, 0, 0.0, {}), snapshot).values["one"]
    assert values == {"gain": 0.5, "place": PLACES.index("end"), "TIME": 0.75, "TIMEDELTA": 0.75}


def parameters_of(stages):
    return {name: value for stage in stages for name, value in defaults(stage).values.items()}


def test_the_shipped_transitions_begin_and_end_with_the_pictures(screen):
    rng = np.random.default_rng(1)
    start, end = (np.kron(rng.integers(0, 255, (4, 8, 3), np.uint8), np.ones((9, 8, 1), np.uint8)) for _ in range(2))
    names = parameters()[TRANSITION].choices[1:]
    assert {"wipe", "melt", "iris", "ripple", "tiles", "smear"} <= set(names)

    def shown(image, passage=None):
        return screen.draw(Frame(image, 0.0, 0, finish=Finish(BARE, 1, tier="full"), passage=passage)).astype(int)

    first, last = shown(start), shown(end)
    for name in names:
        begun, half, done = (shown(end, Passage(name, start, x)) for x in (0.0, 0.5, 1.0))
        assert np.abs(begun - first).mean() < 0.5, name
        assert np.abs(done - last).mean() < 0.5, name
        assert min(np.abs(half - first).mean(), np.abs(half - last).mean()) > 3, name


def test_a_transition_of_ones_own_is_drawn_between_pictures_of_any_size(folder, screen):
    (folder / "mine.fs").write_text(
        '/*{"INPUTS": [{"NAME": "startImage", "TYPE": "image"}, {"NAME": "endImage", "TYPE": "image"},'
        ' {"NAME": "progress", "TYPE": "float"}]}*/\nvoid main() {'
        " gl_FragColor = mix(IMG_THIS_PIXEL(startImage), IMG_THIS_PIXEL(endImage), progress); }"
    )
    assert "mine" in parameters()[TRANSITION].choices
    leaving = plain(200, 0, 40)[::2, ::3]
    for name in ("mine", "no longer there"):
        passage = Passage(name, leaving, 0.25)
        for level in (1.0, 0.5):  # without the chain, which moves saturated colours
            mean = drawn(screen, plain(0, 100, 40), passage=passage, on=False, level=level)
            assert mean == pytest.approx(np.multiply([150, 25, 40], level), abs=1.5)


def test_without_opengl_a_transition_dissolves():
    a, b = plain(200, 0, 0), plain(0, 100, 0)
    with Offscreen(SIZE, opengl=False) as screen:
        shown = screen.draw(Frame(b, 0.0, 0, passage=Passage("wipe", a, 0.5)))
    assert np.abs(shown.astype(int) - blend(a, b, 0.5)).max() <= 1


SAFE = defaults(Limiter).of(Limiter)


def values(**changed: object) -> Values:
    return Snapshot({**defaults(Mixer).values, **{f"/master/{k}": v for k, v in changed.items()}}).of(Mixer)


def test_a_model_gives_way_to_the_next_by_the_transition():
    mixer, p = Mixer(), values(transition="wipe", fade=2.0)
    mixer.step(0.0, Picture(plain(200, 0, 0), 0.0, 0, "a"), p, SAFE)
    frame = mixer.step(1.0, Picture(plain(0, 100, 0), 1.0, 1, "b"), p, SAFE)
    assert (frame.passage.name, frame.passage.progress) == ("wipe", 0.0)
    assert frame.passage.leaving.max() == 200
    assert frame.image.max() == 100
    frame = mixer.step(1.5, Picture(plain(0, 110, 0), 1.5, 2, "b"), p, SAFE)
    assert frame.passage.progress == pytest.approx(0.25**2 * (3 - 2 * 0.25))
    held = mixer.step(1.6, None, values(transition="wipe", fade=2.0, freeze=True), SAFE)
    later = mixer.step(2.9, None, values(transition="wipe", fade=2.0, freeze=True), SAFE)
    assert later.passage.leaving is held.passage.leaving
    assert later.passage.progress == held.passage.progress
    assert mixer.step(3.1, None, p, SAFE).passage is None
    assert frame_hash(frame) != frame_hash(replace(frame, passage=None))


def test_where_the_walk_is_cut_there_is_a_transition_if_one_is_wanted():
    for cuts, transition in ((0.0, "wipe"), (1.0, "wipe"), (1.0, DISSOLVE)):
        mixer, p = Mixer(), values(transition=transition, cuts=cuts)
        mixer.step(0.0, Picture(plain(200, 0, 0), 0.0, 0, "a"), p, SAFE)
        frame = mixer.step(0.1, Picture(plain(0, 100, 0), 0.1, 1, "a", cut=True), p, SAFE)
        assert (frame.passage is not None) == (cuts > 0 and transition == "wipe")
        assert frame.image[0, 0, 0] == (200 if cuts > 0 and transition == DISSOLVE else 0)
        assert mixer.step(1.2, None, p, SAFE).image[0, 0, 0] == 0

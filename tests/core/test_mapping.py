"""Geometry of outputs: what is pinned lies where it was pinned, what is written is read, what is moved stays sound."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vj.core.errors import OutputError
from vj.core.mapping import moves
from vj.core.mapping.mesh import Mesh
from vj.core.mapping.output import Blend, Mapping, Mask, Slice
from vj.core.mapping.plane import SQUARE, applied, convex, homography
from vj.core.mapping.venue import Venue, parse_venue

KEYSTONE = ((0.1, 0.05), (0.93, 0.12), (0.85, 0.9), (0.04, 0.97))


def test_a_homography_takes_the_square_to_its_corners_and_lines_to_lines() -> None:
    matrix = homography(KEYSTONE)
    assert np.allclose(applied(matrix, np.array(SQUARE)), KEYSTONE)
    line = applied(matrix, np.stack([np.linspace(0, 1, 9), np.linspace(0.2, 0.7, 9)], axis=-1))
    way = line - line[0]
    assert np.abs(way[:, 0] * way[-1, 1] - way[:, 1] * way[-1, 0]).max() < 1e-12
    assert np.allclose(applied(np.linalg.inv(matrix), line[4]), [0.5, 0.45])
    assert convex(KEYSTONE)
    assert not convex(KEYSTONE[::-1])
    assert not convex((*KEYSTONE[:3], (0.9, 0.2)))


@pytest.mark.parametrize("smooth", [True, False])
def test_a_mesh_goes_through_its_points_and_leaves_what_is_straight(smooth: bool) -> None:
    at = np.linspace(0, 1, 31)
    flat = Mesh.regular(5, 4, smooth)
    assert flat.flat
    assert np.allclose(flat.place(at, at), np.stack(np.meshgrid(at, at), axis=-1))
    bent = flat.with_point(7, (0.62, 0.4)).with_point(11, (0.3, 0.71))
    nodes = bent.place(np.linspace(0, 1, 5), np.linspace(0, 1, 4))
    assert not bent.flat
    assert np.allclose(nodes, bent.points)
    assert np.allclose(bent.of_size(5, 4).points, bent.points)


def test_a_smooth_mesh_has_no_crease_and_a_planar_one_is_the_corner_pin() -> None:
    bent = Mesh.regular(4, 4).with_point(5, (0.45, 0.2))
    near = bent.place([1 / 3 - 1e-6, 1 / 3, 1 / 3 + 1e-6], [0.21])[0]
    assert np.allclose(near[1] - near[0], near[2] - near[1], atol=1e-11)
    # a leaning parallelogram is planar in any grid; a keystone as near as its points are dense
    at = np.linspace(0, 1, 33)
    for corners, count, within in ((((0.1, 0), (0.9, 0.1), (1.0, 0.9), (0.2, 0.8)), 3, 1e-12), (KEYSTONE, 9, 3e-5)):
        pin = homography(corners)
        nodes = applied(pin, np.array(Mesh.regular(count, count).points))
        mesh = Mesh(tuple(tuple((float(x), float(y)) for x, y in row) for row in nodes))
        straight = applied(pin, np.stack(np.meshgrid(at, at), axis=-1))
        assert np.abs(mesh.place(at, at) - straight).max() < within


def test_turns_and_flips_look_where_they_should() -> None:
    for turn, flip, seen in ((0, "none", (0, 0)), (90, "none", (0, 1)), (180, "none", (1, 1)), (270, "none", (1, 0)),
                             (0, "across", (1, 0)), (0, "down", (0, 1)), (90, "across", (1, 1))):  # fmt: skip
        look = Mapping(turn=turn, flip=flip).look()  # type: ignore[arg-type]
        assert tuple(look @ [0, 0, 1]) == seen, (turn, flip)
    part = Mapping(slice=Slice(0.25, 0.5, 0.5, 0.25)).look()
    assert np.allclose(part @ [1, 1, 1], [0.75, 0.75])
    assert Mapping(slice=Slice(0, 0, 0.5, 1)).canvas((800, 600)) == (1131, 424)
    assert Mapping(slice=Slice(0, 0, 0.5, 1)).canvas((800, 600), 2.0) == (1600, 600)


def test_blends_of_two_sum_to_the_light_of_one() -> None:
    x = np.linspace(0, 1, 101)
    for curve in (1.0, 2.0, 3.5):
        one = Blend(curve=curve)
        assert np.allclose(one.light(x) + one.light(1 - x), 1.0)
        assert np.all(np.diff(one.light(x)) >= 0)


FULL = Venue('a "club"\n', {
    "main": Mapping(Slice(0, 0, 0.55, 1), 90, "across", KEYSTONE, Mesh.regular(3, 4).with_point(4, (0.4, 0.3)),
                    Blend(right=0.18, gamma=2.4), (Mask(((0.1, 0.1), (0.2, 0.1), (0.2, 0.3)), 0.02, True),)),
    "left wing": Mapping(),
})  # fmt: skip


def test_a_venue_is_read_as_it_was_written() -> None:
    read = parse_venue(FULL.text(), "club.toml")
    assert read.text() == FULL.text()
    assert read.name == FULL.name
    assert read.of("main").blend == FULL.of("main").blend
    assert np.allclose(read.of("main").vertices(), FULL.of("main").vertices(), atol=1e-5)
    assert FULL.of("nowhere").plain
    assert FULL.of("left wing").plain
    assert not FULL.of("main").plain


@pytest.mark.parametrize(("line", "said"), [
    ("turn = 45", "output.main, turn"), ('flip = "acros"', "across"), ("corners = [[0,0],[1,0],[0,1],[1,1]]", "bulge"),
    ("slice = [0,0,0,1]", "slice"), ("mesh = {points=[[[0,0]]]}", "rows"), ("blend = {gamma=9}", "blend.gamma"),
    ("mask = [{points=[[0,0],[1,1]]}]", "3 to"), ("cornes = 1", "corners"),
    ("corners = [[0,0],[1,nan],[1,1],[0,1]]", "no point"),
])  # fmt: skip
def test_a_wrong_line_is_told_by_its_key(line: str, said: str) -> None:
    with pytest.raises(OutputError) as error:
        parse_venue(f"format = 1\n[output.main]\n{line}\n", "club.toml")
    assert said in str(error.value)
    assert "club.toml, output.main" in str(error.value)


def test_what_is_moved_at_random_stays_sound() -> None:
    """Whatever is dragged wherever: the file that is written can be read, and nothing turns inside out."""
    luck, mapping = random.Random(3), FULL.of("main")
    for _ in range(150):
        part = luck.choice(moves.PARTS)
        index = luck.randrange(-1, 20)
        match luck.randrange(10):
            case 0:
                mapping = moves.rotated(mapping, luck.uniform(-90, 90), 1.6)
            case 1:
                mapping = moves.meshed(mapping, luck.randrange(0, 20), luck.randrange(0, 20))
            case 2:
                mapping = luck.choice((moves.turned, moves.flipped, moves.with_mask))(mapping)
            case 3:
                mapping = luck.choice((moves.with_mask_point, moves.without_mask))(mapping, index)
            case 4 if luck.random() < 0.3:
                mapping = moves.reset(mapping, part)  # type: ignore[arg-type]
            case _:
                to = luck.choice([(luck.uniform(-3, 3), luck.gauss(0.5, 0.5)), (float("nan"), float("inf"))])
                mapping = moves.drag(mapping, part, index, to)  # type: ignore[arg-type]
        assert convex(mapping.corners)
        assert np.isfinite(mapping.vertices()).all()
        assert parse_venue(Venue("v", {"main": mapping}).text(), "v").of("main").masks is not None


@given(st.sampled_from(moves.PARTS), st.integers(0, 3), st.floats(0.02, 0.98), st.floats(0.02, 0.98))
@settings(max_examples=80, deadline=None)
def test_a_handle_lies_where_it_was_dragged(part: str, index: int, x: float, y: float) -> None:
    mapping = moves.with_mask(Mapping(corners=KEYSTONE, mesh=Mesh.regular(3, 3)))
    after = moves.drag(mapping, part, index, (x, y))  # type: ignore[arg-type]
    if after is mapping or part in ("slice", "blend"):
        return
    assert np.allclose(moves.handles(after, part)[index], (x, y), atol=1e-6) or part == "mesh"  # type: ignore[arg-type]
    assert moves.near(after, part, moves.handles(after, part)[index]) is not None  # type: ignore[arg-type]

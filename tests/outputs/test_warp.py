"""The last pass of an output, read back: light lies where the geometry says, and as much of it."""

from collections.abc import Iterator
from dataclasses import replace

import moderngl
import numpy as np
import pytest

from vj.core.mapping.mesh import Mesh
from vj.core.mapping.output import TESTS, Blend, Mapping, Mask, Slice
from vj.core.mapping.plane import applied, homography
from vj.core.types import F64
from vj.outputs.mapping.warp import CELLS, Warp

pytestmark = pytest.mark.gl
SIZE = (640, 360)
KEYSTONE = ((0.08, 0.06), (0.95, 0.14), (0.88, 0.92), (0.03, 0.97))


class Wall:
    """Draws pictures as mapped and reads the wall, [h, w, 3] in 0..1."""

    def __init__(self, context: moderngl.Context) -> None:
        self.context, self.warp = context, Warp(context)
        self.targets: dict[tuple[int, int], moderngl.Framebuffer] = {}

    def seen(
        self,
        image: np.ndarray,
        mapping: Mapping,
        size: tuple[int, int] = SIZE,
        name: str = "main",
    ) -> F64:
        high, wide = image.shape[:2]
        picture = self.context.texture((wide, high), 3, np.ascontiguousarray(image[::-1]).tobytes(), alignment=1)
        picture.repeat_x = picture.repeat_y = False
        if size not in self.targets:
            self.targets[size] = self.context.framebuffer([self.context.texture(size, 4)])
        target = self.targets[size]
        self.warp.draw(picture, target, size, mapping, name)
        raw = np.frombuffer(target.read(components=3, alignment=1), np.uint8)
        picture.release()
        return raw.reshape(size[1], size[0], 3)[::-1] / 255.0


@pytest.fixture
def wall(context: moderngl.Context) -> Iterator[Wall]:
    made = Wall(context)
    yield made
    made.warp.release()


def checkers(size: tuple[int, int] = (1280, 720)) -> np.ndarray:
    """A board of 16 x 9 squares."""
    down, across = np.mgrid[: size[1], : size[0]] * 16 // size[0]
    return np.repeat(((down + across) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)


def crossings(image: F64, expected: F64, reach: int = 6) -> F64:
    """[N, 2] where squares meet near each of `expected` [N, 2], in pixels: there all gradients around point to it."""
    down, across = np.gradient(image)
    found = []
    for x, y in expected:
        column, row = int(x), int(y)
        part = np.s_[row - reach : row + reach + 1, column - reach : column + reach + 1]
        gx, gy = across[part].ravel(), down[part].ravel()
        py, px = (each.ravel() + 0.5 for each in np.mgrid[part])
        pull = np.array([[gx @ gx, gx @ gy], [gx @ gy, gy @ gy]])
        lean = gx * px + gy * py
        found.append(np.linalg.solve(pull, [gx @ lean, gy @ lean]))
    return np.array(found)


def inner(columns: int = 16, rows: int = 9) -> F64:
    """[N, 2] the crossings of a board, in 0..1 of the picture."""
    grid = np.stack(np.meshgrid(np.arange(1, columns) / columns, np.arange(1, rows) / rows), axis=-1)
    return np.asarray(grid.reshape(-1, 2), np.float64)


def test_a_pinned_checkerboard_lies_on_its_homography(wall: Wall) -> None:
    expected = applied(homography(KEYSTONE), inner()) * SIZE
    for mapping in (Mapping(corners=KEYSTONE), Mapping(corners=KEYSTONE, test="checker")):
        found = crossings(wall.seen(checkers(), mapping)[..., 0], expected)
        assert np.abs(found - expected).max() < 0.5
    # the measure can fail: one corner two pixels further in is seen
    off = ((KEYSTONE[0][0] + 2 / SIZE[0], KEYSTONE[0][1]), *KEYSTONE[1:])
    found = crossings(wall.seen(checkers(), Mapping(corners=off))[..., 0], expected)
    assert 1.0 < np.abs(found - expected).max() < 2.5


def test_a_mesh_of_a_plane_is_the_corner_pin_and_a_bent_one_goes_through_its_points(wall: Wall) -> None:
    matrix = homography(KEYSTONE)
    nodes = applied(matrix, np.array(Mesh.regular(7, 7).points))
    mesh = Mesh(tuple(tuple((float(x), float(y)) for x, y in row) for row in nodes))
    expected = applied(matrix, inner()) * SIZE
    found = crossings(wall.seen(checkers(), Mapping(mesh=mesh))[..., 0], expected)
    assert np.abs(found - expected).max() < 0.5
    # a node in the middle of the board lies where it is put, pinned as the rest
    bent = Mesh.regular(5, 4).with_point(7, (0.55, 0.4))
    at = applied(matrix, np.array([(0.55, 0.4)])) * SIZE
    board = checkers((1280, 720))[:, :, :]
    lines = np.zeros_like(board)
    lines[238:242, :], lines[:, 638:642] = 255, 255
    seen = wall.seen(lines, Mapping(mesh=bent, corners=KEYSTONE))[..., 0]
    column, row = at[0].astype(int)
    assert seen[row - 2 : row + 3, column - 2 : column + 3].max() > 0.7


@pytest.mark.parametrize("curve", [1.0, 2.0, 3.0])
def test_two_blended_edges_sum_to_constant_light(wall: Wall, curve: float) -> None:
    """Left shows 0..60 % of the picture and right 40..100 %: in between both throw light on the wall."""
    image, gamma = np.full((180, 1000, 3), 230, np.uint8), 2.2
    one = Mapping(Slice(0.0, 0.0, 0.6, 1.0), blend=Blend(right=1 / 3, gamma=gamma, curve=curve))
    two = Mapping(Slice(0.4, 0.0, 0.6, 1.0), blend=Blend(left=1 / 3, gamma=gamma, curve=curve))
    light = np.zeros((180, 1000))
    light[:, :600] += wall.seen(image, one, (600, 180))[..., 1] ** gamma
    light[:, 400:] += wall.seen(image, two, (600, 180))[..., 1] ** gamma
    columns = light.mean(axis=0) / (230 / 255) ** gamma
    assert np.abs(columns - 1.0).max() < 0.01
    # and there is something to sum: in the middle each gives half
    alone = wall.seen(image, one, (600, 180))[:, 499:501, 1] ** gamma / (230 / 255) ** gamma
    assert abs(alone.mean() - 0.5) < 0.02


def test_blacks_are_lifted_where_nothing_overlaps(wall: Wall) -> None:
    seen = wall.seen(np.zeros((90, 160, 3), np.uint8), Mapping(blend=Blend(right=0.25, black=0.1)), (160, 90))
    assert abs(seen[:, :118].mean() - 0.1) < 0.005
    assert seen[:, 122:].max() < 0.01


def test_masks_hide_and_show_with_a_soft_edge(wall: Wall) -> None:
    white = np.full((36, 64, 3), 255, np.uint8)
    box = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
    hidden = wall.seen(white, Mapping(masks=(Mask(box, 0.0),)))[..., 0]
    expected = np.ones(SIZE[::-1])
    expected[90:270, 160:480] = 0.0
    assert np.abs(hidden - expected).mean() < 0.003
    shown = wall.seen(white, Mapping(masks=(Mask(box, 0.0, True),)))[..., 0]
    assert np.abs(shown + hidden - 1.0).max() < 0.01
    soft = wall.seen(white, Mapping(masks=(Mask(box, 0.2),)))[180, :320, 0]
    assert abs(soft[160] - 0.5) < 0.02  # half-way at the line itself, 36 pixels of light and dark on either side
    assert soft[118] > 0.98
    assert soft[200] < 0.02
    assert np.all(np.diff(soft) <= 1e-6)
    # light in one of two, less what a third takes
    both = (Mask(box, 0.0, True), Mask(((0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.1)), 0.0, True))
    three = wall.seen(white, Mapping(masks=(*both, Mask(((0.4, 0.4), (0.6, 0.4), (0.5, 0.7)), 0.0))))[..., 0]
    assert (three[10, 10], three[100, 200], three[180, 320], three[20, 600]) == (1.0, 1.0, 0.0, 0.0)


def test_slices_turns_and_flips_show_the_right_part_the_right_way(wall: Wall, card: np.ndarray) -> None:
    seen = wall.seen(card, Mapping(slice=Slice(0.5, 0.5, 0.5, 0.5)))
    assert tuple(seen[-20, -20]) == (1, 1, 1)
    for mapping, top_left in ((Mapping(turn=90), (0, 0, 1)), (Mapping(turn=180), (1, 1, 1)),
                              (Mapping(turn=270), (0, 1, 0)), (Mapping(flip="across"), (0, 1, 0)),
                              (Mapping(flip="both"), (1, 1, 1))):  # fmt: skip
        assert np.abs(wall.seen(card, mapping)[6, 12] - top_left).max() < 0.05, mapping


def test_every_pattern_is_drawn_and_names_its_output(wall: Wall) -> None:
    black = np.zeros((72, 128, 3), np.uint8)
    seen = {test: wall.seen(black, Mapping(test=test)) for test in TESTS}
    assert not seen["none"].any()
    assert len({image.tobytes() for image in seen.values()}) == len(TESTS)
    assert all(seen[test].std() > 0.05 for test in TESTS if test != "none")
    ramp = seen["ramp"][30, :, 0]
    assert np.abs(ramp - (np.arange(640) + 0.5) / 640).max() < 0.004
    bars = seen["bars"][30, 40::80]
    assert [tuple(np.rint(bar / 0.75).astype(int)) for bar in bars[:3]] == [(1, 1, 1), (1, 1, 0), (0, 1, 1)]
    other = wall.seen(black, Mapping(test="name"), name="left wing")
    assert (np.abs(other - seen["name"]).max(axis=2) > 0.3).sum() > 500
    assert CELLS == 16


def test_what_is_kept_follows_what_changes(wall: Wall) -> None:
    """Mask, size and mesh of one frame never show in the next."""
    white = np.full((36, 64, 3), 255, np.uint8)
    mapping = Mapping(masks=(Mask(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)), 0.0),))
    assert not wall.seen(white, mapping)[:, :310].any()
    moved = replace(mapping, masks=(Mask(((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)), 0.0),))
    assert wall.seen(white, moved)[:, :310].min() == 1.0
    assert wall.seen(white, moved, (320, 200))[:, :155].min() == 1.0
    assert wall.seen(white, Mapping(mesh=Mesh.regular(4, 4))).min() == 1.0
    assert not wall.seen(white, Mapping(corners=((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))))[:, :318].any()


def test_the_rim_is_smooth_unless_it_is_the_outputs_own(wall: Wall) -> None:
    white = np.full((36, 64, 3), 255, np.uint8)
    assert wall.seen(white, Mapping()).min() == 1.0
    seen = wall.seen(white, Mapping(corners=((0.2, 0.2), (0.8, 0.203), (0.8, 0.8), (0.2, 0.8))))[..., 0]
    slope = seen[68:78, 140:500]  # an edge that rises by half a pixel over this width: no steps, but a ramp of light
    assert ((slope > 0.05) & (slope < 0.95)).mean() > 0.05
    inside = seen.sum() / seen.size
    assert abs(inside - 0.6 * (0.6 + 0.597) / 2) < 0.0005
    for mesh in (None, Mesh.regular(4, 4), Mesh.regular(3, 3, smooth=False)):
        assert wall.seen(white, Mapping(mesh=mesh, turn=180)).min() == 1.0

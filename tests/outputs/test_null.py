import numpy as np

from vj.core.types import Finish, Frame
from vj.outputs.null import Null, frame_hash


def frame(value: int, t: float = 0.0, unique: bool = True) -> Frame:
    return Frame(np.full((3, 5, 3), value, np.uint8), t, 0, unique)


def test_equal_pictures_hash_equal_whatever_their_time():
    assert frame_hash(frame(7, t=0.0)) == frame_hash(frame(7, t=9.0))


def test_one_changed_value_changes_the_hash():
    image = np.zeros((3, 5, 3), np.uint8)
    other = image.copy()
    other[2, 4, 1] = 1
    assert frame_hash(Frame(image, 0, 0)) != frame_hash(Frame(other, 0, 0))


def test_shape_counts_as_well_as_pixels():
    flat = np.zeros(30, np.uint8)
    assert frame_hash(Frame(flat.reshape(2, 5, 3), 0, 0)) != frame_hash(Frame(flat.reshape(5, 2, 3), 0, 0))


def test_a_strided_picture_hashes_like_its_copy():
    image = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(6, 4, 3)
    turned = image[::-1]
    assert frame_hash(Frame(turned, 0, 0)) == frame_hash(Frame(turned.copy(), 0, 0))


def test_it_keeps_hashes_times_and_counts_unique_frames():
    with Null() as null:
        null.write(frame(1, 0.0))
        null.write(frame(1, 0.5, unique=False))
        null.write(frame(2, 1.0))
    null.close()
    assert null.times == [0.0, 0.5, 1.0]
    assert null.hashes[0] == null.hashes[1] != null.hashes[2]
    assert null.unique == 2


def test_how_a_frame_is_finished_is_part_of_its_hash_and_of_its_light() -> None:
    image = np.full((4, 6, 3), 200, np.uint8)
    bare, half = Frame(image, 0.0, 0), Frame(image, 0.0, 0, finish=Finish({"bloom": {"gain": 0.2}}, level=0.5))
    other = Frame(image, 0.0, 0, finish=Finish({"bloom": {"gain": 0.3}}, level=0.5))
    assert len({frame_hash(frame) for frame in (bare, half, other)}) == 3
    screen = Null()
    screen.capture = True
    screen.write(half)
    assert screen.read().max() == 100
    assert screen.captured is not None
    assert screen.captured.max() == 100

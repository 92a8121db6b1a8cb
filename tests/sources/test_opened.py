"""Sources in a show: on threads of their own, which nobody waits for."""

import os
import time

import numpy as np
import pytest
from PIL import Image

from vj.core.errors import MediaError
from vj.core.layers import Layer, Source
from vj.sources.folders import Media
from vj.sources.opened import Pool

CANVAS = (64, 36)


def png(folder, name: str, color) -> Layer:
    Image.new("RGB", (8, 8), color).save(folder / name)
    return Layer(1, Source("image", name, path=str(folder / name)))


@pytest.fixture
def pool():
    made = Pool(live=True)
    yield made
    made.close()


def color(pool: Pool, layer: Layer):
    still = pool.pictures([(layer, CANVAS)]).get(layer.number)
    return None if still is None else tuple(int(x) for x in still.pixels[18, 18, :3])


def test_a_bad_file_leaves_the_layer_as_it_was_and_is_told_once(pool, wait_until, tmp_path):
    red = png(tmp_path, "red.png", (255, 0, 0))
    wait_until(lambda: color(pool, red) == (255, 0, 0))
    (tmp_path / "bad.png").write_bytes(b"bad")
    bad = Layer(1, Source("image", "bad.png", path=str(tmp_path / "bad.png")))
    wait_until(lambda: color(pool, bad) == (255, 0, 0) and pool.notices)
    for _ in range(20):
        assert color(pool, bad) == (255, 0, 0)
        time.sleep(0.005)
    assert len(pool.notices) == 1
    assert "bad.png" in pool.notices[0]
    assert "save it as PNG" in pool.notices[0]
    blue = png(tmp_path, "blue.png", (0, 0, 255))
    wait_until(lambda: color(pool, blue) == (0, 0, 255))


def test_what_comes_on_again_shows_nothing_of_what_was_on_before(pool, wait_until, tmp_path):
    red, blue = png(tmp_path, "red.png", (255, 0, 0)), png(tmp_path, "blue.png", (0, 0, 255))
    wait_until(lambda: color(pool, red))
    pool.pictures([])
    seen = set()
    wait_until(lambda: seen.add(color(pool, blue)) or (0, 0, 255) in seen)
    assert (255, 0, 0) not in seen


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_source_that_hangs_holds_nobody_up(pool, wait_until, tmp_path):
    pipe = tmp_path / "hangs.mp4"
    os.mkfifo(pipe)
    hanging = Layer(2, Source("clip", "hangs.mp4", path=str(pipe)))
    red = png(tmp_path, "red.png", (255, 0, 0))
    wait_until(lambda: 1 in pool.pictures([(red, CANVAS), (hanging, CANVAS)]))
    took = []
    for _ in range(50):
        began = time.perf_counter()
        assert set(pool.pictures([(red, CANVAS), (hanging, CANVAS)])) == {1}
        took.append(time.perf_counter() - began)
    assert np.median(took) < 0.05  # it does not wait: opening the pipe would never end
    with pipe.open("wb") as end:
        end.write(b"no film")
    wait_until(
        lambda: pool.pictures([(red, CANVAS), (hanging, CANVAS)]) and any("hangs.mp4" in n for n in pool.notices)
    )


def test_a_render_raises_and_knows_no_camera(tmp_path):
    pool = Pool(live=False)
    with pytest.raises(MediaError, match="no such"):
        pool.pictures([(Layer(1, Source("image", "gone.png")), CANVAS)])
    assert pool.pictures([(Layer(1, Source("camera", "test")), CANVAS)]) == {}
    assert pool.notices == ["layer 1: no camera in a render"]
    red = png(tmp_path, "red.png", (255, 0, 0))
    assert color(pool, red) == (255, 0, 0)
    pool.close()
    assert pool.idle


def test_media_are_named_by_their_place_in_a_folder_and_nothing_else_is_there(tmp_path):
    mine, shipped = tmp_path / "mine", tmp_path / "shipped"
    for folder, names in {
        mine: ("logo.png", "a/b.mp4", "notes.txt", ".hidden.png"),
        shipped: ("logo.png", "x.ttf"),
    }.items():
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"x")
    media = Media((mine, shipped, tmp_path / "none"))
    assert dict(media.files) == {
        "a/b.mp4": str(mine / "a/b.mp4"),
        "logo.png": str(mine / "logo.png"),
        "x.ttf": str(shipped / "x.ttf"),
    }
    assert not media.scan()
    (mine / "new.svg").write_bytes(b"x")
    assert media.scan()
    assert "new.svg" in media.files

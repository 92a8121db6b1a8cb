"""Drawing on a CUDA device, on one that records what it is asked and computes on the processor."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from layouts.tiny import SIZE, tiny
from torch import Tensor

from vj.core.errors import BundleError
from vj.core.params import defaults
from vj.core.types import F32, U8, Latent, Picture
from vj.engine.finish.limiter import Limiter
from vj.engine.finish.mixer import Mixer
from vj.generators.bundle.feeds import Noise, mapper_feeds
from vj.generators.bundle.manifest import Bundle
from vj.generators.bundle.verify import sample
from vj.generators.on_device import DeviceImage, DevicePicture
from vj.generators.onnx import Onnx
from vj.generators.torch.card import SLOTS, Card
from vj.generators.torch.cuda import Captured
from vj.generators.torch.player import Player


class Recorder:
    """Stands in for a device: its memory is the processor's, and `asked` is what was asked of it, in order."""

    index = 3

    def __init__(self, fails: str = "") -> None:
        self.asked: list[str] = []
        self._fails = fails

    def pinned(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        self.asked.append("pinned")
        return torch.zeros(shape, dtype=dtype)

    def empty(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        self.asked.append("empty")
        return torch.zeros(shape, dtype=dtype)

    def copy(self, target: Tensor, source: Tensor) -> None:
        self.asked.append("copy")
        target.copy_(source)

    def run(self, call: Callable[[], Any]) -> Any:
        self.asked.append("run")
        return call()

    def capture(self, call: Callable[[], Any]) -> tuple[Any, Any]:
        """The graph computes again into the very buffers that were given out."""
        self.asked.append("capture")
        if self._fails:
            raise RuntimeError(self._fails)
        made = call()
        return (call, made), made

    def replay(self, graph: Any) -> None:
        self.asked.append("replay")
        call, made = graph
        for buffer, value in zip(made, call(), strict=True):
            buffer.copy_(value)

    def wait(self) -> None:
        self.asked.append("wait")

    def release(self) -> None:
        self.asked.append("release")

    def since(self) -> list[str]:
        """What was asked since the last time."""
        asked, self.asked = self.asked, []
        return asked


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return tiny(tmp_path_factory.mktemp("bundles") / "tiny")


class Drawn:
    """A card on a recorder, asked as the runtime asks."""

    def __init__(self, bundle: Bundle, fails: str = "") -> None:
        self.cuda = Recorder(fails)
        self.bundle = bundle
        player = Player(bundle, "cpu", "fp32")
        self.card = Card(player, self.cuda)
        self._inputs, self._noise = player.inputs, Noise()

    def __call__(self, *seeds: int, size: tuple[int, int] = SIZE) -> U8:
        given = [sample(self.bundle.spec, seed) for seed in seeds]
        return self.card.draw(self.feeds(given, size), size)

    def feeds(self, given: list[Latent], size: tuple[int, int]) -> dict[str, F32]:
        directions = np.array([latent.directions for latent in given], np.float32)
        noise = self._noise.drawn(self._inputs, given, size)
        return {**mapper_feeds(given, len(self.bundle.spec.groups)), "directions": directions, **noise}


def test_pictures_are_right_and_lie_on_the_device_as_gl_has_them(bundle: Bundle) -> None:
    draw = Drawn(bundle)
    expected = Onnx(bundle, SIZE, threads=1).generate([sample(bundle.spec, 4), sample(bundle.spec, 5)])
    draw(0, 1)
    found = draw(4, 5)
    assert np.abs(found.astype(int) - expected).max() <= 1
    for k in range(2):
        picture = found[k].on_device
        assert (picture.device, picture.size, picture.pitch) == (3, SIZE, 4 * SIZE[0])
        shown = picture.held[k].numpy()
        assert picture.held[k].data_ptr() == picture.pointer
        assert np.array_equal(shown[::-1, :, :3], found[k])
        assert (shown[..., 3] == 255).all()


def test_the_loop_allocates_nothing_and_waits_once(bundle: Bundle) -> None:
    draw = Drawn(bundle)
    draw(0)
    first = draw.cuda.since()
    assert first.count("capture") == 1
    assert first.index("capture") > first.index("run")
    assert first[-4:] == ["replay", "copy", "copy", "wait"] or "empty" in first[-16:]
    for seed in (1, 2, 3):
        draw(seed)
        asked = draw.cuda.since()
        assert asked == ["copy"] * 4 + ["replay", "copy", "copy", "wait"]  # z, mix, psi, directions; noise is there


def test_a_slot_is_written_again_only_when_its_pictures_are_gone(bundle: Bundle) -> None:
    draw = Drawn(bundle)
    held = [draw(seed)[0] for seed in range(SLOTS)]
    places = {image.on_device.pointer for image in held}
    assert len(places) == SLOTS
    kept = [image.copy() for image in held]
    plain = draw(SLOTS)
    assert not isinstance(plain, DeviceImage)  # the show goes on by upload
    for image, before in zip(held, kept, strict=True):
        assert np.array_equal(image, before)
        shown = image.on_device.held[0].numpy()
        assert np.array_equal(shown[::-1, :, :3], before)
    free = held.pop(2).on_device.pointer
    again = draw(9)[0]
    assert again.on_device.pointer == free
    assert np.array_equal(plain, draw(SLOTS))


def test_it_captures_again_for_another_batch_thread_or_size(bundle: Bundle) -> None:
    draw = Drawn(bundle)
    draw(0)
    draw.cuda.since()
    draw(1)
    assert "capture" not in draw.cuda.since()
    assert draw(1, 2).shape == (2, 24, 32, 3)
    assert draw.cuda.since().count("capture") == 1
    assert draw(1, size=(48, 32)).shape == (1, 32, 48, 3)
    assert draw.cuda.since().count("capture") == 1
    thread = threading.Thread(target=lambda: draw(1, size=(48, 32)))
    thread.start()
    thread.join()
    assert draw.cuda.since().count("capture") == 1


def test_without_a_graph_it_launches_one_by_one(bundle: Bundle) -> None:
    draw = Drawn(bundle, "operation not permitted\nwhen capturing")
    found = draw(4)
    assert draw.card.reason == "operation not permitted"
    assert draw.card.words == "torch CUDA"
    expected = Onnx(bundle, SIZE, threads=1).generate([sample(bundle.spec, 4)])
    assert np.abs(found.astype(int) - expected).max() <= 1
    draw.cuda.since()
    draw(5)
    assert draw.cuda.since() == ["copy"] * 4 + ["run", "copy", "copy", "wait"]


def test_closing_gives_everything_back(bundle: Bundle) -> None:
    draw = Drawn(bundle)
    image = draw(0)[0]
    before = image.on_device.held[0].clone()
    draw.card.close()
    assert draw.cuda.since()[-1] == "release"
    assert torch.equal(image.on_device.held[0], before)  # whoever holds a picture keeps it


def test_a_wrong_size_is_told(bundle: Bundle) -> None:
    draw = Drawn(bundle)
    with pytest.raises(BundleError, match="makes 32x24 pictures"):
        draw.card.draw(draw.feeds([sample(bundle.spec, 0)], SIZE), (16, 16))


def test_a_failed_preparation_is_tried_again(bundle: Bundle) -> None:
    """Not replayed half made: the next picture begins anew."""
    failing = [True]

    def call(feeds: Any) -> tuple[Tensor, ...]:
        if failing[0]:
            raise RuntimeError("no memory")
        return (feeds["x"] * 2,)

    captured = Captured(call, Recorder())
    feeds = {"x": np.ones(3, np.float32)}
    with pytest.raises(RuntimeError, match="no memory"):
        captured.run(feeds)
    failing[0] = False
    assert captured.run(feeds)[0].tolist() == [2, 2, 2]


# What says where a picture lies


def device_image(count: int = 3) -> DeviceImage:
    pictures = [DevicePicture(0, 1000 + k, 16, (4, 2)) for k in range(count)]
    return DeviceImage(np.arange(count * 24, dtype=np.uint8).reshape(count, 2, 4, 3), pictures)


def test_a_picture_of_a_batch_keeps_its_place() -> None:
    batch = device_image()
    assert batch.on_device is None  # it is many
    assert [image.on_device.pointer for image in batch] == [1000, 1001, 1002]
    assert batch[-1].on_device.pointer == 1002
    assert batch[1][None].shape == (1, 2, 4, 3)


def test_an_untouched_picture_goes_through_the_mixer_as_it_is() -> None:
    """And one that is faded does not."""
    values, safe = defaults(Mixer).of(Mixer), defaults(Limiter).of(Limiter)
    mixer = Mixer()
    for k in range(3):
        picture = Picture(device_image()[k], k / 60, k, "one")
        frame = mixer.step(k / 60, picture, values, safe)
        assert frame.image is picture.image
        assert isinstance(frame.image, DeviceImage)
        assert frame.image.on_device is not None
        assert frame.image.on_device.pointer == 1000 + k
    faded = mixer.step(4 / 60, Picture(device_image()[0], 4 / 60, 4, "two"), values, safe)
    assert getattr(faded.image, "on_device", None) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x[::-1],
        lambda x: x[:1],
        lambda x: x[0],
        lambda x: x + 1,
        lambda x: x.copy(),
        lambda x: x.astype(np.uint8),
        lambda x: x.view(),
        lambda x: x.reshape(2, 4, 3),
        lambda x: np.ascontiguousarray(x[:, ::-1]),
        lambda x: np.maximum(x, 3),
    ],
)
def test_what_is_changed_lies_nowhere(change: Callable[[Any], Any]) -> None:
    image = device_image()[1]
    assert image.on_device is not None
    assert getattr(change(image), "on_device", None) is None
    assert image.on_device is not None


def test_nobody_writes_into_a_picture_that_lies_elsewhere_too() -> None:
    with pytest.raises(ValueError, match="read-only"):
        device_image()[0][0, 0] = 1

"""From CUDA to a texture, with a runtime that records what it is asked and copies on the processor instead."""

import ctypes
from types import SimpleNamespace
from typing import Any

import moderngl
import numpy as np
import pytest

from vj.core.types import U8
from vj.generators.on_device import DeviceImage, DevicePicture
from vj.outputs.finish.enlarge import texture
from vj.outputs.finish.interop import HandOver
from vj.outputs.finish.picture import Picture, Way

pytestmark = pytest.mark.gl

CALLS = (
    "cudaGLGetDevices",
    "cudaSetDevice",
    "cudaStreamCreateWithFlags",
    "cudaGraphicsGLRegisterImage",
    "cudaGraphicsMapResources",
    "cudaGraphicsSubResourceGetMappedArray",
    "cudaMemcpy2DToArrayAsync",
    "cudaGraphicsUnmapResources",
    "cudaStreamSynchronize",
)
LAST = ("cudaGraphicsUnregisterResource", "cudaStreamDestroy")


class Runtime:
    """Stands in for cuda.bindings.runtime: device pointers are addresses of the processor's memory."""

    cudaGLDeviceList = SimpleNamespace(cudaGLDeviceListAll="all")  # noqa: N815  names of the CUDA runtime
    cudaMemcpyKind = SimpleNamespace(cudaMemcpyDeviceToDevice="on device")  # noqa: N815

    def __init__(self, context: moderngl.Context, fails: str = "", handle: int = 77, devices: tuple[int, ...] = (0,)):
        self._context, self._fails, self._handle, self._devices = context, fails, handle, devices
        self.asked: list[str] = []
        self.mapped = 0
        self.given: dict[str, tuple[Any, ...]] = {}

    def __getattr__(self, name: str) -> Any:
        if name not in CALLS + LAST:
            raise AttributeError(name)
        return lambda *arguments: self._answer(name, arguments)

    def _answer(self, name: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        self.asked.append(name)
        self.given[name] = arguments
        if name == self._fails:
            return (999, *[None] * 3)
        results: dict[str, tuple[Any, ...]] = {
            "cudaGLGetDevices": (len(self._devices), list(self._devices)),
            "cudaStreamCreateWithFlags": ("stream",),
            "cudaGraphicsGLRegisterImage": (self._handle,),
            "cudaGraphicsSubResourceGetMappedArray": ("array",),
        }
        self.mapped += {"cudaGraphicsMapResources": 1, "cudaGraphicsUnmapResources": -1}.get(name, 0)
        if name == "cudaMemcpy2DToArrayAsync":
            assert self.mapped == 1
            self._copy(*arguments)
        return (0, *results.get(name, ()))

    def _copy(
        self, array: str, x: int, y: int, source: int, pitch: int, width: int, height: int, kind: str, stream: str
    ) -> None:
        assert (array, x, y, kind, stream) == ("array", 0, 0, "on device", "stream")
        raw = ctypes.string_at(source, pitch * height)
        rows = np.frombuffer(raw, np.uint8).reshape(height, pitch)[:, :width]
        shared = self._context.external_texture(
            self.given["cudaGraphicsGLRegisterImage"][0], (width // 4, height), 4, 0, "f1"
        )
        shared.write(rows.tobytes())


def on_device(image: U8) -> DeviceImage:
    """`image` [h, w, 3] as a card would hand it over; its memory has a pitch of its own."""
    height, width = image.shape[:2]
    memory = np.zeros((height, width * 4 + 20), np.uint8)
    memory[:, : width * 4] = np.dstack([image, np.full((height, width), 255)])[::-1].reshape(height, -1)
    picture = DevicePicture(0, memory.ctypes.data, memory.shape[1], (width, height), memory)
    made: DeviceImage = DeviceImage(image[None].copy(), [picture])[0]
    return made


def drawn(context: moderngl.Context, picture: Picture, size: tuple[int, int] = (80, 48)) -> Any:
    target = context.framebuffer([texture(context, size, 4)])
    picture.draw(target, size, Way("stretch"))
    return np.frombuffer(target.read(components=3, alignment=1), np.uint8).reshape(size[1], size[0], 3)[::-1].copy()


def shown(context: moderngl.Context, images: list[U8], runtime: Runtime | None = None) -> tuple[list[Any], Picture]:
    """What each of `images` looks like on a screen, and what showed them."""
    picture = Picture(context)
    picture.interop = HandOver(runtime)
    made = []
    for image in images:
        picture.upload(image)
        made.append(drawn(context, picture))
    return made, picture


def test_pixels_are_those_of_an_upload(context: moderngl.Context, card: U8) -> None:
    plain, first = shown(context, [card, card[::-1].copy()])
    runtime = Runtime(context)
    handed, second = shown(context, [on_device(card), on_device(card[::-1].copy())], runtime)
    assert (first.path, second.path) == ("upload", "CUDA interop")
    for one, two in zip(plain, handed, strict=True):
        assert np.array_equal(one, two)
    assert runtime.asked == [*CALLS, *CALLS[4:]]  # opened and registered once
    assert runtime.given["cudaGraphicsGLRegisterImage"][1:] == (0x0DE1, 2)
    assert second.interop.reason == ""
    for picture in (first, second):
        picture.release()
        picture.release()
    assert runtime.asked[-2:] == list(LAST)
    assert runtime.asked.count(LAST[0]) == 1


@pytest.mark.parametrize("call", CALLS)
def test_any_failure_falls_back_for_good_and_the_frame_is_still_drawn(
    call: str, context: moderngl.Context, card: U8
) -> None:
    (plain,), first = shown(context, [card])
    runtime = Runtime(context, fails=call)
    handed, second = shown(context, [on_device(card)], runtime)
    assert np.array_equal(handed[0], plain)
    assert second.path == "upload"
    assert call in second.interop.reason
    assert runtime.mapped <= (call == "cudaGraphicsUnmapResources")
    asked = list(runtime.asked)
    second.upload(on_device(card[::-1].copy()))
    assert runtime.asked == asked
    assert np.array_equal(drawn(context, second), shown(context, [card[::-1].copy()])[0][0])
    first.release()
    second.release()


@pytest.mark.parametrize(
    ("runtime", "why"), [({"handle": 0}, "no handle"), ({"devices": (1,)}, "device 0"), ({"devices": ()}, "device 0")]
)
def test_successes_that_are_none(runtime: dict[str, Any], why: str, context: moderngl.Context, card: U8) -> None:
    _, picture = shown(context, [on_device(card)], Runtime(context, **runtime))
    assert why in picture.interop.reason
    assert picture.path == "upload"
    picture.release()


def test_changed_pictures_are_uploaded_and_the_texture_stays_registered(context: moderngl.Context, card: U8) -> None:
    """A crossfade between two pictures of the card, say."""
    runtime = Runtime(context)
    handed = on_device(card)
    images: list[U8] = [handed, np.maximum(handed, 90), on_device(card)]
    found, picture = shown(context, images, runtime)
    expected, other = shown(context, [card, np.maximum(card, 90), card])
    for one, two in zip(found, expected, strict=True):
        assert np.array_equal(one, two)
    assert runtime.asked.count("cudaGraphicsGLRegisterImage") == 1
    assert runtime.asked.count("cudaGraphicsMapResources") == 2
    assert picture.path == "CUDA interop"
    picture.release()
    other.release()


def test_another_size_registers_anew(context: moderngl.Context, card: U8) -> None:
    runtime = Runtime(context)
    found, picture = shown(context, [on_device(card), on_device(card[:16].copy())], runtime)
    assert runtime.asked.count("cudaGraphicsGLRegisterImage") == 2
    assert runtime.asked.count("cudaGraphicsUnregisterResource") == 1
    (expected,), other = shown(context, [card[:16].copy()])
    assert np.array_equal(found[1], expected)
    picture.release()
    other.release()


def test_without_the_package_the_reason_names_it(context: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cuda.bindings.runtime", None)
    assert "cuda-bindings" in HandOver().refusal()
    assert HandOver(Runtime(context)).refusal() == ""
    assert "cudaSetDevice" in HandOver(Runtime(context, fails="cudaSetDevice")).refusal()

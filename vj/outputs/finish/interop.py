"""A picture goes from CUDA memory into a GL texture without the processor; where it cannot, the reason is kept.

Through the CUDA runtime's graphics interop (package cuda-bindings, NVIDIA's CUDA runtime API, section OpenGL
interoperability). A texture is registered once; for each picture it is mapped, one copy is made, and it is unmapped.
All on the thread and device of the GL context; the first call that fails is the last, and pictures are uploaded again.
"""

import importlib
from typing import Any

import moderngl

from vj.core.errors import OutputError
from vj.generators.on_device import DevicePicture

_TEXTURE_2D = 0x0DE1
#: Flags of the CUDA runtime: all of the texture is written anew, ...
_WRITE_DISCARD = 2
#: ... and a stream that waits for no other.
_NON_BLOCKING = 1
#: More devices than any machine draws with.
_MOST = 16
#: What a binding raises besides telling of errors: no library, no driver, a call it does not know.
_ERRORS = (ImportError, OSError, RuntimeError, TypeError, ValueError, AttributeError)


class HandOver:
    """From CUDA to textures of the GL context that is current. `reason` says why it is given up; "" while it is not.

    `runtime` is cuda.bindings.runtime, which is imported when the first picture comes.
    """

    def __init__(self, runtime: Any = None) -> None:
        self.reason = ""
        self._runtime = runtime
        self._stream: Any = None
        self._texture: moderngl.Texture | None = None
        self._resource: Any = None

    def take(self, picture: DevicePicture, texture: moderngl.Texture) -> bool:
        """Fill `texture`, RGBA bytes of the picture's size; False where that cannot be done, now and ever after.

        Returns when the copy is done, about a tenth of a millisecond: `picture` may be written to again.
        """
        if self.reason:
            return False
        try:
            self._open(picture.device)
            self._register(texture)
            self._copy(picture)
        except (*_ERRORS, OutputError) as error:
            self.give_up(str(getattr(error, "what", error)).strip().split("\n")[0] or type(error).__name__)
            return False
        return True

    def refusal(self, device: int = 0) -> str:
        """Why pictures of CUDA device `device` could not be handed over in this GL context; "" where they could."""
        try:
            self._open(device)
        except (*_ERRORS, OutputError) as error:
            return str(getattr(error, "what", error)).strip().split("\n")[0]
        return self.reason

    def give_up(self, reason: str) -> None:
        """Hand nothing over any more."""
        self.forget()
        self.reason = reason

    def forget(self) -> None:
        """Let go of the texture: to be called before it is released. Harmless when called twice."""
        resource, self._resource, self._texture = self._resource, None, None
        if resource is not None:
            self._quietly("cudaGraphicsUnregisterResource", resource)

    def release(self) -> None:
        """Give everything back."""
        self.forget()
        stream, self._stream = self._stream, None
        if stream is not None:
            self._quietly("cudaStreamDestroy", stream)

    def _open(self, device: int) -> None:
        """Find the runtime, and that GL draws with the same device; the runtime's primary context is the only one."""
        if self._stream is not None:
            return
        if self._runtime is None:
            try:
                self._runtime = importlib.import_module("cuda.bindings.runtime")
            except ImportError as error:
                raise OutputError(f"the package cuda-bindings cannot be imported: {error}") from None
        count, devices = self._call("cudaGLGetDevices", _MOST, self._runtime.cudaGLDeviceList.cudaGLDeviceListAll)
        if device not in list(devices)[:count]:
            raise OutputError(f"OpenGL does not draw with CUDA device {device}")
        self._call("cudaSetDevice", device)
        (self._stream,) = self._call("cudaStreamCreateWithFlags", _NON_BLOCKING)

    def _register(self, texture: moderngl.Texture) -> None:
        """Once for each texture."""
        if texture is self._texture:
            return
        self.forget()
        if texture.components != 4:
            raise OutputError("CUDA shares no textures of three channels")
        (resource,) = self._call("cudaGraphicsGLRegisterImage", texture.glo, _TEXTURE_2D, _WRITE_DISCARD)
        if not int(resource):  # cuda-bindings 12.9.3 gave none and called it a success
            raise OutputError("CUDA registered the texture, but gave no handle")
        self._texture, self._resource = texture, resource

    def _copy(self, picture: DevicePicture) -> None:
        assert self._texture is not None
        if self._texture.size != picture.size:
            raise OutputError(f"a picture of {picture.size} is no texture of {self._texture.size}")
        width, height = picture.size
        kind = self._runtime.cudaMemcpyKind.cudaMemcpyDeviceToDevice
        self._call("cudaGraphicsMapResources", 1, self._resource, self._stream)
        try:
            (array,) = self._call("cudaGraphicsSubResourceGetMappedArray", self._resource, 0, 0)
            self._call(
                "cudaMemcpy2DToArrayAsync",
                array,
                0,
                0,
                picture.pointer,
                picture.pitch,
                4 * width,
                height,
                kind,
                self._stream,
            )
        finally:
            self._call("cudaGraphicsUnmapResources", 1, self._resource, self._stream)
        self._call("cudaStreamSynchronize", self._stream)

    def _call(self, name: str, *arguments: Any) -> tuple[Any, ...]:
        """What a call of the runtime gives besides its error; raises OutputError for one."""
        error, *results = getattr(self._runtime, name)(*arguments)
        if int(error):
            raise OutputError(f"{name} failed: {getattr(error, 'name', error)}")
        return tuple(results)

    def _quietly(self, name: str, *arguments: Any) -> None:
        """Call on the way out, when nobody can do anything about a failure."""
        try:
            self._call(name, *arguments)
        except (*_ERRORS, OutputError) as error:
            self.reason = self.reason or str(getattr(error, "what", error))

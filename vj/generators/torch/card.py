"""Draws on a CUDA device into a ring of finished pictures, which GL may take from there."""

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from vj.core.types import F32, U8
from vj.generators.bundle.feeds import check_picture
from vj.generators.on_device import DeviceImage, DevicePicture
from vj.generators.torch._graph import Program
from vj.generators.torch.cuda import Captured, Cuda, Device
from vj.generators.torch.player import Player, for_gl, pixels, way

#: Places for finished pictures: one being drawn, one on its way, two that the mixer glides between, one that it holds
#: or that is leaving, and the window's.
SLOTS = 6


@dataclass(eq=False)
class Slot:
    """A place for finished pictures: `host` [N, h, w, 3], `shown` [N, h, w, 4] for GL, and who still holds them."""

    host: Tensor
    shown: Tensor
    holders: tuple["weakref.ref[DevicePicture]", ...] = ()

    @property
    def free(self) -> bool:
        """Whether every picture that lay here is gone."""
        return all(holder() is None for holder in self.holders)


class Card:
    """Draws with `player`. `words` say how, `reason` why no graph was captured."""

    def __init__(self, player: Player, cuda: Cuda | None = None) -> None:
        self._cuda: Cuda = Device() if cuda is None else cuda
        self._file = player.file
        self._captured = Captured(lambda feeds: _pictures(player, feeds), self._cuda)
        self._slots: list[Slot] = []
        self._next = 0

    @property
    def reason(self) -> str:
        """Why every kernel is launched by itself; nothing where a graph was captured."""
        return self._captured.reason

    @property
    def words(self) -> str:
        """What runs it."""
        return "torch CUDA" if self.reason else "torch CUDA graph"

    def draw(self, feeds: Mapping[str, F32], size: tuple[int, int]) -> U8:
        """[N, h, w, 3] bytes: a DeviceImage while a slot of the ring is free, plain pixels otherwise."""
        with torch.inference_mode():
            rgb, shown = self._captured.run(feeds)
            check_picture(self._file, (len(rgb), 3, *rgb.shape[1:3]), size)
            if not self._slots or self._slots[0].host.shape != rgb.shape:
                self._slots = [self._slot(rgb, shown) for _ in range(SLOTS)]
            slot, free = self._turn()
            if free:
                self._cuda.copy(slot.shown, shown)
            self._cuda.copy(slot.host, rgb)
            self._cuda.wait()
            copied: U8 = slot.host.numpy().copy()
        return self._lent(slot, copied) if free else copied

    def _slot(self, rgb: Tensor, shown: Tensor) -> Slot:
        cuda = self._cuda
        return Slot(cuda.pinned(tuple(rgb.shape), rgb.dtype), cuda.empty(tuple(shown.shape), shown.dtype))

    def _turn(self) -> tuple[Slot, bool]:
        """The next free slot; where somebody holds them all, the next one, of which only `host` may be used."""
        for k in range(SLOTS):
            place = (self._next + k) % SLOTS
            if self._slots[place].free:
                self._next = place + 1
                return self._slots[place], True
        return self._slots[self._next % SLOTS], False

    def _lent(self, slot: Slot, copied: U8) -> DeviceImage:
        height, width = copied.shape[1:3]
        pictures = [
            DevicePicture(self._cuda.index, row.data_ptr(), 4 * width, (width, height), slot.shown)
            for row in slot.shown
        ]
        slot.holders = tuple(weakref.ref(picture) for picture in pictures)
        return DeviceImage(copied, pictures)

    def close(self) -> None:
        """Give the graph and all buffers back, but for pictures that somebody still holds."""
        self._captured.close()
        self._slots = []
        self._cuda.release()


def synthesizer(file: Path, precision: str) -> Callable[[Mapping[str, F32]], F32]:
    """`file` as a CUDA graph, arrays in and the picture out."""
    cuda = Device()
    program = Program(file, way("cuda", precision, True))
    captured = Captured(lambda feeds: (program.run(feeds).float(),), cuda)
    host: list[Tensor] = []

    def run(feeds: Mapping[str, F32]) -> F32:
        with torch.inference_mode():
            (image,) = captured.run({name: feeds[name] for name in program.inputs})
            if not host or host[0].shape != image.shape:
                host[:] = [cuda.pinned(tuple(image.shape), image.dtype)]
            cuda.copy(host[0], image)
            cuda.wait()
            made: F32 = host[0].numpy().copy()
        return made

    return run


def _pictures(player: Player, feeds: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """What the graph makes of latents."""
    rgb = pixels(player.image(feeds))
    return rgb, for_gl(rgb)

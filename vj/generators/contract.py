"""What every generator is: latents in, pictures out."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from vj.core.types import U8, Latent, LatentSpec


class Generator(Protocol):
    """Turns latents into pictures, always the same ones for the same latents.

    `size` is (width, height) in pixels, `usual` what it is until told otherwise, `free` whether it may change from
    picture to picture; `provider` names what runs it ("CPUExecutionProvider, 1 thread").
    """

    spec: LatentSpec
    size: tuple[int, int]
    usual: tuple[int, int]

    @property
    def free(self) -> bool: ...

    @property
    def provider(self) -> str: ...

    def generate(self, latents: Sequence[Latent]) -> U8:
        """[N, height, width, 3] uint8 sRGB, one picture a latent. The array is the caller's to keep."""

    def resize(self, size: tuple[int, int]) -> None:
        """Make pictures of `size` (width, height) from now on; nothing where the size is fixed."""

    def warm_up(self) -> None:
        """Run once off the render path, so that the first real picture is not the slow one."""

    def close(self) -> None:
        """Give back sessions and memory. Harmless when called twice."""


@runtime_checkable
class Timely(Protocol):
    """A generator whose pictures also depend on `Latent.moment`: on show time, and on what is heard then.

    Without a moment it makes the same picture for the same latent. `remembers` says whether a picture also depends on
    those before it, back to the last moment that was fresh: then all must be made in their order.
    """

    @property
    def remembers(self) -> bool: ...

"""The GLSL runtime: plays a bundle whose worlds are written as shaders too, on any card with OpenGL 3.3, at any size.

What is drawn is what ONNX Runtime draws of the same bundle, to a few steps of 255: both are written from one
description. Only worlds with weight are drawn. The mapper is the bundle's own.
"""

import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from subprocess import DEVNULL

import moderngl
import numpy as np

from vj.core.errors import BundleError
from vj.core.types import F32, U8, Latent
from vj.generators.bundle.directions import read_directions
from vj.generators.bundle.feeds import asked, mapper_feeds, middle
from vj.generators.bundle.manifest import SHADERS, Bundle
from vj.generators.gl.context import at_work, beside, put_away
from vj.generators.glsl._archive import Archive
from vj.generators.glsl._drawing import Drawing
from vj.generators.providers import CPU, Attempt
from vj.generators.providers.session import Session


class Glsl:
    """A bundle played by its shaders.

    size   (width, height); None for the native one
    `tried` says what draws. Raises BundleError where there are no shaders or no OpenGL 3.3.
    """

    def __init__(self, bundle: Bundle, size: tuple[int, int] | None = None) -> None:
        self.bundle, self.spec = bundle, bundle.spec
        self.size = self.usual = size or bundle.resolution
        self.free = True
        if not (bundle.folder / SHADERS).is_file():
            raise BundleError(f"the bundle has no {SHADERS}", str(bundle.folder), "play it with another runtime")
        self._archive = Archive(bundle.folder)
        context = beside()
        if context is None:
            raise BundleError("no OpenGL 3.3 without a window", "moderngl", "install Mesa or the card's driver")
        self._context: moderngl.Context | None = context
        self._mapper = Session(bundle.folder / "mapper.onnx", CPU, 1)
        self._directions = read_directions(bundle)
        self._layer_groups = np.array(bundle.layer_groups)
        self._ahead: subprocess.Popen[bytes] | None = None
        self._drawings: dict[str, Drawing] = {}
        self._targets: dict[str, moderngl.Framebuffer] = {}
        with at_work(context):
            self.renderer = str(context.info["GL_RENDERER"])
            lattice = np.moveaxis(self._archive.lattice, 0, -1).astype(np.float16)
            self._lattice = context.texture(
                lattice.shape[1::-1], 4, np.ascontiguousarray(lattice).tobytes(), dtype="f2"
            )
            self._lattice.filter = (moderngl.LINEAR, moderngl.LINEAR)
            self._finish = Drawing(context, self._archive.source("finish"), self._archive.common)
        self.tried: tuple[Attempt, ...] = (Attempt(self.provider),)

    @staticmethod
    def card() -> str:
        """The name of the card that would draw; "" where only a processor would, or nothing at all."""
        renderer = _renderer()
        return "" if any(word in renderer.lower() for word in _PROCESSORS) else renderer

    @property
    def provider(self) -> str:
        """What runs it, in words for the HUD."""
        return f"OpenGL, {self.renderer}"

    def generate(self, latents: Sequence[Latent]) -> U8:
        """[N, height, width, 3] uint8 sRGB, one picture a latent."""
        width, height = self.size
        pictures = np.empty((len(latents), height, width, 3), np.uint8)
        styles = self._styles(latents)
        with at_work(self._at_hand()):
            for picture, style, latent in zip(pictures, styles, latents, strict=True):
                self._draw(style, latent.noise_seed).read_into(picture.data, components=3, alignment=1)
        return pictures

    def cost(self, latents: Sequence[Latent]) -> list[float]:
        """Milliseconds that each picture takes to draw, by the clock of what draws it; none is read back."""
        context, spent = self._at_hand(), []
        with at_work(context):
            for style, latent in zip(self._styles(latents), latents, strict=True):
                query = context.query(time=True)
                with query:
                    self._draw(style, latent.noise_seed)
                spent.append(query.elapsed / 1e6)
        return spent

    def resize(self, size: tuple[int, int]) -> None:
        """Make pictures of `size` (width, height) from now on."""
        self.size = size

    def warm_up(self) -> None:
        """Generate one picture, which compiles what it needs."""
        self.generate([middle(self.spec)])

    def prepare(self) -> None:
        """Have all other classes compiled meanwhile, in a process of its own, so that none makes the show wait."""
        if self._ahead is None:
            command = [sys.executable, "-m", _AHEAD, str(self.bundle.folder)]
            self._ahead = subprocess.Popen(command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)

    def close(self) -> None:
        """Give the context back. Harmless when called twice."""
        if self._ahead is not None:
            self._ahead.terminate()
            self._ahead.wait()
            self._ahead = None
        if self._context is not None:
            with at_work(self._context):
                for drawing in (self._finish, *self._drawings.values()):
                    drawing.release()
                self._forget()
                self._lattice.release()
            put_away(self._context)
            self._context = None
            self._archive.close()

    def _at_hand(self) -> moderngl.Context:
        if self._context is None:
            raise BundleError("the generator is closed", self.bundle.name)
        return self._context

    def _styles(self, latents: Sequence[Latent]) -> F32:
        """[N, L, W] what the worlds are told."""
        n, groups = len(latents), len(self.spec.groups)
        w = self._mapper.run(asked(self._mapper.inputs, mapper_feeds(latents, groups)))
        styles: F32 = w.reshape(n, groups, -1)[:, self._layer_groups]
        for style, latent in zip(styles, latents, strict=True):
            if latent.directions.any():
                style += np.tensordot(latent.directions.astype(np.float32), self._directions, 1)
        if not np.isfinite(styles).all():
            raise BundleError("the styles hold what is no number", str(self.bundle.folder))
        return styles

    def _draw(self, styles: F32, seed: int) -> moderngl.Framebuffer:
        """The picture of styles [L, W]."""
        plan, context = self._archive.plan, self._at_hand()
        values = {"style": np.array([styles[place] for place in plan.places], np.float32)}
        textures = {"lattice": self._lattice}
        fields, picture = self._target("fields", "f2"), self._target("picture", "f1")
        fields.clear()
        context.blend_func = moderngl.ONE, moderngl.ONE
        shares = _shares(styles[0, plan.z :], plan.epsilon, 2)
        for k in np.flatnonzero(shares):
            self._world(self.spec.classes[k]).draw(fields, {**values, "share": float(shares[k])}, textures, adding=True)
        tint = np.abs(_shares(styles[-1, plan.z :], plan.epsilon, 1))
        values |= {"tint": tint / tint.sum()}
        textures |= {"fields": _texture(fields)}
        self._finish.draw(picture, {**values, "grain": seed & 0xFFFFFFFF}, textures)
        return picture

    def _world(self, name: str) -> Drawing:
        """The world called `name`, compiled when it is first asked for."""
        if name not in self._drawings:
            self._drawings[name] = Drawing(self._at_hand(), self._archive.source(name), self._archive.common)
        return self._drawings[name]

    def _target(self, name: str, dtype: str) -> moderngl.Framebuffer:
        known = self._targets.get(name)
        if known is None or known.size != self.size:
            if known is not None:
                self._forget(name)
            texture = self._at_hand().texture(self.size, 4, dtype=dtype)
            texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
            known = self._targets[name] = self._at_hand().framebuffer([texture])
        return known

    def _forget(self, *names: str) -> None:
        for name in names or tuple(self._targets):
            target = self._targets.pop(name)
            texture = _texture(target)
            target.release()
            texture.release()


#: What `prepare` runs.
_AHEAD = f"{__name__}.ahead"


@cache
def _renderer() -> str:
    if sys.platform == "linux" and not any(found for pattern in _CARDS for found in Path("/dev").glob(pattern)):
        return ""  # which takes no time to say
    context = beside()
    if context is None:
        return ""
    with at_work(context):
        name = str(context.info["GL_RENDERER"])
    put_away(context)
    return name


#: What Linux calls cards under /dev: those of Mesa, NVIDIA's, and Windows's own seen from inside it.
_CARDS = ("dri/renderD*", "nvidiactl", "dxg")
#: In the names of what draws by the processor.
_PROCESSORS = ("llvmpipe", "softpipe", "swrast", "swiftshader", "basic render", "software")


def _texture(target: moderngl.Framebuffer) -> moderngl.Texture:
    (texture,) = target.color_attachments
    assert isinstance(texture, moderngl.Texture)
    return texture


def _shares(weights: F32, epsilon: float, power: int) -> F32:
    """[C] signed class weights to a power, nothing below the threshold, sizes summing to 1."""
    size = np.maximum(np.abs(weights) - epsilon, 0.0) ** power
    return np.asarray(np.sign(weights) * size / (size.sum() + 1e-9), np.float32)

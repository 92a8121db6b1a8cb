"""The ONNX Runtime runtime: plays any bundle of `mapper.onnx` and `synthesizer.onnx` on the best provider that works.

    mapper       z [N, Z], mix [N, C], psi [N]              -> w [N, W]
    synthesizer  styles [N, L, W], psi [N], noise* [.., H, W] -> image [N, 3, H, W] in [-1, 1]

`mix` and `psi` are fed to the graphs that have them; every synthesizer input whose name begins with "noise" gets
standard normals drawn from the latent's noise seed.
"""

from collections.abc import Callable, Sequence

import numpy as np

from vj.core.errors import BundleError
from vj.core.types import F32, U8, Latent
from vj.generators.bundle.directions import read_directions
from vj.generators.bundle.feeds import (
    BAND_PIXELS,
    CARD_BAND_PIXELS,
    ROWS,
    Noise,
    asked,
    bands,
    check,
    check_picture,
    is_free,
    mapper_feeds,
    middle,
)
from vj.generators.bundle.manifest import Bundle
from vj.generators.bundle.optimized import read_choice
from vj.generators.providers import CPU, TENSORRT, candidates, check_install, first_working, openvino
from vj.generators.providers.session import Session

#: Median of how many runs decides between one thread and two.
_TIMED_RUNS = 8
_VERIFY = "look at it with: vj models verify"
Clock = Callable[[], float]


class Onnx:
    """A bundle played by ONNX Runtime.

    size       (width, height); None for the native one. Only graphs with free sizes can be played at another
    providers  names to try in order ("cuda", "cpu"); None tries all that this build lists
    threads    intra-op threads on the CPU; None for 1, or for the faster of 1 and 2 where a `clock` is given
    clock      reads seconds, such as time.perf_counter: used once at the start to time 1 thread against 2

    What `vj models optimize` chose for this machine decides graph and threads where neither is asked for.
    `tried` keeps every provider that was asked and why it was passed over. Raises BundleError.
    """

    def __init__(
        self,
        bundle: Bundle,
        size: tuple[int, int] | None = None,
        providers: Sequence[str] | None = None,
        threads: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        check_install()
        self.bundle = bundle
        self.spec = bundle.spec
        self.size = self.usual = size or bundle.resolution
        self._layer_groups = np.array(bundle.layer_groups)
        self._buffer: F32 = np.empty(0, np.float32)
        self._noise = Noise()
        self._choice = read_choice(bundle) if providers is None and threads is None else None
        names = candidates(providers)
        if self._choice:
            threads = self._choice.threads
            names = (self._choice.provider, *(name for name in names if name != self._choice.provider))
        opened, self.tried = first_working(names, lambda name: self._open(name, threads or 1))
        self._mapper, self._synthesizer = opened
        self._directions = read_directions(bundle)
        self._threads = threads or 1
        if threads is None and clock is not None and self.tried[-1].provider == CPU:
            self._choose_threads(clock)

    @property
    def provider(self) -> str:
        """What runs it, in words for the HUD."""
        name = self.tried[-1].provider
        if name == openvino.NAME and self._choice:
            name = f"{name}, {self._choice.precision}"
        elif name != CPU:
            return name
        optimized = ", optimized" if self._choice and self._choice.provider == self.tried[-1].provider else ""
        return f"{name}, {self._threads} thread{'s' if self._threads > 1 else ''}{optimized}"

    def generate(self, latents: Sequence[Latent]) -> U8:
        """[N, height, width, 3] uint8 sRGB, one picture a latent."""
        n, groups = len(latents), len(self.spec.groups)
        w = self._mapper.run(asked(self._mapper.inputs, mapper_feeds(latents, groups)))
        styles = w.reshape(n, groups, -1)[:, self._layer_groups]
        for style, latent in zip(styles, latents, strict=True):
            if latent.directions.any():
                style += np.tensordot(latent.directions.astype(np.float32), self._directions, 1)
        feeds = {"styles": styles, "psi": np.array([latent.psi for latent in latents], np.float32)}
        feeds = asked(self._synthesizer.inputs, feeds)
        count = self._at_once()
        parts = [
            self._drawn(latents[k : k + count], {name: array[k : k + count] for name, array in feeds.items()})
            for k in range(0, n, count)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    @property
    def free(self) -> bool:
        """Whether pictures can be of another size each; TensorRT builds an engine for every size, which takes long."""
        return is_free(self._synthesizer.inputs) and self.tried[-1].provider != TENSORRT

    @property
    def _most(self) -> int:
        """Pixels that are drawn at once."""
        return BAND_PIXELS if self._synthesizer.provider == CPU else CARD_BAND_PIXELS

    def resize(self, size: tuple[int, int]) -> None:
        """Make pictures of `size` (width, height) from now on; nothing where the size is fixed."""
        if size != self.size and is_free(self._synthesizer.inputs):  # asked for every picture
            self.size = size

    def _at_once(self) -> int:
        """Pictures that are drawn at once: where each is worked out pixel by pixel, no more than are quick together."""
        if ROWS not in self._synthesizer.optional:
            return 2**31
        return max(1, self._most // (self.size[0] * self.size[1]))

    def _drawn(self, latents: Sequence[Latent], feeds: dict[str, F32]) -> U8:
        """[N, height, width, 3] so many pictures at once."""
        if ROWS in self._synthesizer.optional and len(bands(self.size, self._most)) > 1:
            return self._banded(latents[0], feeds)[None]
        noise = self._noise.drawn(self._synthesizer.inputs, latents, self.size)
        return self._to_bytes(self._synthesizer.run({**feeds, **noise}), self.size)

    def _banded(self, latent: Latent, feeds: dict[str, F32]) -> U8:
        """[height, width, 3] the picture of one latent, drawn band by band; every band has the same noise."""
        width, height = self.size
        picture = np.empty((height, width, 3), np.uint8)
        for top, end in bands(self.size, self._most):
            noise = self._noise.drawn(self._synthesizer.inputs, [latent], (width, end - top))
            rows = np.array([top, height], np.float32)
            band = self._synthesizer.run({**feeds, **noise, ROWS: rows})
            picture[top:end] = self._to_bytes(band, (width, end - top))[0]
        return picture

    def warm_up(self) -> None:
        """Generate one picture, which makes the runtime allocate and choose its kernels."""
        self.generate([middle(self.spec)])

    def close(self) -> None:
        """Let go of both networks and of the noise."""
        self._noise.clear()
        self.__dict__.pop("_mapper", None)
        self.__dict__.pop("_synthesizer", None)

    def _open(self, provider: str, threads: int) -> tuple[Session, Session | openvino.Compiled]:
        """Both networks on `provider`, checked and run once."""
        folder, key = self.bundle.folder, self.bundle.fingerprint
        mapper = Session(folder / "mapper.onnx", CPU, 1)  # a few hundred numbers: never worth a device
        chosen = self._choice if self._choice and self._choice.provider == provider else None
        file, level = (chosen.file, chosen.level) if chosen else (folder / "synthesizer.onnx", "all")
        half = chosen is not None and provider == TENSORRT and chosen.precision == "fp16"
        synthesizer: Session | openvino.Compiled
        if chosen and provider == openvino.NAME:
            synthesizer = openvino.Compiled(file, threads, chosen.precision)
        else:
            synthesizer = Session(file, provider, threads, key, level, half, chosen is not None and chosen.captured)
        check(self.bundle, mapper.inputs, synthesizer.inputs)
        self._mapper, self._synthesizer = mapper, synthesizer
        self.warm_up()
        return mapper, synthesizer

    def _choose_threads(self, clock: Clock) -> None:
        """Keep the faster of one thread and two; two must win clearly, since they suffer from any other load."""
        one = self._mapper, self._synthesizer
        seconds = [self._median_seconds(clock)]
        two = self._open(CPU, 2)
        seconds.append(self._median_seconds(clock))
        self._threads = 2 if seconds[1] < 0.7 * seconds[0] else 1
        self._mapper, self._synthesizer = two if self._threads == 2 else one

    def _median_seconds(self, clock: Clock) -> float:
        marks = [clock()]
        for _ in range(_TIMED_RUNS):
            self.warm_up()
            marks.append(clock())
        return float(np.median(np.diff(marks)))

    def _to_bytes(self, image: F32, size: tuple[int, int]) -> U8:
        """[N, 3, H, W] in [-1, 1], which must be of `size` (W, H) -> [N, H, W, 3] bytes."""
        check_picture(self._synthesizer.file, image.shape, size)
        if self._buffer.shape != image.shape:
            self._buffer = np.empty_like(image)
        np.multiply(image, 127.5, out=self._buffer)
        self._buffer += 128.0
        np.clip(self._buffer, 0.0, 255.0, out=self._buffer)
        if np.isnan(self._buffer.max()):  # the show keeps its last good frame
            raise BundleError("the picture holds what is no number", str(self._synthesizer.file), _VERIFY)
        pixels = np.empty((len(image), *image.shape[2:], 3), np.uint8)
        for channel in range(3):  # one at a time is twice as quick as all at once
            np.copyto(pixels[..., channel], self._buffer[:, channel], casting="unsafe")
        return pixels

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
from vj.generators import _providers
from vj.generators._bundle import Bundle
from vj.generators._directions import read_directions
from vj.generators._feeds import Noise, asked, check, check_picture, is_free, mapper_feeds, middle, scaled
from vj.generators._optimized import read_choice
from vj.generators._session import Session

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
        _providers.check_install()
        self.bundle = bundle
        self.spec = bundle.spec
        self.size = self._usual = size or bundle.resolution
        self._layer_groups = np.array(bundle.layer_groups)
        self._buffer: F32 = np.empty(0, np.float32)
        self._noise = Noise()
        self._choice = read_choice(bundle) if providers is None and threads is None else None
        names = _providers.candidates(providers)
        if self._choice:
            threads = self._choice.threads
            names = (self._choice.provider, *(name for name in names if name != self._choice.provider))
        opened, self.tried = _providers.first_working(names, lambda name: self._open(name, threads or 1))
        self._mapper, self._synthesizer = opened
        self._directions = read_directions(bundle)
        self._threads = threads or 1
        if threads is None and clock is not None and self.tried[-1].provider == _providers.CPU:
            self._choose_threads(clock)

    @property
    def provider(self) -> str:
        """What runs it, in words for the HUD."""
        name = self.tried[-1].provider
        if name != _providers.CPU:
            return name
        optimized = ", optimized" if self._choice and self._choice.provider == name else ""
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
        noise = self._noise.drawn(self._synthesizer.inputs, latents, self.size)
        return self._to_bytes(self._synthesizer.run({**asked(self._synthesizer.inputs, feeds), **noise}))

    @property
    def free(self) -> bool:
        """Whether pictures can be of another size."""
        return is_free(self._synthesizer.inputs)

    def resize(self, scale: float) -> None:
        """Make pictures of `scale` times the usual size from now on; nothing where the size is fixed."""
        wanted = scaled(self._usual, scale)
        if wanted != self.size and self.free:  # asked for every picture
            self.size = wanted

    def warm_up(self) -> None:
        """Generate one picture, which makes the runtime allocate and choose its kernels."""
        self.generate([middle(self.spec)])

    def close(self) -> None:
        """Let go of both networks and of the noise."""
        self._noise.clear()
        self.__dict__.pop("_mapper", None)
        self.__dict__.pop("_synthesizer", None)

    def _open(self, provider: str, threads: int) -> tuple[Session, Session]:
        """Both networks on `provider`, checked and run once."""
        folder, key = self.bundle.folder, self.bundle.fingerprint
        mapper = Session(folder / "mapper.onnx", _providers.CPU, 1)  # a few hundred numbers: never worth a device
        chosen = self._choice if self._choice and self._choice.provider == provider else None
        file, level = (chosen.file, chosen.level) if chosen else (folder / "synthesizer.onnx", "all")
        half = chosen is not None and provider == _providers.TENSORRT and chosen.precision == "fp16"
        synthesizer = Session(file, provider, threads, key, level, half, chosen is not None and chosen.captured)
        check(self.bundle, mapper.inputs, synthesizer.inputs)
        self._mapper, self._synthesizer = mapper, synthesizer
        self.warm_up()
        return mapper, synthesizer

    def _choose_threads(self, clock: Clock) -> None:
        """Keep the faster of one thread and two; two must win clearly, since they suffer from any other load."""
        one = self._mapper, self._synthesizer
        seconds = [self._median_seconds(clock)]
        two = self._open(_providers.CPU, 2)
        seconds.append(self._median_seconds(clock))
        self._threads = 2 if seconds[1] < 0.7 * seconds[0] else 1
        self._mapper, self._synthesizer = two if self._threads == 2 else one

    def _median_seconds(self, clock: Clock) -> float:
        marks = [clock()]
        for _ in range(_TIMED_RUNS):
            self.warm_up()
            marks.append(clock())
        return float(np.median(np.diff(marks)))

    def _to_bytes(self, image: F32) -> U8:
        """[N, 3, H, W] in [-1, 1] -> [N, H, W, 3] bytes."""
        check_picture(self._synthesizer.file, image.shape, self.size)
        if self._buffer.shape != image.shape:
            self._buffer = np.empty_like(image)
        np.multiply(image, 127.5, out=self._buffer)
        self._buffer += 128.0
        np.clip(self._buffer, 0.0, 255.0, out=self._buffer)
        if np.isnan(self._buffer.sum()):  # the show keeps its last good frame
            raise BundleError("the picture holds what is no number", str(self._synthesizer.file), _VERIFY)
        pixels = np.empty((len(image), *image.shape[2:], 3), np.uint8)
        np.copyto(pixels, self._buffer.transpose(0, 2, 3, 1), casting="unsafe")
        return pixels

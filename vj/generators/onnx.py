"""The ONNX Runtime runtime: plays any bundle of `mapper.onnx` and `synthesizer.onnx` on the best provider that works.

    mapper       z [N, Z], mix [N, C], psi [N]              -> w [N, W]
    synthesizer  styles [N, L, W], psi [N], noise* [.., H, W] -> image [N, 3, H, W] in [-1, 1]

`mix` and `psi` are fed to the graphs that have them; every synthesizer input whose name begins with "noise" gets
standard normals drawn from the latent's noise seed.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from vj.core.errors import BundleError
from vj.core.types import F32, U8, Latent
from vj.generators import _providers
from vj.generators._bundle import Bundle
from vj.generators._directions import read_directions
from vj.generators._optimized import read_choice
from vj.generators._session import Session

#: Median of how many runs decides between one thread and two.
_TIMED_RUNS = 8
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
        self._noise = lru_cache(8)(self._draw_noise)
        self._choice = read_choice(bundle) if providers is None and threads is None else None
        if self._choice and self._choice.provider == _providers.CPU:
            threads = self._choice.threads
        opened, self.tried = _providers.first_working(
            _providers.candidates(providers), lambda name: self._open(name, threads or 1)
        )
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
        z = np.concatenate([latent.z for latent in latents]).astype(np.float32, copy=False)
        mix = np.repeat(np.array([latent.mix for latent in latents], np.float32), groups, axis=0)
        psi = np.array([latent.psi for latent in latents], np.float32)
        w = self._mapper.run(_asked(self._mapper, {"z": z, "mix": mix, "psi": np.repeat(psi, groups)}))
        styles = w.reshape(n, groups, -1)[:, self._layer_groups]
        for style, latent in zip(styles, latents, strict=True):
            if latent.directions.any():
                style += np.tensordot(latent.directions.astype(np.float32), self._directions, 1)
        feeds = {"styles": styles, "psi": psi}
        noise = self._noises(tuple(latent.noise_seed for latent in latents))
        return self._to_bytes(self._synthesizer.run({**_asked(self._synthesizer, feeds), **noise}))

    @property
    def free(self) -> bool:
        """Whether pictures can be of another size: the graph names its sides instead of numbering them."""
        sides = {side for name, shape in self._synthesizer.inputs.items() if name.startswith("noise") for side in shape}
        return {"width", "height"} <= sides

    def resize(self, scale: float) -> None:
        """Make pictures of `scale` times the usual size from now on, to 8 pixels; nothing where the size is fixed."""
        width, height = (max(8, round(side * scale / 8) * 8) if scale < 1.0 else side for side in self._usual)
        if self.free and self.size != (width, height):
            self.size = (width, height)
            self._noise.cache_clear()

    def warm_up(self) -> None:
        """Generate one picture, which makes the runtime allocate and choose its kernels."""
        self.generate([self._middle()])

    def close(self) -> None:
        """Let go of both networks and of the noise."""
        self._noise.cache_clear()
        self.__dict__.pop("_mapper", None)
        self.__dict__.pop("_synthesizer", None)

    def _middle(self) -> Latent:
        """The latent at the centre of the first class."""
        z = np.zeros((len(self.spec.groups), self.spec.z_dim), np.float32)
        mix = np.eye(1, len(self.spec.classes), dtype=np.float32)[0]
        return Latent(z, mix, 1.0, np.zeros(len(self.spec.directions), np.float32))

    def _open(self, provider: str, threads: int) -> tuple[Session, Session]:
        """Both networks on `provider`, checked and run once."""
        folder, key = self.bundle.folder, self.bundle.fingerprint
        mapper = Session(folder / "mapper.onnx", _providers.CPU, 1)  # a few hundred numbers: never worth a device
        chosen = self._choice if self._choice and self._choice.provider == provider else None
        file, level = (chosen.file, chosen.level) if chosen else (folder / "synthesizer.onnx", "all")
        synthesizer = Session(file, provider, threads, key, level)
        _check(mapper, {"z": ("N", self.spec.z_dim)}, ("mix", "psi"))
        styles = ("N", self.bundle.shapes["layers"], self.bundle.shapes["w"])
        _check(synthesizer, {"styles": styles}, ("psi", "noise"))
        self._mapper, self._synthesizer = mapper, synthesizer
        self._noise.cache_clear()
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

    def _noises(self, seeds: tuple[int, ...]) -> dict[str, F32]:
        """Every noise input, one draw for the batch when all seeds agree."""
        seeds = seeds[:1] if len(set(seeds)) == 1 else seeds
        return self._noise(seeds)

    def _draw_noise(self, seeds: tuple[int, ...]) -> dict[str, F32]:
        free = {"width": self.size[0], "height": self.size[1]}
        noise = {}
        for name, shape in self._synthesizer.inputs.items():
            if name.startswith("noise"):
                sides = [free.get(side, side) for side in shape[1:]]
                draws = [np.random.default_rng(seed).standard_normal(sides, np.float32) for seed in seeds]
                noise[name] = np.stack(draws)
        return noise

    def _to_bytes(self, image: F32) -> U8:
        """[N, 3, H, W] in [-1, 1] -> [N, H, W, 3] bytes."""
        n, height, width = image.shape[0], self.size[1], self.size[0]
        if image.shape != (n, 3, height, width):
            file, got = self._synthesizer.file, f"{image.shape[-1]}x{image.shape[-2]}"
            raise BundleError(f"{file.name} makes {got} pictures, not {width}x{height}", str(file), _NATIVE)
        if self._buffer.shape != image.shape:
            self._buffer = np.empty_like(image)
        np.multiply(image, 127.5, out=self._buffer)
        self._buffer += 128.0
        np.clip(self._buffer, 0.0, 255.0, out=self._buffer)
        pixels = np.empty((n, height, width, 3), np.uint8)
        np.copyto(pixels, self._buffer.transpose(0, 2, 3, 1), casting="unsafe")
        return pixels


_NATIVE = "play it at its native size, or correct resolution in bundle.toml"


def _asked(session: Session, feeds: dict[str, F32]) -> dict[str, F32]:
    """Those of `feeds` that the network has an input for."""
    return {name: array for name, array in feeds.items() if name in session.inputs}


def _check(session: Session, needed: dict[str, tuple[Any, ...]], known: tuple[str, ...]) -> None:
    """Raise BundleError unless the network has the inputs of the contract, and no others."""
    file = session.file
    for name, shape in needed.items():
        found = session.inputs.get(name)
        if found is None:
            raise BundleError(f"{file.name} has no input {name!r}, only {sorted(session.inputs)}", str(file), _CONTRACT)
        fits = len(found) == len(shape) and all(
            not isinstance(a, int) or not isinstance(b, int) or a == b for a, b in zip(found, shape, strict=True)
        )
        if not fits:
            raise BundleError(
                f"{name!r} of {file.name} has shape {found}, but bundle.toml asks for {list(shape)}",
                str(file),
                "correct shapes in bundle.toml, or export the network again",
            )
    for name in session.inputs:
        if name not in needed and not name.startswith(known):
            raise BundleError(f"{file.name} has an input {name!r} that nothing feeds", str(file), _CONTRACT)


_CONTRACT = "mapper: z, mix, psi -> w; synthesizer: styles, psi, noise -> image"

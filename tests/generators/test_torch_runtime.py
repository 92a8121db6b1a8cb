"""The torch runtime: the pictures of ONNX Runtime, chosen by measurement, missing without harm."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tomlkit
import torch
from layouts.tiny import tiny

from vj.core.errors import BundleError
from vj.core.shelf import share
from vj.core.types import Latent
from vj.generators.bundle import optimized
from vj.generators.bundle.manifest import Bundle, read_bundle
from vj.generators.bundle.opening import generator_names, open_generator
from vj.generators.bundle.verify import sample
from vj.generators.onnx import Onnx
from vj.generators.torch import Torch
from vj.workshop.manifest import sha256


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return tiny(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No choice but those made here."""
    monkeypatch.setattr("vj.generators.bundle.optimized.platformdirs.user_cache_path", lambda *_, **__: tmp_path)


def latents(bundle: Bundle, count: int, noise: int = 0) -> list[Latent]:
    """Different in z, class, psi, directions and noise."""
    made = []
    for k in range(count):
        one = sample(bundle.spec, k, psi=1.0 - 0.2 * k)
        directions = np.zeros(len(bundle.spec.directions), np.float32)
        directions[: min(k, len(directions))] = 0.5
        made.append(Latent(one.z, one.mix, one.psi, directions, noise * k))
    return made


def apart(one: np.ndarray, two: np.ndarray) -> int:
    assert one.shape == two.shape
    return int(np.abs(one.astype(int) - two).max())


@pytest.mark.parametrize("noise", [0, 1])
@pytest.mark.parametrize("size", [None, (31, 17)])
def test_pictures_are_those_of_onnx_runtime(size: tuple[int, int] | None, noise: int, small: Bundle) -> None:
    """One at a time and together, each with its own noise or all with one."""
    theirs, ours = Onnx(small, size, threads=1), Torch(small, size, device="cpu")
    given = latents(small, 3, noise)
    expected, found = theirs.generate(given), ours.generate(given)
    assert expected.std() > 20
    assert np.abs(np.diff(expected.astype(int), axis=0)).mean() > 5  # z, class, psi, directions have their say
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous
    assert apart(found, expected) <= 1
    assert np.mean(found != expected) < 0.02
    assert apart(ours.generate(given[1:2]), expected[1:2]) <= 1
    assert ours.spec == theirs.spec
    assert ours.size == theirs.size


@pytest.mark.parametrize(("name", "size"), [("worlds", (97, 64)), ("dream", None)])
def test_shipped_pictures_are_those_of_onnx_runtime(name: str, size: tuple[int, int] | None) -> None:
    bundle = read_bundle(share("models") / name, verify=False)
    given = latents(bundle, 2, 1)
    expected = Onnx(bundle, size, threads=1).generate(given)
    assert apart(Torch(bundle, size, device="cpu").generate(given), expected) <= 1


def test_another_size_from_one_picture_to_the_next(small: Bundle) -> None:
    ours = Torch(small, (64, 36), device="cpu")
    for size in ((80, 40), (64, 36)):
        ours.size = size
        expected = Onnx(small, size, threads=1).generate(latents(small, 1))
        assert apart(ours.generate(latents(small, 1)), expected) <= 1


def test_pictures_are_the_callers_to_keep(small: Bundle) -> None:
    generator = Torch(small, device="cpu")
    first = generator.generate(latents(small, 1))
    kept = first.copy()
    generator.generate([sample(small.spec, 5)])
    assert np.array_equal(first, kept)
    assert np.array_equal(generator.generate(latents(small, 1)), kept)
    generator.close()
    generator.close()


def test_bfloat16_is_near() -> None:
    dream = read_bundle(share("models") / "dream", verify=False)
    narrow, single = (Torch(dream, device="cpu", precision=precision) for precision in ("bf16", "fp32"))
    one, two = (g.generate(latents(dream, 1)).astype(float) for g in (narrow, single))
    assert 0 < np.sqrt(np.mean((one - two) ** 2)) < 1.5


def test_a_batch_is_shared_out_and_comes_back_in_order(small: Bundle) -> None:
    generator = Torch(small, device="cpu")
    many = latents(small, 5)
    together = generator.generate(many)
    alone = np.concatenate([generator.generate([latent]) for latent in many])
    assert np.abs(together.astype(int) - alone).max() <= 1
    generator.close()


def test_threads_are_put_back(small: Bundle) -> None:
    before = torch.get_num_threads()
    generator = Torch(small, threads=2, device="cpu")
    generator.generate(latents(small, 1))
    assert torch.get_num_threads() == before
    assert generator.provider == "torch CPU, fp32, 2 threads"
    assert Torch(small, device="cpu", precision="bf16").provider == "torch CPU, bf16, 1 thread"


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a card")
def test_without_a_card_it_is_the_processor_and_says_why(small: Bundle) -> None:
    generator = Torch(small)
    assert [attempt.provider for attempt in generator.tried] == ["torch CUDA", "torch CPU, fp32, 1 thread"]
    assert generator.tried[0].reason


def test_mistakes_are_told(small: Bundle) -> None:
    with pytest.raises(BundleError, match="precision"):
        Torch(small, device="cpu", precision="fp3")
    dream = read_bundle(share("models") / "dream", verify=False)
    with pytest.raises(BundleError):
        Torch(dream, (64, 36), device="cpu")


def test_torch_is_a_runtime_and_no_generator_by_itself() -> None:
    assert "torch" not in generator_names()


def chosen(bundle: Bundle, provider: str = optimized.TORCH_CPU, **more: object) -> None:
    """Write a choice for this machine, as `vj models optimize` does."""
    entry = {
        **optimized.key(bundle, provider),
        "provider": provider,
        "file": "synthesizer.onnx",
        "sha256": sha256(bundle.folder / "synthesizer.onnx"),
        "threads": 1,
        "level": "all",
        "precision": "bf16",
        "ms": 3.0,
        "psnr_db": 50.0,
        **more,
    }
    file = optimized.sidecar(bundle)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(tomlkit.dumps({"choice": [entry]}))


def test_what_was_chosen_is_opened(small: Bundle) -> None:
    where = str(small.folder)
    assert isinstance(open_generator(where), Onnx)
    chosen(small)
    generator = open_generator(where)
    assert isinstance(generator, Torch)
    assert generator.provider == "torch CPU, bf16, 1 thread"
    assert isinstance(open_generator(where, threads=1), Onnx)
    assert isinstance(open_generator(where, providers=["cpu"]), Onnx)
    assert optimized.read_choice(small) is None  # ONNX Runtime has none of its own
    chosen(small, torch="0.1")
    assert isinstance(open_generator(where), Onnx)
    optimized.sidecar(small).unlink()


def test_a_choice_that_does_not_open_leads_back_with_the_reason(small: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen(small)

    def refuse(*_: object) -> None:
        raise RuntimeError("out of memory\nat line 7")

    monkeypatch.setattr("vj.generators.torch.player.Player", refuse)
    generator = open_generator(str(small.folder))
    assert isinstance(generator, Onnx)
    assert generator.tried[0].provider == "torch CPU"
    assert generator.tried[0].reason == "torch cannot run this bundle: out of memory"
    optimized.sidecar(small).unlink()


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_usual_way_imports_no_torch() -> None:
    code = (
        "import sys; from vj.generators.bundle.opening import open_generator as o; g = o('worlds', (64, 36), threads=1)"
    )
    assert run(f"{code}; g.warm_up(); print([m for m in ('torch', 'onnx') if m in sys.modules])") == "[]"


def test_without_torch_the_choice_leads_back_with_the_reason(small: Bundle) -> None:
    chosen(small)
    code = f"""
import sys
sys.modules["torch"] = None
from vj.generators.bundle.opening import open_generator
g = open_generator({str(small.folder)!r})
print(type(g).__name__, g.tried[0])
"""
    said = run(code)
    optimized.sidecar(small).unlink()
    assert said.startswith("Onnx Attempt(provider='torch CPU'")
    assert "needs the package torch" in said


class Card:
    """Stands in for what draws on a device."""

    words, reason = "torch CUDA", "capture is not permitted"

    def __init__(self, player: object) -> None:
        self.closed = 0

    def draw(self, feeds: dict[str, np.ndarray], size: tuple[int, int]) -> np.ndarray:
        return np.zeros((1, size[1], size[0], 3), np.uint8)

    def close(self) -> None:
        self.closed += 1


def test_on_a_card_it_says_what_runs_and_why_no_graph_does(small: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vj.generators.torch.cuda.missing", lambda: "")
    monkeypatch.setattr("vj.generators.torch.player.Player", lambda *_: SimpleNamespace(inputs={}))
    monkeypatch.setattr("vj.generators.torch.card.Card", Card)
    generator = Torch(small)
    assert generator.provider == "torch CUDA, fp32"  # this bundle has no graph of half precision
    assert [(a.provider, a.reason) for a in generator.tried] == [
        ("torch CUDA graph", "capture is not permitted"),
        ("torch CUDA, fp32", ""),
    ]
    assert Torch(small, precision="bf16").provider == "torch CUDA, bf16"
    generator.close()
    generator.close()
    assert "closed" in generator.provider

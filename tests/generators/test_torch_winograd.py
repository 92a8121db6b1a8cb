"""Convolutions done in tiles, and networks whose convolutions are done each in its own way."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from layouts.tiny import tiny

from vj.core.errors import BundleError
from vj.generators.bundle.verify import sample
from vj.generators.torch import Torch
from vj.generators.torch import _integer as integer
from vj.generators.torch import _winograd as winograd
from vj.generators.torch._graph import Program
from vj.generators.torch._node import Node
from vj.generators.torch.player import LAYERS, way
from vj.workshop.graph import Graph
from vj.workshop.optimize import layers
from vj.workshop.optimize.layers import Form, by_layer, chosen

SINGLE, NARROW = torch.float32, torch.bfloat16


@pytest.mark.parametrize(
    ("tile", "dtype", "least_db"), [(4, SINGLE, 110), (2, SINGLE, 120), (2, NARROW, 43), (4, NARROW, 32)]
)
@pytest.mark.parametrize(
    ("count", "given", "made", "sides", "pads"),
    [(1, 48, 40, (17, 30), [1, 1, 1, 1]), (2, 32, 64, (16, 9), [2, 0, 1, 2]), (1, 32, 32, (8, 8), [0, 0, 0, 0])],
)
def test_tiles_come_to_the_same(
    tile: int,
    dtype: torch.dtype,
    least_db: float,
    count: int,
    given: int,
    made: int,
    sides: tuple[int, int],
    pads: list[int],
) -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(count, given, *sides), torch.randn(made, given, 3, 3) / given**0.5
    bias, node = torch.randn(made), Node("Conv", {"pads": pads}, 17, 1, "f")
    truth = F.conv2d(F.pad(x, (pads[1], pads[3], pads[0], pads[2])), weight, bias)
    run = winograd.convolution(node, x, weight, tile, dtype)
    assert run is not None
    found = run(node, x.to(dtype, memory_format=torch.channels_last), None, bias.to(dtype)).float()
    assert found.shape == truth.shape
    assert 10 * np.log10(float(truth.square().mean() / (found - truth).square().mean())) > least_db


@pytest.mark.parametrize(
    ("attributes", "weight"),
    [
        ({"strides": [2, 2]}, (32, 32, 3, 3)),
        ({"dilations": [2, 2]}, (32, 32, 3, 3)),
        ({"group": 2}, (32, 32, 3, 3)),
        ({}, (32, 32, 5, 5)),
        ({}, (3, 32, 3, 3)),
    ],
)
def test_what_is_no_plain_convolution_is_left_alone(attributes: dict[str, object], weight: tuple[int, ...]) -> None:
    node = Node("Conv", attributes, 17, 1, "f")
    assert winograd.convolution(node, torch.zeros(1, 32, 16, 16), torch.zeros(weight), 4, SINGLE) is None


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six convolutions with a bend between them, and a picture."""
    rng, g = np.random.default_rng(3), Graph()
    x = g.input("x", ["batch", 32, 32, 32])
    for _ in range(6):
        x = g.op("Relu", g.op("Conv", x, rng.standard_normal((32, 32, 3, 3)).astype(np.float32) / 12, pads=[1] * 4))
    image = g.tanh(g.op("Conv", x, rng.standard_normal((3, 32, 1, 1)).astype(np.float32) / 10))
    g.output("image", image, ["batch", 3, 32, 32])
    file = tmp_path_factory.mktemp("network") / "synthesizer.onnx"
    g.save(file)
    return file


def drawn(file: Path, precision: str, count: int = 1) -> np.ndarray:
    x = torch.from_numpy(np.random.default_rng(5).standard_normal((count, 32, 32, 32)).astype(np.float32))
    with torch.inference_mode():
        return np.asarray(Program(file, way("cpu", precision, False)).run({"x": x}).float().numpy())


def decibel(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(4 / max(np.mean(np.square(a - b)), 1e-20)))


def test_each_letter_is_heeded(network: Path) -> None:
    plain = drawn(network, "fp32", 2)
    errors = {letter: decibel(drawn(network, f"{LAYERS}{letter * 7}", 2), plain) for letter in "swinvu"}
    assert list(errors.values()) == sorted(errors.values(), reverse=True)
    assert errors["w"] > 100 > errors["n"]
    if integer.exact():
        assert 100 > errors["i"] > 70 > errors["n"]
    assert decibel(drawn(network, f"{LAYERS}swwwwws", 2), plain) > 100
    assert decibel(drawn(network, f"{LAYERS}ssssssn", 2), plain) > decibel(drawn(network, f"{LAYERS}nnnnnnn", 2), plain)


def test_letters_for_other_layers_are_told(network: Path) -> None:
    with pytest.raises(BundleError, match="other layers"):
        Program(network, way("cpu", f"{LAYERS}nn", False))


def test_the_best_is_chosen_for_the_error_that_is_left() -> None:
    """The slow one that spoils the picture goes back, and by as little as will do."""
    forms = [
        [Form("s", 9.0), Form("w", 6.0, 1e-9), Form("n", 5.0, 4.0)],
        [Form("s", 3.0), Form("n", 1.0, 1.0)],
        [Form("s", 2.0)],
    ]
    assert chosen(forms, 9.0) == "nns"
    assert chosen(forms, 2.0) == "wns"
    assert chosen(forms, 0.1) == "wss"
    assert chosen(forms, 0.0) == "sss"


def test_a_choice_is_as_alike_as_was_asked(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By times that tempt to the worst of forms."""
    costs = dict(zip("uvniws", range(1, 7), strict=True))

    def times(self: layers._Trial, program: Program) -> dict[str, float]:
        self._drawn(program, self._feeds)
        return {name: float(costs[letter]) for name, letter in program._forms.items()}

    monkeypatch.setattr(layers._Trial, "_times", times)
    feeds = [{"x": np.random.default_rng(k).standard_normal((1, 32, 32, 32)).astype(np.float32)} for k in range(3)]
    found = {least: by_layer(network, feeds, least) for least in (20.0, 45.0, 60.0)}
    assert found[20.0] == f"{LAYERS}uuuuuun"
    assert set(found[45.0].removeprefix(LAYERS)) - set("sw")
    for least, precision in found.items():
        assert decibel(drawn(network, precision), drawn(network, "fp32")) > least - 1
    assert decibel(drawn(network, found[60.0]), drawn(network, found[45.0])) < 60


def _judges_nothing(self: layers._Trial, place: int, letter: str) -> float:
    raise AssertionError("a form was judged by itself")


def test_where_the_quickest_is_good_enough_nothing_is_judged(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And where that would take too long, the quickest that is so but for narrow tiles."""
    costs = dict(zip("uvniws", range(1, 7), strict=True))

    def times(self: layers._Trial, program: Program) -> dict[str, float]:
        self._drawn(program, self._feeds)
        return {name: 0.001 * costs[letter] for name, letter in program._forms.items()}

    monkeypatch.setattr(layers._Trial, "_alone", _judges_nothing)
    monkeypatch.setattr(layers._Trial, "_times", times)
    feeds = [{"x": np.random.default_rng(k).standard_normal((1, 32, 32, 32)).astype(np.float32)} for k in range(2)]
    assert by_layer(network, feeds, 20.0) == f"{LAYERS}uuuuuun"
    spoilt = decibel(drawn(network, f"{LAYERS}uuuuuun"), drawn(network, "fp32"))
    mild = decibel(drawn(network, f"{LAYERS}nnnnnnn"), drawn(network, "fp32"))
    assert mild > spoilt + 6
    with pytest.raises(AssertionError, match="by itself"):
        by_layer(network, feeds, (spoilt + mild) / 2)
    monkeypatch.setattr(layers, "LIMIT_S", 0.0)
    assert by_layer(network, feeds, (spoilt + mild) / 2, clock=lambda: 0.0) == f"{LAYERS}nnnnnnn"


def test_a_bundle_is_played_so(tmp_path: Path) -> None:
    bundle = tiny(tmp_path / "tiny")
    count = len(Program(bundle.folder / "synthesizer.onnx", way("cpu", "fp32", False)).convolutions)
    usual = Torch(bundle, device="cpu")
    mixed = Torch(bundle, precision=LAYERS + "s" + "n" * (count - 1), device="cpu")
    assert mixed.provider == "torch CPU, layer by layer, 1 thread"
    latents = [sample(bundle.spec, seed) for seed in range(3)]
    apart = np.abs(usual.generate(latents).astype(int) - mixed.generate(latents))
    assert apart.max() > 0
    assert apart.mean() < 1

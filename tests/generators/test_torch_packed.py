"""Convolutions laid out beforehand, transposed ones and those in whole numbers among them, with what follows in the
same walk or written over."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from vj.core.types import F32
from vj.generators.torch import _integer as integer
from vj.generators.torch._graph import Program
from vj.generators.torch._node import Node, Way
from vj.generators.torch._packed import joins, packed
from vj.workshop.graph import Graph, Value

CPU, NARROW = Way(), Way(narrow=torch.bfloat16)
MAP = (1, 16, 12, 10)


def numbers(*sides: int, seed: int = 0) -> F32:
    return np.random.default_rng(seed).standard_normal(sides).astype(np.float32)


def steps(program: Program) -> int:
    return len(next(iter(program._plans.values())))


def drawn(program: Program, feeds: dict[str, F32]) -> F32:
    with torch.inference_mode():
        return np.asarray(program.run({name: torch.from_numpy(a.copy()) for name, a in feeds.items()}).float().numpy())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    ("kernel", "strides", "pads", "more"),
    [
        ((3, 3), [2, 2], [0, 0], [0, 0]),
        ((4, 4), [2, 2], [1, 1], [0, 0]),
        ((5, 3), [2, 2], [2, 1], [1, 1]),
        ((2, 2), [2, 2], [0, 0], [0, 0]),
        ((7, 4), [3, 2], [1, 0], [0, 0]),
        ((3, 3), [1, 2], [1, 1], [0, 1]),
    ],
)
def test_a_transposed_convolution_is_done_as_plain_ones(
    kernel: tuple[int, int], strides: list[int], pads: list[int], more: list[int], dtype: torch.dtype
) -> None:
    torch.manual_seed(1)
    x, weight, bias = torch.randn(2, 8, 9, 6), torch.randn(8, 12, *kernel) / 8, torch.randn(12)
    x, weight = x.to(dtype).float(), weight.to(dtype).float()
    truth = F.conv_transpose2d(x, weight, bias, strides, pads, more)
    node = Node("ConvTranspose", {"strides": strides, "pads": pads * 2, "output_padding": more}, 17, 1, "f")
    run = packed(node, x, weight.to(dtype))
    assert run is not None
    found = run(node, x.to(dtype, memory_format=torch.channels_last), None, bias.to(dtype)).float()
    assert found.shape == truth.shape
    assert float((found - truth).abs().max()) < (1e-5 if dtype == torch.float32 else 0.05)


def decibel(found: torch.Tensor, truth: torch.Tensor) -> float:
    return float(10 * torch.log10(truth.square().mean() / (found - truth).square().mean()))


@pytest.mark.parametrize(
    ("count", "given", "made", "kernel", "attributes"),
    [
        (1, 48, 32, (3, 3), {"pads": [1] * 4}),
        (2, 64, 20, (1, 1), {}),
        (1, 33, 64, (4, 2), {"strides": [2, 1], "pads": [2, 1, 2, 1]}),
    ],
)
def test_whole_numbers_come_to_the_same(
    count: int, given: int, made: int, kernel: tuple[int, int], attributes: dict[str, object]
) -> None:
    torch.manual_seed(2)
    x, weight, bias = torch.randn(count, given, 9, 7), torch.randn(made, given, *kernel) / 20, torch.randn(made)
    x = 3e4 * x.contiguous(memory_format=torch.channels_last)
    weight[3] = 0.0
    weight[4] *= 1e-4
    scale, offset = torch.randn(1, made, 1, 1), 1e4 * torch.randn(1, made, 1, 1)
    if not integer.exact():
        pytest.skip("products of bytes are not exact on this processor")
    node = Node("Conv", attributes, 17, 1, "f")
    truth = F.conv2d(x, weight, bias, attributes.get("strides", 1), attributes.get("pads", [0, 0])[:2])
    run = integer.convolution(node, x, weight)
    assert run is not None
    assert decibel(run(node, x, None, bias), truth) > 70
    assert decibel(run.times(node, x, None, bias, scale), truth * scale) > 70
    assert decibel(run.times(node, x, None, None, scale), (truth - bias.view(1, -1, 1, 1)) * scale) > 70
    assert decibel(run.scaled(node, x, None, bias, scale, offset), F.relu(truth * scale + offset)) > 70
    other = torch.randn_like(truth)
    assert decibel(run.plus(node, x, None, bias, other), truth + other) > 70
    assert decibel(run.bent(node, x, None, None, 0.3), F.leaky_relu(truth - bias.view(1, -1, 1, 1), 0.3)) > 70
    for plain in (torch.zeros_like(x), torch.full_like(x, -1e-38)):
        assert float(run(node, plain, None, bias).sub(bias.view(1, -1, 1, 1)).abs().max()) < 1e-6


@pytest.mark.parametrize("attributes", [{"group": 2}, {"dilations": [2, 2]}, {"pads": [0, 1, 1, 1]}])
def test_what_cannot_be_in_whole_numbers_is_not(attributes: dict[str, object]) -> None:
    node = Node("Conv", attributes, 17, 1, "f")
    assert integer.convolution(node, torch.zeros(1, 32, 9, 9), torch.zeros(32, 32, 3, 3)) is None
    assert (
        integer.convolution(Node("Conv", {}, 17, 1, "f"), torch.zeros(1, 32, 9, 9), torch.zeros(8, 67000, 1, 1)) is None
    )


@pytest.mark.parametrize(
    "attributes",
    [
        {"strides": [1, 1]},
        {"strides": [2, 2], "group": 2},
        {"strides": [2, 2], "dilations": [2, 2]},
        {"strides": [4, 4]},  # more than the kernel has: places between that nothing reaches
        {"strides": [2, 2], "pads": [0, 0, 1, 1]},
        {"strides": [2, 2], "output_padding": [1, 1]},
    ],
)
def test_other_transposed_ones_are_left_to_torch(attributes: dict[str, object]) -> None:
    node = Node("ConvTranspose", attributes, 17, 1, "f")
    assert packed(node, torch.zeros(1, 8, 9, 9), torch.zeros(8, 8, 3, 3)) is None


def _alone(g: Graph, x: Value) -> Value:
    return g.op("Conv", x, numbers(16, 16, 3, 3, seed=4) / 12, numbers(16, seed=5), pads=[1] * 4)


def _normed(g: Graph, x: Value) -> Value:
    scale, offset = numbers(1, 16, 1, 1, seed=6), numbers(1, 16, 1, 1, seed=7)
    scale[0, 3], offset[0, 3] = 0.0, 0.7  # a dead channel
    return g.relu(_alone(g, x) * g.constant(scale) + g.constant(offset))


def _styled(g: Graph, x: Value) -> Value:
    style = g.op("ReduceMean", x, axes=[2, 3], keepdims=1)
    return g.op("LeakyRelu", _alone(g, x) * style + g.constant(numbers(1, 1, 12, 10, seed=8)), alpha=0.2)


#: What follows a convolution, and how many steps the whole takes with it in the same walk, the name of the picture too.
AFTER: dict[str, tuple[Callable[[Graph, Value], Value], int]] = {
    "a norm": (_normed, 2),
    "a style": (_styled, 5),
    "what it began with": (lambda g, x: _alone(g, x) + x, 2),
    "a bend": (lambda g, x: g.op("LeakyRelu", _alone(g, x), alpha=0.3), 2),
}


def graph(after: Callable[[Graph, Value], Value], folder: Path, sides: tuple[int, ...] = MAP) -> tuple[Path, F32]:
    """A file, and what ONNX Runtime makes of MAP by it."""
    g = Graph()
    g.output("image", after(g, g.input("x", ["batch", *sides[1:]])), ["batch", *sides[1:]])
    file = folder / "net.onnx"
    g.save(file)
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return file, np.asarray(session.run(None, {"x": numbers(*sides)})[0])


@pytest.mark.parametrize("what", AFTER)
def test_what_follows_is_done_in_the_same_walk(what: str, tmp_path: Path) -> None:
    after, count = AFTER[what]
    file, truth = graph(after, tmp_path)
    single, narrow = Program(file, CPU), Program(file, NARROW)
    for _ in range(2):
        assert np.abs(drawn(single, {"x": numbers(*MAP)}) - truth).max() < 1e-4
    assert steps(single) == count or not joins(torch.float32)
    assert np.isfinite(drawn(narrow, {"x": numbers(*MAP)})).all()
    assert np.abs(drawn(narrow, {"x": numbers(*MAP)}) - truth).mean() < 0.01


def test_where_the_library_does_not_do_both_each_is_done_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for dtype in (torch.float32, torch.bfloat16):
        if not joins(dtype):
            pytest.skip(f"this build of torch joins nothing to a convolution of {dtype}")
    file, truth = graph(_normed, tmp_path)
    monkeypatch.setattr("vj.generators.torch._plan.joins", lambda dtype: False)
    program = Program(file, CPU)
    assert np.abs(drawn(program, {"x": numbers(*MAP)}) - truth).max() < 1e-4
    assert steps(program) == AFTER["a norm"][1] + 1
    joins.cache_clear()
    monkeypatch.setattr(torch.ops.mkldnn._convolution_pointwise, "binary", _refuses)
    assert not joins(torch.float32)
    joins.cache_clear()


def _refuses(*given: object) -> None:
    raise RuntimeError("no such thing")


@pytest.mark.parametrize("what", AFTER)
def test_several_pictures_come_to_the_same(what: str, tmp_path: Path) -> None:
    """A style is another for each, of which the library knows but one."""
    file, truth = graph(AFTER[what][0], tmp_path, (3, *MAP[1:]))
    assert np.abs(drawn(Program(file, CPU), {"x": numbers(3, *MAP[1:])}) - truth).max() < 1e-4


def test_what_is_read_again_is_not_written_over(tmp_path: Path) -> None:
    def again(g: Graph, x: Value) -> Value:
        made = _alone(g, x)
        bent = g.op("LeakyRelu", made, alpha=0.1) + g.constant(numbers(1, 16, 1, 1, seed=9))
        flat = g.op("Reshape", bent, g.constant([0, 16, 120], np.int64))
        risen = bent * g.constant(np.float32(0.5))
        whole = g.op("Reshape", flat, g.constant([0, 16, 12, 10], np.int64))
        return risen + made + whole + x

    file, truth = graph(again, tmp_path)
    program, x = Program(file, CPU), torch.from_numpy(numbers(*MAP))
    with torch.inference_mode():
        for _ in range(3):
            assert float((program.run({"x": x}) - torch.from_numpy(truth)).abs().max()) < 1e-4
    assert np.array_equal(x.numpy(), numbers(*MAP))


def test_what_is_given_is_not_written_over_and_what_is_small_cannot_be(tmp_path: Path) -> None:
    def small(g: Graph, x: Value) -> Value:
        row = g.op("ReduceMean", g.op("LeakyRelu", x, alpha=0.1), axes=[2, 3], keepdims=1) * g.constant(np.float32(2.0))
        return row + g.constant(numbers(1, 16, 12, 10, seed=3))

    file, truth = graph(small, tmp_path)
    x = torch.from_numpy(numbers(*MAP))
    with torch.inference_mode():
        assert float((Program(file, CPU).run({"x": x}) - torch.from_numpy(truth)).abs().max()) < 1e-5
    assert np.array_equal(x.numpy(), numbers(*MAP))


def test_kinds_of_convolutions_may_share_a_kernel(tmp_path: Path) -> None:
    kernel = numbers(16, 16, 3, 3, seed=4) / 12

    def both(g: Graph, x: Value) -> Value:
        there = g.op("Conv", x, kernel, strides=[2, 2], pads=[1] * 4)
        back = g.op("ConvTranspose", x, kernel, strides=[2, 2], pads=[1] * 4)
        starts, ends, axes = (g.constant(numbers, np.int64) for numbers in ([0, 0], MAP[2:], [2, 3]))
        return g.op("Slice", back, starts, ends, axes) + g.op("ReduceMean", there, axes=[2, 3], keepdims=1)

    file, truth = graph(both, tmp_path)
    assert np.abs(drawn(Program(file, CPU), {"x": numbers(*MAP)}) - truth).max() < 1e-4


@pytest.mark.parametrize("sides", [(1, 1, 1, 1), (1, 16, 1, 1), ()])
def test_a_choice_may_make_something_smaller(sides: tuple[int, ...], tmp_path: Path) -> None:
    """Which is known in each run only: made ready for the larger, it draws with the smaller."""

    def chosen(g: Graph, x: Value) -> Value:
        holds = g.op("Greater", g.op("ReduceMax", x, keepdims=0), g.constant(np.float32(0.0)))
        small = g.constant(np.full(sides, 0.3, np.float32))
        made = g.choose(holds, lambda: x * 2.0, lambda: g.op("Identity", small))
        other = g.choose(holds, lambda: x * 3.0, lambda: g.op("Identity", small))
        return made * g.constant(np.float32(0.5)) + g.op("Abs", x) + (_alone(g, x) + other)

    file, _ = graph(chosen, tmp_path)
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    program = Program(file, CPU)
    for x in (numbers(*MAP), -np.abs(numbers(*MAP)), numbers(*MAP, seed=1)):
        assert np.abs(drawn(program, {"x": x}) - np.asarray(session.run(None, {"x": x})[0])).max() < 1e-4


def test_whole_numbers_of_half_kernels_and_of_pictures_of_other_strength() -> None:
    if not integer.exact():
        pytest.skip("products of bytes are not exact on this processor")
    torch.manual_seed(3)
    weight, node = torch.randn(16, 16, 3, 3) / 300, Node("Conv", {}, 17, 1, "f")
    x = torch.randn(2, 16, 9, 9).mul_(torch.tensor([1.0, 1e-3]).view(2, 1, 1, 1))
    run = integer.convolution(node, x, weight.half())
    assert run is not None
    made, truth = run(node, x.contiguous(memory_format=torch.channels_last), None), F.conv2d(x, weight.half().float())
    assert min(decibel(made[k], truth[k]) for k in range(2)) > 70


def test_nothing_is_joined_in_half_precision() -> None:
    assert not joins(torch.float16)


def test_pictures_side_by_side_do_not_meet(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    file, _ = graph(_styled, tmp_path)
    program = Program(file, CPU)
    feeds = [{"x": numbers(*MAP, seed=seed)} for seed in range(8)]
    alone = [drawn(program, feed) for feed in feeds]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(alone * 4, pool.map(lambda feed: drawn(program, feed), feeds * 4), strict=True):
            assert np.array_equal(one, other)

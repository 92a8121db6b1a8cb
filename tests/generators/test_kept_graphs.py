"""Graphs that are kept as optimised: the same pictures to the last bit, whatever has become of what is kept."""

import numpy as np
import onnxruntime
import pytest

from vj.generators import providers
from vj.generators.providers import kept
from vj.generators.providers.session import Session
from vj.workshop.graph import Graph

#: One goes through each branch.
XS = [np.linspace(low, high, 7, dtype=np.float32) for low, high in ((-4, 1), (-1, 4))]


@pytest.fixture
def graph(tmp_path):
    """A graph of two branches, and where it lies."""
    g = Graph()
    x = g.input("x", ["n"])
    odd = g.op("Greater", g.op("ReduceSum", x, keepdims=0), 0.0)
    g.output("y", g.choose(odd, lambda: g.tanh(x * 2.0 + 1.0), lambda: g.sigmoid(x - 3.0)), ["n"])
    g.save(tmp_path / "two.onnx")
    return tmp_path / "two.onnx"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(kept.platformdirs, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    return tmp_path / "cache" / "graphs"


def drawn(session):
    return [session.run({"x": x}) for x in XS]


def test_what_is_kept_draws_the_same(graph, cache):
    how = onnxruntime.SessionOptions()
    plain = onnxruntime.InferenceSession(str(graph), how, providers=[providers.CPU])
    first = Session(graph, providers.CPU, 1)
    (place,) = cache.iterdir()
    made = place.stat().st_mtime_ns
    again = Session(graph, providers.CPU, 1)
    assert place.stat().st_mtime_ns == made
    assert again.inputs == first.inputs
    for a, b, x in zip(drawn(first), drawn(again), XS, strict=True):
        assert np.array_equal(a, b)
        assert np.array_equal(a, plain.run(None, {"x": x})[0])


def test_what_is_damaged_is_made_again(graph, cache):
    first = drawn(Session(graph, providers.CPU, 1))
    (place,) = cache.iterdir()
    whole = place.read_bytes()
    for content in (b"", b"nonsense", whole[: len(whole) // 2]):
        place.write_bytes(content)
        assert all(map(np.array_equal, drawn(Session(graph, providers.CPU, 1)), first))
        assert place.stat().st_size == len(whole)


def test_without_a_place_nothing_is_kept(graph, cache):
    cache.parent.write_text("a file where the folder should be")
    assert len(drawn(Session(graph, providers.CPU, 1))) == 2


def test_other_graphs_are_left_alone(tmp_path, cache):
    g = Graph()
    g.output("y", g.tanh(g.input("x", ["n"])), ["n"])
    g.save(tmp_path / "one.onnx")
    Session(tmp_path / "one.onnx", providers.CPU, 1)
    assert not cache.exists()


def test_no_more_than_so_many_are_kept(tmp_path, cache, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 2)
    for k in range(4):
        g = Graph()
        x = g.input("x", ["n"])
        up = g.op("Greater", g.op("ReduceSum", x, keepdims=0), float(k))
        g.output("y", g.choose(up, lambda g=g, x=x: g.tanh(x), lambda g=g, x=x: g.abs(x)), ["n"])
        g.save(tmp_path / "one.onnx")
        Session(tmp_path / "one.onnx", providers.CPU, 1)
    assert len(list(cache.iterdir())) == 2

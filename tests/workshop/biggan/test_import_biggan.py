"""BigGAN-deep: the package's own network against our reference and against the bundle; what is refused, and how."""

import json
from contextlib import closing

import numpy as np
import onnx
import onnxruntime
import pytest
import requests
import torch
from pytorch_pretrained_biggan import BigGAN, BigGANConfig, file_utils, model
from scipy.stats import norm, truncnorm

from bench.nets.biggan_random import CHANNELS, published, settled
from vj.core.errors import CheckpointError
from vj.core.types import Latent
from vj.generators.bundle.manifest import read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.onnx import Onnx
from vj.generators.torch import Torch
from vj.workshop.biggan.graph import mapper, synthesizer
from vj.workshop.biggan.net import loaded
from vj.workshop.biggan.weights import folded, shape_of
from vj.workshop.checkpoint.reader import Checkpoint, read_checkpoint
from vj.workshop.importers import biggan as importer

SMALL = {
    "output_dim": 32,
    "channel_width": 8,
    "num_classes": 12,
    "layers": [[False, 16, 16], [True, 16, 8], [False, 8, 4], [True, 4, 2], [True, 2, 1]],
    "attention_layer_position": 3,
}
C = SMALL["num_classes"]
#: Where the package's own arithmetic meets the row that is meant.
KNOTS = [k / 50 for k in range(1, 51) if k / 50 / 0.02 == k]


def tensors(network):
    return {name: value.numpy().copy() for name, value in network.state_dict().items()}


def run(graph, feeds):
    session = onnxruntime.InferenceSession(graph.proto("g").SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feeds)[0]


def inputs(count, classes=C, seed=0):
    """z and class weights: pure classes, then mixtures with negative weights among them."""
    rng = np.random.default_rng(seed)
    mix = np.eye(classes, dtype=np.float32)[rng.integers(0, classes, count)]
    mix[count // 2 :] = rng.standard_normal((count - count // 2, classes)) / 2
    return rng.standard_normal((count, 128)).astype(np.float32), mix


def pictures(network, z, mix, psi):
    """What the package makes, [N, 3, side, side]."""
    return network(torch.tensor(z), torch.tensor(mix), psi).numpy()


def styles(network, z, mix, layers):
    """The same conditions in every layer."""
    w = torch.cat([torch.tensor(z), network.embeddings(torch.tensor(mix))], 1)
    return w[:, None].repeat(1, layers, 1).numpy()


@pytest.fixture(scope="module")
def small():
    return settled(SMALL)


@pytest.fixture(scope="module")
def sessions(small):
    """`play(styles, psi)` of both synthesizers, by whether they keep the package's truncation."""
    shape = shape_of(SMALL, tensors(small))
    weights = folded(tensors(small), shape)

    def player(package_truncation):
        graph = synthesizer(weights, shape, package_truncation).proto("g").SerializeToString()
        session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
        return lambda styles, psi: session.run(None, {"styles": styles, "psi": np.asarray(psi, np.float32)})[0]

    return {way: player(way) for way in (False, True)}


def test_half_precision_looks_the_same(small, sessions):
    """45 dB of pictures in [-1, 1], at several psi; inputs and outputs stay float32."""
    shape = shape_of(SMALL, tensors(small))
    graph = synthesizer(folded(tensors(small), shape), shape, half=True).proto("g")
    halves = [t for t in graph.graph.initializer if t.data_type == onnx.TensorProto.FLOAT16]
    assert len(halves) > 20
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    given = np.random.default_rng(3).standard_normal((2, 6, 256)).astype(np.float32)
    for psi in (0.1, 0.55, 1.0):
        feeds = {"styles": given, "psi": np.array([psi, psi / 2], np.float32)}
        drawn = session.run(None, feeds)[0]
        assert drawn.dtype == np.float32
        assert 0 < np.mean((drawn - sessions[False](given, feeds["psi"])) ** 2) < 4 * 10**-4.5


def test_at_knots_both_ways_are_the_package(small, sessions):
    """Every psi that is a multiple of .02, several classes and mixtures at once."""
    z, mix = inputs(2)
    given = styles(small, z, mix, 6)
    assert len(KNOTS) > 40
    for psi in KNOTS:
        truth = pictures(small, z, mix, psi)
        assert truth.std() > 0.1
        for play in sessions.values():
            assert np.abs(play(given, [psi] * 2) - truth).max() < 1e-3, psi


def test_with_its_own_truncation_a_bundle_is_the_package_everywhere(small, sessions):
    """Between knots, just beside them, and at .58, which the package takes for .56."""
    z, mix = inputs(2)
    given = styles(small, z, mix, 6)
    between = np.random.default_rng(1).uniform(0.001, 1.0, 30).round(4)
    for psi in [*(k / 50 for k in range(1, 51)), *between.tolist(), 0.001, 0.019, 0.021, 0.999]:
        truth = pictures(small, z, mix, psi)
        assert np.abs(sessions[True](given, [psi] * 2) - truth).max() < 1e-3, psi
    assert np.abs(sessions[False](given, [0.58] * 2) - pictures(small, z, mix, 0.58)).max() > 0.05


def test_between_knots_statistics_are_those_of_that_psi(small, sessions):
    """The truth is the package's network whose every row holds the statistics mixed by hand."""
    z, mix = inputs(2)
    given = styles(small, z, mix, 6)
    for psi in (0.0, 0.005, 0.3339, 0.587, 0.991):
        low = min(int(psi * 50), 49)
        share = psi * 50 - low
        still = settled(SMALL)
        for name, value in still.state_dict().items():
            if name.endswith(("running_means", "running_vars")):
                value.copy_((value[low] * (1 - share) + value[low + 1] * share).expand_as(value))
        truth = pictures(still, z, mix, 1.0)
        assert np.abs(sessions[False](given, [psi] * 2) - truth).max() < 1e-3, psi


def test_a_fader_moves_smoothly_only_without_the_packages_truncation(small, sessions):
    z, mix = inputs(1)
    given = styles(small, z, mix, 6)
    worst = {}
    for way, play in sessions.items():
        drawn = play(np.repeat(given, 201, 0), np.linspace(0.4, 0.6, 201))
        worst[way] = np.abs(np.diff(drawn, axis=0)).mean((1, 2, 3)).max()
    assert worst[True] > 5 * worst[False]


def test_every_block_has_its_own_style_and_every_picture_its_own_psi(small, sessions):
    """Against the reference in torch; the batch equals its pictures one by one."""
    rng = np.random.default_rng(2)
    given = rng.standard_normal((3, 6, 256)).astype(np.float32)
    psi = np.array([0.11, 0.5, 0.777], np.float32)
    for way, play in sessions.items():
        network = loaded(tensors(small), SMALL, way)
        drawn = play(given, psi)
        assert np.abs(drawn - network(torch.tensor(given), torch.tensor(psi)).numpy()).max() < 1e-3
        alone = np.concatenate([play(given[k : k + 1], psi[k : k + 1]) for k in range(3)])
        assert np.abs(drawn - alone).max() < 1e-4
        for layer in range(6):
            other = given.copy()
            other[:, layer] = 0.0
            assert np.abs(play(other, psi) - drawn).mean() > 1e-3, layer


def test_the_mapper_bends_z_into_what_the_package_draws(small):
    shape = shape_of(SMALL, tensors(small))
    graph = mapper(folded(tensors(small), shape), shape)
    count = 81
    z = np.zeros((count, 128), np.float32)
    z[:, 0] = np.linspace(-4, 4, count)
    _, mix = inputs(count)
    psi = np.linspace(0, 1, count).astype(np.float32)
    w = run(graph, {"z": z, "mix": mix, "psi": psi})
    drawn = truncnorm.ppf(norm.cdf(z[:, 0]), -2, 2) * psi
    assert np.abs(w[:, 0] - drawn).max() < 0.017
    assert np.abs(w[:, 1:128]).max() == 0
    assert np.allclose(w[:, 128:], small.embeddings(torch.tensor(mix)), atol=1e-5)
    again = loaded(tensors(small), SMALL).mapped(*(torch.tensor(x) for x in (z, mix, psi)))
    assert np.allclose(w, again, atol=1e-5)
    beyond = run(graph, {"z": z, "mix": mix, "psi": psi * 0 + 1.2})
    assert np.array_equal(beyond, run(graph, {"z": z, "mix": mix, "psi": psi * 0 + 1}))


@pytest.fixture(scope="module")
def kept(small, tmp_path_factory):
    """A folder as the package keeps it."""
    folder = tmp_path_factory.mktemp("kept")
    torch.save(small.state_dict(), folder / "pytorch_model.bin")
    (folder / "config.json").write_text(BigGANConfig.from_dict(SMALL).to_json_string())
    return folder


@pytest.mark.parametrize("package_truncation", [False, True])
def test_a_folder_becomes_a_bundle_that_plays(small, kept, tmp_path, package_truncation):
    """From file to bytes: the same picture as the package's, for a class by itself and for two."""
    importer.bundle(read_checkpoint(kept), tmp_path / "b", "dogs", package_truncation)
    with closing(open_generator(str(tmp_path / "b"), threads=1)) as generator:
        spec = generator.spec
        assert spec.groups == ("coarse", "middle", "fine")
        assert sum(spec.layers) == 6
        assert spec.psi == (0.0, 1.0)
        z, mix = inputs(2)
        for row, weights, psi in zip(z, mix, (0.5, 0.364), strict=True):
            latent = Latent(np.tile(row, (3, 1)), weights, psi, np.zeros(0, np.float32))
            x = 0.93 * row
            bent = (psi * x / (1 + (x / 2) ** 6) ** (1 / 6)).astype(np.float32)
            truth = pictures(small, bent[None], weights[None], psi)[0].transpose(1, 2, 0) * 127.5 + 128
            apart = np.abs(generator.generate([latent])[0].astype(float) - np.clip(truth, 0, 255))
            same = psi == 0.5 or package_truncation
            assert (apart.max() < 1.2) == same
    assert "package_truncation = " + str(package_truncation).lower() in (tmp_path / "b" / "bundle.toml").read_text()
    assert "BigGAN-deep" in (tmp_path / "b" / "README.md").read_text()


def test_torch_plays_it_as_onnx_runtime_does(kept, tmp_path):
    importer.bundle(read_checkpoint(kept), tmp_path / "b", "dogs")
    bundle = read_bundle(tmp_path / "b")
    z, mix = inputs(3)
    latents = [Latent(np.tile(row, (3, 1)), m, 0.41, np.zeros(0, np.float32)) for row, m in zip(z, mix, strict=True)]
    theirs, ours = Onnx(bundle, threads=1).generate(latents), Torch(bundle, device="cpu").generate(latents)
    assert np.abs(theirs.astype(int) - ours).max() <= 1
    assert theirs.std() > 5


def test_a_state_dict_alone_is_enough(small, tmp_path):
    """Without config.json every second block doubles, as in all three networks of the package."""
    config = SMALL | {
        "layers": [[bool(k % 2), *ends] for k, (_, *ends) in enumerate(SMALL["layers"])],
        "output_dim": 16,
    }
    network = settled(config, 3)
    torch.save(network.state_dict(), tmp_path / "state.bin")
    checkpoint = read_checkpoint(tmp_path / "state.bin")
    assert not checkpoint.arguments
    z, mix = inputs(1)
    ours = loaded(checkpoint.tensors, checkpoint.arguments)
    drawn = ours(torch.tensor(styles(network, z, mix, 6)), torch.tensor([0.6])).numpy()
    assert drawn.shape == (1, 3, 16, 16)
    assert np.abs(drawn - pictures(network, z, mix, 0.6)).max() < 1e-3


def test_a_state_dict_with_its_norms_folded_is_told_and_plays_the_same(small, tmp_path):
    """Plain weights, as `remove_spectral_norm` leaves them; and files that keep u only, as old ones do."""
    held = tensors(small)
    plain = {n: v for n, v in held.items() if not n.endswith(("weight_orig", "weight_u", "weight_v"))}
    kept = folded(held, shape_of(SMALL, held))
    plain |= {n: kept[n] for n in kept if f"{n}_orig" in held}
    plain |= {n.removesuffix("_orig"): held[n] / 2 for n in held if n.startswith("generator.conv_to_rgb.weight_orig")}
    torch.save({name: torch.tensor(value) for name, value in plain.items()}, tmp_path / "plain.bin")
    found = read_checkpoint(tmp_path / "plain.bin")
    assert found.family == "biggan"
    again = folded(found.tensors, shape_of(SMALL, found.tensors))
    for name in kept:
        if not name.startswith("generator.conv_to_rgb.weight"):
            assert np.array_equal(again[name], kept[name]), name
    one = "generator.layers.0.conv_1.weight"
    matrix = held[f"{one}_orig"].reshape(len(held[f"{one}_orig"]), -1).astype(np.float64)
    only_u = folded({n: v for n, v in held.items() if not n.endswith("_v")}, shape_of(SMALL, held))
    largest = np.linalg.norm(held[f"{one}_u"] @ matrix)
    assert np.allclose(only_u[one], held[f"{one}_orig"] / largest, rtol=1e-5)


#: Millions of weights of the three networks, as published.
NETWORKS = {128: 50.4, 256: 55.9, 512: 56.2}


@pytest.mark.parametrize("side", NETWORKS)
def test_the_three_networks_are_told_from_their_weights(side):
    """The right size of picture and number of style layers without config.json."""
    network = BigGAN(BigGANConfig.from_dict(published(side, 8)))
    shape = shape_of({}, tensors(network))
    assert (shape.side, shape.layers, shape.classes, shape.knots) == (side, len(CHANNELS[side]), 1000, 51)


@pytest.mark.slow
@pytest.mark.parametrize("side", NETWORKS)
def test_the_three_networks_have_as_many_weights_as_published(side):
    with torch.device("meta"):
        network = BigGAN(BigGANConfig.from_dict(published(side)))
    weights = sum(value.numel() for value in network.parameters())
    assert weights / 1e6 == pytest.approx(NETWORKS[side], abs=0.11)


def refused(config, held):
    with pytest.raises(CheckpointError) as caught:
        folded(held, shape_of(config, held))
    assert caught.value.hint
    return str(caught.value)


def test_what_is_no_biggan_is_refused_with_a_reason(small):
    held = tensors(small)
    first = "generator.layers.0.conv_0"
    without = {name: value for name, value in held.items() if name != f"{first}.bias"}
    assert f"{first}.bias is missing" in refused(SMALL, without)
    assert "embeddings.weight" in refused(SMALL, {k: v for k, v in held.items() if k != "embeddings.weight"})
    assert "no generator" in refused(SMALL, {"synthesis.b4.const": np.zeros(3)})
    assert "config.json says 64 pixels" in refused(SMALL | {"output_dim": 64}, held)
    assert "does not list the 5 layers" in refused(SMALL | {"layers": SMALL["layers"][:4]}, held)
    assert "does not list the 5 layers" in refused(SMALL | {"layers": "all"}, held)
    assert "true or false" in refused(SMALL | {"layers": [[]] * 5}, held)
    assert "eps" in refused(SMALL | {"eps": "0"}, held)
    assert "never trained" in refused(SMALL, held | {f"{first}.weight_u": held[f"{first}.weight_u"] * 0})
    assert "two vectors" in refused(SMALL, held | {f"{first}.weight_v": np.zeros(3)})
    wrong = held["generator.layers.0.bn_0.running_vars"] * np.nan
    assert "no trained network" in refused(SMALL, held | {"generator.layers.0.bn_0.running_vars": wrong})
    assert "no trained network" in refused(
        SMALL, held | {"generator.bn.running_vars": -held["generator.bn.running_vars"]}
    )
    tall = {"layers": [[True, 16, 16]] * 12 + SMALL["layers"], "attention_layer_position": 99}
    with torch.device("meta"):
        shapes = BigGAN(BigGANConfig.from_dict(SMALL | tall)).state_dict()
    empty = {name: np.broadcast_to(np.float32(1), value.shape) for name, value in shapes.items()}
    assert "lead to pictures of" in refused(tall, empty)
    assert "channels" in refused(SMALL, held | {"generator.layers.0.conv_3.bias": np.zeros(32, np.float32)})


def test_imagenet_has_a_thousand_names():
    names = importer.class_names(1000)
    assert len(names) == len({name.lower() for name in names}) == 1000
    known = {0: "tench", 1: "goldfish", 207: "golden retriever", 281: "tabby", 340: "zebra", 417: "balloon"}
    known |= {
        510: "container ship",
        817: "sports car",
        972: "cliff",
        980: "volcano",
        985: "daisy",
        999: "toilet tissue",
    }
    assert {k: names[k] for k in known} == known
    assert all(name == name.strip() and name for name in names)
    assert importer.class_names(2) == ["class 0", "class 1"]


def test_names_come_from_the_packages_cache(kept, tmp_path, monkeypatch):
    """A file that the package once downloaded is found without a network."""
    monkeypatch.setattr(file_utils, "PYTORCH_PRETRAINED_BIGGAN_CACHE", tmp_path)
    monkeypatch.setattr(requests, "head", unplugged)
    name = "biggan-deep-256"
    pairs = (
        (model.PRETRAINED_MODEL_ARCHIVE_MAP, "pytorch_model.bin"),
        (model.PRETRAINED_CONFIG_ARCHIVE_MAP, "config.json"),
    )
    for addresses, file in pairs:
        place = tmp_path / file_utils.url_to_filename(addresses[name], "tag")
        place.write_bytes((kept / file).read_bytes())
        (tmp_path / f"{place.name}.json").write_text(json.dumps({"url": addresses[name], "etag": "tag"}))
    checkpoint = importer.named(name)
    assert checkpoint.family == "biggan"
    assert checkpoint.arguments["output_dim"] == 32
    with pytest.raises(CheckpointError, match="biggan-deep-512 cannot be downloaded: no route"):
        importer.named("biggan-deep-512")
    with pytest.raises(CheckpointError, match="no BigGAN called"):
        importer.named("biggan-128")


def unplugged(*arguments, **options):
    raise requests.ConnectionError("no route to host")


@pytest.mark.slow
def test_biggan_deep_128_is_the_package(tmp_path):
    """The whole network at its full size."""
    config = BigGANConfig().to_dict()
    network = settled(config)
    importer.bundle(Checkpoint("biggan", config, tensors(network), tmp_path), tmp_path / "b", "large", True)
    session = onnxruntime.InferenceSession(str(tmp_path / "b" / "synthesizer.onnx"), providers=["CPUExecutionProvider"])
    z, mix = inputs(2, 1000)
    mix[1] /= 30
    given = styles(network, z, mix, 11)
    knots = [k / 50 for k in range(1, 51)]
    for psi in (*knots, 0.005, 0.11, 0.37, 0.587, 0.991):
        drawn = session.run(None, {"styles": given, "psi": np.array([psi] * 2, np.float32)})[0]
        assert np.abs(drawn - pictures(network, z, mix, psi)).max() < 1e-3, psi

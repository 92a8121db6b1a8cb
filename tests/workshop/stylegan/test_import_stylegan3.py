"""StyleGAN3: its graphs against the reference network, where the picture goes, and whole bundles."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from layouts import torch17
from layouts.nvidia import write_snapshot
from layouts.stylegan3 import SIDES_64, SIDES_128, random_network
from onnx import numpy_helper

from vj.core.errors import CheckpointError
from vj.core.types import Latent
from vj.generators.bundle.manifest import read_bundle
from vj.generators.bundle.opening import open_generator
from vj.workshop.checkpoint.reader import Checkpoint, read_checkpoint
from vj.workshop.importers import stylegan3 as importer3
from vj.workshop.stylegan import graph3
from vj.workshop.stylegan.directions3 import factorised
from vj.workshop.stylegan.net3 import network
from vj.workshop.stylegan.plan3 import plan


def planned(config, **options):
    return plan(**random_network(config, **options))


def session(graph):
    content = graph.proto("g").SerializeToString()
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


def styles_of(found, n=1, seed=0, spread=0.7):
    """[n, L, W + 4] of independent layers, the picture in its place."""
    rng = np.random.default_rng(seed)
    styles = rng.standard_normal((n, found.styles, found.w + 4)).astype(np.float32) * spread
    styles[:, 0, found.w :] = 0
    return styles


def reference(found, styles):
    """The torch network's pictures."""
    made = network(found)
    picture = made.synthesis(torch.tensor(styles[..., : found.w]), torch.tensor(styles[:, 0, found.w :]))
    return picture.numpy()


# The graphs


@pytest.mark.parametrize(("config", "sides"), [("t", SIDES_128), ("r", SIDES_64)], ids=["t 128", "r 64"])
def test_the_synthesizer_is_the_network(config, sides):
    """Two pictures at once, layers of different w, one of them moved; with and without the clamp."""
    found = planned(config, sides=sides)
    styles = styles_of(found, 2)
    styles[1, 0, found.w :] = 0.2, -0.1, 0.4, 0.3
    theirs = reference(found, styles)
    assert 0.05 < theirs.std() < 2
    for clamped in (False, True):
        ours = session(graph3.synthesizer(found, clamped)).run(None, {"styles": styles})[0]
        assert ours.shape == (2, 3, found.resolution, found.resolution)
        assert np.abs(ours - theirs).max() < 1e-4


@pytest.mark.parametrize(("config", "sides"), [("t", SIDES_64), ("r", SIDES_128)], ids=["t 64", "r 128"])
def test_half_precision_looks_the_same(config, sides):
    """PSNR against the reference, of pictures in [-1, 1]; the rest of the contract is as it was."""
    found = planned(config, sides=sides)
    styles = styles_of(found, 2)
    graph = graph3.synthesizer(found, clamped=True, half=True)
    ours, theirs = session(graph).run(None, {"styles": styles})[0], reference(found, styles)
    assert ours.dtype == np.float32
    error = np.clip(ours, -1, 1) - np.clip(theirs, -1, 1)
    assert 10 * np.log10(4 / np.mean(error**2)) >= 45
    halves = [t for t in graph.proto("g").graph.initializer if t.data_type == onnx.TensorProto.FLOAT16]
    assert len(halves) > 50


@pytest.mark.parametrize("classes", [0, 3])
def test_the_mapper_is_the_network(classes):
    found = planned("t", classes=classes)
    rng = np.random.default_rng(0)
    z = rng.standard_normal((4, found.z)).astype(np.float32) * 3
    mix = np.array([[1, 0, 0], [0, 0, 1], [0.25, 0.75, 0], [0, 0, 5]], np.float32)
    psi = np.array([1, 0.5, 0, 1.3], np.float32)
    feeds = {"z": z, "psi": psi, **({"mix": mix} if classes else {})}
    w = session(graph3.mapper(found)).run(None, feeds)[0]
    shares = torch.tensor(mix / mix.sum(1, keepdims=True))
    theirs = network(found).mapping(torch.tensor(z), shares, torch.tensor(psi)).numpy()
    assert np.abs(w[:, : found.w] - theirs).max() < 1e-5
    assert np.all(w[:, found.w :] == 0)
    assert np.allclose(w[2, : found.w], found.tensors["mapping.w_avg"])
    assert theirs[0].std() > 0.1


def test_the_clamp_acts_where_it_must():
    made = random_network("t")
    name = next(n for n in made["tensors"] if n.startswith("synthesis.L12_") and n.endswith("magnitude_ema"))
    loud = {**made["tensors"], name: made["tensors"][name] * np.float32(1e-5)}
    found = plan(made["arguments"], loud)
    styles = styles_of(found)
    theirs = reference(found, styles)
    ours, free = (
        session(graph3.synthesizer(found, clamped)).run(None, {"styles": styles})[0] for clamped in (True, False)
    )
    assert np.abs(ours - theirs).max() < 1e-3
    assert np.abs(free - theirs).max() > 1
    w = importer3.drawn(found)[:2]
    assert not importer3.idle(found, w)
    assert importer3.idle(plan(**made), w)


def test_the_graph_scales_activations_and_draws_nothing():
    """Every convolution's kernel is a constant; no random node; the batch is free."""
    found = planned("r")
    proto = graph3.synthesizer(found, clamped=False).proto("g")
    constants = {tensor.name for tensor in proto.graph.initializer}
    kinds = {node.op_type for node in proto.graph.node}
    assert not any(kind.startswith("Random") for kind in kinds)
    assert {node.input[1] in constants for node in proto.graph.node if node.op_type == "Conv"} == {True}
    assert [value.name for value in proto.graph.input] == ["styles"]
    kernels = [numpy_helper.to_array(t).shape for t in proto.graph.initializer if len(t.dims) == 4 and t.dims[1] == 1]
    assert all(shape[0] % 16 == 0 for shape in kernels)  # whole blocks, which the runtime needs for its fast kernels
    ran, styles = session(graph3.synthesizer(found, clamped=False)), styles_of(found, 3)
    together = ran.run(None, {"styles": styles})[0]
    alone = np.concatenate([ran.run(None, {"styles": one[None]})[0] for one in styles])
    assert np.abs(together - alone).max() < 1e-5


# Where the picture goes


@pytest.fixture(scope="module")
def turning():
    """A function from where the picture goes to the picture, of config r."""
    found = planned("r")
    ran = session(graph3.synthesizer(found, clamped=False))
    styles = styles_of(found)

    def picture(*place):
        moved = styles.copy()
        moved[:, 0, found.w :] = place
        return ran.run(None, {"styles": moved})[0][0]

    return picture


def test_a_quarter_turn_turns_the_picture(turning):
    """Exactly, in every pixel: nothing in config r knows which way is up, if all is centred as it should be."""
    still = turning(0, 0, 0, 0)
    assert np.abs(turning(0, 0, np.pi / 2, 0) - np.rot90(still, -1, (1, 2))).max() < 1e-4
    assert np.abs(np.rot90(still, -1, (1, 2)) - still).max() > 0.1


def test_a_shift_shifts_the_picture(turning):
    """By whole samples of the coarsest layer, away from the frame."""
    still = turning(0, 0, 0, 0)
    there = np.roll(still, (8, 4), (1, 2))[:, 10:-10, 10:-10]
    assert np.abs(turning(4 / 64, 8 / 64, 0, 0)[:, 10:-10, 10:-10] - there).max() < 1e-3
    assert np.abs(there - still[:, 10:-10, 10:-10]).max() > 0.1


def test_moves_come_in_the_order_turn_then_shift(turning):
    """The shift is told in the picture's frame, not in the turned one's."""
    there = np.roll(np.rot90(turning(0, 0, 0, 0), -1, (1, 2)), 4, 2)[:, 10:-10, 10:-10]
    assert np.abs(turning(4 / 64, 0, np.pi / 2, 0)[:, 10:-10, 10:-10] - there).max() < 1e-3


# Whole bundles


@pytest.fixture(scope="module", params=["t", "r"])
def made(request, tmp_path_factory):
    """A snapshot on disk, conditional for t, and the bundle made of it."""
    folder = tmp_path_factory.mktemp(request.param)
    classes = 2 if request.param == "t" else 0
    parts = random_network(request.param, classes=classes)
    file = write_snapshot(folder / "network-snapshot-000100.pkl", parts["arguments"], parts["tensors"])
    importer3.bundle(read_checkpoint(file), folder / "bundle", "mine")
    return plan(**parts), open_generator(str(folder / "bundle"), threads=1)


def test_a_snapshot_becomes_a_bundle(made):
    found, generator = made
    bundle = generator.bundle
    assert bundle.name == "mine"
    assert bundle.resolution == (64, 64)
    assert bundle.groups == {"coarse": (0, 6), "middle": (6, 11), "fine": (11, 16)}
    assert bundle.classes == (("class 0", "class 1") if found.classes else ("all",))
    assert bundle.turn.keys() == bundle.groups.keys()
    assert len(bundle.directions) == 8
    card = Path(bundle.folder / "README.md").read_text()
    assert "network-snapshot-000100.pkl" in card
    assert "that of its weights" in card


def test_the_bundle_plays_the_network(made):
    """From z of every group and a class mix to bytes."""
    found, generator = made
    rng = np.random.default_rng(5)
    z = rng.standard_normal((3, found.z)).astype(np.float32)
    mix = np.array([0.3, 0.7], np.float32)[: len(generator.spec.classes)]
    ours = generator.generate([Latent(z, mix, 0.8, np.zeros(8, np.float32))])[0]
    network_ = network(found)
    w = network_.mapping(torch.tensor(z), torch.tensor(mix).expand(3, -1), torch.full((3,), 0.8))
    theirs = network_.synthesis(w[list(generator.bundle.layer_groups)][None])[0].permute(1, 2, 0).numpy()
    expected = np.clip(np.floor(theirs * 127.5 + 128), 0, 255)
    assert np.abs(ours - expected).max() <= 1
    assert np.mean(ours != expected) < 1e-3
    assert ours.std() > 5


def test_the_directions_move_the_picture_and_its_look(made):
    found, generator = made
    z = np.random.default_rng(5).standard_normal((3, found.z)).astype(np.float32)
    mix = np.eye(1, len(generator.spec.classes), dtype=np.float32)[0]

    def picture(**faders):
        alphas = np.array([faders.get(name.replace(" ", "_"), 0) for name in generator.spec.directions], np.float32)
        return generator.generate([Latent(z, mix, 1.0, alphas)])[0].astype(int)

    still = picture()
    right = picture(right=0.25)[10:-10, 18:-10]
    assert np.abs(right - still[10:-10, 10:-18]).mean() < 0.3 * np.abs(right - still[10:-10, 18:-10]).mean()
    for name in generator.spec.directions:
        assert np.abs(picture(**{name.replace(" ", "_"): 0.3}) - still).mean() > 0.3, name


def test_directions_are_those_that_styles_feel_most():
    found = planned("t")
    layers = range(6, 11)
    a = np.concatenate([found.tensors[f"synthesis.{found.layers[k - 1].name}.affine.weight"] for k in layers])
    vectors = factorised(found, layers)
    felt = np.linalg.norm(a @ vectors.T, axis=0)
    assert np.all(np.diff(felt) <= 1e-4)
    assert np.allclose(vectors @ vectors.T, np.eye(found.w), atol=1e-6)
    others = np.random.default_rng(0).standard_normal((found.w, 200))
    assert np.linalg.norm(a @ (others / np.linalg.norm(others, axis=0)), axis=0).max() <= felt[0] + 1e-5


def test_grey_networks_are_shown_as_three_equal_channels(tmp_path):
    parts = random_network("t", colours=1)
    found = plan(**parts)
    image = session(graph3.synthesizer(found, clamped=False)).run(None, {"styles": styles_of(found)})[0]
    assert image.shape[1] == 3
    assert np.abs(image - reference(found, styles_of(found))).max() < 1e-4
    parts = random_network("t", colours=2)
    with pytest.raises(CheckpointError, match="2 channels"):
        importer3.bundle(Checkpoint("stylegan3", **parts, source=tmp_path), tmp_path / "b", "two")


def refusal(more=(), **arguments):
    """What is said of a network with other arguments or tensors."""
    parts = random_network("t")
    with pytest.raises(CheckpointError) as caught:
        plan({**parts["arguments"], **arguments}, {**parts["tensors"], **dict(more)})
    assert caught.value.hint
    return str(caught.value)


def test_other_networks_are_refused_in_words():
    one = np.ones(3, np.float32)
    assert "has not: mapping.embed_proj.weight" in refusal([("mapping.embed_proj.weight", one)])
    assert "has not: synthesis.L3_36_20.extra" in refusal([("synthesis.L3_36_20.extra", one)])
    assert "not finite" in refusal([("synthesis.input.phases", np.full(24, np.nan, np.float32))])
    assert "conv_clamp is '256'" in refusal(conv_clamp="256")
    assert "output_scale is [1]" in refusal(output_scale=[1])
    assert "num_critical is 20" in refusal(num_critical=20)
    assert "filter_size is 1000000000" in refusal(filter_size=10**9)
    assert "first_cutoff is 0" in refusal(first_cutoff=0)
    assert "margin_size is nan" in refusal(margin_size=float("nan"))
    assert "no room for filters" in refusal(first_stopband=0.5)
    far = random_network("t")
    renamed = {n.replace("_64_3", f"_{'9' * 500}_3"): v for n, v in far["tensors"].items()}
    with pytest.raises(CheckpointError):
        plan(far["arguments"], renamed)
    assert "lr_multiplier" in refusal(mapping_kwargs={"lr_multiplier": None})
    assert plan(**{**random_network("t"), "arguments": {"mapping_kwargs": None}}).rate == 0.01


def test_large_networks_are_measured_on_fewer_pictures():
    assert importer3.enough(64, 1) == (6, 1)
    assert importer3.enough(256, 9) == (3, 2)
    for side, most in ((512, 12), (1024, 6)):
        latents, classes = importer3.enough(side, 9)
        assert 4 <= 4 * latents * classes <= most


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A bundle with half precision beside it, and what was said while it was made."""
    folder, told = tmp_path_factory.mktemp("both"), []
    source = Checkpoint("stylegan3", **random_network("t"), source=folder)
    importer3.bundle(source, folder / "b", "both", half=True, say=lambda *said: told.append(said))
    return folder / "b", told


def test_a_bundle_has_half_precision_beside_it_if_asked(both):
    folder, told = both
    assert "synthesizer.fp16.onnx" in read_bundle(folder).files
    found = planned("t")
    styles = styles_of(found)
    ours = onnxruntime.InferenceSession(folder / "synthesizer.fp16.onnx").run(None, {"styles": styles})[0]
    error = np.clip(ours, -1, 1) - np.clip(reference(found, styles), -1, 1)
    assert 0 < np.mean(error**2) < 4 * 10**-4.5
    steps = [said[0] for said in told]
    assert [step for step in dict.fromkeys(steps) if step.startswith("building")] == [
        "building the mapper",
        "building the synthesizer",
        "building the synthesizer in half precision",
    ]
    parts_done = [said[1] for said in told if said[0] == "measuring turns"]
    assert parts_done == sorted(parts_done)
    assert len(parts_done) == 6


@pytest.mark.parametrize("config", ["t", "r"])
def test_an_old_snapshot_is_drawn_with_the_filters_it_holds(tmp_path, config):
    """Its buffers are those of the rules, separable and radial; and it is they that are used."""
    parts = random_network(config)
    held = dict(parts["tensors"])
    for layer in plan(**parts).layers:
        held |= {f"synthesis.{layer.name}.up_filter": layer.up_filter} if layer.up > 1 else {}
        held |= {f"synthesis.{layer.name}.down_filter": layer.down_filter} if layer.down > 1 else {}
    kinds = {held[n].ndim for n in held if n.endswith("down_filter")}
    assert kinds == ({1} if config == "t" else {1, 2})
    fifth = next(n for n in held if n.startswith("synthesis.L5_") and n.endswith("down_filter"))
    pictures = []
    for factor in (1.0, 1.02):
        louder = {**held, fifth: held[fifth] * np.float32(factor)}
        (tmp_path / "old.pkl").write_bytes(torch17.write(louder, parts["arguments"]))
        found = read_checkpoint(tmp_path / "old.pkl")
        assert found.arguments == parts["arguments"]
        again = plan(found.arguments, found.tensors)
        graph = graph3.synthesizer(again, clamped=False)
        pictures.append(session(graph).run(None, {"styles": styles_of(again)})[0])
    assert np.abs(pictures[0] - reference(plan(**parts), styles_of(plan(**parts)))).max() < 1e-4
    assert np.abs(pictures[1] - pictures[0]).max() > 1e-3


def test_a_bundle_is_the_same_twice(both, tmp_path):
    """The same checkpoint gives the same bytes."""
    first, _ = both
    source = Checkpoint("stylegan3", **random_network("t"), source=first.parent)
    importer3.bundle(source, tmp_path / "b", "both", half=True)
    files = sorted(file.name for file in first.iterdir())
    assert files == sorted(["README.md", "bundle.toml", "classes.txt", "directions.safetensors", *GRAPHS])
    for name in files:
        assert (first / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert onnx.load(first / "synthesizer.onnx").graph.output[0].name == "image"


GRAPHS = ["mapper.onnx", "synthesizer.onnx", "synthesizer.fp16.onnx"]

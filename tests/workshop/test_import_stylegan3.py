"""StyleGAN3: its reference network against formulas written out, its graphs against that, and whole bundles."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from layouts.nvidia import write_snapshot
from layouts.stylegan3 import SIDES_128, T_1024, random_network, random_tensors
from onnx import numpy_helper
from scipy.signal import convolve2d, correlate2d

from vj.core.errors import CheckpointError
from vj.core.types import Latent
from vj.generators._open import open_generator
from vj.workshop import _stylegan3_graph, import_stylegan3
from vj.workshop._checkpoint import Checkpoint, read_checkpoint
from vj.workshop._stylegan3_directions import factorised
from vj.workshop._stylegan3_net import Input, Styled, network
from vj.workshop._stylegan3_phases import phases
from vj.workshop._stylegan3_plan import Layer, lowpass, plan


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


# The plan


def test_the_published_layers_are_planned():
    """Sizes, steps and filters of the 1024 px networks follow from their arguments; their names state the sizes."""
    tensors = random_tensors(np.random.default_rng(0), "t", [(side, min(c, 4)) for side, c in T_1024], 4, 4, 0)
    layers = plan({}, tensors).layers
    assert [layer.size[1] for layer in layers] == [side for side, _ in T_1024]
    assert [layer.up for layer in layers] == [2, 2, 4, 2, 4, 4, 2, 4, 2, 4, 4, 2, 2, 2, 1]
    assert [layer.down for layer in layers] == [2] * 14 + [1]
    assert [len(layer.up_filter) for layer in layers] == [6 * layer.up if not layer.rgb else 1 for layer in layers]
    assert all(abs(layer.up_filter.sum() - 1) < 1e-6 for layer in layers)


def test_radial_filters_are_for_r_but_not_where_sampling_is_critical():
    sides = [layer.down_filter.ndim for layer in planned("r").layers]
    assert sides == [2] * 12 + [1] * 3
    assert {layer.down_filter.ndim for layer in planned("t").layers} == {1}


def test_a_lowpass_passes_low_and_stops_high():
    """Half at the cutoff, nothing to speak of half a transition and more above it."""
    taps, rate, cutoff, width = 24, 64.0, 6.0, 8.0

    def gain(f, axis=0.0):
        kernel = lowpass(taps, cutoff, width, rate, radial=True)
        at = (np.arange(taps) - (taps - 1) / 2) / rate
        x, y = np.meshgrid(at, at)
        return (kernel * np.cos(2 * np.pi * f * (x * np.cos(axis) + y * np.sin(axis)))).sum()

    one = lowpass(taps, cutoff, width, rate)
    at = (np.arange(taps) - (taps - 1) / 2) / rate
    response = [float((one * np.cos(2 * np.pi * f * at)).sum()) for f in (0.0, cutoff, cutoff + width)]
    assert response == pytest.approx([1.0, 0.5, 0.0], abs=0.02)
    for axis in (0.0, 0.4, np.pi / 4):  # the same in every direction
        assert [gain(f, axis) for f in (0.0, cutoff, cutoff + width)] == pytest.approx([1.0, 0.5, 0.0], abs=0.06)
    assert gain(cutoff, 0.0) == pytest.approx(gain(cutoff, np.pi / 4), abs=5e-3)


def test_filters_are_the_checkpoints_own_where_it_has_some():
    made = random_network("t")
    name = next(n for n in made["tensors"] if n.startswith("synthesis.L2_"))[: len("synthesis.L2_36_")]
    name = next(n for n in made["tensors"] if n.startswith(name)).rsplit(".", 1)[0].removesuffix(".affine")
    derived = plan(**made)
    own = derived.layers[2].down_filter * 0.5
    with_buffer = plan(made["arguments"], {**made["tensors"], f"{name}.down_filter": own})
    assert np.array_equal(with_buffer.layers[2].down_filter, own)
    styles = styles_of(derived)
    assert np.abs(reference(derived, styles) - reference(with_buffer, styles)).max() > 0.01


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"synthesis.input.freqs": None}, "synthesis.input.freqs is missing"),
        ({"mapping.fc1.bias": np.zeros(3, np.float32)}, r"mapping.fc1.bias has shape \[3\]; \[10\] is needed"),
        ({"mapping.fc0.weight": None}, "no tensor mapping.fc0.weight"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused_in_words(change, says):
    made = random_network("t")
    tensors = {name: change.get(name, array) for name, array in made["tensors"].items()}
    with pytest.raises(CheckpointError, match=says):
        plan(made["arguments"], {name: array for name, array in tensors.items() if array is not None})


def test_wrong_layers_are_refused_in_words():
    made = random_network("t")
    without = {name: array for name, array in made["tensors"].items() if not name.startswith("synthesis.L3_")}
    with pytest.raises(CheckpointError, match="of the synthesis layers"):
        plan(made["arguments"], without)
    with pytest.raises(CheckpointError, match="should be 44 samples"):
        plan({**made["arguments"], "margin_size": 14}, made["tensors"])


# The reference network


@pytest.mark.parametrize("config", ["t", "r"])
@pytest.mark.parametrize("k", [1, 5, 13, 14])
def test_a_layer_is_the_papers(config, k):
    """Explicit modulated kernels, zeros between samples, whole two-dimensional filters: one channel at a time."""
    found = planned(config)
    layer = found.layers[k]
    module = network(found).synthesis.get_submodule(layer.name)
    assert isinstance(module, Styled)
    rng = np.random.default_rng(k)
    x = rng.standard_normal((layer.channels[0], layer.size[0], layer.size[0]))
    style = rng.standard_normal(found.w)
    t = {n: v.double().numpy() for n, v in module.state_dict().items()}
    s = t["affine.weight"] @ style / np.sqrt(found.w) + t["affine.bias"]
    picture = []
    for kernel, bias in zip(t["weight"], t["bias"], strict=True):
        if layer.rgb:
            modulated = kernel * s[:, None, None] / np.sqrt(kernel.size)
        else:
            modulated = kernel * s[:, None, None]
            modulated /= np.sqrt((modulated**2).sum())
        modulated = modulated / np.sqrt(t["magnitude_ema"])
        y = sum(correlate2d(a, b) for a, b in zip(x, modulated, strict=True)) + bias
        wide = np.zeros([side * layer.up for side in y.shape])
        wide[:: layer.up, :: layer.up] = y
        before, after = layer.pads
        wide = np.pad(wide, (max(before, 0), max(after, 0)))
        wide = wide[max(-before, 0) : len(wide) - max(-after, 0), max(-before, 0) : len(wide) - max(-after, 0)]
        wide = convolve2d(wide, np.outer(layer.up_filter, layer.up_filter) * layer.up**2, "valid")
        if not layer.rgb:
            wide = np.where(wide > 0, wide, 0.2 * wide) * np.sqrt(2)
        drop = layer.down_filter if layer.down_filter.ndim == 2 else np.outer(layer.down_filter, layer.down_filter)
        picture.append(convolve2d(np.clip(wide, -256, 256), drop, "valid")[:: layer.down, :: layer.down])
    ours = module(torch.tensor(x[None], dtype=torch.float32), torch.tensor(style[None], dtype=torch.float32))
    assert ours.shape[2:] == (layer.size[1], layer.size[1])
    assert np.abs(ours[0].numpy() - np.stack(picture)).max() < 2e-5 * np.abs(picture).max() + 1e-6


def test_the_input_is_the_papers():
    """A wave of every frequency over a plane that is first turned, then shifted, by the style."""
    found = planned("r")
    module = network(found).synthesis.input
    assert isinstance(module, Input)
    style = np.random.default_rng(2).standard_normal(found.w)
    t = {n: v.double().numpy() for n, v in module.state_dict().items()}
    c, s, x, y = t["affine.weight"] @ style / np.sqrt(found.w) + t["affine.bias"]
    size = np.hypot(c, s)
    c, s, x, y = c / size, s / size, x / size, y / size
    ours = module(torch.tensor(style[None], dtype=torch.float32))[0].numpy()
    waves = np.empty(len(t["freqs"]))
    for row, column in [(0, 0), (3, 30), (20, 7), (35, 35)]:
        right, down = (column + 0.5 - 18) / 16 - x, (row + 0.5 - 18) / 16 - y
        right, down = c * right - s * down, s * right + c * down
        for k, (across, along) in enumerate(t["freqs"]):
            waves[k] = np.sin(2 * np.pi * (across * right + along * down + t["phases"][k]))
        assert np.abs(ours[:, row, column] - t["weight"] @ waves / np.sqrt(len(waves))).max() < 2e-5


def test_frequencies_beyond_the_band_fade():
    """Half the size means twice the frequency: those between bandwidth and Nyquist are weaker, those above silent."""
    found = planned("r")
    module = network(found).synthesis.input
    with torch.no_grad():
        module.weight.copy_(torch.eye(len(module.weight)))
        still = module(torch.zeros(1, found.w))
        small = module(torch.zeros(1, found.w), torch.tensor([[0.0, 0.0, 0.0, -2.0]]))
    loudest = [v.abs().amax((0, 2, 3)).numpy() for v in (still, small)]
    expected = np.clip(1 - (np.linalg.norm(module.freqs.numpy(), axis=1) * 4 - 2) / 6, 0, 1)
    assert np.abs(loudest[1] / loudest[0].max() - expected).max() < 0.05
    assert expected.min() < 0.3


# The graphs


@pytest.mark.parametrize("config", ["t", "r"])
@pytest.mark.parametrize("sides", [None, SIDES_128], ids=["64", "128"])
def test_the_synthesizer_is_the_network(config, sides):
    """Two pictures at once, layers of different w, one of them moved; with and without the clamp."""
    found = planned(config, **({"sides": sides} if sides else {}))
    styles = styles_of(found, 2)
    styles[1, 0, found.w :] = 0.2, -0.1, 0.4, 0.3
    theirs = reference(found, styles)
    assert 0.05 < theirs.std() < 2
    for clamped in (False, True):
        ours = session(_stylegan3_graph.synthesizer(found, clamped)).run(None, {"styles": styles})[0]
        assert ours.shape == (2, 3, found.resolution, found.resolution)
        assert np.abs(ours - theirs).max() < 1e-4


@pytest.mark.parametrize("classes", [0, 3])
def test_the_mapper_is_the_network(classes):
    found = planned("t", classes=classes)
    rng = np.random.default_rng(0)
    z = rng.standard_normal((4, found.z)).astype(np.float32) * 3
    mix = np.array([[1, 0, 0], [0, 0, 1], [0.25, 0.75, 0], [0, 0, 5]], np.float32)
    psi = np.array([1, 0.5, 0, 1.3], np.float32)
    feeds = {"z": z, "psi": psi, **({"mix": mix} if classes else {})}
    w = session(_stylegan3_graph.mapper(found)).run(None, feeds)[0]
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
        session(_stylegan3_graph.synthesizer(found, clamped)).run(None, {"styles": styles})[0]
        for clamped in (True, False)
    )
    assert np.abs(ours - theirs).max() < 1e-3
    assert np.abs(free - theirs).max() > 1
    w = import_stylegan3.drawn(found)[:2]
    assert not import_stylegan3.idle(found, w)
    assert import_stylegan3.idle(plan(**made), w)


def layer(up, down, size, kernel, pads, taps):
    rng = np.random.default_rng(1)
    lift, drop = (np.asarray(f + f[::-1], np.float32) for f in (rng.random(taps[0]), rng.random(taps[1])))
    return Layer("L", (1, 1), kernel, size, up, down, pads, lift, drop, False)


@pytest.mark.parametrize(
    ("up", "down", "size", "kernel", "taps"),
    [
        (2, 2, (36, 36), 3, (12, 12)),
        (4, 2, (36, 52), 1, (24, 12)),  # grows
        (2, 2, (84, 64), 3, (12, 12)),  # loses its margins
        (2, 2, (20, 21), 3, (12, 12)),  # an odd side
        (8, 2, (20, 37), 1, (48, 12)),
        (2, 1, (20, 40), 3, (12, 1)),
        (1, 1, (84, 64), 1, (1, 1)),
    ],
)
def test_phases_are_zeros_filters_and_strides(up, down, size, kernel, taps):
    """One row of samples: phase by phase, and with all the zeros written out."""
    grown = (size[1] - 1) * down + 1 - (size[0] + kernel - 1) * up + sum(taps) - 2
    first = (grown + up) // 2
    made = layer(up, down, size, kernel, (first, grown - first), taps)
    found = phases(made)
    x = np.random.default_rng(0).standard_normal(size[0] + kernel - 1)
    wide = np.zeros(len(x) * up)
    wide[::up] = x
    wide = np.pad(wide, max(first, grown - first, 0))
    start = max(first, grown - first, 0) - first
    raised = np.convolve(wide[start : start + len(x) * up + grown], made.up_filter, "valid")
    expected = np.convolve(raised**3, made.down_filter, "valid")[::down][: size[1]]

    def step(one, y, filter_):
        return np.correlate(np.pad(y, one.pads), one.kernel(filter_), "valid")

    bent = [step(one, x[slice(*found.seen)], made.up_filter) ** 3 for one in found.rise]
    grids = [sum(step(one, y, made.down_filter) for one, y in zip(row, bent, strict=True)) for row in found.fall]
    assert {len(grid) for grid in grids} == {found.size}
    assert np.allclose(np.stack(grids, 1).ravel()[: size[1]], expected, rtol=1e-5)
    assert len(expected) == size[1]


def test_the_graph_scales_activations_and_draws_nothing():
    """Every convolution's kernel is a constant; no random node; the batch is free."""
    found = planned("r")
    proto = _stylegan3_graph.synthesizer(found, clamped=False).proto("g")
    constants = {tensor.name for tensor in proto.graph.initializer}
    kinds = {node.op_type for node in proto.graph.node}
    assert not any(kind.startswith("Random") for kind in kinds)
    assert {node.input[1] in constants for node in proto.graph.node if node.op_type == "Conv"} == {True}
    assert [value.name for value in proto.graph.input] == ["styles"]
    kernels = [numpy_helper.to_array(t).shape for t in proto.graph.initializer if len(t.dims) == 4 and t.dims[1] == 1]
    assert all(shape[0] % 16 == 0 for shape in kernels)  # whole blocks, which the runtime needs for its fast kernels
    ran, styles = session(_stylegan3_graph.synthesizer(found, clamped=False)), styles_of(found, 3)
    together = ran.run(None, {"styles": styles})[0]
    alone = np.concatenate([ran.run(None, {"styles": one[None]})[0] for one in styles])
    assert np.abs(together - alone).max() < 1e-5


# Where the picture goes


@pytest.fixture(scope="module")
def turning():
    """A function from where the picture goes to the picture, of config r."""
    found = planned("r")
    ran = session(_stylegan3_graph.synthesizer(found, clamped=False))
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
    import_stylegan3.bundle(read_checkpoint(file), folder / "bundle", "mine")
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


def test_grey_networks_are_refused_in_words(tmp_path):
    parts = random_network("t", colours=1)
    with pytest.raises(CheckpointError, match="1 channels"):
        import_stylegan3.bundle(Checkpoint("stylegan3", **parts, source=tmp_path), tmp_path / "b", "grey")


def test_a_bundle_is_the_same_twice(tmp_path):
    """The same checkpoint gives the same bytes."""
    parts = random_network("t")
    for name in ("a", "b"):
        import_stylegan3.bundle(Checkpoint("stylegan3", **parts, source=tmp_path), tmp_path / name, "twice")
    files = sorted(file.name for file in (tmp_path / "a").iterdir())
    assert files == sorted(["README.md", "bundle.toml", "classes.txt", "directions.safetensors", *GRAPHS])
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert onnx.load(tmp_path / "a" / "synthesizer.onnx").graph.output[0].name == "image"


GRAPHS = ["mapper.onnx", "synthesizer.onnx"]

"""StyleGAN3's plan, its reference network and its phases, against formulas written out."""

import numpy as np
import pytest
import torch
from layouts.stylegan3 import T_1024, random_network, random_tensors
from scipy.signal import convolve2d, correlate2d

from vj.core.errors import CheckpointError
from vj.workshop.stylegan.net3 import Input, Styled, network
from vj.workshop.stylegan.phases3 import phases
from vj.workshop.stylegan.plan3 import Layer, lowpass, plan


def planned(config, **options):
    return plan(**random_network(config, **options))


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
    for axis in (0.0, 0.4, np.pi / 4):  # the same in every direction; a round edge passes a little less
        assert [gain(f, axis) for f in (0.0, cutoff, cutoff + width)] == pytest.approx([1.0, 0.45, 0.0], abs=0.06)
    assert gain(cutoff, 0.0) == pytest.approx(gain(cutoff, np.pi / 4), abs=0.02)


def test_filters_are_the_checkpoints_own_where_it_has_some():
    made = random_network("t")
    name = next(n for n in made["tensors"] if n.startswith("synthesis.L2_"))[: len("synthesis.L2_36_")]
    name = next(n for n in made["tensors"] if n.startswith(name)).rsplit(".", 1)[0].removesuffix(".affine")
    derived = plan(**made)
    own = derived.layers[2].down_filter * 0.5
    with_buffer = plan(made["arguments"], {**made["tensors"], f"{name}.down_filter": own})
    assert np.array_equal(with_buffer.layers[2].down_filter, own)
    styles = torch.ones(1, derived.styles, derived.w)
    pictures = [network(found).synthesis(styles) for found in (derived, with_buffer)]
    assert (pictures[0] - pictures[1]).abs().max() > 0.01


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


# Phases


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

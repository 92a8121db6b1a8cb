"""StyleGAN2: the reference against its definition written another way, graphs against the reference, whole bundles."""

import hashlib
import math
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from layouts import stylegan2 as made
from layouts.nvidia import write_snapshot
from torch import Tensor

from vj.core.errors import CheckpointError
from vj.core.types import F32, U8, Latent, LatentSpec
from vj.generators.bundle.directions import read_directions
from vj.generators.bundle.manifest import read_bundle
from vj.generators.bundle.opening import open_generator
from vj.workshop.checkpoint.reader import Checkpoint, read_checkpoint
from vj.workshop.graph import Graph
from vj.workshop.importers import stylegan2 as importer2
from vj.workshop.sheets import drawing
from vj.workshop.stylegan import graph2
from vj.workshop.stylegan.net2 import Mapper, Synthesizer
from vj.workshop.stylegan.plan2 import Plan, plan
from vj.workshop.stylegan.rosinality2 import official

Array = npt.NDArray[Any]
NESTED: dict[str, Any] = {"synthesis_kwargs": {"conv_clamp": None}}
#: A filter that no flip and no turn leaves as it is.
CROOKED = np.random.default_rng(9).uniform(0.0, 0.2, (4, 4)).astype(np.float32)
LONG = np.outer([1, 4, 6, 6, 4, 2], [1, 4, 6, 5, 4, 2]).astype(np.float32) / 500


def checkpoint(tensors: Mapping[str, Array], arguments: Mapping[str, Any] = NESTED) -> Checkpoint:
    return Checkpoint("stylegan2", arguments, dict(tensors), Path("faces.pkl"))


def styles_for(made_plan: Plan, count: int = 2) -> F32:
    return np.random.default_rng(3).standard_normal((count, made_plan.layers, made_plan.w)).astype(np.float32)


def session(graph: Graph) -> Any:
    how = onnxruntime.SessionOptions()
    how.intra_op_num_threads = 1
    how.log_severity_level = 4
    return onnxruntime.InferenceSession(graph.proto("g").SerializeToString(), how, providers=["CPUExecutionProvider"])


def run(graph: Graph, **feeds: F32) -> F32:
    return np.asarray(session(graph).run(None, feeds)[0], np.float32)


def reference(made_plan: Plan, styles: F32, noise: Mapping[str, Tensor] | None = None) -> F32:
    with torch.no_grad():
        return np.asarray(Synthesizer(made_plan)(torch.tensor(styles), noise).numpy(), np.float32)


# The definition, written another way: one picture at a time in float64, weights modulated and demodulated themselves,
# the picture filtered before the convolution rather than after it, the filter as sums of shifted pictures.


def stuffed(x: Tensor, fir: Array, before: int, after: int) -> Tensor:
    """Zeros between samples and around them, then a true convolution with 4 `fir`."""
    wide = torch.zeros(x.shape[0], 2 * x.shape[1], 2 * x.shape[2], dtype=torch.float64)
    wide[:, ::2, ::2] = x
    wide = F.pad(wide, (before, after, before, after))
    taps = len(fir)
    rows, columns = wide.shape[1] - taps + 1, wide.shape[2] - taps + 1
    total = torch.zeros(x.shape[0], rows, columns, dtype=torch.float64)
    for i in range(taps):
        for j in range(taps):
            top, left = taps - 1 - i, taps - 1 - j
            total += 4 * float(fir[i, j]) * wide[:, top : top + rows, left : left + columns]
    return total


def convolved(x: Tensor, weight: Tensor, style: Tensor, demodulated: bool, fir: Array | None) -> Tensor:
    """[C, H, W] through weights [O, C, k, k] that `style` [C] modulates; `fir` doubles the picture first."""
    weight = weight * style[None, :, None, None]
    if demodulated:
        weight = weight / torch.sqrt((weight**2).sum((1, 2, 3), keepdim=True) + 1e-8)
    side = weight.shape[-1]
    if fir is None:
        return F.conv2d(x[None], weight, padding=side // 2)[0]
    taps = len(fir)
    wide = stuffed(x, fir, side // 2 + (taps + 1) // 2, side // 2 + (taps - 2) // 2)
    return F.conv2d(wide[None], weight.flip(2, 3))[0]


def bent(x: Tensor, gain: float, clamp: float | None) -> Tensor:
    x = torch.where(x > 0, x, 0.2 * x) * math.sqrt(2) * gain
    return x if clamp is None else torch.clip(x, -clamp * gain, clamp * gain)


def original(tensors: Mapping[str, Array], styles: F32, architecture: str, clamp: float | None) -> F32:
    """Pictures of the official generator with constant noise."""
    t = {name: torch.tensor(value, dtype=torch.float64) for name, value in tensors.items()}
    size = max(int(name.split(".")[1][1:]) for name in tensors if name.startswith("synthesis.b"))

    def affine(name: str, w: Tensor) -> Tensor:
        return t[f"{name}.affine.weight"] @ w / math.sqrt(len(w)) + t[f"{name}.affine.bias"]

    def layer(name: str, x: Tensor, w: Tensor, gain: float = 1.0) -> Tensor:
        fir = tensors[f"{name}.resample_filter"] if name.endswith("conv0") else None
        x = convolved(x, t[f"{name}.weight"], affine(name, w), True, fir)
        x = x + t[f"{name}.noise_const"] * t[f"{name}.noise_strength"] + t[f"{name}.bias"][:, None, None]
        return bent(x, gain, clamp)

    def picture(ws: Tensor) -> Tensor:
        x, image, at, k = t["synthesis.b4.const"], None, 4, 0
        while at <= size:
            block = f"synthesis.b{at}"
            fir = tensors[f"{block}.resample_filter"]
            past, last = x, 1.0
            if at > 4:
                x, k = layer(f"{block}.conv0", x, ws[k]), k + 1
            if architecture == "resnet" and at > 4:
                last = math.sqrt(0.5)
                thin = F.conv2d(past[None], t[f"{block}.skip.weight"] / math.sqrt(len(past)))[0]
                past = stuffed(thin, fir, (len(fir) + 1) // 2, (len(fir) - 2) // 2) * last
            x, k = layer(f"{block}.conv1", x, ws[k], last), k + 1
            if last != 1.0:
                x = x + past
            if image is not None:
                image = stuffed(image, fir, (len(fir) + 1) // 2, (len(fir) - 2) // 2)
            if architecture == "skip" or at == size:
                name = f"{block}.torgb"
                said = convolved(x, t[f"{name}.weight"], affine(name, ws[k]) / math.sqrt(len(x)), False, None)
                said = said + t[f"{name}.bias"][:, None, None]
                said = said if clamp is None else torch.clip(said, -clamp, clamp)
                image = said if image is None else image + said
            at *= 2
        assert image is not None
        return image

    return np.stack([picture(torch.tensor(ws, dtype=torch.float64)).numpy() for ws in styles]).astype(np.float32)


def mapped(tensors: Mapping[str, Array], z: F32, label: Array | None, psi: float, rate: float) -> Array:
    """[W] of one z, in float64, label by label."""
    x = z.astype(np.float64)
    x = x / np.sqrt(np.mean(x**2) + 1e-8)
    if label is not None:
        y = tensors["mapping.embed.weight"].astype(np.float64) @ label / math.sqrt(len(label))
        y = y + tensors["mapping.embed.bias"]
        x = np.concatenate([x, y / np.sqrt(np.mean(y**2) + 1e-8)])
    k = 0
    while f"mapping.fc{k}.weight" in tensors:
        x = tensors[f"mapping.fc{k}.weight"].astype(np.float64) @ x * rate / math.sqrt(len(x))
        x = x + tensors[f"mapping.fc{k}.bias"] * rate
        x = np.maximum(x, 0.2 * x) * math.sqrt(2)
        k += 1
    mean = tensors["mapping.w_avg"]
    return np.asarray(mean + psi * (x - mean))


CASES: dict[str, tuple[dict[str, Any], float | None]] = {
    "skip": ({"size": 32}, None),
    "crooked": ({"size": 32, "fir": CROOKED, "channels": {4: 10, 8: 7, 16: 5, 32: 4}}, None),
    "long filter": ({"size": 16, "fir": LONG}, 0.7),
    "clamped": ({"size": 32}, 0.6),
    "resnet": ({"size": 32, "architecture": "resnet", "fir": CROOKED}, 0.9),
    "orig": ({"size": 32, "architecture": "orig", "colours": 1}, None),
    "tall": ({"size": 32, "start": (4, 2)}, None),
    "odd": ({"size": 16, "start": (3, 5), "fir": CROOKED, "architecture": "resnet"}, 0.9),
}


@pytest.mark.parametrize("case", CASES)
def test_the_reference_is_what_the_papers_define(case: str) -> None:
    how, clamp = CASES[case]
    tensors = made.official(**how)
    architecture = str(how.get("architecture", "skip"))
    planned = plan(checkpoint(tensors, {"synthesis_kwargs": {"conv_clamp": clamp, "architecture": architecture}}))
    styles = styles_for(planned)
    expected = original(tensors, styles, architecture, clamp)
    assert expected.std() > 0.2
    assert np.abs(reference(planned, styles) - expected).max() < 2e-5
    free = original(tensors, styles, architecture, None)
    assert clamp is None or np.abs(free - expected).max() > 0.05  # the clamp had something to do


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("folded", [False, True])
def test_the_graph_is_the_reference(case: str, folded: bool) -> None:
    how, clamp = CASES[case]
    planned = plan(checkpoint(made.official(**how), {"synthesis_kwargs": {"conv_clamp": clamp}}))
    styles = styles_for(planned, 3)
    image = run(graph2.synthesizer(planned, folded=folded), styles=styles)
    expected = np.broadcast_to(reference(planned, styles), image.shape)  # grey is shown as three equal channels
    assert image.shape == (3, 3, *planned.shape(planned.size))
    assert np.abs(image - expected).max() < 1e-4


@pytest.mark.parametrize("size", [64, 256])
def test_large_pictures_are_the_same_in_both_precisions(size: int) -> None:
    """To 1e-3 in float32, and at 45 dB or better in float16, whose clamp is the official one."""
    channels = {4: 64, 8: 64, 16: 48, 32: 32, 64: 16, 128: 8, 256: 8}
    planned = plan(checkpoint(made.official(size, channels), {}))
    assert planned.clamp == 256.0
    styles = styles_for(planned, 1)
    expected = reference(planned, styles)
    assert np.abs(run(graph2.synthesizer(planned), styles=styles) - expected).max() < 1e-3
    half = run(graph2.synthesizer(planned, half=True), styles=styles)
    apart = np.clip(half, -1, 1) - np.clip(expected, -1, 1)
    assert 0 < np.mean(apart**2) < 4 * 10**-4.5


def test_half_precision_holds_where_styles_are_large() -> None:
    """Styles and kernels of any size: without the normalisation sums would leave the range of float16."""
    tensors = made.official(16, {4: 32, 8: 32, 16: 32})
    for name in tensors:
        if "affine" in name and "torgb" not in name:
            tensors[name] = tensors[name] * np.float32(300.0)
    planned = plan(checkpoint(tensors))
    styles = styles_for(planned, 1)
    apart = run(graph2.synthesizer(planned, half=True), styles=styles) - reference(planned, styles)
    assert np.isfinite(apart).all()
    assert np.mean(apart**2) < 4 * 10**-4.5


def test_constant_noise_is_the_default_of_inputs() -> None:
    """A runtime needs to feed styles only; whoever feeds noise gets the picture with that noise."""
    planned = plan(checkpoint(made.official(16)))
    styles = styles_for(planned)
    opened = session(graph2.synthesizer(planned))
    assert [given.name for given in opened.get_inputs()] == ["styles"]
    offered = {given.name: given.shape for given in opened.get_overridable_initializers()}
    assert list(offered) == [f"noise.{name}" for name in ("b4.conv1", "b8.conv0", "b8.conv1", "b16.conv0", "b16.conv1")]
    rng = np.random.default_rng(2)
    drawn = {name: rng.standard_normal((2, 1, *shape[2:])).astype(np.float32) for name, shape in offered.items()}
    image = opened.run(None, {"styles": styles, **drawn})[0]
    noise = {name.removeprefix("noise."): torch.tensor(values) for name, values in drawn.items()}
    assert np.abs(image - reference(planned, styles, noise)).max() < 1e-4
    assert np.abs(image - reference(planned, styles)).max() > 0.1


def test_a_network_without_noise_has_no_such_input() -> None:
    tensors = {name: value for name, value in made.official(8).items() if ".noise_" not in name}
    planned = plan(checkpoint(tensors))
    styles = styles_for(planned)
    graph = graph2.synthesizer(planned)
    assert not session(graph).get_overridable_initializers()
    assert np.abs(run(graph, styles=styles) - reference(planned, styles)).max() < 1e-4


@pytest.mark.parametrize(("depth", "rate", "classes"), [(8, 0.01, 0), (2, 1.0, 0), (4, 0.01, 5), (1, 0.1, 1)])
def test_mappers_are_what_the_papers_define(depth: int, rate: float, classes: int) -> None:
    """Any depth, rate and number of classes; one class alone is its one-hot label."""
    tensors = made.official(8, depth=depth, rate=rate, classes=classes)
    planned = plan(checkpoint(tensors, {**NESTED, "mapping_kwargs": {"lr_multiplier": rate}}))
    assert (planned.z, planned.w, planned.c, planned.depth) == (24, 16, classes, depth)
    z = np.random.default_rng(5).standard_normal((3, 24)).astype(np.float32)
    psi = np.array([1.0, 0.5, 0.0], np.float32)
    mix = np.eye(max(classes, 1), dtype=np.float32)[[0, classes // 2, 0]] * 7.0
    labels = [row / 7.0 if classes else None for row in mix]
    expected = [mapped(tensors, *row, rate) for row in zip(z, labels, psi, strict=True)]
    with torch.no_grad():
        ours = Mapper(planned)(*map(torch.tensor, (z, mix, psi))).numpy()
    assert np.abs(ours - expected).max() < 1e-5
    feeds = {"z": z, "psi": psi, **({"mix": mix} if classes else {})}
    assert np.abs(run(graph2.mapper(planned), **feeds) - expected).max() < 1e-5


def test_classes_mix_as_one_label() -> None:
    """Sizes are made to sum to 1, signs stay; no weight at all is the first class."""
    tensors = made.official(8, classes=4)
    planned = plan(checkpoint(tensors))
    z = np.repeat(np.random.default_rng(6).standard_normal((1, 24)), 3, 0).astype(np.float32)
    mix = np.array([[1.0, 3.0, 0.0, 0.0], [2.0, 0.0, 0.0, -2.0], [0.0, 0.0, 0.0, 0.0]], np.float32)
    labels = np.array([[0.25, 0.75, 0.0, 0.0], [0.5, 0.0, 0.0, -0.5], [1.0, 0.0, 0.0, 0.0]])
    expected = [mapped(tensors, z[0], label, 1.0, 0.01) for label in labels]
    psi = np.ones(3, np.float32)
    assert np.abs(run(graph2.mapper(planned), z=z, mix=mix, psi=psi) - expected).max() < 1e-5
    with torch.no_grad():
        assert np.abs(Mapper(planned)(*map(torch.tensor, (z, mix, psi))).numpy() - expected).max() < 1e-5


def test_the_clamp_is_that_of_the_code_that_trained_it() -> None:
    """StyleGAN3's code has flat arguments and clamps unless told otherwise; StyleGAN2-ADA's nests them and does not."""
    tensors = made.official(8)
    clamps = [
        plan(checkpoint(tensors, arguments)).clamp
        for arguments in (
            {"channel_base": 16384, "num_fp16_res": 4},
            {"conv_clamp": None, "channel_base": 16384},
            {"synthesis_kwargs": {"channel_base": 16384}},
            {"synthesis_kwargs": {"conv_clamp": 128}},
        )
    ]
    assert clamps == [256.0, None, None, 128.0]


def rosinality_picture(t: Mapping[str, Tensor], ws: Tensor) -> Tensor:
    """As its `Generator.forward` goes, with the noise of its buffers."""

    def styled(name: str, x: Tensor, w: Tensor, noise: int) -> Tensor:
        x = modulated(name, x, w, True)
        x = x + t[f"{name}.noise.weight"] * t[f"noises.noise_{noise}"][0, 0]
        return bent(x + t[f"{name}.activate.bias"][:, None, None], 1.0, None)

    def modulated(name: str, x: Tensor, w: Tensor, demodulated: bool) -> Tensor:
        weight = t[f"{name}.conv.weight"][0]
        style = t[f"{name}.conv.modulation.weight"] @ w / math.sqrt(len(w)) + t[f"{name}.conv.modulation.bias"]
        kernel = t.get(f"{name}.conv.blur.kernel")
        fir = None if kernel is None else kernel.numpy() / 4
        return convolved(x, weight / math.sqrt(weight[0].numel()), style, demodulated, fir)

    def colour(name: str, x: Tensor, w: Tensor, image: Tensor | None) -> Tensor:
        said = modulated(name, x, w, False) + t[f"{name}.bias"][0]
        return said if image is None else said + stuffed(image, t[f"{name}.upsample.kernel"].numpy() / 4, 2, 1)

    x = styled("conv1", t["input.input"][0], ws[0], 0)
    image = colour("to_rgb1", x, ws[1], None)
    at = 1
    while f"convs.{at}.conv.weight" in t:
        x = styled(f"convs.{at - 1}", x, ws[at], at)
        x = styled(f"convs.{at}", x, ws[at + 1], at + 1)
        image = colour(f"to_rgbs.{at // 2}", x, ws[at + 2], image)
        at += 2
    return image


def test_rosinalitys_generator_is_the_same_under_other_names(tmp_path: Path) -> None:
    """Read from a file, renamed, written as graphs: its picture and its mapping."""
    tensors = made.rosinality(32)
    file = tmp_path / "550000.pt"
    mean = torch.linspace(-0.3, 0.3, 16)
    torch.save({"g_ema": {n: torch.tensor(v) for n, v in tensors.items()}, "latent_avg": mean}, file)
    planned = importer2.planned(read_checkpoint(file))
    assert (planned.size, planned.z, planned.w, planned.layers, planned.clamp) == (32, 16, 16, 8, None)
    styles = styles_for(planned)
    t = {name: torch.tensor(value, dtype=torch.float64) for name, value in tensors.items()}
    expected = np.stack([rosinality_picture(t, torch.tensor(ws, dtype=torch.float64)).numpy() for ws in styles])
    assert expected.std() > 0.2
    assert np.abs(run(graph2.synthesizer(planned), styles=styles) - expected).max() < 1e-4
    z = np.random.default_rng(1).standard_normal((1, 16)).astype(np.float32)
    renamed = {f"mapping.fc{k}.{p}": tensors[f"style.{k + 1}.{p}"] for k in range(3) for p in ("weight", "bias")}
    w = mapped({**renamed, "mapping.w_avg": mean.numpy()}, z[0], None, 0.6, 0.01)
    psi = np.full(1, 0.6, np.float32)
    assert np.abs(run(graph2.mapper(planned), z=z, psi=psi)[0] - w).max() < 1e-5


def test_what_early_files_of_rosinality_lack_is_drawn() -> None:
    """Noise, always the same, and the mean w, which is near that of many styles."""
    whole = made.rosinality(8)
    tensors = {name: value for name, value in whole.items() if not name.startswith("noises.")}
    first, second = (importer2.planned(Checkpoint("rosinality", {}, tensors, Path("a.pt"))) for _ in range(2))
    drawn = first.noise("b8.conv1")
    again = second.noise("b8.conv1")
    assert drawn is not None
    assert again is not None
    assert drawn[0].shape == (8, 8)
    assert np.array_equal(drawn[0], again[0])
    z = np.random.default_rng(8).standard_normal((500, 16)).astype(np.float32)
    with torch.no_grad():
        w = Mapper(first)(torch.tensor(z), torch.zeros(500, 1), torch.ones(500)).numpy()
    assert np.abs(first.tensors["mapping.w_avg"] - w.mean(0)).max() < 5 * (w.std(0) / math.sqrt(500)).max()


@pytest.mark.parametrize(("classes", "colours"), [(0, 3), (3, 1)])
def test_a_snapshot_becomes_a_bundle_that_plays(tmp_path: Path, classes: int, colours: int) -> None:
    """From a file as training writes it to bytes on the screen, which are those of the original."""
    tensors = made.official(32, classes=classes, colours=colours)
    arguments = {"mapping_kwargs": {"num_layers": 3}, "synthesis_kwargs": {"num_fp16_res": 4, "conv_clamp": 256}}
    file = write_snapshot(tmp_path / "network-snapshot-000200.pkl", arguments, tensors)
    folder = tmp_path / "faces"
    told: list[tuple[str, float | None]] = []
    say = lambda step, part=None: told.append((step, part))  # noqa: E731
    importer2.bundle(read_checkpoint(file), folder, "faces", samples=1, say=say)
    assert [part for step, part in told if step == "measuring turns"] == [
        k / max(classes, 1) for k in range(classes or 1)
    ]
    bundle = read_bundle(folder)
    assert (bundle.name, bundle.resolution, bundle.licence) == ("faces", (32, 32), importer2.LICENCE)
    assert bundle.classes == (("class 0", "class 1", "class 2") if classes else ("all",))
    assert list(bundle.groups) == ["coarse", "middle", "fine"]
    assert bundle.directions == tuple(f"sefa {k}" for k in range(1, 9))
    assert set(bundle.turn) == set(bundle.turn_angle) == set(bundle.groups)
    assert all(0 < angle <= 1.6 for angle in bundle.spec.turns)
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(file.read_bytes()).hexdigest() in card
    rng = np.random.default_rng(4)
    z = rng.standard_normal((3, 24)).astype(np.float32)
    mix = np.eye(max(classes, 1), dtype=np.float32)[-1]
    ws = [mapped(tensors, one, mix if classes else None, 0.7, 0.01) for one in z]
    spread = np.stack([ws[k] for k in bundle.layer_groups])[None].astype(np.float32)
    faders = np.zeros(8, np.float32)
    faders[2] = 0.5
    spread += 0.5 * read_directions(bundle)[2]
    expected = original(tensors, spread, "skip", 256.0)[0].transpose(1, 2, 0) * 127.5 + 128.0
    with closing(open_generator(str(folder), threads=1)) as generator:
        picture = generator.generate([Latent(z, mix, 0.7, faders, noise_seed=5)])[0]
    assert np.abs(picture - np.broadcast_to(np.clip(expected, 0, 255), picture.shape)).max() < 1.01
    assert picture.std() > 20


def test_the_half_precision_synthesizer_is_a_file_of_its_own(tmp_path: Path) -> None:
    source = checkpoint(made.official(16, {4: 64, 8: 64, 16: 64}))
    importer2.bundle(source, tmp_path, "small", samples=0, half=True)
    sizes = [(tmp_path / name).stat().st_size for name in _PAIR]
    assert sizes[0] < 0.6 * sizes[1]
    assert read_bundle(tmp_path).turn == {}
    assert set(_PAIR) < set(read_bundle(tmp_path).files)
    styles = styles_for(plan(source), 1)
    images = [onnxruntime.InferenceSession(tmp_path / n).run(None, {"styles": styles})[0] for n in _PAIR]
    assert 0 < np.mean((images[0] - images[1]) ** 2) < 4 * 10**-4.5


_PAIR = ("synthesizer.fp16.onnx", "synthesizer.onnx")


@pytest.mark.parametrize(("size", "classes"), [(64, 0), (64, 3), (256, 0)])
@pytest.mark.parametrize("architecture", ["skip", "resnet"])
def test_sizes_of_shows_in_both_precisions(size: int, classes: int, architecture: str) -> None:
    """64 and 256 px: the graph against the reference to 1e-3, and half precision to 45 dB."""
    channels = {2**k: min(24, 1024 // 2**k) for k in range(2, 9)}
    tensors = made.official(size, channels, classes=classes, architecture=architecture, seed=size + classes)
    planned = plan(checkpoint(tensors, {"synthesis_kwargs": {"conv_clamp": 256, "num_fp16_res": 4}}))
    styles = styles_for(planned, 1)
    # As a trained network's, in [-1, 1]; random ones go far beyond it, where nothing is seen of an error.
    loud = float(np.abs(reference(planned, styles)).max())
    for name in tensors:
        if ".torgb." in name and ".affine." not in name:
            tensors[name] = tensors[name] / np.float32(loud)
    planned = plan(checkpoint(tensors, {"synthesis_kwargs": {"conv_clamp": 256, "num_fp16_res": 4}}))
    expected = reference(planned, styles)
    assert expected.shape == (1, 3, size, size)
    assert 0.9 < np.abs(expected).max() <= 1.01
    assert np.abs(run(graph2.synthesizer(planned), styles=styles) - expected).max() < 1e-3
    half = run(graph2.synthesizer(planned, half=True), styles=styles)
    assert 0 < np.mean((half - expected) ** 2) < 4 * 10**-4.5


#: Imports and tries out a checkpoint, and prints the MiB that it held at most.
_IMPORT = """
import sys
from pathlib import Path
from vj.apps.models.keep import check
from vj.workshop.import_checkpoint import bundle
from vj.workshop.onnx.importer import Asked
bundle(sys.argv[1], Path(sys.argv[2]), "large", Asked(), lambda step, part=None: None)
check(Path(sys.argv[2]))
lines = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells what a program held at most")
def test_a_whole_network_of_1024_px_comes_in_within_3_gb(tmp_path: Path) -> None:
    """Config-f, every channel of it, from the file to a bundle that has been tried out."""
    channels = {2**k: min(32768 // 2**k, 512) for k in range(2, 11)}
    tensors = made.official(1024, channels, sides=(512, 512), depth=8)
    file = write_snapshot(tmp_path / "network-snapshot-025000.pkl", {}, tensors)
    assert file.stat().st_size > 100e6
    command = [sys.executable, "-c", _IMPORT, str(file), str(tmp_path / "b")]
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert 500 < int(done.stdout) < 3072


def test_large_pictures_are_measured_on_fewer_latents() -> None:
    assert [drawing.enough(size) for size in (64, 256, 512, 1024)] == [(4, 4), (4, 4), (2, 2), (1, 1)]


def test_directions_are_what_changes_the_styles_most() -> None:
    """Against a singular value decomposition; they go three deviations of w."""
    planned = plan(checkpoint(made.official(16)))
    found = importer2.directions(planned)
    rows = [planned.tensors[f"synthesis.{name}.affine.weight"] for name in planned.convolutions]
    stacked = np.concatenate([row / np.linalg.norm(row, axis=1, keepdims=True) for row in rows])
    axes = np.linalg.svd(stacked.astype(np.float64))[2]
    z = np.random.default_rng(7).standard_normal((2000, 24)).astype(np.float32)
    with torch.no_grad():
        w = Mapper(planned)(torch.tensor(z), torch.zeros(2000, 1), torch.ones(2000)).numpy()
    assert list(found) == [f"sefa {k}" for k in range(1, 9)]
    for axis, step in zip(axes, found.values(), strict=False):
        assert step.shape == (planned.layers, planned.w)
        assert (step == step[0]).all()
        length = float(np.linalg.norm(step[0]))
        assert abs(step[0] @ axis) == pytest.approx(length, rel=1e-4)
        assert length == pytest.approx(3 * (w @ axis).std(), rel=0.1)
        assert step[0][np.abs(step[0]).argmax()] > 0


class Lamp:
    """A generator of flat pictures: coarse z makes them flicker, fine z makes them brighter bit by bit."""

    spec = LatentSpec(("coarse", "fine"), (1, 1), 2, ("a", "b"))

    def generate(self, latents: list[Latent]) -> U8:
        levels = [128 + 60 * np.sin(6 * latent.z[0, 0]) + 15 * np.clip(latent.z[1, 0], -4, 4) for latent in latents]
        return np.stack([np.full((4, 4, 3), level) for level in levels]).astype(np.uint8)


def test_turns_near_by_are_shorter_where_pictures_bend_sooner() -> None:
    lamp: Any = Lamp()
    pairs = drawing.turn_angles(lamp, 40, 1)
    turns = drawing.turns(lamp, 40, 1)
    assert {name: pair[0] for name, pair in pairs.items()} == turns
    assert drawing.turns(lamp, 40) == turns  # both classes look the same
    assert turns["coarse"] > 2 * turns["fine"]
    assert 0.15 < pairs["coarse"][1] < 0.5  # E|sin 6a - sin 6b| over E|6 cos 6a| E|b|: about 0.27
    assert 1.1 < pairs["fine"][1] < np.pi / 2  # the square root of 2, a straight line


def without(name: str) -> dict[str, Array]:
    return {key: value for key, value in made.official(8).items() if key != name}


@pytest.mark.parametrize(
    ("tensors", "arguments", "says"),
    [
        ({}, NESTED, "sizes none"),
        (without("synthesis.b4.conv1.weight"), NESTED, r"sizes \[8\]"),
        (without("mapping.fc1.weight"), NESTED, "fc2.weight|fc1"),
        (without("synthesis.b8.torgb.bias"), NESTED, "torgb.bias is missing"),
        ({**made.official(8), "synthesis.b8.conv1.bias": np.zeros(5, np.float32)}, NESTED, r"shape \[5\]; \[12\]"),
        ({**made.official(8), "synthesis.b8.conv1.bias": np.zeros((), np.float32)}, NESTED, r"shape \[\]; \[12\]"),
        ({**made.official(8), "synthesis.b8.conv1.weight": np.zeros(3, np.float32)}, NESTED, "not 4 sides"),
        ({**made.official(8), "synthesis.b4.const": np.full((12, 4, 4), np.nan, np.float32)}, NESTED, "not finite"),
        ({**made.official(8), "synthesis.b8.conv2.weight": np.zeros(1, np.float32)}, NESTED, "conv2.weight"),
        (made.official(8, colours=4), NESTED, "4 channels"),
        (made.official(8, sides=(0, 16), classes=2), NESTED, "no z"),
        (made.official(8, fir=np.ones((1, 1), np.float32)), NESTED, "low-pass"),
        (made.official(8, fir=np.ones((), np.float32)), NESTED, "low-pass"),
        (made.official(8), {"synthesis_kwargs": {"activation": "relu"}}, "activation"),
        (made.official(8), {"synthesis_kwargs": {"conv_clamp": "256"}}, "conv_clamp"),
        (made.official(8), {"mapping_kwargs": {"lr_multiplier": [1]}}, "lr_multiplier"),
        (made.official(8), {"synthesis_kwargs": {"architecture": "orig"}}, "has not: synthesis.b4.torgb"),
    ],
)
def test_what_is_not_stylegan2_is_told(tensors: dict[str, Array], arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(CheckpointError, match=says):
        plan(checkpoint(tensors, arguments))


def test_other_families_and_variants_are_refused() -> None:
    with pytest.raises(CheckpointError, match="holds stylegan3"):
        importer2.planned(Checkpoint("stylegan3", {}, {}, Path("a.pkl")))
    far = {**made.rosinality(8), "convs.60.noise.weight": np.ones(1, np.float32)}
    with pytest.raises(CheckpointError, match="lead to pictures of"):
        official(Checkpoint("rosinality", {}, far, Path("a.pt")))
    for odd in ("convs.0.extra.weight", "encoder.weight", "convs.99999999999.conv.weight", "noises.noise_99999999999"):
        tensors = {**made.rosinality(8), odd: np.zeros(1, np.float32)}
        with pytest.raises(CheckpointError, match=f"no {odd}"):
            official(Checkpoint("rosinality", {}, tensors, Path("a.pt")))

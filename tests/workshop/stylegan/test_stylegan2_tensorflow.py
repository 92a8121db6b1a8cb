"""StyleGAN2's TensorFlow pickles: read, renamed and written as graphs, against TensorFlow's operators done in numpy."""

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from layouts.tensorflow import stylegan2, write_networks
from layouts.tf_ops import bent, correlated, doubled, larger, unit

from vj.core.errors import CheckpointError
from vj.core.types import Latent
from vj.generators.bundle.manifest import read_bundle
from vj.generators.bundle.opening import open_generator
from vj.workshop.checkpoint.reader import Checkpoint, read_checkpoint
from vj.workshop.import_checkpoint import TOOLS
from vj.workshop.importers import stylegan2 as importer2

Array = npt.NDArray[Any]


def mapped(t: dict[str, Any], z: Array, label: Array | None, rate: float, psi: float, mean: Array) -> Array:
    """G_mapping of one z, and the truncation of G_main."""
    x = unit(z)
    if label is not None:
        x = np.concatenate([x, unit(label @ t["LabelEmbed/weight"] / np.sqrt(len(label)) + t["LabelEmbed/bias"])])
    for k in range(3):
        x = bent(x @ t[f"Dense{k}/weight"] * (rate / np.sqrt(len(x))) + t[f"Dense{k}/bias"] * rate)
    return np.asarray(mean + (x - mean) * psi)


def original(t: dict[str, Any], ws: Array, architecture: str, fir: Array, clamp: float | None = None) -> Array:
    """G_synthesis of one picture: weights [k, k, in, out] are modulated and demodulated themselves."""
    size = max(int(name.split("x")[0]) for name in t if "x" in name.split("/")[0])

    def modulated(x: Array, at: str, w: Array, demodulate: bool, up: bool = False) -> Array:
        kernel = t[f"{at}/weight"].astype(np.float64)
        s = w @ t[f"{at}/mod_weight"] / np.sqrt(len(w)) + t[f"{at}/mod_bias"] + 1
        kernel = kernel / np.sqrt(np.prod(kernel.shape[:3])) * s[:, None]
        if demodulate:
            kernel = kernel / np.sqrt((kernel**2).sum((0, 1, 2)) + 1e-8)
        return doubled(x, kernel, fir) if up else correlated(x, kernel)

    def layer(x: Array, at: str, number: int, up: bool = False) -> Array:
        x = modulated(x, at, ws[number], True, up) + t[f"noise{number}"][0, 0] * t[f"{at}/noise_strength"]
        x = bent(x + t[f"{at}/bias"][:, None, None])
        return x if clamp is None else np.clip(x, -clamp, clamp)

    x, image = layer(t["4x4/Const/const"][0].astype(np.float64), "4x4/Conv", 0), None
    for k, side in enumerate(2**n for n in range(2, size.bit_length())):
        at = f"{side}x{side}"
        if k:
            y = layer(layer(x, f"{at}/Conv0_up", 2 * k - 1, True), f"{at}/Conv1", 2 * k)
            if architecture == "resnet":
                past = t[f"{at}/Skip/weight"] / np.sqrt(y.shape[0])
                y = (y + doubled(x, past.astype(np.float64), fir)) / np.sqrt(2)
            x = y
        image = larger(image, fir) if image is not None else None
        if architecture == "skip" or side == size:
            name = "ToRGB_lod0" if architecture == "grown" else f"{at}/ToRGB"
            said = modulated(x, name, ws[2 * k + 1], False) + t[f"{name}/bias"][:, None, None]
            image = said if image is None else image + said
    assert image is not None
    return np.asarray(image)


USUAL = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64


@pytest.mark.parametrize(
    ("architecture", "classes", "more"),
    [
        ("skip", 0, {}),
        ("skip", 3, {"mapping_lrmul": 0.02}),
        ("resnet", 0, {"resample_kernel": [1, 2, 4, 1]}),
        ("grown", 0, {}),
    ],
)
def test_a_pickle_of_tensorflow_becomes_a_bundle_that_plays(
    tmp_path: Path, architecture: str, classes: int, more: dict[str, Any]
) -> None:
    """From the file to bytes on the screen; kernels that no turn leaves as they are."""
    own, mapping, synthesis = stylegan2(16, classes=classes, architecture=architecture)
    kwargs = {"num_channels": 3, "resolution": 16, "label_size": classes, "truncation_psi": 0.5, **more}
    file = write_networks(tmp_path / "stylegan2-car-config-f.pkl", kwargs, own, mapping, synthesis)
    found = read_checkpoint(file)
    assert found.family == "stylegan2-tf"
    assert TOOLS[found.family] == "stylegan2"
    importer2.bundle(found, tmp_path / "b", "cars", samples=0)
    taps = np.array(more.get("resample_kernel", [1, 3, 3, 1]), np.float64)
    fir = np.outer(taps, taps) / taps.sum() ** 2
    rng = np.random.default_rng(4)
    z, mix = rng.standard_normal((3, 10)).astype(np.float32), np.eye(max(classes, 1), dtype=np.float32)[-1]
    rate, label = more.get("mapping_lrmul", 0.01), mix if classes else None
    w = [mapped(mapping, one.astype(np.float64), label, rate, 0.7, own["dlatent_avg"]) for one in z]
    with closing(open_generator(str(tmp_path / "b"), threads=1)) as generator:
        ws = np.stack([w[group] for group in read_bundle(tmp_path / "b").layer_groups])
        picture = generator.generate([Latent(z, mix, 0.7, np.zeros(len(generator.spec.directions), np.float32))])[0]
    expected = np.clip(original(synthesis, ws, architecture, fir).transpose(1, 2, 0) * 127.5 + 128, 0, 255)
    assert expected.std() > 30
    assert np.abs(picture - expected).max() < 1.01


def test_the_reference_tells_a_turned_kernel_from_another() -> None:
    """Else the test above would prove nothing."""
    _, _, synthesis = stylegan2(16)
    ws = np.random.default_rng(0).standard_normal((6, 8))
    turned = {**synthesis, "8x8/Conv0_up/weight": synthesis["8x8/Conv0_up/weight"][::-1, ::-1]}
    assert np.abs(original(synthesis, ws, "skip", USUAL) - original(turned, ws, "skip", USUAL)).max() > 0.1


def checkpoint(arguments: dict[str, Any] | None = None, **tensors: Array) -> Checkpoint:
    """By names in which / is __."""
    own, mapping, synthesis = stylegan2(8)
    held = {
        **own,
        **{f"mapping/{n}": v for n, v in mapping.items()},
        **{f"synthesis/{n}": v for n, v in synthesis.items()},
    }
    more = {name.replace("__", "/"): value for name, value in tensors.items()}
    return Checkpoint("stylegan2-tf", arguments or {}, held | more, Path("a.pkl"))


def test_the_clamp_of_ada_is_kept() -> None:
    assert importer2.planned(checkpoint()).clamp is None
    assert importer2.planned(checkpoint({"conv_clamp": 256})).clamp == 256.0


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (checkpoint(mapping__LabelConcat__weight=np.ones((3, 10))), "without an embedding"),
        (checkpoint({"normalize_latents": False}), "not normalised"),
        (checkpoint({"resample_kernel": "soft"}), "no filter"),
        (checkpoint({"nonlinearity": "relu"}), "activation"),
        (checkpoint(synthesis__8x8__Conv7__weight=np.ones((3, 3, 6, 6))), "has no synthesis/8x8/Conv7/weight"),
        (checkpoint(synthesis__8x8__Conv1__weight=np.ones((3, 3, 6))), "not 4 sides"),
        (checkpoint(synthesis__8x8__Conv1__weight=np.ones((3, 3, 6, 5))), "needed"),
        (checkpoint(synthesis__noise0=np.ones(4)), "not 4 sides"),
        (checkpoint(synthesis__noise99999999999=np.ones((1, 1, 4, 4))), "has no synthesis/noise99999999999"),
    ],
)
def test_what_is_another_network_is_told(source: Checkpoint, says: str) -> None:
    with pytest.raises(CheckpointError, match=says):
        importer2.planned(source)

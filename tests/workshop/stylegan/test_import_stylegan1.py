"""StyleGAN of 2019: from its TensorFlow pickle to bytes on the screen, against TensorFlow's operators done in numpy."""

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from layouts.tensorflow import stylegan1, write_networks
from layouts.tf_ops import correlated, fused, leaky, normalised, repeated, unit

from vj.core.errors import CheckpointError
from vj.core.types import Latent
from vj.generators.bundle.manifest import read_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.verify import findings
from vj.workshop.checkpoint.reader import Checkpoint, read_checkpoint
from vj.workshop.import_checkpoint import TOOLS
from vj.workshop.importers import stylegan1 as importer1
from vj.workshop.stylegan.plan1 import plan

Array = npt.NDArray[Any]
GAIN = np.sqrt(2.0)


def mapped(t: dict[str, Any], z: Array, label: Array | None, rate: float) -> Array:
    """G_mapping of one z."""
    x = unit(z if label is None else np.concatenate([z, label @ t["LabelConcat/weight"]]))
    for k in range(3):
        x = leaky(x @ t[f"Dense{k}/weight"] * (GAIN * rate / np.sqrt(len(x))) + t[f"Dense{k}/bias"] * rate)
    return x


def blurred(x: Array, taps: list[int]) -> Array:
    f = np.outer(taps, taps) / np.sum(taps) ** 2
    reach = len(taps) // 2
    wide = np.pad(x, ((0, 0), (reach, reach), (reach, reach)))
    rows, columns = x.shape[1:]
    parts = (f[a, b] * wide[:, a : a + rows, b : b + columns] for a in range(len(f)) for b in range(len(f)))
    return np.asarray(sum(parts))


def original(t: dict[str, Any], ws: Array, fused_from: int, taps: list[int]) -> Array:
    """G_synthesis of one picture, as its code goes."""
    size = max(int(name.split("x")[0]) for name in t if name[0].isdigit())

    def kernel(at: str, gain: float = GAIN) -> Array:
        w = t[f"{at}/weight"].astype(np.float64)
        return np.asarray(w * gain / np.sqrt(np.prod(w.shape[:3])))

    def epilogue(x: Array, at: str, number: int) -> Array:
        x = x + t[f"noise{number}"][0, 0] * t[f"{at}/Noise/weight"][:, None, None]
        x = normalised(leaky(x + t[f"{at}/bias"][:, None, None]))
        w = ws[number]
        style = (w @ t[f"{at}/StyleMod/weight"] / np.sqrt(len(w)) + t[f"{at}/StyleMod/bias"]).reshape(2, -1, 1, 1)
        return np.asarray(x * (style[0] + 1) + style[1])

    x = epilogue(t["4x4/Const/const"][0].astype(np.float64), "4x4/Const", 0)
    x = epilogue(correlated(x, kernel("4x4/Conv")), "4x4/Conv", 1)
    for k, side in enumerate((2**n for n in range(3, size.bit_length())), 1):
        at = f"{side}x{side}/Conv0_up"
        wide = fused(x, kernel(at)) if side >= fused_from else correlated(repeated(x), kernel(at))
        x = epilogue(blurred(wide, taps) if taps else wide, at, 2 * k)
        x = epilogue(correlated(x, kernel(f"{side}x{side}/Conv1")), f"{side}x{side}/Conv1", 2 * k + 1)
    return np.asarray(correlated(x, kernel("ToRGB_lod0", 1.0)) + t["ToRGB_lod0/bias"][:, None, None])


@pytest.mark.parametrize(
    ("size", "classes", "more", "fused_from", "taps"),
    [
        (16, 0, {}, 128, [1, 2, 1]),
        (16, 3, {"mapping_lrmul": 0.02, "fused_scale": True}, 0, [1, 2, 1]),
        (128, 0, {"blur_filter": [1, 3, 4, 3, 2]}, 128, [1, 3, 4, 3, 2]),
        (8, 0, {"blur_filter": None, "fused_scale": False}, 999, []),
        (8, 0, {"num_channels": 1}, 128, [1, 2, 1]),
    ],
)
def test_a_pickle_of_2019_becomes_a_bundle_that_plays(
    tmp_path: Path, size: int, classes: int, more: dict[str, Any], fused_from: int, taps: list[int]
) -> None:
    own, mapping, synthesis = stylegan1(size, classes=classes, colours=more.get("num_channels", 3))
    kwargs = {"num_channels": 3, "resolution": size, "label_size": classes, "truncation_psi": 0.7, **more}
    found = read_checkpoint(write_networks(tmp_path / "karras2019stylegan.pkl", kwargs, own, mapping, synthesis))
    assert (found.family, TOOLS[found.family]) == ("stylegan1", "stylegan1")
    importer1.bundle(found, tmp_path / "b", "faces", samples=1 if size == 8 else 0)
    rng = np.random.default_rng(4)
    z, mix = rng.standard_normal((3, 10)).astype(np.float32), np.eye(max(classes, 1), dtype=np.float32)[-1]
    label, rate, mean = mix if classes else None, more.get("mapping_lrmul", 0.01), own["dlatent_avg"]
    w = np.stack([mean + 0.7 * (mapped(mapping, one.astype(np.float64), label, rate) - mean) for one in z])
    with closing(open_generator(str(tmp_path / "b"), threads=1)) as generator:
        ws = np.stack([w[group] for group in read_bundle(tmp_path / "b").layer_groups])
        faders = np.zeros(len(generator.spec.directions), np.float32)
        pictures = generator.generate([Latent(z, mix, 0.7, faders), Latent(z, mix, 0.7, faders)])
    expected = np.clip(original(synthesis, ws, fused_from, taps).transpose(1, 2, 0) * 127.5 + 128, 0, 255)
    expected = np.broadcast_to(expected, pictures[0].shape)  # grey is shown as three equal channels
    assert expected.std() > 30
    assert np.abs(pictures[0] - expected).max() < 1.01
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() <= 1
    assert len(ws) == 2 * (size.bit_length() - 2)


def test_a_whole_bundle_holds(tmp_path: Path) -> None:
    """Turns, directions and noise inputs; nothing wrong with it."""
    own, mapping, synthesis = stylegan1(16)
    told: list[str] = []
    file = write_networks(tmp_path / "a.pkl", {}, own, mapping, synthesis)
    importer1.bundle(read_checkpoint(file), tmp_path / "b", "a", say=lambda step, part=None: told.append(step))
    assert not [finding.text for finding in findings(tmp_path / "b") if finding.fault]
    bundle = read_bundle(tmp_path / "b")
    assert set(bundle.turn) == set(bundle.groups)
    assert bundle.directions == tuple(f"sefa {k}" for k in range(1, 9))
    assert told.count("measuring turns") == 4
    session = onnxruntime.InferenceSession(tmp_path / "b/synthesizer.onnx", providers=["CPUExecutionProvider"])
    offered = [given.name for given in session.get_overridable_initializers()]
    assert offered == [f"noise.b{side}.conv{k}" for side in (4, 8, 16) for k in (0, 1)]
    assert "RandomNormal" not in {node.op_type for node in onnx.load(tmp_path / "b/synthesizer.onnx").graph.node}


def said(arguments: dict[str, Any] | None = None, without: str = "", **tensors: Array) -> str:
    own, mapping, synthesis = stylegan1(8)
    held = {**own, **{f"mapping/{n}": v for n, v in mapping.items()}}
    held |= {f"synthesis/{n}": v for n, v in synthesis.items()}
    held |= {name.replace("__", "/"): value for name, value in tensors.items()}
    held.pop(without, None)
    with pytest.raises(CheckpointError) as caught:
        plan(Checkpoint("stylegan1", arguments or {}, held, Path("a.pkl")))
    assert caught.value.hint
    return str(caught.value)


def test_what_is_another_network_is_told() -> None:
    assert "use_instance_norm is False" in said({"use_instance_norm": False})
    assert "nonlinearity is 'relu'" in said({"nonlinearity": "relu"})
    assert "mapping_lrmul" in said({"mapping_lrmul": "slow"})
    assert "blur_filter" in said({"blur_filter": [1, 1]})
    assert "8x8/Conv1/bias is missing" in said(without="synthesis/8x8/Conv1/bias")
    assert "not 4 sides" in said(synthesis__8x8__Conv1__weight=np.ones(3))
    assert "is needed" in said(synthesis__noise3=np.ones((1, 1, 4, 4)))
    assert "not finite" in said(dlatent_avg=np.full(8, np.nan))
    assert "has not: synthesis/8x8/Conv1/gain" in said(synthesis__8x8__Conv1__gain=np.ones(3))
    assert "Dense0/weight is missing" in said(without="mapping/Dense0/weight")
    with pytest.raises(CheckpointError, match="half precision"):
        importer1.bundle(Checkpoint("stylegan1", {}, {}, Path("a.pkl")), Path("b"), "b", half=True)

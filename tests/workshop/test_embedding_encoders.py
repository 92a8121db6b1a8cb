"""NSynth's encoder against its definition in plain numbers; its variables read back; training that learns something."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import safetensors.numpy
import torch
from layouts import tensorflow_v2

from vj.core.errors import CheckpointError
from vj.core.types import F32, F64
from vj.features.embedding_net import open_encoder
from vj.workshop.embedding import encoder as embedding
from vj.workshop.embedding._nets import HOP, SmallEncoder, WaveNetEncoder, mu_law
from vj.workshop.embedding._notes import PITCHES, notes
from vj.workshop.embedding._variables import encoder_of, read_variables

WIDTH, LAYERS = 6, 12


def variables(seed: int = 0) -> dict[str, F32]:
    """As NSynth names them, small."""
    rng, made = np.random.default_rng(seed), {}
    shapes = {"ae_startconv": (3, 1, WIDTH), "ae_bottleneck": (1, WIDTH, 16)}
    for k in range(1, LAYERS + 1):
        shapes |= {f"ae_dilatedconv_{k}": (3, WIDTH, WIDTH), f"ae_res_{k}": (1, WIDTH, WIDTH)}
    for name, shape in shapes.items():
        made[f"{name}/W"] = (rng.standard_normal((1, *shape)) / 3).astype(np.float32)
        made[f"{name}/biases"] = (rng.standard_normal(shape[-1]) / 5).astype(np.float32)
    return made


def defined(named: dict[str, F32], sound: F32) -> F32:
    """The encoder as its paper and code say it, tap by tap in float64: [samples] -> [samples / 512, 16]."""

    def conv(x: F64, name: str, dilation: int = 1) -> F64:
        w = named[f"{name}/W"][0].astype(np.float64)
        made: F64 = np.zeros((len(x), w.shape[2])) + named[f"{name}/biases"].astype(np.float64)
        for tap in range(len(w)):
            shift = (tap - len(w) // 2) * dilation
            if abs(shift) < len(x):
                moved = np.zeros_like(x)
                moved[max(0, -shift) : len(x) - max(0, shift)] = x[max(0, shift) : len(x) - max(0, -shift)]
                made += moved @ w[tap]
        return made

    level = np.sign(sound) * np.log(1 + 255 * np.abs(sound.astype(np.float64))) / np.log(256)
    en = conv(np.floor(level * 128)[:, None] / 128, "ae_startconv")
    for k in range(LAYERS):
        h = conv(np.maximum(en, 0), f"ae_dilatedconv_{k + 1}", 2 ** (k % 10))
        en = en + conv(np.maximum(h, 0), f"ae_res_{k + 1}")
    told = conv(en, "ae_bottleneck")
    return np.asarray(told.reshape(-1, HOP, 16).mean(1), np.float32)


def sound(count: int, seed: int = 1) -> F32:
    return np.clip(np.random.default_rng(seed).standard_normal(count) * 0.3, -1, 1).astype(np.float32)


def test_mu_law_has_256_levels_and_its_ends() -> None:
    levels = mu_law(torch.linspace(-1, 1, 20001))
    assert levels.min() == -1.0
    assert len(torch.unique(mu_law(torch.linspace(-0.9999, 0.9999, 200001)))) == 256
    assert mu_law(torch.tensor([0.9999, 0.0])).tolist() == [127 / 128, 0.0]


def test_the_wavenet_encoder_is_the_one_that_was_published() -> None:
    named = variables()
    encoder, heard = encoder_of(named), sound(4 * HOP)
    with torch.no_grad():
        told = encoder(torch.tensor(heard)[None])[0].T.numpy()
    assert told.shape == (4, 16)
    assert np.abs(told - defined(named, heard)).max() < 2e-4


def test_the_full_size_is_that_of_the_paper() -> None:
    encoder = WaveNetEncoder()
    count = sum(p.numel() for p in encoder.parameters())
    assert count == pytest.approx(1.98e6, rel=0.01)
    reach = 1 + 2 + 2 * sum(2 ** (k % 10) for k in range(30))
    assert reach == 6141
    assert encoder.ahead >= (reach - 1) // 2  # 192 ms
    assert encoder.window == 2 * encoder.ahead + HOP


def test_variables_come_from_a_checkpoint_an_archive_or_safetensors(tmp_path: Path) -> None:
    named = variables()
    index = tensorflow_v2.write(tmp_path / "model.ckpt-200000", named)
    np.savez(tmp_path / "v.npz", **named)  # type: ignore[arg-type]
    (tmp_path / "v.safetensors").write_bytes(safetensors.numpy.save(named))
    for file in (index, tmp_path / "model.ckpt-200000", tmp_path / "v.npz", tmp_path / "v.safetensors"):
        found = read_variables(file)
        assert found.keys() == named.keys()
        assert all(np.array_equal(found[name], named[name]) for name in named)


def test_averages_are_preferred() -> None:
    named, averaged = variables(0), variables(1)
    both = named | {f"{name}/ExponentialMovingAverage": value for name, value in averaged.items()}
    weight = encoder_of(both).start.weight.detach().numpy()
    assert np.array_equal(weight, averaged["ae_startconv/W"][0].transpose(2, 1, 0))


@pytest.mark.parametrize("damage", ["cut", "empty", "missing"])
def test_a_damaged_checkpoint_says_so(tmp_path: Path, damage: str) -> None:
    index = tensorflow_v2.write(tmp_path / "m", variables())
    if damage == "missing":
        index.unlink()
    else:
        index.write_bytes(index.read_bytes()[: 100 if damage == "cut" else 0])
    with pytest.raises(CheckpointError):
        read_variables(index)


def test_a_checkpoint_without_the_encoder_says_so() -> None:
    named = variables()
    del named["ae_res_3/biases"]
    with pytest.raises(CheckpointError, match="ae_res_3/biases"):
        encoder_of(named)


def test_both_export_to_onnx_that_says_the_same(tmp_path: Path) -> None:
    torch.manual_seed(3)
    for encoder in (encoder_of(variables()), SmallEncoder()):
        file = tmp_path / f"{type(encoder).__name__}.onnx"
        embedding.export(encoder, file, "a test")
        opened = open_encoder(file)
        assert (opened.window, opened.ahead, opened.hop, opened.rate) == (encoder.window, encoder.ahead, 512, 16000)
        heard = sound(encoder.window)
        with torch.no_grad():
            told = encoder(torch.tensor(heard)[None])[0].numpy()
        assert np.abs(opened.vector(heard) - told[:, told.shape[1] // 2]).max() < 2e-3
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        assert session.get_modelmeta().custom_metadata_map["made_by"] == "a test"


def test_notes_are_loud_finite_and_know_their_pitch() -> None:
    made = notes(torch.Generator().manual_seed(0), 32)
    assert made.sound.shape == (32, SmallEncoder.window)
    assert torch.isfinite(made.sound).all()
    assert made.sound.abs().max() <= 3.0
    assert made.pitches.shape == (32, PITCHES)
    assert set(made.pitches.sum(1).tolist()) <= {0.0, 1.0}


def test_training_lowers_the_error_and_ends_at_deviation_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "_BATCH", 16)
    torch.manual_seed(0)
    rng = torch.Generator().manual_seed(0)
    bank = notes(rng, 128)
    _, at_first = embedding.train(bank, 2, rng)
    encoder, left = embedding.train(bank, 150, rng)
    assert left < 0.9 * at_first
    with torch.no_grad():
        told = encoder(bank.mixed(rng, 256).sound)[..., 0]
    assert told.std(0).numpy() == pytest.approx(np.ones(16), abs=0.25)
    assert np.abs(told.mean(0).numpy()).max() < 0.3

"""Checkpoints as their own programs write them are read without those programs."""

import argparse
import collections
import io
import json
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from layouts import opcodes, torch17
from layouts.nvidia import EasyDict, official_modules, write_snapshot
from layouts.tensorflow import write_networks

from vj.core.errors import CheckpointError
from vj.workshop.checkpoint.reader import Checkpoint, read_checkpoint

Array = npt.NDArray[Any]
RNG = np.random.default_rng(4)
KWARGS = {
    "z_dim": 512,
    "c_dim": 0,
    "w_dim": 512,
    "img_resolution": 64,
    "img_channels": 3,
    "mapping_kwargs": EasyDict(num_layers=2),
    "synthesis_kwargs": EasyDict(
        channel_base=2048, channel_max=512, num_fp16_res=4, conv_clamp=256.0, act=("lrelu", None)
    ),
}


def normal(*shape: int) -> Array:
    return RNG.standard_normal(shape).astype(np.float32)


STYLEGAN2: dict[str, Array] = {
    "mapping.w_avg": normal(8),
    "mapping.fc0.weight": normal(8, 8),
    "mapping.fc0.bias": normal(8),
    "synthesis.b4.const": normal(8, 4, 4),
    "synthesis.b4.resample_filter": normal(4, 4),
    "synthesis.b4.conv1.affine.weight": normal(8, 8),
    "synthesis.b4.conv1.noise_const": normal(4, 4),
    "synthesis.b4.conv1.noise_strength": np.array(0.25, np.float32),
}
STYLEGAN3: dict[str, Array] = {
    "mapping.fc0.weight": normal(8, 8),
    "synthesis.input.freqs": normal(8, 2),
    "synthesis.input.transform": np.eye(3, dtype=np.float32),
    "synthesis.L0_36_16.magnitude_ema": np.array(1.5, np.float32),
}
ROSINALITY = {
    "style.1.weight": normal(8, 8),
    "conv1.conv.modulation.weight": normal(8, 8),
    "input.input": normal(1, 8, 4, 4),
}
FORMATS = ("float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "uint16", "bool")
BIGGAN = {"embeddings.weight": normal(8, 10), "generator.gen_z.weight_orig": normal(16, 8)}


def same(found: Checkpoint, tensors: dict[str, Array]) -> None:
    assert list(found.tensors) == list(tensors)
    for name, values in tensors.items():
        array = found.tensors[name]
        assert array.dtype == values.dtype
        assert array.shape == values.shape
        assert array.flags.writeable
        assert array.flags.c_contiguous
        assert isinstance(array, np.ndarray)
        np.testing.assert_array_equal(array, values)


def torches(tensors: dict[str, Array]) -> dict[str, torch.Tensor]:
    return collections.OrderedDict((name, torch.from_numpy(np.array(values))) for name, values in tensors.items())


@pytest.mark.parametrize("easy", [False, True])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_snapshot_of_stylegan2_is_read_without_its_code(tmp_path: Path, protocol: int, easy: bool) -> None:
    path = write_snapshot(tmp_path / "network-snapshot-000400.pkl", KWARGS, STYLEGAN2, protocol, easy)
    assert not {"dnnlib", "dnnlib.util", "torch_utils", "torch_utils.persistence"} & sys.modules.keys()
    found = read_checkpoint(path)
    assert found.family == "stylegan2"
    assert found.arguments == KWARGS
    assert type(found.arguments["synthesis_kwargs"]) is dict
    assert found.source == path
    assert set(found.tensors) == set(STYLEGAN2)
    same(found, {name: STYLEGAN2[name] for name in found.tensors})


def test_a_snapshot_of_2020_is_read_with_all_that_was_different(tmp_path: Path) -> None:
    """Storages of a graphics card, views, one storage for two tensors, half precision, numbers of numpy 1."""
    tensors = {
        **STYLEGAN2,
        "synthesis.b4.conv1.weight": normal(3, 4, 6).transpose(2, 0, 1),
        "synthesis.b4.conv1.bias": normal(8).astype(np.float16),
        "synthesis.b8.conv0.noise_const": normal(8, 8),
        "synthesis.b8.conv1.noise_const": normal(8, 8),
    }
    shared = ("synthesis.b8.conv0.noise_const", "synthesis.b8.conv1.noise_const")
    path = tmp_path / "ffhq.pkl"
    path.write_bytes(torch17.write(tensors, KWARGS, shared))
    found = read_checkpoint(path)
    assert found.family == "stylegan2"
    assert found.arguments == KWARGS
    assert set(found.tensors) == set(tensors)
    same(found, {name: np.array(tensors[name], order="C") for name in found.tensors})


@pytest.mark.parametrize("zipped", [True, False])
def test_storages_in_a_pickle_are_torch_files_of_either_age(tmp_path: Path, zipped: bool) -> None:
    values = torch.arange(6.0)
    inner = io.BytesIO()
    torch.save(values.untyped_storage(), inner, _use_new_zipfile_serialization=zipped)
    network = opcodes.module(
        parameters=opcodes.table(w=opcodes.tensor(opcodes.nested(inner.getvalue()), 0, (2,), (3,)))
    )
    (tmp_path / "a.pkl").write_bytes(opcodes.snapshot(network))
    found = read_checkpoint(tmp_path / "a.pkl").tensors["w"]
    assert found.view(np.uint8).tolist() == values.numpy().view(np.uint8)[[0, 3]].tolist()


def test_a_snapshot_of_stylegan3_is_told_from_stylegan2(tmp_path: Path) -> None:
    found = read_checkpoint(
        write_snapshot(tmp_path / "r.pkl", {"conv_kernel": 1, "use_radial_filters": True}, STYLEGAN3)
    )
    assert found.family == "stylegan3"
    assert found.arguments == {"conv_kernel": 1, "use_radial_filters": True}
    same(found, STYLEGAN3)


def test_a_snapshot_in_half_precision_keeps_it(tmp_path: Path) -> None:
    half = {name: values.astype(np.float16) for name, values in STYLEGAN3.items()}
    same(read_checkpoint(write_snapshot(tmp_path / "half.pkl", {}, half)), half)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_rosinality_checkpoint_gives_its_averaged_generator(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "550000.pt"
    contents = {
        "g": torches({"style.1.weight": np.zeros((8, 8), np.float32)}),
        "g_ema": torches(ROSINALITY),
        "g_optim": {"state": {0: {"step": 3, "exp_avg": torch.zeros(3)}}, "param_groups": [{"betas": (0.0, 0.99)}]},
        "args": argparse.Namespace(size=64, latent=512, n_mlp=8, channel_multiplier=2),
        "latent_avg": torch.arange(8.0),
    }
    torch.save(contents, path, _use_new_zipfile_serialization=zipped)
    found = read_checkpoint(path)
    assert found.family == "rosinality"
    assert found.arguments == {"size": 64, "latent": 512, "n_mlp": 8, "channel_multiplier": 2}
    same(found, {**ROSINALITY, "latent_avg": np.arange(8, dtype=np.float32)})


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kind", FORMATS)
def test_every_number_format_is_read(tmp_path: Path, kind: str, zipped: bool) -> None:
    values = torch.tensor([[0, 1, 3], [2, 0, 100]]).to(getattr(torch, kind))
    torch.save({"values": values}, tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
    found = read_checkpoint(tmp_path / "a.pt")
    assert found.family == "unknown"
    same(found, {"values": values.float().numpy() if kind == "bfloat16" else values.numpy()})


@pytest.mark.parametrize("zipped", [True, False])
def test_views_of_one_storage_keep_their_shapes_and_strides(tmp_path: Path, zipped: bool) -> None:
    base = torch.arange(24.0)
    views = {
        "turned": base.reshape(4, 6).t(),
        "every": base[3::5],
        "wide": base[:2].reshape(2, 1).expand(2, 3),
        "none": base[:0].reshape(0, 3),
        "scalar": base[7],
    }
    torch.save(views, tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
    same(read_checkpoint(tmp_path / "a.pt"), {name: view.contiguous().numpy() for name, view in views.items()})


def test_a_whole_module_and_a_parallel_state_dict_are_read(tmp_path: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    wanted = {name: values.numpy() for name, values in module.state_dict().items()}
    torch.save(module, tmp_path / "module.pt")
    torch.save(torch.nn.DataParallel(module).state_dict(), tmp_path / "parallel.pt")
    found = read_checkpoint(tmp_path / "module.pt")
    same(found, {name: wanted[name] for name in found.tensors})
    assert set(found.tensors) == set(wanted)
    same(read_checkpoint(tmp_path / "parallel.pt"), wanted)


@pytest.mark.parametrize("weights", ["pytorch_model.bin", "model.safetensors"])
def test_a_biggan_folder_is_read_with_its_config(tmp_path: Path, weights: str) -> None:
    config = {
        "output_dim": 128,
        "z_dim": 128,
        "channel_width": 128,
        "layers": [[False, 16, 16], [True, 16, 16]],
        "eps": 1e-4,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    if weights.endswith("bin"):
        torch.save(torches(BIGGAN), tmp_path / weights, _use_new_zipfile_serialization=False)
    else:
        safetensors.numpy.save_file(BIGGAN, tmp_path / weights)
    for path in (tmp_path, tmp_path / weights):
        found = read_checkpoint(path)
        assert found.family == "biggan"
        assert found.arguments == config
        assert found.source == path
        same(found, {name: BIGGAN[name] for name in found.tensors})


def test_safetensors_are_read_with_their_metadata(tmp_path: Path) -> None:
    tensors = {
        **torches(STYLEGAN2),
        "brain": torch.tensor([1.5, -2.0]).bfloat16(),
        "truth": torch.tensor([True, False]),
    }
    safetensors.torch.save_file(tensors, tmp_path / "a.safetensors", {"z_dim": "512", "note": "hand made"})
    found = read_checkpoint(tmp_path / "a.safetensors")
    assert found.family == "stylegan2"
    assert found.arguments == {"z_dim": 512, "note": "hand made"}
    wanted = {name: values.float().numpy() if name == "brain" else values.numpy() for name, values in tensors.items()}
    same(found, {name: wanted[name] for name in found.tensors})
    assert set(found.tensors) == set(wanted)


def test_the_first_stylegan_is_read_without_tensorflow(tmp_path: Path) -> None:
    own = {"lod": np.array(0.5, np.float32), "dlatent_avg": normal(8)}
    mapping, synthesis = {"Dense0/weight": normal(8, 8)}, {"4x4/Const/const": normal(1, 8, 4, 4)}
    scalars = {**own, "lod": own["lod"][()]}  # as a session hands them out
    path = write_networks(
        tmp_path / "karras2019.pkl", {"resolution": 64, "truncation_psi": 0.7}, scalars, mapping, synthesis
    )
    found = read_checkpoint(path)
    assert found.family == "stylegan1"
    assert found.arguments == {"resolution": 64, "truncation_psi": 0.7}
    inner = {f"mapping/{name}": values for name, values in mapping.items()}
    same(found, {**own, **inner, **{f"synthesis/{name}": values for name, values in synthesis.items()}})
    tf2 = write_networks(
        tmp_path / "stylegan2-tf.pkl", {}, own, mapping, {**synthesis, "4x4/Conv/mod_weight": normal(8, 8)}
    )
    assert read_checkpoint(tf2).family == "stylegan2-tf"


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_numpy_arrays_and_numbers_in_a_pickle_are_read(tmp_path: Path, protocol: int) -> None:
    arrays = {
        "plain": np.arange(6, dtype=np.int16).reshape(2, 3),
        "turned": np.asfortranarray(normal(3, 2)),
        "big": np.arange(3, dtype=">f8"),
        "truth": np.array([True, False]),
        "none": np.zeros((0, 2), np.float32),
    }
    kwargs = {"seed": np.int64(-3), "rate": np.float32(0.5), "on": np.bool_(True), "names": {"a"}, "kind": np.float32}
    path = tmp_path / "a.pkl"
    with official_modules():
        path.write_bytes(pickle.dumps({"args": kwargs, **arrays}, protocol))
    found = read_checkpoint(path)
    same(found, {name: np.array(values, values.dtype.newbyteorder("="), order="C") for name, values in arrays.items()})
    assert found.arguments == {"seed": -3, "rate": 0.5, "on": True, "names": ["a"], "kind": "numpy.float32"}


@pytest.mark.parametrize(
    ("start", "word"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"", "empty"),
        (pickle.dumps({"epoch": 3}), "no generator; it holds a table of 'epoch'"),
        (pickle.dumps([1, 2]), "no generator; it holds a list"),
    ],
)
def test_what_is_no_checkpoint_is_told_by_its_kind(tmp_path: Path, start: bytes, word: str) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(start)
    with pytest.raises(CheckpointError, match=word) as caught:
        read_checkpoint(path)
    assert caught.value.where == str(path)
    assert caught.value.hint


def test_a_missing_file_and_a_bare_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="No such file"):
        read_checkpoint(tmp_path / "nothing.pkl")
    with pytest.raises(CheckpointError, match=r"config\.json"):
        read_checkpoint(tmp_path)

"""A generator is found however it is wrapped, prefixed and packed; what is of another kind is told by its name."""

import bz2
import gzip
import io
import lzma
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import safetensors.torch
import torch
from layouts.nvidia import network, official_modules
from layouts.stylegan2 import official, rosinality

from vj.core.errors import VjError
from vj.workshop.checkpoint._families import find
from vj.workshop.checkpoint.reader import read_checkpoint
from vj.workshop.checkpoint.values import SPARE_BYTES
from vj.workshop.import_checkpoint import bundle
from vj.workshop.onnx.importer import Asked

Array = npt.NDArray[Any]
STYLEGAN2 = official(8, sides=(6, 5))
ROSINALITY = rosinality(8)
OTHER = {name: value * 0 for name, value in STYLEGAN2.items()}
KWARGS = {"synthesis_kwargs": {"conv_clamp": 17}}


def torches(tensors: Mapping[str, Array], prefix: str = "") -> dict[str, torch.Tensor]:
    return {prefix + name: torch.from_numpy(np.array(value)) for name, value in tensors.items()}


def saved(path: Path, value: Any, **how: Any) -> Path:
    torch.save(value, path, **how)
    return path


def dumped(path: Path, value: Any, protocol: int = 4) -> Path:
    with official_modules():
        path.write_bytes(pickle.dumps(value, protocol))
    return path


def same(path: Path, tensors: Mapping[str, Array], family: str) -> None:
    found = read_checkpoint(path)
    assert found.family == family
    assert set(found.tensors) == set(tensors)
    for name, value in tensors.items():
        np.testing.assert_array_equal(found.tensors[name], value)
        assert found.tensors[name].flags.writeable


class Held(torch.nn.Module):
    """A network whose `net` is another."""

    def __init__(self, net: torch.nn.Module) -> None:
        super().__init__()
        self.net = net


OPTIMIZER = {"state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 0.1}]}
TABLES: dict[str, Any] = {
    "lightning": {
        "state_dict": {
            **torches(OTHER, "generator."),
            **torches(STYLEGAN2, "generator_ema."),
            "discriminator.b8.fromrgb.weight": torch.ones(2),
        },
        "pytorch-lightning_version": "2.1.0",
        "optimizer_states": [OPTIMIZER],
        "hyper_parameters": {"lr": 0.002},
    },
    "lightning itself": {"state_dict": {**torches(STYLEGAN2), "discriminator.w": torch.ones(2)}, "epoch": 3},
    "parallel": {"G_ema": torches(STYLEGAN2, "module."), "D": torches({"fromrgb.weight": np.ones(2)}, "module.")},
    "compiled": torches(STYLEGAN2, "_orig_mod."),
    "compiled and parallel": {"model": torches(STYLEGAN2, "module._orig_mod.G.")},
    "only G": {"G": torches(STYLEGAN2)},
    "generator": {"generator": torches(STYLEGAN2), "discriminator": torches({"b8.fromrgb.weight": np.ones(2)})},
    "only g": {"g": torches(STYLEGAN2), "d": torches({"b8.fromrgb.weight": np.ones(2)}), "args": None},
    "params_ema": {"params": torches(OTHER), "params_ema": torches(STYLEGAN2)},
    "netG": {"netG": {"state_dict": torches(STYLEGAN2)}, "iter": 9},
    "tuple": (torches(STYLEGAN2), {"step": 3}),
    "list of two": [torches(OTHER), torches({"b8.fromrgb.weight": np.ones(2)}), torches(STYLEGAN2)],
    "encoder beside": {"state_dict": torches({"encoder.body.0.weight": np.ones(2)}) | torches(STYLEGAN2, "decoder.")},
}


@pytest.mark.parametrize("case", TABLES)
def test_a_table_is_found_however_it_is_wrapped(tmp_path: Path, case: str) -> None:
    same(saved(tmp_path / "a.ckpt", TABLES[case]), STYLEGAN2, "stylegan2")


@pytest.mark.parametrize("prefix", ["", "G_ema.", "decoder.", "model.module.generator."])
def test_prefixes_in_safetensors_are_no_part_of_names(tmp_path: Path, prefix: str) -> None:
    tensors = torches(STYLEGAN2, prefix) | torches(OTHER, "G.")
    safetensors.torch.save_file(tensors, tmp_path / "a.safetensors", {"z_dim": "6"})
    if prefix in ("", "decoder.", "model.module.generator."):  # none of the two says that it is the mean
        tensors = torches(STYLEGAN2, prefix)
        safetensors.torch.save_file(tensors, tmp_path / "a.safetensors", {"z_dim": "6"})
    same(tmp_path / "a.safetensors", STYLEGAN2, "stylegan2")
    assert read_checkpoint(tmp_path / "a.safetensors").arguments == {"z_dim": 6}


PICKLED: dict[str, Callable[[torch.nn.Module], Any]] = {
    "parallel": lambda net: {"G_ema": torch.nn.DataParallel(net), "G": network({}, OTHER)},
    "parallel itself": torch.nn.DataParallel,
    "inside another": lambda net: {"ema": Held(net)},
    "tuple": lambda net: (network({}, {"b8.fromrgb.weight": np.ones(2, np.float32)}), net),
    "averaged": lambda net: (
        {"model": network({}, OTHER), "ema": torch.optim.swa_utils.AveragedModel(torch.nn.ReLU())} | {"ema_model": net}
    ),
}


@pytest.mark.parametrize("case", PICKLED)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_networks_in_networks_keep_what_they_were_built_with(tmp_path: Path, case: str, protocol: int) -> None:
    path = dumped(tmp_path / "a.pkl", PICKLED[case](network(KWARGS, STYLEGAN2)), protocol)
    same(path, STYLEGAN2, "stylegan2")
    assert read_checkpoint(path).arguments == KWARGS


@pytest.mark.parametrize("protocol", [0, 1])
def test_the_oldest_protocols_are_read_with_arrays_of_any_length(tmp_path: Path, protocol: int) -> None:
    long = {**STYLEGAN2, "synthesis.b4.conv1.noise_const": np.random.default_rng(0).standard_normal((200, 200))}
    same(dumped(tmp_path / "a.pkl", {"g_ema": long}, protocol), long, "stylegan2")


def test_long_records_of_training_cost_nothing(tmp_path: Path) -> None:
    """Twice as many numbers as would be too many, if they were counted again when a generator is looked for."""
    same(dumped(tmp_path / "a.pkl", {"losses": [0.5] * 600_000, "g": dict(STYLEGAN2)}), STYLEGAN2, "stylegan2")


def test_a_mean_w_is_found_beside_the_generator(tmp_path: Path) -> None:
    table = {"state_dict": torches(ROSINALITY, "decoder."), "latent_avg": torch.ones(4, 16)}
    found = read_checkpoint(saved(tmp_path / "psp.pt", table))
    assert found.family == "rosinality"
    assert found.tensors["latent_avg"].shape == (4, 16)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_a_generator_in_torchscript_is_read_without_its_program(tmp_path: Path) -> None:
    def tree(tensors: Mapping[str, torch.Tensor]) -> torch.nn.Module:
        """Modules by the names of tensors."""
        root, inner = torch.nn.Identity(), {name.split(".")[0] for name in tensors}
        for name in inner:
            if name in tensors:
                root.register_buffer(name, tensors[name])
            else:
                start = f"{name}."
                root.add_module(name, tree({n[len(start) :]: t for n, t in tensors.items() if n.startswith(start)}))
        return root

    torch.jit.script(tree(torches(STYLEGAN2, "G."))).save(str(tmp_path / "a.pt"))
    same(tmp_path / "a.pt", STYLEGAN2, "stylegan2")


def packed(kind: str, raw: bytes) -> bytes:
    return {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}[kind](raw)


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_packed_files_are_unpacked(tmp_path: Path, kind: str) -> None:
    raw = dumped(tmp_path / "raw.pkl", {"G_ema": network(KWARGS, STYLEGAN2)}).read_bytes()
    (tmp_path / "a.pkl.gz").write_bytes(packed(kind, raw))
    same(tmp_path / "a.pkl.gz", STYLEGAN2, "stylegan2")
    (tmp_path / "cut").write_bytes(packed(kind, raw)[:-20])
    with pytest.raises(VjError, match="cut off"):
        read_checkpoint(tmp_path / "cut")
    (tmp_path / "bomb").write_bytes(packed(kind, bytes(SPARE_BYTES + (2 << 20))))
    with pytest.raises(VjError, match="unpacks to far more"):
        read_checkpoint(tmp_path / "bomb")


def test_numpys_own_files_are_read(tmp_path: Path) -> None:
    turned = {**STYLEGAN2, "synthesis.b4.const": np.asfortranarray(STYLEGAN2["synthesis.b4.const"])}
    np.savez(tmp_path / "a.npz", **turned)
    same(tmp_path / "a.npz", STYLEGAN2, "stylegan2")
    np.savez_compressed(tmp_path / "b.npz", **{f"G_ema.{name}": value for name, value in STYLEGAN2.items()})
    same(tmp_path / "b.npz", STYLEGAN2, "stylegan2")
    np.save(tmp_path / "c.npy", STYLEGAN2, allow_pickle=True)
    same(tmp_path / "c.npy", STYLEGAN2, "stylegan2")
    np.savez(tmp_path / "d.npz", G=np.array(STYLEGAN2, object), step=3)
    same(tmp_path / "d.npz", STYLEGAN2, "stylegan2")


def test_entries_of_npz_that_lie_are_refused(tmp_path: Path) -> None:
    entry = io.BytesIO()
    np.save(entry, np.zeros(4 << 20, np.float32))
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for k in range(SPARE_BYTES // (16 << 20) + 1):
            archive.writestr(f"{k}.npy", entry.getvalue())
    with pytest.raises(VjError, match="more memory"):
        read_checkpoint(tmp_path / "a.npz")
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY\1\0\x08\0{'a': 1}")
    with pytest.raises(VjError, match="header"):
        read_checkpoint(tmp_path / "b.npz")


def test_a_folder_with_one_checkpoint_is_that_checkpoint(tmp_path: Path) -> None:
    saved(tmp_path / "G_ema.pth", torches(STYLEGAN2))
    (tmp_path / "log.txt").write_text("words")
    same(tmp_path, STYLEGAN2, "stylegan2")
    saved(tmp_path / "G.pth", torches(OTHER))
    with pytest.raises(VjError, match=r"several checkpoints: G\.pth, G_ema\.pth"):
        read_checkpoint(tmp_path)


STRANGERS: dict[str, tuple[str, ...]] = {
    "StyleGAN-T": ("synthesis.b4.const", "synthesis.b4.conv1.affine.proj.weight"),
    "EG3D": ("backbone.synthesis.b4.const", "superresolution.block0.conv0.weight"),
    "FastGAN": ("synthesis.init.init.0.weight_orig", "synthesis.feat_8.1.weight_orig", "synthesis.se_64.main.1.weight"),
    "GFPGAN": ("stylegan_decoder.style_conv1.modulated_conv.modulation.weight", "conv_body_first.weight"),
    "a diffusion model": ("model.diffusion_model.input_blocks.0.0.weight", "first_stage_model.decoder.conv_in.weight"),
    "a LoRA": ("lora_unet_down_blocks_0_attentions_0.lora_up.weight",),
    "autoencoder": ("post_quant_conv.weight", "decoder.conv_in.weight"),
    "VQGAN": ("quantize.embedding.weight", "post_quant_conv.weight"),
    "discriminator": ("b8.fromrgb.weight", "b4.out.weight"),
    "encoder": ("encoder.input_layer.0.weight", "encoder.body.0.weight"),
    "optimizer": ("state.0.exp_avg", "state.0.exp_avg_sq", "state.0.step"),
    "language model": ("model.layers.0.self_attn.q_proj.weight",),
    "says what is in a picture": ("layer1.0.conv1.weight", "fc.weight"),
    "MMGeneration": ("generator_ema.style_mapping.1.weight",),
}


@pytest.mark.parametrize("word", STRANGERS)
@pytest.mark.parametrize("prefix", ["", "state_dict.module.G_ema."])
def test_what_is_of_another_kind_is_told_by_its_name(tmp_path: Path, word: str, prefix: str) -> None:
    """With what would help, and where; a download would not."""
    path = saved(tmp_path / "theirs.pth", {prefix + name: torch.ones(2) for name in STRANGERS[word]})
    with pytest.raises(VjError, match=word) as caught:
        bundle(str(path), tmp_path / "b", "b", Asked(), lambda step, part=None: None)
    assert caught.value.where == str(path)
    assert caught.value.hint
    assert "download" not in str(caught.value)
    assert "where: " in str(caught.value)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (OPTIMIZER, "optimizer"),
        ({"state": {}, "param_groups": [{"lr": 0.1}]}, "optimizer"),
        (torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3)), "2 tensors of a network that is not known, such as '0.weight'"),
        ({"model": {"deep": {"w": torch.ones(2)}}}, "a tensor of a network that is not known, such as 'model.deep.w'"),
        ({"epoch": 3}, "holds a table of 'epoch'"),
    ],
)
def test_a_file_without_a_generator_says_what_it_holds(tmp_path: Path, value: Any, word: str) -> None:
    path = saved(tmp_path / "a.pth", value)
    with pytest.raises(VjError, match=word) as caught:
        bundle(str(path), tmp_path / "b", "b", Asked(), lambda step, part=None: None)
    assert str(path) in str(caught.value)
    assert "download" not in str(caught.value)


@pytest.mark.parametrize(
    ("start", "word"),
    [
        (b"7z\xbc\xaf\x27\x1c", "7z archive"),
        (b"\x89HDF\r\n", "Keras"),
        (b"GGUF", "GGUF"),
        (bytes(257) + b"ustar", "tar archive"),
    ],
)
def test_other_formats_are_told(tmp_path: Path, start: bytes, word: str) -> None:
    (tmp_path / "a.pkl").write_bytes(start + bytes(300))
    with pytest.raises(VjError, match=word) as caught:
        read_checkpoint(tmp_path / "a.pkl")
    assert "download" not in str(caught.value)


@pytest.mark.parametrize("kind", [torch.complex64, torch.float8_e4m3fn])
def test_numbers_that_are_not_read_are_told_with_what_would_help(tmp_path: Path, kind: torch.dtype) -> None:
    odd = {name: tensor.to(kind) for name, tensor in torches(STYLEGAN2).items()}
    safetensors.torch.save_file(odd, tmp_path / "a.safetensors")
    files = ["a.safetensors"]
    if kind is torch.complex64:
        saved(tmp_path / "a.pt", {"G_ema": odd})
        files.append("a.pt")
    for file in files:
        with pytest.raises(VjError, match=r"storage|format") as caught:
            read_checkpoint(tmp_path / file)
        assert "float32" in caught.value.hint


def test_an_archive_of_checkpoints_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("network-snapshot.pkl", b"x")
    with pytest.raises(VjError, match=r"network-snapshot\.pkl.*") as caught:
        read_checkpoint(tmp_path / "a.zip")
    assert "unpack it" in str(caught.value)


def test_the_mean_of_training_is_preferred() -> None:
    """Whatever it is called, and wherever it stands."""
    mark = "synthesis.b4.const"
    for meant in ("G_ema", "ema", "gema", "generator_ema", "params_ema", "Gs", "model.ema_model", "swa"):
        for names in ([f"{meant}.{mark}", f"G.{mark}"], [f"G.{mark}", f"{meant}.{mark}"]):
            place = find(names)
            assert place is not None
            assert place.prefix == f"{meant}."
    assert find(["schema.weight", "d.b4.const"]) is None


def test_a_file_cut_short_is_told_what_would_help(tmp_path: Path) -> None:
    """Where it is, how to see whether it is whole, and another way in; not fetching what may be whole."""
    path = dumped(tmp_path / "net.pkl", {"G_ema": list(range(1000))})
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(VjError) as told:
        read_checkpoint(path)
    assert told.value.where == str(path)
    assert "compare its size" in told.value.hint
    assert "torch.onnx.export" in told.value.hint

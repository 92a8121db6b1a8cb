"""Every defect of a bundle is said in three parts: what, where, what to do."""

import hashlib
import re
import shutil

import pytest

from vj.core.errors import BundleError
from vj.core.shelf import share
from vj.generators.bundle import manifest
from vj.generators.bundle.opening import open_generator

WORLDS, DREAM = (share("models") / name for name in ("worlds", "dream"))


@pytest.fixture
def folder(tmp_path):
    """A copy of a shipped bundle that opens at once, to be damaged."""
    return shutil.copytree(DREAM, tmp_path / "copy")


def edit(folder, old, new):
    path = folder / "bundle.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def resum(folder, name):
    """Make the manifest agree with a changed file."""
    lines = (folder / "bundle.toml").read_text().splitlines()
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    kept = [f'"{name}" = "{digest}"' if line.startswith(f'"{name}"') else line for line in lines]
    (folder / "bundle.toml").write_text("\n".join(kept) + "\n")


def refused(folder, *words):
    with pytest.raises(BundleError) as caught:
        open_generator(str(folder))
    error = caught.value
    assert error.what
    assert error.where
    assert error.hint
    for word in words:
        assert word in str(error)
    return error


def test_shipped_bundle_reads():
    bundle = manifest.read_bundle(WORLDS)
    assert bundle.spec.groups == ("coarse", "middle", "fine")
    assert sum(bundle.spec.layers) == bundle.shapes["layers"] == len(bundle.layer_groups) >= 8
    assert set(bundle.turn) == set(bundle.groups)
    assert bundle.licence == "GPL-3.0-or-later"


def test_every_shipped_file_has_a_checksum():
    bundle = manifest.read_bundle(WORLDS)
    pictures = {"classes.jpg", "morphs.jpg", "poster.png", "walks.jpg"}
    unsigned = {p.name for p in WORLDS.iterdir()} - set(bundle.files) - {"bundle.toml", "README.md"} - pictures
    assert not unsigned


def test_every_bundle_has_a_card_and_a_poster_and_is_small():
    for name in manifest.bundle_names():
        folder = manifest.find_bundle(name)
        if folder.parent != share("models"):
            continue
        assert (folder / "README.md").is_file()
        assert (folder / "poster.png").is_file()
        assert sum(p.stat().st_size for p in folder.iterdir()) < 12e6


def test_found_by_name_and_by_path(folder):
    assert manifest.find_bundle("worlds") == WORLDS
    assert manifest.find_bundle(folder) == folder
    assert "worlds" in manifest.bundle_names()


def test_users_own_folder_is_searched(folder, monkeypatch):
    monkeypatch.setattr(manifest.platformdirs, "user_data_path", lambda *_, **__: folder.parent.parent)
    home = folder.parent.parent / "models"
    shutil.copytree(folder, home / "mine")
    assert "mine" in manifest.bundle_names()
    assert manifest.find_bundle("mine") == home / "mine"


def test_unknown_name_gets_the_nearest():
    with pytest.raises(BundleError, match="did you mean 'worlds'"):
        open_generator("wolrds")


def test_folder_without_manifest(tmp_path):
    with pytest.raises(BundleError, match="bundle"):
        manifest.read_bundle(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('kind = "onnx"\n', "", "'kind'"),
        ('kind = "onnx"', "kind = 3", "kind"),
        ('kind = "onnx"', 'kind = "onxx"', "did you mean 'onnx'"),
        ("resolution = [352, 192]", "resolution = [352]", "resolution"),
        ("resolution = [352, 192]", "resolution = [352, 0]", "resolution"),
        ("psi = [0.0, 1.2]", "psi = [2.0, 1.2]", "psi"),
        ("layers = 12", 'layers = "twelve"', "shapes.layers"),
        ("layers = 12", "layers = 14", "groups"),
        ("coarse = [0, 4]", "coarse = [1, 4]", "groups.coarse"),
        ("classes = ", "classes = 1", "shapes.classes"),
        ("z = 16", "z = 17", "'z' of mapper.onnx"),
        ("\nw = ", "\nw = 1", "'styles' of synthesizer.onnx"),
    ],
)
def test_wrong_manifest(folder, old, new, word):
    edit(folder, old, new)
    refused(folder, word)


def test_truncated_manifest(folder):
    path = folder / "bundle.toml"
    path.write_bytes(path.read_bytes()[:150])
    refused(folder)


def test_manifest_cut_inside_a_word(folder):
    (folder / "bundle.toml").write_text('kind = "on')
    refused(folder, "damaged")


def test_manifest_of_bytes(folder):
    (folder / "bundle.toml").write_bytes(b"\xff\xfe\x00" * 40)
    refused(folder, "damaged")


def test_wrong_checksum(folder):
    with (folder / "classes.txt").open("a") as file:
        file.write("another\n")
    refused(folder, "classes.txt", "sha256")


@pytest.mark.parametrize("name", ["mapper.onnx", "synthesizer.onnx", "classes.txt"])
def test_missing_file(folder, name):
    (folder / name).unlink()
    refused(folder, name)


@pytest.mark.parametrize("name", ["mapper.onnx", "synthesizer.onnx"])
def test_text_named_onnx(folder, name):
    (folder / name).write_text("This is not a network.\n" * 50)
    resum(folder, name)
    refused(folder, name, "not a usable ONNX file")


def test_damaged_protobuf(folder):
    path = folder / "synthesizer.onnx"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    resum(folder, path.name)
    refused(folder, path.name)


@pytest.mark.parametrize("classes", ["7", '"ink"', "true", "{ ink = 1 }"])
def test_classes_that_are_no_list(folder, classes):
    text = (folder / "bundle.toml").read_text()
    (folder / "bundle.toml").write_text(f"classes = {classes}\n" + text)
    refused(folder, "classes", "a list of names")


@pytest.mark.parametrize("end", ['"4"', "[4]", "{ a = 4 }", "true", "4.0"])
def test_groups_that_end_nowhere(folder, end):
    text = (folder / "bundle.toml").read_text()
    edited = re.sub(r"(?m)^coarse = \[.*\]$", f"coarse = [0, {end}]", text, count=1)
    assert edited != text
    (folder / "bundle.toml").write_text(edited)
    refused(folder, "groups.coarse")


def test_an_operator_whose_name_is_no_text(folder, capfd):
    path = folder / "mapper.onnx"
    onnx = pytest.importorskip("onnx", reason="needs the workshop")
    model = onnx.load(path)
    model.graph.node[0].op_type = "Nope"
    path.write_bytes(model.SerializeToString().replace(b"Nope", b"\xcd\x28pe"))
    resum(folder, path.name)
    refused(folder, "mapper.onnx", "not a usable ONNX file")
    assert capfd.readouterr().out == "", "ONNX Runtime's own fallback speaks to the terminal"


def test_networks_exchanged(folder):
    shutil.copy(folder / "synthesizer.onnx", folder / "mapper.onnx")
    resum(folder, "mapper.onnx")
    refused(folder, "mapper.onnx", "no input 'z'")


def test_direction_that_is_not_in_its_file(folder):
    edit(folder, '"hue", ', '"hue", "mood", ')
    refused(folder, "'mood' is not in it")


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 8, b"\x02" + b"\0" * 7 + b"{}", b"\x05" + b"\0" * 7 + b'{"hu"', b"\0" * 400]
)
def test_damaged_directions(folder, content):
    (folder / "directions.safetensors").write_bytes(content)
    resum(folder, "directions.safetensors")
    refused(folder, "directions.safetensors")

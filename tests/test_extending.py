"""The examples of docs/extending.md, dropped where the page says: the shelves know them and the contracts hold."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
#: What each example says it is called -> the example.
EXAMPLES = dict(re.findall(r"^```python\n# (vj/\S+\.py)\n(.*?)^```", PAGE, re.M | re.S))
CONTRACTS = {shelf: f"tests/{shelf}/test_shelf_{shelf}.py" for shelf in ("directors", "features")}
CONTRACTS["worlds"] = "tests/workshop/test_worlds.py"
CONTRACTS["targets"] = "tests/outputs/test_shelf_targets.py"
CONTRACTS["importers"] = "tests/workshop/test_shelf_importers.py"
COPIED = ("pyproject.toml", "tests/conftest.py", "tests/test_floors.py", *CONTRACTS.values())


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house, with every example in its place."""
    copy = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "vj", copy / "vj", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("models", "setlists", "shaders"):
        (copy / name).symlink_to(ROOT / name)
    for name in COPIED:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    for name, code in EXAMPLES.items():
        assert not (copy / name).exists(), f"{name} is no new file"
        (copy / name).write_text(code, encoding="utf-8")
    return copy


def _run(checkout: Path, *command: str) -> str:
    env = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run(
        [sys.executable, *command], cwd=checkout, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_has_one_for_every_shelf() -> None:
    assert {Path(name).parent.name for name in EXAMPLES} == set(CONTRACTS)
    assert len(EXAMPLES) == PAGE.count("```python")


@pytest.fixture(scope="module")
def contracts(checkout: Path) -> str:
    """What the contracts say of the examples, and the floors."""
    # Rows drawn alone take bundles of their own, as long in the making as all the rest: only for those that ship.
    asked = f"({' or '.join(Path(name).stem for name in EXAMPLES)}) and not band_of_rows and not brings"
    return _run(checkout, "-m", "pytest", "-v", *CONTRACTS.values(), "tests/test_floors.py", "-k", asked)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_contract_of_its_shelf_holds(name: str, contracts: str) -> None:
    path = Path(name)
    contract = CONTRACTS[path.parent.name]
    if path.parent.name == "importers":
        pytest.importorskip("torch", reason="needs the workshop")
    assert f"\npython -m pytest {contract} -k {path.stem}\n" in PAGE
    assert re.search(rf"^{contract}::\S*\b{path.stem}\b.* PASSED", contracts, re.M), contracts


def test_the_shelves_know_them(checkout: Path) -> None:
    addresses = _run(checkout, "-m", "vj.apps.cli", "osc", "list")
    features = _run(checkout, "-m", "vj.apps.cli", "features")
    worlds = _run(checkout, "-c", "from vj.workshop.worlds.forms import WORLDS; print(*WORLDS)").split()
    kinds = _run(checkout, "-c", "from vj.outputs.sending.kinds import KINDS; print(*KINDS)").split()
    families = _run(checkout, "-c", "from vj.workshop.import_checkpoint import TOOLS; print(*TOOLS)").split()
    for path in map(Path, EXAMPLES):
        if path.parent.name in ("targets", "importers"):
            assert path.stem in (kinds if path.parent.name == "targets" else families)
        elif path.parent.name == "directors":
            assert re.search(rf"^/director/{path.stem}/", addresses, re.M)
            assert re.search(rf"^/director/select\t.*\b{path.stem}\b", addresses, re.M)
        elif path.parent.name == "features":
            assert re.search(rf"^{path.stem}\.", features, re.M)
        else:
            assert worlds[-1] == path.stem
            assert worlds[0] == "ink"


#: A network as PyTorch's example has it, its picture of one z, and what our bundle of it shows.
_IMPORTED = """
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn

torch.manual_seed(3)
layers = [nn.ConvTranspose2d(9, 16, 4, 1, 0, bias=False)]
for ins, outs in ((16, 12), (12, 8), (8, 8), (8, 3)):
    layers += [nn.BatchNorm2d(ins), nn.ReLU(True), nn.ConvTranspose2d(ins, outs, 4, 2, 1, bias=False)]
net = nn.Module()
net.main = nn.Sequential(*layers, nn.Tanh())
z = torch.randn(5, 9)
for _ in range(30):
    net.main(torch.randn(16, 9, 1, 1))
net.eval()
torch.save(net.state_dict(), "netG_epoch_24.pth")
from vj.workshop.import_checkpoint import bundle
from vj.workshop.onnx.importer import Asked
made = Path("made")
bundle("netG_epoch_24.pth", made, "dcgan", Asked(), lambda *told: None)
assert (made / "bundle.toml").exists()
mapper, synthesizer = (onnxruntime.InferenceSession(made / f"{n}.onnx") for n in ("mapper", "synthesizer"))
(w,) = mapper.run(None, {"z": z.numpy(), "psi": np.ones(5, np.float32)})
(image,) = synthesizer.run(None, {"styles": w[:, None]})
with torch.no_grad():
    wanted = net.main(z[..., None, None]).numpy()
assert image.shape == wanted.shape == (5, 3, 64, 64)
print(np.abs(image - wanted).max() < 1e-4 < wanted.std())
"""


def test_what_the_importer_writes_shows_what_torch_does(checkout: Path) -> None:
    pytest.importorskip("torch", reason="needs the workshop")
    assert _run(checkout, "-c", _IMPORTED).split()[-1] == "True"


def test_they_are_written_as_the_house_is(checkout: Path) -> None:
    _run(checkout, "-m", "ruff", "check", *EXAMPLES)
    _run(checkout, "-m", "ruff", "format", "--check", *EXAMPLES)

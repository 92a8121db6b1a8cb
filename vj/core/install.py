"""Which command adds what an installation lacks: an error is to end in a line that can be copied and run."""

import sys
from pathlib import Path

from vj.core.errors import VjError

_CHECKOUT = Path(__file__).resolve().parent.parent.parent
#: Extras that `make workshop` brings.
_WORKSHOP = ("workshop", "diffusion", "torch")
#: Packages whose module goes by another name.
_MODULES = {
    "PIL": "pillow",
    "aubio": "aubio-ledfx",
    "pythonosc": "python-osc",
    "rtmidi": "python-rtmidi",
    "supriya_midi": "supriya-midi",
    "google": "protobuf",
    "pytorch_pretrained_biggan": "pytorch-pretrained-biggan",
}


def extra(name: str) -> str:
    """The command that installs the extra called `name` beside this vj."""
    checkout = (_CHECKOUT / "pyproject.toml").is_file()
    if checkout and name in _WORKSHOP and Path(sys.prefix) == _CHECKOUT / ".venv":
        return f"make -C {_CHECKOUT} workshop"
    return f'{sys.executable} -m pip install "{f"{_CHECKOUT}[{name}]" if checkout else f"vj[{name}]"}"'


def package(module: str) -> str:
    """The command that installs the package that `module` belongs to."""
    return f"{sys.executable} -m pip install {_MODULES.get(module, module)}"


def missing(error: ModuleNotFoundError) -> VjError | None:
    """What to tell of a package that vj depends on and that is not there; None where it is a module of our own."""
    module = (error.name or "").partition(".")[0]
    if not module or module == "vj":
        return None
    return VjError(f"the package {_MODULES.get(module, module)} is not installed", sys.prefix, package(module))

"""Writes pickles as the official StyleGAN of 2019 did: three TensorFlow networks, each a list of named arrays."""

import pickle
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]


class Network:
    """A network whose state is its name, arguments, variables and components."""

    def __init__(self, name: str, kwargs: Mapping[str, Any], variables: Arrays, **components: "Network") -> None:
        self._state = {
            "version": 3,
            "name": name,
            "static_kwargs": dict(kwargs),
            "components": components,
            "build_module_src": "raise SystemExit('the source in a checkpoint was run')\n",
            "build_func_name": "G_style",
            "variables": list(variables.items()),
        }

    def __getstate__(self) -> dict[str, Any]:
        return self._state

    def __setstate__(self, state: dict[str, Any]) -> None:
        raise AssertionError("a checkpoint was rebuilt by its own means")


def write_networks(path: Path, kwargs: Mapping[str, Any], own: Arrays, mapping: Arrays, synthesis: Arrays) -> Path:
    """The official (G, D, Gs) tuple; Gs holds what is given."""
    shown = Network(
        "Gs", kwargs, own, mapping=Network("G_mapping", {}, mapping), synthesis=Network("G_synthesis", {}, synthesis)
    )
    names = ("dnnlib", "dnnlib.tflib", "dnnlib.tflib.network")
    made = {name: types.ModuleType(name) for name in names}
    made[names[-1]].Network = Network  # type: ignore[attr-defined]
    home, Network.__module__ = Network.__module__, names[-1]
    sys.modules.update(made)
    try:
        path.write_bytes(pickle.dumps((Network("G", {}, {}), Network("D", {}, {}), shown), pickle.HIGHEST_PROTOCOL))
    finally:
        Network.__module__ = home
        for name in names:
            sys.modules.pop(name, None)
    return path

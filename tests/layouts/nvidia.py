"""Writes snapshots as StyleGAN2-ADA and StyleGAN3 do, from keyword arguments and tensors, without their code.

The layout is that of torch_utils/persistence.py: each network pickles itself as a call of `_reconstruct_persistent_obj`
with its class name, its attributes and the source of its module. The fake modules exist only while a file is written.
"""

import contextlib
import pickle
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

#: Last parts of the names of tensors that are buffers, not parameters.
BUFFERS = frozenset(
    {
        *("w_avg", "noise_const", "resample_filter", "magnitude_ema"),
        *("up_filter", "down_filter", "freqs", "phases", "transform"),
    }
)
#: What a snapshot carries as its source; it would be seen if anybody ran it.
SOURCE = "raise SystemExit('the source in a checkpoint was run')\n"


class EasyDict(dict[str, Any]):
    """A dictionary whose keys are attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


def _reconstruct_persistent_obj(meta: Any) -> Any:
    raise AssertionError("a checkpoint was rebuilt by its own means")


class Network(torch.nn.Module):
    """A network that pickles itself as NVIDIA's do."""

    def __init__(self, class_name: str, init_kwargs: Mapping[str, Any] | None = None, easy: bool = False) -> None:
        super().__init__()
        self._class_name = class_name
        self._easy = easy
        self._init_args = ()
        self._init_kwargs = EasyDict(init_kwargs or {})

    def __reduce__(self) -> tuple[Any, ...]:
        state = {key: value for key, value in self.__dict__.items() if key not in ("_class_name", "_easy")}
        meta = {"type": "class", "version": 6, "module_src": SOURCE, "class_name": self._class_name, "state": state}
        return _reconstruct_persistent_obj, (EasyDict(meta) if self._easy else meta,), None


def network(init_kwargs: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]], easy: bool = False) -> Network:
    """A tree of networks that holds `tensors` by their dotted names."""
    root = Network("Generator", init_kwargs, easy)
    for name, values in tensors.items():
        *path, leaf = name.split(".")
        at = root
        for part in path:
            if part not in at._modules:
                at.add_module(part, Network(f"{part.capitalize()}Network", {}, easy))
            child = at._modules[part]
            assert isinstance(child, Network)
            at = child
        tensor = torch.from_numpy(np.array(values))
        if name == "mapping.embed.weight" and "mapping.embed.bias" not in tensors:  # StyleGAN-XL keeps torch's own
            del root.get_submodule("mapping")._modules["embed"]
            root.get_submodule("mapping").add_module(
                "embed", torch.nn.Embedding(tensor.shape[0], tensor.shape[1], _weight=tensor)
            )
            continue
        if leaf in BUFFERS or not tensor.is_floating_point():
            at.register_buffer(leaf, tensor)
        else:
            at.register_parameter(leaf, torch.nn.Parameter(tensor, requires_grad=False))
    return root


def write_snapshot(
    path: Path,
    init_kwargs: Mapping[str, Any],
    tensors: Mapping[str, npt.NDArray[Any]],
    protocol: int = 4,
    easy: bool = False,
) -> Path:
    """A `network-snapshot-*.pkl` whose G_ema was built with `init_kwargs` and holds `tensors`; G and D are other ones.

    easy        writes the description of a network as an EasyDict, not as a dict; both are met
    """
    other = {"mapping.fc0.weight": np.zeros((2, 2), np.float32)}
    contents = {
        "G": network(init_kwargs, other, easy),
        "D": network({"c_dim": 0}, {"b4.fc.weight": np.ones((2, 2), np.float32)}, easy),
        "G_ema": network(init_kwargs, tensors, easy),
        "augment_pipe": None,
        "training_set_kwargs": EasyDict(class_name="training.dataset.ImageFolderDataset", path="faces.zip", max_size=7),
    }
    with official_modules():
        path.write_bytes(pickle.dumps(contents, protocol))
    return path


@contextlib.contextmanager
def official_modules() -> Iterator[None]:
    """Have `torch_utils.persistence` and `dnnlib.util` while pickling, and take them away again."""
    homes: dict[str, Any] = {"torch_utils.persistence": _reconstruct_persistent_obj, "dnnlib.util": EasyDict}
    kept = {thing: thing.__module__ for thing in homes.values()}
    made: dict[str, types.ModuleType] = {}
    for home, thing in homes.items():
        package = home.split(".")[0]
        made.setdefault(package, types.ModuleType(package))
        made[home] = types.ModuleType(home)
        setattr(made[home], thing.__name__, thing)
        thing.__module__ = home
    sys.modules.update(made)
    try:
        yield
    finally:
        for name in made:
            sys.modules.pop(name, None)
        for thing, module in kept.items():
            thing.__module__ = module

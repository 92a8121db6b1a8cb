"""Where each family of generators keeps its network inside a checkpoint, and how it is told from the others."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vj.core.errors import CheckpointError
from vj.workshop._checkpoint_modules import as_array, dotted, is_array, is_module, module_tensors, plain, table_tensors
from vj.workshop._pickle_tensors import Array
from vj.workshop._pickle_values import MOST_NESTED, Budget, Global, Inert, shown

#: A tensor that only networks of the family have.
_MARKS: Mapping[str, str] = {
    "synthesis.input.freqs": "stylegan3",
    "synthesis.b4.const": "stylegan2",
    "conv1.conv.modulation.weight": "rosinality",
    "generator.gen_z.weight_orig": "biggan",
    "generator.gen_z.weight": "biggan",  # where spectral norm has been folded
    "synthesis/4x4/Const/const": "stylegan1",
}
#: StyleGAN2 in TensorFlow is told from StyleGAN1 by a tensor ending like this.
_STYLEGAN2_TF = "/mod_weight"
_NETWORK = "Network"

#: Family, arguments, tensors.
Found = tuple[str, dict[str, Any], dict[str, Array]]


def find_generator(root: Any, budget: Budget) -> Found:
    """The generator in the value of a checkpoint.

    It is looked for under G_ema (StyleGAN2-ADA, StyleGAN3), g_ema (rosinality) and state_dict, as the last of a row of
    TensorFlow networks (StyleGAN1), and in the value itself. Raises CheckpointError where it is in none of them.
    """
    network = _network(root)
    if is_module(network):
        arguments = plain(network.state.get("_init_kwargs") or {}, budget)
        tensors = module_tensors(network, budget)
        return family(tensors), arguments if isinstance(arguments, dict) else {}, tensors
    if isinstance(network, Inert) and network.of.name == _NETWORK and isinstance(network.state, dict):
        arguments = plain(network.state.get("static_kwargs") or {}, budget)
        tensors = _tf_tensors(network, budget)
        return family(tensors), arguments if isinstance(arguments, dict) else {}, tensors
    if isinstance(network, dict):
        tensors = table_tensors(network, budget)
        if isinstance(root, dict) and is_array(root.get("latent_avg")):
            tensors["latent_avg"] = as_array("latent_avg", root["latent_avg"], budget)
        if tensors:
            return family(tensors), _script_arguments(root, budget), tensors
    raise CheckpointError(
        f"the file holds no generator; it holds {_contents(root)}",
        hint="give a StyleGAN2 or 3 network-snapshot .pkl, a rosinality .pt, a BigGAN folder or safetensors",
    )


def family(tensors: Mapping[str, Array]) -> str:
    """The family that names its tensors like this, "unknown" if none does."""
    if any(name.endswith(_STYLEGAN2_TF) for name in tensors):
        return "stylegan2-tf"
    return next((of for mark, of in _MARKS.items() if mark in tensors), "unknown")


def _network(root: Any) -> Any:
    """The part of a checkpoint that is the generator to show."""
    if isinstance(root, dict):
        for name in ("G_ema", "g_ema", "state_dict"):
            if isinstance(root.get(name), dict | Inert):
                return root[name]
    if isinstance(root, tuple | list) and root and all(isinstance(part, Inert) for part in root):
        return root[-1]
    return root


def _script_arguments(root: Any, budget: Budget) -> dict[str, Any]:
    """What a training script was started with, where it kept its `argparse.Namespace`."""
    args = root.get("args") if isinstance(root, dict) else None
    if isinstance(args, Inert) and args.of == Global("argparse", "Namespace"):
        args = args.state
    arguments = plain(args, budget) if isinstance(args, dict) else {}
    return dict(arguments)


def _tf_tensors(network: Inert, budget: Budget, prefix: str = "", depth: int = 0) -> dict[str, Array]:
    """Variables of a `dnnlib.tflib.network.Network` and of its components, as component/variable."""
    if depth > MOST_NESTED:
        raise CheckpointError(f"the file has networks nested more than {MOST_NESTED} deep")
    budget.count()
    state = network.state if isinstance(network.state, dict) else {}
    variables, components = state.get("variables") or [], state.get("components") or {}
    if not isinstance(variables, list) or not isinstance(components, dict):
        raise CheckpointError(f"the network {shown(prefix)} keeps no list of variables")
    budget.count(len(variables) + len(components))
    found: dict[str, Array] = {}
    for pair in variables:
        if not (isinstance(pair, tuple | list) and len(pair) == 2 and isinstance(pair[0], str)):
            raise CheckpointError(f"the network {shown(prefix)} has a variable without a name")
        name, value = dotted(prefix, pair[0]), pair[1]
        single = isinstance(value, int | float)  # TensorFlow hands out a variable without axes as a number
        found[name] = np.array(value, np.float32) if single else as_array(name, value, budget)
    for name, component in components.items():
        if isinstance(component, Inert) and isinstance(name, str):
            found |= _tf_tensors(component, budget, dotted(prefix, name) + "/", depth + 1)
    return found


def _contents(root: Any) -> str:
    """What a checkpoint holds, in a few words."""
    if isinstance(root, dict):
        names = ", ".join(shown(name) for name in list(root)[:8])
        return f"a table of {names}" if names else "an empty table"
    return f"an object of class {shown(str(root.of))}" if isinstance(root, Inert) else f"a {type(root).__name__}"

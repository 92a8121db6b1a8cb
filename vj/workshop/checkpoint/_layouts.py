"""Where each family of generators keeps its network inside a checkpoint, and how it is told from the others."""

from typing import Any

import numpy as np

from vj.core.errors import CheckpointError
from vj.workshop.checkpoint import _families, strangers
from vj.workshop.checkpoint._contents import Contents
from vj.workshop.checkpoint._modules import as_array, dotted, is_module, module_tensors, plain, table_tensors
from vj.workshop.checkpoint._pickle_tensors import Array
from vj.workshop.checkpoint.values import MOST_NESTED, Budget, Global, Inert, shown

_NETWORK = "Network"
#: Where training scripts keep what they were started with.
_ARGUMENTS = ("args", "hyper_parameters", "hparams", "config", "cfg", "opt")
#: Families whose mean w training keeps beside the network.
_MEAN_BESIDE = ("rosinality", "basicsr")
#: Its name there.
_MEAN = "latent_avg"

#: Family, arguments, tensors.
Found = tuple[str, dict[str, Any], dict[str, Array]]


def find_generator(root: Any, budget: Budget) -> Found:
    """The generator in the value of a checkpoint, wherever in it that is.

    One of a known family is found by the names of its tensors, in tables, tuples, networks and what wraps them; of
    several the mean of training is taken. Else what lies under G_ema, g_ema, state_dict or in the value itself is of
    the family "unknown". Raises CheckpointError where there is none, or one of a kind that is known and not read.
    """
    contents = Contents(budget).look(root)
    if kind := strangers.disguised(contents.tensors):
        raise _stranger(kind)
    place = _families.find(contents.tensors)
    if place is None:
        return _unknown(root, contents, budget)
    network = contents.networks.get(place.prefix)
    if network is not None and network.of.name == _NETWORK:
        tensors = _tf_tensors(network, budget)
    else:
        owned = {place.own(name): (name, value) for name, value in contents.tensors.items()}
        tensors = {own: as_array(name, value, budget) for own, (name, value) in owned.items() if own is not None}
    if place.family in _MEAN_BESIDE and _MEAN not in tensors:
        mean = min((name for name in contents.tensors if name.split(".")[-1] == _MEAN), key=len, default=None)
        if mean is not None:
            tensors[_MEAN] = as_array(mean, contents.tensors[mean], budget)
    return place.family, _arguments(root, network, budget), tensors


def _arguments(root: Any, network: Inert | None, budget: Budget) -> dict[str, Any]:
    """What the network was built with, as it keeps it itself, or what its training was started with."""
    state = network.state if network is not None and isinstance(network.state, dict) else {}
    for own in ("_init_kwargs", "static_kwargs"):
        if own in state:
            arguments = plain(state[own] or {}, budget)
            return arguments if isinstance(arguments, dict) else {}
    return _script_arguments(root, budget)


def _unknown(root: Any, contents: Contents, budget: Budget) -> Found:
    """A network of none of the families, or the error that says what there is instead."""
    if kind := strangers.other(contents.tensors):
        raise _stranger(kind)
    network = _network(root)
    if is_module(network):
        arguments = plain(network.state.get("_init_kwargs") or {}, budget)
        return "unknown", arguments if isinstance(arguments, dict) else {}, module_tensors(network, budget)
    if isinstance(network, Inert) and network.of.name == _NETWORK and isinstance(network.state, dict):
        arguments = plain(network.state.get("static_kwargs") or {}, budget)
        return "unknown", arguments if isinstance(arguments, dict) else {}, _tf_tensors(network, budget)
    if isinstance(network, dict):
        tensors = table_tensors(network, budget)
        if tensors:
            return "unknown", _script_arguments(root, budget), tensors
    if contents.tensors:
        tensors = {name: as_array(name, value, budget) for name, value in contents.tensors.items()}
        return "unknown", _script_arguments(root, budget), tensors
    if isinstance(root, dict) and {"state", "param_groups"} <= root.keys():
        raise _stranger(strangers.OPTIMIZER)
    raise CheckpointError(
        f"the file holds no generator; it holds {_contents(root)}",
        hint="give a StyleGAN2 or 3 network-snapshot .pkl, a rosinality .pt, a BigGAN folder or safetensors",
    )


def _stranger(kind: strangers.Stranger) -> CheckpointError:
    return CheckpointError(f"it is {kind.what}", hint=kind.hint)


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
    for name in _ARGUMENTS if isinstance(root, dict) else ():
        args = root.get(name)
        if isinstance(args, Inert) and args.of == Global("argparse", "Namespace"):
            args = args.state
        if isinstance(args, dict):
            return dict(plain(args, budget))
    return {}


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

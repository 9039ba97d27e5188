"""The names that other programs give a network's parameters, and which of them a file uses.

A file is a dictionary of tensors by key. Each convention says which key every parameter has:

| convention          | keys of block1_conv2's kernel and bias        | layout of a kernel     |
|---------------------|-----------------------------------------------|------------------------|
| Caffe, lists        | `conv1_2.0`, `conv1_2.1`                      | height, width, in, out |
| Caffe, dictionaries | `conv1_2.weights`, `conv1_2.biases`           | height, width, in, out |
| torchvision         | PREFIX `features.2.weight`, `features.2.bias` | out, in, height, width |

PREFIX is what stands before all keys of a file: `module.`, `state_dict.`, nothing. A file is
recognised by trying all of CONVENTIONS: its own is the one by which it has most of the network's
parameters, behind the prefix behind which it has most.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from ..network.graph import Network

# {layer: {parameter: key}}
Keys = dict[str, dict[str, str]]

# VGG's dense layers by the names of Keras, and Caffe's names for them
CAFFE_DENSE = {"fc1": "fc6", "fc2": "fc7", "predictions": "fc8"}
# this program's names for parameters, and torch's
TORCH_PARAMETERS = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "mean": "running_mean",
    "variance": "running_var",
}
# a prefix is empty, or ends with one of these
PREFIX_END = re.compile(r"^|\W|_")


@dataclass(frozen=True)
class Convention:
    """How one program names parameters and lays out kernels."""

    maker: str
    # whether the program has such a network at all
    has_network: Callable[[Network], bool]
    # the key of each parameter, without a prefix
    keys: Callable[[Network], Keys]
    # kernels are [out, in, height, width] and [out, in], not [height, width, in, out] and [in, out]
    channels_first: bool = False
    any_prefix: bool = False


@dataclass(frozen=True)
class Match:
    """The parameters of a network that a file has by a convention."""

    convention: Convention
    # only of what the file has
    keys: Keys
    prefix: str = ""
    # other prefixes behind which the file has as many parameters
    ambiguous_prefixes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many parameters the file has."""
        return sum(map(len, self.keys.values()))


def caffe_has(network: Network) -> bool:
    """Whether Caffe's model zoo has the network: VGG and AlexNet."""
    return network.variant in ("", "caffe") and network.name.startswith(("vgg", "alexnet"))


def caffe_keys(kernel: str, bias: str, network: Network) -> Keys:
    """block1_conv2/kernel: `conv1_2.0` if kernels end with `0`."""
    keys: Keys = {}
    for layer in network.parameters():
        name = re.sub(r"block(\d)_conv", r"conv\1_", CAFFE_DENSE.get(layer, layer))
        keys[layer] = {"kernel": f"{name}.{kernel}", "bias": f"{name}.{bias}"}
    return keys


def torchvision_has(network: Network) -> bool:
    """Whether torchvision has the network; of VGG all have the same layers."""
    is_torchvisions = network.variant == "torchvision" or network.name.startswith("vgg")
    return bool(network.aliases) and is_torchvisions


def torchvision_keys(network: Network) -> Keys:
    """block1_conv2/kernel: `features.2.weight`; torchvision's names are the network's aliases."""
    modules: dict[str, str] = {}
    for alias, layer in network.aliases.items():
        # a rectifier within a layer has an alias of its own, behind the layer's
        modules.setdefault(layer, alias)
    keys: Keys = {}
    for layer, parameters in network.parameters().items():
        if layer not in modules:
            continue
        module = modules[layer]
        keys[layer] = {name: f"{module}.{TORCH_PARAMETERS[name]}" for name in parameters}
        # looked for where there should be none, too: then the file is another network's
        if "kernel" in parameters:
            keys[layer]["bias"] = f"{module}.bias"
    return keys


# a tie goes to the earlier one
CONVENTIONS = (
    Convention("Caffe", caffe_has, partial(caffe_keys, "0", "1")),
    Convention("Caffe", caffe_has, partial(caffe_keys, "weights", "biases")),
    Convention(
        "torchvision", torchvision_has, torchvision_keys, channels_first=True, any_prefix=True
    ),
)


def recognise(network: Network, names: Collection[str]) -> Match | None:
    """The convention by which a file has most of a network's parameters; None if it has none.

    names: the file's keys.
    """
    matches = [
        match(convention, network, names)
        for convention in CONVENTIONS
        if convention.has_network(network)
    ]
    best = max(matches, key=lambda one: one.count, default=None)
    if best is None or not best.count:
        return None
    return best


def match(convention: Convention, network: Network, names: Collection[str]) -> Match:
    """What a file with keys of these names has of a network by one convention."""
    keys = convention.keys(network)
    if not convention.any_prefix:
        return Match(convention, present(keys, names))
    counts = count_prefixes(keys, names)
    prefix = max(counts, key=lambda one: counts[one], default="")
    ambiguous = [one for one in counts if one != prefix and counts[one] == counts[prefix]]
    prefixed: Keys = {}
    for layer, parameters in keys.items():
        prefixed[layer] = {name: prefix + key for name, key in parameters.items()}
    return Match(convention, present(prefixed, names), prefix, tuple(ambiguous))


def count_prefixes(keys: Keys, names: Collection[str]) -> Counter[str]:
    """How many of the keys stand behind each prefix."""
    expected: set[str] = set()
    for parameters in keys.values():
        expected.update(parameters.values())
    counts: Counter[str] = Counter()
    for name in names:
        for end in PREFIX_END.finditer(name):
            if name[end.end() :] in expected:
                counts[name[: end.end()]] += 1
    return counts


def present(keys: Keys, names: Collection[str]) -> Keys:
    """Those of the keys that a file has; layers of which it has nothing are left out."""
    found: Keys = {}
    for layer, parameters in keys.items():
        in_file = {name: key for name, key in parameters.items() if key in names}
        if in_file:
            found[layer] = in_file
    return found


def nearest_network(
    names: Collection[str], candidates: list[Network], preferred: str = ""
) -> Network:
    """The network most of whose parameters a file has, and that lacks fewest.

    Where several do, the one of the name `preferred`, otherwise the first.
    """

    def distance(network: Network) -> tuple[int, int, bool]:
        best = recognise(network, names)
        count = 0
        if best is not None:
            count = best.count
        return -count, len(network.parameters()), network.name != preferred

    return min(candidates, key=distance)

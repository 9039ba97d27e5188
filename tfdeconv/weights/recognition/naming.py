"""The names of a network's parameters by program: which program has a network, and its keys."""

from __future__ import annotations

import re
from collections.abc import Callable

from ...network.graph import Network

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
# and TF-Slim's
SLIM_PARAMETERS = {
    "kernel": "weights",
    "bias": "biases",
    "gamma": "gamma",
    "beta": "beta",
    "mean": "moving_mean",
    "variance": "moving_variance",
}
# variants of ResNets by torchvision's names
TORCH_VARIANTS = ("torchvision", "torchvision-dilated", "caffe-torch", "detectron")
# those of torchvision's own stem and those with all strides in a bottleneck's first convolution
DETECTION_VARIANTS = ("detectron", "torchvision")
# the children of a ResNet in a row, by their numbers in nn.Sequential(*model.children())
CHILDREN = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")
# VGG's dense layers as torchvision numbers them, and as its first files did
FIRST_ZOO = {"classifier.0": "classifier.1", "classifier.3": "classifier.4"}


def caffe_has(network: Network) -> bool:
    """Whether Caffe's model zoo has the network: VGG and AlexNet."""
    is_caffes = re.fullmatch(r"vgg\d+|alexnet", network.name) is not None
    return is_caffes and network.variant in ("", "caffe", "caffenet")


def caffe_keys(kernel: str, bias: str, network: Network) -> Keys:
    """block1_conv2/kernel: `conv1_2.0` if kernels end with `.0`."""
    keys: Keys = {}
    for layer in network.parameters():
        name = re.sub(r"block(\d)_conv", r"conv\1_", CAFFE_DENSE.get(layer, layer))
        keys[layer] = {"kernel": name + kernel, "bias": name + bias}
    return keys


def slim_has(network: Network) -> bool:
    """Whether TF-Slim has the network: VGG without norms, and ResNets with the stride last."""
    is_vgg = re.fullmatch(r"vgg1[169]", network.name) is not None
    return is_vgg or network.variant == "slim"


def slim_keys(network: Network) -> Keys:
    """block1_conv2/kernel: `conv1/conv1_2/weights`; those of ResNets are the network's aliases."""
    modules: dict[str, str] = {}
    if network.variant == "slim":
        for alias, layer in network.aliases.items():
            modules.setdefault(layer, alias)
    else:
        for layer in network.parameters():
            name = re.sub(r"block(\d)_conv", r"conv\1/conv\1_", CAFFE_DENSE.get(layer, layer))
            modules[layer] = name
    keys: Keys = {}
    for layer, parameters in network.parameters().items():
        keys[layer] = {name: f"{modules[layer]}/{SLIM_PARAMETERS[name]}" for name in parameters}
    return keys


def torchvision_has(network: Network) -> bool:
    """Whether torchvision has the network; of VGG all have the same layers."""
    is_torchvisions = network.variant in TORCH_VARIANTS or network.name.startswith("vgg")
    return bool(network.aliases) and is_torchvisions


def torchvision_keys(network: Network) -> Keys:
    """block1_conv2/kernel: `features.2.weight`; torchvision's names are the network's aliases."""
    modules: dict[str, str] = {}
    for alias, layer in network.aliases.items():
        # a rectifier within a layer has an alias of its own, behind the layer's
        modules.setdefault(layer, alias)
    keys: Keys = {}
    for layer, parameters in network.parameters().items():
        if layer in modules:
            module = modules[layer]
            keys[layer] = {name: f"{module}.{TORCH_PARAMETERS[name]}" for name in parameters}
    return keys


def first_zoo_has(network: Network) -> bool:
    """Whether torch's zoo of 2017 had the network converted from Caffe's: VGG."""
    return re.fullmatch(r"vgg\d+", network.name) is not None and "features.0" in network.aliases


def is_resnet(variants: tuple[str, ...], network: Network) -> bool:
    """Whether it is a ResNet of one of the variants."""
    return network.name.startswith("res") and network.variant in variants


def renamed(rename: Callable[[str], str], network: Network) -> Keys:
    """torchvision's keys with the module of each parameter renamed."""
    keys = torchvision_keys(network)
    for parameters in keys.values():
        for name, key in parameters.items():
            module, dot, parameter = key.rpartition(".")
            parameters[name] = rename(module) + dot + parameter
    return keys


def first_zoo_module(module: str) -> str:
    """VGG's dense layers had a dropout before them: they are 1, 4 and 6."""
    return FIRST_ZOO.get(module, module)


def child_module(module: str) -> str:
    """layer1.0.conv1: `4.0.conv1`, a ResNet's children in a row."""
    child, dot, rest = module.partition(".")
    if child not in CHILDREN:
        return module
    return f"{CHILDREN.index(child)}{dot}{rest}"


def stem_module(module: str) -> str:
    """conv1: `stem.conv1`, as maskrcnn-benchmark has it."""
    return f"stem.{module}" if module in ("conv1", "bn1") else module


def detectron_module(module: str) -> str:
    """layer1.0.bn2: `res2.0.conv2.norm`, as detectron2 has it."""
    if module == "fc":
        return "linear"
    module = stem_module(module)
    module = re.sub(r"layer(\d)", lambda found: f"res{int(found[1]) + 1}", module)
    module = module.replace("downsample.0", "shortcut").replace("downsample.1", "shortcut.norm")
    return re.sub(r"bn(\d)$", r"conv\1.norm", module)


def hugging_face_module(body: str, module: str) -> str:
    """transformers' name of a module of torchvision's ResNets."""
    if module == "fc":
        return "classifier.1"
    *block, kind = re.split(r"\.(?=conv|bn|downsample)", module)
    kinds = {"c": "convolution", "b": "normalization"}
    if not block:
        return f"{body}embedder.embedder.{kinds[kind[0]]}"
    stage, _, number = block[0].removeprefix("layer").partition(".")
    place = f"{body}encoder.stages.{int(stage) - 1}.layers.{number}"
    if kind.startswith("downsample"):
        return f"{place}.shortcut.{('convolution', 'normalization')[int(kind[-1])]}"
    return f"{place}.layer.{int(kind[-1]) - 1}.{kinds[kind[0]]}"


def keras_has(network: Network) -> bool:
    """Whether a file of Keras's has a network by the names that layers have here."""
    return network.variant in ("", "keras") or network.name == "alexnet"


def keras_keys(network: Network) -> Keys:
    """block1_conv2/kernel: `block1_conv2/0`."""
    keys: Keys = {}
    for layer, parameters in network.parameters().items():
        keys[layer] = {name: f"{layer}/{i}" for i, name in enumerate(parameters)}
    return keys

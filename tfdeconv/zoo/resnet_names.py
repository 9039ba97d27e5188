"""The names that other programs give the layers of ResNets, for layers named as Keras does."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase

from ..network.graph import Builder
from ..network.layers import Activation, Add

# the authors' names of a block's convolutions: branch1 is the shortcut's
BRANCHES = {"2a": 1, "2b": 2, "2c": 3, "1": 0}


def torchvision_names(net: Builder, blocks: tuple[int, ...]) -> dict[str, str]:
    """{torchvision's module: layer}; the module of a block or of a stage is its output."""
    names = {
        "conv1": "conv1_conv",
        "bn1": "conv1_bn",
        "relu": "conv1_relu",
        "maxpool": "pool1_pool",
    }
    layers = {node.name for node in net.nodes}
    for stage, block, name in numbered_blocks(blocks):
        module = f"layer{stage - 1}.{block}"
        for i in (1, 2, 3):
            if f"{name}_{i}_conv" in layers:
                names[f"{module}.conv{i}"] = f"{name}_{i}_conv"
                names[f"{module}.bn{i}"] = f"{name}_{i}_bn"
        if f"{name}_0_conv" in layers:
            names[f"{module}.downsample.0"] = f"{name}_0_conv"
            names[f"{module}.downsample.1"] = f"{name}_0_bn"
        names[module] = f"{name}_out"
        names[f"layer{stage - 1}"] = f"{name}_out"
    return names | {"avgpool": "avg_pool", "fc": "predictions"}


def authors_names(net: Builder, blocks: tuple[int, ...]) -> dict[str, str]:
    """{name: layer} of the authors of the ResNets: res4b22_branch2c, bn4b22_branch2c, ...

    A block is called by its letter (a to f, or on to w) or, behind the first, by its number (a, b1,
    b2, ...); both lead to it. `res4b22` is a block's output. A Scale layer behind a norm is taken
    into it.
    """
    names = {
        "conv1": "conv1_conv",
        "bn_conv1": "conv1_bn",
        "scale_conv1": "conv1_bn",
        "pool1": "pool1_pool",
        "pool5": "avg_pool",
        "fc1000": "predictions",
    }
    layers = {node.name for node in net.nodes}
    for stage, block, name in numbered_blocks(blocks):
        for block_name in block_names(block):
            place = f"{stage}{block_name}"
            names[f"res{place}"] = f"{name}_out"
            for branch, i in BRANCHES.items():
                if f"{name}_{i}_conv" in layers:
                    names[f"res{place}_branch{branch}"] = f"{name}_{i}_conv"
                    names[f"bn{place}_branch{branch}"] = f"{name}_{i}_bn"
                    names[f"scale{place}_branch{branch}"] = f"{name}_{i}_bn"
    return names


def names_of_2015(net: Builder, blocks: tuple[int, ...]) -> dict[str, str]:
    """{name: layer} of Keras's first ResNet50, of 2015 to 2018.

    The authors' names, with numbers where they gave none.
    """
    names = authors_names(net, blocks) | {"max_pooling2d_1": "pool1_pool"}
    activations = [node.name for node in net.nodes if isinstance(node.layer, Activation)]
    sums = [node.name for node in net.nodes if isinstance(node.layer, Add)]
    for i, name in enumerate(activations, 1):
        names[f"activation_{i}"] = name
    for i, name in enumerate(sums, 1):
        names[f"add_{i}"] = name
    return names


def slim_names(net: Builder, blocks: tuple[int, ...]) -> dict[str, str]:
    """{name: layer} of TF-Slim, without the name of the network in front.

    `block3/unit_23` and `block3` are outputs.
    """
    names = {
        "conv1": "conv1_conv",
        "conv1/BatchNorm": "conv1_bn",
        "pool1": "pool1_pool",
        "pool5": "avg_pool",
        "logits": "predictions",
    }
    layers = {node.name for node in net.nodes}
    for stage, block, name in numbered_blocks(blocks):
        unit = f"block{stage - 1}/unit_{block + 1}"
        module = f"{unit}/bottleneck_v1"
        convolutions = {"conv1": 1, "conv2": 2, "conv3": 3}
        if f"{name}_0_conv" in layers:
            convolutions["shortcut"] = 0
        for convolution, i in convolutions.items():
            names[f"{module}/{convolution}"] = f"{name}_{i}_conv"
            names[f"{module}/{convolution}/BatchNorm"] = f"{name}_{i}_bn"
        names[unit] = f"{name}_out"
        names[f"block{stage - 1}"] = f"{name}_out"
    return names


def numbered_blocks(blocks: tuple[int, ...]) -> Iterator[tuple[int, int, str]]:
    """(stage from 2, block from 0, what Keras calls the block) of all blocks."""
    for stage, count in enumerate(blocks, 2):
        for block in range(count):
            yield stage, block, f"conv{stage}_block{block + 1}"


def block_names(block: int) -> list[str]:
    """What a block, counted from 0, is called in its stage: a, b, c, ..., or a, b1, b2, ..."""
    names = []
    if block < len(ascii_lowercase):
        names.append(ascii_lowercase[block])
    if block:
        names.append(f"b{block}")
    return names

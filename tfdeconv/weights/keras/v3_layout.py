"""The groups of Keras 3's `.weights.h5`, nested as the models are; layers go by class and number.

layers/conv2d/vars/0                        a kernel
layers/conv2d/vars/1                        its bias
layers/conv2d_1/vars/0                      the kernel of the next convolution
layers/functional/layers/dense/vars/0       in a model within the model
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...errors import printable
from ...formats.hdf5 import Dataset, Group, inside
from ...limits import MAX_MODELS_DEEP, MAX_NAME

LAYERS = "layers"
# as the Keras of TensorFlow 2.12 to 2.15 calls it; in it every second number is left out
OLD_LAYERS = "_layer_checkpoint_dependencies"


def group_name(class_name: str, number: int) -> str:
    """What a layer's group is called."""
    return f"{class_name}_{number}" if number else class_name


def layer_names(group: Group, depth: int = 0) -> Iterator[str]:
    """The names of the layers that have variables, as far as the file has them."""
    for kind in (LAYERS, OLD_LAYERS):
        layers = subgroup_or_empty(group, kind).children
        for name, layer in layers.items():
            if not isinstance(layer, Group):
                continue
            if layer_variables(layer):
                stated = subgroup_or_empty(layer, "vars").attrs.get("name", name)
                yield printable(str(stated))[:MAX_NAME]
            if depth < MAX_MODELS_DEEP:
                yield from layer_names(layer, depth + 1)


def layers_of_class(group: Group, class_name: str) -> dict[int, Group]:
    """The layers of a class in a model's group, by their number."""
    pattern = re.compile(re.escape(class_name) + r"(?:_(\d{1,6}))?")
    for kind in (LAYERS, OLD_LAYERS):
        parent = inside(group, kind)
        if not isinstance(parent, Group):
            continue
        layers: dict[int, Group] = {}
        for name, child in parent.children.items():
            match = pattern.fullmatch(name)
            if match and isinstance(child, Group):
                layers[int(match[1] or 0)] = child
        if kind == OLD_LAYERS:
            # only the order of the numbers counts
            return dict(enumerate(layers[number] for number in sorted(layers)))
        return layers
    return {}


def layer_variables(group: Group) -> list[Dataset]:
    """A layer's variables in their order: vars/0, vars/1, ..."""
    parent = subgroup_or_empty(group, "vars")
    variables: list[Dataset] = []
    while str(len(variables)) in parent.children:
        value = inside(parent, str(len(variables)))
        if not isinstance(value, Dataset):
            break
        variables.append(value)
    return variables


def subgroup_or_empty(group: Group, name: str) -> Group:
    child = inside(group, name)
    if isinstance(child, Group):
        return child
    return Group(group.file, f"{group.name}/{name}", {}, {})

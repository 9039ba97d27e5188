"""Which layers have a value for each class, and what makes probabilities of these values."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Layer
from .graph import Network
from .layers import Activation, Conv, Dense, Flatten, GlobalAvgPool, Identity, LogSoftmax, Softmax

# what makes probabilities of values
SQUASHES: dict[Layer | None, str] = {
    Softmax(): "softmax",
    LogSoftmax(): "log_softmax",
    Activation("sigmoid"): "sigmoid",
}


@dataclass(frozen=True)
class ClassLayer:
    """A layer whose values are the classes' logits."""

    name: str
    count: int  # of its classes
    probability: str  # what makes probabilities of them: "softmax" or "sigmoid"
    # nothing says so: most programs keep the softmax with the loss, and not in the network
    assumed: bool


def class_layer(network: Network, name: str, has_names: bool = False) -> ClassLayer | None:
    """What a layer says of classes; None for one whose values are no logits.

    Logits are a vector behind which nothing stands but what makes probabilities of them. Where no
    softmax or sigmoid says that they are, the values of a dense layer or a convolution without an
    activation are taken for logits, or any where has_names says that its channels have names.

    >>> from tfdeconv.zoo import NETWORKS
    >>> class_layer(NETWORKS["vgg16"](), "predictions")
    ClassLayer(name='predictions', count=1000, probability='softmax', assumed=True)
    >>> class_layer(NETWORKS["vgg16"](), "fc2")
    """
    node = network.node(name)
    height, width, count = network.shapes()[node.name]
    if (height, width) != (1, 1) or squash_of(node.layer):
        return None
    behind = layers_behind(network, node.name)
    if behind is None:
        return None
    for each in behind:
        squash = network.probabilities.get(each) or squash_of(network.node(each).layer)
        if squash:
            return ClassLayer(node.name, count, squash.removeprefix("log_"), assumed=False)
    if count > 1 and (has_names or is_linear(network, node.name)):
        return ClassLayer(node.name, count, "softmax", assumed=True)
    return None


def last_class_layer(network: Network) -> str | None:
    """The last layer that may be one of classes, if its channels have names; None without one."""
    shapes = network.shapes()
    for node in reversed(network.nodes):
        if shapes[node.name][:2] == (1, 1) and class_layer(network, node.name, has_names=True):
            return node.name
    return None


def squash_of(layer: Layer) -> str:
    """What makes probabilities of a layer's values, softmax or sigmoid; "" where nothing does."""
    return SQUASHES.get(layer) or SQUASHES.get(getattr(layer, "activation", None), "")


def layers_behind(network: Network, name: str) -> list[str] | None:
    """A layer, and what passes its values on; None where another layer works with them."""
    behind = [name]
    for node in network.nodes:
        if not set(behind).isdisjoint(node.inputs):
            if not isinstance(node.layer, Identity | Flatten) and node.layer not in SQUASHES:
                return None
            behind.append(node.name)
    return behind


def is_linear(network: Network, name: str) -> bool:
    """Whether a layer's values are sums of products, or means of such, as logits are."""
    node = network.node(name)
    while isinstance(node.layer, Identity | Flatten | GlobalAvgPool):
        if node.inputs[0] not in network.by_name:
            return False
        node = network.node(node.inputs[0])
    return isinstance(node.layer, Conv | Dense) and node.layer.activation is None

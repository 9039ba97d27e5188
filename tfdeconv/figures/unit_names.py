"""What a picture says of its units: channels and activations, or classes and logits.

A photo's and a run's figures both ask the UnitNames of the layer that they draw:

    names = unit_names(network, "predictions", weights.labels)
    names.text(285, 12.31, logits).line    285 Egyptian cat   logit 12.31   p 0.83
    names.meaning["max"]                   classes
    names.legend(has_negative=False)       ["p: softmax of all 1,000 logits", ...]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..data import labels as class_labels
from ..data.labels import Labels
from ..errors import UserError
from ..network.classes import ClassLayer, class_layer
from ..network.graph import Network
from .style import number

NEGATIVE = "negative: this speaks against the class"
# below and above it a probability of two digits would read as 0 and 1
LEAST_SHOWN, MOST_SHOWN = 0.001, 0.999
TWO_DIGITS = 0.095  # from here on a probability has two
MEANINGS = {"max": "strongest unit of each feature map", "all": "whole feature maps"}
MEANINGS_OF_CLASSES = {"max": "what raises each class", "all": "what raises each class"}


@dataclass(frozen=True)
class UnitText:
    """What is said of one unit, in parts that a figure may put on lines of their own."""

    number: str  # of the channel or class
    name: str  # of the class; ""
    value: str  # `10860`, `logit 12.31`, `dead`
    probability: str  # `p 0.83`; ""
    remark: str  # `saturated`, NEGATIVE; ""

    @property
    def title(self) -> str:
        """`285 Egyptian cat`"""
        return f"{self.number} {self.name}".strip()

    @property
    def detail(self) -> str:
        """`logit 12.31   p 0.83`"""
        return "   ".join(filter(None, (self.value, self.probability, self.remark)))

    @property
    def line(self) -> str:
        """All of it."""
        return f"{self.title}   {self.detail}"


@dataclass(frozen=True)
class UnitNames:
    """What the units of a layer are called."""

    # None: they are features
    classes: ClassLayer | None = None
    labels: Labels | None = None
    # whether nothing says that these are the classes' names
    labels_assumed: bool = False

    @property
    def noun(self) -> str:
        return "class" if self.classes else "feature"

    @property
    def meaning(self) -> dict[str, str]:
        """What is drawn, by mode."""
        return MEANINGS_OF_CLASSES if self.classes else MEANINGS

    @property
    def note(self) -> str:
        """What was assumed of the classes' names, for stderr; "" where nothing was."""
        if not self.labels_assumed or not self.classes:
            return ""
        return (
            f"assumed: the {self.classes.count:,} classes of {self.classes.name} are ImageNet's "
            "(--labels FILE names others)"
        )

    def name(self, channel: int) -> str:
        """A class's name; "" where there is none."""
        return self.labels.names[channel] if self.labels else ""

    def text(
        self,
        channel: int,
        value: float,
        logits: np.ndarray | None = None,
        dead: bool = False,
        saturated: bool = False,
    ) -> UnitText:
        """What is said of a unit.

        value: its activation, of a class the logit; logits [classes]: those of all classes.
        """
        if not self.classes:
            words = "dead" if dead else number(value)
            return UnitText(str(channel), "", words, "", "saturated" if saturated else "")
        remark = NEGATIVE if value < 0 else ""
        if saturated:
            remark = "saturated"
        return UnitText(
            str(channel),
            self.name(channel),
            f"logit {logit_text(value)}",
            self.probability_text(channel, logits),
            remark,
        )

    def probability_text(self, channel: int, logits: np.ndarray | None) -> str:
        """`p 0.83`; "" where it is not known."""
        if not self.classes or logits is None:
            return ""
        probability = float(probabilities(logits, self.classes.probability)[channel])
        return probability_text(probability) if np.isfinite(probability) else ""

    def legend(self, has_negative: bool = False) -> list[str]:
        """How to read what is said of classes, in sentences; none for features."""
        if not self.classes:
            return []
        sentences: list[str] = []
        if self.classes.probability == "sigmoid":
            sentences.append("p: sigmoid of the logit")
        else:
            assumed = ", assumed: the model ends in its logits" if self.classes.assumed else ""
            sentences.append(f"p: softmax of all {self.classes.count:,} logits{assumed}")
        if self.labels:
            assumed = " (assumed)" if self.labels_assumed else ""
            sentences.append(f"classes named {self.labels.source}{assumed}")
        if has_negative:
            sentences.append(
                "a negative logit speaks against its class; "
                "its tile shows what would raise it, as the others do"
            )
        return sentences


def unit_names(
    network: Network, layer: str, carried: Labels | None = None, given: Labels | None = None
) -> UnitNames:
    """What the units of a layer are called.

    carried: the names that the model holds; given: those that the user gives, which count first.
    ImageNet's are taken where there are as many classes, and an image has three channels. Raises
    UserError where the user's are not as many as the layer has classes.
    """
    name = network.node(layer).name
    count = network.shapes()[name][2]
    if given:
        classes = class_layer(network, name, has_names=True)
        if classes and len(given.names) != count:
            raise UserError(
                f"the names {given.source} do not fit {network.name}'s {name}: found "
                f"{len(given.names):,} names, the layer has {count:,} classes"
            )
        return UnitNames(classes, given if classes else None)
    if carried and len(carried.names) == count:
        classes = class_layer(network, name, has_names=True)
        return UnitNames(classes, carried if classes else None)
    imagenet = class_labels.imagenet(count)
    classes = class_layer(network, name, has_names=imagenet is not None)
    # a network of another kind of image, or of several classes for each, has other classes
    is_imagenet = classes and network.channels == 3 and classes.probability == "softmax"
    if imagenet and is_imagenet:
        return UnitNames(classes, imagenet, labels_assumed=True)
    return UnitNames(class_layer(network, name))


def require_classes(network: Network, layers: Sequence[str]) -> None:
    """Raises UserError unless one of the layers has classes, which names are given for."""
    if not any(class_layer(network, layer, has_names=True) for layer in layers):
        outputs = [node.name for node in network.nodes if class_layer(network, node.name)]
        listed = ", ".join(outputs) or "none"
        raise UserError(
            f"--labels is for layers of classes, and {', '.join(layers)} has none: "
            f"give -l with one of {network.name}'s, {listed}, or leave out --labels"
        )


def probabilities(logits: np.ndarray, function: str) -> np.ndarray:
    """Probabilities of classes: the softmax or sigmoid of logits [..., classes], in float64.

    >>> probabilities(np.array([1000.0, 1000.0]), "softmax").tolist()
    [0.5, 0.5]
    >>> probabilities(np.array([0.0, -1000.0]), "sigmoid").tolist()
    [0.5, 0.0]
    """
    exact = np.asarray(logits, np.float64)
    if function == "sigmoid":
        # neither end overflows, as 1 / (1 + exp(-x)) does
        return 0.5 * (1 + np.tanh(0.5 * exact))
    with np.errstate(invalid="ignore"):
        powers = np.exp(exact - exact.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def probability_text(probability: float) -> str:
    """`p 0.83`

    >>> [probability_text(p) for p in (0.831, 0.0234, 0.0004, 0.9996)]
    ['p 0.83', 'p 0.023', 'p < 0.001', 'p > 0.999']
    """
    if probability < LEAST_SHOWN:
        return f"p < {LEAST_SHOWN}"
    if probability > MOST_SHOWN:
        return f"p > {MOST_SHOWN}"
    if probability < TWO_DIGITS:
        return f"p {probability:.2g}"
    return f"p {probability:.2f}"


def logit_text(logit: float) -> str:
    """A logit with two digits behind the point where that says enough.

    >>> [logit_text(value) for value in (12.3078, -0.5, 0.0004, 10860.0)]
    ['12.31', '-0.50', '0.0004', '10860']
    """
    if 0.005 <= abs(logit) < 1000:
        return f"{logit:.2f}"
    return number(logit)

"""What a picture says of its units: channels and activations, or classes and logits.

A photo's and a run's figures both ask the UnitNames of the layer that they draw:

    names = unit_names(network, "predictions", weights.labels)
    names.labels_of(projection, image)  [("285 Egyptian cat", "logit 12.31   p=0.83"), ...]
    names.text(285, 12.31, logits)      the same of one unit, in its parts
    names.meaning("max")                what a tile shows, for captions
    names.legend(has_negative)          ["Probability p: the softmax of ...", ...]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..data import labels as class_labels
from ..data.labels import Labels
from ..engine.modes import INTERIOR_MODES, MODES
from ..errors import UserError
from ..network.classes import ClassLayer, class_layer, last_class_layer
from ..network.graph import Network
from ..words import number
from .class_values import logit_text, probabilities, probability_range
from .fidelity_text import tile_lines
from .letters import WIDE

if TYPE_CHECKING:
    from ..engine.projection import Projection

NEGATIVE = "negative"
RAISED = "what raises the logit of each class"


@dataclass(frozen=True)
class UnitText:
    """What is said of one unit, in parts that a figure may put on lines of their own."""

    number: str  # of the channel or class
    name: str  # of the class; ""
    value: str  # `10860`, `dead`, `1.2 saturated`, `logit 12.31`
    probability: str  # `p=0.83`; ""
    remark: str  # of a class: NEGATIVE, saturated; ""

    @property
    def title(self) -> str:
        """`285 Egyptian cat`"""
        return f"{self.number} {self.name}".strip()

    @property
    def detail(self) -> str:
        """`logit 12.31   p=0.83`"""
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
    def fired(self) -> str:
        """What something in an image did to a unit."""
        return "raises the class" if self.classes else "fired the feature"

    def meaning(self, mode: str, interior: bool = False, at: tuple[int, int] | None = None) -> str:
        """What is drawn, in words for a caption; at: row and column of the units."""
        if self.classes:
            return RAISED
        if at:
            return f"unit in row {at[0]}, column {at[1]} of each feature map"
        return (INTERIOR_MODES if interior else MODES)[mode]

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
        every_logit = [] if logits is None else [logits]
        remarks = ["saturated"] if saturated else []
        if not self.classes:
            activation = "dead" if dead else number(value)
            return UnitText(str(channel), "", " ".join([activation, *remarks]), "", "")
        if value < 0:
            remarks.insert(0, NEGATIVE)
        return UnitText(
            str(channel),
            self.name(channel),
            f"logit {logit_text(value)}",
            self.probability_text(channel, *every_logit),
            ", ".join(remarks),
        )

    def labels_of(self, projection: Projection, image: int) -> list[tuple[str, str]]:
        """What each unit of an image's projections is called, and how strongly it fires."""
        logits = None
        if projection.vectors is not None:
            logits = projection.vectors[image]
        # a unit of 0 says nothing of its feature's others
        of_single_units = bool(projection.origin and projection.origin.at)
        found: list[tuple[str, str]] = []
        for i, channel in enumerate(projection.channels[image].tolist()):
            text = self.text(
                channel,
                float(projection.activations[image, i]),
                logits,
                bool(projection.dead[image, i]) and not of_single_units,
                bool(projection.saturated[image, i]),
            )
            details = [text.detail]
            if projection.areas is not None:
                details += tile_lines(projection.areas[image, i])
            found.append((text.title, WIDE.join(details)))
        return found

    def probability_text(self, channel: int, *logits: np.ndarray) -> str:
        """`p=0.83`, or of several images `p=0.83 to 0.12`; "" where it is not known.

        logits: of each image those of all classes.
        """
        if not self.classes:
            return ""
        found: list[float] = []
        for values in logits:
            found.append(float(probabilities(values, self.classes.probability)[channel]))
        finite = [each for each in found if np.isfinite(each)]
        return probability_range(finite) if finite else ""

    def legend(self, has_negative: bool = False) -> list[str]:
        """How to read what is said of classes, in sentences; none for features."""
        if not self.classes:
            return []
        sentences: list[str] = []
        if self.classes.probability == "sigmoid":
            sentences.append("Probability p: the sigmoid of the logit")
        else:
            sentence = f"Probability p: the softmax of all {self.classes.count:,} logits"
            if self.classes.assumed:
                sentence += ", assumed because the model ends in them"
            sentences.append(sentence)
        if self.labels:
            sentence = f"Names of classes: {self.labels.source}"
            if self.labels_assumed:
                sentence += " (assumed)"
            sentences.append(sentence)
        if has_negative:
            sentences.append(
                "A negative logit speaks against its class; "
                "its tile shows what would raise it, as others do"
            )
        return sentences


def unit_names(network: Network, layer: str, labels: Labels | None = None) -> UnitNames:
    """What the units of a layer are called.

    labels: names of the network's classes; they count where there are as many as the layer has.
    Otherwise ImageNet's are taken, where that has as many classes and an image has three channels.
    """
    name = network.node(layer).name
    count = network.shapes()[name][2]
    if labels and len(labels.names) == count:
        classes = class_layer(network, name, has_names=True)
        return UnitNames(classes, labels if classes else None)
    imagenet = class_labels.imagenet(count)
    classes = class_layer(network, name, has_names=imagenet is not None)
    # a network of another kind of image, or of several classes for each, has other classes
    is_imagenet = classes and network.channels == 3 and classes.probability == "softmax"
    if imagenet and is_imagenet:
        return UnitNames(classes, imagenet, labels_assumed=True)
    return UnitNames(class_layer(network, name))


def check_labels(labels: Labels, network: Network, layers: Sequence[str]) -> None:
    """Raises UserError unless names are as many as the classes of each layer that has some."""
    counts: dict[str, int] = {}
    for layer in layers:
        classes = class_layer(network, layer, has_names=True)
        if classes:
            counts[layer] = classes.count
    if not counts:
        advice = "leave out --labels"
        output = last_class_layer(network)
        if output:
            advice = f"give -l {output}, or {advice}"
        raise UserError(f"--labels names classes, and {', '.join(layers)} has features: {advice}")
    for layer, count in counts.items():
        if len(labels.names) != count:
            raise UserError(
                f"{labels.source} does not fit {network.name}'s {layer}: found "
                f"{len(labels.names):,} names, the layer has {count:,} classes"
            )

"""What pictures say of units that are classes, and of those that are features."""

from __future__ import annotations

import numpy as np
import pytest

from tfdeconv.data.labels import Labels
from tfdeconv.errors import UserError
from tfdeconv.figures.class_values import probabilities
from tfdeconv.figures.unit_names import NEGATIVE, check_labels, unit_names
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Activation, Dense

PETS = Labels(("cat", "dog", "eel"), "pets.txt")


def network_of(count: int, channels: int = 3, behind: Activation | None = None):
    builder = Builder("net", (1, 1, channels))
    builder.add("hidden", Dense(4, activation=RELU))
    builder.add("fc", Dense(count))
    if behind:
        builder.add("p", behind)
    return builder.network()


def test_a_class_has_name_logit_and_probability():
    names = unit_names(network_of(3), "fc", PETS)
    logits = np.log(np.array([1.0, 2.0, 0.5]))
    assert names.text(1, logits[1], logits).line == "1 dog   logit 0.69   p=0.57"
    assert names.text(2, logits[2], logits).remark == NEGATIVE
    assert "softmax of all 3 logits, assumed" in names.legend()[0]
    assert "Names of classes: pets.txt" in names.legend() and names.note == ""
    assert "speaks against" in names.legend(has_negative=True)[-1]


def test_a_feature_has_neither():
    names = unit_names(network_of(3), "hidden", PETS)
    assert names.text(1, 10860.2).line == "1   10860" and names.legend() == []
    assert names.text(1, 0.0, dead=True).value == "dead"
    assert names.meaning("max") == "strongest unit of each feature map"


# {case: (the network, the name of its class 285)}
THOUSANDS = {
    "ImageNet's": (network_of(1000), "Egyptian cat"),
    "with a background": (network_of(1001), "Siamese cat"),
    "twelve bands": (network_of(1000, channels=12), ""),
    "several classes at once": (network_of(1000, behind=Activation("sigmoid")), ""),
    "another number": (network_of(999), ""),
}


@pytest.mark.parametrize("case", THOUSANDS)
def test_imagenet_is_assumed_where_nothing_contradicts(case):
    network, name = THOUSANDS[case]
    names = unit_names(network, "fc")
    assert names.name(285) == name and names.classes.count in (999, 1000, 1001)
    assert ("ImageNet" in names.note) == bool(name)


def test_names_must_be_as_many_as_classes():
    with pytest.raises(UserError, match="found 3 names, the layer has 12 classes"):
        check_labels(PETS, network_of(12), ["fc"])
    assert unit_names(network_of(12), "fc", PETS).labels is None
    with pytest.raises(UserError, match="hidden has features: give -l fc"):
        check_labels(PETS, network_of(3), ["hidden"])
    check_labels(PETS, network_of(3), ["hidden", "fc"])


def test_probabilities_do_not_overflow():
    np.testing.assert_allclose(
        probabilities(np.float32([1e4, 1e4, -1e4]), "softmax"), [0.5, 0.5, 0]
    )
    np.testing.assert_allclose(probabilities(np.float32([1e4, -1e4]), "sigmoid"), [1, 0])
    # float64 rounds at 1e-16
    x = np.linspace(-5, 5, 11)
    np.testing.assert_allclose(probabilities(x, "sigmoid"), 1 / (1 + np.exp(-x)), rtol=1e-13)

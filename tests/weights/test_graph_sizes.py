"""Files that leave the size of their images open, and what holds for which sizes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from graphs import Sketch

from tfdeconv.errors import UserError
from tfdeconv.network.layers import Resize
from tfdeconv.network.serialization import from_json, to_json
from tfdeconv.weights.graph import kinds
from tfdeconv.weights.graph.translation import translate

OPEN = (1, 2, None, None)
HALVED = kinds.Pooling("mean", 1, (2, 2), (2, 2))


def resized(s: Sketch, x: str, sizes: object) -> str:
    resizing = kinds.Resizing(1, "nearest", "asymmetric", "floor")
    return s.add(resizing, x, sizes)


def size_of(s: Sketch, x: str) -> str:
    return s.add(kinds.ShapeOf(2), x)


def to_image(s: Sketch) -> str:
    """The halved image at the image's own size."""
    return resized(s, s.add(HALVED, "x"), size_of(s, "x"))


def to_twice(s: Sketch) -> str:
    """At twice the size of the map."""
    half = s.add(HALVED, "x")
    return resized(s, half, s.times(size_of(s, half), np.array(2)))


def to_own_size(s: Sketch) -> str:
    return resized(s, s.add(HALVED, "x"), np.array([224, 448]))


def to_what_there_is(s: Sketch) -> str:
    """A Resize that leaves an image of the size that is assumed as it is."""
    return resized(s, "x", np.array([224, 224]))


def deep(s: Sketch) -> str:
    x = "x"
    for _ in range(5):
        x = s.add(HALVED, x)
    return resized(s, x, size_of(s, "x"))


def beside_what_is_larger(s: Sketch) -> str:
    """What does not fit an odd size is refused there in any case."""
    half = s.add(HALVED, "x")
    return s.plus("x", resized(s, half, s.times(size_of(s, half), np.array(2))))


def first_rows(s: Sketch) -> str:
    return s.add(kinds.Slice((0,), (100,), (2,)), s.apply("relu", "x"))


def all_but_last_rows(s: Sketch) -> str:
    return s.add(kinds.Slice((0,), (-3,), (2,)), s.apply("relu", "x"))


ANY, MULTIPLES, NONE = {}, {"last": 2}, {"last": 0}
# {what is written: for which images it holds}
CASES = {
    to_image: MULTIPLES,
    to_twice: ANY,
    deep: {"last": 32},
    beside_what_is_larger: ANY,
    to_own_size: ANY,
    to_what_there_is: ANY,
    first_rows: NONE,
    all_but_last_rows: ANY,
}


def open_network(write, shape=OPEN):
    sketch = Sketch(*shape)
    write(sketch)
    sketch.operations[-1] = replace(sketch.operations[-1], name="last")
    return translate(sketch.graph()).network


@pytest.mark.parametrize("write", CASES, ids=lambda write: write.__name__)
def test_layers_hold_for_the_sizes_that_are_said(write):
    assert open_network(write).steps == CASES[write]


@pytest.mark.parametrize("write", [to_own_size, to_what_there_is])
def test_a_size_of_its_own_is_no_factor(write):
    last = open_network(write).nodes[-1].layer

    assert isinstance(last, Resize) and last.factor is None and last.height == 224


def test_other_sizes_are_refused_in_a_line():
    network = open_network(to_image)

    assert network.input_shapes("last", 256, 224)["last"] == (256, 224, 2)
    with pytest.raises(UserError, match="224 x 224 only, or of multiples of 2 more or less"):
        network.input_shapes("last", 225, 224)
    # what is before takes any
    assert network.input_shapes(network.nodes[0].name, 225, 224)


def test_steps_are_kept_in_files():
    network = open_network(to_image)

    assert from_json(to_json(network)).steps == network.steps


def test_a_fixed_size_has_no_steps():
    assert open_network(to_image, (1, 2, 224, 224)).steps == {}

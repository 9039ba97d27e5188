"""What pixels go into a network that scales them itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from graphs import Sketch

from tfdeconv.data.preprocessing import (
    DEVIATION,
    MEAN,
    MEAN_BGR,
    identity,
    over255,
    tensorflow_style,
)
from tfdeconv.weights.graph import kinds
from tfdeconv.weights.graph.pixels import scaled_inside
from tfdeconv.weights.graph.translation import translate

SIZE = (4, 6)
COLOURS = (3, 1, 1)


def by_channel(values) -> np.ndarray:
    return np.array(values, np.float32).reshape(COLOURS)


def less_over(s: Sketch, x: str, mean, deviation) -> str:
    return s.over(s.minus(x, by_channel(mean)), by_channel(deviation))


def turned(s: Sketch, x: str) -> str:
    """The channels the other way round."""
    return s.add(kinds.Slice((2,), (-(1 << 63),), (1,), (-1,)), x)


def batch_norm(s: Sketch, mean: float, deviation: float) -> str:
    statistics = np.full(3, mean, np.float32), np.full(3, deviation**2, np.float32)
    ones, zeros = np.ones(3, np.float32), np.zeros(3, np.float32)
    return s.add(kinds.BatchNormalization(1, 1e-3), "x", ones, zeros, *statistics)


def over_255_first(s: Sketch) -> str:
    return less_over(s, s.over("x", np.float32(255)), MEAN, DEVIATION)


BYTES, UNIT, SIGNED = identity(SIZE), over255(SIZE), tensorflow_style(SIZE)
# {what the network begins with: the pixels that go in; None where that does not show}
BEGINNINGS = {
    "torchvision's": (lambda s: less_over(s, "x", MEAN, DEVIATION), UNIT),
    "torchvision's of pixels": (over_255_first, BYTES),
    "over 255": (lambda s: s.times("x", np.float32(1 / 255)), BYTES),
    "over 127.5 less 1": (lambda s: s.minus(s.over("x", np.float32(127.5)), np.float32(1)), BYTES),
    "twice less 1": (lambda s: s.minus(s.times("x", np.float32(2)), np.float32(1)), UNIT),
    "from signed": (lambda s: s.times(s.plus("x", np.float32(1)), np.float32(127.5)), SIGNED),
    "less Caffe's mean": (
        lambda s: s.minus("x", by_channel(MEAN_BGR)),
        replace(BYTES, order="bgr"),
    ),
    "turned, less Caffe's mean": (lambda s: s.minus(turned(s, "x"), by_channel(MEAN_BGR)), BYTES),
    "less the mean, turned": (lambda s: turned(s, s.minus("x", by_channel(MEAN_BGR[::-1]))), BYTES),
    "blue first": (
        lambda s: less_over(s, "x", MEAN[::-1], DEVIATION[::-1]),
        replace(UNIT, order="bgr"),
    ),
    "a batch norm of pixels": (lambda s: batch_norm(s, 120.0, 60.0), BYTES),
    "a batch norm to 1": (lambda s: batch_norm(s, 0.45, 0.25), UNIT),
    "a batch norm of a norm": (lambda s: batch_norm(s, 0.01, 1.1), None),
    "from norm to norm": (lambda s: less_over(s, "x", (0.03,) * 3, (2.2,) * 3), None),
    "twice": (lambda s: s.times("x", np.float32(2)), None),
    "nothing": (lambda s: s.apply("relu", "x"), None),
    "nothing before a layer": (lambda s: less_over(s, s.apply("relu", "x"), MEAN, DEVIATION), None),
    "an infinite one": (lambda s: s.times("x", np.float32("inf")), None),
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_scaling_shows_the_pixels(name):
    write, expected = BEGINNINGS[name]
    sketch = Sketch(1, 3, *SIZE)
    kernel = np.ones((2, 3, 1, 1), np.float32)
    sketch.add(kinds.Convolution(1, "oihw"), write(sketch), kernel)

    found = scaled_inside(translate(sketch.graph()))

    assert (found and found[0]) == expected
    if found:
        assert "which scales them itself" in found[1]

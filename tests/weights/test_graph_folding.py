"""What is computed from constants: numpy's values, within bounds, and never an exception."""

from __future__ import annotations

import time

import numpy as np
import pytest
from graphs import Sketch

from tfdeconv.errors import UserError
from tfdeconv.weights.graph import kinds
from tfdeconv.weights.graph.folding import MOST_DEFERRED, fold
from tfdeconv.weights.graph.not_understood import NotUnderstood
from tfdeconv.weights.graph.operation import Constant
from tfdeconv.weights.graph.translation import translate


def folded(kind: kinds.Kind, *arrays: object) -> np.ndarray:
    (constant,) = fold(kind, [Constant.of_array(np.asarray(array)) for array in arrays])
    return constant.read()


X = np.arange(24).reshape(2, 3, 4)
# {a kind with inputs behind X: what comes out}
VALUES = [
    (kinds.Elementwise("divide"), (np.array(-5),), np.trunc(X / -5)),
    (kinds.Elementwise("average"), (X + 2.0,), X + 1.0),
    (kinds.Reshape(copy_zeros=True), (np.array([0, -1]),), X.reshape(2, 12)),
    (kinds.Reshape((4, -1)), (), X.reshape(4, 6)),
    (kinds.Flattened(1), (), X.reshape(2, 12)),
    (kinds.Flattened(-1, two=True), (), X.reshape(6, 4)),
    (kinds.Transpose(None), (), X.T),
    (kinds.Transpose((1, 0, 2)), (), X.transpose(1, 0, 2)),
    (kinds.Unsqueeze((0, -1)), (), X[None, ..., None]),
    (kinds.Expand((2, 2, 3, -1)), (), np.stack([X, X])),
    (kinds.Padding(((0, 0), (1, 0), (0, 2))), (), np.pad(X, ((0, 0), (1, 0), (0, 2)))),
    (kinds.Slice((0, -1), (1, -(1 << 60)), (0, -1), (1, -2)), (), X[:1, :, ::-2]),
    (kinds.Take(-1, 2), (), X[..., 2]),
    (kinds.Take(1), (np.array([[0, 2]]),), X[:, [[0, 2]]]),
    (kinds.Joined(0, new_axis=True), (X,), np.stack([X, X])),
    (kinds.Reduction("max", (0, -1), True), (), X.max((0, 2), keepdims=True)),
    (kinds.Reduction("sum", None, False), (np.array([1]),), X.sum(1)),
    (kinds.Cast("float32"), (), X.astype(np.float32)),
    (kinds.ShapeOf(1), (), np.array([3, 4])),
    (kinds.ShapeOf(axis=-1), (), np.array(4)),
    (kinds.Computation("greater"), (np.array(3),), X > 3),
]


@pytest.mark.parametrize("case", VALUES, ids=lambda case: type(case[0]).__name__)
def test_constants_come_to_numpys_values(case):
    kind, others, expected = case

    found = folded(kind, X, *others)

    np.testing.assert_array_equal(found, expected)
    assert found.shape == expected.shape


LONG = np.zeros(1 << 13, np.float32)
TALL, WIDE = LONG[:, None], LONG[None]
# {what is too large, or no computation}
REFUSED = {
    "a table of all pairs": (kinds.Elementwise("add"), (TALL, WIDE)),
    "powers of all pairs": (kinds.Power(), (TALL, WIDE)),
    "all products": (kinds.MatrixProduct(), (TALL, WIDE)),
    "all comparisons": (kinds.Computation("greater"), (TALL, WIDE)),
    "a large expansion": (kinds.Expand((1 << 20, 1 << 20)), (np.zeros(1),)),
    "an expansion to less": (kinds.Expand((-5, 3)), (np.zeros(3),)),
    "a large pad": (kinds.Padding(((1 << 60, 0),)), (np.zeros(3),)),
    "a large fill": (kinds.Computation("fill"), (np.array([1 << 30, 1 << 30]), np.array(1))),
    "a negative fill": (kinds.Computation("fill"), (np.array([-1]), np.array(1))),
    "a long range": (kinds.Computation("range"), (np.array(0), np.array(1 << 40), np.array(1))),
    "a range of steps of 0": (kinds.Computation("range"), (np.array(0), np.array(4), np.array(0))),
    "many takes": (kinds.Take(0), (WIDE, np.zeros(1 << 12, np.int64))),
    "a take outside": (kinds.Take(0, 5), (np.zeros(3),)),
    "a whole number over 0": (kinds.Elementwise("divide"), (np.array(3), np.array(0))),
    "the mean of nothing": (kinds.Reduction("mean", None, False), (np.zeros(0),)),
    "an axis too many": (kinds.Reduction("mean", (3,), False), (np.zeros(3),)),
    "two unknown lengths": (kinds.Reshape((-1, -1)), (np.zeros(4),)),
    "a length of 0": (kinds.Reshape((0, 4)), (np.zeros(4),)),
    "lengths that overflow": (kinds.Reshape((1 << 62, 1 << 62, -1)), (np.zeros(4),)),
    "half a length": (kinds.Reshape(), (np.zeros(4), np.array([0.5, 8]))),
    "axes flattened backwards": (kinds.Flattened(2, 1), (np.zeros((2, 2, 2)),)),
    "many pieces": (kinds.Split(0, piece=1), (LONG,)),
    "texts": (kinds.Elementwise("add"), (np.array("a"), np.array("b"))),
    "objects": (kinds.Elementwise("add"), (np.array([{}]), np.array([{}]))),
    "no inputs": (kinds.Elementwise("add"), ()),
    "an unknown function": (kinds.Computation("system"), (np.array(1),)),
    "another type": (kinds.Cast("nonsense"), (np.zeros(3),)),
    "a convolution": (kinds.Convolution(1, "oihw"), (np.zeros(3), np.zeros(3))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_computation_is_refused(name):
    kind, arrays = REFUSED[name]

    with pytest.raises(NotUnderstood) as caught:
        folded(kind, *arrays)

    assert "\n" not in str(caught.value)


def test_weights_that_are_moved_are_read_later():
    def read() -> np.ndarray:
        raise AssertionError("nobody asked for them")

    weights = Constant((512, 512), "float32", read)

    (moved,) = fold(kinds.Transpose((1, 0)), [weights])

    assert moved.shape == (512, 512)
    with pytest.raises(AssertionError, match="nobody"):
        moved.read()


def test_weights_are_moved_so_many_times():
    constant = Constant.of_array(np.zeros((512, 512), np.float32))
    for _ in range(MOST_DEFERRED):
        (constant,) = fold(kinds.Transpose((1, 0)), [constant])
    assert constant.read().shape == (512, 512)

    with pytest.raises(NotUnderstood, match="rearrange its constants"):
        fold(kinds.Transpose((1, 0)), [constant])


def doubled(sketch: Sketch, x: str) -> str:
    return sketch.add(kinds.Joined(0), x, x)


def repeated(sketch: Sketch, x: str) -> str:
    return sketch.add(kinds.Expand((1 << 22,)), x)


@pytest.mark.parametrize("write", [doubled, repeated])
def test_chains_of_constants_end(write):
    """However many operations there are, so much is computed and no more."""
    sketch = Sketch(1, 3, 4, 4)
    x = sketch.add(kinds.Computation("abs"), np.zeros(1, np.float32))
    for _ in range(300):
        x = write(sketch, x)
    sketch.plus("x", x)
    before = time.process_time()

    with pytest.raises(UserError):
        translate(sketch.graph())

    # seconds: two on the machine it was written on
    assert time.process_time() - before < 20


def test_large_constants_within_bounds_are_computed():
    assert folded(kinds.Elementwise("add"), TALL[:2048], WIDE).shape == (2048, 1 << 13)

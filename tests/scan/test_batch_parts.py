"""Memory that runs out while a scan goes forward: halves of a batch, and one line."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest
import tensorflow as tf
from runs import SIDE, scanned

from tfdeconv.errors import UserError
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Add, Conv
from tfdeconv.scan.accumulator import Accumulator
from tfdeconv.scan.batch_parts import BatchParts

LAYERS = ("first", "sum", "last")
KEPT = ("sum",)


def failing(function, calls):
    """The function, whose calls of these numbers, from 0, find no memory."""
    number = count()

    def call(*arguments):
        if next(number) in calls:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM")
        return function(*arguments)

    return call


@pytest.fixture
def fail_at(monkeypatch):
    """Lets these forward passes of each accumulator that is built find no memory."""
    build = Accumulator.__init__

    def fail_at(*calls):
        def begin(self, *arguments, **options):
            build(self, *arguments, **options)
            self._forward = failing(self._forward, calls)

        monkeypatch.setattr(Accumulator, "__init__", begin)

    return fail_at


@pytest.fixture
def block(rng):
    """A residual block whose sums are exact, whatever kernels a library chooses: whole numbers."""
    net = Builder("block", (SIDE, SIDE, 3))
    first = net.add("first", Conv(4, 3, pad=1, activation=RELU))
    net.add("branch", Conv(4, 3, pad=1))
    net.add("sum", Add(), first, "branch")
    net.add("last", Conv(5, 3, stride=2, activation=RELU))
    network = net.network()
    weights: dict = {}
    for layer, shapes in network.parameters().items():
        weights[layer] = {}
        for name, shape in shapes.items():
            weights[layer][name] = tf.constant(rng.integers(-2, 3, shape), tf.float32)
    return network, weights


@pytest.mark.parametrize(("batch", "at"), [(2, 0), (4, 2), (5, 1)])
def test_halves_give_the_bytes_of_the_whole(block, rng, tmp_path, fail_at, batch, at):
    x = rng.integers(0, 3, (14, SIDE, SIDE, 3)).astype(np.uint8)
    x[9] = x[3]
    files = []
    for name in ("whole", "halves"):
        scanned(tmp_path, x, *block, LAYERS, batch, name=f"{name}.h5", kept=KEPT)
        paths = [tmp_path / f"{name}{ending}" for ending in (".h5", ".maxima.npy")]
        files.append([path.read_bytes() for path in paths])
        fail_at(at)
    assert files[0] == files[1]


def test_an_infinite_image_in_one_half_is_named(block, rng, fail_at):
    x = rng.integers(0, 3, (4, SIDE, SIDE, 3)).astype(np.float32)
    x[2] = 3e38
    numbers = np.array([5, 6, 7, -1])
    whole = Accumulator(*block, LAYERS, (SIDE, SIDE), 4, kept=KEPT)
    fail_at(0)
    halved = Accumulator(*block, LAYERS, (SIDE, SIDE), 4, kept=KEPT)
    maxima = []
    for accumulator in (whole, halved):
        with pytest.raises(UserError, match="image 7 of the list: first has infinite") as caught:
            accumulator.step([x], [numbers])
        assert list(caught.value.reasons) == [7] and caught.value.maxima == [None]
        assert all((fields["images"] == -1).all() for fields in accumulator.state().values())
        maxima.append(accumulator.step([x], [np.array([5, 6, -1, -1])]))
    np.testing.assert_array_equal(*maxima)
    for layer, fields in whole.state().items():
        for name, array in fields.items():
            np.testing.assert_array_equal(halved.state()[layer][name], array)


@pytest.mark.parametrize(
    ("batch", "calls", "words"),
    [
        (
            1,
            {0},
            r"with one image at a time: .* begin another run \(--out\) of fewer or earlier layers",
        ),
        (
            5,
            {0, 1},
            r"with 3 images at a time: .*, or begin .* of fewer at a time \(--batch 1\) or of",
        ),
        # the first half of the batch is there
        (16, {0, 2}, r"with 8 images at a time: .* \(--batch 4\)"),
    ],
)
def test_the_second_time_is_one_line(batch, calls, words):
    said: list[str] = []
    parts = BatchParts(batch, said.append)
    with pytest.raises(UserError, match=f"the memory of this machine ran out {words}"):
        parts.each(failing(lambda part: part, calls))
    assert len(said) == (batch > 1)


def test_a_batch_that_cannot_be_taken_in(block, monkeypatch):
    accumulator = Accumulator(*block, LAYERS, (SIDE, SIDE), 2)
    monkeypatch.setattr(accumulator, "_take_in", failing(None, {0}))
    with pytest.raises(UserError, match=r"with 2 images at a time: .* \(--batch 1\)"):
        accumulator.step([np.zeros((2, SIDE, SIDE, 3), np.float32)], [np.arange(2)])


def test_a_scan_says_once_that_it_halves(small, script, fail_at, tmp_path):
    assert script(*small)[0] == 0
    wanted = (tmp_path / "run.h5").read_bytes()
    (tmp_path / "run.h5").unlink()
    fail_at(1)
    status, _, errors = script(*small)
    assert (status, errors) == (
        0,
        [
            "scan.py: the memory of this machine ran out with 4 images at a time: going on with "
            "halves of each batch, 2 at a time"
        ],
    )
    assert (tmp_path / "run.h5").read_bytes() == wanted
    (tmp_path / "run.h5").unlink()
    fail_at(1, 2)
    status, lines, errors = script(*small)
    assert (status, lines, len(errors)) == (2, [], 1)
    assert errors[0] == (
        "scan.py: the memory of this machine ran out with 2 images at a time: free some and run "
        "the same command again, or begin another run (--out) of fewer at a time (--batch 1) or "
        "of fewer or earlier layers (-l)"
    )

"""Random graphs that work out sizes from the image's: right at other sizes, or refused."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import graphs
import numpy as np
import pytest
from graphs import Sketch, network_output, reference_tensors

from tfdeconv.errors import UserError
from tfdeconv.weights.graph import image, kinds
from tfdeconv.weights.graph.kinds import Kind
from tfdeconv.weights.graph.translation import translate

SIDE = 16
SIZES = ((16, 16), (17, 16), (18, 20), (24, 16), (15, 15), (48, 32))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Images of 16 x 16 are assumed, and numpy halves and resizes maps."""
    plain = graphs.numpy_outputs

    def outputs(kind: Kind, inputs: list[np.ndarray]) -> list[np.ndarray]:
        if isinstance(kind, kinds.Pooling):
            n, c, h, w = inputs[0].shape
            blocks = inputs[0][:, :, : h // 2 * 2, : w // 2 * 2]
            return [blocks.reshape(n, c, h // 2, 2, w // 2, 2).mean((3, 5))]
        if isinstance(kind, kinds.Resizing):
            return [resized(inputs[0], *map(int, inputs[1]))]
        return plain(kind, inputs)

    monkeypatch.setattr(image, "DEFAULT_SIDE", SIDE)
    monkeypatch.setattr(graphs, "numpy_outputs", outputs)


def resized(x: np.ndarray, height: int, width: int) -> np.ndarray:
    if min(height, width) < 1:
        raise ValueError("no cells")
    rows = np.arange(height) * x.shape[2] // height
    columns = np.arange(width) * x.shape[3] // width
    return x[:, :, rows][:, :, :, columns]


def halve(s: Sketch, x: str, other: str, random: Random) -> None:
    s.add(kinds.Pooling("mean", 1, (2, 2), (2, 2)), x)


def resize(s: Sketch, x: str, other: str, random: Random) -> None:
    sizes: str | np.ndarray = np.array([8, 16])
    if random.random() < 0.8:
        sizes = s.add(kinds.ShapeOf(2), random.choice((x, other, "x")))
        step = np.array(random.choice((1, 1, 2)))
        sizes = random.choice((s.times, s.over))(sizes, step)
    s.add(kinds.Resizing(1, "nearest", "asymmetric", "floor"), x, sizes)


def cut(s: Sketch, x: str, other: str, random: Random) -> None:
    stop: str | np.ndarray = np.array([random.choice((4, -1, 100))])
    if random.random() < 0.6:
        stop = s.over(s.add(kinds.ShapeOf(2, 3), other), np.array([random.choice((1, 2))]))
    s.add(kinds.Slice(), x, np.array([0]), stop, np.array([2]))


def merge(s: Sketch, x: str, other: str, random: Random) -> None:
    s.plus(x, other)


def tokens_and_back(s: Sketch, x: str, other: str, random: Random) -> None:
    first = s.add(kinds.ShapeOf(0, 2), x)
    flat = s.add(kinds.Reshape(), x, s.add(kinds.Joined(0), first, np.array([-1])))
    s.add(kinds.Reshape(), flat, s.add(kinds.ShapeOf(), other))


STEPS: tuple[Callable, ...] = (halve, halve, resize, resize, cut, merge, tokens_and_back)


def random_sketch(seed: int) -> Sketch:
    """Operations on shapes, each of which numpy can do at the size that is assumed."""
    random = Random(seed)
    s = Sketch(1, 2, None, None)
    maps = ["x"]
    for _ in range(5):
        before, constants = len(s.operations), dict(s.constants)
        random.choice(STEPS)(s, random.choice(maps), random.choice(maps), random)
        try:
            made = reference_tensors(s.graph(), np.zeros((1, 2, SIDE, SIDE)))
        except ValueError:
            del s.operations[before:]
            s.constants = constants
            continue
        last = s.operations[-1].outputs[0]
        if min(made[last].shape) > 0:
            maps.append(last)
    return s


def test_other_sizes_are_right_or_refused():
    right, refused = 0, 0
    for seed in range(60):
        sketch = random_sketch(seed)
        try:
            translated = translate(sketch.graph())
        except UserError:
            continue
        for size in SIZES:
            x = np.random.default_rng(seed).uniform(-1, 1, (1, 2, *size))
            target = translated.network.nodes[-1].name
            try:
                translated.network.input_shapes(target, *size)
            except UserError:
                refused += 1
                continue
            try:
                expected = reference_tensors(sketch.graph(), x)[target]
            except (KeyError, ValueError):
                # what is no tensor of the graph, and sizes that the model itself does not take
                continue
            y = network_output(translated, np.moveaxis(x, 1, 3), target)
            np.testing.assert_allclose(
                np.moveaxis(y, 3, 1), expected, rtol=1e-6, atol=1e-9, err_msg=f"{seed} {size}"
            )
            right += 1
    assert right > 50 and refused > 20

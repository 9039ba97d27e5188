"""Random graphs: every tensor that is read has the values that numpy gives it."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from graphs import Sketch, reference_tensors, tensors_of

from tfdeconv.errors import UserError
from tfdeconv.weights.graph import kinds

SHAPE = (1, 4, 4, 6)


class Walk:
    """A sketch that grows by random operations, each of which numpy can do."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.rng = np.random.default_rng(seed)
        batch = self.random.choice((1, 1, 2))
        self.sketch = Sketch(batch, *SHAPE[1:])
        self.shapes = {"x": (batch, *SHAPE[1:])}

    def step(self) -> None:
        x = self.random.choice(("x", *list(self.shapes)[-3:]))
        if not self.shapes[x]:
            return
        write = self.random.choice(STEPS)
        write(self, x, self.shapes[x])

    def add(self, kind: kinds.Kind, *inputs: object, outputs: int = 1) -> None:
        """Adds an operation, if numpy can do it."""
        before = len(self.sketch.operations)
        constants = dict(self.sketch.constants)
        name = self.sketch.add(kind, *inputs, outputs=outputs)
        x = np.zeros(self.shapes["x"])
        try:
            made = reference_tensors(self.sketch.graph(), x)
        except (ValueError, TypeError):
            del self.sketch.operations[before:]
            self.sketch.constants = constants
            return
        for output in self.sketch.operations[-1].outputs:
            self.shapes[output] = made[output].shape
        assert name in self.shapes

    # what a step may be

    def reshape(self, x: str, shape: tuple[int, ...]) -> None:
        size = int(np.prod(shape))
        target: list[int] = []
        while size > 1 and len(target) < 5:
            extent = self.random.choice([n for n in range(1, size + 1) if size % n == 0])
            target.append(extent)
            size //= extent
        self.add(kinds.Reshape((*target, size)), x)

    def split_axis(self, x: str, shape: tuple[int, ...]) -> None:
        number = self.random.randrange(len(shape))
        part = self.random.choice([n for n in (1, 2, 3, 4) if shape[number] % n == 0])
        target = (*shape[:number], part, shape[number] // part, *shape[number + 1 :])
        self.add(kinds.Reshape(target), x)

    def back(self, x: str, shape: tuple[int, ...]) -> None:
        """To a shape that there was."""
        self.add(kinds.Reshape(self.random.choice(list(self.shapes.values()))), x)

    def transpose(self, x: str, shape: tuple[int, ...]) -> None:
        order = self.random.sample(range(len(shape)), len(shape))
        self.add(kinds.Transpose(tuple(order)), x)

    def constant(self, x: str, shape: tuple[int, ...]) -> None:
        kept = [self.random.choice((1, extent)) for extent in shape]
        kept = kept[self.random.randrange(len(kept) + 1) :]
        numbers = self.rng.uniform(0.5, 2.0, kept).astype(np.float32)
        operation = self.random.choice(("add", "subtract", "multiply", "divide"))
        inputs = [x, numbers]
        if operation != "divide" and self.random.random() < 0.5:
            inputs.reverse()
        self.add(kinds.Elementwise(operation), *inputs)

    def limit(self, x: str, shape: tuple[int, ...]) -> None:
        operation = self.random.choice(("maximum", "minimum"))
        self.add(kinds.Elementwise(operation), x, np.float32(self.random.choice((0.0, 0.3))))

    def merge(self, x: str, shape: tuple[int, ...]) -> None:
        other = self.random.choice(list(self.shapes))
        operation = self.random.choice(("add", "subtract", "multiply", "maximum", "average"))
        self.add(kinds.Elementwise(operation), x, other)

    def join(self, x: str, shape: tuple[int, ...]) -> None:
        other = self.random.choice(list(self.shapes))
        new_axis = self.random.random() < 0.3
        self.add(kinds.Joined(self.random.randrange(-1, len(shape)), new_axis), x, other)

    def cut(self, x: str, shape: tuple[int, ...]) -> None:
        number = self.random.randrange(len(shape))
        start, stop = self.random.choice((0, 1, -2)), self.random.choice((2, 3, -1, 1 << 40))
        step = self.random.choice((1, 1, 2))
        self.add(kinds.Slice((start,), (stop,), (number,), (step,)), x)

    def turn(self, x: str, shape: tuple[int, ...]) -> None:
        number = self.random.randrange(len(shape))
        self.add(kinds.Slice((-1,), (-(1 << 40),), (number,), (-1,)), x)

    def take(self, x: str, shape: tuple[int, ...]) -> None:
        number = self.random.randrange(len(shape))
        indices = self.random.choice((0, 1, (0,), (0, 0), (1, 3), (3, 1), (0, 1, 2, 3)))
        self.add(kinds.Take(number, indices), x)

    def pieces(self, x: str, shape: tuple[int, ...]) -> None:
        number = self.random.randrange(len(shape))
        if shape[number] % 2 == 0:
            self.add(kinds.Split(number, count=2), x, outputs=2)

    def squeeze(self, x: str, shape: tuple[int, ...]) -> None:
        self.add(kinds.Squeeze(), x)

    def unsqueeze(self, x: str, shape: tuple[int, ...]) -> None:
        if len(shape) < 6:
            self.add(kinds.Unsqueeze((self.random.randrange(len(shape) + 1),)), x)

    def reduce(self, x: str, shape: tuple[int, ...]) -> None:
        count = self.random.choice((1, 1, 2, 2, 3))
        axes = self.random.sample(range(len(shape)), min(count, len(shape)))
        kind = self.random.choice(("mean", "mean", "sum", "max"))
        self.add(kinds.Reduction(kind, tuple(axes), self.random.random() < 0.5), x)

    def flatten(self, x: str, shape: tuple[int, ...]) -> None:
        self.add(kinds.Flattened(self.random.randrange(len(shape)), two=True), x)

    def product(self, x: str, shape: tuple[int, ...]) -> None:
        matrix = self.rng.uniform(-1, 1, (shape[-1], 3)).astype(np.float32)
        self.add(kinds.MatrixProduct(), x, matrix)

    def function(self, x: str, shape: tuple[int, ...]) -> None:
        self.sketch.apply(self.random.choice(("tanh", "sigmoid", "square")), x)
        self.shapes[self.sketch.operations[-1].name] = shape

    def pad(self, x: str, shape: tuple[int, ...]) -> None:
        pads = [self.random.choice(((0, 0), (1, 2))) for _ in shape]
        self.add(kinds.Padding(tuple(pads)), x)


STEPS = [
    step
    for name, step in vars(Walk).items()
    if name not in ("step", "add") and not name.startswith("__") and callable(step)
]


@pytest.mark.parametrize("part", range(4))
def test_all_tensors_are_numpys(part):
    read = 0
    for seed in range(40 * part, 40 * part + 40):
        walk = Walk(seed)
        for _ in range(8):
            walk.step()
        if not walk.sketch.operations:
            continue
        graph = walk.sketch.graph()
        x = walk.rng.uniform(-1, 1, walk.shapes["x"])
        expected = reference_tensors(graph, x)
        try:
            found = tensors_of(graph, x)
        except UserError:
            continue
        for name, values in found.items():
            assert values.shape == expected[name].shape, (seed, name)
            np.testing.assert_allclose(
                values, expected[name], rtol=1e-5, atol=1e-5, err_msg=f"{seed} {name}"
            )
            read += 1

    assert read > 100

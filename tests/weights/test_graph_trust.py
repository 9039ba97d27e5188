"""Graphs that nobody vouches for: whatever they say, a network comes out, or a UserError."""

from __future__ import annotations

import typing
from dataclasses import MISSING, fields, replace
from random import Random

import numpy as np
import pytest

from tfdeconv.errors import UserError
from tfdeconv.network.layers import RELU, Activation, Softmax
from tfdeconv.weights.graph import kinds
from tfdeconv.weights.graph.constant_arithmetic import FUNCTIONS
from tfdeconv.weights.graph.operation import Constant, Graph, GraphInput, Operation
from tfdeconv.weights.graph.translation import translate

WHOLE = (0, 1, 2, 3, 4, -1, -2, 5, 8, 1 << 31, -(1 << 31), (1 << 63) - 1, -(1 << 63))
LIKELY = (0, 1, 2, 3, -1)
NUMBERS = (0.0, 1.0, 0.5, -1.0, 1e-5, 3.0, float("inf"), float("nan"), 1e38)
KERNELS = ("oihw", "iohw", "hwio", "hwcm", "io", "oi", "")
WORDS = ("nearest", "bilinear", "asymmetric", "half_pixel", "floor", "constant", "reflect", "no")
KINDS = [getattr(kinds, name) for name in kinds.__all__ if name not in ("Kind", "Unknown")]


def whole(random: Random) -> int:
    return random.choice(random.choice((LIKELY, LIKELY, LIKELY, WHOLE)))


def several(random: Random, count: int | None = None) -> tuple[int, ...]:
    length = random.randrange(6) if count is None else count
    return tuple(whole(random) for _ in range(length))


def pads(random: Random):
    return several(random, 2), several(random, 2)


# {annotation of an attribute: a value}
VALUES = {
    "int": whole,
    "float": lambda random: random.choice(NUMBERS),
    "bool": lambda random: random.random() < 0.5,
    "Pair": lambda random: several(random, 2),
    "Pads": pads,
    "Pad": lambda random: random.choice((0, "same", pads(random), several(random, 2))),
    "tuple[int, ...]": several,
    "tuple": lambda random: (),
    "tuple[int, ...] | int | None": lambda random: random.choice((None, whole(random))),
    "tuple[Pair, ...] | None": lambda random: tuple(several(random, 2) for _ in range(4)),
    "tuple[float, float] | None": lambda random: random.choices(NUMBERS, k=2),
    "Activation": lambda random: random.choice((RELU, Activation("erf"), Activation("tanh"))),
    "Activation | None": lambda random: random.choice((None, RELU)),
    "Layer": lambda random: Softmax(),
}


def random_kind(random: Random) -> kinds.Kind:
    kind = random.choice(KINDS)
    hints = typing.get_type_hints(kind)
    options = {}
    for field in fields(kind):
        if field.default is not MISSING and random.random() < 0.4:
            continue
        options[field.name] = random_value(random, field.name, str(field.type), hints[field.name])
    return kind(**options)


def random_value(random: Random, name: str, annotation: str, hint: object) -> object:
    choices = typing.get_args(hint)
    if name in ("kernel", "matrix"):
        return random.choice(KERNELS)
    if name == "function":
        return random.choice((*FUNCTIONS, ""))
    if name == "dtype":
        return random.choice(("float32", "int64", "float16", "bool", "nonsense"))
    if choices and all(isinstance(choice, str) for choice in choices):
        return random.choice(choices)
    if annotation in VALUES:
        return VALUES[annotation](random)
    if annotation.endswith(" | None"):
        return random.choice((None, VALUES[annotation.removesuffix(" | None")](random)))
    return random.choice(WORDS)


def random_constant(random: Random) -> Constant:
    shape = random.choice(((), (1,), (2,), (4,), (0,), (2, 2), (4, 4), (4, 1, 1), (1, 1, 1, 1)))
    shape = random.choice((shape, (4, 4, 1, 1), (1, 1, 4, 4), (4, 1, 3, 3), (3, 3, 4, 2)))
    if random.random() < 0.5:
        pool = random.choice((LIKELY, WHOLE))
        values = np.array(random.choices(pool, k=int(np.prod(shape))), np.int64)
    else:
        values = np.array(random.choices(NUMBERS, k=int(np.prod(shape))), np.float32)
    return Constant.of_array(values.reshape(shape))


# operations that mostly fit [n, 4, h, w], so that others come to something
FITTING = (
    (kinds.Convolution(1, "oihw", pad=1), ("kernel",)),
    (kinds.Function(RELU), ()),
    (kinds.Reshape((-1, 2, 2, 4, 4)), ()),
    (kinds.Reshape((1, 4, 4, 4)), ()),
    (kinds.Transpose((0, 2, 1, 3, 4)), ()),
    (kinds.Transpose((0, 2, 3, 1)), ()),
    (kinds.Transpose((0, 3, 1, 2)), ()),
    (kinds.Flattened(1), ()),
    (kinds.Elementwise("add"), ("x",)),
    (kinds.Elementwise("multiply"), ("scale",)),
    (kinds.Joined(1), ("x",)),
    (kinds.Reduction("mean", (2, 3), True), ()),
    (kinds.Pooling("max", 1, (2, 2), (2, 2)), ()),
    (kinds.ShapeOf(), ()),
)


def random_operation(random: Random, tensors: list[str]) -> tuple[kinds.Kind, tuple[str, ...]]:
    if random.random() < 0.5:
        kind, others = random.choice(FITTING)
        return kind, (random.choice(("x", tensors[-1])), *others)
    inputs = [random.choice(("x", tensors[-1], random.choice(tensors)))]
    inputs += random.choices([*tensors, ""], k=random.choice((0, 1, 1, 2, 4)))
    return random_kind(random), tuple(inputs)


def random_graph(random: Random) -> Graph:
    constants = {f"c{number}": random_constant(random) for number in range(8)}
    constants["kernel"] = Constant.of_array(np.ones((4, 4, 3, 3), np.float32))
    constants["scale"] = Constant.of_array(np.ones((4, 1, 1), np.float32))
    tensors = ["x", *constants]
    operations = []
    for number in range(12):
        outputs = tuple(f"t{number}:{each}" for each in range(random.choice((1, 1, 1, 2))))
        kind, inputs = random_operation(random, tensors)
        name = random.choice((f"op{number}", f"op{number}", "op", ""))
        operations.append(Operation(name, kind, inputs, outputs, "An op"))
        tensors.extend(outputs)
    shape = random.choice(((1, 4, 4, 4), (None, 4, 4, 4), (2, 4, 6, 4), (1, 4, None, None)))
    given = (GraphInput("x", shape),)
    return Graph("model", tuple(operations), given, (tensors[-1],), constants, 1)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.filterwarnings("error")
def test_random_graphs_are_read_or_refused(seed):
    random = Random(seed)
    read = 0
    for _ in range(100):
        try:
            read += len(translate(random_graph(random)).network.nodes) > 0
        except UserError as error:
            assert "\n" not in str(error)
    assert read > 50


def graph_of(*operations: Operation, shape: tuple = (1, 4, 4, 4), **options) -> Graph:
    given = {"name": "model", "inputs": (GraphInput("x", shape),), "outputs": (), "constants": {}}
    return Graph(operations=operations, channel_axis=1, **(given | options))


def relu(name: str, x: str, y: str) -> Operation:
    return Operation(name, kinds.Function(RELU), (x,), (y,), "An op")


def unread() -> np.ndarray:
    raise AssertionError("too large to be read")


LARGE = {"k": Constant((1 << 30, 1 << 30), "float32", unread)}
# {what is wrong with a graph: the graph, and what is said}
WRONG = {
    "a tensor twice": (graph_of(relu("a", "x", "y"), relu("b", "x", "y")), "makes the tensor"),
    "the image again": (graph_of(relu("a", "x", "x")), "makes the tensor"),
    "itself": (graph_of(relu("a", "y", "y")), "no operation makes"),
    "what comes later": (graph_of(relu("a", "z", "y"), relu("b", "y", "z")), "no operation makes"),
    "no input": (graph_of(relu("a", "x", "y"), inputs=()), "no input"),
    "no operation": (graph_of(), "no layer"),
    "an image without axes": (graph_of(relu("a", "x", "y"), shape=()), "expected images"),
    "an empty image": (graph_of(relu("a", "x", "y"), shape=(1, 4, 0, 4)), "rows and columns"),
    "a negative image": (graph_of(relu("a", "x", "y"), shape=(1, 4, -4, 4)), "rows and columns"),
    "a large image": (graph_of(relu("a", "x", "y"), shape=(1, 4, 16384, 16384)), "model"),
    "no channels": (graph_of(relu("a", "x", "y"), shape=(1, None, 4, 4)), "channels open"),
    "many images": (graph_of(relu("a", "x", "y"), shape=(1 << 40, 4, 4, 4)), "at a time"),
    "no images": (graph_of(relu("a", "x", "y"), shape=(-1, 4, 4, 4)), "at a time"),
    "a name of two lines": (graph_of(relu("a", "x", "y"), name="a\nb"), "name"),
    "large weights": (
        graph_of(
            Operation("a", kinds.Elementwise("multiply"), ("x", "k"), ("y",)), constants=LARGE
        ),
        "values",
    ),
    "large sums of weights": (
        graph_of(
            Operation("a", kinds.Elementwise("add"), ("k", "k"), ("y",)),
            Operation("b", kinds.Elementwise("add"), ("x", "y"), ("z",)),
            constants=LARGE,
        ),
        "values",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_graphs_are_refused_in_a_line(name):
    graph, words = WRONG[name]

    with pytest.raises(UserError) as caught:
        translate(graph)

    assert words in str(caught.value) and str(caught.value).isprintable()


def test_too_many_operations_are_refused_at_once():
    operations = (relu("a", "x", "y"),) * 50_000

    with pytest.raises(UserError, match="50,000 operations"):
        translate(graph_of(*operations))


def test_names_are_made_apart():
    names = ("a", "a", "", "input", "b\nc", "d" * 10_000)
    chain = [relu(name, f"t{n}", f"t{n + 1}") for n, name in enumerate(names)]
    chain[0] = relu("a", "x", "t1")

    # a chain of ReLUs would be one
    chain = [replace(each, kind=kinds.Function(Activation("tanh"))) for each in chain]
    network = translate(graph_of(*chain)).network

    found = [node.name for node in network.nodes]
    assert len(set(found)) == len(names) and found[0] == "a"
    assert all(name.isprintable() and name for name in (*found, *network.aliases))


def test_unknown_outputs_do_no_harm():
    assert translate(graph_of(relu("a", "x", "y"), outputs=("nothing", ""))).network.nodes

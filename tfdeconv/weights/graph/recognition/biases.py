"""A constant that is added to a convolution's or a matrix product's output, as its bias."""

from __future__ import annotations

import math
from dataclasses import replace

from .. import kinds
from ..kinds import Kind
from ..operation import Constant, Graph, Operation
from .regions import Index

WITH_BIAS = (kinds.Convolution, kinds.TransposedConvolution, kinds.Linear, kinds.MatrixProduct)


def with_biases(graph: Graph) -> Graph:
    index = Index.of_graph(graph)
    replaced: dict[int, Operation] = {}
    gone: set[int] = set()
    for position, operation in enumerate(graph.operations):
        found = biased(index, position)
        if found is not None:
            inner, replaced[position] = found
            gone.add(inner)
    operations: list[Operation] = []
    for position, operation in enumerate(graph.operations):
        if position not in gone:
            operations.append(replaced.get(position, operation))
    return replace(graph, operations=tuple(operations))


def biased(index: Index, position: int) -> tuple[int, Operation] | None:
    """Where the operation is to which a constant is added there, and that operation with a bias."""
    add = index.operations[position]
    if add.kind != kinds.Elementwise("add") or len(add.inputs) != 2:
        return None
    for name, other in (add.inputs, add.inputs[::-1]):
        bias = index.constants.get(other)
        inner = index.maker.get(name)
        if bias is None or inner is None or name in index.outputs:
            continue
        product = index.operations[inner]
        kind = product.kind
        alone = index.readers[name] == {position} and len(product.outputs) == 1
        if not alone or not isinstance(kind, WITH_BIAS) or has_bias(product):
            continue
        if bias.shape is None or not fits(index, product, bias.shape):
            continue
        if isinstance(kind, kinds.MatrixProduct):
            kind = kinds.Linear("io")
        if isinstance(kind, kinds.Linear):
            kind = replace(kind, bias_scale=1.0)
        parts = (*add.parts, *product.names)
        inputs = (*product.inputs[:2], other, *product.inputs[3:])
        whole = replace(product, name=add.name, kind=kind, inputs=inputs, outputs=add.outputs)
        return inner, replace(whole, aliases=add.aliases, parts=parts)
    return None


def has_bias(product: Operation) -> bool:
    given = len(product.inputs) > 2 and bool(product.inputs[2])
    return given or getattr(product.kind, "activation", None) is not None


def fits(index: Index, product: Operation, shape: tuple[int, ...]) -> bool:
    """Whether a constant of that shape has a value for each output channel, along them."""
    kernel = index.constants.get(product.inputs[1])
    if kernel is None or kernel.shape is None:
        return False
    count = output_channels(product.kind, kernel)
    axes, behind = 2, 0
    if isinstance(product.kind, kinds.Convolution | kinds.TransposedConvolution):
        axes, behind = 4, 3 - product.kind.channel_axis % 4
    elsewhere = math.prod(shape) == count and len(shape) <= axes
    return elsewhere and len(shape) > behind and shape[len(shape) - 1 - behind] == count


def output_channels(kind: Kind, kernel: Constant) -> int | None:
    """None where the kernel has other axes than it should."""
    assert kernel.shape is not None
    letters = "io"
    if isinstance(kind, kinds.Linear):
        letters = kind.matrix
    elif isinstance(kind, kinds.Convolution | kinds.TransposedConvolution):
        letters = kind.kernel
    if len(letters) != len(kernel.shape):
        return None
    sizes = dict(zip(letters, kernel.shape))
    if "m" in sizes:
        return sizes["c"] * sizes["m"]
    groups = kind.groups if isinstance(kind, kinds.TransposedConvolution) else 1
    return sizes["o"] * groups

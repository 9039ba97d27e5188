"""Operators with a kernel or a matrix."""

from __future__ import annotations

from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .operator_call import Made, OperatorCall


def both_sides(pair: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """torch pads as much before as behind."""
    rows, columns = pair
    return (rows, rows), (columns, columns)


def conv2d(call: OperatorCall) -> Made:
    dilation = call.pair("dilation", 1)
    kind = kinds.Convolution(
        channel_axis=1,
        kernel="oihw",
        stride=call.pair("stride", 1),
        pad=pads_of(call, dilation),
        dilation=dilation,
        groups=call.integer("groups", 1),
    )
    return kind, call.tensor("input"), call.tensor("weight"), call.optional("bias")


def pads_of(call: OperatorCall, dilation: tuple[int, int]):
    """As numbers; or "same", of which an odd one is behind, or "valid"."""
    if not isinstance(call.argument("padding"), str):
        return both_sides(call.pair("padding", 0))
    word = call.text("padding")
    if word == "valid":
        return both_sides((0, 0))
    shape = call.shape("weight")
    if word != "same" or len(shape) != 4:
        raise NotUnderstood(f"its padding is {word!r}")
    pads = []
    for extent, step in zip(shape[2:], dilation):
        total = ((extent or 1) - 1) * step
        pads.append((total // 2, total - total // 2))
    return pads[0], pads[1]


def conv_transpose2d(call: OperatorCall) -> Made:
    kind = kinds.TransposedConvolution(
        channel_axis=1,
        kernel="iohw",
        stride=call.pair("stride", 1),
        pad=both_sides(call.pair("padding", 0)),
        dilation=call.pair("dilation", 1),
        groups=call.integer("groups", 1),
        output_pad=call.pair("output_padding", 0),
    )
    return kind, call.tensor("input"), call.tensor("weight"), call.optional("bias")


def convolution(call: OperatorCall) -> Made:
    """Either of them, as run_decompositions() writes it."""
    if call.flag("transposed"):
        return conv_transpose2d(call)
    if any(call.integers("output_padding", 0)):
        raise NotUnderstood("it adds cells to what is no transposed convolution")
    return conv2d(call)


def linear(call: OperatorCall) -> Made:
    return kinds.Linear("oi"), call.tensor("input"), call.tensor("weight"), call.optional("bias")


def addmm(call: OperatorCall) -> Made:
    """beta * bias + alpha * (x @ matrix)"""
    kind = kinds.Linear("io", call.number("alpha", 1), call.number("beta", 1))
    return kind, call.tensor("mat1"), call.tensor("mat2"), call.tensor("self")


def matmul(call: OperatorCall) -> Made:
    other = "other" if call.has("other") else "mat2"
    return kinds.MatrixProduct(), call.tensor("self"), call.tensor(other)


TABLE = {
    "conv2d": conv2d,
    "convolution": convolution,
    "conv_transpose2d": conv_transpose2d,
    "linear": linear,
    "addmm": addmm,
    "matmul": matmul,
    "mm": matmul,
    "bmm": matmul,
}

"""Operators that make tensors of numbers, and sizes of tensors; none of them sees the image."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ...formats.exported_argument import Setting
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .operator_call import Made, OperatorCall


def sym_size(call: OperatorCall) -> Made:
    return kinds.ShapeOf(axis=call.integer("dim")), call.tensor("self")


def arange(call: OperatorCall) -> Made:
    """From a number, by steps, as far as another."""
    start = call.tensor("start") if call.has("start") else call.constant(0)
    step = call.tensor("step") if call.has("step") else call.constant(1)
    stop = call.tensor("end")
    return typed(call, call.step(kinds.Computation("range"), start, stop, step))


def full(value: float | None, call: OperatorCall) -> Made:
    """A shape full of one number: the one that is said where it is None."""
    sizes, tensor = call.sizes("size")
    number = call.constant(value) if value is not None else call.tensor("fill_value")
    # new_full is given a tensor for its type
    call.ignore("self")
    shape = tensor or call.constant(sizes)
    return filled(call, shape, number)


def full_like(value: float | None, call: OperatorCall) -> Made:
    shape = call.step(kinds.ShapeOf(), call.tensor("self"))
    number = call.constant(value) if value is not None else call.tensor("fill_value")
    return filled(call, shape, number)


def filled(call: OperatorCall, shape: str, number: str) -> Made:
    """A shape full of a number, which has its type before it is repeated, and takes no memory."""
    kind, tensor = typed(call, number)
    return kinds.Computation("fill"), shape, call.step(kind, tensor)


def scalar_tensor(call: OperatorCall) -> Made:
    return typed(call, call.tensor("s"))


def typed(call: OperatorCall, tensor: str) -> tuple[kinds.Kind, str]:
    """A tensor in the type that the program says its result has."""
    dtype = call.argument("dtype")
    result = call.values.get(next(iter(call.operation.results), ""))
    name = dtype.value if isinstance(dtype, Setting) else ""
    if not name:
        # what is left out depends on the numbers, or on the tensor that new_full is given
        name = result.dtype if result else ""
    if not name:
        return kinds.Idle(), tensor
    if name in ("bfloat16", "unknown") or name.startswith(("float8", "complex")):
        raise NotUnderstood(f"its type is {name}, which is not understood")
    return kinds.Cast(name), tensor


def nothing(call: OperatorCall) -> Made:
    """A check of what the program was made for."""
    call.ignore(*call.arguments)
    return None


CHECKS = (
    "_assert_async",
    "_assert_scalar",
    "_assert_tensor_metadata",
    "sym_constrain_range",
    "sym_constrain_range_for_size",
)
TABLE: dict[str, Callable[[OperatorCall], Made]] = {
    **dict.fromkeys(CHECKS, nothing),
    "sym_size": sym_size,
    "arange": arange,
    "full": partial(full, None),
    "new_full": partial(full, None),
    "ones": partial(full, 1.0),
    "new_ones": partial(full, 1.0),
    "zeros": partial(full, 0.0),
    "new_zeros": partial(full, 0.0),
    "full_like": partial(full_like, None),
    "ones_like": partial(full_like, 1.0),
    "zeros_like": partial(full_like, 0.0),
    "scalar_tensor": scalar_tensor,
}

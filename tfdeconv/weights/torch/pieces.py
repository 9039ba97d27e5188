"""Operators that take some of the values of a tensor, or join tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...formats.exported_argument import Reference
from ...limits import MAX_INT64
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .operator_call import Made, OperatorCall


def cat(call: OperatorCall) -> Made:
    return kinds.Joined(call.integer("dim", 0)), *call.tensors("tensors")


def stack(call: OperatorCall) -> Made:
    return kinds.Joined(call.integer("dim", 0), new_axis=True), *call.tensors("tensors")


def split(*arguments: str) -> Callable[[OperatorCall], Made]:
    """Pieces as long as the program says that they are; arguments say how it came about."""

    def make(call: OperatorCall) -> Made:
        call.ignore(*arguments)
        axis = call.integer("dim", 0)
        sizes = [shape[axis] for shape in call.result_shapes() if -len(shape) <= axis < len(shape)]
        if None in sizes or len(sizes) != len(call.operation.results):
            raise NotUnderstood("the program leaves the sizes of its pieces open")
        return kinds.Split(axis, tuple(sizes)), call.tensor("self")  # type: ignore[arg-type]

    return make


def unbind(call: OperatorCall) -> Made:
    """A piece of one cell for each result, without the axis."""
    axis, x = call.integer("dim", 0), call.tensor("self")
    for number, result in enumerate(call.operation.results):
        call.emit(kinds.Take(axis, number), [x], [result], f"/part_{number}")
    return None


def sliced(call: OperatorCall) -> Made:
    axis, step = call.integer("dim", 0), call.integer("step", 1)
    x = call.tensor("self")
    ends = [call.argument(name, default) for name, default in (("start", 0), ("end", MAX_INT64))]
    start, stop = (default if end is None else end for end, default in zip(ends, (0, MAX_INT64)))
    if type(start) is int and type(stop) is int:
        return kinds.Slice((start,), (stop,), (axis,), (step,)), x
    inputs = [call.step(kinds.Unsqueeze((0,)), call.tensor_of("end", end)) for end in (start, stop)]
    return kinds.Slice(axes=(axis,), steps=(step,)), x, *inputs


def narrow(call: OperatorCall) -> Made:
    axis, start, count = (call.integer(name) for name in ("dim", "start", "length"))
    if start < 0:
        raise NotUnderstood(f"its start is {start}, expected at least 0")
    return kinds.Slice((start,), (start + count,), (axis,)), call.tensor("self")


def select(call: OperatorCall) -> Made:
    return kinds.Take(call.integer("dim"), call.integer("index")), call.tensor("self")


def index(call: OperatorCall) -> Made:
    """By a list of numbers along an axis, or by one for rows and one for columns."""
    entries = call.argument("indices")
    if not isinstance(entries, tuple):
        raise NotUnderstood("its indices are missing, or not tensors")
    axes = [axis for axis, entry in enumerate(entries) if entry is not None]
    if not axes or not all(isinstance(entries[axis], Reference) for axis in axes):
        raise NotUnderstood("its indices are missing, or not tensors")
    lists = []
    for place, axis in enumerate(axes):
        numbers = call.tensor_of("indices", entries[axis])
        # those of rows are a column, which with the row of the others makes a map
        shape = (None, *(1,) * (len(axes) - 1 - place))
        found = call.shape_of(numbers)
        if (
            len(found) != len(shape)
            or found[1:] != shape[1:]
            or call.values[numbers].dtype == "bool"
        ):
            raise NotUnderstood("its indices are a table or a mask, expected a list")
        lists.append(call.step(kinds.Reshape((-1,)), numbers) if len(shape) > 1 else numbers)
    if axes != list(range(axes[0], axes[0] + len(axes))):
        raise NotUnderstood("its indices are for axes that are not next to each other")
    x = call.tensor("self")
    for axis, numbers in zip(axes[:-1], lists):
        x = call.step(kinds.Take(axis), x, numbers)
    return kinds.Take(axes[-1]), x, lists[-1]


def index_select(call: OperatorCall) -> Made:
    return kinds.Take(call.integer("dim")), call.tensor("self"), call.tensor("index")


def flip(call: OperatorCall) -> Made:
    axes = call.integers("dims")
    ends = (-1,) * len(axes)
    begins = (-MAX_INT64,) * len(axes)
    return kinds.Slice(ends, begins, axes, ends), call.tensor("self")


def pad(call: OperatorCall) -> Made:
    """torch's list is (before, behind) of the last axis, then of the one before it, ..."""
    mode = call.text("mode", "constant")
    value = call.number("value", 0) if call.has("value") else 0.0
    call.ignore("value")
    return padding(call, call.integers("pad"), mode, value)


def padded_by(mode: str) -> Callable[[OperatorCall], Made]:
    """One that repeats what is there."""

    def make(call: OperatorCall) -> Made:
        return padding(call, call.integers("padding"), mode)

    return make


def padding(call: OperatorCall, numbers: Sequence[int], mode: str, value: float = 0.0) -> Made:
    rank = len(call.shape("self"))
    if len(numbers) % 2 or len(numbers) > 2 * rank:
        raise NotUnderstood(f"its pad is {list(numbers)}, which is not understood")
    if mode not in PAD_MODES:
        raise NotUnderstood(f"it pads with other than zeros ({mode})")
    pads = [(0, 0)] * rank
    for position in range(0, len(numbers), 2):
        pads[rank - 1 - position // 2] = numbers[position], numbers[position + 1]
    return kinds.Padding(tuple(pads), value, PAD_MODES[mode]), call.tensor("self")


PAD_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}
SPLIT_SIZES = (
    "split_size",
    "split_sizes",
    "chunks",
    "sections",
    "indices",
    "tensor_indices_or_sections",
)
TABLE: dict[str, Callable[[OperatorCall], Made]] = {
    **dict.fromkeys(("cat", "concat", "concatenate"), cat),
    "stack": stack,
    **dict.fromkeys(("chunk", "split", "split_with_sizes", "tensor_split"), split(*SPLIT_SIZES)),
    **dict.fromkeys(("unsafe_chunk", "unsafe_split"), split(*SPLIT_SIZES)),
    "unsafe_split_with_sizes": split(*SPLIT_SIZES),
    "unbind": unbind,
    "slice": sliced,
    "narrow": narrow,
    "select": select,
    "index": index,
    "_unsafe_index": index,
    "index_select": index_select,
    "flip": flip,
    "pad": pad,
    "constant_pad_nd": pad,
    "reflection_pad2d": padded_by("reflect"),
    "replication_pad2d": padded_by("replicate"),
}

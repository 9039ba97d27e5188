"""Opens a model of TensorFlow Lite: operations and tensors, whose values are read when asked for.

Of several graphs the first is the one that runs; the others are parts of loops and branches, or
other ways to call the model. Custom options, which only their operators' makers know, are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...limits import MAX_OPERATIONS, MAX_SHOWN_TEXT, MAX_TENSORS, MAX_VALUE_NAME
from .. import lazy_tensor
from ..flatbuffer import FlatBuffer, Table
from ..lazy_tensor import DAMAGE, mapped, reading
from .metadata import find_normalization
from .model import Model, Operation, Option, Tensor, Unread
from .schema import (
    BYTE,
    CUSTOM,
    MARK,
    NUMBERS,
    OPERATORS,
    OPTIONS,
    TYPES,
    U8,
    U32,
    U64,
    VERSION,
    WHOLE,
    WHOLES,
)

# where the mark is
MARK_PLACE = 4
# fields of an operator of which each says more than this reader knows, and what it is
MORE_OPTIONS = {5: "custom_options", 9: "large_custom_options", 12: "builtin_options_2"}
# of a list of tensors: the one that is left out
LEFT_OUT = -1


def recognises(path: str | Path) -> bool:
    """Whether a file has the mark of TensorFlow Lite's models, whatever its name."""
    try:
        return bytes(mapped(path)[MARK_PLACE : MARK_PLACE + len(MARK)]) == MARK
    except DAMAGE:
        return False


def read(path: str | Path) -> Model:
    """A model; raises UserError for one that is damaged."""
    with reading(path):
        return Reader(path, FlatBuffer(mapped(path))).model()


class Reader:
    """A file of which the model is made."""

    def __init__(self, path: str | Path, buffer: FlatBuffer) -> None:
        self.path = path
        self.buffer = buffer
        self.root = buffer.root()

    def model(self) -> Model:
        version = self.root.number(0, U32)
        if version != VERSION:
            raise ValueError(
                f"it is a model of TensorFlow Lite of version {version}, expected {VERSION}; "
                f"convert it again with today's converter"
            )
        contents = [self.content(table) for table in bounded(self.root, 4, MAX_TENSORS)]
        graph = next(self.root.tables(2), None)
        if graph is None:
            raise LookupError("it has no graph")
        tensors = [self.tensor(table, contents) for table in bounded(graph, 0, MAX_TENSORS)]
        codes = [operator(table) for table in bounded(self.root, 1, MAX_OPERATIONS)]
        operations = []
        for table in bounded(graph, 3, MAX_OPERATIONS):
            operations.append(operation(table, codes, len(tensors)))
        return Model(
            self.root.text(3, MAX_SHOWN_TEXT),
            tensors,
            operations,
            numbers_of_tensors(graph, 1, len(tensors)),
            numbers_of_tensors(graph, 2, len(tensors)),
            find_normalization(self.root, contents),
        )

    def content(self, table: Table) -> memoryview:
        """The bytes of a buffer: in it, or, of a file above 2 GB, behind all tables."""
        offset, size = table.number(1, U64), table.number(2, U64)
        if offset <= 1 or not size:
            return table.bytes(0)
        self.buffer.check(offset, size)
        return self.buffer.data[offset : offset + size]

    def tensor(self, table: Table, contents: list[memoryview]) -> Tensor:
        dtype = one_of(TYPES, table.number(1, BYTE), "type")
        shape = table.numbers(0, WHOLES) or ()
        signature = table.numbers(7, WHOLES)
        lengths: tuple[int | None, ...] = shape
        if signature and len(signature) == len(shape):
            lengths = tuple(None if length < 0 else length for length in signature)
        if not lazy_tensor.is_plausible([length or 0 for length in lengths]):
            raise LookupError("a tensor has an impossible shape")
        number = table.number(2, U32)
        if number >= len(contents) or table.number(10, U32):
            raise LookupError("a tensor's values are not in the file")
        is_sparse = table.place(6) is not None
        values = None
        # an empty list of bytes is as good as none
        is_constant = len(contents[number]) > 0 or 0 in shape
        if is_constant and not is_sparse and dtype in NUMBERS:
            values = self.constant(dtype, shape, contents[number])
        quantization = table.table(4)
        scales = quantization.vector(2, 4) if quantization else None
        return Tensor(
            table.text(3, MAX_VALUE_NAME),
            dtype,
            lengths,
            values,
            is_quantized=scales is not None and scales[1] > 0 and "float" not in dtype,
            is_sparse=is_sparse,
        )

    def constant(
        self, dtype: str, shape: tuple[int, ...], content: memoryview
    ) -> lazy_tensor.Tensor:
        return lazy_tensor.tensor(self.path, dtype, shape, len(content), lambda: content)


def bounded(table: Table, field: int, most: int) -> Iterator[Table]:
    """The tables of a list, which has at most so many."""
    _, count = table.vector(field, 4) or (0, 0)
    if count > most:
        raise ValueError(f"its description has a list of {count:,}, expected at most {most:,}")
    return table.tables(field)


def one_of(names: list[str], number: int, what: str) -> str:
    """A name by its number, or the number in words."""
    return names[number] if 0 <= number < len(names) else f"{what} {number}"


def operator(table: Table) -> tuple[str, bool]:
    """What an operator is called, and whether it is a custom one.

    The first 127 are in a field of a byte, the others in a later one, which old files lack.
    """
    number = max(table.number(0, BYTE), table.number(3, WHOLE))
    if number == CUSTOM:
        return table.text(1, MAX_VALUE_NAME), True
    return one_of(OPERATORS, number, "operator"), False


def numbers_of_tensors(table: Table, field: int, count: int) -> tuple[int, ...]:
    numbers = table.numbers(field, WHOLES) or ()
    if not all(LEFT_OUT <= number < count for number in numbers):
        raise LookupError("an operation names a tensor that is not in the file")
    return numbers


def operation(table: Table, codes: list[tuple[str, bool]], tensors: int) -> Operation:
    number = table.number(0, U32)
    if number >= len(codes):
        raise LookupError("an operation names an operator that is not in the file")
    name, is_custom = codes[number]
    options = dict(options_of(table))
    for field, what in MORE_OPTIONS.items():
        if table.place(field) is not None:
            options[what] = Unread("not known here")
    return Operation(
        name,
        is_custom,
        numbers_of_tensors(table, 1, tensors),
        numbers_of_tensors(table, 2, tensors),
        options,
    )


def options_of(operation: Table) -> Mapping[str, Option]:
    """The options of an operator by their names; later ones, by their numbers."""
    table = operation.table(4)
    if table is None:
        return {}
    found: dict[str, Any] = {}
    number = operation.number(3, U8)
    fields = OPTIONS.get(number, ())
    for name, field, form, default in fields:
        if form == WHOLES:
            found[name] = table.numbers(field, form)
            if found[name] is None:
                del found[name]
        else:
            found[name] = table.number(field, form, default)
    known = {field for _, field, _, _ in fields}
    for field in table.fields():
        if field not in known:
            found[f"option {field} of {number}"] = Unread("not known here")
    return found

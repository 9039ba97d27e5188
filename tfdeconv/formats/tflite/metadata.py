"""What a model of TensorFlow Lite says of its image: a FlatBuffer of its own among its buffers.

tflite-support's metadata_schema.fbs.
"""

from __future__ import annotations

import math

from ..flatbuffer import FlatBuffer, Table
from ..lazy_tensor import DAMAGE
from .model import Normalization
from .schema import U8, U32

NAME = "TFLITE_METADATA"
# a field of Model, and two of its entries
METADATA, ENTRY_NAME, ENTRY_BUFFER = 6, 0, 1
# fields from ModelMetadata on: SubGraphMetadata, TensorMetadata, ProcessUnit
SUBGRAPHS, INPUTS, UNITS = 3, 2, 4
# of a ProcessUnit: which kind it is, and its options; NormalizationOptions is the first kind
KIND, OPTIONS, NORMALIZATION = 0, 1, 1
MEAN, DEVIATION = 0, 1
REALS = "<f4"


def find_normalization(model: Table, contents: list[memoryview]) -> Normalization | None:
    """What is said of the first input; None where nothing is, or nothing that can be read."""
    for entry in model.tables(METADATA):
        number = entry.number(ENTRY_BUFFER, U32)
        if entry.text(ENTRY_NAME, 2 * len(NAME)) == NAME and number < len(contents):
            try:
                return normalization(FlatBuffer(contents[number]).root())
            except DAMAGE:
                return None
    return None


def normalization(metadata: Table) -> Normalization | None:
    table = metadata
    for field in (SUBGRAPHS, INPUTS):
        first = next(table.tables(field), None)
        if first is None:
            return None
        table = first
    for unit in table.tables(UNITS):
        options = unit.table(OPTIONS)
        if unit.number(KIND, U8) == NORMALIZATION and options is not None:
            mean = options.numbers(MEAN, REALS) or ()
            deviation = options.numbers(DEVIATION, REALS) or ()
            numbers = (*mean, *deviation)
            if mean and deviation and all(map(math.isfinite, numbers)) and all(deviation):
                return Normalization(mean, deviation)
    return None

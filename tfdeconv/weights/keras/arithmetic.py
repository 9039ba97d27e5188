"""Sums, products and the like in a Keras model's JSON: of two maps, or of a map and a constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...network.base import Merge
from ...network.layers import RELU, Activation, Add, Identity, Maximum, Minimum, Multiply, Subtract
from .function_calls import Operand
from .merges import merge
from .operands import channel_numbers, operands_of, without_operand
from .options import FeatureMap, NotUnderstood, Options, is_number
from .parts import Part, Translation
from .scaling import affine

MERGES: dict[str, Merge] = {
    "add": Add(),
    "subtract": Subtract(),
    "multiply": Multiply(),
    "maximum": Maximum(),
    "minimum": Minimum(),
}
# x ** n as products of x
HIGHEST_POWER = 4


def binary(operation: str) -> Translation:
    """The translation of a function of x and y, each of which is a map or a constant."""

    def translate(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
        x = options.get("x")
        y = options.get("y")
        options.require_channels_last()
        if isinstance(x, Operand) and isinstance(y, Operand):
            return two_maps(operation, options, maps, (x, y))
        if len(maps) != 1 or not (isinstance(x, Operand) or isinstance(y, Operand)):
            raise NotUnderstood(f"it is {options.layer} of values that are not understood")
        number_is_first = isinstance(y, Operand)
        constant = x if number_is_first else y
        numbers = channel_numbers(options.layer, constant, maps[0])
        if operation in ("maximum", "minimum"):
            return [Part(limit(options, operation, numbers))]
        scale, shift = scale_and_shift(options, operation, np.array(numbers), number_is_first)
        return affine(tuple(scale), tuple(shift))

    return translate


def two_maps(
    operation: str, options: Options, maps: Sequence[FeatureMap], operands: Sequence[Operand]
) -> list[Part]:
    """A merge of maps, in the order of the operands."""
    if operation not in MERGES:
        raise NotUnderstood(f"it is {options.layer} of two maps, which is not understood")
    parts = merge(MERGES[operation])(Options(options.layer, {}), maps)
    reads = tuple(operand.position for operand in operands)
    return [replace(part, reads=reads) for part in parts]


def scale_and_shift(
    options: Options, operation: str, numbers: np.ndarray, number_is_first: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The scale and shift that an operation on x and a number for each channel comes to.

    x + n, n + x, x * n, n * x, x - n, n - x and x / n, but not n / x.
    """
    ones = np.ones_like(numbers)
    zeros = np.zeros_like(numbers)
    if operation == "add":
        return ones, numbers
    if operation == "multiply":
        return numbers, zeros
    if operation == "subtract" and number_is_first:
        return -ones, numbers
    if operation == "subtract":
        return ones, -numbers
    if operation == "divide" and not number_is_first and numbers.all():
        return 1 / numbers, zeros
    raise NotUnderstood(f"it is {options.layer} with these constants, which is not understood")


def limit(options: Options, operation: str, numbers: Sequence[float]) -> Activation:
    """max(x, n) or min(x, n) for one number n."""
    if len(set(numbers)) != 1:
        raise NotUnderstood(f"it is {options.layer} with numbers that differ by channel")
    number = numbers[0]
    if operation == "minimum":
        return Activation("clip", ceiling=number)
    return clipped(number, None)


def clipped(floor: float | None, ceiling: float | None) -> Activation:
    """min(max(x, floor), ceiling): a ReLU where the floor is 0."""
    if floor == 0 and (ceiling is None or ceiling > 0):
        return replace(RELU, ceiling=ceiling)
    return Activation("clip", floor=floor, ceiling=ceiling)


def clip(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    limits = without_operand(options, "x", maps)
    low = limits.get("low")
    high = limits.get("high")
    for value in (low, high):
        if value is not None and not is_number(value):
            raise NotUnderstood(f"it is {options.layer} between arrays")
    if low is None and high is None:
        return [Part(Identity())]
    floor = None if low is None else float(low)
    ceiling = None if high is None else float(high)
    if floor is not None and ceiling is not None and floor > ceiling:
        raise NotUnderstood(f"it is {options.layer} between {floor:g} and {ceiling:g}")
    return [Part(clipped(floor, ceiling))]


def power(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """x ** n for small n."""
    exponent = options.get("y")
    without_operand(options, "x", maps)
    if exponent == 1:
        return [Part(Identity())]
    if exponent == 2:
        return [Part(Activation("square"))]
    if not is_number(exponent) or exponent not in range(3, HIGHEST_POWER + 1):
        raise NotUnderstood(
            f"it is {options.layer} with an exponent other than 1 to {HIGHEST_POWER}"
        )
    return [Part(Multiply(), reads=(0,) * int(exponent))]


def sum_of_list(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """The sum of a list of maps."""
    operands = operands_of(options, "x")
    if not all(isinstance(operand, Operand) for operand in operands):
        raise NotUnderstood(f"it is {options.layer} of values that are not all maps")
    return two_maps("add", options, maps, operands)


def negative(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    without_operand(options, "x", maps)
    channels = maps[0].shape[2]
    return affine([-1.0] * channels, [0.0] * channels)
